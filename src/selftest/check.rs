//! One scenario: a server on a thread of its own, the client on this one, and what the journal says of the faults.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::oneshot;

use super::play::{Failure, Player};
use super::table::explanation;
use super::{Checked, Verdict as V};
use crate::certs::Authority;
use crate::journal::{Event, Journal, Limits, Recorder, Sink, take};
use crate::net::{Bound, Options, Server, Wanted};
use crate::proto::TlsMode;
use crate::proto::script::Captures;
use crate::scenario::wire::Wire;
use crate::scenario::{Problems, Scenario, Source, load};
use crate::verdict::Verdict as Fold;

/// Where no scale is given: the waits of a scenario's scripts take so long together, or less.
const WAITS: Duration = Duration::from_secs(2);

/// How often something that has to do with time is looked at.
const TRIES: u32 = 3;

/// How it came out.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The wire shows what the scenario says.
    Good,
    /// It does not.
    Failed(Box<Failure>),
    /// The server or the client could not do its work.
    Broken(String),
    /// The server got no port.
    Portless(String),
    /// These faults never fired, and what came nearest: the scripts do not show what the scenario is about.
    Unfired(Vec<(String, String)>),
    /// There is no `[[wire]]`.
    NotSaid,
}

/// How scenarios are checked.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Of all draws.
    pub seed: u64,
    /// By what durations are multiplied; `None`: so that the waits of a scenario are short.
    pub time_scale: Option<f64>,
    /// Nothing is compared: the talk is what `[[wire]]` would be if all that came were right.
    pub draft: bool,
}

/// Checks one scenario. Where its waits were made short, or something came at the wrong time, a failure is looked at again with more time: a machine may be busy.
///
/// # Errors
/// What is wrong with its text.
pub fn check(source: &Source, settings: Settings) -> Result<Checked, Problems> {
    let begun = Instant::now();
    let scenario = load(source, settings.time_scale.unwrap_or(1.0))?;
    let once = |wire: &Wire| wire.steps.iter().map(|step| step.act.waits()).sum::<Duration>();
    let waits: Duration = scenario.wires.iter().map(|wire| once(wire) * wire.repeat).sum();
    let mut checked = Checked {
        name: scenario.name.clone(),
        seen: String::new(),
        verdict: V::NotSaid,
        took: Duration::ZERO,
        talk: String::new(),
        before: Vec::new(),
    };
    for patience in 0..TRIES {
        if scenario.wires.is_empty() {
            break;
        }
        let most = WAITS * 4_u32.pow(patience);
        let scale = match settings.time_scale {
            Some(scale) => scale,
            None if waits > most => most.as_secs_f64() / waits.as_secs_f64(),
            None => 1.0,
        };
        let shortened = settings.time_scale.is_none() && scale < 1.0;
        let scaled = if shortened { load(source, scale)? } else { scenario.clone() };
        checked.talk.clear();
        checked.verdict = serve_and_play(&scaled, settings, scale, &mut checked).unwrap_or_else(|broken| broken);
        let again = match &checked.verdict {
            V::Failed(failure) => failure.timing || shortened,
            V::Unfired(_) => shortened,
            V::Portless(_) => true,
            V::Good | V::Broken(_) | V::NotSaid => false,
        };
        if !again || patience + 1 == TRIES {
            break;
        }
        checked.before.push(explanation(&checked).trim().to_owned());
    }
    checked.took = begun.elapsed();
    Ok(checked)
}

/// The fold of the verdict, for the faults that fired; what a scenario expects of clients is not asked of this one.
#[derive(Default)]
struct Fired(Fold);

impl Sink for Fired {
    fn event(&mut self, event: &Event, octets: &[u8]) {
        self.0.event(event, octets);
    }

    fn wants_octets(&self) -> bool {
        false
    }
}

fn serve_and_play(scenario: &Scenario, settings: Settings, time_scale: f64, checked: &mut Checked) -> Result<V, V> {
    let authority = match scenario.listen.iter().any(|listener| listener.tls != TlsMode::None) {
        true => Some(Arc::new(authority(scenario).map_err(V::Broken)?)),
        false => None,
    };
    let trust = authority.as_ref().map(|authority| client_config(authority)).transpose().map_err(V::Broken)?;
    let addr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let addresses = vec![Wanted { addr, or_any: false }; scenario.listen.len()];
    let options = Options { seed: settings.seed, time_scale, has_command: false, addresses, authority };
    let (journal, recorder) = Journal::start(vec![Box::new(Fired::default())], Limits::default());
    let played = std::thread::scope(|scope| {
        let (ready, bound) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let server = scope.spawn(move || serve(scenario, &options, recorder, &ready, stopped));
        // Where there is no address, the server says why.
        let played = bound.recv().ok().map(|bound| match settings.draft {
            true => draft(scenario, &bound, trust.as_ref(), checked),
            false => play(scenario, &bound, trust.as_ref(), checked),
        });
        drop(stop);
        match (played, server.join()) {
            (Some(played), Ok(Ok(()))) => Ok(played),
            (_, Ok(Err(why))) => Err(why),
            (None, Ok(Ok(()))) => Err(V::Broken("the server did not start".to_owned())),
            (_, Err(_)) => Err(V::Broken("the server panicked".to_owned())),
        }
    });
    let report = take::<Fired>(&mut journal.finish()).unwrap_or_default().0.finish();
    match played? {
        Err(failure) => Ok(V::Failed(Box::new(failure))),
        Ok(()) => {
            let unfired: Vec<(String, String)> = report
                .faults
                .iter()
                .filter(|fault| !fault.satisfied())
                .map(|fault| (fault.name.clone(), fault.nearest.join("; ")))
                .collect();
            Ok(if unfired.is_empty() { V::Good } else { V::Unfired(unfired) })
        }
    }
}

/// Serves until `stopped`, on a runtime of its own.
fn serve(
    scenario: &Scenario,
    options: &Options,
    recorder: Recorder,
    ready: &mpsc::Sender<Vec<Bound>>,
    stopped: oneshot::Receiver<()>,
) -> Result<(), V> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| V::Broken(error.to_string()))?;
    runtime.block_on(async {
        let server = Server::bind(scenario, options, recorder).map_err(|error| V::Portless(error.to_string()))?;
        let bound = server.bound().to_vec();
        let running = server.start();
        running.settled().await;
        running.start_clock();
        // The client waits for this; it cannot be gone.
        let _ = ready.send(bound);
        let _ = stopped.await;
        running.stop("the self-test is over").await;
        Ok(())
    })
}

/// Every connection in order; each stays open until all are through.
fn play(scenario: &Scenario, bound: &[Bound], trust: Option<&Arc<ClientConfig>>, checked: &mut Checked) -> Result<(), Failure> {
    let mut known = Captures::default();
    let mut players: Vec<Player<'_>> = Vec::new();
    let mut result = Ok(());
    let lenient = !checked.before.is_empty();
    let connections = scenario.wires.iter().flat_map(|wire| (0..wire.repeat).map(move |again| (wire, again)));
    for (number, (wire, again)) in connections.enumerate() {
        let Some(listener) = bound.iter().find(|bound| bound.name == wire.on) else { continue };
        let mut player = Player::new(listener.addr, trust, lenient);
        result = player.play(wire, number + 1, &mut known);
        // Those that are all the same need to be read once.
        if again == 0 || result.is_err() {
            checked.talk.push_str(&format!(" connection {} to {}\n{}", number + 1, wire.on, player.talk));
        }
        players.push(player);
        if result.is_err() {
            break;
        }
    }
    // A connection that is closed in good order says the least.
    let all = || players.iter().filter_map(|player| player.seen.clone());
    let notable = all().find(|seen| !seen.starts_with("FIN after")).or_else(|| all().next());
    let said = || players.first().and_then(|player| player.last.clone());
    checked.seen = notable.or_else(said).unwrap_or_else(|| "connected".into());
    if players.len() > 1 {
        checked.seen.push_str(&format!(" (of {} connections)", players.len()));
    }
    result
}

/// What `[[wire]]` would be, for whoever writes a scenario: to be read, not believed.
fn draft(scenario: &Scenario, bound: &[Bound], trust: Option<&Arc<ClientConfig>>, checked: &mut Checked) -> Result<(), Failure> {
    let mut known = Captures::default();
    let mut players: Vec<Player<'_>> = Vec::new();
    for wire in &scenario.wires {
        let Some(listener) = bound.iter().find(|bound| bound.name == wire.on) else { continue };
        for again in 0..wire.repeat {
            let mut player = Player::new(listener.addr, trust, false);
            let script = player.draft(wire, &mut known).unwrap_or_else(|why| format!("-- {why}\n"));
            if again == 0 {
                let repeat = if wire.repeat > 1 { format!("repeat = {}\n", wire.repeat) } else { String::new() };
                checked.talk.push_str(&format!("\n[[wire]]\non = \"{}\"\n{repeat}script = '''\n{script}'''\n", wire.on));
            }
            players.push(player);
        }
    }
    Ok(())
}

fn authority(scenario: &Scenario) -> Result<Authority, String> {
    let mut hosts = vec![scenario.smtp.hostname.clone()];
    hosts.extend(scenario.announce.host.clone());
    Authority::in_memory(&hosts).map_err(|error| error.to_string())
}

/// A client that trusts the authority's root and nobody else.
fn client_config(authority: &Authority) -> Result<Arc<ClientConfig>, String> {
    let root = CertificateDer::from_pem_slice(authority.ca_pem().as_bytes()).map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    roots.add(root).map_err(|error| error.to_string())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

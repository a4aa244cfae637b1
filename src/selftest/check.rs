//! One scenario: its server, the client, and what the journal says of the faults.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;

use super::play::{Failure, Player};
use super::server::served;
use super::table::explanation;
use super::{Checked, Verdict as V};
use crate::journal::{Event, Sink, take};
use crate::net::Bound;
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
    let waits = waits(&scenario);
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
        let scale = settings.time_scale.unwrap_or_else(|| short(waits, patience));
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

/// How long the scripts of a scenario wait together.
pub(super) fn waits(scenario: &Scenario) -> Duration {
    let once = |wire: &Wire| wire.steps.iter().map(|step| step.act.waits()).sum::<Duration>();
    scenario.wires.iter().map(|wire| once(wire) * wire.repeat).sum()
}

/// The time scale by which such waits are short; longer each time that it is tried again.
pub(super) fn short(waits: Duration, tried: u32) -> f64 {
    let most = WAITS * 4_u32.pow(tried);
    if waits > most { most.as_secs_f64() / waits.as_secs_f64() } else { 1.0 }
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
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(Fired::default())];
    let (played, mut sinks) = served(scenario, settings.seed, time_scale, sinks, |bound, trust| match settings.draft {
        true => draft(scenario, bound, trust, checked),
        false => play(scenario, bound, trust, checked),
    })
    .map_err(|broken| if broken.portless { V::Portless(broken.why) } else { V::Broken(broken.why) })?;
    let report = take::<Fired>(&mut sinks).unwrap_or_default().0.finish();
    match played {
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

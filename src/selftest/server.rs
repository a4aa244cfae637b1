//! The server that is tested, on a thread of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, mpsc};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::oneshot;

use crate::certs::Authority;
use crate::journal::{Journal, Limits, Recorder, Sink};
use crate::net::{Bound, Options, Server, Wanted};
use crate::proto::TlsMode;
use crate::scenario::Scenario;

/// Why the server could not do its work.
#[derive(Debug)]
pub struct Broken {
    /// For people.
    pub why: String,
    /// It got no port.
    pub portless: bool,
}

impl From<String> for Broken {
    fn from(why: String) -> Self {
        Broken { why, portless: false }
    }
}

/// Serves a scenario while `client` runs, which is given where everything listens, and whom to trust. What it returns, and the listeners at the journal.
///
/// # Errors
/// [`Broken`].
pub fn served<T>(
    scenario: &Scenario,
    seed: u64,
    time_scale: f64,
    sinks: Vec<Box<dyn Sink>>,
    client: impl FnOnce(&[Bound], Option<&Arc<ClientConfig>>) -> T,
) -> Result<(T, Vec<Box<dyn Sink>>), Broken> {
    let authority = match scenario.listen.iter().any(|listener| listener.tls != TlsMode::None) {
        true => Some(Arc::new(authority(scenario)?)),
        false => None,
    };
    let trust = authority.as_ref().map(|authority| client_config(authority)).transpose()?;
    let addr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let addresses = vec![Wanted { addr, or_any: false }; scenario.listen.len()];
    let options = Options { seed, time_scale, has_command: false, addresses, authority };
    let (journal, recorder) = Journal::start(sinks, Limits::whole());
    let came = std::thread::scope(|scope| {
        let (ready, bound) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let server = scope.spawn(move || serve(scenario, &options, recorder, &ready, stopped));
        // Where there is no address, the server says why.
        let came = bound.recv().ok().map(|bound| client(&bound, trust.as_ref()));
        drop(stop);
        match (came, server.join()) {
            (Some(came), Ok(Ok(()))) => Ok(came),
            (_, Ok(Err(why))) => Err(why),
            (None, Ok(Ok(()))) => Err("the server did not start".to_owned().into()),
            (_, Err(_)) => Err("the server panicked".to_owned().into()),
        }
    });
    let sinks = journal.finish();
    Ok((came?, sinks))
}

/// Serves until `stopped`, on a runtime of its own.
fn serve(
    scenario: &Scenario,
    options: &Options,
    recorder: Recorder,
    ready: &mpsc::Sender<Vec<Bound>>,
    stopped: oneshot::Receiver<()>,
) -> Result<(), Broken> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let server =
            Server::bind(scenario, options, recorder).map_err(|error| Broken { why: error.to_string(), portless: true })?;
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

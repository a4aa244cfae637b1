//! A server: its listeners, what all its connections share, and its end.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;

use super::driver::{Connection, Manner};
use super::port::Port;
use super::socket::Socket;
use crate::certs::{Authority, Choice};
use crate::fault::{Client, Engine, Listener};
use crate::journal::event::{FaultInfo, Start};
use crate::journal::{Recorder, What};
use crate::mail::{Change, Mutation, Note, Signal, Store};
use crate::proto::{Protocol, Session, TlsMode, imap, smtp};
use crate::scenario::{MailArrival, Scenario};

/// How long a server that stops waits for its connections to write their last event.
const STOP_PATIENCE: Duration = Duration::from_secs(1);

/// A listener's address could not be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {addr} for `{listener}`: {source}")]
pub struct BindError {
    /// The listener's name.
    pub listener: Arc<str>,
    /// The address that was asked for.
    pub addr: SocketAddr,
    /// Why not.
    pub source: io::Error,
}

/// A listener that has its port.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Its name.
    pub name: Arc<str>,
    /// What it speaks.
    pub protocol: Protocol,
    /// How it does TLS.
    pub tls: TlsMode,
    /// Where it is.
    pub addr: SocketAddr,
}

/// Where a listener is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The address; port 0 is any free one.
    pub addr: SocketAddr,
    /// If somebody has the port, any free one will do.
    pub or_any: bool,
}

/// What a server is made from, beside its scenario.
#[derive(Clone)]
pub struct Options {
    /// The seed of all draws.
    pub seed: u64,
    /// By what the durations of the scenario were multiplied.
    pub time_scale: f64,
    /// Under `run`: a command will be started.
    pub has_command: bool,
    /// An address for each listener of the scenario, in its order.
    pub addresses: Vec<Wanted>,
    /// For listeners with TLS.
    pub authority: Option<Arc<Authority>>,
}

/// What all connections of a server share.
pub struct Shared {
    pub(super) recorder: Recorder,
    pub(super) engine: Engine,
    pub(super) store: Store,
    /// What sessions are made from, a listener each.
    sessions: Vec<SessionConfig>,
    /// Where a listener has TLS.
    authority: Option<Arc<Authority>>,
    open: Mutex<BTreeMap<u32, Arc<Signal>>>,
    /// Told whenever a connection has ended.
    ended: Notify,
    stopping: watch::Sender<bool>,
    /// A permit for each port that is in the state that the faults want at the start.
    pub(super) settled: Semaphore,
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<Signal>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A server without listeners of its own, for connections that tests make.
    #[cfg(test)]
    pub(super) fn for_tests(faults: &[crate::fault::Fault], recorder: Recorder) -> Shared {
        let listeners = [Listener { name: "smtp".into(), protocol: Protocol::Smtp, implicit_tls: false }];
        Shared {
            recorder,
            engine: Engine::new(faults, 1, &listeners, std::time::Instant::now()),
            store: Store::new(crate::mail::StoreSpec::default(), &mut Vec::new()),
            sessions: Vec::new(),
            authority: None,
            open: Mutex::default(),
            ended: Notify::new(),
            stopping: watch::Sender::new(false),
            settled: Semaphore::new(0),
        }
    }

    /// A place for a connection that a test makes.
    #[cfg(test)]
    pub(super) fn seat(&self) -> (Client, Arc<crate::fault::Watch>) {
        (self.engine.connect(0, IpAddr::from([127, 0, 0, 1])), self.engine.watch(0))
    }

    /// A connection is over.
    pub(super) fn forget(&self, client: &mut Client) {
        self.engine.disconnect(client);
        self.open().remove(&client.number);
        self.ended.notify_waiters();
    }

    /// The TLS configuration for what the faults have chosen.
    ///
    /// # Errors
    /// The listener has no TLS, or the certificate cannot be made; for the journal.
    pub(super) fn server_config(&self, choice: &Choice) -> Result<Arc<rustls::ServerConfig>, String> {
        let authority = self.authority.as_ref().ok_or("the server has no certificates")?;
        authority.server_config(choice).map_err(|error| error.to_string())
    }

    /// Starts the conversation with a client that was accepted.
    pub(super) fn welcome(self: &Arc<Self>, place: usize, listener: &Bound, stream: TcpStream, peer: SocketAddr) {
        let client = self.engine.connect(place, canonical(peer.ip()));
        self.recorder.event(
            client.number,
            What::Accept { listener: listener.name.clone(), protocol: listener.protocol, ordinal: client.ordinal, peer },
        );
        let signal = Arc::new(Signal::default());
        self.open().insert(client.number, signal.clone());
        let session = self.sessions[place].session();
        let watch = self.engine.watch(place);
        let manner = Manner { protocol: listener.protocol, implicit_tls: listener.tls == TlsMode::Implicit };
        let connection = Connection::new(Socket::Tcp(stream), session, self.clone(), client, manner, watch, signal);
        tokio::spawn(connection);
    }
}

/// What the sessions of a listener share.
enum SessionConfig {
    Smtp(Arc<smtp::Config>),
    Imap(Arc<imap::Config>),
}

impl SessionConfig {
    fn new(scenario: &Scenario, bound: &Bound) -> Self {
        match bound.protocol {
            Protocol::Smtp => SessionConfig::Smtp(Arc::new(smtp::Config::new(scenario.smtp.clone(), bound.tls))),
            Protocol::Imap => SessionConfig::Imap(Arc::new(imap::Config { spec: scenario.imap.clone(), tls: bound.tls })),
        }
    }

    fn session(&self) -> Box<dyn Session> {
        match self {
            SessionConfig::Smtp(config) => Box::new(smtp::SmtpSession::new(config.clone())),
            SessionConfig::Imap(config) => Box::new(imap::ImapSession::new(config.clone())),
        }
    }
}

/// ::ffff:127.0.0.1 is 127.0.0.1: one peer is one peer, whichever family its listener has.
fn canonical(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

/// A server with its ports bound.
pub struct Server {
    shared: Arc<Shared>,
    bound: Vec<Bound>,
    ports: Vec<Port>,
    arrivals: Vec<MailArrival>,
}

impl Server {
    /// Binds every port and journals the start. Nothing is accepted yet.
    ///
    /// # Errors
    /// The first address that cannot be had; the ports before it are released.
    pub fn bind(scenario: &Scenario, options: &Options, recorder: Recorder) -> Result<Server, BindError> {
        let mut ports = Vec::new();
        let mut bound = Vec::new();
        for (spec, &Wanted { addr, or_any }) in scenario.listen.iter().zip(&options.addresses) {
            let port = match Port::bind(addr) {
                Err(error) if or_any && error.kind() == io::ErrorKind::AddrInUse => Port::bind(SocketAddr::new(addr.ip(), 0)),
                port => port,
            };
            let port = port.map_err(|source| BindError { listener: spec.name.clone(), addr, source })?;
            bound.push(Bound { name: spec.name.clone(), protocol: spec.protocol, tls: spec.tls, addr: port.addr() });
            ports.push(port);
        }
        recorder.event(0, What::Start(Box::new(start(scenario, options))));
        for Bound { name, protocol, addr, .. } in &bound {
            recorder.event(0, What::Listening { listener: name.clone(), protocol: *protocol, addr: *addr });
        }
        let listeners: Vec<Listener> = bound
            .iter()
            .map(|Bound { name, protocol, tls, .. }| Listener {
                name: name.clone(),
                protocol: *protocol,
                implicit_tls: *tls == TlsMode::Implicit,
            })
            .collect();
        let mut notes = Vec::new();
        let store = Store::new(scenario.store.clone(), &mut notes);
        for note in notes {
            recorder.event(0, What::Note(note));
        }
        let engine = Engine::new(&scenario.faults, options.seed, &listeners, std::time::Instant::now());
        let shared = Shared {
            recorder,
            engine,
            store,
            sessions: bound.iter().map(|bound| SessionConfig::new(scenario, bound)).collect(),
            authority: options.authority.clone(),
            open: Mutex::default(),
            ended: Notify::new(),
            stopping: watch::Sender::new(false),
            settled: Semaphore::new(0),
        };
        Ok(Server { shared: Arc::new(shared), bound, ports, arrivals: scenario.arrivals.clone() })
    }

    /// The listeners with their addresses.
    pub fn bound(&self) -> &[Bound] {
        &self.bound
    }

    /// Starts to accept, and the mail that arrives over time. Needs a tokio runtime around it.
    pub fn start(self) -> Running {
        // `during` counts from the moment at which the server is there, not from when its file was read.
        self.shared.engine.start_clock(std::time::Instant::now());
        let mut ports = Vec::new();
        for (place, (port, bound)) in self.ports.into_iter().zip(self.bound).enumerate() {
            let serving = port.serve(place, bound, self.shared.clone(), self.shared.stopping.subscribe());
            ports.push(tokio::spawn(serving));
        }
        for arrival in self.arrivals {
            tokio::spawn(deliver_over_time(arrival, self.shared.clone(), self.shared.stopping.subscribe()));
        }
        Running { shared: self.shared, ports }
    }
}

/// A server that accepts connections.
pub struct Running {
    shared: Arc<Shared>,
    ports: Vec<JoinHandle<()>>,
}

impl Running {
    /// Waits (bounded) until every port is open, closed or dark as the faults want it at the start: no client may be told of them before.
    pub async fn settled(&self) {
        let all = self.shared.settled.acquire_many(u32::try_from(self.ports.len()).unwrap_or(u32::MAX));
        // A port that cannot be had as a fault wants it has said so.
        let _ = tokio::time::timeout(STOP_PATIENCE, all).await;
    }

    /// `during` counts from now: the command of `run` is about to be started.
    pub fn start_clock(&self) {
        let now = std::time::Instant::now();
        self.shared.engine.start_clock(now);
        // A port that is closed from the start asks again when its window has ended, which is too late to count.
        for place in 0..self.ports.len() {
            self.shared.engine.gate(place, now);
        }
    }

    /// Ends every connection, waits (bounded) for their last events, and journals the faults that never fired and the end.
    pub async fn stop(self, why: &str) {
        self.shared.stopping.send_replace(true);
        let ports = self.ports;
        let all_ended = async {
            // Whoever has connected by now is heard, too.
            for port in ports {
                let _ = port.await;
            }
            loop {
                let ended = self.shared.ended.notified();
                let open: Vec<Arc<Signal>> = self.shared.open().values().cloned().collect();
                if open.is_empty() {
                    return;
                }
                // Raised each time: a connection may have been accepted in between.
                for signal in open {
                    signal.raise(Signal::STOP);
                }
                ended.await;
            }
        };
        // A connection that does not answer cannot hold up the verdict; its missing end shows in the journal.
        let _ = tokio::time::timeout(STOP_PATIENCE, all_ended).await;
        let counts = self.shared.engine.fired_counts();
        for gate in counts.into_iter().filter(|count| count.unseen && count.fired > 0) {
            self.shared.recorder.event(0, What::Unseen { fault: gate.name });
        }
        for unfired in self.shared.engine.unfired() {
            self.shared.recorder.event(
                0,
                What::Unfired {
                    fault: unfired.name,
                    protocol: unfired.protocol,
                    optional: unfired.optional,
                    nearest: unfired.nearest.into(),
                },
            );
        }
        // Counts may have been too low from there on: a limit that did not hold is to be explained.
        let forgotten = self.shared.engine.forgotten();
        for (name, dropped) in [("values of `per`", forgotten.scopes), ("times of `within`", forgotten.times)] {
            if dropped > 0 {
                self.shared.recorder.event(0, What::Note(Note::Limit { name: name.into(), dropped }));
            }
        }
        self.shared.recorder.event(0, What::Stop { why: why.into() });
    }
}

fn start(scenario: &Scenario, options: &Options) -> Start {
    Start {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.name.clone(),
        title: scenario.title.clone(),
        seed: options.seed,
        time_scale: options.time_scale,
        started: jiff::Timestamp::now().to_string(),
        has_command: options.has_command,
        faults: scenario
            .faults
            .iter()
            .map(|fault| FaultInfo { name: fault.name.to_string(), optional: fault.optional })
            .collect(),
        expect: scenario.expect.clone(),
    }
}

/// `[[mail]]` with `every`: one message after the other.
async fn deliver_over_time(arrival: MailArrival, shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    for _ in 0..arrival.count {
        tokio::select! {
            () = tokio::time::sleep(arrival.every) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        let mut notes = Vec::new();
        deliver(&arrival, &shared.store, &mut notes);
        for note in notes {
            shared.recorder.event(0, What::Note(note));
        }
    }
}

fn deliver(arrival: &MailArrival, store: &Store, notes: &mut crate::mail::Notes) {
    let change: &Change = &arrival.change;
    match &arrival.user {
        Some(user) => {
            let (user, mailbox) = (Some(user.clone()), Some(arrival.mailbox.clone()));
            store.mutate(&Mutation { user, mailbox, change: change.clone() }, None, None, notes);
        }
        None => store.deliver_to_all(&arrival.mailbox, change, notes),
    }
}

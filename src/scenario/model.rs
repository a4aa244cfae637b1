//! A scenario after every check: nothing in it can be wrong any more.

use std::sync::Arc;
use std::time::Duration;

use super::wire::Wire;
use super::{Expect, Expectations};
use crate::fault::Fault;
use crate::mail::{Change, StoreSpec};
use crate::proto::{Protocol, TlsMode, imap, smtp};

/// A `[[listen]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenSpec {
    /// Its name: `smtp`, `imap`, `smtps`, `imaps`, or the scenario's own.
    pub name: Arc<str>,
    /// What it speaks.
    pub protocol: Protocol,
    /// The port, 0 for any free one; `None`: the default of its name, or any free one.
    pub port: Option<u16>,
    /// How it does TLS.
    pub tls: TlsMode,
}

/// `[announce]`: where clients are told to connect, if not to the true address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Announce {
    /// Host name or address.
    pub host: Option<String>,
    /// Port by listener name.
    pub ports: Vec<(String, u16)>,
}

/// Mail that arrives while the server runs (`[[mail]]` with `every`).
#[derive(Clone, Debug, PartialEq)]
pub struct MailArrival {
    /// Account; every account where none is named.
    pub user: Option<String>,
    /// Mailbox.
    pub mailbox: String,
    /// A `Change::Deliver` with `count` 1.
    pub change: Change,
    /// How many arrive in all.
    pub count: u32,
    /// The time before each.
    pub every: Duration,
}

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// As it was asked for: `smtp/reset-mid-greeting`, a file's path, `a+b`.
    pub name: String,
    /// One line.
    pub title: String,
    /// A few sentences.
    pub about: String,
    /// Documents and catalogue ids that it stems from.
    pub source: Vec<String>,
    /// In file order.
    pub faults: Vec<Fault>,
    /// Accounts and mail from the start.
    pub store: StoreSpec,
    /// Mail that arrives later.
    pub arrivals: Vec<MailArrival>,
    /// Listeners; never empty (where the file names none: `smtp` and `imap` without TLS, `smtps` and `imaps` with TLS from the first octet).
    pub listen: Vec<ListenSpec>,
    /// The SMTP server.
    pub smtp: smtp::Spec,
    /// The IMAP server.
    pub imap: imap::Spec,
    /// Where clients are told to connect.
    pub announce: Announce,
    /// What clients must do.
    pub expect: Expectations,
    /// What `selftest` must see on the wire, connection by connection.
    pub wires: Vec<Wire>,
}

impl Scenario {
    /// Whether there is anything to judge at the end: a fault that must fire, or an expectation.
    pub fn is_judged(&self) -> bool {
        let Expectations { all, smtp, imap, abandoned_after: _ } = &self.expect;
        !self.faults.is_empty() || [all, smtp, imap].into_iter().any(|expect| *expect != Expect::default())
    }

    /// A healthy server.
    pub fn healthy() -> Self {
        let listen = |name: &str, protocol, tls| ListenSpec { name: name.into(), protocol, port: None, tls };
        Scenario {
            name: "healthy".into(),
            title: "A healthy server".into(),
            about: String::new(),
            source: Vec::new(),
            faults: Vec::new(),
            store: StoreSpec::default(),
            arrivals: Vec::new(),
            // STARTTLS is not offered: a client that takes it wherever it is offered would fail, as it does not know the certificate's root.
            listen: vec![
                listen("smtp", Protocol::Smtp, TlsMode::None),
                listen("imap", Protocol::Imap, TlsMode::None),
                listen("smtps", Protocol::Smtp, TlsMode::Implicit),
                listen("imaps", Protocol::Imap, TlsMode::Implicit),
            ],
            smtp: smtp::Spec::default(),
            imap: imap::Spec::default(),
            announce: Announce::default(),
            expect: Expectations::default(),
            wires: Vec::new(),
        }
    }
}

//! Where everything is: for people at the start, for machines in the ready file, for a command in its environment.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::trust::TrustFiles;
use crate::certs::Authority;
use crate::net::Bound;
use crate::proto::{Protocol, TlsMode};
use crate::scenario::Scenario;

/// What a client needs to know.
#[derive(Clone, Debug)]
pub struct Ready {
    host: String,
    /// (name, what it speaks and how it does TLS, port) of every listener, in the scenario's order.
    listeners: Vec<(String, (Protocol, TlsMode), u16)>,
    user: String,
    password: String,
    /// Any name with any password logs in.
    open: bool,
    seed: u64,
    trust: Option<TrustFiles>,
}

impl Ready {
    /// From the scenario (whose `[announce]` may tell clients something else than the truth) and the listeners as they were bound.
    pub fn new(scenario: &Scenario, bound: &[Bound], seed: u64, trust: Option<TrustFiles>) -> Self {
        let announced = |name: &str| scenario.announce.ports.iter().find(|(listener, _)| listener == name).map(|&(_, port)| port);
        let listeners = bound
            .iter()
            .map(|bound| {
                (bound.name.to_string(), (bound.protocol, bound.tls), announced(&bound.name).unwrap_or(bound.addr.port()))
            })
            .collect();
        let ip = bound.first().map(|bound| bound.addr.ip());
        let host = match ip {
            Some(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
            Some(ip) => ip.to_string(),
            None => String::new(),
        };
        let first = scenario.store.accounts.first();
        Ready {
            host: scenario.announce.host.clone().unwrap_or(host),
            listeners,
            user: first.map_or_else(|| "test".to_owned(), |user| user.name.clone()),
            password: first.map_or_else(|| "test".to_owned(), |user| user.password.clone()),
            open: scenario.store.accounts.is_empty(),
            seed,
            trust,
        }
    }

    /// The lines that a person reads at the start.
    pub fn text(&self, scenario: &Scenario) -> String {
        let mut text = format!("mailfault serves `{}`: {}\n", scenario.name, scenario.title);
        for (name, _, port) in &self.listeners {
            text.push_str(&format!("  {name:<8} {}\n", address(&self.host, *port)));
        }
        let note = if self.open { " (any name and password will do)" } else { "" };
        text.push_str(&format!("  user     {}, password {}{note}\n", self.user, self.password));
        text.push_str(&format!("  seed     {} (`--seed {}` gives the same faults again)\n", self.seed, self.seed));
        if let Some(trust) = &self.trust {
            text.push_str(&trust.text());
        }
        text
    }

    /// `MAILFAULT_*` for the command of `run`.
    pub fn environment(&self, scenario: &str) -> Vec<(String, String)> {
        let mut variables = vec![
            ("MAILFAULT_HOST".to_owned(), self.host.clone()),
            ("MAILFAULT_USER".to_owned(), self.user.clone()),
            ("MAILFAULT_PASSWORD".to_owned(), self.password.clone()),
            ("MAILFAULT_RUN_SCENARIO".to_owned(), scenario.to_owned()),
            ("MAILFAULT_RUN_SEED".to_owned(), self.seed.to_string()),
        ];
        for name in ["smtp", "smtps", "imap", "imaps"] {
            if let Some(port) = self.port(name) {
                variables.push((format!("MAILFAULT_{}_PORT", name.to_uppercase()), port.to_string()));
            }
        }
        variables.extend(self.trust.iter().flat_map(TrustFiles::environment));
        variables
    }

    /// Writes the ready file: all of it or nothing, so that whoever waits for it never reads a half.
    ///
    /// # Errors
    /// Those of creating a file beside it and of renaming.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{:#}", self.json())?;
        file.persist(path)?;
        Ok(())
    }

    fn json(&self) -> Value {
        let mut object = Map::new();
        for name in ["smtp", "smtps", "imap", "imaps"] {
            if let Some(port) = self.port(name) {
                object.insert(name.to_owned(), json!(address(&self.host, port)));
            }
        }
        let all = self.listeners.iter().map(|(name, _, port)| (name.clone(), json!(address(&self.host, *port))));
        object.insert("listeners".to_owned(), Value::Object(all.collect()));
        if let Some(trust) = &self.trust {
            object.insert("ca_file".to_owned(), json!(trust.ca_file));
            object.insert("truststore".to_owned(), json!(trust.truststore));
            object.insert("truststore_password".to_owned(), json!(Authority::TRUSTSTORE_PASSWORD));
        }
        object.insert("user".to_owned(), json!(self.user));
        object.insert("password".to_owned(), json!(self.password));
        object.insert("seed".to_owned(), json!(self.seed));
        object.insert("pid".to_owned(), json!(std::process::id()));
        Value::Object(object)
    }

    /// The port of the listener of this name, else of the first that talks that way: `smtps` is SMTP in TLS from the first octet.
    fn port(&self, name: &str) -> Option<u16> {
        let named = self.listeners.iter().find(|(listener, ..)| listener == name);
        let talks = |(protocol, tls): (Protocol, TlsMode)| {
            name.strip_prefix(protocol.name()) == Some(if tls == TlsMode::Implicit { "s" } else { "" })
        };
        let spoken = || self.listeners.iter().find(|(_, manner, _)| talks(*manner));
        named.or_else(spoken).map(|&(_, _, port)| port)
    }
}

fn address(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

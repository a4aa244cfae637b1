//! Where everything is: for people at the start, for machines in the ready file, for a command in its environment.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::trust::TrustFiles;
use crate::certs::Authority;
use crate::net::Bound;
use crate::proto::{Protocol, TlsMode};
use crate::scenario::Scenario;

/// One listener, as clients are told of it.
#[derive(Clone, Debug)]
struct Listener {
    name: String,
    /// What it speaks and how it does TLS.
    manner: (Protocol, TlsMode),
    host: String,
    port: u16,
}

/// What a client needs to know.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Of the first listener.
    host: String,
    /// In the scenario's order.
    listeners: Vec<Listener>,
    user: String,
    password: String,
    /// Any name with any password logs in.
    open: bool,
    seed: u64,
    trust: Option<TrustFiles>,
    /// Where `healthcheck` asks.
    pub health: Option<String>,
}

impl Ready {
    /// From the scenario (whose `[announce]` may tell clients something else than the truth), the listeners as they were bound, and the host that clients
    /// reach them by, if that is not the address.
    pub fn new(scenario: &Scenario, bound: &[Bound], reached_by: Option<&String>, seed: u64, trust: Option<TrustFiles>) -> Self {
        let announced = |name: &str| scenario.announce.ports.iter().find(|(listener, _)| listener == name).map(|&(_, port)| port);
        let told = scenario.announce.host.as_ref().or(reached_by);
        let host = |ip| told.cloned().unwrap_or_else(|| reachable(ip).to_string());
        let listeners: Vec<Listener> = bound
            .iter()
            .map(|bound| Listener {
                name: bound.name.to_string(),
                manner: (bound.protocol, bound.tls),
                host: host(bound.addr.ip()),
                port: announced(&bound.name).unwrap_or(bound.addr.port()),
            })
            .collect();
        let first = scenario.store.accounts.first();
        Ready {
            host: listeners.first().map(|listener| listener.host.clone()).unwrap_or_default(),
            listeners,
            user: first.map_or_else(|| "test".to_owned(), |user| user.name.clone()),
            password: first.map_or_else(|| "test".to_owned(), |user| user.password.clone()),
            open: scenario.store.accounts.is_empty(),
            seed,
            trust,
            health: None,
        }
    }

    /// The lines that a person reads at the start.
    pub fn text(&self, scenario: &Scenario) -> String {
        let mut text = format!("mailfault serves `{}`: {}\n", scenario.name, scenario.title);
        for listener in &self.listeners {
            text.push_str(&format!("  {:<8} {}\n", listener.name, listener.address()));
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
            if let Some(listener) = self.listener(name) {
                variables.push((format!("MAILFAULT_{}_PORT", name.to_uppercase()), listener.port.to_string()));
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
            if let Some(listener) = self.listener(name) {
                object.insert(name.to_owned(), json!(listener.address()));
            }
        }
        let all = self.listeners.iter().map(|listener| (listener.name.clone(), json!(listener.address())));
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
        if let Some(health) = &self.health {
            object.insert("health".to_owned(), json!(health));
        }
        Value::Object(object)
    }

    /// The listener of this name, else the first that talks that way: `smtps` is SMTP in TLS from the first octet.
    fn listener(&self, name: &str) -> Option<&Listener> {
        let named = self.listeners.iter().find(|listener| listener.name == name);
        let talks = |(protocol, tls): (Protocol, TlsMode)| {
            name.strip_prefix(protocol.name()) == Some(if tls == TlsMode::Implicit { "s" } else { "" })
        };
        named.or_else(|| self.listeners.iter().find(|listener| talks(listener.manner)))
    }
}

impl Listener {
    fn address(&self) -> String {
        let Listener { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// Where a client can connect to: a listener on all addresses is on loopback, too.
fn reachable(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listener_is_told_with_its_own_address() {
        let bound =
            |name: &str, protocol, tls, addr: &str| Bound { name: name.into(), protocol, tls, addr: addr.parse().unwrap() };
        let bound = [
            bound("smtp", Protocol::Smtp, TlsMode::None, "[::1]:25"),
            bound("imap", Protocol::Imap, TlsMode::None, "127.0.0.1:143"),
            bound("smtps", Protocol::Smtp, TlsMode::Implicit, "[::]:465"),
            bound("imaps", Protocol::Imap, TlsMode::Implicit, "0.0.0.0:993"),
        ];
        let ready = Ready::new(&Scenario::healthy(), &bound, None, 1, None);
        let file = ready.json();
        assert_eq!([&file["smtp"], &file["imap"]], ["[::1]:25", "127.0.0.1:143"]);
        assert_eq!([&file["smtps"], &file["imaps"]], ["[::1]:465", "127.0.0.1:993"]);
        assert_eq!(file["listeners"]["imap"], "127.0.0.1:143");
        assert!(ready.text(&Scenario::healthy()).contains("  imap     127.0.0.1:143\n"));
        assert!(ready.environment("healthy").contains(&("MAILFAULT_HOST".to_owned(), "::1".to_owned())));
        let ready = Ready::new(&Scenario::healthy(), &bound, Some(&"mail".to_owned()), 1, None);
        assert_eq!(ready.json()["imap"], "mail:143");
    }
}

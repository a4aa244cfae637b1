mod auth;
mod commands;
mod content;
mod hostile;
mod sasl;

use std::sync::Arc;

use super::{Config, SmtpSession, Spec};
use crate::mail::{AccountSpec, StoreSpec};
use crate::proto::dialogue::Dialogue;
use crate::proto::sasl::Mechanisms;
use crate::proto::{ByState, Note, Shown, TlsMode};

fn server(spec: Spec, tls: TlsMode, store: StoreSpec) -> Dialogue {
    Dialogue::with_store(SmtpSession::new(Arc::new(Config::new(spec, tls))), store)
}

/// A healthy server, the greeting already said.
fn greeted() -> Dialogue {
    let mut dialogue = Dialogue::new(SmtpSession::new(Arc::new(Config::new(Spec::default(), TlsMode::None))));
    dialogue.greet();
    dialogue
}

/// After EHLO.
fn ready_with(spec: Spec, store: StoreSpec) -> Dialogue {
    let mut dialogue = server(spec, TlsMode::None, store);
    dialogue.greet();
    dialogue.feed(b"EHLO client.test\r\n");
    dialogue.moments.clear();
    dialogue
}

fn ready() -> Dialogue {
    ready_with(Spec::default(), StoreSpec::default())
}

/// After DATA.
fn in_data() -> Dialogue {
    let mut dialogue = ready();
    dialogue.feed(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@b.test>\r\n");
    dialogue.feed(b"DATA\r\n");
    dialogue.notes.clear();
    dialogue.moments.clear();
    dialogue
}

fn bob() -> StoreSpec {
    let account = AccountSpec { name: "bob".into(), password: "secret".into(), ..AccountSpec::default() };
    let plain = AccountSpec {
        name: "eve".into(),
        password: "secret".into(),
        mechanisms: Some(vec!["PLAIN".into()]),
        ..AccountSpec::default()
    };
    StoreSpec { accounts: vec![account, plain], ..StoreSpec::default() }
}

/// (raw, stored) of each message.
fn messages(dialogue: &Dialogue) -> Vec<(String, bool)> {
    let found = dialogue.notes.iter().filter_map(|note| match note {
        Note::Message { transaction, stored } => Some((String::from_utf8_lossy(&transaction.message.raw).into_owned(), *stored)),
        _ => None,
    });
    found.collect()
}

//! ENVELOPE and BODYSTRUCTURE against Python's `email` package: types, parts, octets of parts, addresses.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use imap_codec::imap_types::body::{BodyStructure, SpecificFields};
use imap_codec::imap_types::core::{IString, NString};
use imap_codec::imap_types::envelope::Address;
use imap_codec::imap_types::fetch::MessageDataItem;
use serde_json::{Value, json};

use super::known;
use super::odd_mail::messages;
use super::peer::Peer;
use crate::harness;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/structure.py");

#[test]
fn structures_and_addresses_are_those_of_pythons_email_package() {
    let odd: Vec<_> = messages().into_iter().filter(|(name, _)| !known::UNREAD.iter().any(|(known, _)| known == name)).collect();
    if !harness::is_installed("Python (python3)", harness::starts("python3", "--version")) {
        return;
    }
    let theirs = theirs(odd.iter().map(|(_, raw)| raw));
    let mut peer = Peer::greeted(true);
    odd.iter().for_each(|(_, raw)| peer.deliver("INBOX", raw));
    peer.say("EXAMINE INBOX").expect("good responses");
    let mut differ = BTreeSet::new();
    let mut unknown = Vec::new();
    for (number, ((name, _), theirs)) in (1..).zip(odd.iter().zip(theirs)) {
        let ours = ours(&peer.items(number, "(ENVELOPE BODYSTRUCTURE)"));
        if ours == theirs {
            continue;
        }
        differ.insert(*name);
        if !known::PYTHON.iter().any(|(known, _)| known == name) {
            unknown.push(format!("{name}:\n  ours   {ours}\n  theirs {theirs}"));
        }
    }
    assert!(unknown.is_empty(), "{} messages:\n{}", unknown.len(), unknown.join("\n"));
    for (name, why) in known::PYTHON {
        assert!(differ.contains(name), "no longer needed: {name} ({why})");
    }
}

fn theirs<'a>(messages: impl Iterator<Item = &'a Vec<u8>>) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut paths = String::new();
    for (number, raw) in messages.enumerate() {
        let path = folder.path().join(number.to_string());
        std::fs::write(&path, raw).expect("a file");
        paths.push_str(&format!("{}\n", path.display()));
    }
    let mut child =
        Command::new("python3").arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 starts");
    child.stdin.take().expect("a pipe").write_all(paths.as_bytes()).expect("room in the pipe");
    let output = child.wait_with_output().expect("output");
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).expect("JSON");
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn ours(items: &[MessageDataItem<'_>]) -> Value {
    let (mut tree, mut fields) = (Value::Null, Value::Null);
    for item in items {
        match item {
            MessageDataItem::BodyStructure(body) => tree = structure(body),
            MessageDataItem::Envelope(envelope) => {
                fields = json!({
                    "From": addresses(&envelope.from),
                    "To": addresses(&envelope.to),
                    "Cc": addresses(&envelope.cc),
                    "Bcc": addresses(&envelope.bcc),
                });
            }
            _ => {}
        }
    }
    json!({ "structure": tree, "addresses": fields })
}

fn structure(body: &BodyStructure<'_>) -> Value {
    let lower = |text: &IString<'_>| String::from_utf8_lossy(text.as_ref()).to_lowercase();
    match body {
        BodyStructure::Multi { bodies, subtype, .. } => {
            json!([format!("multipart/{}", lower(subtype)), bodies.as_ref().iter().map(structure).collect::<Vec<_>>()])
        }
        BodyStructure::Single { body, .. } => match &body.specific {
            SpecificFields::Basic { r#type, subtype } => {
                json!([format!("{}/{}", lower(r#type), lower(subtype)), body.basic.size])
            }
            SpecificFields::Text { subtype, .. } => json!([format!("text/{}", lower(subtype)), body.basic.size]),
            SpecificFields::Message { body_structure, .. } => json!(["message/rfc822", [structure(body_structure)]]),
        },
    }
}

/// Without the marks of groups, and without `<>`, which Python drops.
fn addresses(list: &[Address<'_>]) -> Vec<[String; 2]> {
    let text = |text: &NString<'_>| text.0.as_ref().map(|text| String::from_utf8_lossy(text.as_ref()).into_owned());
    let pair = |address: &Address<'_>| {
        let host = text(&address.host)?;
        let mailbox = text(&address.mailbox).unwrap_or_default();
        let spec = if host.is_empty() { mailbox } else { format!("{mailbox}@{host}") };
        Some([text(&address.name).unwrap_or_default(), spec])
    };
    list.iter().filter_map(pair).filter(|pair| pair.iter().any(|text| !text.is_empty())).collect()
}

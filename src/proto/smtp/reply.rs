//! Replies: fixed ones, the EHLO reply, and a scenario's own text.

use bytes::Bytes;

use super::Spec;
use crate::proto::{Answer, Class, Rope, TlsMode};

/// A reply that is part of the program.
pub(super) fn fixed(text: &'static str) -> Answer {
    said(Bytes::from_static(text.as_bytes()))
}

/// A whole reply, its class read from its code.
pub(super) fn said(text: Bytes) -> Answer {
    Answer::new(class(&text), Rope::text(text))
}

/// RFC 5321 section 4.2.1: the first digit says it.
fn class(text: &[u8]) -> Class {
    match text.first() {
        Some(b'2') => Class::Ok,
        Some(b'3') => Class::More,
        _ => Class::No,
    }
}

/// One code, a line for each line of the text (RFC 5321 section 4.2.1).
pub(super) fn lines(code: &str, text: &str) -> String {
    let all: Vec<&str> = text.lines().collect();
    let mut reply = String::with_capacity(text.len() + 8 * all.len() + 8);
    for (n, line) in all.iter().enumerate() {
        let mark = if n + 1 < all.len() { "-" } else { " " };
        reply.extend([code, mark, line, "\r\n"]);
    }
    if all.is_empty() {
        reply.extend([code, "\r\n"]);
    }
    reply
}

/// A scenario's reply: its first three octets are the code; a line may repeat it.
pub(super) fn phrase(text: &str) -> (Rope, Class) {
    let is_code = text.len() >= 3 && text.bytes().take(3).all(|octet| octet.is_ascii_digit());
    let (code, rest) = match text.split_at_checked(3) {
        Some(parts) if is_code => parts,
        // The scenario's check refuses this; here it goes as it is rather than being lost.
        _ => return (Rope::text(format!("{}\r\n", text.trim_end())), Class::No),
    };
    let strip = |line: &str| -> String { line.strip_prefix([' ', '-']).unwrap_or(line).to_owned() };
    let mut texts = Vec::new();
    for (n, line) in rest.lines().enumerate() {
        let repeated = line.strip_prefix(code).filter(|rest| rest.is_empty() || rest.starts_with([' ', '-']));
        texts.push(if n == 0 { strip(line) } else { repeated.map_or_else(|| line.to_owned(), strip) });
    }
    (Rope::text(lines(code, &texts.join("\n"))), class(text.as_bytes()))
}

/// The extensions of a server, before what a fault hides or offers: each is a line of the EHLO reply.
pub(super) fn capabilities(spec: &Spec, tls: TlsMode, secure: bool, logged_in: bool) -> Vec<String> {
    let mut all = match spec.by_state.only(secure, logged_in) {
        Some(only) => {
            let size = |line: &String| if line == "SIZE" { format!("SIZE {}", spec.size_limit) } else { line.clone() };
            // STARTTLS stays what the listener makes of it.
            only.iter().filter(|line| *line != "STARTTLS" || tls == TlsMode::Starttls && !secure).map(size).collect()
        }
        None => by_itself(spec, tls, secure),
    };
    change(&mut all, &spec.hide, &spec.offer);
    for shown in spec.by_state.now(secure, logged_in) {
        change(&mut all, &shown.hide, &shown.offer);
    }
    all
}

fn by_itself(spec: &Spec, tls: TlsMode, secure: bool) -> Vec<String> {
    let mut all: Vec<String> =
        ["PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "ENHANCEDSTATUSCODES"].map(str::to_owned).into();
    let auth: Vec<&str> = ["AUTH"].into_iter().chain(spec.mechanisms.names()).collect();
    if auth.len() > 1 {
        all.push(auth.join(" "));
    }
    all.insert(1, format!("SIZE {}", spec.size_limit));
    if tls == TlsMode::Starttls && !secure {
        all.push("STARTTLS".into());
    }
    all
}

/// Takes lines away, then adds some. `AUTH` takes the line away, `AUTH PLAIN` that mechanism; `AUTH XYZ` adds a mechanism to the line. Any other
/// line that is offered replaces the one with the same keyword.
pub(super) fn change(all: &mut Vec<String>, hide: &[String], offer: &[String]) {
    for hidden in hide {
        let mut words = hidden.split_ascii_whitespace();
        let Some(keyword) = words.next() else { continue };
        let values: Vec<&str> = words.collect();
        all.retain_mut(|line| {
            if !same_keyword(line, keyword) {
                return true;
            }
            let mut parts: Vec<&str> = line.split_ascii_whitespace().collect();
            parts.retain(|part| !values.iter().any(|value| value.eq_ignore_ascii_case(part)));
            let kept = !values.is_empty() && parts.len() > 1;
            *line = parts.join(" ");
            kept
        });
    }
    for offered in offer {
        let keyword = offered.split_ascii_whitespace().next().unwrap_or_default();
        match all.iter_mut().find(|line| same_keyword(line, keyword)) {
            Some(line) if keyword.eq_ignore_ascii_case("AUTH") => {
                for mechanism in offered.split_ascii_whitespace().skip(1) {
                    if !line.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(mechanism)) {
                        line.extend([" ", mechanism]);
                    }
                }
            }
            Some(line) => line.clone_from(offered),
            None => all.push(offered.clone()),
        }
    }
}

/// The reply to EHLO.
pub(super) fn ehlo(hello: &str, capabilities: &[String]) -> Bytes {
    let mut text = hello.to_owned();
    for capability in capabilities {
        text.extend(["\n", capability]);
    }
    lines("250", &text).into()
}

fn same_keyword(line: &str, keyword: &str) -> bool {
    line.split_ascii_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(keyword))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenarios_text_becomes_a_reply() {
        let table = [
            ("535 5.7.8 no", "535 5.7.8 no\r\n", Class::No),
            ("250 one\ntwo", "250-one\r\n250 two\r\n", Class::Ok),
            ("354-one\n354 two\n", "354-one\r\n354 two\r\n", Class::More),
            ("421", "421\r\n", Class::No),
            ("what?", "what?\r\n", Class::No),
            ("", "\r\n", Class::No),
        ];
        for (text, reply, class) in table {
            let (rope, found) = phrase(text);
            assert_eq!((rope.to_vec(), found), (reply.as_bytes().to_vec(), class), "{text:?}");
        }
    }

    #[test]
    fn capabilities_are_hidden_and_offered() {
        let table: [(&[&str], &[&str], &str); 6] = [
            (&["auth"], &[], "PIPELINING,SIZE 1000"),
            (&["AUTH plain"], &[], "PIPELINING,SIZE 1000,AUTH LOGIN"),
            (&["AUTH PLAIN LOGIN", "SIZE"], &[], "PIPELINING"),
            (&[], &["AUTH XYZ login"], "PIPELINING,SIZE 1000,AUTH PLAIN LOGIN XYZ"),
            (&[], &["SIZE 7", "XYZ 1"], "PIPELINING,SIZE 7,AUTH PLAIN LOGIN,XYZ 1"),
            (&["AUTH"], &["AUTH XYZ"], "PIPELINING,SIZE 1000,AUTH XYZ"),
        ];
        for (hide, offer, expected) in table {
            let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<String>>();
            let mut all = owned(&["PIPELINING", "SIZE 1000", "AUTH PLAIN LOGIN"]);
            change(&mut all, &owned(hide), &owned(offer));
            assert_eq!(all.join(","), expected, "{hide:?} {offer:?}");
        }
    }
}

//! ENVELOPE, BODY and BODYSTRUCTURE (RFC 3501 section 7.4.2).

use crate::mail::{Address, Content, Envelope, Message, Part};
use crate::proto::imap::write::Text;

/// `envelope`
pub fn envelope(envelope: &Envelope, out: &mut Text) {
    out.add("(").nstring(envelope.date.as_deref()).add(" ").nstring(envelope.subject.as_deref());
    for list in [&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc] {
        out.add(" ");
        addresses(list, out);
    }
    out.add(" ").nstring(envelope.in_reply_to.as_deref());
    out.add(" ").nstring(envelope.message_id.as_deref()).add(")");
}

/// How structures are shown.
#[derive(Clone, Copy)]
pub struct Style {
    /// BODYSTRUCTURE, not BODY.
    pub extended: bool,
    /// IMAP4rev2 is on.
    pub rev2: bool,
}

/// `body`
pub fn body(message: &Message, part: &Part, style: Style, out: &mut Text) {
    let extended = style.extended;
    out.add("(");
    match &part.content {
        Content::Multipart(parts) if !parts.is_empty() => {
            for part in parts {
                body(message, part, style, out);
            }
            out.add(" ").string(part.subtype.as_bytes());
            if extended {
                out.add(" ");
                parameters(&part.parameters, out);
            }
        }
        content => {
            // RFC 3501: only message/rfc822 shows what is inside; RFC 9051 section 7.5.2: message/global (RFC 6532), too.
            let inner = match content {
                Content::Message(inner) if style.rev2 || part.is("message", "rfc822") => Some(inner),
                _ => None,
            };
            out.string(part.kind.as_bytes()).add(" ").string(part.subtype.as_bytes()).add(" ");
            parameters(&part.parameters, out);
            out.add(" ").nstring(part.id.as_deref()).add(" ").nstring(part.description.as_deref());
            out.add(" ").string(part.encoding.as_bytes()).add(" ").number(part.body.len() as u64);
            if let Some(inner) = inner {
                out.add(" ");
                envelope(&message.envelope_of(inner), out);
                out.add(" ");
                body(message, inner, style, out);
            }
            // A client that sees `message/rfc822` or `text` reads on; nothing else may have lines.
            if inner.is_some() || part.kind.eq_ignore_ascii_case("text") {
                out.add(" ").number(part.lines.into());
            }
            if extended {
                out.add(" ").nstring(part.md5.as_deref());
            }
        }
    }
    if extended {
        extension(part, out);
    }
    out.add(")");
}

/// Disposition, language, location.
fn extension(part: &Part, out: &mut Text) {
    match &part.disposition {
        Some(disposition) => {
            out.add(" (").string(disposition.kind.as_bytes()).add(" ");
            parameters(&disposition.parameters, out);
            out.add(")");
        }
        None => drop(out.add(" NIL")),
    }
    match part.language.as_slice() {
        [] => drop(out.add(" NIL")),
        [language] => drop(out.add(" ").string(language.as_bytes())),
        languages => {
            for (n, language) in languages.iter().enumerate() {
                out.add(if n > 0 { " " } else { " (" }).string(language.as_bytes());
            }
            out.add(")");
        }
    }
    out.add(" ").nstring(part.location.as_deref());
}

fn parameters(parameters: &[(String, String)], out: &mut Text) {
    if parameters.is_empty() {
        out.add("NIL");
        return;
    }
    for (n, (name, value)) in parameters.iter().enumerate() {
        out.add(if n > 0 { " " } else { "(" }).string(name.as_bytes()).add(" ").string(value.as_bytes());
    }
    out.add(")");
}

fn addresses(addresses: &[Address], out: &mut Text) {
    if addresses.is_empty() {
        out.add("NIL");
        return;
    }
    out.add("(");
    for address in addresses {
        out.add("(").nstring(address.name.as_deref()).add(" ").nstring(address.route.as_deref());
        out.add(" ").nstring(address.mailbox.as_deref()).add(" ").nstring(address.host.as_deref()).add(")");
    }
    out.add(")");
}

//! FETCH responses, message by message, so that a reply of any size costs one message's text.

use std::collections::VecDeque;
use std::sync::Arc;

use super::item::Item;
use super::structure;
use crate::mail::{Flags, InternalDate, Message};
use crate::proto::imap::view::write_flags;
use crate::proto::imap::write::Text;
use crate::proto::{Piece, Source};
use bytes::Bytes;

/// One message as it is when the command is answered.
#[derive(Clone, Debug)]
pub struct Row {
    pub number: u32,
    pub uid: u32,
    /// As they will be when the reply is read.
    pub flags: Flags,
    pub recent: bool,
    /// This FETCH sets \Seen.
    pub newly_seen: bool,
    pub modseq: u64,
    pub date: InternalDate,
    pub message: Arc<Message>,
}

/// The response for one message.
pub struct Rendered {
    pub pieces: Vec<Piece>,
    /// For each section that is there.
    pub literals: Vec<Literal>,
    /// `* 1 FETCH (`
    pub head: u64,
    pub length: u64,
}

/// A section in a response, in octets of that.
pub struct Literal {
    /// The place of its item.
    pub item: usize,
    /// Where its name starts.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
}

/// Renders one message.
pub fn row(items: &[Item], row: &Row) -> Rendered {
    let mut rendered = Rendered { pieces: Vec::new(), literals: Vec::new(), head: 0, length: 0 };
    let mut text = Text::default();
    text.add(format_args!("* {} FETCH (", row.number));
    rendered.head = text.0.len() as u64;
    for (place, item) in items.iter().enumerate() {
        text.add(if place > 0 { " " } else { "" });
        match item {
            Item::Uid => drop(text.add(format_args!("UID {}", row.uid))),
            Item::Flags => write_flags(&row.flags, row.recent, &mut text),
            Item::InternalDate => drop(text.add("INTERNALDATE ").date_time(row.date)),
            Item::Size => drop(text.add(format_args!("RFC822.SIZE {}", row.message.raw.len()))),
            Item::Envelope => {
                text.add("ENVELOPE ");
                structure::envelope(&row.message.envelope(), &mut text);
            }
            Item::Structure { extended } => {
                text.add(if *extended { "BODYSTRUCTURE " } else { "BODY " });
                structure::body(&row.message, row.message.structure(), *extended, &mut text);
            }
            Item::Section { label, section, .. } => {
                let start = rendered.length + text.0.len() as u64;
                match label {
                    Some(label) => drop(text.add(label)),
                    None => {
                        text.add("BODY");
                        section.write(&mut text);
                    }
                }
                match section.pick(&row.message) {
                    None => drop(text.add(" NIL")),
                    Some(octets) => {
                        text.add(format_args!(" {{{}}}\r\n", octets.len()));
                        rendered.text(&mut text);
                        rendered.length += octets.len() as u64;
                        if !octets.is_empty() {
                            rendered.pieces.push(Piece::Payload(without_nul(octets)));
                        }
                        rendered.literals.push(Literal { item: place, start, end: rendered.length });
                    }
                }
            }
        }
    }
    // RFC 3501 section 6.4.5: flags that change by this FETCH are told with it.
    if row.newly_seen && !items.contains(&Item::Flags) {
        text.add(" ");
        write_flags(&row.flags, row.recent, &mut text);
    }
    text.add(")\r\n");
    rendered.text(&mut text);
    rendered
}

/// RFC 3501 section 4.3.1: no string holds NUL, but mail that came over SMTP may. Another octet that is no text takes its place, so that sizes hold.
fn without_nul(octets: Bytes) -> Bytes {
    if memchr::memchr(0, &octets).is_none() {
        return octets;
    }
    octets.iter().map(|&octet| if octet == 0 { 0x80 } else { octet }).collect()
}

impl Rendered {
    fn text(&mut self, text: &mut Text) {
        let text = std::mem::take(&mut text.0);
        self.length += text.len() as u64;
        self.pieces.push(Piece::Text(text.into()));
    }
}

/// All responses, one after the other.
#[derive(Clone)]
pub struct Generator {
    items: Arc<[Item]>,
    rows: Arc<[Row]>,
    next: usize,
    ready: VecDeque<Piece>,
}

impl Generator {
    pub fn new(items: Arc<[Item]>, rows: Arc<[Row]>) -> Self {
        Generator { items, rows, next: 0, ready: VecDeque::new() }
    }
}

impl Source for Generator {
    fn next(&mut self) -> Option<Piece> {
        if self.ready.is_empty() {
            let rendered = row(&self.items, self.rows.get(self.next)?);
            self.next += 1;
            self.ready.extend(rendered.pieces);
        }
        self.ready.pop_front()
    }

    fn boxed_clone(&self) -> Box<dyn Source> {
        Box::new(self.clone())
    }
}

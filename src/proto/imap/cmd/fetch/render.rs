//! FETCH responses, item by item, so that a reply of any size costs no more than its largest item.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::item::{Gmail, Item};
use super::structure;
use crate::mail::{Flags, InternalDate, Message};
use crate::proto::imap::gmail::write_labels;
use crate::proto::imap::parse::section::{Of, Section};
use crate::proto::imap::view::write_flags;
use crate::proto::imap::write::Text;
use crate::proto::{Piece, Source};

/// Short responses share a piece of about so many octets.
const JOINED: usize = 8 << 10;

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
    /// The mod-sequence when the reply is read.
    pub next_modseq: u64,
    pub date: InternalDate,
    pub message: Arc<Message>,
}

/// A place in the responses that matters to what the client has read.
#[derive(Clone, Debug)]
pub struct Mark {
    pub row: usize,
    /// The item whose value ends here; `None`: the response for this message ends.
    pub item: Option<usize>,
    /// Where `* 1 FETCH (` stands, in octets of all responses.
    pub head: Range<u64>,
    /// Where the item's name starts.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
}

/// All responses, one after the other.
#[derive(Clone)]
pub struct Generator {
    items: Arc<[Item]>,
    rows: Arc<[Row]>,
    rev2: bool,
    row: usize,
    item: usize,
    /// Its literal was announced.
    payload: Option<Bytes>,
    /// Octets of all pieces so far, and before them.
    written: u64,
    head: Range<u64>,
    marks: Option<Vec<Mark>>,
    /// Octets of all there are, known when one of the clones has come to its end.
    total: Arc<OnceLock<u64>>,
}

impl Generator {
    /// `ahead`: so many octets come before the first response.
    pub fn new(items: Arc<[Item]>, rows: Arc<[Row]>, rev2: bool, ahead: u64) -> Self {
        Generator {
            items,
            rows,
            rev2,
            row: 0,
            item: 0,
            payload: None,
            written: ahead,
            head: 0..0,
            marks: None,
            total: Arc::default(),
        }
    }

    /// Octets of all responses, and before them, if a clone has come to their end.
    pub fn total(&self) -> Option<u64> {
        self.total.get().copied()
    }

    /// The marks up to this octet.
    pub fn marks(mut self, upto: u64) -> Vec<Mark> {
        self.marks = Some(Vec::new());
        while self.written < upto && Source::next(&mut self).is_some() {}
        self.marks.unwrap_or_default().into_iter().filter(|mark| mark.end <= upto).collect()
    }

    fn mark(&mut self, item: Option<usize>, start: usize, end: usize) {
        let (row, head) = (self.row, self.head.clone());
        let (start, end) = (self.written + start as u64, self.written + end as u64);
        if let Some(marks) = &mut self.marks {
            marks.push(Mark { row, item, head, start, end });
        }
    }

    /// Writes items of this row; stops behind the announcement of a literal.
    fn items(&mut self, row: &Row, text: &mut Text) {
        let items = self.items.clone();
        while let Some(item) = items.get(self.item) {
            text.add(if self.item > 0 { " " } else { "" });
            let place = self.item;
            self.item += 1;
            let start = text.0.len();
            let value = write_item(item, row, self.rev2, text);
            if let Some(octets) = value {
                self.mark(Some(place), start, text.0.len() + octets.len());
                if !octets.is_empty() {
                    self.payload = Some(octets);
                    return;
                }
            }
        }
    }
}

impl Source for Generator {
    fn next(&mut self) -> Option<Piece> {
        if let Some(octets) = self.payload.take() {
            self.written += octets.len() as u64;
            return Some(Piece::Payload(octets));
        }
        let rows = self.rows.clone();
        let mut text = Text(Vec::with_capacity(256));
        while let Some(row) = rows.get(self.row).filter(|_| text.0.len() < JOINED) {
            if self.item == 0 {
                let start = self.written + text.0.len() as u64;
                text.add("* ").number(row.number.into()).add(" FETCH (");
                self.head = start..self.written + text.0.len() as u64;
            }
            self.items(row, &mut text);
            if self.payload.is_some() {
                break;
            }
            // RFC 3501 section 6.4.5: flags that change by this FETCH are told with it.
            if row.newly_seen && !self.items.contains(&Item::Flags) {
                text.add(" ");
                write_flags(&row.flags, row.recent, &mut text);
            }
            text.add(")\r\n");
            self.mark(None, text.0.len(), text.0.len());
            (self.row, self.item) = (self.row + 1, 0);
        }
        self.written += text.0.len() as u64;
        if self.row >= rows.len() {
            let _ = self.total.set(self.written);
        }
        (!text.0.is_empty()).then(|| Piece::Text(text.0.into()))
    }

    fn known_len(&self) -> Option<u64> {
        self.total.get().map(|total| total.saturating_sub(self.written))
    }

    fn boxed_clone(&self) -> Box<dyn Source> {
        Box::new(self.clone())
    }
}

/// Writes an item, or its name and the announcement of the literal that follows.
fn write_item(item: &Item, row: &Row, rev2: bool, text: &mut Text) -> Option<Bytes> {
    match item {
        Item::Uid => drop(text.add("UID ").number(row.uid.into())),
        Item::Flags => write_flags(&row.flags, row.recent, text),
        Item::InternalDate => drop(text.add("INTERNALDATE ").date_time(row.date)),
        Item::ModSeq => drop(text.add("MODSEQ (").number(row.next_modseq).add(")")),
        Item::Size => drop(text.add("RFC822.SIZE ").number(row.message.raw.len() as u64)),
        Item::Envelope => {
            text.add("ENVELOPE ");
            structure::envelope(&row.message.envelope(), text);
        }
        Item::Structure { extended } => {
            text.add(if *extended { "BODYSTRUCTURE " } else { "BODY " });
            structure::body(&row.message, row.message.structure(), structure::Style { extended: *extended, rev2 }, text);
        }
        Item::Section { label, section, .. } => {
            text.add(*label);
            if matches!(*label, "BODY" | "BINARY") {
                section.write(text);
            }
            let Some(octets) = section.pick(&row.message) else {
                text.add(" NIL");
                return None;
            };
            let (form, octets) = literal(section, octets);
            text.add(form).number(octets.len() as u64).add("}\r\n");
            return Some(octets);
        }
        Item::EmailId => drop(text.add("EMAILID (").add(&*row.message.email_id()).add(")")),
        Item::ThreadId => drop(text.add("THREADID (").add(&*row.message.thread_id()).add(")")),
        Item::Gmail(Gmail::Message) => drop(text.add("X-GM-MSGID ").number(row.message.email_number())),
        Item::Gmail(Gmail::Thread) => drop(text.add("X-GM-THRID ").number(row.message.thread_number())),
        Item::Gmail(Gmail::Labels) => write_labels(&row.flags, text),
        Item::BinarySize(section) => {
            text.add("BINARY.SIZE");
            section.write(text);
            // RFC 3516 section 4.3 has no NIL for it.
            text.add(" ").number(section.pick(&row.message).map_or(0, |octets| octets.len() as u64));
        }
    }
    None
}

/// How a literal with these octets begins, and the octets. RFC 3501 section 4.3.1: no string holds NUL, but mail that came over SMTP may. BINARY has a
/// literal for it (RFC 3516 section 4.4); otherwise another octet that is no text takes its place, so that sizes hold.
fn literal(section: &Section, octets: Bytes) -> (&'static str, Bytes) {
    match memchr::memchr(0, &octets) {
        None => (" {", octets),
        Some(_) if section.of == Of::Decoded => (" ~{", octets),
        Some(_) => (" {", octets.iter().map(|&octet| if octet == 0 { 0x80 } else { octet }).collect()),
    }
}

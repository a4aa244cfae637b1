//! Writes what responses are made of (RFC 3501 section 9): strings in the simplest form that holds them, mailbox names, dates, numbers.

use std::fmt::Arguments;
use std::io::Write as _;

use super::utf7;
use crate::mail::InternalDate;

/// Longer strings are literals: clients have fixed buffers for a line.
const MOST_QUOTED: usize = 1_000;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A response's text as it grows.
#[derive(Default)]
pub struct Text(pub Vec<u8>);

/// What [`Text::add`] takes. Most of a response is plain words, which need no formatter.
pub trait Words {
    /// At the end.
    fn add_to(self, out: &mut Vec<u8>);
}

impl Words for &str {
    fn add_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl Words for u32 {
    fn add_to(self, out: &mut Vec<u8>) {
        format_args!("{self}").add_to(out);
    }
}

impl Words for Arguments<'_> {
    fn add_to(self, out: &mut Vec<u8>) {
        // Writing to a vector does not fail.
        let _ = out.write_fmt(self);
    }
}

impl Text {
    /// Adds text.
    pub fn add(&mut self, text: impl Words) -> &mut Self {
        text.add_to(&mut self.0);
        self
    }

    /// Adds a number, which needs no formatter either.
    pub fn number(&mut self, number: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        let mut rest = number;
        while start > 0 {
            start -= 1;
            // A digit fits.
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[start..]);
        self
    }

    /// `quoted` or `literal`
    pub fn string(&mut self, octets: &[u8]) -> &mut Self {
        // Every octet is looked at, which is faster than to stop at the first that is not simple.
        let (mut simple, mut escaped) = (octets.len() <= MOST_QUOTED, false);
        for octet in octets {
            simple &= matches!(octet, b' '..=b'~' | b'\t');
            escaped |= matches!(octet, b'"' | b'\\');
        }
        if !simple {
            self.add(format_args!("{{{}}}\r\n", octets.len()));
            self.0.extend_from_slice(octets);
            return self;
        }
        self.0.reserve(octets.len() + 2);
        self.0.push(b'"');
        if escaped {
            let escape = |&octet: &u8| matches!(octet, b'"' | b'\\').then_some(b'\\').into_iter().chain([octet]);
            self.0.extend(octets.iter().flat_map(escape));
        } else {
            self.0.extend_from_slice(octets);
        }
        self.0.push(b'"');
        self
    }

    /// `nstring`
    pub fn nstring(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.string(text.as_bytes()),
            None => self.add("NIL"),
        }
    }

    /// `astring`: an atom where it can be one.
    pub fn astring(&mut self, octets: &[u8]) -> &mut Self {
        // An atom that reads NIL would be nothing at all to some clients.
        let atom = !octets.is_empty()
            && octets.iter().all(|&b| super::cursor::is_astring_char(b))
            && !octets.eq_ignore_ascii_case(b"NIL");
        if !atom {
            return self.string(octets);
        }
        self.0.extend_from_slice(octets);
        self
    }

    /// `date-time` with its quotes, in its own zone: `" 1-Jan-2026 00:00:00 +0100"`.
    pub fn date_time(&mut self, date: InternalDate) -> &mut Self {
        let (clock, east) = (date.clock(), date.east());
        let month = usize::try_from(clock.month() - 1).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
        let (hour, minute, second) = (clock.hour(), clock.minute(), clock.second());
        let (sign, zone) = (if east < 0 { '-' } else { '+' }, east.unsigned_abs());
        self.add(format_args!("\"{:2}-{month}-{:04} {hour:02}:{minute:02}:{second:02} ", clock.day(), clock.year()));
        self.add(format_args!("{sign}{:02}{:02}\"", zone / 60, zone % 60))
    }

    /// `mailbox`, from its name in UTF-8; in modified UTF-7 unless the client takes UTF-8.
    pub fn mailbox(&mut self, name: &str, utf8: bool) -> &mut Self {
        if !utf8 {
            return self.astring(utf7::encode(name).as_bytes());
        }
        if name.is_ascii() || name.len() > MOST_QUOTED || name.contains(char::is_control) {
            return self.astring(name.as_bytes());
        }
        // RFC 6855 section 3: a quoted string holds UTF-8.
        self.add(format_args!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")))
    }
}

/// Ascending numbers as a `uid-set`: `4:7,9`.
pub fn number_set(numbers: &[u32]) -> String {
    let mut out = String::new();
    let mut numbers = numbers.iter().copied().peekable();
    while let Some(first) = numbers.next() {
        let mut last = first;
        while let Some(next) = numbers.next_if(|&next| last.checked_add(1) == Some(next)) {
            last = next;
        }
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(&first.to_string());
        if last > first {
            out.push(':');
            out.push_str(&last.to_string());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Text) -> &mut Text) -> String {
        let mut text = Text::default();
        write(&mut text);
        String::from_utf8(text.0).unwrap()
    }

    #[test]
    fn strings_take_the_simplest_form_that_holds_them() {
        assert_eq!(written(|t| t.string(b"a\"b\\c")), r#""a\"b\\c""#);
        assert_eq!(written(|t| t.string("ü".as_bytes())), "{2}\r\nü");
        assert_eq!(written(|t| t.string(b"a\r\nb")), "{4}\r\na\r\nb");
        assert_eq!(written(|t| t.nstring(None)), "NIL");
        assert_eq!(written(|t| t.astring(b"INBOX")), "INBOX");
        assert_eq!(written(|t| t.astring(b"nil")), "\"nil\"");
        assert_eq!(written(|t| t.astring(b"")), "\"\"");
        assert_eq!(written(|t| t.mailbox("Entwürfe 1", false)), "\"Entw&APw-rfe 1\"");
        assert_eq!(written(|t| t.mailbox("Entwürfe \"1\"", true)), r#""Entwürfe \"1\"""#);
    }

    #[test]
    fn a_date_has_a_blank_before_a_single_digit() {
        let utc = |second| written(|t| t.date_time(jiff::Timestamp::from_second(second).unwrap().into()));
        assert_eq!(utc(1_767_225_600), "\" 1-Jan-2026 00:00:00 +0000\"");
        assert_eq!(utc(1_766_620_799), "\"24-Dec-2025 23:59:59 +0000\"");
    }

    #[test]
    fn a_date_is_shown_in_its_own_zone() {
        let clock = jiff::civil::date(1996, 7, 7).at(2, 44, 25, 0);
        let shown = |east| written(|t| t.date_time(InternalDate::at(clock, east).unwrap()));
        assert_eq!(shown(-570), "\" 7-Jul-1996 02:44:25 -0930\"");
        assert_eq!(shown(5999), "\" 7-Jul-1996 02:44:25 +9959\"");
    }

    #[test]
    fn numbers_are_joined_to_ranges() {
        assert_eq!(number_set(&[4, 5, 6, 9, u32::MAX]), "4:6,9,4294967295");
        assert_eq!(number_set(&[]), "");
    }
}

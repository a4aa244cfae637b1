//! The Date field: when a message was sent, as its writer says (RFC 5322 section 3.3).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::Message;
use super::header::{unfold, values};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// RFC 5322 section 4.3: hours east of UTC. All other names are UTC.
const ZONES: [(&str, i64); 8] =
    [("EDT", -4), ("EST", -5), ("CDT", -5), ("CST", -6), ("MDT", -6), ("MST", -7), ("PDT", -7), ("PST", -8)];

impl Message {
    /// The day in the Date field, as it is written: time and zone do not count (RFC 3501 section 6.4.4, SENTON).
    pub fn sent_date(&self) -> Option<Date> {
        read(&self.date_field()?).map(|(day, _)| day)
    }

    /// The instant in the Date field. RFC 5256 section 2.2: a time that cannot be read is midnight, a zone that cannot be read is UTC.
    pub fn sent_instant(&self) -> Option<Timestamp> {
        let field = self.date_field()?;
        let (day, rest) = read(&field)?;
        instant(day, rest)
    }

    fn date_field(&self) -> Option<String> {
        values(&self.raw, b"date").next().map(unfold)
    }
}

/// `Thu, 1 Jan 2026` and what follows it; also with a year of two digits (RFC 5322 section 4.3).
fn read(value: &str) -> Option<(Date, &str)> {
    let mut rest = value.split_once(',').map_or(value, |(_, rest)| rest);
    let mut word = || {
        let text = rest.trim_start_matches(BETWEEN);
        let (word, after) = text.split_at(text.find(BETWEEN).unwrap_or(text.len()));
        rest = after;
        Some(word).filter(|word| !word.is_empty())
    };
    let day = word()?.parse().ok()?;
    let month = word()?.get(..3)?;
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))?;
    let digits = word()?;
    let year: i16 = digits.parse().ok()?;
    let year = match digits.len() {
        2 if year < 50 => year + 2000,
        2 | 3 => year + 1900,
        _ => year,
    };
    Some((Date::new(year, i8::try_from(month + 1).ok()?, day).ok()?, rest))
}

const BETWEEN: [char; 3] = [' ', '\t', '-'];

fn instant(day: Date, rest: &str) -> Option<Timestamp> {
    let mut words = rest.split([' ', '\t']).filter(|word| !word.is_empty());
    let time = words.next().and_then(clock).unwrap_or(Time::midnight());
    let east = words.next().and_then(zone).unwrap_or(0);
    let clock = Offset::UTC.to_timestamp(DateTime::from_parts(day, time)).ok()?;
    Timestamp::from_second(clock.as_second().checked_sub(east)?).ok()
}

/// `23:59:59`, or without seconds; a leap second is the second before it.
fn clock(word: &str) -> Option<Time> {
    let mut numbers = word.split(':').map(|digits| digits.parse::<i8>().ok());
    let (hour, minute) = (numbers.next()??, numbers.next()??);
    let second = numbers.next().unwrap_or(Some(0))?;
    Time::new(hour, minute, second.min(59), 0).ok()
}

/// `+0100` or a name; in seconds east of UTC.
fn zone(word: &str) -> Option<i64> {
    if let Some((_, hours)) = ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
        return Some(hours * 3600);
    }
    let sign = if word.starts_with('-') { -1 } else { 1 };
    let digits = word.strip_prefix(['+', '-']).filter(|digits| digits.len() == 4)?;
    let number: i64 = digits.parse().ok()?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_the_world_writes_them() {
        for (value, date) in [
            ("Thu, 01 Jan 2026 00:00:00 +0000", Some((2026, 1, 1))),
            ("1 feb 99 00:00", Some((1999, 2, 1))),
            ("Mon,  2 March 2020 (so)", Some((2020, 3, 2))),
            ("2-Jan-2026 00:00:00 +0000", Some((2026, 1, 2))),
            ("32 Jan 2026", None),
            ("1 ü Jan", None),
            ("-99999 Jan 1", None),
            ("", None),
        ] {
            assert_eq!(read(value).map(|(day, _)| day), date.map(|(y, m, d)| Date::constant(y, m, d)), "{value}");
        }
    }

    #[test]
    fn instants_have_time_and_zone() {
        for (value, instant) in [
            ("Thu, 01 Jan 2026 12:00:00 +0130 (so)", Some("2026-01-01T10:30:00Z")),
            ("1 Jan 2026 23:00 -0800", Some("2026-01-02T07:00:00Z")),
            ("1-Jan-2026 00:00:60 EST", Some("2026-01-01T05:00:59Z")),
            ("1 Jan 2026 25:00:00 +0100", Some("2025-12-31T23:00:00Z")),
            ("1 Jan 2026", Some("2026-01-01T00:00:00Z")),
            ("1 Jan 2026 1:2:3 +99", Some("2026-01-01T01:02:03Z")),
            ("yesterday", None),
        ] {
            let read = Message::new(format!("Date: {value}\r\n\r\n").into()).sent_instant();
            assert_eq!(read.map(|instant| instant.to_string()).as_deref(), instant, "{value}");
        }
    }
}

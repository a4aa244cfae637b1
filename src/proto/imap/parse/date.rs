//! `date` and `date-time` (RFC 3501 section 9).

use jiff::civil::{Date, DateTime, Time};

use crate::mail::InternalDate;
use crate::proto::imap::cursor::{Cursor, Parsed};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `1-Feb-1994`, with or without quotes.
pub fn date(cursor: &mut Cursor<'_>) -> Parsed<Date> {
    let start = cursor.clone();
    let quoted = cursor.byte(b'"');
    let date = day_month_year(cursor);
    if quoted && !cursor.byte(b'"') {
        return Err(cursor.expected("`\"` after the date"));
    }
    date.ok_or_else(|| start.expected("a date such as `1-Feb-1994`"))
}

/// `"17-Jul-1996 02:44:25 -0700"`
pub fn date_time(cursor: &mut Cursor<'_>) -> Parsed<InternalDate> {
    let start = cursor.clone();
    let wrong = || start.expected("a date and time such as `\"17-Jul-1996 02:44:25 -0700\"`");
    let text = cursor.string()?.ok_or_else(wrong)?;
    let mut inner = Cursor::new(&text);
    inner.byte(b' ');
    let read = |inner: &mut Cursor<'_>| {
        let date = day_month_year(inner)?;
        let hour = inner.byte(b' ').then(|| two(inner))??;
        let minute = inner.byte(b':').then(|| two(inner))??;
        let second = inner.byte(b':').then(|| two(inner))??;
        if !inner.byte(b' ') {
            return None;
        }
        let east = if inner.byte(b'+') { 1 } else { inner.byte(b'-').then_some(-1)? };
        let zone = inner.take_while(|b| b.is_ascii_digit()).filter(|zone| zone.len() == 4)?;
        let zone: i16 = std::str::from_utf8(zone).ok()?.parse().ok()?;
        // RFC 5322 section 3.3: the last two digits are minutes.
        let minutes = Some(zone % 100).filter(|minutes| *minutes < 60)?;
        // A leap second is the second before it.
        let time = Time::new(hour, minute, if second == 60 { 59 } else { second }, 0).ok()?;
        let date = InternalDate::at(DateTime::from_parts(date, time), east * (zone / 100 * 60 + minutes))?;
        inner.at_end().then_some(date)
    };
    read(&mut inner).ok_or_else(wrong)
}

fn two(cursor: &mut Cursor<'_>) -> Option<i8> {
    let digits = cursor.take_while(|b| b.is_ascii_digit()).filter(|digits| digits.len() == 2)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn day_month_year(cursor: &mut Cursor<'_>) -> Option<Date> {
    let day = cursor.take_while(|b| b.is_ascii_digit()).filter(|day| day.len() <= 2)?;
    let day = std::str::from_utf8(day).ok()?.parse().ok()?;
    let name = cursor.byte(b'-').then(|| cursor.take_while(|b| b.is_ascii_alphabetic()))??;
    let month = MONTHS.iter().position(|month| month.as_bytes().eq_ignore_ascii_case(name))?;
    let year = cursor.byte(b'-').then(|| cursor.take_while(|b| b.is_ascii_digit()))?.filter(|year| year.len() == 4)?;
    Date::new(std::str::from_utf8(year).ok()?.parse().ok()?, i8::try_from(month + 1).ok()?, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times() {
        let read =
            |text: &str| date_time(&mut Cursor::new(text.as_bytes())).map(|time| (time.instant().to_string(), time.east()));
        assert_eq!(read("\"17-Jul-1996 02:44:25 -0700\""), Ok(("1996-07-17T09:44:25Z".into(), -420)));
        assert_eq!(read("\" 1-jan-2026 00:00:60 +0130\""), Ok(("2025-12-31T22:30:59Z".into(), 90)));
        for wrong in [
            "\"31-Feb-2020 00:00:00 +0000\"",
            "\"1-Jan-2020\"",
            "x",
            "\"1-Jan-2020 0:0:0 +0000\"",
            "\"1-Jan-2020 00:00:00 +9999\"",
            "\"1-Jan-2020 00:00:61 +0000\"",
            "\"1-Jan-20 00:00:00 +0000\"",
            "\"001-Jan-2020 00:00:00 +0000\"",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(date(&mut Cursor::new(b"1-Feb-1994")), Ok(Date::constant(1994, 2, 1)));
        assert_eq!(date(&mut Cursor::new(b"\"01-Feb-1994\"")), Ok(Date::constant(1994, 2, 1)));
        assert_eq!(
            date(&mut Cursor::new(b"yesterday")).unwrap_err().to_string(),
            "expected a date such as `1-Feb-1994` at column 1, got `yesterday`"
        );
    }
}

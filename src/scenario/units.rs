//! Durations, sizes and ranges from their text: the one place that knows units.

use std::time::Duration;

use crate::fault::Ranges;

/// Why a text is not what it should be, and what to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) message: String,
    pub(super) help: String,
}

type Parsed<T> = Result<T, Bad>;
type Pairs = Vec<(u64, Option<u64>)>;

const TIME: [(&str, u64); 5] =
    [("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000), ("d", 86_400_000_000_000)];
const SIZE: [(&str, u64); 7] =
    [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)];
/// What people write for a unit, and what the unit is called here.
const ALIASES: [(&str, &str); 20] = [
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("min", "m"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("msec", "ms"),
    ("millis", "ms"),
    ("b", "B"),
    ("bytes", "B"),
    ("k", "KiB"),
    ("kb", "kB"),
    ("mb", "MB"),
    ("gb", "GB"),
];
/// Longer than any run, short enough that sums of a few never overflow.
const LONGEST: u64 = 3_650 * 86_400_000_000_000;

/// A duration as scenario files write it, `2s` or `1.5m`: for options of the command line.
///
/// # Errors
/// What is wrong, and what to write.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|Bad { message, help }| format!("{message}; {help}"))
}

/// `2s`, `1.5m`.
pub(super) fn duration(text: &str) -> Parsed<Duration> {
    nanoseconds(text).map(Duration::from_nanos)
}

fn nanoseconds(text: &str) -> Parsed<u64> {
    let nanoseconds = with_unit(text, &TIME, "s", "a duration", "`ms`, `s`, `m`, `h` or `d`")?;
    if nanoseconds > LONGEST {
        return Err(bad(format!("`{text}` is longer than ten years"), "write a shorter duration"));
    }
    Ok(nanoseconds)
}

/// `64 KiB`, in octets.
pub(super) fn size(text: &str) -> Parsed<u64> {
    with_unit(text, &SIZE, "B", "a size", "`B`, `KiB`, `MiB`, `GiB`, or `kB`, `MB`, `GB` for thousands")
}

fn bad(message: impl Into<String>, help: impl Into<String>) -> Bad {
    Bad { message: message.into(), help: help.into() }
}

fn with_unit(text: &str, units: &[(&str, u64)], usual: &str, what: &str, all: &str) -> Parsed<u64> {
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = (&trimmed[..split], trimmed[split..].trim());
    if number.is_empty() {
        return Err(bad(format!("`{text}` is not {what}"), format!("{what} is a number and a unit: {all}")));
    }
    if unit.is_empty() {
        return Err(bad(format!("`{text}` has no unit"), format!("write `\"{number}{usual}\"`, or another unit: {all}")));
    }
    let Some(&(_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
        let known = |name: &str| units.iter().find(|(unit, _)| *unit == name).map(|(unit, _)| *unit);
        let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(unit)).and_then(|(_, name)| known(name));
        let alike = alias.or_else(|| units.iter().map(|(name, _)| *name).find(|name| name.eq_ignore_ascii_case(unit)));
        let help = match alike {
            Some(alike) => format!("did you mean `\"{number}{alike}\"`? The units are {all}"),
            None => format!("the units are {all}"),
        };
        return Err(bad(format!("`{unit}` is not a unit of {}", &what[2..]), help));
    };
    let value = match number.parse::<u64>() {
        Ok(number) => number.checked_mul(factor),
        Err(_) => number.parse::<f64>().ok().map(|number| number * factor as f64).filter(|&n| n < 1e18).map(|n| n.round() as u64),
    };
    match value {
        Some(value) => Ok(value),
        None if number.contains('.') => Err(bad(format!("`{number}` is not a number"), format!("{what} is a number and a unit"))),
        None => Err(bad(format!("`{text}` is too large"), "write a smaller number")),
    }
}

/// Numbers for a fault, from 1: `3`, `1-4`, `5-`, `1,3`, `every 3`.
pub(super) fn ordinals(text: &str) -> Parsed<Ranges> {
    if let Some(every) = text.trim().strip_prefix("every") {
        return match count(every.trim()) {
            Ok(0) => Err(bad("`every 0` never comes", "write `every 2` for the 2nd, 4th, 6th, ...")),
            Ok(every) => Ok(Ranges::Every(every)),
            Err(_) => Err(bad(format!("`{text}` is not a range"), "write `every 3` for the 3rd, 6th, 9th, ...")),
        };
    }
    let list = counts(text)?;
    if list.iter().any(|&(from, _)| from == 0) {
        return Err(bad("there is no number 0: the first is 1", "write `1`, `1-4`, `5-` or `every 3`"));
    }
    Ok(Ranges::List(list))
}

/// `3`, `1-4`, `5-`, `1,3`, from 0.
pub(super) fn counts(text: &str) -> Parsed<Pairs> {
    pairs(text, &count, "`3`, `1-4`, `5-` or `1,3`")
}

/// The same of durations, in nanoseconds.
pub(super) fn durations(text: &str) -> Parsed<Pairs> {
    pairs(text, &nanoseconds, "`9m-11m` or `10s-`")
}

fn count(text: &str) -> Parsed<u64> {
    match text.parse::<u64>() {
        Ok(number) if text.starts_with(|c: char| c.is_ascii_digit()) => Ok(number),
        _ => Err(bad(format!("`{text}` is not a whole number"), "")),
    }
}

fn pairs(text: &str, item: &dyn Fn(&str) -> Parsed<u64>, forms: &str) -> Parsed<Pairs> {
    let item = |part: &str| match part.trim() {
        "" => Err(bad(format!("`{text}` is not a range"), format!("write {forms}"))),
        part => item(part).map_err(|wrong| match wrong.help.is_empty() {
            true => bad(format!("`{text}` is not a range: {}", wrong.message), format!("write {forms}")),
            false => wrong,
        }),
    };
    let pair = |part: &str| match part.split_once('-') {
        None => item(part).map(|at| (at, Some(at))),
        Some((from, to)) if to.trim().is_empty() => item(from).map(|from| (from, None)),
        Some((from, to)) => match (item(from)?, item(to)?) {
            (from, to) if from <= to => Ok((from, Some(to))),
            _ => Err(bad(
                format!("`{}` is empty: it ends before it begins", part.trim()),
                format!("write `{}-{}`", to.trim(), from.trim()),
            )),
        },
    };
    text.split(',').map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_have_units() {
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2 m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("3d"), Ok(Duration::from_secs(3 * 86_400)));
        assert_eq!(size("64 KiB"), Ok(65_536));
        assert_eq!(size("64kB"), Ok(64_000));
        for (text, message, help) in [
            ("30", "`30` has no unit", "write `\"30s\"`, or another unit: `ms`, `s`, `m`, `h` or `d`"),
            ("30 sec", "`sec` is not a unit of duration", "did you mean `\"30s\"`? The units are `ms`, `s`, `m`, `h` or `d`"),
            ("soon", "`soon` is not a duration", "a duration is a number and a unit: `ms`, `s`, `m`, `h` or `d`"),
            ("1.2.3s", "`1.2.3` is not a number", "a duration is a number and a unit"),
            ("99999999999999999999s", "`99999999999999999999s` is too large", "write a smaller number"),
            ("4000d", "`4000d` is longer than ten years", "write a shorter duration"),
        ] {
            assert_eq!(duration(text), Err(bad(message, help)), "{text}");
        }
        assert_eq!(size("64K").unwrap_err().help.split('?').next(), Some("did you mean `\"64KiB\"`"));
    }

    #[test]
    fn ranges_have_one_notation() {
        assert_eq!(counts("1, 3-4,7-"), Ok(vec![(1, Some(1)), (3, Some(4)), (7, None)]));
        assert_eq!(ordinals("every 3"), Ok(Ranges::Every(3)));
        assert_eq!(durations("9m-11m"), Ok(vec![(540_000_000_000, Some(660_000_000_000))]));
        for (text, message) in [
            ("4-1", "`4-1` is empty: it ends before it begins"),
            ("-4", "`-4` is not a range"),
            ("", "`` is not a range"),
            ("1,,2", "`1,,2` is not a range"),
            ("one", "`one` is not a range: `one` is not a whole number"),
            ("+1", "`+1` is not a range: `+1` is not a whole number"),
            ("0-3", "there is no number 0: the first is 1"),
            ("every 0", "`every 0` never comes"),
            ("every", "`every` is not a range"),
        ] {
            assert_eq!(ordinals(text).unwrap_err().message, message);
        }
        assert_eq!(durations("9-11m").unwrap_err().message, "`9` has no unit");
    }
}

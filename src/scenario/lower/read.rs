//! Reading values out of the tree: each function reports what is wrong and goes on.

use std::time::Duration;

use crate::scenario::expect::Expected;
use crate::scenario::language::{KeyDef, TableDef};
use crate::scenario::problem::{Problem, Source, Span, did_you_mean, nearest};
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::units::{self, Bad};

/// What lowering carries along: the problems found so far, and what every value may need.
pub(in crate::scenario) struct Cx<'a> {
    pub(in crate::scenario) problems: Vec<Problem>,
    pub(in crate::scenario) sources: &'a [Source],
    pub(in crate::scenario) scale: f64,
}

impl<'a> Cx<'a> {
    pub(super) fn problem(&mut self, span: Span, message: impl Into<String>) -> &mut Problem {
        let at = self.problems.len();
        self.problems.push(Problem::new(span, message));
        &mut self.problems[at]
    }

    pub(super) fn bad(&mut self, node: &Node, bad: Bad) {
        self.problem(node.span, bad.message).help(bad.help);
    }

    /// The value is of the wrong type.
    pub(super) fn wrong<T>(&mut self, node: &Node, what: &str, wanted: &str, help: Option<String>) -> Option<T> {
        self.problem(node.span, format!("{what} must be {wanted}, not {}", node.kind())).maybe_help(help);
        None
    }

    /// A duration or size of a step or an expectation, after the time scale.
    pub(super) fn scaled(&self, duration: Duration) -> Duration {
        if self.scale == 1.0 {
            return duration;
        }
        // Nanoseconds as a float are exact enough, and `as` stops at the ends of u64.
        Duration::from_nanos((duration.as_nanos() as f64 * self.scale).round() as u64)
    }

    pub(super) fn text(&mut self, entry: &Entry) -> Option<String> {
        self.text_node(&entry.node, &format!("`{}`", entry.key))
    }

    pub(super) fn text_node(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            Value::Integer(_) | Value::Float(_) | Value::Bool(_) => {
                self.wrong(node, what, "a string", Some(format!("write `\"{node}\"`")))
            }
            _ => self.wrong(node, what, "a string", None),
        }
    }

    /// Text on one line, with something in it.
    pub(super) fn line(&mut self, entry: &Entry) -> Option<String> {
        let text = self.text(entry)?;
        if text.trim().is_empty() {
            self.problem(entry.node.span, format!("`{}` is empty", entry.key)).help("write something, or leave the key out");
            return None;
        }
        if text.chars().any(char::is_control) {
            self.problem(entry.node.span, format!("`{}` must be one line without control characters", entry.key));
            return None;
        }
        Some(text)
    }

    /// A string or a list of strings, each on one line, with their places.
    pub(super) fn texts(&mut self, entry: &Entry) -> Vec<(String, Span)> {
        let mut out = Vec::new();
        for item in entry.node.items() {
            let what = format!("`{}`", entry.key);
            match &item.value {
                Value::Text(text) if text.trim().is_empty() || text.chars().any(char::is_control) => {
                    self.problem(item.span, format!("{what} must have something in it, on one line"));
                }
                Value::Text(text) => out.push((text.clone(), item.span)),
                _ => drop(self.wrong::<()>(item, &what, "a string or a list of strings", None)),
            }
        }
        out
    }

    pub(super) fn boolean(&mut self, entry: &Entry) -> Option<bool> {
        match entry.node.value {
            Value::Bool(yes) => Some(yes),
            _ => {
                let help = match entry.node.as_text() {
                    Some(text @ ("true" | "false")) => Some(format!("write `{text}` without quotes")),
                    _ => None,
                };
                self.wrong(&entry.node, &format!("`{}`", entry.key), "`true` or `false`", help)
            }
        }
    }

    /// A whole number between the two.
    pub(super) fn count(&mut self, entry: &Entry, min: i64, max: i64) -> Option<u64> {
        let what = format!("`{}`", entry.key);
        let Value::Integer(number) = entry.node.value else {
            let digits = entry.node.as_text().filter(|text| text.parse::<i64>().is_ok());
            return self.wrong(&entry.node, &what, "a whole number", digits.map(|text| format!("write `{text}` without quotes")));
        };
        if number < min || number > max {
            let bound = if number < min { format!("at least {min}") } else { format!("at most {max}") };
            self.problem(entry.node.span, format!("{what} must be {bound}"));
            return None;
        }
        u64::try_from(number).ok()
    }

    /// A duration as it is written, before the time scale.
    pub(super) fn plain_duration(&mut self, node: &Node, what: &str) -> Option<Duration> {
        match &node.value {
            Value::Text(text) => units::duration(text).map_err(|bad| self.bad(node, bad)).ok(),
            Value::Integer(_) | Value::Float(_) => {
                self.problem(node.span, format!("{what} needs a unit"))
                    .label("a bare number")
                    .help(format!("write `\"{node}s\"` for seconds; the units are `ms`, `s`, `m`, `h`, `d`"));
                None
            }
            _ => self.wrong(node, what, "a duration such as `\"2s\"`", None),
        }
    }

    pub(super) fn duration(&mut self, entry: &Entry) -> Option<Duration> {
        let duration = self.plain_duration(&entry.node, &format!("`{}`", entry.key))?;
        Some(self.scaled(duration))
    }

    /// A size with its unit.
    pub(super) fn size(&mut self, entry: &Entry) -> Option<u64> {
        let what = format!("`{}`", entry.key);
        match &entry.node.value {
            Value::Text(text) => units::size(text).map_err(|bad| self.bad(&entry.node, bad)).ok(),
            Value::Integer(number) => {
                self.problem(entry.node.span, format!("{what} needs a unit"))
                    .label("a bare number")
                    .help(format!("write `\"{number} B\"` for bytes; the units are `B`, `KiB`, `MiB`, `GiB`, `kB`, `MB`, `GB`"));
                None
            }
            _ => self.wrong(&entry.node, &what, "a size such as `\"64 KiB\"`", None),
        }
    }

    /// A number of octets, with or without a unit.
    pub(super) fn octets(&mut self, entry: &Entry, min: u64, max: u64) -> Option<u64> {
        let octets = match &entry.node.value {
            Value::Text(text) => Some(units::size(text).map_err(|bad| self.bad(&entry.node, bad)).ok()?),
            Value::Integer(number) => u64::try_from(*number).ok(),
            _ => return self.wrong(&entry.node, &format!("`{}`", entry.key), "a number of bytes", None),
        };
        if let Some(octets) = octets.filter(|octets| (min..=max).contains(octets)) {
            return Some(octets);
        }
        let bound = if octets > Some(max) { format!("at most {max}") } else { format!("at least {min}") };
        self.problem(entry.node.span, format!("`{}` must be {bound} bytes", entry.key));
        None
    }

    /// One of these words.
    pub(super) fn one_of(&mut self, node: &Node, what: &str, words: &[&'static str]) -> Option<&'static str> {
        let text = self.text_node(node, what)?;
        if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(&text)) {
            return Some(word);
        }
        let help = did_you_mean(&text, words.iter().copied()).unwrap_or_else(|| one_of_these(words));
        self.problem(node.span, format!("{what} cannot be `{text}`")).help(help);
        None
    }

    /// A range of counts or durations, or `{ min, max }`.
    pub(super) fn expected(&mut self, entry: &Entry, durations: bool) -> Option<Expected> {
        let node = &entry.node;
        let what = format!("`{}`", entry.key);
        let ranges = match &node.value {
            Value::Integer(number) if !durations => match u64::try_from(*number) {
                Ok(number) => vec![(number, Some(number))],
                Err(_) => return self.wrong(node, &what, "0 or more", None),
            },
            Value::Text(text) if durations => match units::durations(text) {
                Ok(ranges) if ranges.iter().any(|&(from, to)| to == Some(from)) => {
                    self.problem(node.span, format!("{what} would have to be exactly `{text}`, to the nanosecond")).help(
                        format!("write `{{ max = \"{text}\" }}` or `{{ min = \"{text}\" }}`, or a range such as `\"9m-11m\"`"),
                    );
                    return None;
                }
                Ok(ranges) => ranges,
                Err(bad) => return drop_bad(self, node, bad),
            },
            Value::Text(text) => match units::counts(text) {
                Ok(ranges) => ranges,
                Err(bad) => return drop_bad(self, node, bad),
            },
            Value::Table(_) => self.min_max(node, &what, durations)?,
            Value::Integer(_) | Value::Float(_) if durations => {
                self.plain_duration(node, &what);
                return None;
            }
            _ => {
                let wanted = if durations { "a range of durations" } else { "a whole number or a range" };
                return self.wrong(node, &what, wanted, Some("write `{ min = ..., max = ... }`, or a range in quotes".into()));
            }
        };
        let scale = |value: u64| match durations {
            true => u64::try_from(self.scaled(Duration::from_nanos(value)).as_nanos()).unwrap_or(u64::MAX),
            false => value,
        };
        let ranges = ranges.into_iter().map(|(from, to)| (scale(from), to.map(scale))).collect();
        Some(Expected { text: node.to_string(), ranges })
    }

    fn min_max(&mut self, node: &Node, what: &str, durations: bool) -> Option<Vec<(u64, Option<u64>)>> {
        static MIN_MAX: TableDef = TableDef {
            needed: &[],
            name: "a range",
            about: "",
            keys: &[
                KeyDef { name: "min", about: "", shape: crate::scenario::language::Shape::Text },
                KeyDef { name: "max", about: "", shape: crate::scenario::language::Shape::Text },
            ],
        };
        let mut reader = Reader::open(self, node, &MIN_MAX)?;
        let (min, max) = (reader.get("min"), reader.get("max"));
        reader.finish();
        let mut value = |entry: &Entry| match durations {
            true => self.plain_duration(&entry.node, &format!("`{}`", entry.key)).map(|value| value.as_nanos() as u64),
            false => self.count(entry, 0, i64::MAX),
        };
        let low = min.map_or(Some(0), &mut value);
        let high = match max {
            Some(entry) => value(entry).map(Some),
            None => Some(None),
        };
        if matches!(&node.value, Value::Table(entries) if entries.is_empty()) {
            self.problem(node.span, format!("{what} needs `min`, `max` or both"));
            return None;
        }
        match (low?, high?) {
            (low, Some(high)) if low > high => {
                self.problem(node.span, format!("{what} is empty: `min` is above `max`"));
                None
            }
            pair => Some(vec![pair]),
        }
    }
}

fn drop_bad<T>(cx: &mut Cx<'_>, node: &Node, bad: Bad) -> Option<T> {
    cx.bad(node, bad);
    None
}

/// `one of ...`, for help.
pub(super) fn one_of_these(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    format!("it can be {}", words.join(", "))
}

/// A table being read: its unknown keys have been reported, and in tests every known key must be asked for.
pub(super) struct Reader<'n> {
    table: &'static TableDef,
    entries: &'n [Entry],
    span: Span,
    asked: Vec<&'static str>,
}

impl<'n> Reader<'n> {
    pub(super) fn open(cx: &mut Cx<'_>, node: &'n Node, table: &'static TableDef) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            return cx.wrong(node, table.name, "a table", None);
        };
        for entry in entries {
            if !table.keys.iter().any(|key| key.name == entry.key) {
                unknown_key(cx, entry, table);
            }
        }
        Some(Reader { table, entries, span: node.span, asked: Vec::new() })
    }

    /// The value of a key, if it is there.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'n Entry> {
        debug_assert!(self.table.keys.iter().any(|known| known.name == key), "{} does not list `{key}`", self.table.name);
        self.asked.push(key);
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key that must be there.
    pub(super) fn need(&mut self, cx: &mut Cx<'_>, key: &'static str, help: &str) -> Option<&'n Entry> {
        debug_assert!(self.table.needed.contains(&key), "{} does not need `{key}`", self.table.name);
        let entry = self.get(key);
        if entry.is_none() {
            cx.problem(self.span, format!("{} needs `{key}`", self.table.name)).missing().help(help);
        }
        entry
    }

    /// In tests: the reader and the table of the language have the same keys.
    pub(super) fn finish(self) {
        debug_assert!(
            self.table.keys.iter().all(|key| self.asked.contains(&key.name)),
            "{} lists keys that are not read: {:?}",
            self.table.name,
            self.asked
        );
    }
}

fn unknown_key(cx: &mut Cx<'_>, entry: &Entry, table: &'static TableDef) {
    let names = || table.keys.iter().map(|key| key.name);
    let mut help = did_you_mean(&entry.key, names());
    if help.is_none() {
        help = belongs_elsewhere(&entry.key, table);
    }
    let help = help.unwrap_or_else(|| one_of_these(&names().collect::<Vec<_>>()));
    cx.problem(entry.key_span, format!("{} has no key `{}`", table.name, entry.key)).label("unknown key").help(help);
}

/// The table that this key would be right in.
fn belongs_elsewhere(key: &str, table: &TableDef) -> Option<String> {
    use crate::scenario::language::{EXPECT, FAULT, IMAP, MAIL, MAILBOX, SMTP, WHERE, step_named};
    if std::ptr::eq(table, &FAULT) && step_named(key).is_some() {
        return Some(format!("steps stand in `do`: `do = {{ {key} = ... }}`"));
    }
    let tables = [&FAULT, &WHERE, &EXPECT, &SMTP, &MAIL, &IMAP, &MAILBOX];
    let other =
        tables.into_iter().find(|other| !std::ptr::eq(*other, table) && other.keys.iter().any(|known| known.name == key))?;
    Some(format!("`{key}` belongs in {}", other.name))
}

/// Keys of a table whose names the scenario makes up.
pub(super) fn free_entries<'n>(cx: &mut Cx<'_>, entry: &'n Entry) -> &'n [Entry] {
    match &entry.node.value {
        Value::Table(entries) => entries,
        _ => {
            cx.wrong::<()>(&entry.node, &format!("`{}`", entry.key), "a table", None);
            &[]
        }
    }
}

/// The nearest of these names, as help.
pub(super) fn nearest_name<'n>(text: &str, names: impl IntoIterator<Item = &'n str> + Clone) -> Option<String> {
    if let Some(name) = nearest(text, names.clone()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let all: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    (!all.is_empty() && all.len() <= 20).then(|| format!("there is {}", all.join(", ")))
}

//! The tree of a scenario file: values with their places, whatever notation they were written in.
//!
//! Everything behind this file is the same for TOML and for JSON.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::problem::{Problem, Span};

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    /// A date, which nothing in a scenario is, or a number that no type holds.
    Other(&'static str),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) node: Node,
}

impl Node {
    /// What it is, with its article.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a string",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::Other(kind) => kind,
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key, if this is a table that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Table(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The items of a list; anything else is its own only item.
    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// Equal values, wherever they stand.
    pub(super) fn same(&self, other: &Node) -> bool {
        self.to_string() == other.to_string()
    }

    /// As a scenario file would have it, on one line; long strings are cut to about `most` characters.
    pub(super) fn write(&self, out: &mut String, most: usize) {
        match &self.value {
            Value::Text(text) => write_text(out, text, most),
            Value::Integer(number) => drop(write!(out, "{number}")),
            Value::Float(number) => drop(write!(out, "{number:?}")),
            Value::Bool(yes) => drop(write!(out, "{yes}")),
            Value::Other(kind) => out.push_str(kind),
            Value::List(items) => {
                out.push('[');
                for (n, item) in items.iter().enumerate() {
                    out.push_str(if n > 0 { ", " } else { "" });
                    item.write(out, most);
                }
                out.push(']');
            }
            Value::Table(entries) if entries.is_empty() => out.push_str("{}"),
            Value::Table(entries) => {
                for (n, entry) in entries.iter().enumerate() {
                    out.push_str(if n > 0 { ", " } else { "{ " });
                    out.push_str(&entry.key);
                    out.push_str(" = ");
                    entry.node.write(out, most);
                }
                out.push_str(" }");
            }
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(&mut out, usize::MAX);
        f.write_str(&out)
    }
}

/// A TOML string: a literal one where backslashes would be doubled otherwise.
fn write_text(out: &mut String, text: &str, most: usize) {
    let short = text.char_indices().nth(most).map(|(at, _)| &text[..at]);
    let shown = short.unwrap_or(text);
    if shown.contains('\\') && !shown.contains(|c: char| c == '\'' || c.is_control()) {
        out.push('\'');
        out.push_str(shown);
        out.push_str(if short.is_some() { "..." } else { "" });
        out.push('\'');
        return;
    }
    out.push('"');
    for c in shown.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push_str(if short.is_some() { "..." } else { "" });
    out.push('"');
}

/// What a TOML text is.
pub(super) struct Parsed {
    /// As far as its syntax goes: without the tables in which it breaks.
    pub(super) root: Node,
    /// Every breach of the syntax that is surely one.
    pub(super) problems: Vec<Problem>,
    /// Something was left out of the tree.
    pub(super) broken: bool,
}

/// The tree of a TOML text.
///
/// One slip (a bracket that is not closed) makes the parser complain of all that follows. So a broken text is taken apart at its headers, the first
/// complaint about each part is believed, and the other parts are read without the broken ones.
pub(super) fn parse_toml(file: usize, text: &str) -> Parsed {
    let (root, errors) = DeTable::parse_recoverable(text);
    let problem = |error: &Error| syntax(file, text, error.message(), error.span().unwrap_or_default());
    let broken = !errors.iter().all(is_slip);
    let (value, problems) = if broken {
        without_broken_parts(file, text, &errors)
    } else {
        (table(file, root.get_ref()), errors.iter().map(problem).collect())
    };
    Parsed { root: Node { span: Span::new(file, 0..0), value }, problems, broken }
}

/// A mistake after which the parser is still sure of the rest.
fn is_slip(error: &Error) -> bool {
    error.message().contains("duplicate key")
}

fn without_broken_parts(file: usize, text: &str, errors: &[Error]) -> (Value, Vec<Problem>) {
    let mut healthy = text.to_owned();
    let mut problems = Vec::new();
    for part in parts(text) {
        let (_, own) = DeTable::parse_recoverable(&text[part.clone()]);
        let Some(first) = own.iter().find(|error| !is_slip(error)) else { continue };
        healthy.replace_range(part.clone(), &" ".repeat(part.len()));
        let at = first.span().map(|span| span.start + part.start..span.end + part.start);
        // What only breaks when it is read apart was no part: a line in a long string, say.
        if errors.iter().any(|error| error.span() == at) {
            problems.push(syntax(file, text, first.message(), at.unwrap_or_default()));
        }
    }
    if let Some(first) = errors.first() {
        let problem = syntax(file, text, first.message(), first.span().unwrap_or_default());
        if !problems.iter().any(|known| known.span.start == problem.span.start) {
            problems.push(problem);
        }
    }
    let value = match DeTable::parse(&healthy) {
        Ok(root) => table(file, root.get_ref()),
        Err(_) => Value::Table(Vec::new()),
    };
    (value, problems)
}

fn syntax(file: usize, text: &str, message: &str, at: Range<usize>) -> Problem {
    let mut problem = Problem::new(Span::new(file, at.clone()), format!("not valid TOML: {message}"));
    if text.get(..at.start).is_some_and(|before| before.trim_end().ends_with('=')) {
        problem.help("text stands in double quotes, and lists in square brackets");
    }
    problem
}

/// The text from one header to the next; `[fault.where]` stays with the table that it belongs to.
fn parts(text: &str) -> Vec<Range<usize>> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let word = line.trim_start_matches('[').trim_end().trim_end_matches(']');
        if line.starts_with('[') && !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

fn table(file: usize, table: &DeTable<'_>) -> Value {
    let entry = |(key, value): (&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| Entry {
        key: key.get_ref().to_string(),
        key_span: Span::new(file, key.span()),
        node: node(file, value),
    };
    let mut entries: Vec<Entry> = table.iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.key_span);
    Value::Table(entries)
}

fn node(file: usize, spanned: &Spanned<DeValue<'_>>) -> Node {
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Other("a number that is too large"),
        },
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(yes) => Value::Bool(*yes),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(file, item)).collect()),
        DeValue::Table(inner) => table(file, inner),
    };
    Node { span: Span::new(file, spanned.span()), value }
}

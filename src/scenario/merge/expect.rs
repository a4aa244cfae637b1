//! Expectations of several files: a client must meet them all.

use crate::scenario::problem::Span;
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::units;

type Ranges = Vec<(u64, Option<u64>)>;

/// Those that are durations.
const DURATIONS: [&str; 4] = ["recovers", "gap", "gives_up", "quiet"];

/// One range that lies in both, for keys of `[expect]` and the tables in it; `None` where nothing does, or one of them is no range.
pub(super) fn both(table: &str, known: &Entry, own: &Entry) -> Option<Node> {
    if !table.starts_with("[expect") {
        return None;
    }
    let durations = DURATIONS.contains(&own.key.as_str());
    let (left, right) = (ranges(&known.node, durations)?, ranges(&own.node, durations)?);
    let mut common: Ranges = Vec::new();
    for &(from, to) in &left {
        for &(other_from, other_to) in &right {
            let from = from.max(other_from);
            let to = match (to, other_to) {
                (Some(to), Some(other)) => Some(to.min(other)),
                (to, other) => to.or(other),
            };
            if to.is_none_or(|to| from <= to) {
                common.push((from, to));
            }
        }
    }
    match common.as_slice() {
        [] => None,
        [only] => Some(table_of(*only, durations, own.node.span)),
        // Durations have hardly ever more than one range.
        _ if durations => None,
        _ => {
            let text = |&(from, to): &(u64, Option<u64>)| format!("{from}-{}", to.map_or_else(String::new, |to| to.to_string()));
            let texts: Vec<String> = common.iter().map(text).collect();
            Some(Node { span: own.node.span, value: Value::Text(texts.join(",")) })
        }
    }
}

/// `{ min = 1, max = 3 }`
fn table_of((from, to): (u64, Option<u64>), durations: bool, span: Span) -> Node {
    let value = |number: u64| match durations {
        true => Value::Text(format!("{}ms", number as f64 / 1e6)),
        false => Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)),
    };
    let entry = |key: &str, number| Entry { key: key.to_owned(), key_span: span, node: Node { span, value: value(number) } };
    let mut entries = vec![entry("min", from)];
    entries.extend(to.map(|to| entry("max", to)));
    Node { span, value: Value::Table(entries) }
}

fn ranges(node: &Node, durations: bool) -> Option<Ranges> {
    match &node.value {
        Value::Integer(number) if !durations => {
            let number = u64::try_from(*number).ok()?;
            Some(vec![(number, Some(number))])
        }
        Value::Text(text) if durations => units::durations(text).ok(),
        Value::Text(text) => units::counts(text).ok(),
        Value::Table(entries) if entries.iter().all(|entry| matches!(entry.key.as_str(), "min" | "max")) => {
            let bound = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| number(&entry.node, durations));
            let (min, max) = (bound("min"), bound("max"));
            // What has no number is for the reader to say.
            let min = min.map_or(Some(0), |min| min)?;
            let max = max.map_or(Some(None), |max| max.map(Some))?;
            Some(vec![(min, max)])
        }
        _ => None,
    }
}

fn number(node: &Node, durations: bool) -> Option<u64> {
    match &node.value {
        Value::Integer(number) if !durations => u64::try_from(*number).ok(),
        Value::Text(text) if durations => units::duration(text).ok().and_then(|time| u64::try_from(time.as_nanos()).ok()),
        _ => None,
    }
}

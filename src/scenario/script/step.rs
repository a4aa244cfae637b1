//! A step of a script as a value of `do`, so that both are read by the same code.

use super::Origin;
use crate::proto::script::{Line, Step};
use crate::scenario::problem::Span;
use crate::scenario::tree::{Entry, Node, Parsed, Value, parse_toml};

/// The step of this line as `do` would have it: `! reset` is `"reset"`, `! delay 200ms` is `{ delay = "200ms" }`, `! cut 11` is `{ cut = 11 }`; a value that is one in TOML is that, also
/// a whole step in braces.
pub(in crate::scenario) fn step_node(line: &Line, step: &Step, origin: &Origin) -> Node {
    let span = origin.span(&line.range);
    let name_span = origin.span(&step.name_range);
    let Some(text) = &step.value else { return Node { span: name_span, value: Value::Text(step.name.clone()) } };
    let value_span = origin.span(&step.value_range);
    let value = toml_value(text).unwrap_or_else(|| Value::Text(text.clone()));
    let node = placed(Node { span: value_span, value }, value_span);
    if step.name.is_empty() {
        return node;
    }
    let entry = Entry { key: step.name.clone(), key_span: name_span, node };
    Node { span, value: Value::Table(vec![entry]) }
}

fn toml_value(text: &str) -> Option<Value> {
    let looks = text.starts_with(['{', '[', '"', '\'', '-'])
        || text.starts_with(|c: char| c.is_ascii_digit())
        || text == "true"
        || text == "false";
    let Parsed { root, problems, broken } = parse_toml(0, &format!("value = {text}"));
    let fits = looks && !broken && problems.is_empty() && !text.contains('\n');
    root.get("value").filter(|_| fits).map(|entry| entry.node.value.clone()).filter(|value| !matches!(value, Value::Other(_)))
}

/// All of it stands there.
fn placed(node: Node, span: Span) -> Node {
    let value = match node.value {
        Value::List(items) => Value::List(items.into_iter().map(|item| placed(item, span)).collect()),
        Value::Table(entries) => Value::Table(
            entries.into_iter().map(|entry| Entry { key_span: span, node: placed(entry.node, span), key: entry.key }).collect(),
        ),
        other => other,
    };
    Node { span, value }
}

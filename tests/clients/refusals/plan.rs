//! What a client has to do to meet every refusal of a scenario, read off the scenario's file.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use toml::Table;

use crate::harness::built_in_text;

/// Where the file does not say enough: settings (`scale=`, `open=`) and verbs, each with its words (see `with_smtplib.py`), in place of what would be read off it.
pub const PLANS: &[(&str, &[&str])] = &[
    ("smtp/unknown-recipient", &["send to=nobody@mailfault.test", "send to=nobody@mailfault.test,test@mailfault.test"]),
    ("tls/smtp-ehlo-refused", &["send tls=starttls", "send tls=none"]),
    ("tls/starttls-not-offered", &["send tls=starttls"]),
];

/// How long `after` and every `delay` are made, in seconds.
const SHORT: f64 = 0.3;

/// What a client does with one scenario.
pub struct Plan {
    /// The time scale of the server.
    pub scale: f64,
    /// How many connections are open already when the client comes.
    pub open: u64,
    /// What the client does, one after the other.
    pub verbs: Vec<Value>,
    /// What it is to meet.
    pub refusals: Vec<Refusal>,
}

/// A fault of a scenario, and what it says where it refuses.
pub struct Refusal {
    /// The fault's name.
    pub fault: String,
    /// Each line of the reply without the code.
    pub words: Vec<String>,
}

/// The plan for a built-in scenario, if it has SMTP faults that refuse something with a reply.
pub fn plan(name: &str) -> Option<Plan> {
    let table = table(name);
    let faults: Vec<&Table> = faults(&table).into_iter().filter(|fault| is_smtp(fault)).collect();
    let refusals: Vec<Refusal> = faults.iter().flat_map(|fault| refusals(fault)).collect();
    if refusals.is_empty() {
        return None;
    }
    let refusing: Vec<&Table> = faults.iter().copied().filter(|fault| !self::refusals(fault).is_empty()).collect();
    let tls = if tls(&table) { "starttls" } else { "none" };
    let own = PLANS.iter().find(|row| row.0 == name).map(|row| row.1);
    let setting = |key: &str| own?.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('=')?.parse::<f64>().ok());
    let verbs: Vec<Value> = match own {
        Some(words) => words
            .iter()
            .filter(|words| !words.starts_with("scale=") && !words.starts_with("open="))
            .map(|words| verb(words, tls))
            .collect(),
        None => refusing_verbs(&refusing).iter().map(|words| verb(words, tls)).collect(),
    };
    let open = refusing.iter().map(|fault| largest(fault.get("concurrent")).saturating_sub(1)).max().unwrap_or(0);
    Some(Plan {
        scale: setting("scale").unwrap_or_else(|| refusing.iter().map(|fault| scale(fault)).fold(1.0, f64::min)),
        open: setting("open").map_or(open, |open| open as u64),
        verbs,
        refusals,
    })
}

/// As many messages as it takes to come behind the last connection that is counted, then one for each fault that wants a certain sender, recipient or user.
fn refusing_verbs(faults: &[&Table]) -> Vec<String> {
    let counted = faults.iter().map(|fault| largest(fault.get("connections")).max(largest(fault.get("nth")))).max().unwrap_or(0);
    let rests = faults.iter().any(|fault| ats(fault).iter().any(|at| *at == "silence" || *at == "age"));
    let wanting: Vec<String> = faults.iter().filter_map(|fault| wanted(fault)).collect();
    let plain = if wanting.len() == faults.len() { 0 } else { (counted + 1).max(2) };
    let mut verbs = vec![if rests { "keep".to_owned() } else { "send".to_owned() }; plain as usize];
    if rests {
        verbs.truncate(1);
    }
    verbs.extend(wanting.into_iter().collect::<BTreeSet<_>>());
    verbs
}

/// The verb that fits the fault's `where`, if that asks for something.
fn wanted(fault: &Table) -> Option<String> {
    let conditions = fault.get("where")?.as_table()?;
    let value = |key: &str| match conditions.get(key)? {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Array(list) => list.first()?.as_str().map(str::to_owned),
        _ => None,
    };
    let mut words = vec!["send".to_owned()];
    for (key, word) in [("recipient", "to"), ("sender", "from"), ("user", "user")] {
        words.extend(value(key).map(|glob| format!("{word}={}", filled(&glob, key != "user"))));
    }
    words.extend(value("mechanism").filter(|name| name == "XOAUTH2").map(|name| format!("mechanism={name}")));
    if conditions.get("tls").and_then(toml::Value::as_bool) == Some(false) && !ats(fault).contains(&"STARTTLS") {
        words.push("tls=none".to_owned());
        let logs_in = ats(fault).iter().any(|at| matches!(*at, "AUTH" | "credentials"));
        words.push(if logs_in { "login=force" } else { "login=no" }.to_owned());
    }
    (words.len() > 1).then(|| words.join(" "))
}

/// Something that fits the glob.
fn filled(glob: &str, address: bool) -> String {
    let text = match glob.strip_suffix('*') {
        Some(start) if address && !glob.contains('@') => format!("{start}@mailfault.test"),
        _ => glob.to_owned(),
    };
    text.trim_start_matches("*@").replace(['*', '?'], "x")
}

/// `send to=a,b tls=none` as the clients want it.
fn verb(words: &str, tls: &str) -> Value {
    let mut verb = Map::from_iter([("tls".to_owned(), json!(tls))]);
    for (number, word) in words.split(' ').enumerate() {
        let (key, value) = if number == 0 { ("does", word) } else { word.split_once('=').expect("KEY=VALUE") };
        let value = match key {
            "to" => json!(value.split(',').collect::<Vec<_>>()),
            "size" => json!(value.parse::<u64>().expect("a number of octets")),
            _ => json!(value),
        };
        verb.insert(key.to_owned(), value);
    }
    Value::Object(verb)
}

fn table(name: &str) -> Table {
    built_in_text(name).parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn faults(table: &Table) -> Vec<&Table> {
    table.get("fault").and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_table).collect()
}

/// Whether SMTP offers STARTTLS in this scenario, or in what it builds on.
fn tls(scenario: &Table) -> bool {
    let own = scenario.get("smtp").and_then(|smtp| smtp.get("tls")).and_then(toml::Value::as_str);
    own == Some("starttls") || texts(scenario.get("use")).iter().any(|name| tls(&table(name)))
}

fn is_smtp(fault: &Table) -> bool {
    let on = texts(fault.get("on"));
    on.is_empty() || on.iter().any(|on| !on.starts_with("imap"))
}

fn ats(fault: &Table) -> Vec<&str> {
    texts(fault.get("at"))
}

/// A text, or a list of them.
fn texts(value: Option<&toml::Value>) -> Vec<&str> {
    match value {
        Some(toml::Value::String(text)) => vec![text],
        Some(toml::Value::Array(list)) => list.iter().filter_map(toml::Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn steps(fault: &Table) -> Vec<&toml::Value> {
    match fault.get("do") {
        Some(toml::Value::Array(list)) => list.iter().collect(),
        Some(step) => vec![step],
        None => Vec::new(),
    }
}

/// What it says with a code of 4 or 5, in whatever step.
fn refusals(fault: &Table) -> Vec<Refusal> {
    let name = fault.get("name").and_then(toml::Value::as_str).unwrap_or_default();
    let said = steps(fault).into_iter().filter_map(|step| {
        let said = step.get("reply").or_else(|| step.get("send"))?;
        said.as_str().or_else(|| said.get("smtp")?.as_str())
    });
    said.filter(|said| is_refusal(said))
        .map(|said| {
            let words = said.lines().map(|line| line.get(4..).filter(|_| is_refusal(line)).unwrap_or(line));
            Refusal { fault: name.to_owned(), words: words.map(|line| line.trim().to_owned()).collect() }
        })
        .collect()
}

/// `550 ...` or `421-...`
fn is_refusal(line: &str) -> bool {
    let octets = line.as_bytes();
    matches!(octets.first(), Some(b'4' | b'5'))
        && octets.iter().take(3).all(u8::is_ascii_digit)
        && matches!(octets.get(3), Some(b' ' | b'-'))
}

/// The largest number of a range.
fn largest(range: Option<&toml::Value>) -> u64 {
    let text = range.map(ToString::to_string).unwrap_or_default();
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).max().unwrap_or(0)
}

/// What makes the longest wait short enough.
fn scale(fault: &Table) -> f64 {
    let delays = steps(fault).into_iter().filter_map(|step| step.get("delay"));
    let longest = delays.chain(fault.get("after")).filter_map(|wait| seconds(wait.as_str()?)).fold(0.0, f64::max);
    if longest > SHORT { SHORT / longest } else { 1.0 }
}

fn seconds(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic() || c == ' ');
    let unit = match text[digits.len()..].trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    digits.parse::<f64>().ok().map(|number| number * unit)
}

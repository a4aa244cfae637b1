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

/// Mechanisms that take a token for a password.
const TOKENS: [&str; 2] = ["XOAUTH2", "OAUTHBEARER"];

/// How long the longest `after` is made, in seconds: all that a client does without a rest takes less.
const AFTER: f64 = 2.0;
/// The same for `delay`.
const DELAY: f64 = 0.3;

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

/// The plan for a built-in scenario, if it has SMTP faults that refuse something with a reply, or accounts that are refused.
pub fn plan(name: &str) -> Option<Plan> {
    let table = table(name);
    let faults: Vec<&Table> = tables(&table, "fault").filter(|fault| is_smtp(fault)).collect();
    let refusing: Vec<&Table> = faults.iter().copied().filter(|fault| !refusals(fault).is_empty()).collect();
    let accounts = accounts(&table);
    if refusing.is_empty() && accounts.is_empty() {
        return None;
    }
    let own = PLANS.iter().find(|row| row.0 == name).map(|row| row.1.to_vec());
    let setting =
        |key: &str| own.as_ref()?.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('=')?.parse::<f64>().ok());
    let words = match &own {
        Some(words) => words
            .iter()
            .filter(|words| words.starts_with(['s', 'k']) && !words.contains("scale="))
            .map(|&words| words.to_owned())
            .collect(),
        None => [failed_logins(&faults), sends(&table, &refusing), accounts].concat(),
    };
    let open = refusing.iter().map(|fault| largest(fault.get("concurrent")).saturating_sub(1)).max().unwrap_or(0);
    Some(Plan {
        scale: setting("scale").unwrap_or_else(|| refusing.iter().map(|fault| scale(fault)).fold(1.0, f64::min)),
        open: setting("open").map_or(open, |open| open as u64),
        verbs: words.iter().map(|words| verb(words, &table)).collect(),
        refusals: refusing.iter().flat_map(|fault| refusals(fault)).collect(),
    })
}

/// As many wrong passwords as some fault counts.
fn failed_logins(faults: &[&Table]) -> Vec<String> {
    let counts = |fault: &&&Table| fault.get("where").and_then(|conditions| conditions.get("refused")).is_some();
    let counted = faults.iter().filter(counts).map(|fault| largest(fault.get("nth"))).max().unwrap_or(0);
    vec!["send password=wrong".to_owned(); counted as usize]
}

/// As many messages as it takes to come behind the last connection that is counted, one more than there are faults at least, and one for each fault that wants a certain sender, recipient or user.
fn sends(table: &Table, faults: &[&Table]) -> Vec<String> {
    if faults.is_empty() {
        return Vec::new();
    }
    if faults.iter().any(|fault| ats(fault).iter().any(|at| *at == "silence" || *at == "age")) {
        return vec!["keep".to_owned()];
    }
    let counted = faults.iter().map(|fault| largest(fault.get("connections")).max(largest(fault.get("nth")))).max().unwrap_or(0);
    let wanting: BTreeSet<String> = faults.iter().filter_map(|fault| wanted(table, fault)).collect();
    let others = faults.iter().filter(|fault| wanted(table, fault).is_none()).count() as u64;
    let plain = if others == 0 { 0 } else { counted.max(others) + 1 };
    vec!["send".to_owned(); plain as usize].into_iter().chain(wanting).collect()
}

/// As many messages as it takes to come behind the last login that is counted, from each user whose account is refused.
fn accounts(table: &Table) -> Vec<String> {
    let refused = |user: &&Table| user.get("becomes").is_some_and(|becomes| becomes.get("during").is_none());
    tables(table, "user")
        .filter(refused)
        .flat_map(|user| {
            let logins = largest(user.get("becomes").and_then(|becomes| becomes.get("logins")));
            vec![["send", &login(user)].join(" "); (logins + 1) as usize]
        })
        .collect()
}

fn login(user: &Table) -> String {
    let text = |key: &str| user.get(key).and_then(toml::Value::as_str).unwrap_or_default();
    format!("user={} password={}", text("name"), text("password"))
}

/// The verb that fits the fault's `where`, if that asks for something.
fn wanted(table: &Table, fault: &Table) -> Option<String> {
    let conditions = fault.get("where")?.as_table()?;
    let value = |key: &str| texts(conditions.get(key)).first().map(|&text| text.to_owned());
    let mut words = vec!["send".to_owned()];
    for (key, word) in [("recipient", "to"), ("sender", "from")] {
        words.extend(value(key).map(|glob| format!("{word}={}", filled(&glob))));
    }
    if let Some(glob) = value("user") {
        let start = glob.split('*').next().unwrap_or_default();
        let fits = |user: &&Table| user.get("name").and_then(toml::Value::as_str).is_some_and(|name| name.starts_with(start));
        words.push(tables(table, "user").find(fits).map_or_else(|| format!("user={}", filled(&glob)), login));
    }
    words.extend(value("mechanism").filter(|name| TOKENS.contains(&name.as_str())).map(|name| format!("mechanism={name}")));
    if conditions.get("tls").and_then(toml::Value::as_bool) == Some(false) && !ats(fault).contains(&"STARTTLS") {
        words.push("tls=none".to_owned());
        let logs_in = ats(fault).iter().any(|at| matches!(*at, "AUTH" | "credentials"));
        words.push(if logs_in { "login=force" } else { "login=no" }.to_owned());
    }
    (words.len() > 1).then(|| words.join(" "))
}

/// Something that fits the glob.
fn filled(glob: &str) -> String {
    let text = match glob.strip_suffix('*') {
        Some(start) if !glob.contains('@') => format!("{start}@mailfault.test"),
        _ => glob.to_owned(),
    };
    text.trim_start_matches("*@").replace(['*', '?'], "x")
}

/// `send to=a,b tls=none` as the clients want it; TLS and the mechanism are the scenario's unless they are given.
fn verb(words: &str, table: &Table) -> Value {
    let tls = if tls(table) { "starttls" } else { "none" };
    let mut verb = Map::from_iter([("tls".to_owned(), json!(tls))]);
    verb.extend(mechanism(table).map(|name| ("mechanism".to_owned(), json!(name))));
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

/// The one for tokens, where the first user can log in in no other way.
fn mechanism(table: &Table) -> Option<&str> {
    let mechanisms = texts(tables(table, "user").next()?.get("mechanisms"));
    let first = mechanisms.first().copied()?;
    mechanisms.iter().all(|name| TOKENS.contains(name)).then_some(first)
}

fn table(name: &str) -> Table {
    built_in_text(name).parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn tables<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a Table> {
    table.get(key).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_table)
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

/// What makes its waits short enough.
fn scale(fault: &Table) -> f64 {
    let wait = |value: &toml::Value| seconds(value.as_str()?);
    let delays = steps(fault).into_iter().filter_map(|step| wait(step.get("delay")?)).map(|long| DELAY / long);
    let after = fault.get("after").and_then(wait).map(|long| AFTER / long);
    delays.chain(after).fold(1.0, f64::min)
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

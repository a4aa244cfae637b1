//! What came, in words.

use std::time::{Duration, Instant};

use super::client::{Came, Client, End, Trouble};
use crate::fault::InUnits;
use crate::proto::script::write_octets;

/// How long is waited for what comes behind the wrong thing.
const BEHIND: Duration = Duration::from_millis(300);
/// Octets of a line that a message shows.
const SHOWN: usize = 200;

/// What there is instead.
pub fn described(client: &mut Client) -> String {
    // Whoever reads this wants to know what came behind it, too.
    let until = Instant::now() + BEHIND;
    while client.wait(until).is_ok_and(|came| came == Came::Octets) {}
    let held = client.held();
    if !held.is_empty() {
        let octets = if held.len() == 1 { "octet" } else { "octets" };
        return format!("{} {octets}: `{}`{}", held.len(), shown(held), ended(client));
    }
    match (&client.trouble, &client.end) {
        (Some(trouble), _) => described_trouble(trouble),
        (None, None) => "nothing".into(),
        (None, Some(_)) => format!("{} after {} octets", ended(client).trim_start_matches(", then "), client.heard),
    }
}

/// How the server has ended its side; nothing where it has not.
fn ended(client: &Client) -> String {
    match &client.end {
        None => String::new(),
        Some((End::Reset, _)) => ", then RST".into(),
        Some((End::Fin { notified: true }, _)) => ", then FIN".into(),
        Some((End::Fin { notified: false }, _)) => ", then FIN without close_notify".into(),
        Some((End::Error(why), _)) => format!(", then an error ({why})"),
    }
}

/// How TLS came to nothing.
pub fn described_trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Alert(name) => format!("the alert {name}"),
        Trouble::Error(why) => format!("TLS failed: {why}"),
    }
}

/// As much of a line as a table has room for.
pub fn first_words(line: &[u8]) -> String {
    let words: String = written(line).chars().take(60).collect();
    if words.len() < line.len() { format!("`{words}`...") } else { format!("`{words}`") }
}

/// To the millisecond: a scaled time has many digits.
pub fn rounded(time: Duration) -> InUnits {
    InUnits(Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
}

/// Octets in the notation of scripts.
pub fn written(octets: &[u8]) -> String {
    let mut text = Vec::new();
    write_octets(&mut text, octets);
    String::from_utf8_lossy(&text).into_owned()
}

/// The same, cut where they are many.
pub fn shown(octets: &[u8]) -> String {
    let mut text = written(octets.get(..SHOWN).unwrap_or(octets));
    if octets.len() > SHOWN {
        text.push_str(&format!("... ({} octets)", octets.len()));
    }
    text
}

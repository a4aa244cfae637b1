//! A fault as it stands in memory: which moments it wants, under which conditions, and its program.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Program;
use crate::proto::{Ats, Key, Protocol};

/// Which listeners a fault is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// Every listener; each protocol is counted on its own.
    Any,
    /// Every listener of a protocol, counted together.
    Protocol(Protocol),
    /// Those with implicit TLS only, counted together.
    Implicit(Protocol),
    /// The `[[listen]]` of this name.
    Listener(Arc<str>),
}

/// Numbers that a scenario picks: `3`, `"1-4"`, `"5-"`, `"1,3"`, `"every 3"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ranges {
    /// Any of these, both ends included; `None` is no upper end.
    List(Vec<(u64, Option<u64>)>),
    /// The n-th, 2n-th, ...; n is not 0.
    Every(u64),
}

impl Ranges {
    /// Whether the number is picked.
    pub fn contains(&self, n: u64) -> bool {
        match self {
            Ranges::List(ranges) => ranges.iter().any(|&(from, to)| n >= from && to.is_none_or(|to| n <= to)),
            Ranges::Every(every) => n > 0 && n.is_multiple_of(*every),
        }
    }
}

impl fmt::Display for Ranges {
    /// As a scenario file has it, without quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges = match self {
            Ranges::Every(every) => return write!(f, "every {every}"),
            Ranges::List(ranges) => ranges,
        };
        for (n, (from, to)) in ranges.iter().enumerate() {
            f.write_str(if n > 0 { "," } else { "" })?;
            match to {
                Some(to) if to == from => write!(f, "{from}")?,
                Some(to) => write!(f, "{from}-{to}")?,
                None => write!(f, "{from}-")?,
            }
        }
        Ok(())
    }
}

/// A stretch of time: from the first up to, not including, the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Start.
    pub from: Duration,
    /// End; `None` for ever.
    pub to: Option<Duration>,
}

impl Window {
    /// Whether this age lies in the window.
    pub fn contains(self, age: Duration) -> bool {
        age >= self.from && self.to.is_none_or(|to| age < to)
    }
}

impl fmt::Display for Window {
    /// As a scenario file has it, without quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", InUnits(self.from))?;
        self.to.map_or(Ok(()), |to| write!(f, "{}", InUnits(to)))
    }
}

/// A duration in the largest unit of scenario files that leaves no fraction: `90s`, `2m`, `0s`; below a millisecond, parts of it: `0.25ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InUnits(pub Duration);

impl fmt::Display for InUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u128, &str); 5] =
            [(86_400_000_000_000, "d"), (3_600_000_000_000, "h"), (60_000_000_000, "m"), (1_000_000_000, "s"), (1_000_000, "ms")];
        let ns = self.0.as_nanos();
        match UNITS.into_iter().find(|(unit, _)| ns.is_multiple_of(*unit)) {
            _ if ns == 0 => f.write_str("0s"),
            Some((unit, name)) => write!(f, "{}{name}", ns / unit),
            None => write!(f, "{}ms", ns as f64 / 1e6),
        }
    }
}

/// A pattern in which only `*` and `?` are special, without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(Box<str>);

impl Glob {
    /// From its text.
    pub fn new(pattern: &str) -> Self {
        Glob(pattern.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole text fits, in time linear in pattern times text at worst.
    pub fn matches(&self, text: &str) -> bool {
        // Nearly every pattern and value is ASCII: then nothing is copied.
        if self.0.is_ascii() && text.is_ascii() {
            return fits(self.0.as_bytes(), text.as_bytes(), &b'*', &b'?', u8::eq_ignore_ascii_case);
        }
        let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
        fits(&lower(&self.0), &lower(text), &'*', &'?', char::eq)
    }
}

/// Whether the whole text fits the pattern, `star` standing for any run of letters and `mark` for any one.
fn fits<T: PartialEq>(pattern: &[T], text: &[T], star: &T, mark: &T, same: impl Fn(&T, &T) -> bool) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go back to: one after the last star, and the place in the text that it may swallow next.
    let mut back: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some(wanted) if wanted == star => {
                back = Some((p + 1, t));
                p += 1;
            }
            Some(wanted) if wanted == mark || same(wanted, letter) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((after, swallowed)) = back else { return false };
                p = after;
                t = swallowed + 1;
                back = Some((after, t));
            }
        }
    }
    pattern.iter().skip(p).all(|wanted| wanted == star)
}

/// One line of `where`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Where {
    /// What is asked.
    pub key: Key,
    /// The test of each of its values.
    pub test: Test,
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Any of its values fits any of these.
    Globs(Box<[Glob]>),
    /// `tls = true` or `false`.
    Bool(bool),
}

/// What `per` counts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One count for all (of the fault's protocol).
    Server,
    /// Each connection.
    Connection,
    /// Each client address, without its port.
    Peer,
    /// Each value of a session's key: user, sender, recipient, message.
    Key(Key),
}

/// All conditions of a fault, checked in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    /// All must hold.
    pub wheres: Vec<Where>,
    /// The connection's ordinal.
    pub connections: Option<Ranges>,
    /// Since the scenario was loaded, or since the scope's first match.
    pub during: Option<Window>,
    /// The fault from whose last firing, for the scope's value, `during` counts.
    pub since: Option<Arc<str>>,
    /// The ordinal among the moments that matched so far.
    pub nth: Option<Ranges>,
    /// `nth` counts in a window that slides: this long.
    pub within: Option<Duration>,
    /// Connections open now.
    pub concurrent: Option<Ranges>,
    /// 0 to 1.
    pub chance: Option<f64>,
    /// At most so many firings.
    pub times: Option<u64>,
    /// What `nth`, `concurrent`, `times` and `during` count by; empty is the server.
    pub per: Vec<Scope>,
}

/// A `[[fault]]`.
#[derive(Clone, Debug)]
pub struct Fault {
    /// As given, or `fault-1`, `fault-2` by its place in the file. Unique in a scenario.
    pub name: Arc<str>,
    /// Which listeners.
    pub on: On,
    /// At any of these moments.
    pub at: Ats,
    /// For `content`: after how many octets (0 where not given). For `dialogue`: the number of what is said. See [`crate::proto::Moment::offset`].
    pub offset: u64,
    /// For `silence` and `age`.
    pub after: Option<Duration>,
    /// Likewise: from then on again and again, this far apart. Not 0.
    pub every: Option<Duration>,
    /// When.
    pub conditions: Conditions,
    /// It need not fire for a verdict to pass.
    pub optional: bool,
    /// What it does.
    pub program: Arc<Program>,
}

impl Fault {
    /// The protocols that it can come up in, by `on` and by its moments. Listeners by name are for the caller to resolve: `None` for those.
    pub fn protocols(&self) -> Option<Vec<Protocol>> {
        let fits = |protocol: &Protocol| !self.at.of(*protocol).is_empty();
        match &self.on {
            On::Any => Some(Protocol::ALL.into_iter().filter(fits).collect()),
            On::Protocol(protocol) | On::Implicit(protocol) => Some(vec![*protocol]),
            On::Listener(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_know_stars_and_marks_and_no_case() {
        for (pattern, text, fits) in [
            ("*@a.test", "Bob@A.test", true),
            ("bob?", "bob", false),
            ("b*b*", "bobby", true),
            ("*x*", "abc", false),
            ("", "", true),
            ("**", "anything", true),
            ("[a]", "a", false),
            ("a*a*a*a*b", &"a".repeat(2000), false),
            ("*ÄRGER?", "großer ärgerß", true),
            ("ß*", "s", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn ranges_include_both_ends() {
        let ranges = Ranges::List(vec![(1, Some(2)), (5, None)]);
        let picked: Vec<u64> = (0..8).filter(|&n| ranges.contains(n)).collect();
        assert_eq!(picked, [1, 2, 5, 6, 7]);
        let picked: Vec<u64> = (0..8).filter(|&n| Ranges::Every(3).contains(n)).collect();
        assert_eq!(picked, [3, 6]);
    }

    #[test]
    fn conditions_print_as_a_scenario_file_has_them() {
        let list = |ranges: &[(u64, Option<u64>)]| Ranges::List(ranges.to_vec()).to_string();
        assert_eq!(list(&[(3, Some(3))]), "3");
        assert_eq!(list(&[(1, Some(4)), (9, None)]), "1-4,9-");
        assert_eq!(Ranges::Every(3).to_string(), "every 3");
        let window =
            |from, to: Option<u64>| Window { from: Duration::from_millis(from), to: to.map(Duration::from_millis) }.to_string();
        assert_eq!(window(0, Some(90_000)), "0s-90s");
        assert_eq!(window(1500, Some(7_200_000)), "1500ms-2h");
        assert_eq!(window(120_000, None), "2m-");
        assert_eq!(InUnits(Duration::from_micros(250)).to_string(), "0.25ms");
    }
}

//! From figures to checks.

use std::collections::BTreeMap;
use std::time::Duration;

use super::evidence::{Count, Line, MOST_LINES};
use super::line::{clock, duration};
use super::report::{Check, CommandFate, Notice, Outcome, Report, Scope};
use super::{Tally, Verdict, index};
use crate::journal::event::Start;
use crate::proto::Protocol;
use crate::scenario::{Expect, Expected, Gaps};

/// The report as things stand.
pub(super) fn report(verdict: &Verdict) -> Report {
    let notices = notices(verdict);
    let mut checks = Vec::new();
    if let Some(start) = &verdict.start {
        for (scope, expect) in
            [(Scope::All, &start.expect.all), (Scope::Smtp, &start.expect.smtp), (Scope::Imap, &start.expect.imap)]
        {
            Judge { verdict, scope, expect, checks: &mut checks }.all();
        }
        checks.extend(client_exit(verdict, start));
    }
    let tested = verdict.faults.iter().all(|fault| fault.satisfied());
    let whole = notices.iter().all(|notice| !notice.inconclusive) && checks.iter().all(|check| !check.uncertain);
    let outcome = match (checks.iter().any(Check::failed), tested && whole) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Passed,
        (false, false) => Outcome::Inconclusive,
    };
    let mut faults = verdict.faults.clone();
    for fault in &mut faults {
        // A fault without `on` stands for each protocol on its own; one that fired in one of them has fired.
        if fault.fired > 0 || fault.unseen {
            fault.nearest.clear();
        }
    }
    let start = verdict.start.as_deref();
    Report {
        scenario: start.map(|start| start.scenario.clone()).unwrap_or_default(),
        title: start.map(|start| start.title.clone()).unwrap_or_default(),
        seed: start.map_or(0, |start| start.seed),
        time_scale: start.map_or(1.0, |start| start.time_scale),
        outcome,
        checks,
        faults,
        command: start.filter(|start| start.has_command).map(|_| verdict.command.unwrap_or(CommandFate::Unknown)),
        notices,
    }
}

fn notices(verdict: &Verdict) -> Vec<Notice> {
    let (events, octets) = (verdict.dropped_events, verdict.dropped_octets);
    let dropped = match (events, octets) {
        (_, 0) => format!("The journal was full: {events} events were dropped, so the figures may be too low."),
        (0, _) => format!("The journal was full: {octets} octets of what was said were dropped."),
        _ => format!("The journal was full: {events} events and {octets} octets were dropped, so the figures may be too low."),
    };
    let whole = "The journal does not begin with the start of a server: there is nothing to judge by.";
    let stopped = "The journal ends before the server stopped: what came later is not judged.";
    let all: [(bool, bool, &str); 6] = [
        (verdict.start.is_none(), true, whole),
        (events > 0 || octets > 0, events > 0, &dropped),
        (verdict.start.is_some() && !verdict.stopped, true, stopped),
        (verdict.messages.forgot, false, "There were too many messages to know all of them again."),
        (verdict.mailboxes.forgot, false, "There were too many messages in mailboxes to follow all of them."),
        (verdict.lost_gaps, false, "There were too many connections to keep the time between all of them."),
    ];
    let holding = all.into_iter().filter(|(holds, ..)| *holds);
    holding.map(|(_, inconclusive, text)| Notice { text: text.to_owned(), inconclusive }).collect()
}

/// Judges one `[expect]` table.
struct Judge<'a> {
    verdict: &'a Verdict,
    scope: Scope,
    expect: &'a Expect,
    checks: &'a mut Vec<Check>,
}

impl Judge<'_> {
    fn all(&mut self) {
        let (verdict, expect) = (self.verdict, self.expect);
        let connections = Count::merged(&self.tallies().map(|tally| &tally.connections).collect::<Vec<_>>());
        self.count("connections", &expect.connections, &connections);
        self.quote_ends_if_too_few(&expect.connections, connections.n);
        self.count("messages", &expect.messages, &verdict.messages.stored);
        self.quote_ends_if_too_few(&expect.messages, verdict.messages.stored.n);
        self.duplicates();
        self.lost();
        self.attempts();
        self.recovers();
        self.gap();
        self.gaps();
        self.backoff();
        self.gives_up();
        self.quiet();
        if expect.unread.is_some() {
            self.figure("unread", &expect.unread, &verdict.mailboxes.unread());
        }
        if expect.seen_without_body.is_some() {
            self.figure("seen_without_body", &expect.seen_without_body, &verdict.mailboxes.seen_without_body());
        }
        self.tallied("secrets_in_clear", &expect.secrets_in_clear, |tally| &tally.secrets);
        self.tallied("after_goodbye", &expect.after_goodbye, |tally| &tally.after_goodbye);
        self.abandoned();
        self.tallied("unclean_ends", &expect.unclean_ends, |tally| &tally.unclean_ends);
        self.tallied("left_dialogue", &expect.left_dialogue, |tally| &tally.left_dialogue);
        self.oddities();
    }

    /// A figure that more events can only make higher.
    fn count(&mut self, key: &'static str, expected: &Option<Expected>, count: &Count) {
        let Some(expected) = expected else { return };
        let too_many = expected.ranges.iter().all(|&(_, to)| to.is_some_and(|to| count.n > to));
        let uncertain = self.dropped(key) && !too_many;
        self.push(key, &expected.text, count.n.to_string(), expected.allows(count.n), uncertain, count.evidence());
    }

    /// A figure that more events may make higher or lower.
    fn figure(&mut self, key: &'static str, expected: &Option<Expected>, count: &Count) {
        let Some(expected) = expected else { return };
        let uncertain = self.dropped(key);
        self.push(key, &expected.text, count.n.to_string(), expected.allows(count.n), uncertain, count.evidence());
    }

    fn tallied(&mut self, key: &'static str, expected: &Option<Expected>, of: impl Fn(&Tally) -> &Count) {
        let count = Count::merged(&self.tallies().map(of).collect::<Vec<_>>());
        self.count(key, expected, &count);
    }

    /// What did not happen has no line: how the connections ended says more.
    fn quote_ends_if_too_few(&mut self, expected: &Option<Expected>, n: u64) {
        if expected.as_ref().is_none_or(|expected| expected.ranges.iter().any(|&(from, _)| n >= from)) {
            return;
        }
        let ends = Count::merged(&self.tallies().map(|tally| &tally.ends).collect::<Vec<_>>());
        if let Some(check) = self.checks.last_mut() {
            check.evidence.extend(ends.evidence());
            check.evidence.truncate(MOST_LINES + 1);
        }
    }

    /// Sent again, and handled again.
    fn duplicates(&mut self) {
        let both = [(Protocol::Smtp, &self.verdict.messages.duplicates), (Protocol::Imap, &self.verdict.mailboxes.duplicates)];
        let counts: Vec<&Count> =
            both.into_iter().filter(|(protocol, _)| self.scope.holds(*protocol)).map(|both| both.1).collect();
        self.count("duplicates", &self.expect.duplicates, &Count::merged(&counts));
    }

    fn lost(&mut self) {
        if self.expect.lost.is_some() {
            self.figure("lost", &self.expect.lost, &self.verdict.messages.lost());
        }
    }

    fn attempts(&mut self) {
        let Some(expected) = &self.expect.attempts else { return };
        let begun = Count::merged(&self.tallies().map(|tally| &tally.begun).collect::<Vec<_>>());
        let messages = self.verdict.messages.distinct.max(1);
        let found = if begun.n.is_multiple_of(messages) {
            format!("{}", begun.n / messages)
        } else {
            format!("{:.1} ({} transactions for {messages} messages)", begun.n as f64 / messages as f64, begun.n)
        };
        let held = expected.allows(begun.n / messages) && expected.allows(begun.n.div_ceil(messages));
        self.push("attempts", &expected.text, found, held, self.dropped("attempts"), begun.evidence());
    }

    fn recovers(&mut self) {
        let Some(expected) = &self.expect.recovers else { return };
        let faulted: Vec<(&Line, Option<&Line>)> =
            self.tallies().filter_map(|tally| Some((tally.first_fault.as_ref()?, tally.recovered.as_ref()))).collect();
        let evidence = faulted.iter().flat_map(|(fault, success)| {
            let success = success.map_or("no success after it".to_owned(), |line| line.1.clone());
            [fault.1.clone(), success]
        });
        let evidence = evidence.collect();
        let times: Option<Vec<u64>> =
            faulted.iter().map(|(fault, success)| success.map(|line| line.0.saturating_sub(fault.0))).collect();
        let (found, held) = match times.as_deref() {
            // Whether a fault had to come is not for this check to say.
            Some([]) => ("no fault to recover from".to_owned(), true),
            Some(times) => {
                let longest = times.iter().copied().max().unwrap_or(0);
                (self.shown(longest), expected.allows(longest))
            }
            None => ("never".to_owned(), false),
        };
        self.push("recovers", &expected.text, found, held, self.dropped("recovers"), evidence);
    }

    fn gap(&mut self) {
        let Some(expected) = &self.expect.gap else { return };
        let gaps = self.gap_list();
        let wrong: Vec<&super::Gap> = gaps.iter().copied().filter(|gap| !expected.allows(gap.length)).collect();
        let found = self.lengths(&gaps);
        let held = !gaps.is_empty() && wrong.is_empty();
        let quoted = if wrong.is_empty() { &gaps } else { &wrong };
        self.push("gap", &expected.text, found, held, self.dropped("gap"), self.quote(quoted));
    }

    fn gaps(&mut self) {
        let Some(Gaps { text, are, within }) = &self.expect.gaps else { return };
        let gaps = self.gap_list();
        let near = |(&wanted, gap): (&u64, &&super::Gap)| {
            let allowed = (wanted as f64 * within).ceil();
            (gap.length.abs_diff(wanted) as f64) <= allowed
        };
        let held = gaps.len() >= are.len() && are.iter().zip(&gaps).all(near);
        let found = self.lengths(&gaps);
        self.push("gaps", text, found, held, self.dropped("gaps"), self.quote(&gaps));
    }

    fn backoff(&mut self) {
        if !self.expect.backoff_growing {
            return;
        }
        let gaps = self.gap_list();
        let held = gaps.len() >= 2 && gaps.is_sorted_by_key(|gap| gap.length);
        let found = match gaps.len() {
            1 => format!("only one: {}", self.shown(gaps[0].length)),
            _ => self.lengths(&gaps),
        };
        self.push("backoff", "growing", found, held, self.dropped("backoff"), self.quote(&gaps));
    }

    fn gives_up(&mut self) {
        let Some(expected) = &self.expect.gives_up else { return };
        let count = Count::merged(&self.tallies().map(|tally| &tally.gives_up).collect::<Vec<_>>());
        let longest = self.tallies().filter_map(|tally| tally.longest_wait).max();
        let found = longest.map_or("the client never left during a wait".to_owned(), |longest| self.shown(longest));
        let held = longest.is_some_and(|longest| expected.allows(longest));
        self.push("gives_up", &expected.text, found, held, self.dropped("gives_up"), count.evidence());
    }

    fn quiet(&mut self) {
        let Some(expected) = &self.expect.quiet else { return };
        let end = self.verdict.last_ns;
        let quiet = match self.scope {
            Scope::All => &self.verdict.quiet,
            Scope::Smtp => &self.verdict.tallies[index(Protocol::Smtp)].quiet,
            Scope::Imap => &self.verdict.tallies[index(Protocol::Imap)].quiet,
        };
        let (found, held, evidence) = match quiet.longest(end, format!("{}  the end", clock(end))) {
            Some((longest, lines)) => (self.shown(longest), expected.allows(longest), lines.to_vec()),
            None => ("no connection".to_owned(), false, Vec::new()),
        };
        self.push("quiet", &expected.text, found, held, self.dropped("quiet"), evidence);
    }

    fn abandoned(&mut self) {
        if self.expect.abandoned.is_none() {
            return;
        }
        let mut open = Count::default();
        for (conn, protocol, since) in self.verdict.abandoned_open().into_iter().filter(|found| self.scope.holds(found.1)) {
            let end = clock(self.verdict.last_ns);
            open.add(self.verdict.last_ns, true, || {
                format!("{end} #{conn} {protocol}  still open, silent since {}", clock(since))
            });
        }
        let mut counts: Vec<&Count> = self.tallies().map(|tally| &tally.abandoned).collect();
        counts.push(&open);
        let count = Count::merged(&counts);
        self.figure("abandoned", &self.expect.abandoned, &count);
    }

    fn oddities(&mut self) {
        let count = Count::merged(&self.tallies().map(|tally| &tally.oddities).collect::<Vec<_>>());
        let mut names = BTreeMap::<String, u64>::new();
        for (name, n) in self.tallies().flat_map(|tally| &tally.oddity_names) {
            *names.entry(name.clone()).or_default() += n;
        }
        let names: Vec<String> = names.iter().take(MOST_LINES).map(|(name, n)| format!("{n} `{name}`")).collect();
        if self.expect.oddities.is_none() {
            return;
        }
        self.count("oddities", &self.expect.oddities, &count);
        if let (Some(check), false) = (self.checks.last_mut(), names.is_empty()) {
            check.found = format!("{} ({})", count.n, names.join(", "));
        }
    }

    /// What passed, as the scenario counts time: under a time scale, what would have passed without it.
    fn shown(&self, ns: u64) -> String {
        let scale = self.verdict.start.as_deref().map_or(1.0, |start| start.time_scale);
        let ns = if scale == 1.0 { ns } else { (ns as f64 / scale).round() as u64 };
        duration(Duration::from_nanos(ns))
    }

    /// One after the other; `none` where there is none, and where the last faulted connection was the last of all.
    fn lengths(&self, gaps: &[&super::Gap]) -> String {
        if gaps.is_empty() {
            return NO_GAP.to_owned();
        }
        let mut text = gaps.iter().take(MOST_LINES).map(|gap| self.shown(gap.length)).collect::<Vec<_>>().join(", ");
        if gaps.len() > MOST_LINES {
            text.push_str(&format!(" and {} more", gaps.len() - MOST_LINES));
        }
        if let Some((end, _)) = self.tallies().flat_map(|tally| &tally.faulted_ends).max() {
            text.push_str(&format!(", then no connection for {}", self.shown(self.verdict.last_ns.saturating_sub(*end))));
        }
        text
    }

    fn push(&mut self, key: &'static str, expected: &str, found: String, held: bool, uncertain: bool, mut evidence: Vec<String>) {
        evidence.truncate(MOST_LINES + 1);
        let check = Check { scope: self.scope, key, expected: expected.to_owned(), found, held, uncertain, evidence };
        self.checks.push(check);
    }

    fn tallies(&self) -> impl Iterator<Item = &Tally> + use<'_> {
        let scope = self.scope;
        Protocol::ALL
            .into_iter()
            .filter(move |&protocol| scope.holds(protocol))
            .map(|protocol| &self.verdict.tallies[index(protocol)])
    }

    fn gap_list(&self) -> Vec<&super::Gap> {
        self.verdict.gaps.iter().filter(|gap| self.scope.holds(gap.protocol)).collect()
    }

    /// The lines around each gap; where there is none, the ends that nothing came after.
    fn quote(&self, gaps: &[&super::Gap]) -> Vec<String> {
        if gaps.is_empty() {
            let ends = self.tallies().flat_map(|tally| &tally.faulted_ends);
            return ends.take(MOST_LINES).map(|(_, line)| line.clone()).collect();
        }
        let mut lines: Vec<String> = gaps.iter().take(MOST_LINES / 2).flat_map(|gap| gap.lines.clone()).collect();
        let more = gaps.len().saturating_sub(MOST_LINES / 2);
        if more > 0 {
            lines.push(format!("... and {more} more"));
        }
        lines
    }

    /// What was dropped, or could not be remembered, may have changed this figure.
    fn dropped(&self, key: &str) -> bool {
        let forgot = match key {
            "duplicates" => {
                let (messages, mailboxes) = (self.verdict.messages.forgot, self.verdict.mailboxes.forgot);
                (messages && self.scope.holds(Protocol::Smtp)) || (mailboxes && self.scope.holds(Protocol::Imap))
            }
            "lost" | "attempts" => self.verdict.messages.forgot,
            "unread" | "seen_without_body" => self.verdict.mailboxes.forgot,
            "gap" | "gaps" | "backoff" => self.verdict.lost_gaps,
            // Found in octets.
            "after_goodbye" => self.verdict.dropped_octets > 0,
            _ => false,
        };
        forgot || self.verdict.dropped_events > 0
    }
}

/// The exit code of the command: 0 where no table says another.
fn client_exit(verdict: &Verdict, start: &Start) -> Vec<Check> {
    if !start.has_command {
        return Vec::new();
    }
    let tables = [(Scope::All, &start.expect.all), (Scope::Smtp, &start.expect.smtp), (Scope::Imap, &start.expect.imap)];
    let given: Vec<(Scope, Expected)> =
        tables.into_iter().filter_map(|(scope, expect)| Some((scope, expect.client_exit.clone()?))).collect();
    let given =
        if given.is_empty() { vec![(Scope::All, Expected { text: "0".to_owned(), ranges: vec![(0, Some(0))] })] } else { given };
    let (found, code) = match verdict.command {
        Some(CommandFate::Exited(code)) => (code.to_string(), u64::try_from(code).ok()),
        Some(CommandFate::Killed(Some(signal))) => (format!("ended by signal {signal}"), None),
        Some(CommandFate::Killed(None)) => ("ended by mailfault".to_owned(), None),
        Some(CommandFate::Unknown) | None => ("it never ended".to_owned(), None),
    };
    let evidence: Vec<String> = verdict.command_line.iter().cloned().collect();
    given
        .into_iter()
        .map(|(scope, expected)| Check {
            scope,
            key: "client_exit",
            held: code.is_some_and(|code| expected.allows(code)),
            uncertain: verdict.command.is_none() && (verdict.dropped_events > 0 || !verdict.stopped),
            expected: expected.text,
            found: found.clone(),
            evidence: evidence.clone(),
        })
        .collect()
}

const NO_GAP: &str = "no connection came after a faulted one";

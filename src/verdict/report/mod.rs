//! The report of a verdict: plain data, and its forms for a terminal, for CI and for programs.

mod junit;
mod text;

use serde::Serialize;

pub use junit::{NamedReport, junit};
pub use text::text;

use crate::proto::Protocol;

/// How it came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every expectation held and every fault fired.
    Passed,
    /// An expectation failed.
    Failed,
    /// Nothing failed, but something was not tested or not seen.
    Inconclusive,
}

/// Which `[expect]` table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// `[expect]`
    All,
    /// `[expect.smtp]`
    Smtp,
    /// `[expect.imap]`
    Imap,
}

impl Scope {
    pub(super) fn holds(self, protocol: Protocol) -> bool {
        match self {
            Scope::All => true,
            Scope::Smtp => protocol == Protocol::Smtp,
            Scope::Imap => protocol == Protocol::Imap,
        }
    }
}

/// One expectation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its table.
    pub scope: Scope,
    /// Its key: `connections`.
    pub key: &'static str,
    /// What the scenario wants, in its words: `{ min = 2 }`.
    pub expected: String,
    /// What came out, for people: `1`, `2.5s`, `never`.
    pub found: String,
    /// It is as expected.
    pub held: bool,
    /// It cannot be said for certain, since events were dropped: then neither held nor failed.
    pub uncertain: bool,
    /// The journal lines that decide it, at most 20 and a count of the others.
    pub evidence: Vec<String>,
}

impl Check {
    /// Its place in a scenario file: `expect.smtp.connections`.
    pub fn name(&self) -> String {
        match self.scope {
            Scope::All => format!("expect.{}", self.key),
            Scope::Smtp => format!("expect.smtp.{}", self.key),
            Scope::Imap => format!("expect.imap.{}", self.key),
        }
    }

    /// It measures time. What it found is worth a line also where it held: the pauses of a listener, say.
    pub fn is_time(&self) -> bool {
        matches!(self.key, "recovers" | "gap" | "gaps" | "backoff" | "gives_up" | "quiet")
    }

    /// It failed, for certain.
    pub fn failed(&self) -> bool {
        !self.held && !self.uncertain
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultReport {
    /// Its name.
    pub name: String,
    /// It need not fire.
    pub optional: bool,
    /// How often it fired, as far as the server can see.
    pub fired: u64,
    /// `refuse` or `blackhole`, and its window was open.
    pub unseen: bool,
    /// How often it matched after another fault had spoken or ended.
    pub shadowed: u64,
    /// What came nearest, where it never fired.
    pub nearest: Vec<String>,
}

impl FaultReport {
    pub(super) fn new(name: &str, optional: bool) -> Self {
        FaultReport { name: name.to_owned(), optional, fired: 0, unseen: false, shadowed: 0, nearest: Vec::new() }
    }

    /// It fired, or need not.
    pub fn satisfied(&self) -> bool {
        self.optional || self.fired > 0 || self.unseen
    }
}

/// Something that a reader of the report has to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// A sentence.
    pub text: String,
    /// The verdict cannot be better than inconclusive for it.
    pub inconclusive: bool,
}

/// What became of the command of `run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CommandFate {
    /// It ended with this exit code.
    Exited(i32),
    /// A signal ended it, or mailfault did (`None`): its time was out, or mailfault itself was told to stop.
    Killed(Option<i32>),
    /// The journal does not know that it started, or that it ended.
    Unknown,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The scenario's name.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The seed of the run.
    pub seed: u64,
    /// What every duration of the scenario was multiplied by. Durations in `found` of a check are divided by it, so that they compare with the scenario's; the times of evidence are those of
    /// the clock.
    pub time_scale: f64,
    /// How it came out.
    pub outcome: Outcome,
    /// Every expectation of the scenario, and the exit code of the command.
    pub checks: Vec<Check>,
    /// Every fault of the scenario, then those that were armed later.
    pub faults: Vec<FaultReport>,
    /// The command, under `run`. [`CommandFate::Killed`] and [`CommandFate::Unknown`] are exit code 4 for `run`.
    pub command: Option<CommandFate>,
    /// What makes the report less than whole.
    pub notices: Vec<Notice>,
}

impl Report {
    /// Of a scenario that could not be run at all, and why.
    pub fn not_run(scenario: &str, title: &str, why: &str) -> Self {
        Report {
            scenario: scenario.to_owned(),
            title: title.to_owned(),
            seed: 0,
            time_scale: 1.0,
            outcome: Outcome::Inconclusive,
            checks: Vec::new(),
            faults: Vec::new(),
            command: None,
            notices: vec![Notice { text: why.to_owned(), inconclusive: true }],
        }
    }

    /// 0 passed, 1 failed, 3 inconclusive. Whether the command could not run (4) is for the caller, see [`Report::command`].
    pub fn exit_code(&self) -> u8 {
        match self.outcome {
            Outcome::Passed => 0,
            Outcome::Failed => 1,
            Outcome::Inconclusive => 3,
        }
    }
}

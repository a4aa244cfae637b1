//! `[[dialogue]]`: a fault at `connect` that takes the session's place, and one for the steps behind each thing that is said.

use std::sync::Arc;

use super::Names;
use super::condition;
use super::fault::{self, Place};
use super::read::{Cx, Reader};
use super::script::script;
use super::steps;
use crate::fault::{Conditions, Fault, On, Op, Program, Ranges, Step};
use crate::proto::script::{Case, Heard, Line, Pattern, Script, Speaker, Text, Turn, What};
use crate::proto::{Ats, Then, TlsMode};
use crate::scenario::language::DIALOGUE;
use crate::scenario::problem::Span;
use crate::scenario::script::{Origin, step_node};
use crate::scenario::tree::Node;
use crate::scenario::{Expectations, Expected, ListenSpec};

/// A dialogue, before its script is taken apart.
pub(in crate::scenario) struct Draft<'a> {
    pub(in crate::scenario) name: Arc<str>,
    pub(in crate::scenario) on: On,
    pub(in crate::scenario) connections: Option<Ranges>,
    pub(in crate::scenario) lines: &'a [Line],
    pub(in crate::scenario) origin: &'a Origin,
    /// Of the lines that are heard.
    pub(in crate::scenario) case: Case,
}

/// All dialogues of a scenario as faults; their names come after those of so many faults.
pub(super) fn dialogues(cx: &mut Cx<'_>, nodes: &[&Node], names: &Names, faults: usize) -> Vec<Fault> {
    let mut out = Vec::new();
    let mut seen: Vec<(On, Option<Ranges>, Span)> = Vec::new();
    for (n, node) in nodes.iter().enumerate() {
        let Some(mut reader) = Reader::open(cx, node, &DIALOGUE) else { continue };
        if let Some(entry) = reader.get("name") {
            cx.line(entry);
        }
        let on_entry = reader.need(cx, "on", "add where, such as `on = \"imap\"`");
        let on = on_entry.and_then(|entry| fault::on(cx, entry, names));
        let connections = reader.get("connections").and_then(|entry| condition::ordinals(cx, entry));
        let script_entry = reader.need(cx, "script", "add the lines, between `'''` and `'''`");
        let script = script_entry.and_then(|entry| script(cx, entry));
        reader.finish();
        let (Some(on), Some((lines, origin)), Some(name)) = (on, script, names.faults.get(faults + n)) else { continue };
        let span = node.get("connections").or(on_entry).map_or(node.span, |entry| entry.node.span);
        let mine = fault::listeners(&on, names);
        let other = seen.iter().find(|(other, ranges, _)| {
            let shared = fault::listeners(other, names).iter().any(|listen| mine.iter().any(|own| own.name == listen.name));
            // By another name, connections are counted otherwise.
            shared && (*other != on || share_a_number(ranges.as_ref(), connections.as_ref()))
        });
        if let Some((other, _, first)) = other {
            let message = match *other == on {
                true => "two dialogues are for the same connection",
                false => "two dialogues may be for the same connection: they count connections in different ways",
            };
            let help = if *other == on { "give each `connections` of its own" } else { "give both the same `on`" };
            cx.problem(span, message).also(*first, "the other").help(help);
        }
        seen.push((on.clone(), connections.clone(), span));
        let draft = Draft { name: name.clone(), on, connections, lines: &lines, origin: &origin, case: Case::Ignored };
        out.extend(dialogue(cx, &draft, names, n));
    }
    out
}

/// `left_dialogue = 0`, where nothing else is said of it.
pub(in crate::scenario) fn expect_none_left(expect: &mut Expectations) {
    if [&expect.all, &expect.smtp, &expect.imap].iter().all(|expect| expect.left_dialogue.is_none()) {
        expect.all.left_dialogue = Some(Expected { text: "0".to_owned(), ranges: vec![(0, Some(0))] });
    }
}

/// Whether a number is in both; `None` is all numbers.
fn share_a_number(one: Option<&Ranges>, other: Option<&Ranges>) -> bool {
    let has = |ranges: Option<&Ranges>, n: u64| ranges.is_none_or(|ranges| ranges.contains(n));
    let starts = |ranges: Option<&Ranges>| match ranges {
        Some(Ranges::List(list)) => list.iter().map(|&(from, _)| from).collect(),
        _ => vec![1],
    };
    let every = |ranges: Option<&Ranges>| match ranges {
        Some(Ranges::Every(every)) => Some(*every),
        _ => None,
    };
    match (every(one), every(other)) {
        // They meet at the product at the latest.
        (Some(_), Some(_)) => true,
        (Some(step), None) | (None, Some(step)) => {
            let list = if every(one).is_some() { other } else { one };
            match list {
                Some(Ranges::List(list)) => list.iter().any(|&(from, to)| {
                    let first = from.div_ceil(step).max(1).saturating_mul(step);
                    to.is_none_or(|to| first <= to)
                }),
                _ => true,
            }
        }
        (None, None) => starts(one).into_iter().chain(starts(other)).any(|n| has(one, n) && has(other, n)),
    }
}

/// A dialogue as faults; `place` is its place among all of the scenario.
pub(in crate::scenario) fn dialogue(cx: &mut Cx<'_>, draft: &Draft<'_>, names: &Names, place: usize) -> Vec<Fault> {
    let listeners = fault::listeners(&draft.on, names);
    let Some(protocol) = listeners.first().map(|listen| listen.protocol) else { return Vec::new() };
    let first = draft.lines.first().map_or(0..0, |line| line.range.clone());
    let ats = vec![(Ats::TURN, draft.origin.span(&first))];
    let place_of_steps = Place { ats, protocols: vec![protocol], listeners: listeners.clone(), names };
    let mut builder = Builder {
        cx,
        draft,
        place: &place_of_steps,
        listeners: &listeners,
        // Unique in the scenario: a script has fewer lines than that.
        number: (place as u64) << 32,
        turns: Vec::new(),
        saying: Saying::default(),
        ended: None,
        faults: Vec::new(),
    };
    for line in draft.lines {
        builder.line(line);
    }
    let (turns, steps) = builder.finish();
    let script = Script { name: draft.name.clone(), protocol, turns };
    let text = format!("dialogue of {} lines", draft.lines.len()).into();
    let program = Program::new(vec![Step { op: Op::Converse(Arc::new(script)), text }]);
    let conditions = Conditions { connections: draft.connections.clone(), ..Conditions::default() };
    let mut faults = vec![plain(draft.name.clone(), draft.on.clone(), Ats::CONNECT, 0, program)];
    faults.iter_mut().for_each(|fault| fault.conditions = conditions.clone());
    faults.extend(steps);
    faults
}

fn plain(name: Arc<str>, on: On, at: Ats, offset: u64, program: Program) -> Fault {
    let program = Arc::new(program);
    Fault { name, on, at, offset, after: None, every: None, conditions: Conditions::default(), optional: false, program }
}

/// Takes a script apart.
struct Builder<'a, 'c, 'p> {
    cx: &'a mut Cx<'c>,
    draft: &'a Draft<'p>,
    place: &'a Place<'p>,
    listeners: &'a [&'p ListenSpec],
    number: u64,
    turns: Vec<Turn>,
    saying: Saying,
    /// The step behind which nothing comes.
    ended: Option<Span>,
    faults: Vec<Fault>,
}

/// What is said at one moment.
#[derive(Default)]
struct Saying {
    line: usize,
    /// Steps that shape what is said.
    before: Vec<Step>,
    texts: Vec<(Text, bool)>,
    after: Vec<Step>,
}

impl Saying {
    fn is_empty(&self) -> bool {
        self.before.is_empty() && self.texts.is_empty() && self.after.is_empty()
    }
}

impl Builder<'_, '_, '_> {
    fn line(&mut self, line: &Line) {
        let span = self.draft.origin.span(&line.range);
        if let (Some(ended), What::Said { .. } | What::Step(_)) = (self.ended, &line.what) {
            self.cx
                .problem(span, "this line is never reached")
                .also(ended, "ends the dialogue")
                .help("leave it out, or put it before");
            return;
        }
        match &line.what {
            What::Said { who: Speaker::Server, text, crlf } => {
                if !self.saying.after.is_empty() {
                    self.said(Then::Nothing);
                }
                self.begin(line);
                self.saying.texts.push((text.clone(), *crlf));
            }
            What::Said { who: Speaker::Client, text, crlf } => self.heard(line, span, text, *crlf),
            What::Step(step) => match (step.name.as_str(), &step.value) {
                ("tls", None) => {
                    if self.listeners.iter().all(|listen| listen.tls != TlsMode::Starttls) {
                        let problem = self.cx.problem(span, "`tls` needs a listener that offers STARTTLS");
                        problem.missing().help("add `tls = \"starttls\"` to the table of the protocol, or to the [[listen]]");
                    }
                    self.begin(line);
                    self.said(Then::Upgrade);
                }
                ("wait", None) => {
                    self.said(Then::Nothing);
                    self.turns.push(Turn::Leave { line: line.number });
                    self.ended = Some(span);
                }
                ("content", _) => {
                    let most = step.value.as_ref().and_then(|value| value.parse().ok());
                    self.hear(line, "! content", Heard::Content(most));
                }
                ("literal", None) => self.hear(line, "! literal", Heard::Literal),
                _ => self.step(line, span, &step_node(line, step, self.draft.origin)),
            },
            What::Oddity(_) | What::Fact(_) | What::Left { .. } | What::Connected { .. } => {}
        }
    }

    fn heard(&mut self, line: &Line, span: Span, text: &Text, crlf: bool) {
        let Ok(pattern) = Pattern::new(text, self.draft.case) else {
            self.cx.problem(span, "this pattern takes too much memory").help("make it shorter");
            return;
        };
        let shown = format!("C{} {}", if crlf { ':' } else { '-' }, text.write());
        let what = match (crlf, pattern.length()) {
            (true, _) => Heard::Line(pattern),
            (false, Some(length)) => Heard::Octets(pattern, length),
            (false, None) => {
                let problem =
                    self.cx.problem(span, "how many octets are these? A line without CRLF can have no `*` and no `<name>`");
                problem.help("write `C:` for a line with CRLF, or each octet as it is; `?` is any one");
                return;
            }
        };
        self.hear(line, shown.trim_end(), what);
    }

    fn hear(&mut self, line: &Line, shown: &str, what: Heard) {
        self.said(Then::Nothing);
        self.turns.push(Turn::Hear { line: line.number, shown: shown.to_owned(), what });
    }

    fn step(&mut self, line: &Line, span: Span, node: &Node) {
        let Some(step) = steps::one(self.cx, node, self.place) else { return };
        match &step.op {
            Op::Dribble { .. } | Op::Rewrite { .. } | Op::Corrupt { .. } => {
                if !self.saying.texts.is_empty() || !self.saying.after.is_empty() {
                    self.said(Then::Nothing);
                }
                self.begin(line);
                self.saying.before.push(step);
            }
            Op::Delay { .. } | Op::Send { .. } | Op::Garbage { .. } | Op::Mutate(_) => {
                self.begin(line);
                self.saying.after.push(step);
            }
            Op::Stall(_) | Op::StopReading(_) | Op::Reset { .. } | Op::Close { .. } | Op::HalfClose => {
                self.begin(line);
                if step.op.ends() {
                    self.ended = Some(span);
                }
                self.saying.after.push(step);
            }
            _ => {
                let problem = self.cx.problem(span, format!("`{}` has no place in a dialogue", step.text.trim_matches('"')));
                problem.help("what is to be said stands in `S:` and `S-` lines; steps here are `delay`, `stall`, `stop-reading`, `reset`, `close`, `half-close`, `send`, `garbage`, `dribble`, `tls`, `wait`, `content`, `literal` and changes of mailboxes");
            }
        }
    }

    fn begin(&mut self, line: &Line) {
        if self.saying.is_empty() {
            self.saying.line = line.number;
        }
    }

    /// What was gathered is one moment.
    fn said(&mut self, then: Then) {
        let Saying { line, before, texts, after } = std::mem::take(&mut self.saying);
        if before.is_empty() && texts.is_empty() && after.is_empty() && then == Then::Nothing {
            return;
        }
        self.number += 1;
        if !before.is_empty() || !after.is_empty() {
            let pass = (!texts.is_empty() && !after.is_empty()).then(|| Step { op: Op::Pass, text: "\"pass\"".into() });
            let program = Program::new(before.into_iter().chain(pass).chain(after).collect());
            let name = format!("{}:{line}", self.draft.name).into();
            self.faults.push(plain(name, self.draft.on.clone(), Ats::TURN, self.number, program));
        }
        self.turns.push(Turn::Say { line, texts, number: self.number, then });
    }

    fn finish(mut self) -> (Vec<Turn>, Vec<Fault>) {
        let waits = matches!(self.turns.last(), Some(Turn::Leave { .. }));
        let then = if waits || self.ended.is_some() { Then::Nothing } else { Then::Close };
        self.said(then);
        (self.turns, self.faults)
    }
}

/// What a listener speaks, for dialogues that no file has.
pub(in crate::scenario) fn names_of(listeners: &[ListenSpec]) -> Names {
    Names { listeners: listeners.to_vec(), own_listeners: true, faults: Vec::new(), users: Vec::new() }
}

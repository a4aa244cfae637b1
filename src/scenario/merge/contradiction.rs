//! What two files cannot both have their way in: one message for each pair of files.

use crate::scenario::problem::{Problem, Source, Span};
use crate::scenario::tree::Entry;

/// So many are named, the others are counted.
const MOST_NAMED: usize = 8;

#[derive(Default)]
pub(super) struct Contradictions {
    /// In the order in which they were found.
    all: Vec<Contradiction>,
}

struct Contradiction {
    own: Span,
    known: Span,
    /// Such as `hostname in [smtp]`.
    what: String,
    /// The whole message, if this is the only one.
    message: String,
}

impl Contradictions {
    /// Two values for one key of the table of this name.
    pub(super) fn of_values(&mut self, known: &Entry, own: &Entry, table: &str) {
        let what = format!("`{}` in {table}", own.key);
        let message = format!("{what} cannot be both `{}` and `{}`", known.node, own.node);
        self.all.push(Contradiction { own: own.node.span, known: known.node.span, what, message });
    }

    /// Two different tables of a list that mean the same thing: `mailbox`, its name, and where that is said.
    pub(super) fn of_tables(&mut self, kind: &str, name: &str, own: Span, known: Span) {
        let what = format!("the {kind} `{name}`");
        let message = format!("there are two different {kind}{} `{name}`", if kind == "mailbox" { "es" } else { "s" });
        self.all.push(Contradiction { own, known, what, message });
    }

    pub(super) fn problems(self, sources: &[Source]) -> Vec<Problem> {
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for Contradiction { own, known, .. } in &self.all {
            if !pairs.contains(&(own.file, known.file)) {
                pairs.push((own.file, known.file));
            }
        }
        let of_pair = |&(own, known): &(usize, usize)| {
            let all: Vec<&Contradiction> = self.all.iter().filter(|one| (one.own.file, one.known.file) == (own, known)).collect();
            problem(&all, sources)
        };
        pairs.iter().filter_map(of_pair).collect()
    }
}

/// All contradictions of two files.
fn problem(all: &[&Contradiction], sources: &[Source]) -> Option<Problem> {
    let (first, others) = all.split_first()?;
    let name = |span: Span| sources.get(span.file).map_or("", |source| &*source.name);
    let message = match others {
        [] => first.message.clone(),
        _ => format!("`{}` and `{}` contradict each other", name(first.known), name(first.own)),
    };
    let mut problem = Problem::new(first.own, message);
    problem.label("one value").also(first.known, "the other");
    if !others.is_empty() {
        let named: Vec<&str> = all.iter().take(MOST_NAMED).map(|one| one.what.as_str()).collect();
        let more = all.len() - named.len();
        let end = if more > 0 { format!(", and {more} more") } else { String::new() };
        problem.help(format!("they differ in {}{end}", named.join(", ")));
    }
    // What is built in cannot be edited.
    let built_in = |span: Span| sources.get(span.file).is_some_and(|source| source.base.is_none());
    problem.help(match built_in(first.own) && built_in(first.known) {
        true if !others.is_empty() => "name one of the two only".to_owned(),
        _ => "leave one of the two out".to_owned(),
    });
    Some(problem)
}

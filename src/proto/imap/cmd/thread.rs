//! THREAD (RFC 5256 section 3).

use super::Command;
use super::arranged::{self, Arrange};
use super::search::run::Match;
use crate::mail::{Forest, Threadable, by_references, by_subject};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::write::Text;
use crate::proto::{Cx, Note};

struct Thread {
    algorithm: fn(&[Threadable<'_>]) -> Forest,
}

pub fn parse(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let start = cursor.clone();
    let algorithm: fn(&[Threadable<'_>]) -> Forest = match () {
        () if cursor.keyword("ORDEREDSUBJECT") => by_subject,
        () if cursor.keyword("REFERENCES") => by_references,
        () => return Err(start.expected("`ORDEREDSUBJECT` or `REFERENCES`")),
    };
    arranged::parse(cursor, uid, Thread { algorithm })
}

impl Arrange for Thread {
    const COMPLETED: &'static str = "THREAD completed";

    fn write(&self, found: &[Match], uid: bool, _modseq: bool, cx: &mut Cx<'_>, out: &mut Text) {
        let given: Vec<Threadable<'_>> =
            found.iter().map(|(_, arrived, message)| Threadable { message, arrived: arrived.instant() }).collect();
        let forest = (self.algorithm)(&given);
        if forest.dropped > 0 {
            cx.notes.push(Note::Limit { name: "thread".into(), dropped: forest.dropped });
        }
        let numbers: Vec<u32> = found.iter().map(|(found, ..)| if uid { found.uid } else { found.number }).collect();
        write(&forest, &numbers, out);
    }
}

/// What is still to be written.
enum Step {
    Open,
    Node(usize),
    Close,
}

/// `* THREAD (1 2)(3 (4)(5))((6)(7))`; with a stack of its own, since mail decides how deep threads are.
fn write(forest: &Forest, numbers: &[u32], out: &mut Text) {
    out.add("* THREAD");
    if !forest.roots.is_empty() {
        out.add(" ");
    }
    let list = |nodes: &[usize]| nodes.iter().rev().flat_map(|&node| [Step::Close, Step::Node(node), Step::Open]).collect();
    let mut steps: Vec<Step> = list(&forest.roots);
    let mut after_number = false;
    while let Some(step) = steps.pop() {
        match step {
            Step::Open => drop(out.add(if std::mem::take(&mut after_number) { " (" } else { "(" })),
            Step::Close => {
                after_number = false;
                out.add(")");
            }
            Step::Node(place) => {
                let Some(node) = forest.nodes.get(place) else { continue };
                if let Some(number) = node.message.and_then(|message| numbers.get(message)) {
                    out.add(if after_number { " " } else { "" }).add(*number);
                    after_number = true;
                }
                match &node.children[..] {
                    [only] => steps.push(Step::Node(*only)),
                    children => steps.extend::<Vec<Step>>(list(children)),
                }
            }
        }
    }
    out.add("\r\n");
}

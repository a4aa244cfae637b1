//! `mailfault judge`: the verdict of a recorded journal, the same as live.

use std::fs::File;
use std::io::BufReader;

use super::args::{Colour, JudgeArgs};
use super::exit::{Code, Failure};
use super::{live, say};
use crate::journal::{self, Cause, ReadError};
use crate::verdict::{Verdict, report};

/// Reads the journal and judges it.
pub fn judge(args: &JudgeArgs, colour: Colour) -> Result<Code, Failure> {
    let path = args.journal.display();
    let file =
        File::open(&args.journal).map_err(|error| Failure::usage(format!("the journal `{path}` cannot be read: {error}")))?;
    let mut verdict = Verdict::new();
    for event in journal::read(BufReader::new(file)) {
        match event {
            Ok((event, octets)) => verdict.event(&event, &octets),
            // The server was killed, or its disk was full: what is whole is judged, and a journal without an end is inconclusive at best.
            Err(ReadError { cause: Cause::Cut, line, .. }) => {
                say::note(&format!("{path}: line {line} is cut off; the journal is judged up to there"));
            }
            Err(error) => return Err(Failure::usage(format!("{path}, {error}"))),
        }
    }
    let report = verdict.finish();
    // The verdict is what was asked for, so it goes to stdout.
    say::out(&report::text(&report, colour.on(&std::io::stdout())))?;
    let code = Code::from(&report);
    let name = report.scenario.clone();
    live::write_junit(args.junit.as_deref(), &[(name, report)])?;
    Ok(code)
}

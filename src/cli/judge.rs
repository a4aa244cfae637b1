//! `mailfault judge`: the verdict of a recorded journal, the same as live.

use std::fs::File;
use std::io::{BufReader, Write};

use super::args::{Colour, JudgeArgs};
use super::exit::{Code, Failure};
use super::live;
use crate::journal;
use crate::verdict::{Verdict, report};

/// Reads the journal and judges it.
pub fn judge(args: &JudgeArgs, colour: Colour) -> Result<Code, Failure> {
    let path = args.journal.display();
    let file =
        File::open(&args.journal).map_err(|error| Failure::usage(format!("the journal `{path}` cannot be read: {error}")))?;
    let mut verdict = Verdict::new();
    for event in journal::read(BufReader::new(file)) {
        let (event, octets) = event.map_err(|error| Failure::usage(format!("{path}, {error}")))?;
        verdict.event(&event, &octets);
    }
    let report = verdict.finish();
    let _ = std::io::stderr().write_all(report::text(&report, colour.on(&std::io::stderr())).as_bytes());
    let code = Code::from(&report);
    let name = report.scenario.clone();
    live::write_junit(args.junit.as_deref(), &[(name, report)])?;
    Ok(code)
}

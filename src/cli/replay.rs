//! `mailfault replay`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::args::{Colour, ReplayArgs};
use super::exit::{Code, Failure};
use super::{live, say, serve};
use crate::journal::{self, Cause, ReadError, Sink, Style, Transcript};
use crate::scenario::Source;
use crate::scenario::script::replay as scenario_of;

/// A transcript is never this long.
const MOST_OCTETS: u64 = 256 << 20;

/// Serves what was recorded, until a signal or `--exit-after`; then the verdict.
pub fn replay(args: &ReplayArgs, colour: Colour) -> Result<Code, Failure> {
    let source = Source::new(args.transcript.display().to_string(), read(&args.transcript)?);
    let replay = scenario_of(&source, args.exact, args.common.time_scale)
        .map_err(|problems| Failure::usage(problems.render(colour.on(&std::io::stderr())).trim_end().to_owned()))?;
    for sentence in &replay.left_out {
        say::note(sentence);
    }
    live::check_junit(args.common.junit.as_deref())?;
    live::runtime()?.block_on(serve::serve_scenario(&args.common, &args.serving, colour, &replay.scenario))
}

/// The transcript, or that of a journal.
fn read(path: &Path) -> Result<String, Failure> {
    let failure =
        |why: &dyn std::fmt::Display| Failure::usage(format!("the transcript `{}` cannot be read: {why}", path.display()));
    let mut octets = Vec::new();
    let file = File::open(path).map_err(|error| failure(&error))?;
    file.take(MOST_OCTETS + 1).read_to_end(&mut octets).map_err(|error| failure(&error))?;
    if octets.len() as u64 > MOST_OCTETS {
        return Err(failure(&"it is larger than 256 MiB"));
    }
    if octets.starts_with(b"{") {
        octets = transcript_of(&octets).map_err(|error| Failure::usage(format!("{}, {error}", path.display())))?;
    }
    String::from_utf8(octets).map_err(|_| failure(&"it is no text in UTF-8"))
}

/// A journal's events as the transcript that was not written.
fn transcript_of(journal: &[u8]) -> Result<Vec<u8>, ReadError> {
    let mut transcript = Transcript::new(Vec::new(), Style::whole());
    for event in journal::read(journal) {
        match event {
            Ok((event, octets)) => transcript.event(&event, &octets),
            Err(ReadError { cause: Cause::Cut, line, .. }) => {
                say::note(&format!("line {line} of the journal is cut off, and left out"));
                break;
            }
            Err(error) => return Err(error),
        }
    }
    transcript.finish();
    Ok(transcript.into_inner())
}

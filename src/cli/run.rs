//! `mailfault run`.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::args::{Colour, RunArgs};
use super::child::{self, Ended};
use super::exit::{Code, Failure};
use super::live::{self, Live, Setup};
use super::serve::{self, Stop};
use super::{catalogue, say};
use crate::journal::What;
use crate::scenario::{self, Scenario};
use crate::verdict::report::{self, Report};

/// Runs the command once for each scenario, and reports.
pub fn run(args: &RunArgs, colour: Colour) -> Result<Code, Failure> {
    let mut scenarios = Vec::new();
    // All files are read before anything starts: exit code 2 means that nothing was run.
    for name in catalogue::expand(&args.scenarios)? {
        let scenario = scenario::resolve(&name, args.common.time_scale).map_err(|error| catalogue::failure(&error, colour))?;
        scenarios.push(scenario);
    }
    live::check_junit(args.common.junit.as_deref())?;
    live::runtime()?.block_on(run_all(args, colour, &scenarios))
}

async fn run_all(args: &RunArgs, colour: Colour, scenarios: &[Scenario]) -> Result<Code, Failure> {
    let on = colour.on(&std::io::stderr());
    let mut stop = serve::signals()?;
    let mut code = Code::Held;
    let mut reports = Vec::new();
    for scenario in scenarios {
        let journal = args.common.journal.as_deref().map(|path| journal_path(path, scenario, scenarios.len()));
        let transcript = args.common.transcript_file.as_deref().map(|path| journal_path(path, scenario, scenarios.len()));
        match run_one(args, on, scenario, [journal.as_deref(), transcript.as_deref()], &mut stop).await {
            Ok((report, ended)) => {
                let _ = std::io::stderr().write_all(report::text(&report, on).as_bytes());
                code = code.and(Code::from(&report)).and(code_of(&ended, args));
                reports.push((scenario.name.clone(), report));
                if matches!(ended, Ended::Interrupted(_)) {
                    break;
                }
            }
            Err(failure) => {
                say::error(&failure.message);
                code = code.and(failure.code);
                reports.push((scenario.name.clone(), Report::not_run(&scenario.name, &scenario.title, &failure.message)));
            }
        }
    }
    if scenarios.len() > 1 {
        say::note(&super::report_card::text(&reports, scenarios.len()));
    }
    live::write_junit(args.common.junit.as_deref(), &reports)?;
    Ok(code)
}

async fn run_one(
    args: &RunArgs,
    colour: bool,
    scenario: &Scenario,
    [journal, transcript_file]: [Option<&Path>; 2],
    stop: &mut Stop,
) -> Result<(Report, Ended), Failure> {
    let live = Live::start(Setup {
        scenario,
        common: &args.common,
        seed: live::seed(&args.common),
        addresses: live::free_addresses(scenario),
        has_command: true,
        transcript: args.transcript.then_some(colour),
        journal,
        transcript_file,
        listeners: Vec::new(),
    })?;
    live.running.settled().await;
    if args.transcript {
        say::note(&live.ready.text(scenario));
    }
    let mut child = child::start(&args.command, live.ready.environment(&scenario.name))?;
    live.running.start_clock();
    let started = What::CommandStarted { command: args.command.join(" ").into(), pid: child.id().unwrap_or(0) };
    live.recorder.event(0, started);
    let ended = child::wait(&mut child, args.timeout, stop).await?;
    let (code, signal, why) = match ended {
        Ended::Code(code) => (Some(code), None, "the command has ended"),
        Ended::Signal(signal) => (None, Some(signal), "the command was killed"),
        Ended::OutOfTime => (None, None, "the command ran out of time"),
        Ended::Interrupted(signal) => (None, None, signal),
    };
    live.recorder.event(0, What::CommandEnded { code, signal });
    Ok((live.stop(why).await, ended))
}

fn code_of(ended: &Ended, args: &RunArgs) -> Code {
    match ended {
        // Whether it is the right one is for the verdict.
        Ended::Code(_) => Code::Held,
        Ended::Signal(signal) => {
            say::error(&format!("the command was killed by signal {signal}"));
            Code::Command
        }
        Ended::OutOfTime => {
            let time = args.timeout.unwrap_or_default().as_secs_f64();
            say::error(&format!("the command was still running after {time} s (`--timeout`) and was ended"));
            Code::Command
        }
        Ended::Interrupted(signal) => {
            say::error(&format!("interrupted by {signal}; the command was ended"));
            Code::Command
        }
    }
}

/// One scenario: the file that was asked for. Several: one file each, with the scenario's name before the ending.
fn journal_path(path: &Path, scenario: &Scenario, count: usize) -> PathBuf {
    if count == 1 {
        return path.to_owned();
    }
    let name: String = scenario.name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '-' }).collect();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let file = match path.extension() {
        Some(ending) => format!("{stem}.{name}.{}", ending.to_string_lossy()),
        None => format!("{stem}.{name}"),
    };
    path.with_file_name(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_scenarios_has_a_journal_of_its_own() {
        let scenario = Scenario { name: "smtp/reset-mid-greeting".into(), ..Scenario::healthy() };
        let path = |count| journal_path(Path::new("out/j.jsonl"), &scenario, count).to_string_lossy().into_owned();
        assert_eq!(path(1), "out/j.jsonl");
        assert_eq!(path(2), "out/j.smtp-reset-mid-greeting.jsonl");
    }
}

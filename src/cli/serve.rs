//! `mailfault serve`.

use std::io::Write;

use tokio::signal::unix::{SignalKind, signal};

use super::args::{Colour, CommonArgs, ExitAfter, ServeArgs, ServingArgs};
use super::exit::{Code, Failure};
use super::exit_after::Countdown;
use super::live::{self, Live, Setup};
use super::{healthcheck, say};
use crate::journal::Sink;
use crate::scenario::{self, Scenario};
use crate::verdict::report;

/// Serves until a signal, or until `--exit-after`; then the verdict, where the scenario has faults or expectations.
pub fn serve(args: &ServeArgs, colour: Colour) -> Result<Code, Failure> {
    let scenario = match &args.scenario {
        Some(name) => scenario::resolve(name, args.common.time_scale)
            .map_err(|error| from_where(name, super::catalogue::failure(&error, colour)))?,
        None => Scenario::healthy(),
    };
    live::check_junit(args.common.junit.as_deref())?;
    live::runtime()?.block_on(serve_scenario(&args.common, &args.serving, colour, &scenario))
}

/// Whoever has not typed the scenario's name is told where it comes from.
fn from_where(name: &str, mut failure: Failure) -> Failure {
    if std::env::args().all(|typed| typed != name) {
        let line = "\nThe scenario is from the environment variable `MAILFAULT_SCENARIO`.";
        failure.message.push_str(line);
    }
    failure
}

/// Serves this scenario.
pub async fn serve_scenario(
    common: &CommonArgs,
    args: &ServingArgs,
    colour: Colour,
    scenario: &Scenario,
) -> Result<Code, Failure> {
    let on = colour.on(&std::io::stderr());
    let (countdown, enough) = args.exit_after.map(Countdown::new).unzip();
    let listeners = countdown.into_iter().map(|sink| Box::new(sink) as Box<dyn Sink>).collect();
    let mut stop = signals()?;
    let mut live = Live::start(Setup {
        scenario,
        common,
        seed: live::seed(common),
        addresses: live::addresses(scenario, &args.listen, args.bind)?,
        has_command: false,
        transcript: (!args.quiet).then_some(on),
        journal: common.journal.as_deref(),
        transcript_file: common.transcript_file.as_deref(),
        listeners,
    })?;
    live.running.settled().await;
    say::note(&live.ready.text(scenario));
    if let Some(path) = &args.ready_file {
        live.ready.health = healthcheck::answer()?;
        live.ready
            .write(path)
            .map_err(|error| Failure::server(format!("the ready file `{}` cannot be written: {error}", path.display())))?;
    }
    let counted = async {
        match (args.exit_after, &enough) {
            (Some(ExitAfter::Time(time)), _) => tokio::time::sleep(time).await,
            (Some(_), Some(enough)) => enough.notified().await,
            _ => std::future::pending().await,
        }
    };
    let why = tokio::select! {
        signal = stop.wait() => signal,
        () = counted => "--exit-after",
    };
    let report = live.stop(why).await;
    if let Some(path) = &args.ready_file {
        // It tells that a server is there; a file that somebody has removed already tells the truth, too.
        let _ = std::fs::remove_file(path);
    }
    let worth_saying = scenario.is_judged();
    if worth_saying {
        let _ = std::io::stderr().write_all(report::text(&report, on).as_bytes());
    }
    let code = if worth_saying { Code::from(&report) } else { Code::Held };
    live::write_junit(common.junit.as_deref(), &[(scenario.name.clone(), report)])?;
    Ok(code)
}

/// The signals that end a server.
pub struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Stop {
    /// Waits for one of them; the answer is its name.
    pub async fn wait(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hangup.recv() => "SIGHUP",
        }
    }
}

/// Catches the signals from now on.
///
/// # Errors
/// The system refuses (it has no reason to).
pub fn signals() -> Result<Stop, Failure> {
    let catch = |kind| signal(kind).map_err(|error| Failure::server(format!("signals cannot be caught: {error}")));
    Ok(Stop {
        interrupt: catch(SignalKind::interrupt())?,
        terminate: catch(SignalKind::terminate())?,
        hangup: catch(SignalKind::hangup())?,
    })
}

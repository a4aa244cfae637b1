//! `mailfault selftest`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::args::{Colour, SelftestArgs};
use super::exit::{Code, Failure};
use super::{catalogue, say};
use crate::scenario::{ResolveError, Source, builtin, find};
use crate::selftest::{self, Checked, Settings, Verdict};
use crate::sys::raise_open_files;

/// Scenarios that are checked at one time, unless `--jobs` says otherwise: each mostly waits.
const JOBS: usize = 8;

/// Checks scenarios on the wire; a table at the end.
pub fn selftest(args: &SelftestArgs, colour: Colour) -> Result<Code, Failure> {
    let names = match &args.scenarios[..] {
        [] => builtin::names().map(str::to_owned).collect(),
        words => catalogue::expand(words)?,
    };
    let mut sources = Vec::new();
    for name in &names {
        sources.push(find(name).map_err(|error| catalogue::failure(&error, colour))?);
    }
    raise_open_files();
    let settings = Settings { seed: args.seed.unwrap_or(1), time_scale: args.time_scale, draft: args.draft };
    let all = check_all(&sources, settings, args, colour)?;
    if args.draft {
        return Ok(Code::Held);
    }
    say::out(&selftest::text(&all))?;
    Ok(code(&all))
}

fn check_all(sources: &[Source], settings: Settings, args: &SelftestArgs, colour: Colour) -> Result<Vec<Checked>, Failure> {
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Vec::new());
    let work = || -> Result<(), Failure> {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(source) = sources.get(place) else { return Ok(()) };
            let checked = selftest::check(source, settings);
            match &checked {
                Ok(checked) if args.draft => say::out(&format!("# {}\n{}", checked.name, checked.talk))?,
                Ok(checked) if args.verbose => {
                    for why in &checked.before {
                        say::note(&format!("tried again, since in {why}"));
                    }
                    say::note(&format!("{}\n{}", checked.name, checked.talk));
                }
                _ => {}
            }
            all.lock().unwrap_or_else(PoisonError::into_inner).push((place, checked));
        }
    };
    std::thread::scope(|scope| {
        let jobs = args.jobs.unwrap_or(JOBS).clamp(1, sources.len().max(1));
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        let broken = || Failure::server("a self-test ended in the middle");
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| broken())?)
    })?;
    let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|(place, _)| *place);
    let wrong = |problems| catalogue::failure(&ResolveError::Wrong(Box::new(problems)), colour);
    all.into_iter().map(|(_, checked)| checked.map_err(wrong)).collect()
}

fn code(all: &[Checked]) -> Code {
    let of = |checked: &Checked| match checked.verdict {
        Verdict::Good => Code::Held,
        Verdict::Failed(_) => Code::Failed,
        Verdict::Broken(_) | Verdict::Portless(_) => Code::Server,
        Verdict::Unfired(_) | Verdict::NotSaid => Code::Inconclusive,
    };
    all.iter().map(of).fold(Code::Held, Code::and)
}

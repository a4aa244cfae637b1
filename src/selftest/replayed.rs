//! What was recorded is served again: the same scripts get the same octets and the same ends, for every built-in scenario.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::check::{short, waits};
use super::client::{Came, Client, End, PATIENCE};
use super::play::{Failure, Player};
use super::server::served;
use crate::journal::{Event, Sink, Style, Transcript, take};
use crate::net::Bound;
use crate::proto::script::Captures;
use crate::scenario::script::replay;
use crate::scenario::wire::{Act, Wire, WireStep};
use crate::scenario::{Source, builtin, load};
use crate::verdict::{Verdict, report};

const SEED: u64 = 1;
/// Each scenario mostly waits.
const JOBS: usize = 16;
/// How often it is tried to see what the scenario shows: a machine may be busy.
const TRIES: u32 = 3;
/// By what durations are multiplied, where it works.
const HASTE: f64 = 0.3;
/// A server that does not end a connection that the client has left says so by then.
const STAYS: Duration = Duration::from_millis(500);

/// What it is, and whether a step is that.
type Below = (&'static str, fn(&Act) -> bool);

/// What no transcript has, so that it cannot come again. A script is played up to there.
const BELOW: [Below; 4] = [
    ("a handshake of TLS that fails", |act| matches!(act, Act::TlsFails(_))),
    ("a ClientHello that gets no TLS in return", |act| matches!(act, Act::Hello)),
    ("an alert of TLS", |act| matches!(act, Act::Alert(_))),
    ("records of TLS, counted in octets", |act| matches!(act, Act::AnyOctets(_))),
];

/// What one connection has shown.
#[derive(Debug)]
struct Seen {
    octets: Vec<u8>,
    /// The client left, since the server had not ended it.
    left: bool,
    end: Option<End>,
}

#[test]
fn the_transcript_of_every_built_in_scenario_replays_to_the_same_octets() {
    let names: Vec<&str> = builtin::names().collect();
    let (next, wrong, used) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(BTreeSet::new()));
    std::thread::scope(|scope| {
        for _ in 0..JOBS {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = again(name, &used) {
                        wrong.lock().unwrap().push(format!("{name}: {why}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
    let used = used.into_inner().unwrap();
    for (what, _) in BELOW {
        assert!(used.contains(what), "no scenario has {what}");
    }
}

/// A script, and whether it is all of it.
type Part = (Wire, bool);

/// Records a scenario, and replays it.
fn again(name: &str, used: &Mutex<BTreeSet<&'static str>>) -> Result<(), String> {
    let source = builtin::get(name).unwrap();
    let waits = waits(&load(&source, 1.0).unwrap());
    let mut why = String::new();
    for tried in 0..TRIES {
        // At first in haste.
        let scale = if tried == 0 { short(waits, 0).min(HASTE) } else { short(waits, tried) };
        let scenario = load(&source, scale).unwrap();
        let part = |wire: &Wire| std::iter::repeat_n((without_delays(wire), true), wire.repeat as usize);
        let parts: Vec<Part> = scenario.wires.iter().flat_map(part).collect();
        if parts.is_empty() {
            return Ok(());
        }
        let (recorded, mut sinks) = served(&scenario, SEED, scale, vec![transcript()], |bound, trust| {
            play(&parts, None, &|wire| Player::new(address(bound, wire), trust, false))
        })
        .map_err(|broken| broken.why)?;
        match recorded {
            Err(failure) => why = format!("it could not be recorded: {failure:?}"),
            Ok(recorded) if recorded.iter().all(Option::is_none) => return Ok(()),
            Ok(recorded) => {
                let transcript = text(&mut sinks);
                let parts: Vec<Part> = parts.iter().map(|(wire, _)| above(wire, used)).collect();
                return same(&transcript, &parts, &recorded).map_err(|why| format!("{why}\n-- recorded\n{transcript}"));
            }
        }
    }
    Err(why)
}

/// Replays a transcript to the same scripts.
fn same(recorded: &str, parts: &[Part], before: &[Option<Seen>]) -> Result<(), String> {
    let replay = replay(&Source::new("transcript", recorded), false, HASTE).map_err(|problems| problems.render(false))?;
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(Judge::default()), transcript()];
    let (after, mut sinks) = served(&replay.scenario, SEED, 1.0, sinks, |bound, trust| {
        play(parts, Some(before), &|wire| Player::new(address(bound, wire), trust, false))
    })
    .map_err(|broken| broken.why)?;
    let report = take::<Judge>(&mut sinks).unwrap().0.finish();
    let replayed = text(&mut sinks);
    let after = after.map_err(|failure| format!("{failure:?}\n{replayed}"))?;
    for (number, ((_, whole), (before, after))) in parts.iter().zip(before.iter().zip(&after)).enumerate() {
        let (Some(before), Some(after)) = (before, after) else { continue };
        let differ = |what: String| Err(format!("connection {}: {what}\n{replayed}", number + 1));
        let right = before.octets.iter().zip(&after.octets).take_while(|(one, other)| one == other).count();
        let all = before.octets.len();
        // Some servers say for ever what they say; the others end.
        let ends = *whole && before.end.is_some();
        if (*whole && right < all) || right < after.octets.len().min(all) || (ends && after.octets.len() > all) {
            return differ(format!("{right} of {all} octets, and {} came", after.octets.len()));
        }
        if ends && (&before.end, before.left) != (&after.end, after.left) {
            return differ(format!(
                "ended {:?}, the client left: {}; replayed {:?}, {}",
                before.end, before.left, after.end, after.left
            ));
        }
    }
    match report.checks.iter().all(|check| check.held) {
        true => Ok(()),
        false => Err(format!("{}\n{replayed}", report::text(&report, false))),
    }
}

#[derive(Default)]
struct Judge(Verdict);

impl Sink for Judge {
    fn event(&mut self, event: &Event, octets: &[u8]) {
        self.0.event(event, octets);
    }
}

fn transcript() -> Box<dyn Sink> {
    Box::new(Transcript::new(Vec::new(), Style::whole()))
}

fn text(sinks: &mut Vec<Box<dyn Sink>>) -> String {
    String::from_utf8(take::<Transcript<Vec<u8>>>(sinks).unwrap().into_inner()).unwrap()
}

fn address(bound: &[Bound], wire: &Wire) -> SocketAddr {
    bound.iter().find(|bound| bound.name == wire.on).unwrap().addr
}

/// Every connection in order, each open until all are through; then the client leaves, when it has seen all that was recorded.
fn play<'a>(
    parts: &[Part],
    recorded: Option<&[Option<Seen>]>,
    player: &dyn Fn(&Wire) -> Player<'a>,
) -> Result<Vec<Option<Seen>>, Box<Failure>> {
    let mut known = Captures::default();
    let mut players = Vec::new();
    for (number, (wire, _)) in parts.iter().enumerate() {
        let mut player = player(wire);
        // Where nobody could connect, nobody tries.
        if recorded.is_none_or(|recorded| recorded[number].is_some()) {
            player.play(wire, number + 1, &mut known).map_err(Box::new)?;
        }
        players.push(player);
    }
    let seen = |(number, player): (usize, &mut Player<'_>)| {
        let before = recorded.filter(|_| parts[number].1).and_then(|recorded| recorded[number].as_ref());
        Some(leave(player.client.as_mut()?, before))
    };
    Ok(players.iter_mut().enumerate().map(seen).collect())
}

fn leave(client: &mut Client, recorded: Option<&Seen>) -> Seen {
    let until = Instant::now() + PATIENCE;
    let wait = |client: &mut Client, until| client.wait(until).is_ok_and(|came| came == Came::Octets);
    if let Some(recorded) = recorded {
        while (!recorded.left || client.came.len() < recorded.octets.len()) && wait(client, until) {}
    }
    let left = client.end.is_none();
    if left {
        client.leave();
        let until = Instant::now() + STAYS;
        while wait(client, until) {}
    }
    Seen { octets: std::mem::take(&mut client.came), left, end: client.end.as_ref().map(|(end, _)| end.clone()) }
}

/// The times are the scenario's, not the replay's.
fn without_delays(wire: &Wire) -> Wire {
    let steps = wire.steps.iter().filter(|step| !matches!(step.act, Act::Delay(_) | Act::Takes(_))).cloned().collect();
    Wire { steps, ..wire.clone() }
}

/// The script without what no transcript has, and whether it is all of it.
fn above(wire: &Wire, used: &Mutex<BTreeSet<&'static str>>) -> Part {
    let below = |act: &Act| BELOW.iter().find(|(_, is)| is(act)).map(|(what, _)| *what);
    // Octets without TLS are of the conversation.
    let has_tls = wire.steps.iter().any(|step| matches!(step.act, Act::Tls(_) | Act::Hello));
    let mut steps = Vec::new();
    for step in &wire.steps {
        match &step.act {
            Act::AnyOctets(_) if !has_tls => steps.push(step.clone()),
            act if below(act).is_some() => {
                used.lock().unwrap().extend(below(act));
                // The handshake that goes wrong belongs to it.
                while steps.pop_if(|step: &mut WireStep| matches!(step.act, Act::Tls(_))).is_some() {}
                return (Wire { steps, ..wire.clone() }, false);
            }
            // A port that is closed is in no transcript.
            Act::Refused | Act::NoAnswer(_) => {}
            // Which version it was does not matter to what is inside.
            Act::Tls(_) => steps.push(WireStep { act: Act::Tls(None), ..step.clone() }),
            Act::Silence(time) => steps.push(WireStep { act: Act::Silence(time.mul_f64(HASTE)), ..step.clone() }),
            Act::Wait(time) => steps.push(WireStep { act: Act::Wait(time.mul_f64(HASTE)), ..step.clone() }),
            _ => steps.push(step.clone()),
        }
    }
    (Wire { steps, ..wire.clone() }, true)
}

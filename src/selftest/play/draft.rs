//! A first version of a script, for whoever writes a scenario: to be read, not believed.

use std::time::{Duration, Instant};

use super::{Player, Wrong};
use crate::proto::script::Captures;
use crate::scenario::wire::{Act, Wire, WireStep};
use crate::selftest::client::{Came, End, Trouble};
use crate::selftest::words::written;

/// A server that says nothing for so long has said all.
const QUIET: Duration = Duration::from_millis(300);

impl Player<'_> {
    /// Plays what the client says and does, and writes down what comes: the script as it would be if all were right.
    ///
    /// # Errors
    /// As [`Player::play`], for what the client does.
    pub fn draft(&mut self, wire: &Wire, known: &mut Captures) -> Result<String, String> {
        let mut script = String::new();
        let mut steps = wire.steps.iter().peekable();
        while let Some(step) = steps.next() {
            let watches = matches!(
                step.act,
                Act::Line(_)
                    | Act::Lines
                    | Act::Octets(_)
                    | Act::AnyOctets(_)
                    | Act::Reset
                    | Act::PerhapsReset
                    | Act::Close(_)
                    | Act::Silence(_)
                    | Act::Delay(_)
                    | Act::Takes(_)
                    | Act::Alert(_)
            );
            if watches {
                continue;
            }
            // Whoever connects is greeted first; a step that begins TLS or tries the port is not.
            let greeted = self.client.is_some() || matches!(step.act, Act::Say(_));
            if greeted {
                self.draft_what_comes(&mut script, false).map_err(|wrong| wrong.came)?;
            }
            script.push_str(&format!("{}\n", step.text));
            self.step(step, &[], known).map_err(|wrong| format!("{script}{}: {}", step.text, wrong.came))?;
            while matches!(step.act, Act::Say(_))
                && let Some(next) = steps.next_if(|next| matches!(next.act, Act::Say(_)))
            {
                script.push_str(&format!("{}\n", next.text));
                self.step(next, &[], known).map_err(|wrong| wrong.came)?;
            }
        }
        if !matches!(wire.steps.last(), Some(WireStep { act: Act::Refused | Act::NoAnswer(_), .. })) {
            self.draft_what_comes(&mut script, true).map_err(|wrong| wrong.came)?;
        }
        Ok(script)
    }

    /// What comes until nothing comes for a while.
    fn draft_what_comes(&mut self, script: &mut String, last: bool) -> Result<(), Wrong> {
        let mut anchor = self.anchor;
        let client = self.client()?;
        if last && client.end.is_some() {
            return Ok(());
        }
        loop {
            let came = client.wait(Instant::now() + QUIET)?;
            let held = client.held().to_vec();
            if !held.is_empty() {
                let (_, at, latest) = client.take(held.len());
                let gap = at.saturating_duration_since(anchor).as_millis();
                if gap >= 45 {
                    script.push_str(&format!("! delay {gap}ms\n"));
                }
                anchor = latest;
                for line in held.split_inclusive(|octet| *octet == b'\n') {
                    match line.strip_suffix(b"\r\n") {
                        Some(line) => script.push_str(&format!("S: {}", written(line))),
                        None => script.push_str(&format!("S- {}", written(line))),
                    }
                    script.push('\n');
                }
            }
            match (came, &client.end, &client.trouble) {
                (Came::Octets, _, None) => {}
                (Came::End, Some((end, _)), trouble) => {
                    match trouble {
                        Some(Trouble::Alert(name)) => script.push_str(&format!("! alert {name}\n")),
                        Some(Trouble::Error(why)) => script.push_str(&format!("! tls fails {why}\n")),
                        None => {}
                    }
                    script.push_str(match end {
                        End::Reset => "! reset\n",
                        End::Fin { notified: true } => "! close\n",
                        End::Fin { notified: false } => "! close no-notify\n",
                        End::Error(_) => "-- an error of the network\n",
                    });
                    break;
                }
                (Came::Octets, _, Some(_)) => {}
                _ => {
                    if last {
                        script.push_str("! silence 300ms\n");
                    }
                    break;
                }
            }
        }
        self.anchor = anchor;
        Ok(())
    }
}

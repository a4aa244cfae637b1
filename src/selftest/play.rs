//! Plays the script of one connection and compares.

mod draft;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;

use super::client::{Came, Client, End, PATIENCE, Trouble, lines};
use super::words::{described, described_trouble, first_words, rounded, shown};
use crate::proto::script::{Captures, Pattern};
use crate::scenario::wire::{Act, Notify, Wire, WireStep};

/// By how much something may come later than its script says: a machine may be busy.
const LATE: Duration = Duration::from_secs(3);
/// By how much it may seem to come earlier: what stands before it may have been seen late.
const EARLY: Duration = Duration::from_millis(30);
/// By how much more, where it is tried again, and what stands before it was late itself.
const EARLIER: Duration = Duration::from_millis(500);
/// How long a server takes nothing before it counts as not reading.
const BLOCKED: Duration = Duration::from_millis(300);
/// A server that takes so much is reading.
const MOST_TAKEN: u64 = 64 << 20;

/// Something else came than the script says.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which connection, from 1.
    pub connection: usize,
    /// Line in the scenario's file.
    pub line: usize,
    /// The line as it is written.
    pub step: String,
    /// What had to come.
    pub expected: String,
    /// What came.
    pub came: String,
    /// Octets of the conversation up to where it went wrong.
    pub offset: u64,
    /// How long after what stood before.
    pub after: Duration,
    /// The right thing came at the wrong time.
    pub timing: bool,
}

/// Why a step does not hold: what was expected, what came, and how many octets of it were right.
struct Wrong {
    expected: String,
    came: String,
    right: u64,
    timing: bool,
}

impl Wrong {
    fn new(expected: impl Into<String>, came: impl Into<String>) -> Wrong {
        Wrong { expected: expected.into(), came: came.into(), right: 0, timing: false }
    }
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        Wrong::new("a working socket", error.to_string())
    }
}

/// One connection while it is played, and afterwards, as long as it stays open.
pub struct Player<'a> {
    addr: SocketAddr,
    trust: Option<&'a Arc<ClientConfig>>,
    pub client: Option<Client>,
    begun: Instant,
    /// When that came, or was said, which stands before.
    anchor: Instant,
    /// The earliest time at which that can have come: when the client acted, and all delays since.
    earliest: Instant,
    /// A machine that is busy has shown other times before.
    lenient: bool,
    /// What follows must come so long after it.
    delay: Option<Duration>,
    /// From the first octet of what follows to its last, so long.
    takes: Option<Duration>,
    /// What was notable, in a few words.
    pub seen: Option<String>,
    /// The last line that was checked.
    pub last: Option<String>,
    /// The conversation.
    pub talk: String,
}

impl<'a> Player<'a> {
    /// A client that has not connected yet. `trust` is for TLS; `lenient` forgives pieces that are seen together because the first of them was seen late.
    pub fn new(addr: SocketAddr, trust: Option<&'a Arc<ClientConfig>>, lenient: bool) -> Self {
        let now = Instant::now();
        Player {
            addr,
            trust,
            client: None,
            begun: now,
            anchor: now,
            earliest: now,
            lenient,
            delay: None,
            takes: None,
            seen: None,
            last: None,
            talk: String::new(),
        }
    }

    /// The client has done something, no earlier than this.
    fn acted(&mut self, at: Instant) {
        (self.anchor, self.earliest) = (at, at);
    }

    /// Octets of the conversation that came.
    fn heard(&self) -> u64 {
        self.client.as_ref().map_or(0, |client| client.heard)
    }

    /// Plays all of it. `number` is the connection's.
    ///
    /// # Errors
    /// The first line that does not hold.
    pub fn play(&mut self, wire: &Wire, number: usize, known: &mut Captures) -> Result<(), Failure> {
        let mut steps = &wire.steps[..];
        while let Some((step, rest)) = steps.split_first() {
            let used = match self.step(step, rest, known) {
                Ok(used) => used,
                Err(Wrong { expected, came, right, timing }) => {
                    let after = self.anchor.elapsed();
                    self.note(&format!("!! {came}, where line {} says `{}`", step.line, step.text));
                    let (line, step) = (step.line, step.text.to_string());
                    let offset = self.heard() + right;
                    return Err(Failure { connection: number, line, step, expected, came, offset, after, timing });
                }
            };
            steps = rest.get(used..).unwrap_or_default();
        }
        // A connection without any line is still one.
        if wire.steps.is_empty() {
            let _ = self.client();
        }
        Ok(())
    }

    /// One step; how many of the following ones were played with it.
    fn step(&mut self, step: &WireStep, rest: &[WireStep], known: &mut Captures) -> Result<usize, Wrong> {
        match &step.act {
            Act::Say(text) => {
                let mut octets = text.fill(known);
                let with = rest.iter().map_while(|step| if let Act::Say(text) = &step.act { Some(text) } else { None });
                let mut used = 0;
                for text in with {
                    octets.extend(text.fill(known));
                    used += 1;
                }
                self.say(&octets)?;
                return Ok(used);
            }
            Act::Send(octets) => self.say(&lines(usize::try_from(*octets).unwrap_or(usize::MAX)))?,
            Act::Line(text) => {
                let line = self.line()?;
                if !text.hear(&line, known) {
                    if let Some(client) = &mut self.client {
                        // Where it begins to be another one, not where it ends.
                        client.heard = client.heard.saturating_sub(line.len() as u64 + 2);
                    }
                    return Err(other_line(text, &line, known));
                }
                self.last = Some(first_words(&line));
            }
            Act::Lines => {
                let Some(WireStep { act: Act::Line(text), .. }) = rest.first() else { return Ok(0) };
                loop {
                    let line = self.line().map_err(|wrong| {
                        let expected = format!("lines up to `{}`", shown(&text.text().fill(known)));
                        Wrong { expected, ..wrong }
                    })?;
                    if text.hear(&line, known) {
                        self.last = Some(first_words(&line));
                        return Ok(1);
                    }
                }
            }
            Act::Octets(wanted) => self.octets(wanted)?,
            Act::AnyOctets(wanted) => self.any_octets(*wanted)?,
            Act::Reset => self.end(&End::Reset, "RST")?,
            Act::PerhapsReset => {
                let until = self.until();
                let client = self.client()?;
                while client.held().is_empty() && client.wait(until)? == Came::Octets {}
                if client.held().is_empty() {
                    self.end(&End::Reset, "RST")?;
                    return Ok(rest.len());
                }
            }
            Act::Close(Notify::AsUsual) => self.end(&End::Fin { notified: true }, "FIN")?,
            Act::Close(Notify::Missing) => self.end(&End::Fin { notified: false }, "FIN without close_notify")?,
            Act::Silence(time) => self.silence(*time)?,
            Act::Delay(time) => self.delay = Some(*time),
            Act::Takes(time) => self.takes = Some(*time),
            Act::Wait(time) => {
                self.note(&format!("-- waits {}", rounded(*time)));
                std::thread::sleep(*time);
            }
            Act::Refused => self.refused()?,
            Act::NoAnswer(time) => self.no_answer(*time)?,
            Act::Blocked => {
                let taken = self.client()?.say_until_blocked(BLOCKED, MOST_TAKEN)?;
                if taken >= MOST_TAKEN {
                    return Err(Wrong::new("a server that stops reading", format!("it has taken {taken} octets")));
                }
                self.notable(format!("reads no more, {taken} octets waiting"));
                self.acted(Instant::now());
            }
            Act::Leave => {
                self.client()?;
                self.acted(Instant::now());
                self.client()?.leave();
                self.note("C  FIN");
            }
            Act::Hello => {
                let trust = self.trust()?;
                self.client()?;
                self.acted(Instant::now());
                self.client()?.hello(&trust)?;
                self.note("C  ClientHello");
            }
            Act::Tls(version) => self.handshake(version.as_deref())?,
            Act::TlsFails(words) => self.tls_fails(words, known)?,
            Act::Alert(name) => match self.trouble()? {
                Trouble::Alert(alert) if alert == **name => self.notable(format!("alert {name}")),
                other => return Err(Wrong::new(format!("the alert {name}"), described_trouble(&other))),
            },
        }
        Ok(0)
    }

    /// The connection, made if it is not there.
    fn client(&mut self) -> Result<&mut Client, Wrong> {
        if self.client.is_none() {
            let begun = Instant::now();
            let client = Client::connect(self.addr, PATIENCE)
                .map_err(|error| Wrong::new("a connection", format!("connecting failed: {error}")))?;
            self.client = Some(client);
            (self.anchor, self.earliest) = (Instant::now(), begun);
            self.note("-- connected");
        }
        self.client.as_mut().ok_or_else(|| Wrong::new("a connection", "none"))
    }

    fn trust(&self) -> Result<Arc<ClientConfig>, Wrong> {
        self.trust.cloned().ok_or_else(|| Wrong::new("a listener with TLS", "the scenario has none"))
    }

    fn say(&mut self, octets: &[u8]) -> Result<(), Wrong> {
        // Before, since the answer may be there when the write returns.
        self.client()?;
        self.acted(Instant::now());
        self.client()?.say(octets)?;
        self.note_octets('C', octets);
        Ok(())
    }

    fn until(&self) -> Instant {
        Instant::now() + PATIENCE + self.delay.unwrap_or_default()
    }

    /// Waits until `enough` holds of what is there and was not looked at.
    fn until_held(&mut self, expected: &dyn Fn() -> String, enough: &dyn Fn(&[u8]) -> Option<usize>) -> Result<Vec<u8>, Wrong> {
        let until = self.until();
        loop {
            let client = self.client()?;
            if let Some(octets) = enough(client.held()) {
                let (taken, first, last) = client.take(octets);
                self.on_time(first).inspect_err(|_| {
                    if let Some(client) = &mut self.client {
                        client.heard = client.heard.saturating_sub(taken.len() as u64);
                    }
                })?;
                self.anchor = first;
                let late = self.late();
                self.anchor = last;
                self.note_octets('S', &taken);
                self.long_enough(last.saturating_duration_since(first), late)?;
                return Ok(taken);
            }
            if client.wait(until)? != Came::Octets || client.trouble.is_some() {
                let mut wrong = Wrong::new(expected(), described(client));
                wrong.right = client.held().len() as u64;
                return Err(wrong);
            }
        }
    }

    fn line(&mut self) -> Result<Vec<u8>, Wrong> {
        let whole = |held: &[u8]| memchr::memmem::find(held, b"\r\n").map(|at| at + 2);
        let mut line = self.until_held(&|| "a line".into(), &whole)?;
        line.truncate(line.len().saturating_sub(2));
        Ok(line)
    }

    fn octets(&mut self, wanted: &[u8]) -> Result<(), Wrong> {
        let expected = || format!("`{}`", shown(wanted));
        // Octets that are wrong need no others to be waited for.
        let enough = |held: &[u8]| {
            let right = held.iter().zip(wanted).take_while(|(came, wanted)| came == wanted).count();
            (right == wanted.len()).then_some(right).or_else(|| (right < held.len()).then_some(right + 1))
        };
        let taken = self.until_held(&expected, &enough)?;
        if taken == wanted {
            return Ok(());
        }
        let mut rest = taken;
        if let Some(client) = &mut self.client {
            // The wrong one is not among those that were right.
            client.heard = client.heard.saturating_sub(1);
            rest.extend_from_slice(client.held());
        }
        Err(Wrong::new(expected(), format!("`{}`", shown(&rest))))
    }

    fn any_octets(&mut self, wanted: u64) -> Result<(), Wrong> {
        let expected = || format!("{wanted} octets");
        if !self.client()?.has_tls() {
            let length = usize::try_from(wanted).unwrap_or(usize::MAX);
            self.until_held(&expected, &|held| (held.len() >= length).then_some(length))?;
            return Ok(());
        }
        let until = self.until();
        loop {
            let client = self.client()?;
            let came = client.raw;
            if came >= wanted {
                let at = client.raw_at;
                if came > wanted {
                    return Err(Wrong::new(format!("{wanted} octets of records"), format!("{came}")));
                }
                self.on_time(at)?;
                self.anchor = at;
                self.note(&format!("S  {came} octets of records"));
                return Ok(());
            }
            if client.wait(until)? != Came::Octets {
                return Err(Wrong::new(format!("{wanted} octets of records"), format!("{came}, then {}", described(client))));
            }
        }
    }

    fn end(&mut self, wanted: &End, words: &str) -> Result<(), Wrong> {
        let until = self.until();
        let expected = format!("{words} after {} octets", self.heard());
        let client = self.client()?;
        while client.held().is_empty() && client.wait(until)? == Came::Octets {}
        let heard = client.heard;
        let (end, at) = match client.end.clone() {
            Some(end) if client.held().is_empty() => end,
            _ => return Err(Wrong::new(expected, described(client))),
        };
        let right = match (&end, wanted) {
            // A TLS session that has failed already ends as it can.
            (End::Fin { .. }, End::Fin { .. }) if client.trouble.is_some() => true,
            (end, wanted) => end == wanted,
        };
        if !right {
            return Err(Wrong::new(expected, described(client)));
        }
        self.on_time(at)?;
        self.notable(format!("{words} after {heard} octets, {} ms", at.saturating_duration_since(self.anchor).as_millis()));
        self.anchor = at;
        Ok(())
    }

    fn silence(&mut self, time: Duration) -> Result<(), Wrong> {
        let until = Instant::now() + time;
        let client = self.client()?;
        while client.held().is_empty() && client.trouble.is_none() && client.wait(until)? == Came::Octets {}
        if !client.held().is_empty() || client.end.is_some() || client.trouble.is_some() {
            return Err(Wrong::new(format!("silence for {}", rounded(time)), described(client)));
        }
        let heard = client.heard;
        self.notable(format!("silence after {heard} octets, {}", rounded(time)));
        Ok(())
    }

    fn refused(&mut self) -> Result<(), Wrong> {
        match Client::connect(self.addr, PATIENCE) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                self.notable("refused".into());
                Ok(())
            }
            Err(error) => Err(Wrong::new("a connection that is refused", error.to_string())),
            Ok(_) => Err(Wrong::new("a connection that is refused", "it was accepted")),
        }
    }

    fn no_answer(&mut self, time: Duration) -> Result<(), Wrong> {
        match Client::connect(self.addr, time.max(Duration::from_millis(1))) {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                self.notable(format!("no answer in {}", rounded(time)));
                Ok(())
            }
            Err(error) => Err(Wrong::new("no answer to connecting", error.to_string())),
            Ok(_) => Err(Wrong::new("no answer to connecting", "it was accepted")),
        }
    }

    fn handshake(&mut self, version: Option<&str>) -> Result<(), Wrong> {
        let expected = version.map_or("a TLS handshake".to_owned(), |version| format!("a handshake of TLS {version}"));
        self.begin_tls(&expected)?;
        let client = self.client()?;
        if client.is_handshaking() || client.trouble.is_some() {
            return Err(Wrong::new(expected, described(client)));
        }
        let spoken = client.tls_version().unwrap_or("?");
        if version.is_some_and(|version| version != spoken) {
            return Err(Wrong::new(expected, format!("TLS {spoken}")));
        }
        match version {
            Some(_) => self.notable(format!("TLS {spoken}")),
            None => self.note(&format!("-- TLS {spoken}")),
        }
        self.anchor = Instant::now();
        Ok(())
    }

    fn begin_tls(&mut self, expected: &str) -> Result<(), Wrong> {
        let trust = self.trust()?;
        let until = self.until();
        let client = self.client()?;
        if !client.held().is_empty() {
            return Err(Wrong::new(expected, described(client)));
        }
        self.acted(Instant::now());
        let client = self.client()?;
        if let Some(first) = client.handshake(&trust, until)? {
            self.on_time(first)?;
        }
        Ok(())
    }

    fn tls_fails(&mut self, words: &Pattern, known: &mut Captures) -> Result<(), Wrong> {
        let expected = format!("TLS that fails with `{}`", shown(&words.text().fill(known)));
        if !self.client()?.has_tls() {
            self.begin_tls(&expected)?;
        }
        match self.trouble()? {
            Trouble::Error(why) if words.hear(why.as_bytes(), known) => {
                self.notable(format!("TLS fails: {why}"));
                self.anchor = Instant::now();
                Ok(())
            }
            other => Err(Wrong::new(expected, described_trouble(&other))),
        }
    }

    /// Waits until TLS comes to nothing.
    fn trouble(&mut self) -> Result<Trouble, Wrong> {
        let until = self.until();
        let client = self.client()?;
        loop {
            if let Some(trouble) = &client.trouble {
                return Ok(trouble.clone());
            }
            if !client.held().is_empty() || client.wait(until)? != Came::Octets {
                return Err(Wrong::new("TLS that comes to nothing", described(client)));
            }
        }
    }

    /// Whether what came at this time was waited for long enough, and not too long.
    fn on_time(&mut self, at: Instant) -> Result<(), Wrong> {
        let Some(delay) = self.delay.take() else { return Ok(()) };
        let after = at.saturating_duration_since(self.anchor);
        let (least, most) = (delay.saturating_sub(self.late() + EARLY.min(delay / 2)), delay + delay / 4 + LATE);
        if (least..=most).contains(&after) {
            self.earliest += delay;
            return Ok(());
        }
        let expected = format!("a delay of {}", rounded(delay));
        Err(Wrong { timing: true, ..Wrong::new(expected, format!("after {} ms it was there", after.as_millis())) })
    }

    /// By how much what stands before may have been seen late, as far as that is forgiven.
    fn late(&self) -> Duration {
        match self.lenient {
            true => self.anchor.saturating_duration_since(self.earliest).min(EARLIER),
            false => Duration::ZERO,
        }
    }

    /// Whether what came took as long as it must, if its first octet was seen so late.
    fn long_enough(&mut self, took: Duration, late: Duration) -> Result<(), Wrong> {
        match self.takes.take() {
            Some(least) if took + late < least => {
                let expected = format!("octets over {}", rounded(least));
                Err(Wrong { timing: true, ..Wrong::new(expected, format!("they came in {} ms", took.as_millis())) })
            }
            _ => Ok(()),
        }
    }

    fn notable(&mut self, what: String) {
        self.note(&format!("!  {what}"));
        self.seen = Some(what);
    }

    fn note(&mut self, text: &str) {
        let at = self.begun.elapsed();
        self.talk.push_str(&format!("  {:3}.{:03}  {text}\n", at.as_secs(), at.subsec_millis()));
    }

    fn note_octets(&mut self, who: char, octets: &[u8]) {
        let mut rest = octets;
        let mut lines = 0;
        while !rest.is_empty() {
            let end = memchr::memmem::find(rest, b"\r\n").map_or(rest.len(), |at| at + 2);
            let (line, after) = rest.split_at(end);
            match line.strip_suffix(b"\r\n") {
                _ if lines == 30 => return self.note(&format!("{who}  ... {} octets more", rest.len())),
                Some(line) => self.note(&format!("{who}: {}", shown(line))),
                None => self.note(&format!("{who}- {}", shown(line))),
            }
            (rest, lines) = (after, lines + 1);
        }
    }
}

fn other_line(pattern: &Pattern, line: &[u8], known: &Captures) -> Wrong {
    let wanted = pattern.text().fill(known);
    let right = line.iter().zip(&wanted).take_while(|(came, wanted)| came == wanted).count();
    Wrong { expected: format!("`{}`", shown(&wanted)), came: format!("`{}`", shown(line)), right: right as u64, timing: false }
}

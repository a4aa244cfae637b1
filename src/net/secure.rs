//! The driver's side of TLS: from the first octet of a handshake to plain text, and the moments `tls` and `secure` on the way.

use std::time::Duration;

use tokio::time::Instant;

use super::driver::{Connection, Stage, Work};
use super::ending::How;
use super::tls::{Tls, TlsFailure};
use crate::certs::client_hello;
use crate::journal::What;
use crate::journal::event::Side;
use crate::mail::Note;
use crate::proto::{Answer, Ats, Class, Moment, Rope, Then};

/// How long a client may take for its ClientHello, and then for the rest of its handshake.
const PATIENCE: Duration = Duration::from_secs(60);

impl Connection {
    /// From here on the wire carries TLS: at once, or after STARTTLS.
    pub(super) fn start_tls(&mut self) {
        self.tls = Some(Box::new(Tls::new()));
        self.stage = Stage::Handshake;
    }

    /// The client's turn in a handshake: it has so long. While a fault has the word the clock stands still.
    pub(super) fn await_client(&mut self) {
        self.handshake_until.get_or_insert_with(|| Instant::now() + PATIENCE);
    }

    /// What was read before STARTTLS was answered came in clear, perhaps from somebody else (CVE-2011-0411): it is dropped. RFC 3207 section 4.2.
    pub(super) fn drop_pipelined(&mut self, octets: usize) {
        if octets > 0 {
            let note = Note::Limit { name: "pipelined-behind-starttls".into(), dropped: octets as u64 };
            self.shared.recorder.event(self.client.number, What::Note(note));
        }
    }

    /// Octets from the wire of a connection with TLS.
    pub(super) fn hear_wire(&mut self, octets: &[u8], work: &mut Work) {
        let must_wait = self.stage == Stage::Handshake && !self.frames.is_empty();
        let Some(tls) = &mut self.tls else { return };
        if tls.is_dead() {
            if let Some(failure) = tls.refusal(octets) {
                self.note_tls_failure(failure);
            }
            return;
        }
        if must_wait {
            // A fault at `connect` or `tls` has the word; when it will say no more, nobody will ever read this.
            if !self.discards() {
                self.input.extend_from_slice(octets);
            }
            return;
        }
        let Some(tls) = &mut self.tls else { return };
        let mut plain = Vec::new();
        match tls.feed(octets, &mut plain) {
            Ok(progress) => {
                if progress.hello {
                    self.input.extend_from_slice(&octets[octets.len() - progress.left..]);
                    self.hello_is_read(work);
                }
                if progress.secured {
                    self.is_secured(work);
                }
                if !plain.is_empty() {
                    self.hear_plain(&plain, work);
                }
                if progress.closed {
                    self.client_finished();
                }
            }
            Err(failure) => self.tls_failed(failure),
        }
    }

    fn hello_is_read(&mut self, work: &mut Work) {
        self.handshake_until = None;
        let Some(tls) = &self.tls else { return };
        let what = What::Hello {
            sni: tls.facts.sni.clone().map(String::into_boxed_str),
            alpn: tls.facts.alpn.clone(),
            versions: tls.facts.versions.iter().map(|&version| version_text(version)).collect(),
        };
        self.shared.recorder.event(self.client.number, what);
        self.begin(Moment::new(Ats::TLS), work);
    }

    fn is_secured(&mut self, work: &mut Work) {
        let agreed = self.tls.as_ref().and_then(|tls| tls.agreed());
        let certificate = agreed.as_ref().is_some_and(|agreed| agreed.certificate);
        if let Some(agreed) = agreed {
            let (version, suite) = (agreed.version.into(), agreed.suite.into());
            let what = What::Secured { version, suite, resumed: agreed.resumed };
            self.shared.recorder.event(self.client.number, what);
        }
        self.handshake_until = None;
        self.session.secured(certificate);
        self.stage = if self.greeted { Stage::Talking } else { Stage::Connected };
        self.begin(Moment::new(Ats::SECURE), work);
    }

    /// The client refuses, or what it sent is no TLS. An alert of ours may wait to be written; then FIN.
    fn tls_failed(&mut self, failure: TlsFailure) {
        // An alert says that the client has left; all else is refused by the server.
        let by = if failure.alert.is_some() { Side::Client } else { Side::Server };
        self.note_tls_failure(failure);
        if let Some(tls) = &mut self.tls {
            tls.give_up();
        }
        let phase = self.phase();
        self.close(by, How::Finish { both: true, notify: false }, phase);
    }

    fn note_tls_failure(&mut self, failure: TlsFailure) {
        let what = What::TlsFailed { why: failure.why.into(), alert: failure.alert.map(String::into_boxed_str) };
        self.shared.recorder.event(self.client.number, what);
    }

    /// The client has left in the middle of a handshake that was its own to go on with.
    pub(super) fn note_unfinished_handshake(&mut self) {
        let waits = self.stage == Stage::Handshake && self.frames.is_empty() && self.closing.is_none();
        if let Some(unfinished) = self.tls.as_ref().and_then(|tls| tls.unfinished()).filter(|_| waits) {
            self.note_tls_failure(TlsFailure { why: format!("{unfinished}: the client left"), alert: None });
        }
    }

    /// Where the conversation stands, for the journal.
    pub(super) fn phase(&self) -> &'static str {
        if self.stage == Stage::Handshake { "tls" } else { self.session.phase() }
    }

    /// A client that has not finished its handshake in time.
    pub(super) fn handshake_times_out(&mut self) -> bool {
        let over = self.handshake_until.is_some_and(|until| Instant::now() >= until);
        if over {
            let unfinished = self.tls.as_ref().and_then(|tls| tls.unfinished()).unwrap_or("no-handshake");
            let why = format!("{unfinished}: the client took longer than {} s", PATIENCE.as_secs());
            self.note_tls_failure(TlsFailure { why, alert: None });
            self.close(Side::Server, How::Finish { both: true, notify: false }, "tls");
        }
        over
    }

    /// What a healthy server says to the ClientHello, with the certificate and the versions that the faults have chosen.
    pub(super) fn first_flight(&mut self) -> Answer {
        let no = |reply| Answer { reply, class: Class::No, then: Then::Close };
        let Some(tls) = &mut self.tls else { return no(Rope::new()) };
        let why = match self.shared.server_config(&tls.choice) {
            Ok(config) => match tls.first_flight(config) {
                Ok(reply) => return Answer { reply, class: Class::Ok, then: Then::Nothing },
                Err((failure, alert)) => (failure.why, alert),
            },
            Err(why) => (why, Rope::new()),
        };
        let (why, alert) = why;
        self.shared.recorder.event(self.client.number, What::TlsFailed { why: why.into(), alert: None });
        no(alert)
    }
}

/// `1.3`, or the number of a version that has no name.
fn version_text(version: u16) -> String {
    client_hello::version_name(version).map_or_else(|| format!("{version:#06x}"), str::to_owned)
}

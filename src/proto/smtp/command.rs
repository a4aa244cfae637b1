//! What the server says to each command, and what becomes of the session.

use std::sync::Arc;

use bytes::Bytes;

use super::input::Input;
use super::oddity::{self, Oddity};
use super::parse::{self, Addressed, Body, Fault, Verb};
use super::reply::{self, fixed, said};
use super::session::{Login, Mail, SmtpSession, Unit};
use super::words::Say;
use crate::mail::{Denied, Full};
use crate::proto::sasl::{self, Exchange, Mechanism, Step};
use crate::proto::{Answer, Ats, Class, Cx, Note, Notes, Shown, Then, TlsMode};

/// A fault may accept recipients without end; so many are kept at least, whatever the scenario's limit is.
const MOST_FORCED_RECIPIENTS: usize = 10_000;

const FULL: &str = "452 4.3.1 Insufficient system storage\r\n";
const HELO_FIRST: &str = "503 5.5.1 EHLO or HELO first\r\n";
const MAIL_FIRST: &str = "503 5.5.1 MAIL first\r\n";
const NO_RECIPIENTS: &str = "554 5.5.1 No valid recipients\r\n";
const MIXED: &str = "503 5.5.1 This transaction uses BDAT\r\n";

impl SmtpSession {
    /// Reads a command into a unit; names that its moment has beside its verb and `command`. `None`: content follows before the answer.
    pub(super) fn command(&mut self, verb: Verb, line: &[u8], cx: &mut Cx<'_>) -> Option<Ats> {
        self.unit = match verb {
            Verb::Helo | Verb::Ehlo => match parse::hello(line, cx.notes) {
                Ok(name) => Unit::Hello { esmtp: verb == Verb::Ehlo, name },
                Err(fault) => refuse(fault, cx.notes),
            },
            Verb::Mail => Unit::Mail(parse::mail(line, cx.notes)),
            Verb::Rcpt => {
                let utf8 = self.mail.as_ref().is_some_and(|mail| mail.utf8);
                Unit::Rcpt(parse::rcpt(line, utf8, cx.notes))
            }
            Verb::Data | Verb::Rset | Verb::Quit | Verb::Starttls if !self.argument.is_empty() => {
                oddity::UNEXPECTED_ARGUMENT.note(cx.notes);
                let column = line.iter().position(|&octet| octet == b' ').map_or(0, |at| at + 2);
                Unit::Fixed(format!("501 5.5.4 Syntax error at column {column}: expected the end of the line\r\n").into())
            }
            Verb::Data => {
                self.unit = Unit::Data;
                // Only a DATA that is going to be accepted has a 354, which is a continuation.
                return Some(if self.data_refusal().is_none() { Ats::CONTINUATION } else { Ats::NONE });
            }
            Verb::Rset => Unit::Rset,
            Verb::Quit => Unit::Quit,
            Verb::Starttls => Unit::Starttls,
            Verb::Noop => Unit::Fixed(self.config.words.say(Say::Noop)),
            Verb::Vrfy if self.argument.is_empty() => {
                refuse(Fault::Syntax { column: line.len() + 1, expected: "a name" }, cx.notes)
            }
            Verb::Vrfy => answer_with("252 2.5.0 Cannot verify, but will take mail for it\r\n"),
            Verb::Expn => answer_with("502 5.5.1 EXPN is not implemented\r\n"),
            Verb::Help => answer_with("214 2.0.0 RFC 5321 has it all\r\n"),
            Verb::Bdat => match parse::bdat(line) {
                Ok((size, last)) => return self.begin_chunk(size, last, cx.notes),
                Err(fault) => refuse(fault, cx.notes),
            },
            Verb::Auth => return Some(self.auth(line, cx)),
            Verb::Http => {
                oddity::HTTP_REQUEST.note(cx.notes);
                // A page in a browser must not be able to send mail (a cross-protocol request): the conversation ends here.
                Unit::Wrong("421 4.7.0 This is SMTP, not HTTP\r\n")
            }
            Verb::Unknown if line.is_empty() => {
                oddity::EMPTY_COMMAND.note(cx.notes);
                answer_with("500 5.5.2 Syntax error at column 1: expected a command\r\n")
            }
            Verb::Unknown => {
                let word: Vec<u8> = line.iter().copied().take(40).take_while(|&octet| octet != b' ').collect();
                oddity::UNKNOWN_COMMAND.note_with(&format!("`{}`", String::from_utf8_lossy(&word).escape_debug()), cx.notes);
                answer_with("500 5.5.2 Syntax error at column 1: expected a command\r\n")
            }
        };
        Some(Ats::NONE)
    }

    /// The answer to the parked unit.
    pub(super) fn decide(&mut self, cx: &mut Cx<'_>) -> Answer {
        let mut unit = std::mem::take(&mut self.unit);
        let answer = match &mut unit {
            Unit::Nothing => self.say(Say::Noop),
            Unit::Fixed(text) => said(text.clone()),
            Unit::Hello { esmtp: false, .. } => said(self.config.helo.clone()),
            Unit::Hello { .. } => said(self.ehlo_reply()),
            Unit::Mail(mail) => self.answer_mail(mail, cx),
            Unit::Rcpt(rcpt) => self.answer_rcpt(rcpt, cx),
            Unit::Data => self.answer_data(cx),
            Unit::Rset => self.say(Say::Rset),
            Unit::Quit => {
                cx.notes.push(Note::Goodbye);
                Answer { then: Then::Close, ..self.say(Say::Quit) }
            }
            Unit::Starttls => self.answer_starttls(cx),
            Unit::Wrong(text) => {
                cx.notes.push(Note::ServerGoodbye);
                Answer { then: Then::Close, ..fixed(text) }
            }
            Unit::Chunk => match &self.mail {
                Some(mail) if mail.content.dropped > 0 => {
                    cx.notes.push(Note::Limit { name: "message".into(), dropped: mail.content.dropped });
                    self.say(Say::MessageTooLarge)
                }
                _ => self.say(Say::Chunk),
            },
            Unit::Message => self.answer_message(cx),
            Unit::Challenge(challenge) => {
                self.opening = Some(Input::Response);
                Answer::new(Class::More, crate::proto::Rope::text(format!("334 {}\r\n", sasl::encode(challenge))))
            }
            Unit::Login(login) => self.answer_login(login, cx),
        };
        self.unit = unit;
        answer
    }

    /// A transaction begins.
    pub(super) fn begin(&mut self, mail: Addressed, cx: &mut Cx<'_>) {
        let Some(sender) = mail.path else { return };
        self.flags.mail_refused = false;
        cx.notes.push(Note::Begun { sender: sender.clone() });
        let Addressed { body, utf8, size: declared, .. } = mail;
        self.mail = Some(Box::new(Mail { body, utf8, declared, ..Mail::from(sender) }));
    }

    pub(super) fn add_recipient(&mut self, recipient: Arc<str>, cx: &mut Cx<'_>) {
        let most = MOST_FORCED_RECIPIENTS.max(self.config.spec.recipients_limit as usize);
        match &mut self.mail {
            Some(mail) if mail.recipients.len() < most => mail.recipients.push(recipient),
            Some(_) => cx.notes.push(Note::Limit { name: "recipients".into(), dropped: 1 }),
            None => {}
        }
    }

    fn ehlo_reply(&self) -> Bytes {
        let config = &self.config;
        let logged_in = self.user.is_some();
        let capabilities = || reply::capabilities(&config.spec, config.tls, self.flags.secure, logged_in);
        match &self.rare {
            Some(rare) if rare.changes_capabilities() => {
                let mut all = capabilities();
                reply::change(&mut all, &rare.hide, &rare.offer);
                reply::change(&mut all, &rare.hide_once, &rare.offer_once);
                reply::ehlo(config.spec.hello(), &all)
            }
            _ if logged_in && config.spec.by_state.after_login != Shown::default() => {
                reply::ehlo(config.spec.hello(), &capabilities())
            }
            _ if self.flags.secure => config.ehlo_secure.clone(),
            _ => config.ehlo_clear.clone(),
        }
    }

    fn answer_mail(&self, mail: &Addressed, cx: &mut Cx<'_>) -> Answer {
        let spec = &self.config.spec;
        if let Some(fault) = mail.fault {
            fault.oddity().note_with(&fault.to_string(), cx.notes);
            return said(format!("{fault}\r\n").into());
        }
        if mail.parameters && self.helo.is_some() && !self.flags.esmtp {
            oddity::PARAMETERS_WITHOUT_EHLO.note(cx.notes);
        }
        if mail.body == Body::Binary {
            oddity::NOT_OFFERED.note_with("BODY=BINARYMIME", cx.notes);
        }
        if self.helo.is_none() {
            return out_of_order(oddity::HELO_MISSING, "MAIL", HELO_FIRST, cx.notes);
        }
        if self.mail.is_some() {
            return out_of_order(oddity::OUT_OF_ORDER, "MAIL", "503 5.5.1 A transaction is open already\r\n", cx.notes);
        }
        if spec.require_auth && self.user.is_none() {
            return self.say(Say::LoginFirst);
        }
        if mail.size > spec.size_limit {
            return self.say(Say::SizeTooLarge);
        }
        if !cx.store.has_room(mail.size) {
            cx.notes.push(Note::Limit { name: "store".into(), dropped: mail.size });
            return fixed(FULL);
        }
        said(self.config.words.say_with(Say::Mail, &[("sender", &|| mail.path.as_deref().unwrap_or_default().to_owned())]))
    }

    fn answer_rcpt(&mut self, rcpt: &Addressed, cx: &mut Cx<'_>) -> Answer {
        if let Some(mail) = &mut self.mail {
            mail.rcpt_tried = true;
        }
        if let Some(fault) = rcpt.fault {
            fault.oddity().note_with(&fault.to_string(), cx.notes);
            return said(format!("{fault}\r\n").into());
        }
        let Some(mail) = &self.mail else { return self.without_mail("RCPT", cx.notes) };
        if mail.chunked {
            return out_of_order(oddity::OUT_OF_ORDER, "RCPT", MIXED, cx.notes);
        }
        if mail.recipients.len() >= self.config.spec.recipients_limit as usize {
            cx.notes.push(Note::Limit { name: "recipients".into(), dropped: 1 });
            return self.say(Say::TooManyRecipients);
        }
        // Here one recipient can be refused alone; at the end of the data there is one reply for all.
        // Whoever has not told the size sends something.
        let size = mail.declared.max(1);
        if let Some(path) = &rcpt.path
            && cx.store.would_take(std::slice::from_ref(path), size) == Err(Full::Quota)
        {
            cx.notes.push(Note::Limit { name: "quota".into(), dropped: size });
            return self.say(Say::OverQuota);
        }
        said(self.config.words.say_with(Say::Rcpt, &[("recipient", &|| rcpt.path.as_deref().unwrap_or_default().to_owned())]))
    }

    fn answer_data(&mut self, cx: &mut Cx<'_>) -> Answer {
        let Some(refusal) = self.data_refusal() else {
            self.opening = Some(Input::Lines);
            return self.say(Say::Data);
        };
        let Some(mail) = &self.mail else { return self.without_mail("DATA", cx.notes) };
        // A client that pipelines cannot know yet that all recipients were refused (RFC 2920 section 3.1).
        if refusal != NO_RECIPIENTS || !mail.rcpt_tried {
            oddity::OUT_OF_ORDER.note_with("`DATA`", cx.notes);
        }
        fixed(refusal)
    }

    /// Why DATA cannot come now.
    fn data_refusal(&self) -> Option<&'static str> {
        match &self.mail {
            None => Some(MAIL_FIRST),
            Some(mail) if mail.chunked => Some(MIXED),
            // RFC 3030 section 3: a binary message has no lines.
            Some(mail) if mail.body == Body::Binary => Some("503 5.5.1 BODY=BINARYMIME needs BDAT\r\n"),
            Some(mail) if mail.recipients.is_empty() => Some(NO_RECIPIENTS),
            Some(_) => None,
        }
    }

    fn answer_starttls(&self, cx: &mut Cx<'_>) -> Answer {
        if self.flags.secure {
            return out_of_order(oddity::OUT_OF_ORDER, "STARTTLS", "503 5.5.1 TLS is up already\r\n", cx.notes);
        }
        if self.config.tls != TlsMode::Starttls {
            oddity::NOT_OFFERED.note_with("STARTTLS", cx.notes);
            return fixed("502 5.5.1 STARTTLS is not available\r\n");
        }
        Answer { then: Then::Upgrade, ..self.say(Say::Starttls) }
    }

    fn answer_message(&self, cx: &mut Cx<'_>) -> Answer {
        let Some(mail) = &self.mail else { return fixed(MAIL_FIRST) };
        if mail.content.dropped > 0 {
            return self.say(Say::MessageTooLarge);
        }
        let octets = mail.content.raw.len() as u64;
        if let Err(full) = cx.store.would_take(&mail.recipients, octets) {
            cx.notes.push(Note::Limit { name: full.name().into(), dropped: octets });
            return if full == Full::Quota { self.say(Say::OverQuota) } else { fixed(FULL) };
        }
        said(self.config.words.say_with(
            Say::Message,
            &[
                ("message_id", &|| mail.message_id(&self.config.spec.hostname)),
                ("id", &|| mail.digest()),
                ("size", &|| octets.to_string()),
            ],
        ))
    }

    /// A reply that changes nothing.
    fn say(&self, say: Say) -> Answer {
        said(self.config.words.say(say))
    }

    fn answer_login(&self, login: &mut Login, cx: &mut Cx<'_>) -> Answer {
        let verdict = sasl::verdict(cx.store, &login.user, &login.proof, login.mechanism.name(), cx.notes);
        let answer = match &verdict {
            Ok(_) => self.say(Say::Login),
            Err(Denied::Credentials) if login.mechanism.takes_token() => self.say(Say::WrongToken),
            Err(Denied::Credentials) => self.say(Say::WrongPassword),
            Err(Denied::Mechanism) => fixed("534 5.7.9 This user needs another authentication mechanism\r\n"),
            Err(Denied::Authorization) => fixed("535 5.7.8 Acting as another user is not allowed\r\n"),
            Err(Denied::TooManyAccounts) => fixed("454 4.7.0 Temporary authentication failure\r\n"),
        };
        login.verdict = Some(verdict);
        answer
    }

    /// A command of a transaction, and there is none.
    fn without_mail(&self, command: &str, notes: &mut Notes) -> Answer {
        match (&self.helo, self.flags.mail_refused) {
            (_, true) => fixed(MAIL_FIRST),
            (None, _) => out_of_order(oddity::HELO_MISSING, command, HELO_FIRST, notes),
            _ => out_of_order(oddity::OUT_OF_ORDER, command, MAIL_FIRST, notes),
        }
    }

    /// BDAT: its octets come next, wanted or not.
    fn begin_chunk(&mut self, size: u64, last: bool, notes: &mut Notes) -> Option<Ats> {
        let refusal = match &self.mail {
            None if self.flags.mail_refused => Some(MAIL_FIRST),
            None => {
                let oddity = if self.helo.is_none() { oddity::HELO_MISSING } else { oddity::OUT_OF_ORDER };
                oddity.note_with("`BDAT`", notes);
                Some(if self.helo.is_none() { HELO_FIRST } else { MAIL_FIRST })
            }
            Some(mail) if mail.recipients.is_empty() => {
                if !mail.rcpt_tried {
                    oddity::OUT_OF_ORDER.note_with("`BDAT` before `RCPT`", notes);
                }
                Some(NO_RECIPIENTS)
            }
            Some(_) => None,
        };
        self.input = Input::Chunk { left: size, last, refusal };
        if refusal.is_none() && self.mail.as_ref().is_some_and(|mail| !mail.chunked) {
            self.open_content();
            if let Some(mail) = &mut self.mail {
                mail.chunked = true;
            }
        }
        None
    }

    /// AUTH (RFC 4954 section 4); the names that its moment has beside `AUTH` and `command`.
    fn auth(&mut self, line: &[u8], cx: &mut Cx<'_>) -> Ats {
        self.mechanism = None;
        let (name, initial) = match parse::auth(line) {
            Ok(found) => found,
            Err(fault) => {
                self.unit = refuse(fault, cx.notes);
                return Ats::NONE;
            }
        };
        let refusal = if self.helo.is_none() {
            oddity::HELO_MISSING.note_with("`AUTH`", cx.notes);
            Some(HELO_FIRST)
        } else if self.user.is_some() || self.mail.is_some() {
            oddity::OUT_OF_ORDER.note_with("`AUTH`", cx.notes);
            Some("503 5.5.1 AUTH cannot come now: logged in already, or a transaction is open\r\n")
        } else {
            None
        };
        let mechanism = Mechanism::parse(name);
        self.mechanism = mechanism;
        let (None, Some(mechanism)) = (refusal, mechanism) else {
            self.unit = answer_with(refusal.unwrap_or("504 5.5.4 Unknown authentication mechanism\r\n"));
            return Ats::NONE;
        };
        if let Some(why) = sasl::refusal(mechanism, self.offered, self.flags.certificate, cx.store) {
            self.unit = Unit::Fixed(format!("504 5.5.4 Refused: {why}\r\n").into());
            return Ats::NONE;
        }
        let initial = match initial {
            None => Ok(None),
            Some(b"=") => Ok(Some(Vec::new())),
            Some(text) => sasl::decode(text).map(Some),
        };
        match initial {
            Ok(initial) => {
                let (exchange, step) = Exchange::start(mechanism, initial.as_deref(), cx.store);
                self.step(exchange, step, cx)
            }
            Err(error) => self.bad_base64(error, cx.notes),
        }
    }

    /// A line of the client within an exchange.
    pub(super) fn response(&mut self, line: &[u8], cx: &mut Cx<'_>) -> Ats {
        let rare = self.rare();
        let (postponed, exchange) = (rare.postponed.take(), rare.exchange.take());
        if line == b"*" {
            self.unit = answer_with("501 5.7.0 Authentication cancelled\r\n");
            return Ats::NONE;
        }
        match (sasl::decode(line), postponed, exchange) {
            (Err(error), ..) => self.bad_base64(error, cx.notes),
            (Ok(_), Some(unit), _) => {
                let at = if matches!(unit, Unit::Login(_)) { Ats::CREDENTIALS } else { Ats::NONE };
                self.unit = unit;
                at
            }
            (Ok(response), None, Some(mut exchange)) => {
                let step = exchange.respond(&response, cx.store);
                self.step(exchange, step, cx)
            }
            (Ok(_), None, None) => {
                self.unit = answer_with("503 5.5.1 No authentication is under way\r\n");
                Ats::NONE
            }
        }
    }

    fn step(&mut self, exchange: Exchange, step: Step, cx: &mut Cx<'_>) -> Ats {
        let mechanism = exchange.mechanism();
        match step {
            Step::Challenge(challenge) => {
                self.rare().exchange = Some(exchange);
                self.unit = Unit::Challenge(challenge);
                Ats::CONTINUATION
            }
            Step::Credentials { user, proof } => {
                if proof.is_secret() {
                    let tls_possible = self.config.tls != TlsMode::None;
                    cx.notes.push(Note::Secret {
                        mechanism: mechanism.name().into(),
                        protected: self.flags.secure,
                        tls_possible,
                    });
                }
                let wrong = sasl::is_wrong(cx.store, &user, &proof, mechanism.name());
                self.unit = Unit::Login(Box::new(Login { user, proof, mechanism, wrong, verdict: None }));
                Ats::CREDENTIALS
            }
            Step::Malformed(why) => {
                oddity::MALFORMED_SASL.note_with(why, cx.notes);
                self.unit = Unit::Fixed(format!("501 5.5.2 Malformed response: {why}\r\n").into());
                Ats::NONE
            }
        }
    }

    fn bad_base64(&mut self, error: sasl::DecodeError, notes: &mut Notes) -> Ats {
        oddity::MALFORMED_SASL.note_with(&error.to_string(), notes);
        self.unit = match error {
            sasl::DecodeError::TooLong => answer_with("500 5.5.6 Authentication exchange line is too long\r\n"),
            _ => Unit::Fixed(format!("501 5.5.2 Cannot decode the response: {error}\r\n").into()),
        };
        Ats::NONE
    }
}

fn answer_with(text: &'static str) -> Unit {
    Unit::Fixed(Bytes::from_static(text.as_bytes()))
}

fn refuse(fault: Fault, notes: &mut Notes) -> Unit {
    fault.oddity().note_with(&fault.to_string(), notes);
    Unit::Fixed(format!("{fault}\r\n").into())
}

fn out_of_order(oddity: Oddity, command: &str, reply: &'static str, notes: &mut Notes) -> Answer {
    oddity.note_with(&format!("`{command}`"), notes);
    fixed(reply)
}

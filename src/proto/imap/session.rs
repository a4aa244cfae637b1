//! The session: which line is what, which command is answered when, and what the client has been told by it.

use std::sync::Arc;

use super::Config;
use super::cmd::{self, Command, Done, Gone, Needs, Push, Refused, Verb};
use super::cursor::Cursor;
use super::oddity;
use super::read::{Expect, LITERAL_MINUS, Reader, Refusal, Unit};
use super::state::{Last, Mode, State};
use super::view::{News, Show};
use super::words;
use super::write::Text;
use crate::mail::{Mutation, Signal};
use crate::proto::{Answer, Ats, Class, Cx, Key, Moment, Piece, Protocol, Rope, Sent, Session};

/// Longer tags are cut in refusals.
const MOST_TAG: usize = 100;

/// One IMAP connection (RFC 3501).
pub struct ImapSession {
    state: State,
    reader: Reader,
    /// The command that is being answered.
    command: Option<Box<dyn Command>>,
    /// The tag of the last command.
    tag: Option<Box<str>>,
    /// Where its arguments start in the reader's text.
    arguments: usize,
    /// What the reply tells of the mailbox.
    told: Option<Box<Told>>,
    watch: Option<Arc<[u64]>>,
    greeted: bool,
    /// The next reply tells all news.
    tell: bool,
    /// The command that is being answered comes again, after an answer of the client.
    postponed: bool,
}

/// News in a reply, until it is known whether they were written.
struct Told {
    news: News,
    /// So many keywords of the mailbox stand in the reply, or were known before.
    keywords: Option<usize>,
    /// The reply up to the end of the untagged data.
    data: Length,
    kept: bool,
}

/// How long something is, measured only when it has to be: a FETCH of a whole mailbox is rendered to measure it.
enum Length {
    Known(u64),
    Of(Rope),
}

impl Length {
    fn of(rope: &Rope) -> Self {
        let known: Option<u64> = rope.pieces.iter().map(Piece::known_len).sum();
        known.map_or_else(|| Length::Of(rope.clone()), Length::Known)
    }

    fn octets(&self) -> u64 {
        match self {
            Length::Known(octets) => *octets,
            Length::Of(rope) => rope.len(),
        }
    }
}

impl ImapSession {
    /// A session that has not said its greeting.
    pub fn new(config: Arc<Config>) -> Self {
        ImapSession {
            state: State::new(config),
            reader: Reader::new(),
            command: None,
            tag: None,
            arguments: 0,
            told: None,
            watch: None,
            greeted: false,
            tell: false,
            postponed: false,
        }
    }

    /// What a whole command, or line, is.
    fn read(&mut self, cx: &mut Cx<'_>) -> Moment {
        let (mut at, everything) = (Ats::COMMAND, self.reader.text().len());
        let known = matches!(self.state.mode, Mode::Postponed(_));
        let refusal = self.reader.refusal();
        let mut command = match (&self.state.mode, refusal) {
            (Mode::Idle, _) => {
                self.arguments = everything;
                self.idle_line(refusal, cx)
            }
            // An answer to a challenge is no command of its own.
            (Mode::Sasl(_) | Mode::Postponed(_), _) => {
                (at, self.arguments) = (Ats::NONE, everything);
                match refusal {
                    None => cmd::sasl_answered(self.reader.text(), &mut self.state),
                    Some(_) => Box::new(Refused::quietly("the line is too long")),
                }
            }
            (Mode::Command | Mode::Over, _) => {
                let (verb, command) = self.command(refusal);
                at |= verb;
                command
            }
        };
        // What has come again has been read before; only its refusal is new.
        if !known || command.at().is_empty() {
            command.read(&self.state, cx);
        }
        at |= command.at();
        self.command = Some(command);
        Moment::new(at)
    }

    fn idle_line(&self, refusal: Option<Refusal>, cx: &mut Cx<'_>) -> Box<dyn Command> {
        let done = refusal.is_none() && self.reader.text().eq_ignore_ascii_case(b"DONE");
        if !done {
            let line = self.reader.text();
            let shown = line.get(..40).unwrap_or(line).escape_ascii();
            let detail = format!("expected `DONE`, got `{shown}` (RFC 2177 section 3)");
            oddity::note(cx.notes, oddity::TALKED_DURING_IDLE, detail);
        }
        Box::new(Done(done))
    }

    /// Reads tag, verb and arguments; answers with the verb's name among the moments.
    fn command(&mut self, refusal: Option<Refusal>) -> (Ats, Box<dyn Command>) {
        let messages = self.reader.take_messages();
        let mut cursor = Cursor::new(self.reader.text()).with_utf8_names(self.state.dialect.utf8_names());
        self.tag = None;
        self.arguments = self.reader.text().len();
        let tag = cursor.tag().filter(|_| cursor.peek().is_none_or(|b| b == b' '));
        let Some(tag) = tag else {
            let expected = Cursor::new(self.reader.text()).expected("a tag");
            return (Ats::NONE, Box::new(Refused::bad(expected.to_string(), oddity::BAD_TAG)));
        };
        self.tag = Some(tag.get(..MOST_TAG).unwrap_or(tag).into());
        let mut name = "";
        if cursor.byte(b' ') {
            name = cursor.atom().unwrap_or("");
        }
        let uid = name.eq_ignore_ascii_case("UID") && cursor.byte(b' ');
        if uid {
            name = cursor.atom().unwrap_or("");
        }
        let end = self.reader.text().len();
        self.arguments = (cursor.offset() + usize::from(cursor.peek() == Some(b' '))).min(end);
        let Some(verb) = cmd::find(name, uid) else {
            let what = if name.is_empty() { cursor.expected("a command").to_string() } else { unknown(name, uid) };
            // A verb that this server does not obey has its moment all the same.
            let at = Ats::parse(name).filter(|at| at.names().all(|name| name.bytes().all(|b| b.is_ascii_uppercase())));
            return (at.unwrap_or(Ats::NONE).of(Protocol::Imap), Box::new(Refused::bad(what, oddity::UNKNOWN_COMMAND)));
        };
        let command: Box<dyn Command> = match (refusal, self.out_of_order(verb.needs)) {
            (Some(Refusal::LineTooLong), _) => Box::new(Refused::quietly("the command is too long")),
            (Some(Refusal::LiteralTooLarge), _) => Box::new(Refused::no("[TOOBIG] the literal is too large")),
            (Some(Refusal::NotWaited { most: 0 }), _) => {
                Box::new(Refused::quietly("a literal waits for `+`, since LITERAL+ is not offered (RFC 7888)"))
            }
            (Some(Refusal::NotWaited { most }), _) => {
                Box::new(Refused::quietly(format!("a literal of more than {most} octets waits for `+` (RFC 7888)")))
            }
            (None, Some(why)) => Box::new(Refused::bad(why, oddity::OUT_OF_ORDER)),
            (None, None) if self.misses_its_mailbox(verb) => Box::new(Gone),
            (None, None) => match (verb.parse)(&mut cursor, uid) {
                Ok(mut command) => {
                    command.take_messages(messages);
                    command
                }
                Err(expected) if expected.no_name => Box::new(Refused::name(&expected)),
                Err(expected) => Box::new(Refused::bad(expected.to_string(), oddity::SYNTAX)),
            },
        };
        (verb.at, command)
    }

    fn out_of_order(&self, needs: Needs) -> Option<&'static str> {
        let (authenticated, selected) = (self.state.account.is_some(), self.state.selected.is_some());
        match needs {
            _ if matches!(self.state.mode, Mode::Over) => Some("the conversation is over"),
            Needs::NotAuthenticated if authenticated => Some("already logged in"),
            Needs::Authenticated | Needs::Selected if !authenticated => Some("log in first"),
            Needs::Selected if !selected => Some("select a mailbox first"),
            _ => None,
        }
    }

    /// The command is about the selected mailbox, and somebody has deleted that.
    fn misses_its_mailbox(&self, verb: &Verb) -> bool {
        let leaves = Ats::CLOSE | Ats::UNSELECT;
        let needs_it = verb.needs == Needs::Selected && !verb.at.intersects(leaves) || verb.at.intersects(Ats::NOOP | Ats::IDLE);
        needs_it && self.state.selected.as_ref().is_some_and(|selected| selected.is_gone())
    }

    /// A literal was announced: the tag is needed for a refusal by a fault.
    fn announced(&mut self) -> Moment {
        let mut cursor = Cursor::new(self.reader.text());
        self.tag = cursor.tag().map(Into::into);
        if cursor.byte(b' ') {
            cursor.atom();
        }
        self.arguments = (cursor.offset() + usize::from(cursor.peek() == Some(b' '))).min(self.reader.text().len());
        Moment::new(Ats::CONTINUATION)
    }

    fn greeting(&mut self, cx: &mut Cx<'_>) -> Answer {
        self.greeted = true;
        let config = self.state.config.clone();
        let mut word = "OK";
        if let Some(user) = &config.spec.preauth {
            self.state.account = cx.store.login_as(user, cx.notes);
            word = "PREAUTH";
        }
        let code = match config.spec.greeting_capability {
            true => format!("[CAPABILITY {}] ", self.state.capabilities()),
            false => String::new(),
        };
        let text = format!("* {word} {code}{}\r\n", config.spec.greeting);
        Answer::new(Class::Ok, Rope::text(text))
    }

    fn tag_or_star(&self) -> &str {
        self.tag.as_deref().unwrap_or("*")
    }
}

impl Session for ImapSession {
    fn next(&mut self, input: &mut &[u8], cx: &mut Cx<'_>) -> Option<Moment> {
        let most_message = self.state.account.as_ref().map(|_| self.state.config.spec.size_limit);
        let command = matches!(self.state.mode, Mode::Command | Mode::Over);
        let state = &self.state;
        let expect = Expect {
            command,
            most_message,
            most_unwaited: &|| most_unwaited(state),
            utf8_names: state.dialect.utf8_names(),
            watch: self.watch.as_ref(),
        };
        Some(match self.reader.next(input, expect, cx.notes)? {
            Unit::Command => self.read(cx),
            Unit::Announced => self.announced(),
            Unit::Content(offset) => Moment { at: Ats::CONTENT, offset },
        })
    }

    fn push(&mut self, _cx: &mut Cx<'_>) -> Option<Moment> {
        if !Push::is_due(&mut self.state) {
            return None;
        }
        self.command = Some(Box::new(Push));
        Some(Moment::new(Ats::UNSOLICITED))
    }

    fn prepare(&mut self) -> bool {
        self.command.as_mut().is_none_or(|command| command.prepare(&self.state))
    }

    fn answer(&mut self, moment: Moment, cx: &mut Cx<'_>) -> Answer {
        if moment.at.intersects(Ats::GREETING) {
            return self.greeting(cx);
        }
        let Some(command) = &mut self.command else {
            // Only an announced literal is answered without a command.
            let text = words::or(&self.state.config.spec.words, "literal", "OK");
            return Answer::new(Class::More, Rope::text(format!("+ {text}\r\n")));
        };
        let reply = command.answer(&mut self.state, cx);
        let (class, then) = (reply.class(), reply.then);
        let show = if self.tell { Show::All } else { reply.show };
        let mut text = Text::default();
        let keywords = self.state.new_keywords(show, &reply.plan, &mut text);
        let mut rope = reply.untagged;
        if !text.0.is_empty() {
            let data = std::mem::replace(&mut rope, Rope::text(text.0));
            rope.append(data);
        }
        let mut text = Text::default();
        let news = self.state.news(show, reply.plan, &mut text);
        rope.push_text(text.0);
        self.told = Some(Box::new(Told { news, keywords, data: Length::of(&rope), kept: false }));
        match reply.last {
            Last::Status(class, text) => {
                let word = match class {
                    Class::No => "NO",
                    Class::Bad => "BAD",
                    Class::Ok | Class::More => "OK",
                };
                let text = if class == Class::Ok { words::completed(&self.state.config.spec.words, text) } else { text };
                rope.push_text(format!("{} {word} {text}\r\n", self.tag_or_star()));
            }
            Last::Continue(text) => rope.push_text(format!("+ {text}\r\n")),
            Last::None => {}
        }
        Answer { reply: rope, class, then }
    }

    fn resolve(&mut self, keep: bool, cx: &mut Cx<'_>) {
        if let Some(told) = &mut self.told {
            told.kept = keep;
        }
        if let Some(command) = &mut self.command {
            command.resolve(keep, &mut self.state, cx);
        } else if !keep && self.state.config.spec.preauth.is_some() {
            // Only the greeting has no command: it logs nobody in after all.
            self.state.account = None;
        }
    }

    fn postpone(&mut self, _cx: &mut Cx<'_>) {
        if let Some(command) = &mut self.command {
            command.postpone();
            self.postponed = true;
        }
    }

    fn sent(&mut self, sent: Sent<'_>, cx: &mut Cx<'_>) {
        self.state.restore();
        self.tell = false;
        let Some(mut command) = self.command.take() else {
            self.reader.granted(sent.whole);
            return;
        };
        let told = self.told.take();
        if std::mem::take(&mut self.postponed) {
            self.state.mode = Mode::Postponed(command);
            return self.reader.answered();
        }
        let shown =
            told.as_ref().is_some_and(|told| sent.octets > 0 && (sent.octets == u64::MAX || sent.octets >= told.data.octets()));
        command.sent(sent, shown, &mut self.state, cx);
        if let (Some(told), Some(selected)) = (told.filter(|_| shown), &mut self.state.selected) {
            selected.mailbox.clone().with(|mailbox| {
                selected.view.tell(&told.news, told.kept, mailbox);
                if let Some(keywords) = told.keywords {
                    selected.view.keywords_told(keywords, mailbox);
                }
            });
        }
        self.reader.answered();
    }

    fn phrase(&self, text: &str, moment: Moment) -> (Rope, Class) {
        let no_command = Ats::GREETING | Ats::SILENCE | Ats::AGE | Ats::UNSOLICITED;
        let tag = if moment.at.intersects(no_command) { "*" } else { self.tag_or_star() };
        let mut out = String::new();
        let mut class = Class::Ok;
        for line in text.lines() {
            let whole = line.starts_with("* ") || line.starts_with("+ ") || line == "+";
            if !whole {
                out.push_str(tag);
                out.push(' ');
            }
            out.push_str(line);
            out.push_str("\r\n");
            class = class_of(line.strip_prefix("* ").unwrap_or(line)).unwrap_or(class);
        }
        (Rope::text(out), class)
    }

    fn fact(&self, key: Key, test: &mut dyn FnMut(&str) -> bool) -> bool {
        if self.command.as_ref().and_then(|command| command.fact(key)).is_some_and(&mut *test) {
            return true;
        }
        // While the message of an APPEND comes, there is no command yet.
        if key == Key::Mailbox && self.command.is_none() {
            let target = cmd::append::target_of(self.reader.text(), self.state.dialect.utf8_names());
            if target.is_some_and(|name| test(&name)) {
                return true;
            }
        }
        match key {
            Key::User => self.state.account.as_ref().is_some_and(|account| test(account.name())),
            Key::Mailbox => self.state.selected.as_ref().is_some_and(|selected| test(&selected.name())),
            Key::Argument => {
                let argument = self.reader.text().get(self.arguments..).unwrap_or_default();
                (self.command.is_some() || !argument.is_empty()) && test(&String::from_utf8_lossy(argument))
            }
            Key::Mechanism => match &self.state.mode {
                Mode::Sasl(exchange) => test(exchange.mechanism().name()),
                _ => false,
            },
            _ => false,
        }
    }

    fn hide(&mut self, capabilities: &[String], lasting: bool) {
        self.state.meddle(capabilities, lasting, true);
    }

    fn offer(&mut self, capabilities: &[String], lasting: bool) {
        self.state.meddle(capabilities, lasting, false);
    }

    fn mutate(&mut self, mutation: &Mutation, cx: &mut Cx<'_>) {
        self.state.mutate(mutation, cx);
    }

    fn misread(&mut self, edit: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {
        // Not while a line is DONE or the answer to a challenge, and not once it was answered; and the message of APPEND is with its command already.
        let again = self.told.is_none() && self.command.as_ref().is_some_and(|command| !command.at().intersects(Ats::MESSAGE));
        if let Some(other) = edit(self.reader.text()).filter(|_| again && matches!(self.state.mode, Mode::Command)) {
            self.reader.misread(other);
            let (_, command) = self.command(self.reader.refusal());
            self.command = Some(command);
        }
    }

    fn tell(&mut self) {
        self.tell = true;
    }

    fn secured(&mut self, certificate: bool) {
        self.state.secured(certificate);
        self.reader = Reader::new();
        (self.command, self.tag, self.told, self.arguments) = (None, None, None, 0);
    }

    fn watch_content(&mut self, offsets: Arc<[u64]>) {
        self.watch = Some(offsets).filter(|offsets| !offsets.is_empty());
    }

    fn phase(&self) -> &'static str {
        match &self.state.mode {
            _ if self.reader.in_message() => "content",
            Mode::Over => "logout",
            Mode::Idle => "idle",
            Mode::Sasl(_) | Mode::Postponed(_) => "authenticate",
            Mode::Command if self.state.selected.is_some() => "selected",
            Mode::Command if self.state.account.is_some() => "authenticated",
            Mode::Command if self.greeted => "not-authenticated",
            Mode::Command => "greeting",
        }
    }

    fn set_waker(&mut self, signal: Arc<Signal>) {
        self.state.signal = Some(signal);
    }
}

/// RFC 7888: LITERAL+ has no limit of its own; IMAP4rev2 has LITERAL- in it.
fn most_unwaited(state: &State) -> u64 {
    let offers = |name| state.offers(name);
    match () {
        () if offers("LITERAL+") => u64::MAX,
        () if offers("LITERAL-") || offers("IMAP4rev2") => LITERAL_MINUS,
        () => 0,
    }
}

fn unknown(name: &str, uid: bool) -> String {
    format!("unknown command `{}{}`", if uid { "UID " } else { "" }, name.get(..40).unwrap_or(name))
}

fn class_of(line: &str) -> Option<Class> {
    let word = line.split(' ').next().unwrap_or_default();
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    match () {
        () if is("OK") || is("PREAUTH") => Some(Class::Ok),
        () if is("NO") || is("BYE") => Some(Class::No),
        () if is("BAD") => Some(Class::Bad),
        () if word == "+" => Some(Class::More),
        () => None,
    }
}

#[cfg(test)]
mod tests;

//! What a session knows between commands, and what a command says back to it.

use std::borrow::Cow;
use std::sync::Arc;

use super::Config;
use super::capabilities::{self, Meddled};
use super::cmd::Command;
use super::dialect::Dialect;
use super::half_read::HalfRead;
use super::parse::sequence::SequenceSet;
use super::view::{Manner, News, Plan, Show, View};
use super::write::Text;
use crate::mail::{Account, Full, MailboxRef, Mutation, Signal};
use crate::proto::sasl::{Exchange, Mechanisms};
use crate::proto::{Class, Cx, Rope, Then, TlsMode};

/// All that commands work on.
pub struct State {
    pub config: Arc<Config>,
    /// TLS protects the connection.
    pub secured: bool,
    /// The client has shown a certificate.
    pub certificate: bool,
    /// All mechanisms that were offered in any state.
    pub mechanisms: Mechanisms,
    /// Who is logged in.
    pub account: Option<Account>,
    /// The mailbox that is selected.
    pub selected: Option<Box<Selected>>,
    pub signal: Option<Arc<Signal>>,
    pub mode: Mode,
    /// What ENABLE switched on.
    pub dialect: Dialect,
    pub meddled: Option<Box<Meddled>>,
}

/// The selected mailbox.
pub struct Selected {
    pub mailbox: MailboxRef,
    /// By EXAMINE.
    pub read_only: bool,
    pub view: View,
    /// The change of the mailbox up to which news were pushed, whether they arrived or not: nothing is pushed twice for one change.
    pub pushed: u64,
    /// Parts of multiparts that the client has read so far, by UID: a message counts as read when it has them all.
    pub half_read: HalfRead,
    /// What `$` stands for (RFC 5182): UIDs, so that expunges do not change what is meant.
    pub saved: SequenceSet,
}

impl Selected {
    /// Somebody else has deleted it.
    pub fn is_gone(&self) -> bool {
        self.mailbox.with(|mailbox| mailbox.is_deleted())
    }

    /// Its name as it is now: RENAME may have changed it.
    pub fn name(&self) -> Arc<str> {
        self.mailbox.with(|mailbox| mailbox.name.clone())
    }
}

/// What the next line is.
pub enum Mode {
    /// A command.
    Command,
    /// `DONE`.
    Idle,
    /// An answer to a challenge.
    Sasl(Box<Exchange>),
    /// An answer to a challenge in place of the verdict: then this command comes to it again.
    Postponed(Box<dyn Command>),
    /// After LOGOUT.
    Over,
}

/// What a command says.
pub struct Reply {
    /// Data before the news.
    pub untagged: Rope,
    pub last: Last,
    pub then: Then,
    /// Which news go between.
    pub show: Show,
    /// What the command will do to the selected mailbox.
    pub plan: Plan,
}

/// The line that ends a reply.
pub enum Last {
    /// With the tag, or `*`: class and text, which may start with a response code.
    Status(Class, Cow<'static, str>),
    /// `+`
    Continue(Cow<'static, str>),
    /// None.
    None,
}

impl Reply {
    pub fn ok(text: impl Into<Cow<'static, str>>) -> Self {
        Reply::status(Class::Ok, text)
    }

    pub fn no(text: impl Into<Cow<'static, str>>) -> Self {
        Reply::status(Class::No, text)
    }

    pub fn bad(text: impl Into<Cow<'static, str>>) -> Self {
        Reply::status(Class::Bad, text).show(Show::Nothing)
    }

    pub fn more(text: impl Into<Cow<'static, str>>) -> Self {
        Reply { last: Last::Continue(text.into()), ..Reply::ok("").show(Show::Nothing) }
    }

    /// Untagged data and nothing else.
    pub fn untagged_only(untagged: impl Into<Rope>) -> Self {
        Reply { last: Last::None, ..Reply::ok("").data(untagged) }
    }

    fn status(class: Class, text: impl Into<Cow<'static, str>>) -> Self {
        Reply {
            untagged: Rope::new(),
            last: Last::Status(class, text.into()),
            then: Then::Nothing,
            show: Show::All,
            plan: Plan::default(),
        }
    }

    #[must_use]
    pub fn data(mut self, untagged: impl Into<Rope>) -> Self {
        self.untagged.append(untagged.into());
        self
    }

    #[must_use]
    pub fn show(mut self, show: Show) -> Self {
        self.show = show;
        self
    }

    #[must_use]
    pub fn plan(mut self, plan: Plan) -> Self {
        self.plan = plan;
        self
    }

    #[must_use]
    pub fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }

    /// The mailbox that a command names is not there: `NONEXISTENT` (RFC 5530) or `TRYCREATE`.
    pub fn no_mailbox(code: &'static str) -> Self {
        Reply::no(format!("[{code}] there is no mailbox of this name"))
    }

    /// There is no room for a message (RFC 9208 section 4.3.1).
    pub fn over_quota(full: Full) -> Self {
        Reply::no(format!("[OVERQUOTA] {full}"))
    }

    /// What kind of reply it is.
    pub fn class(&self) -> Class {
        match &self.last {
            Last::Status(class, _) => *class,
            Last::Continue(_) => Class::More,
            Last::None => Class::Ok,
        }
    }
}

impl From<Text> for Rope {
    fn from(text: Text) -> Self {
        Rope::text(text.0)
    }
}

impl State {
    pub fn new(config: Arc<Config>) -> Self {
        let secured = config.tls == TlsMode::Implicit;
        let mode = Mode::Command;
        let mut mechanisms = config.spec.mechanisms;
        mechanisms.add_named(&config.spec.offer);
        config.spec.by_state.names().for_each(|names| mechanisms.add_named(names));
        State {
            config,
            secured,
            certificate: false,
            mechanisms,
            account: None,
            selected: None,
            signal: None,
            mode,
            dialect: Dialect::default(),
            meddled: None,
        }
    }

    /// `IMAP4rev1 LITERAL+ ...`: what is offered now, faults and the scenario included.
    pub fn capabilities(&self) -> String {
        capabilities::offered(self).join(" ")
    }

    /// Whether this capability is offered now, in any case.
    pub fn offers(&self, name: &str) -> bool {
        capabilities::offers(self, name)
    }

    /// STARTTLS would be obeyed.
    pub fn may_start_tls(&self) -> bool {
        self.config.tls == TlsMode::Starttls && !self.secured
    }

    /// Capabilities to be hidden, or shown.
    pub fn meddle(&mut self, capabilities: &[String], lasting: bool, hide: bool) {
        if !hide {
            self.mechanisms.add_named(capabilities);
        }
        let meddled = self.meddled.get_or_insert_default();
        let list = if hide { &mut meddled.hidden } else { &mut meddled.offered };
        list.extend(capabilities.iter().map(|name| (name.clone(), lasting)));
    }

    /// What was meddled with for one reply only is as it was.
    pub fn restore(&mut self) {
        if let Some(meddled) = &mut self.meddled {
            meddled.hidden.retain(|(_, lasting)| *lasting);
            meddled.offered.retain(|(_, lasting)| *lasting);
        }
    }

    /// From now on this mailbox is selected, or none.
    pub fn select(&mut self, selected: Option<Box<Selected>>) {
        if let (Some(old), Some(signal)) = (&self.selected, &self.signal) {
            old.mailbox.unwatch(signal);
        }
        if let (Some(new), Some(signal)) = (&selected, &self.signal) {
            new.mailbox.watch(signal);
        }
        self.selected = selected;
    }

    /// All that a client has learned or done is forgotten.
    pub fn secured(&mut self, certificate: bool) {
        self.select(None);
        self.account = None;
        self.mode = Mode::Command;
        self.dialect = Dialect::default();
        self.secured = true;
        self.certificate = certificate;
    }

    /// What stands before the data of a reply: keywords that are new to the client. The answer is how many it knows then.
    pub fn new_keywords(&self, show: Show, plan: &Plan, out: &mut Text) -> Option<usize> {
        let selected = self.selected.as_ref().filter(|selected| show != Show::Nothing && !selected.is_gone())?;
        let manner = Manner { read_only: selected.read_only, dialect: self.dialect };
        Some(selected.mailbox.with(|mailbox| selected.view.new_keywords(mailbox, manner, &plan.keywords, out)))
    }

    /// What can be told about the selected mailbox now.
    pub fn news(&self, show: Show, plan: Plan, out: &mut Text) -> News {
        match &self.selected {
            Some(selected) if !selected.is_gone() => {
                let manner = Manner { read_only: selected.read_only, dialect: self.dialect };
                selected.mailbox.with(|mailbox| selected.view.news(mailbox, manner, show, plan, out))
            }
            _ => News::default(),
        }
    }

    /// The mailbox of this name.
    pub fn mailbox(&self, name: &str) -> Option<MailboxRef> {
        self.account.as_ref().and_then(|account| account.mailbox(name))
    }

    /// What a scenario does to the mailbox.
    pub fn mutate(&mut self, mutation: &Mutation, cx: &mut Cx<'_>) {
        let user = self.account.as_ref().map(|account| account.name().clone());
        let mailbox = self.selected.as_ref().map(|selected| selected.name());
        cx.store.mutate(mutation, user.as_deref(), mailbox.as_deref(), cx.notes);
    }
}

//! The commands, one file each: grammar, reply, and the change that is parked until the reply's fate is known.

pub mod append;
mod arranged;
mod authenticate;
mod capability;
mod close;
mod copy;
mod create;
mod delete;
mod enable;
mod expunge;
mod fetch;
mod gone;
mod id;
mod idle;
mod list;
mod login;
mod logout;
mod namespace;
mod noop;
mod quota;
mod refused;
mod rename;
mod search;
mod select;
mod sort;
mod starttls;
mod status;
mod store;
mod subscribe;
mod thread;

pub use authenticate::answered as sasl_answered;
pub use gone::Gone;
pub use idle::{Done, Push};
pub use refused::Refused;

use bytes::Bytes;

use super::cursor::{Cursor, Parsed};
use super::state::{Reply, State};
use crate::proto::{Ats, Cx, Key, Sent};

/// A command that has been read. It is called in the order of the methods.
pub trait Command: Send {
    /// Further names of the moment beside the verb, once it was read.
    fn at(&self) -> Ats {
        Ats::NONE
    }

    /// The messages of APPEND.
    fn take_messages(&mut self, _messages: Vec<Bytes>) {}

    /// It was read and the state allows it: notes about that.
    fn read(&mut self, _state: &State, _cx: &mut Cx<'_>) {}

    /// What it knows of the facts that `where` asks for.
    fn fact(&self, _key: Key) -> Option<&str> {
        None
    }

    /// Does some milliseconds of the work; `false`: there is more, until then [`Command::answer`] would take long.
    fn prepare(&mut self, _state: &State) -> bool {
        true
    }

    /// The normal reply; the change is parked in the command.
    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply;

    /// The change happens, or not.
    fn resolve(&mut self, _keep: bool, _state: &mut State, _cx: &mut Cx<'_>) {}

    /// Instead of that: it will be answered again.
    fn postpone(&mut self) {}

    /// What left of the normal reply. `shown`: all untagged data did.
    fn sent(&mut self, _sent: Sent<'_>, _shown: bool, _state: &mut State, _cx: &mut Cx<'_>) {}
}

/// A command's parser; it starts behind the verb. `uid`: the verb came after `UID`.
pub type Parser = fn(&mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>>;

/// In which states a command is allowed (RFC 3501 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    NotAuthenticated,
    Authenticated,
    Selected,
}

/// A verb.
pub struct Verb {
    pub name: &'static str,
    pub at: Ats,
    pub needs: Needs,
    /// It has a form with `UID` before it.
    pub uid: bool,
    pub parse: Parser,
}

const fn verb(name: &'static str, at: Ats, needs: Needs, parse: Parser) -> Verb {
    Verb { name, at, needs, uid: false, parse }
}

const fn uid_verb(name: &'static str, at: Ats, parse: Parser) -> Verb {
    Verb { name, at, needs: Needs::Selected, uid: true, parse }
}

/// Every verb that this server obeys.
pub static VERBS: [Verb; 36] = [
    verb("CAPABILITY", Ats::CAPABILITY, Needs::Nothing, capability::parse),
    verb("NOOP", Ats::NOOP, Needs::Nothing, noop::parse_noop),
    verb("LOGOUT", Ats::LOGOUT, Needs::Nothing, logout::parse),
    verb("ID", Ats::ID, Needs::Nothing, id::parse),
    verb("STARTTLS", Ats::STARTTLS, Needs::NotAuthenticated, starttls::parse),
    verb("AUTHENTICATE", Ats::AUTHENTICATE, Needs::NotAuthenticated, authenticate::parse),
    verb("LOGIN", Ats::LOGIN, Needs::NotAuthenticated, login::parse),
    verb("ENABLE", Ats::ENABLE, Needs::Authenticated, enable::parse),
    verb("SELECT", Ats::SELECT, Needs::Authenticated, select::parse_select),
    verb("EXAMINE", Ats::EXAMINE, Needs::Authenticated, select::parse_examine),
    verb("CREATE", Ats::CREATE, Needs::Authenticated, create::parse),
    verb("DELETE", Ats::DELETE, Needs::Authenticated, delete::parse),
    verb("RENAME", Ats::RENAME, Needs::Authenticated, rename::parse),
    verb("SUBSCRIBE", Ats::SUBSCRIBE, Needs::Authenticated, subscribe::parse_subscribe),
    verb("UNSUBSCRIBE", Ats::UNSUBSCRIBE, Needs::Authenticated, subscribe::parse_unsubscribe),
    verb("LIST", Ats::LIST, Needs::Authenticated, list::parse_list),
    verb("LSUB", Ats::LSUB, Needs::Authenticated, list::parse_lsub),
    verb("NAMESPACE", Ats::NAMESPACE, Needs::Authenticated, namespace::parse),
    verb("STATUS", Ats::STATUS, Needs::Authenticated, status::parse),
    verb("GETQUOTA", Ats::GETQUOTA, Needs::Authenticated, quota::parse_get),
    verb("GETQUOTAROOT", Ats::GETQUOTAROOT, Needs::Authenticated, quota::parse_get_root),
    verb("SETQUOTA", Ats::SETQUOTA, Needs::Authenticated, quota::parse_set),
    verb("APPEND", Ats::APPEND, Needs::Authenticated, append::parse),
    verb("IDLE", Ats::IDLE, Needs::Authenticated, idle::parse),
    verb("CHECK", Ats::CHECK, Needs::Selected, noop::parse_check),
    verb("CLOSE", Ats::CLOSE, Needs::Selected, close::parse_close),
    verb("UNSELECT", Ats::UNSELECT, Needs::Selected, close::parse_unselect),
    uid_verb("EXPUNGE", Ats::EXPUNGE, expunge::parse),
    uid_verb("SEARCH", Ats::SEARCH, search::parse),
    uid_verb("SORT", Ats::SORT, sort::parse),
    uid_verb("THREAD", Ats::THREAD, thread::parse),
    uid_verb("FETCH", Ats::FETCH, fetch::parse),
    uid_verb("STORE", Ats::STORE, store::parse),
    uid_verb("COPY", Ats::COPY, copy::parse_copy),
    uid_verb("MOVE", Ats::MOVE, copy::parse_move),
    verb("DONE", Ats::DONE, Needs::Nothing, idle::parse_done),
];

/// The verb with this name, in any case.
pub fn find(name: &str, uid: bool) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name.eq_ignore_ascii_case(name) && (verb.uid || !uid))
}

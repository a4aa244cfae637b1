//! What the server says it can do (RFC 3501 section 6.1.1), by state.

use std::borrow::Cow;

use super::state::State;
use crate::proto::Shown;

/// Before and after login.
const ALWAYS: [&str; 3] = ["IMAP4rev1", "IMAP4rev2", "LITERAL+"];
/// Before login: few, as other servers have it, so that a greeting is short.
const BEFORE_LOGIN: [&str; 4] = ["SASL-IR", "ENABLE", "ID", "IDLE"];
/// After login.
const AFTER_LOGIN: [&str; 30] = [
    "ENABLE",
    "ID",
    "IDLE",
    "UIDPLUS",
    "UNSELECT",
    "NAMESPACE",
    "CHILDREN",
    "MOVE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "ESEARCH",
    "SEARCHRES",
    "CONDSTORE",
    "QRESYNC",
    "BINARY",
    "MULTIAPPEND",
    "SORT",
    "SORT=DISPLAY",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "WITHIN",
    "STATUS=SIZE",
    "QUOTA",
    "QUOTA=RES-STORAGE",
    "QUOTA=RES-MESSAGE",
    "QUOTASET",
    "UTF8=ACCEPT",
    "OBJECTID",
];

/// Capabilities as faults have them.
#[derive(Default)]
pub struct Meddled {
    pub hidden: Vec<(String, bool)>,
    pub offered: Vec<(String, bool)>,
}

/// All that is offered in this state, faults and the scenario included; each once.
pub fn offered(state: &State) -> Vec<Cow<'_, str>> {
    let mut shown: Vec<Cow<'_, str>> = Vec::new();
    for name in known(state) {
        let twice = shown.iter().any(|other| other.eq_ignore_ascii_case(&name));
        if !twice && !is_hidden(state, &name) {
            shown.push(name);
        }
    }
    shown
}

/// Whether this one is, in any case of its letters.
pub fn offers(state: &State, name: &str) -> bool {
    known(state).any(|known| known.eq_ignore_ascii_case(name)) && !is_hidden(state, name)
}

/// What the server has by itself, what the scenario adds, and what faults add; hidden or not, and some perhaps more than once.
fn known(state: &State) -> impl Iterator<Item = Cow<'_, str>> {
    let spec = &state.config.spec;
    let logged_in = state.account.is_some();
    let only = spec.by_state.only(state.secured, logged_in);
    let own: &[&'static str] = if logged_in { &AFTER_LOGIN } else { &BEFORE_LOGIN };
    let limit = logged_in.then(|| format!("APPENDLIMIT={}", spec.size_limit));
    let starttls = (!logged_in && state.may_start_tls()).then_some("STARTTLS");
    let mechanisms = spec.mechanisms.names().filter(move |_| !logged_in).map(|name| format!("AUTH={name}"));
    let by_fault = state.meddled.iter().flat_map(|meddled| &meddled.offered).map(|(name, _)| name);
    let added = spec.offer.iter().chain(shown_now(state).flat_map(|shown| &shown.offer)).chain(by_fault);
    let own = ALWAYS.iter().chain(own).copied().map(Cow::Borrowed);
    let more = limit.map(Cow::Owned).into_iter().chain(starttls.map(Cow::Borrowed)).chain(mechanisms.map(Cow::Owned));
    // STARTTLS stays what the listener makes of it.
    let chosen = only.into_iter().flatten().filter(move |name| *name != "STARTTLS" || starttls.is_some());
    let by_itself = own.chain(more).filter(move |_| only.is_none());
    let chosen = chosen.chain(added).map(|name| Cow::Borrowed(name.as_str()));
    by_itself.chain(chosen)
}

fn is_hidden(state: &State, name: &str) -> bool {
    let hides = |hidden: &String| hides(hidden, name);
    // What is hidden in general may be offered in one state.
    let here =
        |hidden: &&String| !shown_now(state).flat_map(|shown| &shown.offer).any(|offered| offered.eq_ignore_ascii_case(hidden));
    state.config.spec.hide.iter().filter(here).any(hides)
        || shown_now(state).flat_map(|shown| &shown.hide).any(hides)
        || state.meddled.iter().flat_map(|meddled| &meddled.hidden).any(|(hidden, _)| hides(hidden))
}

/// What the scenario says of this state.
fn shown_now(state: &State) -> impl Iterator<Item = &Shown> {
    state.config.spec.by_state.now(state.secured, state.account.is_some())
}

/// `APPENDLIMIT` hides `APPENDLIMIT=52428800`, and `THREAD` every `THREAD=`: nobody wants to write the number, or the list.
fn hides(hidden: &str, name: &str) -> bool {
    let (key, value) = name.split_once('=').map_or((name, None), |(key, value)| (key, Some(value)));
    hidden.eq_ignore_ascii_case(name) || value.is_some() && key != "AUTH" && hidden.eq_ignore_ascii_case(key)
}

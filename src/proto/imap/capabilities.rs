//! What the server says it can do (RFC 3501 section 6.1.1), by state.

use super::state::State;

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
pub fn offered(state: &State) -> Vec<String> {
    let mut all: Vec<String> = ALWAYS.map(str::to_owned).into();
    if state.account.is_some() {
        all.extend(AFTER_LOGIN.map(str::to_owned));
        all.push(format!("APPENDLIMIT={}", state.config.spec.size_limit));
    } else {
        all.extend(BEFORE_LOGIN.map(str::to_owned));
        if state.may_start_tls() {
            all.push("STARTTLS".to_owned());
        }
        all.extend(state.config.spec.mechanisms.names().map(|name| format!("AUTH={name}")));
    }
    let spec = &state.config.spec;
    let meddled = state.meddled.as_deref();
    let by_fault = meddled.into_iter().flat_map(|meddled| &meddled.offered).map(|(name, _)| name);
    let by_state = || spec.by_state.now(state.secured, state.account.is_some());
    let offered_now = || by_state().flat_map(|shown| &shown.offer);
    all.extend(spec.offer.iter().chain(offered_now()).chain(by_fault).cloned());
    let hidden = meddled.into_iter().flat_map(|meddled| &meddled.hidden).map(|(name, _)| name);
    // What is hidden in general may be offered in one state.
    let in_general = spec.hide.iter().filter(|name| !offered_now().any(|offered| offered.eq_ignore_ascii_case(name)));
    let hidden: Vec<&String> = in_general.chain(by_state().flat_map(|shown| &shown.hide)).chain(hidden).collect();
    let mut shown: Vec<String> = Vec::new();
    for name in all {
        let known = shown.iter().any(|other| other.eq_ignore_ascii_case(&name));
        if !known && !hidden.iter().any(|hidden| hides(hidden, &name)) {
            shown.push(name);
        }
    }
    shown
}

/// `APPENDLIMIT` hides `APPENDLIMIT=52428800`, and `THREAD` every `THREAD=`: nobody wants to write the number, or the list.
fn hides(hidden: &str, name: &str) -> bool {
    let (key, value) = name.split_once('=').map_or((name, None), |(key, value)| (key, Some(value)));
    hidden.eq_ignore_ascii_case(name) || value.is_some() && key != "AUTH" && hidden.eq_ignore_ascii_case(key)
}

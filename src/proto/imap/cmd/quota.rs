//! GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208, and RFC 2087 before it).

use super::Command;
use crate::mail::{Account, Quota};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse;
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::write::Text;
use crate::proto::{Cx, Key};

/// The only quota root: every account has its own. The name is the one that Dovecot's default has.
const ROOT: &str = "User quota";
/// RFC 9208 section 5.1: STORAGE is told and set in units of so many octets.
const UNIT: u64 = 1024;

enum Asked {
    Root(String),
    Mailbox(Box<str>),
    Set(String, Quota),
}

pub fn parse_get(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    let root = root(cursor)?;
    cursor.expect_end()?;
    Ok(Box::new(Asked::Root(root)))
}

pub fn parse_get_root(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let name = parse::mailbox(cursor)?;
    cursor.expect_end()?;
    Ok(Box::new(Asked::Mailbox(name)))
}

pub fn parse_set(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    let root = root(cursor)?;
    cursor.expect_space()?;
    let mut quota = Quota::default();
    cursor.list("a list of resources with their limits", |c| {
        let storage = c.keyword("STORAGE");
        if !storage && !c.keyword("MESSAGE") {
            return Err(c.expected("`STORAGE` or `MESSAGE`"));
        }
        c.expect_space()?;
        let limit = c.number64().ok_or_else(|| c.expected("a number below 9223372036854775808"))?;
        match storage {
            true => quota.octets = Some(limit.saturating_mul(UNIT)),
            false => quota.messages = Some(limit),
        }
        Ok(())
    })?;
    cursor.expect_end()?;
    Ok(Box::new(Asked::Set(root, quota)))
}

fn root(cursor: &mut Cursor<'_>) -> Parsed<String> {
    cursor.expect_space()?;
    cursor.astring_text("the name of a quota root")
}

/// `* QUOTA`: the limits that are set, and no others; net-imap before 0.4.0 reads no more than one. Where none is set, STORAGE of the store, which is true, too:
/// the grammar has no room for a resource without a limit, and strict clients no sense for a list without resources.
fn describe(account: &Account, quota: Quota, out: &mut Text) {
    let (octets, messages) = account.taken();
    let storage = quota.octets.or_else(|| if quota.messages.is_none() { Some(account.most_octets()) } else { None });
    let storage = storage.map(|most| format!("STORAGE {} {}", octets.div_ceil(UNIT), most.div_ceil(UNIT)));
    let message = quota.messages.map(|most| format!("MESSAGE {messages} {most}"));
    let resources: Vec<String> = storage.into_iter().chain(message).collect();
    out.add("* QUOTA ").astring(ROOT.as_bytes()).add(format_args!(" ({})\r\n", resources.join(" ")));
}

impl Command for Asked {
    fn fact(&self, key: Key) -> Option<&str> {
        match self {
            Asked::Mailbox(name) if key == Key::Mailbox => Some(name),
            _ => None,
        }
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        let Some(account) = &state.account else { return Reply::bad("not logged in") };
        let mut out = Text::default();
        if let Asked::Root(root) | Asked::Set(root, _) = self
            && root != ROOT
        {
            return Reply::no("[NONEXISTENT] there is no quota root of this name");
        }
        let done = match self {
            Asked::Root(_) => {
                describe(account, account.quota(), &mut out);
                "GETQUOTA completed"
            }
            // RFC 9208 section 4.1.2: the mailbox need not be there.
            Asked::Mailbox(name) => {
                out.add("* QUOTAROOT ").mailbox(name, state.dialect.utf8_names()).add(" ").astring(ROOT.as_bytes()).add("\r\n");
                describe(account, account.quota(), &mut out);
                "GETQUOTAROOT completed"
            }
            Asked::Set(_, quota) => {
                describe(account, *quota, &mut out);
                "SETQUOTA completed"
            }
        };
        Reply::ok(done).data(out)
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        if let (Asked::Set(root, quota), Some(account)) = (self, state.account.as_ref().filter(|_| keep))
            && root == ROOT
        {
            // RFC 9208 section 4.1.3: limits that are not named are none any more.
            account.set_quota(*quota);
        }
    }
}

//! What extended LIST may ask for (RFC 5258 section 3, RFC 5819, RFC 6154 section 2, RFC 9051 section 6.3.9).

use crate::proto::imap::cmd::status::{self, Items};
use crate::proto::imap::cursor::{Cursor, Parsed};

/// Which names are wanted. `REMOTE` is read and means nothing: there is nothing remote.
#[derive(Default)]
pub struct Selection {
    pub subscribed: bool,
    pub special_use: bool,
    pub recursive: bool,
}

/// What is wanted of each name.
#[derive(Default)]
pub struct Returns {
    pub subscribed: bool,
    pub children: bool,
    pub special_use: bool,
    pub status: Option<Items>,
}

/// `list-select-opts`
pub fn selection(cursor: &mut Cursor<'_>) -> Parsed<Selection> {
    let start = cursor.clone();
    let mut selection = Selection::default();
    cursor.list("a list of selection options", |c| {
        match () {
            () if c.keyword("SUBSCRIBED") => selection.subscribed = true,
            () if c.keyword("SPECIAL-USE") => selection.special_use = true,
            () if c.keyword("RECURSIVEMATCH") => selection.recursive = true,
            () if c.keyword("REMOTE") => {}
            () => return Err(c.expected("`SUBSCRIBED`, `SPECIAL-USE`, `RECURSIVEMATCH` or `REMOTE`")),
        }
        Ok(())
    })?;
    if selection.recursive && !selection.subscribed && !selection.special_use {
        return Err(start.expected("`SUBSCRIBED` or `SPECIAL-USE` beside `RECURSIVEMATCH`"));
    }
    Ok(selection)
}

/// `list-return-opts`
pub fn returns(cursor: &mut Cursor<'_>) -> Parsed<Returns> {
    if !cursor.keyword("RETURN") {
        return Err(cursor.expected("`RETURN` or the end of the line"));
    }
    cursor.expect_space()?;
    let mut returns = Returns::default();
    cursor.list("a list of return options", |c| {
        match () {
            () if c.keyword("SUBSCRIBED") => returns.subscribed = true,
            () if c.keyword("CHILDREN") => returns.children = true,
            () if c.keyword("SPECIAL-USE") => returns.special_use = true,
            () if c.keyword("STATUS") => {
                c.expect_space()?;
                returns.status = Some(status::items(c)?);
            }
            () => return Err(c.expected("`SUBSCRIBED`, `CHILDREN`, `SPECIAL-USE` or `STATUS`")),
        }
        Ok(())
    })?;
    Ok(returns)
}

//! Combinations that cannot be, and what is said of them in one line.

use crate::scenario::{Source, load};

#[test]
fn impossible_combinations_are_problems() {
    for (fault, said) in SHORT {
        let said: Vec<String> = said.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
        let text = format!("[[fault]]\n{fault}\n");
        let found = load(&Source::new("test.toml", text), 1.0).map_or_else(|problems| problems.list, |_| Vec::new());
        let found: Vec<String> = found.into_iter().map(|problem| problem.message).collect();
        assert_eq!(found, said, "{fault}");
    }
}

const SHORT: &[(&str, &str)] = &[
    ("at = 'connect'\nduring = '1s-2s'\ndo = ['refuse', { delay = '1s' }]", "a closed port can do nothing else"),
    ("at = 'connect'\nduring = '1s-2s'\nper = 'peer'\ndo = 'blackhole'", "`per` can never be known of a port that is closed"),
    ("at = 'content'\ndo = 'pass'", "`pass` needs a reply, and none is due at `content`"),
    (
        "at = 'silence'\nafter = '1s'\ndo = [{ rewrite = { find = 'a', with = '' } }, { send = 'a' }]",
        "`rewrite` needs a reply, and none is due at `silence`",
    ),
    (
        "at = ['greeting', 'AUTH']\ndo = { rewrite = { find = 'a', with = '', in = 'challenge' } }",
        "no challenge is sent at `greeting`",
    ),
    ("at = 'connect'\ndo = 'no-reply'", "`no-reply` needs a reply, and none is due at `connect`"),
    ("at = 'greeting'\ndo = ['pass', { cut = 3 }]", "the normal reply has been said whole"),
    ("at = 'message'\ndo = ['lose', 'store']", "a message is stored or lost once"),
    ("at = 'greeting'\ndo = [{ corrupt = { at = 1 } }, 'close']", "nothing is written after `corrupt`, so it changes nothing"),
    ("at = 'content'\ndo = { hide = 'X' }", "no capabilities are shown at `content`"),
    ("at = 'greeting'\nper = 'peer'\ndo = 'reset'", "`per` has nothing to count"),
    ("name = 'x'\nat = 'MAIL'\nwhere = { fired = 'x' }\ndo = 'reset'", "a fault cannot wait for itself"),
    ("at = 'greeting'\nwhere = { mailbox = 'x' }\ndo = 'reset'", "`mailbox` can never be known at `greeting`"),
    ("at = 'MAIL'\nper = 'recipient'\nnth = 1\ndo = 'reset'", "`recipient` can never be known at `MAIL`"),
    ("at = []\ndo = []", "`at` names no moment\n`do` has no step"),
    ("at = 'MAIL'\ndo = { send = '' }", "there is nothing to send"),
    ("at = 'MAIL'\ndo = { send = 'aa', repeat = 1000000000 }", "this is more than 1 GiB at once"),
    ("at = 'MAIL'\ndo = { send = 'aa', every = '1s' }", "`every` needs `repeat`"),
    ("at = 'MAIL'\ndo = { garbage = '2 GiB' }", "`garbage` must be at most 1073741824 bytes"),
    ("at = 'MAIL'\ndo = { delay = { min = '3s', max = '1s' } }", "this delay is empty: `min` is above `max`"),
    ("at = 'MAIL'\ndo = { cut = '150%' }", "`150%` is not a part of a reply"),
    ("at = 'MAIL'\ndo = 'cut'", "`cut` needs a value"),
    ("at = 'MAIL'\ndo = { pass = true }", "`pass` has no value"),
    ("at = 'MAIL'\ndo = { reply = \"250-a\\n251 b\" }", "the lines of one reply share one code, not `250` and `251`"),
    ("at = 'MAIL'\ndo = { reply = '150 b' }", "an SMTP reply starts with a code from 200 to 599"),
    ("at = 'MAIL'\ndo = { reply = { smtp = '250 x', imap = 'OK x' } }", "this fault never comes up in IMAP"),
    ("at = 'NOOP'\ndo = { reply = { smtp = '250 x' } }", "this fault can come up in IMAP, too"),
    ("at = 'LOGIN'\ndo = { reply = \"OK a\\nNO b\" }", "a command has one tagged reply, not several"),
    ("at = 'LOGIN'\ndo = { reply = 'BYE now' }", "`BYE now` cannot be a line of an IMAP reply"),
    ("at = 'LOGIN'\ndo = { reply = '' }", "this reply is empty"),
    ("at = 'IDLE'\ndo = { expunge = 0 }", "`expunge`: message numbers go from 1 to 4294967295"),
    ("at = 'IDLE'\ndo = { flags = { add = '\\Sen' } }", "there is no flag `\\Sen`"),
    ("at = 'MAIL'\nchance = 0\ndo = 'reset'", "`chance` must be above 0 and at most 1"),
    ("at = 'MAIL'\nchance = nan\ndo = 'reset'", "`chance` must be above 0 and at most 1"),
    ("at = 'MAIL'\nduring = '5s'\ndo = 'reset'", "`5s` is not one stretch of time"),
    ("at = 'MAIL'\nnth = 0\ndo = 'reset'", "there is no number 0: the first is 1"),
    ("at = 'MAIL'\nnth = -1\ndo = 'reset'", "`-1` is not a range"),
    ("at = 'MAIL'\ncut = 3\ndo = 'reset'", "[[fault]] has no key `cut`"),
    ("at = 'MAIL'\noptional = 'true'\ndo = 'reset'", "`optional` must be `true` or `false`, not a string"),
    ("at = 'MAIL'\nname = ''\ndo = 'reset'", "`name` is empty"),
];

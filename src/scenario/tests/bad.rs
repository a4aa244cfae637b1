//! Bad files, and what is said of them.

use crate::scenario::{Source, load};

fn complaint(text: &str) -> String {
    match load(&Source::new("test.toml", text), 1.0) {
        Ok(scenario) => panic!("no problem was found: {scenario:?}"),
        Err(problems) => problems.render(false),
    }
}

#[test]
fn every_mistake_is_shown_with_its_place_and_what_to_do() {
    for (text, said) in CASES {
        assert_eq!(complaint(text), said.trim_start_matches('\n'), "{text}");
    }
}

/// Files, and all that is said of each.
pub(super) const CASES: &[(&str, &str)] = &[
    (
        r#"[[user]]
name = "bob"
password = "p"
quota = {}
[[mailbox]]
name = "a//b"
special_use = 'Drafts'
[[mailbox]]
user = "bo"
name = "Sent"
[[mailbox]]
subscribed = "true"
[[mailbox]]
name = "x"
[[mailbox]]
name = "x"
uidvalidity = 0
[smtp]
quota = { storage = 1000 }
[imap]
quota = { storage = 1000 }
"#,
        r#"
error: `quota` needs `storage`, `messages` or both
 --> test.toml:4:9
  |
4 | quota = {}
  |         ^^

error: a mailbox cannot be called `a//b`
 --> test.toml:6:8
  |
6 | name = "a//b"
  |        ^^^^^^
  |
  = help: `/` stands between the levels: something must stand before it and after it

error: `special_use` cannot be `Drafts`
 --> test.toml:7:15
  |
7 | special_use = 'Drafts'
  |               ^^^^^^^^
  |
  = help: did you mean `\Drafts`?

error: there is no [[user]] `bo`
 --> test.toml:9:8
  |
9 | user = "bo"
  |        ^^^^
  |
  = help: did you mean `bob`?

error: [[mailbox]] needs `name`
  --> test.toml:11:1
   |
11 | [[mailbox]]
   | ^^^^^^^^^^^
   |
   = help: add `name = "Drafts"`

error: `subscribed` must be `true` or `false`, not a string
  --> test.toml:12:14
   |
12 | subscribed = "true"
   |              ^^^^^^
   |
   = help: write `true` without quotes

error: there are two mailboxes `x`
  --> test.toml:16:8
   |
14 | name = "x"
   |        --- the first
15 | [[mailbox]]
16 | name = "x"
   |        ^^^

error: `uidvalidity` must be at least 1
  --> test.toml:17:15
   |
17 | uidvalidity = 0
   |               ^

error: [smtp] has no key `quota`
  --> test.toml:19:1
   |
19 | quota = { storage = 1000 }
   | ^^^^^ unknown key
   |
   = help: `quota` belongs in [imap]

error: `storage` needs a unit
  --> test.toml:21:21
   |
21 | quota = { storage = 1000 }
   |                     ^^^^ a bare number
   |
   = help: write `"1000 B"` for bytes; the units are `B`, `KiB`, `MiB`, `GiB`, `kB`, `MB`, `GB`
"#,
    ),
    (
        r#"[[fault]]
at = "greting"
do = "rest"
conections = 1
"#,
        r#"
error: there is no moment `greting`
 --> test.toml:2:6
  |
2 | at = "greting"
  |      ^^^^^^^^^ unknown
  |
  = help: did you mean `greeting`?

error: there is no step `rest`
 --> test.toml:3:6
  |
3 | do = "rest"
  |      ^^^^^^ unknown
  |
  = help: did you mean `reset`?

error: [[fault]] has no key `conections`
 --> test.toml:4:1
  |
4 | conections = 1
  | ^^^^^^^^^^ unknown key
  |
  = help: did you mean `connections`?
"#,
    ),
    (
        r#"[[fault]]
on = "smtp"
"#,
        r#"
error: [[fault]] needs `at`
 --> test.toml:1:1
  |
1 | [[fault]]
  | ^^^^^^^^^
  |
  = help: add the moment, such as `at = "greeting"`

error: [[fault]] needs `do`
 --> test.toml:1:1
  |
1 | [[fault]]
  | ^^^^^^^^^
  |
  = help: add what it does, such as `do = "reset"`
"#,
    ),
    (
        r#"[fault]
at = "greeting"
do = "reset"
"#,
        r#"
error: `fault` is a list of tables
 --> test.toml:1:2
  |
1 | [fault]
  |  ^^^^^ one table
  |
  = help: write `[[fault]]`, in double brackets
"#,
    ),
    (
        r#"[[fault]]
at = "EHLO"
on = "imap"
do = "reset"
"#,
        r#"
error: `EHLO` never comes in IMAP
 --> test.toml:2:6
  |
2 | at = "EHLO"
  |      ^^^^^^
3 | on = "imap"
  |      ------ the only place for this fault
  |
  = help: it is a moment of SMTP
"#,
    ),
    (
        r#"[[fault]]
at = "greeting"
do = ["reset", "pass"]
"#,
        r#"
error: this step is never reached
 --> test.toml:3:16
  |
3 | do = ["reset", "pass"]
  |       -------  ^^^^^^
  |       |
  |       ends the connection
  |
  = help: leave it out, or put it before
"#,
    ),
    (
        r#"[[fault]]
at = "greeting"
do = { reply = "550 no" }
"#,
        r#"
error: this fault can come up in SMTP and in IMAP, which reply differently
 --> test.toml:3:16
  |
3 | do = { reply = "550 no" }
  |                ^^^^^^^^ a reply of which protocol?
  |
  = help: write `{ reply = { smtp = "...", imap = "..." } }`, or add `on = "smtp"` or `on = "imap"` to the fault
"#,
    ),
    (
        r#"[[fault]]
on = "smtp"
at = "MAIL"
do = { reply = "NO way" }
"#,
        r#"
error: an SMTP reply starts with a code from 200 to 599
 --> test.toml:4:16
  |
4 | do = { reply = "NO way" }
  |                ^^^^^^^^ this is IMAP
  |
  = help: write for example `"451 4.3.0 Try again later"`; for bytes that are no reply, use `send`
"#,
    ),
    (
        r#"[[fault]]
on = "imap"
at = "LOGIN"
do = { reply = "A1 NO way" }
"#,
        r#"
error: `A1 NO way` cannot be a line of an IMAP reply
 --> test.toml:4:16
  |
4 | do = { reply = "A1 NO way" }
  |                ^^^^^^^^^^^
  |
  = help: leave the tag out: the client's own is put there
"#,
    ),
    (
        r#"[[fault]]
at = "greeting"
do = "refuse"
nth = 1
"#,
        r#"
error: a port cannot be closed at `greeting`
 --> test.toml:3:6
  |
2 | at = "greeting"
  |      ---------- no connection has come so far
3 | do = "refuse"
  |      ^^^^^^^^
  |
  = help: write `at = "connect"`

error: a port that is closed needs `during`
 --> test.toml:3:6
  |
3 | do = "refuse"
  |      ^^^^^^^^
  |
  = help: add when, such as `during = "10s-40s"`

error: `nth` can never be known of a port that is closed
 --> test.toml:4:1
  |
3 | do = "refuse"
  |      -------- closes the port
4 | nth = 1
  | ^^^
  |
  = help: leave it out: `during` alone decides
"#,
    ),
    (
        r#"[[fault]]
at = "connect"
do = [{ cut = 3 }, "reset"]
"#,
        r#"
error: `cut` needs a reply, and none is due at `connect`
 --> test.toml:3:7
  |
2 | at = "connect"
  |      --------- this moment
3 | do = [{ cut = 3 }, "reset"]
  |       ^^^^^^^^^^^
  |
  = help: use `at = "greeting"`: there the server speaks first
"#,
    ),
    (
        r#"[[fault]]
at = "greeting"
after = 30
do = { delay = 2 }
"#,
        r#"
error: `after` goes with `at = "silence"` or `at = "age"` only
 --> test.toml:3:1
  |
3 | after = 30
  | ^^^^^
  |
  = help: for a wait, use the step `{ delay = "2s" }`; for a time since the start, `during = "10s-"`

error: `after` needs a unit
 --> test.toml:3:9
  |
3 | after = 30
  |         ^^ a bare number
  |
  = help: write `"30s"` for seconds; the units are `ms`, `s`, `m`, `h`, `d`

error: `delay` needs a unit
 --> test.toml:4:16
  |
4 | do = { delay = 2 }
  |                ^ a bare number
  |
  = help: write `"2s"` for seconds; the units are `ms`, `s`, `m`, `h`, `d`
"#,
    ),
    (
        r#"[[fault]]
at = "silence"
after_bytes = 3
do = "reset"
"#,
        r#"
error: `silence` needs `after`
 --> test.toml:2:6
  |
2 | at = "silence"
  |      ^^^^^^^^^
  |
  = help: add for how long, such as `after = "30s"`

error: `after_bytes` goes with `at = "content"` only
 --> test.toml:3:1
  |
3 | after_bytes = 3
  | ^^^^^^^^^^^
  |
  = help: change `at`, or leave it out

error: `after_bytes` needs a unit
 --> test.toml:3:15
  |
3 | after_bytes = 3
  |               ^ a bare number
  |
  = help: write `"3 B"` for bytes; the units are `B`, `KiB`, `MiB`, `GiB`, `kB`, `MB`, `GB`
"#,
    ),
    (
        r#"[[fault]]
on = "smtp"
at = "EHLO"
where = { recipient = "x", fired = "nobody", sni = "a" }
do = "reset"
"#,
        r#"
error: `recipient` can never be known at `EHLO`
 --> test.toml:4:11
  |
3 | at = "EHLO"
  |      ------ this moment
4 | where = { recipient = "x", fired = "nobody", sni = "a" }
  |           ^^^^^^^^^
  |
  = help: a recipient is known from `RCPT` on, in SMTP only

error: there is no fault named `nobody`
 --> test.toml:4:36
  |
4 | where = { recipient = "x", fired = "nobody", sni = "a" }
  |                                    ^^^^^^^^
"#,
    ),
    (
        r#"[[fault]]
name = "a"
at = "greeting"
do = "reset"
[[fault]]
name = "a"
at = "greeting"
do = "reset"
"#,
        r#"
error: there are two faults named `a`
 --> test.toml:6:8
  |
2 | name = "a"
  |        --- the first
...
6 | name = "a"
  |        ^^^
  |
  = help: give each a `name` of its own
"#,
    ),
    (
        r#"[[fault]]
at = "DATA"
within = "1m"
chance = 10
times = 0
connections = "4-1"
do = "lose"
"#,
        r#"
error: `within` needs `nth`
 --> test.toml:3:1
  |
3 | within = "1m"
  | ^^^^^^
  |
  = help: add which of the matches in that window, such as `nth = "4-"`

error: `chance` must be above 0 and at most 1
 --> test.toml:4:10
  |
4 | chance = 10
  |          ^^
  |
  = help: for 10 of 100, write `0.1`

error: `times` must be at least 1
 --> test.toml:5:9
  |
5 | times = 0
  |         ^

error: `4-1` is empty: it ends before it begins
 --> test.toml:6:15
  |
6 | connections = "4-1"
  |               ^^^^^
  |
  = help: write `1-4`

error: there is nothing to lose at `DATA`
 --> test.toml:7:6
  |
2 | at = "DATA"
  |      ------ this moment
...
7 | do = "lose"
  |      ^^^^^^
  |
  = help: use `at = "message"`, when the whole message has arrived
"#,
    ),
    (
        r#"[[fault]]
on = "smtp"
at = "STARTTLS"
do = [{ certificate = "expired" }, { cut = "50%", raw = true }]
[[fault]]
at = "tls"
do = [{ certificate = "expird" }, { alert = "handshake_failed" }]
"#,
        r#"
error: `STARTTLS` never comes: no listener of this fault offers STARTTLS
 --> test.toml:3:6
  |
2 | on = "smtp"
  |      ------ the only place for this fault
3 | at = "STARTTLS"
  |      ^^^^^^^^^^
  |
  = help: add `tls = "starttls"` to [smtp], or a [[listen]] with it

error: `certificate` acts at `tls`, not at `STARTTLS`
 --> test.toml:4:9
  |
3 | at = "STARTTLS"
  |      ---------- this moment
4 | do = [{ certificate = "expired" }, { cut = "50%", raw = true }]
  |         ^^^^^^^^^^^
  |
  = help: write `at = "tls"`, when the ClientHello has been read

error: a raw `cut` takes a number of bytes from the start
 --> test.toml:4:44
  |
4 | do = [{ certificate = "expired" }, { cut = "50%", raw = true }]
  |                                            ^^^^^ how long the TLS records will be is not known before
  |
  = help: write for example `{ cut = 20, raw = true }`

error: `certificate` cannot be `expird`
 --> test.toml:7:23
  |
7 | do = [{ certificate = "expird" }, { alert = "handshake_failed" }]
  |                       ^^^^^^^^
  |
  = help: did you mean `expired`?

error: there is no TLS alert `handshake_failed`
 --> test.toml:7:45
  |
7 | do = [{ certificate = "expird" }, { alert = "handshake_failed" }]
  |                                             ^^^^^^^^^^^^^^^^^^ unknown
  |
  = help: did you mean `handshake_failure`?
"#,
    ),
    (
        r#"[[fault]]
at = "greeting"
do = [{ rewrite = { find = 'a(b', with = "x" } }, { send_hex = "abc" }]
"#,
        r#"
error: this regular expression is broken: unclosed group
 --> test.toml:3:30
  |
3 | do = [{ rewrite = { find = 'a(b', with = "x" } }, { send_hex = "abc" }]
  |                              ^
  |
  = help: single quotes keep backslashes as they are; a literal `{` is `\{`

error: an odd number of hexadecimal digits
 --> test.toml:3:64
  |
3 | do = [{ rewrite = { find = 'a(b', with = "x" } }, { send_hex = "abc" }]
  |                                                                ^^^^^
  |
  = help: two digits for each byte: `0d0a` is CR LF
"#,
    ),
    (
        r#"[expect]
recovers = "30s"
messages = "two"
client_exti = 0
[expect.imap]
messages = 1
"#,
        r#"
error: `recovers` would have to be exactly `30s`, to the nanosecond
 --> test.toml:2:12
  |
2 | recovers = "30s"
  |            ^^^^^
  |
  = help: write `{ max = "30s" }` or `{ min = "30s" }`, or a range such as `"9m-11m"`

error: `two` is not a range: `two` is not a whole number
 --> test.toml:3:12
  |
3 | messages = "two"
  |            ^^^^^
  |
  = help: write `3`, `1-4`, `5-` or `1,3`

error: [expect] has no key `client_exti`
 --> test.toml:4:1
  |
4 | client_exti = 0
  | ^^^^^^^^^^^ unknown key
  |
  = help: did you mean `client_exit`?

error: `messages` is never anything but 0 in [expect.imap]
 --> test.toml:6:1
  |
6 | messages = 1
  | ^^^^^^^^
  |
  = help: write it in [expect.smtp] or in [expect]
"#,
    ),
    (
        r#"[[listen]]
name = "mx"
[[listen]]
name = "smtps"
tls = "starttls"
[[listen]]
name = "smtp"
tls = "startls"
[[fault]]
on = "mx3"
at = "EHLO"
do = "reset"
"#,
        r#"
error: [[listen]] needs `protocol`
 --> test.toml:2:8
  |
2 | name = "mx"
  |        ^^^^
  |
  = help: add `protocol = "smtp"` or `protocol = "imap"`

error: a listener `smtps` has TLS from the first byte
 --> test.toml:5:7
  |
5 | tls = "starttls"
  |       ^^^^^^^^^^
  |
  = help: leave `tls` out, or give the listener another name

error: `tls` cannot be `startls`
 --> test.toml:8:7
  |
8 | tls = "startls"
  |       ^^^^^^^^^
  |
  = help: did you mean `starttls`?

error: there is no listener `mx3`
  --> test.toml:10:6
   |
10 | on = "mx3"
   |      ^^^^^
   |
   = help: it can be `imap`, `smtp`, `smtps`
"#,
    ),
    (
        r#"title = 
[[fault]]
at = "x"
"#,
        r#"
error: not valid TOML: string values must be quoted, expected literal string
 --> test.toml:1:9
  |
1 | title = 
  |         ^
  |
  = help: text stands in double quotes, and lists in square brackets

error: there is no moment `x`
 --> test.toml:3:6
  |
3 | at = "x"
  |      ^^^ unknown
  |
  = help: it can be a command of SMTP or IMAP, or one of `connect`, `tls`, `secure`, `greeting`, `command`, `credentials`, `continuation`, `content`, `message`, `unsolicited`, `silence`, `age`
"#,
    ),
    (
        r#"[[fault]]
at = "y"
[[fault]
at = "x"
"#,
        r#"
error: there is no moment `y`
 --> test.toml:2:6
  |
2 | at = "y"
  |      ^^^ unknown
  |
  = help: it can be a command of SMTP or IMAP, or one of `connect`, `tls`, `secure`, `greeting`, `command`, `credentials`, `continuation`, `content`, `message`, `unsolicited`, `silence`, `age`

error: not valid TOML: unclosed array table, expected `]`
 --> test.toml:3:9
  |
3 | [[fault]
  |         ^
"#,
    ),
    (
        r#"[[dialogue]]
on = "imap"
[wire]
x = 1
"#,
        r#"
error: dialogues are not there yet
 --> test.toml:1:3
  |
1 | [[dialogue]]
  |   ^^^^^^^^
  |
  = help: leave it out, and write [[fault]] with `send` and `reply`

error: `[wire]` is for `selftest`, which this version does not have yet
 --> test.toml:3:2
  |
3 | [wire]
  |  ^^^^
  |
  = help: leave it out
"#,
    ),
    (
        r#"use = ["smtp/reset-mid-greetin"]
"#,
        r#"
error: there is no built-in scenario and no file `smtp/reset-mid-greetin`
 --> test.toml:1:8
  |
1 | use = ["smtp/reset-mid-greetin"]
  |        ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: did you mean `smtp/reset-mid-greeting`?
"#,
    ),
    (
        r#"[[user]]
name = "bob"
password = 12
[[mail]]
user = "bo"
flags = ["Seen"]
file = "x.eml"
size = "2 KB"
"#,
        r#"
error: `password` must be a string, not a whole number
 --> test.toml:3:12
  |
3 | password = 12
  |            ^^
  |
  = help: write `"12"`

error: there is no [[user]] `bo`
 --> test.toml:5:8
  |
5 | user = "bo"
  |        ^^^^
  |
  = help: did you mean `bob`?

error: `Seen` would be a keyword, not the flag
 --> test.toml:6:10
  |
6 | flags = ["Seen"]
  |          ^^^^^^
  |
  = help: write `'\Seen'`, in single quotes

error: `file` needs a scenario file of your own
 --> test.toml:7:8
  |
7 | file = "x.eml"
  |        ^^^^^^^
  |
  = help: write `from`, `subject` and `body` instead

error: `size` and `file` exclude each other
 --> test.toml:8:1
  |
7 | file = "x.eml"
  |        ------- the whole message
8 | size = "2 KB"
  | ^^^^
  |
  = help: a file is taken as it stands: leave one of the two out

error: `KB` is not a unit of size
 --> test.toml:8:8
  |
8 | size = "2 KB"
  |        ^^^^^^
  |
  = help: did you mean `"2kB"`? The units are `B`, `KiB`, `MiB`, `GiB`, or `kB`, `MB`, `GB` for thousands
"#,
    ),
    (
        r#"[[fault]]
at = "MAIL"
do = { cut = 3, reset = "1s" }
[[fault]]
at = "MAIL"
do = { send = "x", repeet = 3 }
"#,
        r#"
error: `cut` and `reset` are two steps
 --> test.toml:3:17
  |
3 | do = { cut = 3, reset = "1s" }
  |        ---      ^^^^^
  |        |
  |        the first
  |
  = help: write a list: `[{ cut = ... }, { reset = ... }]`

error: `send` has no key `repeet` beside it
 --> test.toml:6:20
  |
6 | do = { send = "x", repeet = 3 }
  |                    ^^^^^^ unknown key
  |
  = help: did you mean `repeat`?
"#,
    ),
    (
        r#"[[fault]]
at = "greeting"
during = "10-40s"
per = "user"
do = { dribble = { every = "1s" } }
[[fault]]
at = "MAIL"
do = ["reset", "rst"]
"#,
        r#"
error: `10` has no unit
 --> test.toml:3:10
  |
3 | during = "10-40s"
  |          ^^^^^^^^
  |
  = help: write `"10s"`, or another unit: `ms`, `s`, `m`, `h` or `d`

error: `user` can never be known at `greeting`
 --> test.toml:4:7
  |
2 | at = "greeting"
  |      ---------- this moment
3 | during = "10-40s"
4 | per = "user"
  |       ^^^^^^
  |
  = help: a user is known from the login on (`AUTH`, `LOGIN`, `AUTHENTICATE`, `credentials`)

error: there is no step `rst`
 --> test.toml:8:16
  |
8 | do = ["reset", "rst"]
  |                ^^^^^ unknown
  |
  = help: did you mean `reset`?
"#,
    ),
    (
        r#"[[fault]]
at = "greeting"
on = "imap"
do = { deliver = {} }
"#,
        r#"
error: nobody is logged in at `greeting`: whose mailbox is it?
 --> test.toml:4:8
  |
2 | at = "greeting"
  |      ---------- this moment
3 | on = "imap"
4 | do = { deliver = {} }
  |        ^^^^^^^
  |
  = help: add `user = "..."`
"#,
    ),
    (
        r#"[[fault]]
at = "DATA"
do = [{ dribble = { every = "1 sec" } }, "reset"]
connections = [1, 3]
"#,
        r#"
error: `sec` is not a unit of duration
 --> test.toml:3:29
  |
3 | do = [{ dribble = { every = "1 sec" } }, "reset"]
  |                             ^^^^^^^
  |
  = help: did you mean `"1s"`? The units are `ms`, `s`, `m`, `h` or `d`

error: `connections` must be a whole number or a range, not a list
 --> test.toml:4:15
  |
4 | connections = [1, 3]
  |               ^^^^^^
  |
  = help: write `"1,3"`
"#,
    ),
    (
        r#"title = "x" 
[[fault]]
at = "greeting"
do = ["reset"
name = "x"

[[fault]]
at = "greting"
do = "reset"
"#,
        r#"
error: not valid TOML: missing comma between array elements, expected `,`
 --> test.toml:5:1
  |
5 | name = "x"
  | ^

error: there is no moment `greting`
 --> test.toml:8:6
  |
8 | at = "greting"
  |      ^^^^^^^^^ unknown
  |
  = help: did you mean `greeting`?
"#,
    ),
    (
        r#"a = 1
[smtp]
offer = 1979-05-27
size_limit = 99999999999999999999
hide = "A"
hide = "B"
"#,
        r#"
error: a scenario has no key `a`
 --> test.toml:1:1
  |
1 | a = 1
  | ^ unknown key
  |
  = help: it can be `title`, `about`, `source`, `use`, `fault`, `user`, `mailbox`, `mail`, `listen`, `smtp`, `imap`, `announce`, `expect`, `wire`, `dialogue`

error: `offer` must be a string or a list of strings, not a date
 --> test.toml:3:9
  |
3 | offer = 1979-05-27
  |         ^^^^^^^^^^

error: `size_limit` must be a size such as `"64 KiB"`, not a number that is too large
 --> test.toml:4:14
  |
4 | size_limit = 99999999999999999999
  |              ^^^^^^^^^^^^^^^^^^^^

error: not valid TOML: duplicate key
 --> test.toml:6:1
  |
6 | hide = "B"
  | ^^^^
"#,
    ),
    (
        r#"[[fault]]
on = "imap"
at = "FETCH"
every = "1s"
do = [{ rewrite = { find = "a", with = "b", in = "body" } }, { misread = { find = '(', with = "" } }]
"#,
        r#"
error: `every` goes with `at = "silence"` or `at = "age"` only
 --> test.toml:4:1
  |
4 | every = "1s"
  | ^^^^^
  |
  = help: for bytes that come again and again, use `{ send = ..., repeat = 10, every = "1s" }`

error: `in` cannot be `body`
 --> test.toml:5:50
  |
5 | do = [{ rewrite = { find = "a", with = "b", in = "body" } }, { misread = { find = '(', with = "" } }]
  |                                                  ^^^^^^
  |
  = help: it can be `text`, `mail`

error: this regular expression is broken: unclosed group
 --> test.toml:5:84
  |
5 | do = [{ rewrite = { find = "a", with = "b", in = "body" } }, { misread = { find = '(', with = "" } }]
  |                                                                                    ^
  |
  = help: single quotes keep backslashes as they are; a literal `{` is `\{`
"#,
    ),
    (
        r#"[[fault]]
on = "imap"
at = ["FETCH", "APPEND"]
do = ["pass", { misread = { find = "a", with = "b" } }]

[[fault]]
on = "imap"
at = "greeting"
do = { misread = { find = "a", with = "b" } }

[[fault]]
on = "imap"
at = ["NOOP", "IDLE"]
do = "tell"

[[fault]]
on = "smtp"
at = "MAIL"
do = [{ misread = { find = "a", with = "b" } }, "tell"]
"#,
        r#"
error: APPEND has taken its message in: it cannot be misread any more
 --> test.toml:4:15
  |
3 | at = ["FETCH", "APPEND"]
  |                -------- this moment
4 | do = ["pass", { misread = { find = "a", with = "b" } }]
  |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: use the moment of a command, such as `FETCH`

error: it is too late for `misread`: the reply has been made
 --> test.toml:4:15
  |
4 | do = ["pass", { misread = { find = "a", with = "b" } }]
  |       ------  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |       |
  |       here
  |
  = help: put it before

error: there is no command to misread at `greeting`
 --> test.toml:9:6
  |
8 | at = "greeting"
  |      ---------- this moment
9 | do = { misread = { find = "a", with = "b" } }
  |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: use the moment of a command, such as `FETCH`

error: no news of a mailbox are told at `IDLE`
  --> test.toml:14:6
   |
13 | at = ["NOOP", "IDLE"]
   |               ------ this moment
14 | do = "tell"
   |      ^^^^^^
   |
   = help: use the moment of a command, such as `FETCH`

error: `misread` is for IMAP
  --> test.toml:19:7
   |
19 | do = [{ misread = { find = "a", with = "b" } }, "tell"]
   |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = help: leave it out

error: `tell` is for IMAP
  --> test.toml:19:49
   |
19 | do = [{ misread = { find = "a", with = "b" } }, "tell"]
   |                                                 ^^^^^^
   |
   = help: leave it out
"#,
    ),
    (
        r#"[[fault]]
on = "imap"
at = "greeting"
do = { uidnext = 0 }
"#,
        r#"
error: `uidnext` must be at least 1
 --> test.toml:4:18
  |
4 | do = { uidnext = 0 }
  |                  ^
"#,
    ),
];

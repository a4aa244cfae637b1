//! Steps.

/// Files, and all that is said of each.
pub const CASES: &[(&str, &str)] = &[
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
  = help: it can be `text`, `mail`, `challenge`

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

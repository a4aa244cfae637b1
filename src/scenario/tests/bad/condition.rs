//! Moments and conditions.

/// Files, and all that is said of each.
pub const CASES: &[(&str, &str)] = &[
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
        r#"[[fault]]
on = "imap"
at = "FETCH"
where = { argument = ["*[]*", 1], user = [], mailbox = {} }
do = "reset"
[[fault]]
name = "a"
at = "greeting"
where = { fired = ["a", "fault-1", "fault-9"] }
do = "reset"
"#,
        r#"
error: `argument` must be a string, not a whole number
 --> test.toml:4:31
  |
4 | where = { argument = ["*[]*", 1], user = [], mailbox = {} }
  |                               ^
  |
  = help: write `"1"`

error: `user` is an empty list, which nothing fits
 --> test.toml:4:42
  |
4 | where = { argument = ["*[]*", 1], user = [], mailbox = {} }
  |                                          ^^
  |
  = help: name a pattern, or leave the key out

error: `mailbox` must be a string, not a table
 --> test.toml:4:56
  |
4 | where = { argument = ["*[]*", 1], user = [], mailbox = {} }
  |                                                        ^^

error: a fault cannot wait for itself
 --> test.toml:9:20
  |
9 | where = { fired = ["a", "fault-1", "fault-9"] }
  |                    ^^^
  |
  = help: name another fault; for once only, use `times = 1`

error: there is no fault named `fault-9`
 --> test.toml:9:36
  |
9 | where = { fired = ["a", "fault-1", "fault-9"] }
  |                                    ^^^^^^^^^
  |
  = help: did you mean `fault-1`?
"#,
    ),
    (
        r#"[[fault]]
name = "lock"
on = "imap"
at = ["LOGIN", "SELECT"]
where = { refused = "yes" }
since = "lock"
do = "reset"
[[fault]]
at = "RCPT"
where = { refused = true }
since = "lokc"
during = "0s-5m"
do = "reset"
"#,
        r#"
error: `refused` must be `true` or `false`, not a string
 --> test.toml:5:21
  |
5 | where = { refused = "yes" }
  |                     ^^^^^

error: `since` needs `during`
 --> test.toml:6:1
  |
6 | since = "lock"
  | ^^^^^
  |
  = help: add for how long, such as `during = "0s-5m"`

error: a fault cannot wait for itself
 --> test.toml:6:9
  |
6 | since = "lock"
  |         ^^^^^^
  |
  = help: name another fault; for once only, use `times = 1`

error: `refused` can never be known at `RCPT`
  --> test.toml:10:11
   |
 9 | at = "RCPT"
   |      ------ this moment
10 | where = { refused = true }
   |           ^^^^^^^
   |
   = help: whether credentials are refused is known at `credentials`

error: there is no fault named `lokc`
  --> test.toml:11:9
   |
11 | since = "lokc"
   |         ^^^^^^
   |
   = help: did you mean `lock`?
"#,
    ),
];

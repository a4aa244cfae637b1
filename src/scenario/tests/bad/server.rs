//! Accounts, mailboxes, mail, listeners and expectations.

/// Files, and all that is said of each.
pub const CASES: &[(&str, &str)] = &[
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
];

//! `[[dialogue]]`.

pub(super) const CASES: &[(&str, &str)] = &[(
    r#"[[dialogue]]
on = "imap"
connections = "1-3"
script = '''
S: * OK ready
Hello
! dealy 1s
! cut 11
! tls
C- a*
! reset
C: x
'''
[[dialogue]]
name = "second"
on = "imap"
connections = "every 2"
script = "C: \\xg"
[[dialogue]]
script = ""
[[fault]]
at = "dialogue"
do = "reset"
"#,
    r#"
error: `Hello` does not begin a line of a script
 --> test.toml:6:1
  |
6 | Hello
  | ^^^^^
  |
  = help: a line begins with `S:` or `C:` (what server or client says), `S-` or `C-` (the same without CRLF), or `!` (a step)

error: there is no step `dealy`
 --> test.toml:7:3
  |
7 | ! dealy 1s
  |   ^^^^^ unknown
  |
  = help: did you mean `delay`?

error: `{ cut = 11 }` has no place in a dialogue
 --> test.toml:8:1
  |
8 | ! cut 11
  | ^^^^^^^^
  |
  = help: what is to be said stands in `S:` and `S-` lines; steps here are `delay`, `stall`, `stop-reading`, `reset`, `close`, `half-close`, `send`, `garbage`, `dribble`, `tls`, `wait`, `content`, `literal` and changes of mailboxes

error: `tls` needs a listener that offers STARTTLS
 --> test.toml:9:1
  |
9 | ! tls
  | ^^^^^
  |
  = help: add `tls = "starttls"` to the table of the protocol, or to the [[listen]]

error: how many octets are these? A line without CRLF can have no `*` and no `<name>`
  --> test.toml:10:1
   |
10 | C- a*
   | ^^^^^
   |
   = help: write `C:` for a line with CRLF, or each octet as it is; `?` is any one

error: this line is never reached
  --> test.toml:12:1
   |
11 | ! reset
   | ------- ends the dialogue
12 | C: x
   | ^^^^
   |
   = help: leave it out, or put it before

error: two dialogues are for the same connection
  --> test.toml:17:15
   |
 3 | connections = "1-3"
   |               ----- the other
...
17 | connections = "every 2"
   |               ^^^^^^^^^
   |
   = help: give each `connections` of its own

error: `\x` needs two hexadecimal digits
  --> test.toml:18:14
   |
18 | script = "C: \\xg"
   |              ^^^
   |
   = help: write an octet as `\xff`, and a backslash before an x as `\\x`

error: [[dialogue]] needs `on`
  --> test.toml:19:1
   |
19 | [[dialogue]]
   | ^^^^^^^^^^^^
   |
   = help: add where, such as `on = "imap"`

error: this script has no line
  --> test.toml:20:10
   |
20 | script = ""
   |          ^^
   |
   = help: write a line such as `S: 220 mx.example.test ESMTP`

error: there is no moment `dialogue`
  --> test.toml:22:6
   |
22 | at = "dialogue"
   |      ^^^^^^^^^^ unknown
   |
   = help: it can be a command of SMTP or IMAP, or one of `connect`, `tls`, `secure`, `greeting`, `command`, `credentials`, `continuation`, `content`, `message`, `unsolicited`, `silence`, `age`
"#,
)];

//! The file as a whole: TOML, keys, names, what is needed.

/// Files, and all that is said of each.
pub const CASES: &[(&str, &str)] = &[
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
        r#"[[wire]]
on = "smpt"
script = '''
S: 220 *
! rst
! delay 5
! tls 1.1
S: ...
! reset
hello
'''
[[wire]]
on = "smtp"
repeat = 0
script = "S: 220\n! octets many"
[[wire]]
x = 1
"#,
        r#"
error: no listener is named `smpt`
 --> test.toml:2:6
  |
2 | on = "smpt"
  |      ^^^^^^
  |
  = help: did you mean `smtp`?

error: there is no step `! rst` for a client
 --> test.toml:5:1
  |
5 | ! rst
  | ^^^^^
  |
  = help: there is `reset`, `perhaps`, `close`, `silence`, `delay`, `takes`, `wait`, `refused`, `no-answer`, `octets`, `send`, `blocked`, `leave`, `hello`, `tls`, `alert`

error: `5` has no unit
 --> test.toml:6:1
  |
6 | ! delay 5
  | ^^^^^^^^^
  |
  = help: write `5s`, or another unit: `ms`, `s`, `m`, `h` or `d`

error: `! tls 1.1` is not understood
 --> test.toml:7:1
  |
7 | ! tls 1.1
  | ^^^^^^^^^
  |
  = help: write for example `! tls`, `! tls 1.3` or `! tls fails *expired*`

error: `S: ...` needs an `S:` line after it
 --> test.toml:9:1
  |
9 | ! reset
  | ^^^^^^^
  |
  = help: write the line that ends what comes

error: `hello` does not begin a line of a script
  --> test.toml:10:1
   |
10 | hello
   | ^^^^^
   |
   = help: a line begins with `S:` or `C:` (what server or client says), `S-` or `C-` (the same without CRLF), or `!` (a step)

error: `repeat` must be at least 1
  --> test.toml:14:10
   |
14 | repeat = 0
   |          ^

error: `many` is no number of octets from 1 to 67108864
  --> test.toml:15:19
   |
15 | script = "S: 220\n! octets many"
   |                   ^^^^^^^^^^^^^

error: [[wire]] needs `on`
  --> test.toml:16:1
   |
16 | [[wire]]
   | ^^^^^^^^
   |
   = help: write `on = "smtp"`, or the name of another listener

error: [[wire]] needs `script`
  --> test.toml:16:1
   |
16 | [[wire]]
   | ^^^^^^^^
   |
   = help: write the conversation, `C:` and `S:` lines, in `'''`

error: [[wire]] has no key `x`
  --> test.toml:17:1
   |
17 | x = 1
   | ^ unknown key
   |
   = help: it can be `on`, `repeat`, `script`
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
];

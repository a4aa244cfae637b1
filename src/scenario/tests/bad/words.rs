//! `[smtp.words]` and `[imap.words]`.

/// Files, and all that is said of each.
pub const CASES: &[(&str, &str)] = &[(
    r#"[smtp]
before_tls = { only = [1] }
[smtp.words]
mail = "Sender OK"
rcpt = "450 no"
data = "354 go {id}"
message = "250 {queue_id} {size}"
quit = "221-bye\n220 bye"
logn = "235 in"
[imap]
login_capability = "codes"
[imap.words]
completed = "OK {command} completed."
bye = ""
"#,
    r#"
error: `only` must be a string or a list of strings, not a whole number
 --> test.toml:2:24
  |
2 | before_tls = { only = [1] }
  |                        ^

error: an SMTP reply starts with a code from 200 to 599
 --> test.toml:4:8
  |
4 | mail = "Sender OK"
  |        ^^^^^^^^^^^
  |
  = help: write for example `"451 4.3.0 Try again later"`; for bytes that are no reply, use `send`

error: the code of `rcpt` must begin with 2
 --> test.toml:5:8
  |
5 | rcpt = "450 no"
  |        ^^^^^^^^
  |
  = help: for a reply that says something else than the normal one, use a fault: `do = { reply = "..." }`

error: nothing is known for `{id}` in `data`
 --> test.toml:6:8
  |
6 | data = "354 go {id}"
  |        ^^^^^^^^^^^^^
  |
  = help: nothing stands in braces here

error: nothing is known for `{queue_id}` in `message`
 --> test.toml:7:11
  |
7 | message = "250 {queue_id} {size}"
  |           ^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: what stands in braces here is one of `{message_id}`, `{id}`, `{size}`

error: the lines of one reply share one code, not `221` and `220`
 --> test.toml:8:8
  |
8 | quit = "221-bye\n220 bye"
  |        ^^^^^^^^^^^^^^^^^^
  |
  = help: use `send` for lines that do not belong together

error: [smtp.words] has no key `logn`
 --> test.toml:9:1
  |
9 | logn = "235 in"
  | ^^^^ unknown key
  |
  = help: did you mean `login`?

error: `login_capability` cannot be `codes`
  --> test.toml:11:20
   |
11 | login_capability = "codes"
   |                    ^^^^^^^
   |
   = help: did you mean `code`?

error: `completed` stands here without its `OK `
  --> test.toml:13:13
   |
13 | completed = "OK {command} completed."
   |             ^^^^^^^^^^^^^^^^^^^^^^^^^

error: `bye` is empty
  --> test.toml:14:7
   |
14 | bye = ""
   |       ^^
   |
   = help: write something, or leave the key out
"#,
)];

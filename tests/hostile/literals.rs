//! Literals of any announced size at any place: refused before they come, or taken away; never kept, and never waited for in memory.

use super::talk::{Talk, lines};

const SIZES: [&str; 17] = [
    "0",
    "1",
    "00000000000000000000000000000000000000000000000000000000000003",
    "1000",
    "65535",
    "65536",
    "65537",
    "1000000",
    "52428800",
    "52428801",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999999999999",
];
const PLACES: [&str; 12] = [
    "T LOGIN ",
    "T LOGIN bob ",
    "T SELECT ",
    "T APPEND ",
    "T APPEND INBOX ",
    "T APPEND INBOX (\\Seen) ",
    "T SEARCH SUBJECT ",
    "T FETCH 1 (FLAGS BODY[HEADER.FIELDS (",
    "T ID (\"name\" ",
    "T NOOP ",
    "T ",
    "",
];

#[test]
fn a_literal_of_any_size_is_refused_or_taken_and_takes_no_room() {
    let mut waits = 0;
    for state in ["", "L LOGIN alice x\r\nS SELECT INBOX\r\n"] {
        for place in PLACES {
            for size in SIZES {
                for (before, after) in [("{", "}"), ("{", "+}"), ("{", "-}"), ("~{", "}"), ("~{", "+}")] {
                    let mut talk = Talk::after(state);
                    let announced = format!("{place}{before}{size}{after}\r\n");
                    let mut said = talk.say(announced.as_bytes());
                    // More than any buffer holds, as it comes from a network.
                    for _ in 0..3 {
                        said.extend(talk.say(&[b'x'; 30_000]));
                    }
                    said.extend(talk.say(b"\r\nZ NOOP\r\n"));
                    let lines = lines(&said);
                    let answers = lines.iter().filter(|line| line.starts_with("T ")).count();
                    assert!(answers <= 1, "{answers} answers to {announced}");
                    let bye = lines.iter().any(|line| line.starts_with("* BYE "));
                    assert!(!talk.closed || bye, "closed without a word after {announced}");
                    waits += usize::from(!talk.closed && !lines.iter().any(|line| line.starts_with("Z ")));
                }
            }
        }
    }
    assert!(waits > 0, "no literal was waited for");
}

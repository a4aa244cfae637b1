use super::*;
use crate::proto::dialogue::Meddling;

/// FLAGS as it is said when these keywords are known.
fn flags_are(keywords: &str) -> String {
    let all = format!("\\Answered \\Flagged \\Deleted \\Seen \\Draft {keywords}");
    format!("S: * FLAGS ({all})\nS: * OK [PERMANENTFLAGS ({all} \\*)] flags are kept")
}

#[test]
fn a_keyword_is_told_before_the_first_message_that_has_it_to_everyone_and_once() {
    let mut one = selected(2);
    let mut two = beside(&one);
    let first = flags_are("$A");
    one.play(&format!(
        "C: A1 STORE 1 +FLAGS ($A)
         {first}
         S: * 1 FETCH (FLAGS ($A \\Recent))
         S: A1 OK STORE completed
         C: A2 STORE 2 +FLAGS.SILENT ($a)
         S: A2 OK STORE completed
         C: A3 STORE 2 -FLAGS ($B)
         S: * 2 FETCH (FLAGS ($a \\Recent))
         S: A3 OK STORE completed"
    ));
    two.play(&format!(
        "C: A1 FETCH 1 FLAGS
         {first}
         S: * 1 FETCH (FLAGS ($A))
         S: * 2 FETCH (FLAGS ($a))
         S: A1 OK FETCH completed
         C: A2 IDLE
         S: + idling"
    ));
    let second = flags_are("$A $B");
    one.play(&format!(
        "C: A4 STORE 1 FLAGS.SILENT ($B)
         {second}
         S: A4 OK STORE completed"
    ));
    let pushed = format!("{second}\nS: * 1 FETCH (FLAGS ($B))\n").replace("S: ", "").replace('\n', "\r\n");
    assert_eq!(text(&two.push()), pushed);
}

#[test]
fn a_keyword_of_mail_that_arrives_is_told_and_select_names_those_that_were_there() {
    let mut d = selected(0);
    d.play(&format!(
        "C: A1 APPEND INBOX ($A) {{1+}}
         C: x
         S: * 1 EXISTS
         S: * 1 RECENT
         S: A1 OK [APPENDUID 1700000000 1] APPEND completed
         C: A2 FETCH 1 FLAGS
         {}
         S: * 1 FETCH (FLAGS ($A \\Recent))
         S: A2 OK FETCH completed
         C: A3 STORE 1 FLAGS.SILENT ()
         S: A3 OK STORE completed",
        flags_are("$A")
    ));
    let mut later = beside(&d);
    assert!(text(&later.feed(b"A SELECT INBOX\r\n")).contains("\\Draft $A)\r\n"));
}

#[test]
fn a_keyword_of_a_store_that_did_not_happen_is_told_when_it_does() {
    let mut d = selected(1);
    d.meddle(Ats::STORE, Meddling { reply: Some("NO no"), ..Meddling::default() });
    d.feed(b"A STORE 1 +FLAGS ($A)\r\n");
    let mut two = beside(&d);
    two.play(&format!(
        "C: A1 STORE 1 +FLAGS.SILENT ($A)
         {}
         S: A1 OK STORE completed",
        flags_are("$A")
    ));
}

#[test]
fn more_keywords_than_are_told_can_be_set_all_the_same() {
    let mut d = selected(2);
    for n in 0..70 {
        d.feed(format!("A STORE {} +FLAGS.SILENT (k{n})\r\n", n % 2 + 1).as_bytes());
    }
    let said = text(&d.feed(b"A STORE 1 FLAGS (other)\r\n"));
    assert!(said.starts_with("* 1 FETCH (FLAGS (other"), "{said}");
}

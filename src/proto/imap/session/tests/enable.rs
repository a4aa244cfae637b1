use super::*;

#[test]
fn enable_tells_what_it_switched_on_and_passes_over_what_it_does_not_know() {
    let mut d = authenticated(0);
    d.play(
        "C: A1 ENABLE condstore XYZ IDLE
         S: * ENABLED CONDSTORE
         S: A1 OK ENABLE completed
         C: A2 ENABLE CONDSTORE
         S: * ENABLED
         S: A2 OK ENABLE completed
         C: A3 ENABLE
         S: A3 BAD expected a space at column 10, got the end of the line",
    );
}

#[test]
fn what_a_scenario_hides_cannot_be_enabled() {
    let mut d = authenticated(0);
    d.session.hide(&["imap4rev2".into()], true);
    d.play("C: A1 ENABLE IMAP4rev2\nS: * ENABLED\nS: A1 OK ENABLE completed");
}

#[test]
fn names_are_utf8_for_those_who_enabled_it() {
    for switch in ["IMAP4rev2", "UTF8=ACCEPT"] {
        let mut d = authenticated(0);
        d.play(&format!(
            "C: A1 CREATE Entw&APw-rfe
             S: A1 OK [MAILBOXID (m004d4419134a0a54-1)] CREATE completed
             C: A2 ENABLE {switch}
             S: * ENABLED {switch}
             S: A2 OK ENABLE completed
             C: A3 LIST \"\" E*
             S: * LIST (\\HasNoChildren) \"/\" \"Entwürfe\"
             S: A3 OK LIST completed
             C: A4 DELETE \"Entwürfe\"
             S: A4 OK DELETE completed"
        ));
    }
}

#[test]
fn news_wait_until_the_words_are_agreed_on() {
    let mut d = selected(0);
    beside(&d).feed(b"A APPEND INBOX {1+}\r\nx\r\n");
    d.play(
        r"C: A1 ENABLE IMAP4rev2
         S: * ENABLED IMAP4rev2
         S: A1 OK ENABLE completed
         C: A2 NOOP
         S: * 1 EXISTS
         S: A2 OK NOOP completed
         C: A3 STORE 1 +FLAGS (\Flagged)
         S: * 1 FETCH (FLAGS (\Flagged))
         S: A3 OK STORE completed",
    );
}

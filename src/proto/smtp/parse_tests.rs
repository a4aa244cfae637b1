use super::oddity::Oddity;
use super::parse::{self, Body};
use crate::proto::Note;

/// The path and the reply that refuses it, if one does, then the names of the oddities.
fn read(command: &str) -> (String, String, String) {
    let mut notes = Vec::new();
    let line = command.as_bytes();
    let found = if command.to_uppercase().starts_with("MAIL") {
        parse::mail(line, &mut notes)
    } else {
        parse::rcpt(line, false, &mut notes)
    };
    let name = |note: &Note| if let Note::Oddity { name, .. } = note { name.to_string() } else { "?".to_owned() };
    let oddities: Vec<String> = notes.iter().map(name).collect();
    let path = found.path.map_or("-".to_owned(), |path| path.to_string());
    (path, found.fault.map_or(String::new(), |fault| fault.to_string()), oddities.join(","))
}

#[test]
fn paths_that_the_grammar_allows() {
    let table = [
        ("MAIL FROM:<>", ""),
        ("mail from:<a@b.test>", "a@b.test"),
        ("MAIL FROM:<a@b.test>  ", "a@b.test"),
        ("MAIL FROM:<\"a @\\\" b\"@b.test>", "\"a @\\\" b\"@b.test"),
        ("MAIL FROM:<a+b=c@[192.0.2.1]>", "a+b=c@[192.0.2.1]"),
        ("MAIL FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
        ("RCPT TO:<Postmaster>", "Postmaster"),
        ("MAIL FROM:<ä@b.test> SMTPUTF8", "ä@b.test"),
    ];
    for (command, path) in table {
        assert_eq!(read(command), (path.to_owned(), String::new(), String::new()), "{command}");
    }
}

#[test]
fn paths_that_are_taken_and_named() {
    let table = [
        ("MAIL FROM: <a@b.test>", "a@b.test", "space-after-colon"),
        ("MAIL FROM:a@b.test", "a@b.test", "missing-angle-brackets"),
        ("RCPT TO:<@x.test,@y.test:a@b.test>", "a@b.test", "source-route"),
        ("RCPT TO:<bob>", "bob", "address-without-domain"),
        ("RCPT TO:<a..b.@b.test>", "a..b.@b.test", "malformed-local-part"),
        ("RCPT TO:<a@b_c.test>", "a@b_c.test", "malformed-domain"),
        ("RCPT TO:<a@-.test>", "a@-.test", "malformed-domain"),
        ("RCPT TO:<a@[1.2.3]>", "a@[1.2.3]", "malformed-address-literal"),
    ];
    for (command, path, oddity) in table {
        assert_eq!(read(command), (path.to_owned(), String::new(), oddity.to_owned()), "{command}");
    }
}

#[test]
fn what_breaks_the_grammar_is_told_with_its_column() {
    let table = [
        ("MAIL", "-", "501 5.5.4 Syntax error at column 5: expected a space"),
        ("MAIL FORM:<a@b.test>", "-", "501 5.5.4 Syntax error at column 6: expected `FROM:`"),
        ("MAIL FROM:", "-", "501 5.5.4 Syntax error at column 11: expected `<`"),
        ("MAIL FROM:<a@b.test", "-", "501 5.5.4 Syntax error at column 20: expected `>`"),
        ("MAIL FROM:<a b@c.test>", "-", "501 5.5.4 Syntax error at column 13: expected `>`"),
        ("MAIL FROM:<a@>", "-", "501 5.5.4 Syntax error at column 14: expected a domain or `[`"),
        ("MAIL FROM:<a@b.test>x", "-", "501 5.5.4 Syntax error at column 21: expected a space or the end of the line"),
        ("RCPT TO:<>", "-", "501 5.5.4 Syntax error at column 10: expected an address"),
        ("RCPT TO:<\"a>", "-", "501 5.5.4 Syntax error at column 13: expected a printable character or the closing quote"),
        (
            "RCPT TO:<@x.test;a@b.test>",
            "-",
            "501 5.5.4 Syntax error at column 17: expected `,` or `:` after a domain of the source route",
        ),
        ("MAIL FROM:<ä@b.test>", "ä@b.test", "553 5.6.7 The address at column 11 is UTF-8: SMTPUTF8 is needed"),
        ("MAIL FROM:<a@b.test> XYZ=1", "a@b.test", "555 5.5.4 Unknown parameter at column 22"),
        ("MAIL FROM:<a@b.test> SIZE=1 size=2", "a@b.test", "501 5.5.4 Parameter given twice at column 29"),
        (
            "MAIL FROM:<a@b.test> SIZE=x",
            "a@b.test",
            "501 5.5.4 Syntax error at column 27: expected a size in octets, 1 to 18 digits (RFC 1870)",
        ),
        ("MAIL FROM:<a@b.test> RET=x", "a@b.test", "501 5.5.4 Syntax error at column 26: expected `FULL` or `HDRS` (RFC 3461)"),
        (
            "MAIL FROM:<a@b.test> ENVID=+x",
            "a@b.test",
            "501 5.5.4 Syntax error at column 28: expected 1 to 100 characters of xtext (RFC 3461)",
        ),
        (
            "RCPT TO:<a@b.test> NOTIFY=NEVER,DELAY",
            "a@b.test",
            "501 5.5.4 Syntax error at column 27: expected `NEVER`, or a list of `SUCCESS`, `FAILURE`, `DELAY` (RFC 3461)",
        ),
        (
            "RCPT TO:<a@b.test> ORCPT=a@b.test",
            "a@b.test",
            "501 5.5.4 Syntax error at column 26: expected an address type, `;` and an address in xtext (RFC 3461)",
        ),
    ];
    for (command, path, reply) in table {
        let (found, fault, _) = read(command);
        assert_eq!((found.as_str(), fault.as_str()), (path, reply), "{command}");
    }
}

#[test]
fn parameters_are_read() {
    let line = b"MAIL FROM:<a@b.test> SIZE=1000 body=8bitmime SMTPUTF8 RET=HDRS ENVID=x+2By AUTH=<>";
    let found = parse::mail(line, &mut Vec::new());
    assert_eq!((found.fault, found.size, found.body, found.utf8), (None, 1000, Body::EightBit, true));
    let line = b"RCPT TO:<a@b.test> NOTIFY=SUCCESS,delay ORCPT=rfc822;a+2Bb@b.test";
    assert_eq!(parse::rcpt(line, false, &mut Vec::new()).fault, None);
}

#[test]
fn chunks_and_mechanisms_are_read() {
    assert_eq!(parse::bdat(b"BDAT 10"), Ok((10, false)));
    assert_eq!(parse::bdat(b"bdat 0 last"), Ok((0, true)));
    let table = [
        ("BDAT", "501 5.5.4 Syntax error at column 5: expected a space"),
        ("BDAT x", "501 5.5.4 Syntax error at column 6: expected a chunk size of 1 to 18 digits"),
        ("BDAT 9999999999999999999", "501 5.5.4 Syntax error at column 6: expected a chunk size of 1 to 18 digits"),
        ("BDAT 1 FIRST", "501 5.5.4 Syntax error at column 8: expected `LAST` or the end of the line"),
        ("BDAT 1 LAST x", "501 5.5.4 Syntax error at column 13: expected the end of the line"),
    ];
    for (line, reply) in table {
        assert_eq!(parse::bdat(line.as_bytes()).unwrap_err().to_string(), reply);
    }
    assert_eq!(parse::auth(b"AUTH plain"), Ok(("plain", None)));
    assert_eq!(parse::auth(b"AUTH PLAIN ="), Ok(("PLAIN", Some(b"=".as_slice()))));
}

#[test]
fn a_strange_name_in_ehlo_is_taken_and_named() {
    let table = [
        ("EHLO localhost", ""),
        ("EHLO [127.0.0.1]", ""),
        ("EHLO [IPv6:::1]", ""),
        ("EHLO 127.0.0.1", "malformed-domain"),
        ("EHLO my_pc", "malformed-domain"),
        ("EHLO [1.2.3]", "malformed-address-literal"),
    ];
    for (line, expected) in table {
        let mut notes = Vec::new();
        assert!(parse::hello(line.as_bytes(), &mut notes).is_ok());
        let known = |name: &str| super::oddity::ODDITIES.iter().any(|Oddity { name: other, .. }| *other == name);
        let names: Vec<&str> =
            notes.iter().map(|note| if let Note::Oddity { name, .. } = note { &**name } else { "?" }).collect();
        assert_eq!(names.join(","), expected, "{line}");
        assert!(names.into_iter().all(known));
    }
    assert!(parse::hello(b"EHLO", &mut Vec::new()).is_err());
}

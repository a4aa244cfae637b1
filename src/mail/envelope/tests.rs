use proptest::prelude::*;

use super::*;

/// `name|route|mailbox|host`, `-` for what is not there.
fn shown(list: &[Address]) -> Vec<String> {
    let show = |text: &Option<Vec<u8>>| text.as_ref().map_or("-".into(), |text| String::from_utf8_lossy(text).into_owned());
    list.iter().map(|a| format!("{}|{}|{}|{}", show(&a.name), show(&a.route), show(&a.mailbox), show(&a.host))).collect()
}

#[test]
fn addresses_in_every_shape() {
    for (value, expected) in [
        ("bob@a.test", vec!["-|-|bob|a.test"]),
        ("Bob Smith <bob@a.test>, eve@b.test", vec!["Bob Smith|-|bob|a.test", "-|-|eve|b.test"]),
        (r#""Smith, \"Bob\"" <bob@a.test>"#, vec!["Smith, \"Bob\"|-|bob|a.test"]),
        ("bob@a.test (Bob (the) Smith)", vec!["Bob (the) Smith|-|bob|a.test"]),
        ("\"b@ob\"@a.test", vec!["-|-|b@ob|a.test"]),
        ("J. R. <@x.test,@y.test:bob@a.test>", vec!["J. R.|@x.test,@y.test|bob|a.test"]),
        ("=?utf-8?q?B=C3=B6b?= =?utf-8?q?_x?= <b@a.test>", vec!["=?utf-8?q?B=C3=B6b?= =?utf-8?q?_x?=|-|b|a.test"]),
        (
            "Team: bob@a.test, Eve <eve@a.test>;, x@y.test",
            vec!["-|-|Team|-", "-|-|bob|a.test", "Eve|-|eve|a.test", "-|-|-|-", "-|-|x|y.test"],
        ),
        ("undisclosed-recipients:;", vec!["-|-|undisclosed-recipients|-", "-|-|-|-"]),
        ("bob@[IPv6:2001:db8::1]", vec!["-|-|bob|[IPv6:2001:db8::1]"]),
        ("bob", vec!["-|-|bob|"]),
        ("Bob <>", vec!["Bob|-||"]),
        ("Bob <bob@a.test, eve@b.test", vec!["Bob|-|bob|a.test", "-|-|eve|b.test"]),
        (r#"a."b \"c".d@a.test, "x@y""#, vec!["-|-|a.b \"c.d|a.test", "-|-|x@y|"]),
        ("bob @ a . test", vec!["-|-|bob|a.test"]),
        (", ,;", vec![]),
        ("\"never closed <b>", vec!["-|-|never closed <b>|"]),
        ("grüße <g@a.test>", vec!["grüße|-|g|a.test"]),
    ] {
        assert_eq!(shown(&addresses(value.as_bytes())), expected, "{value}");
    }
}

#[test]
fn an_envelope_is_the_raw_text_unfolded() {
    let envelope = Envelope::parse(
        b"Date:  Thu, 1 Jan 2026 10:00:00 +0100\r\nSUBJECT: =?utf-8?q?x?=\r\n\tand more \r\nfrom: a@b.test\r\nReply-To:\r\n\
          To: c@d.test,\r\n e@f.test\r\nSubject: second\r\nMessage-Id:\r\n <1@b.test>\r\nIn-Reply-To: <0@b.test>\r\n\r\nCc: body@b.test\r\n",
    );
    assert_eq!(envelope.date.as_deref(), Some(&b"Thu, 1 Jan 2026 10:00:00 +0100"[..]));
    assert_eq!(envelope.subject.as_deref(), Some(&b"=?utf-8?q?x?=\tand more"[..]));
    assert_eq!(shown(&envelope.from), ["-|-|a|b.test"]);
    assert_eq!((&envelope.sender, &envelope.reply_to), (&envelope.from, &envelope.from));
    assert_eq!(shown(&envelope.to), ["-|-|c|d.test", "-|-|e|f.test"]);
    assert_eq!((envelope.cc.len(), envelope.bcc.len()), (0, 0));
    assert_eq!(
        (envelope.message_id.as_deref(), envelope.in_reply_to.as_deref()),
        (Some(&b"<1@b.test>"[..]), Some(&b"<0@b.test>"[..]))
    );
}

proptest! {
    #[test]
    fn broken_addresses_never_panic(value in "[a<>@,:;\\[\\]\"\\\\() ü.]{0,60}") {
        addresses(value.as_bytes());
    }
}

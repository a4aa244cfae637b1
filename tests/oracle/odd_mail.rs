//! Mail as it should not be, and as it seldom is.

/// A name and the message.
pub fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let mut messages: Vec<(&'static str, Vec<u8>)> = TEXTS.iter().map(|&(name, text)| (name, wire(text))).collect();
    messages.extend([
        ("nothing at all", Vec::new()),
        ("octets that are no text", b"Subject: \xff\xfe\x80\r\nFrom: \xe4\xf6 <\xfc@x.test>\r\n\r\n\x80\x81\r\n".to_vec()),
        (
            "NUL in the header",
            b"Subject: a\0b\r\nFrom: \"c\0d\" <e\0@f.test>\r\nContent-Type: text/\0plain; x=\"\0\"\r\n\r\nbody\r\n".to_vec(),
        ),
        ("NUL in the body", b"Subject: x\r\n\r\na\0b\r\n".to_vec()),
        ("bare CR and bare LF", b"Subject: a\rb\nFrom: c@d.test\n\nline\rline\nline\r\n".to_vec()),
        (
            "control characters",
            b"Subject: \x01\x02\x1b[31m\x7f\r\nTo: \x07 <\x08@x.test>\r\nMessage-ID: <\x0b@\x0c>\r\n\r\n".to_vec(),
        ),
        ("a very long subject", [b"Subject: ", &*vec![b'x'; 70_000], b"\r\n\r\n"].concat()),
        (
            "a very long header field in many folds",
            [b"To: ".to_vec(), b"a@b.test,\r\n ".repeat(3_000), b"c@d.test\r\n\r\n".to_vec()].concat(),
        ),
        ("a boundary of 2000 octets", {
            let boundary = "b".repeat(2_000);
            wire(&format!("Content-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n\nx\n--{boundary}--\n"))
        }),
        ("messages inside each other", nested("Content-Type: message/rfc822\n\n", 5)),
        ("messages inside each other, deep", nested("Content-Type: message/rfc822\n\n", 20)),
        ("multiparts inside each other", {
            let mut text = String::new();
            for depth in 0..5 {
                text.push_str(&format!("Content-Type: multipart/x{depth}; boundary=b{depth}\n\n--b{depth}\n"));
            }
            wire(&(text + "\ninnermost\n"))
        }),
        ("many parts", wire(&format!("Content-Type: multipart/mixed; boundary=q\n\n{}--q--\n", "--q\n\nx\n".repeat(300)))),
    ]);
    messages
}

/// Pieces of these, put together wrongly, from a fixed seed.
pub fn mutilated<'a>(messages: impl Iterator<Item = &'a Vec<u8>>, count: usize) -> Vec<Vec<u8>> {
    let short: Vec<&Vec<u8>> = messages.filter(|raw| !raw.is_empty() && raw.len() < 3_000).collect();
    let mut seed = 0x6f64_6421_u64;
    let mut below = move |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most.max(1)
    };
    (0..count)
        .map(|_| {
            let (one, other) = (short[below(short.len())], short[below(short.len())]);
            let mut raw = [&one[..below(one.len())], &other[below(other.len())..]].concat();
            for _ in 0..below(6) {
                let special = b"\"\\()<>,;:@[]{}=?*%/ \t\r\n-\x01\x80\xc3";
                let place = below(raw.len());
                if let Some(octet) = raw.get_mut(place) {
                    *octet = special[below(special.len())];
                }
            }
            raw
        })
        .collect()
}

fn wire(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn nested(header: &str, depth: usize) -> Vec<u8> {
    wire(&(header.repeat(depth) + "Subject: innermost\n\nbody\n"))
}

const TEXTS: &[(&str, &str)] = &[
    (
        "usual mail with attachments",
        "Date: Thu, 1 Jan 2026 10:00:00 +0100\nFrom: \"Lee, Ann\" <ann@a.test>\nTo: Bob <bob@b.test>,\n eve@e.test (Eve)\nCc: =?utf-8?Q?J=C3=BCrgen?= <j@x.test>\nSubject: usual\nMIME-Version: 1.0\nContent-Type: multipart/mixed;\n boundary=\"=_outer\"\n\nFor old readers.\n--=_outer\nContent-Type: multipart/alternative; boundary=\"=_outer.inner\"\n\n--=_outer.inner\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße\n\n--=_outer.inner\nContent-Type: text/html\n\n<p>Hi\n--=_outer.inner--\n\n--=_outer\nContent-Type: application/pdf; name=\"a b.pdf\"\nContent-Disposition: attachment;\n filename=\"a b.pdf\"\nContent-Transfer-Encoding: base64\n\nAAAA\nBBBB\n--=_outer\nContent-Type: message/rfc822\n\nFrom: c@c.test\nContent-Type: multipart/signed; boundary=s; protocol=\"x/y\"\n\n--s\n\nsigned\n\n--s\nContent-Type: x/y\n\nsignature\n--s--\n--=_outer--\nEpilogue.\n",
    ),
    (
        "a delivery report",
        "From: <>\nContent-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\n\nIt failed.\n--r\nContent-Type: text/rfc822-headers\n\nFrom: a@b.test\n\n--r--\n",
    ),
    (
        "boundaries that start alike",
        "Content-Type: multipart/mixed; boundary=ab\n\n--ab\nContent-Type: multipart/mixed; boundary=abc\n\n--abc\n\none\n--abc--\n--ab \t\n\ntwo\n--abx\n--ab--\n",
    ),
    (
        "white space in the type and old comments",
        "Content-Type: TEXT/Plain ; charset=us-ascii (plain text)\nFrom: ann@a.test (Ann)\nTo: \"a\" \"b\" <c@d.test> , <e@f.test> ,, g@h.test\nCc: Ann . Lee <ann@a.test>\n\nx\n",
    ),
    ("only an empty line", "\n"),
    ("a header without an end", "Subject: x"),
    ("no header", "just text\nand more\n\nand more\n"),
    (
        "all fields empty",
        "Date:\nSubject:\nFrom:\nSender:\nReply-To:\nTo:\nCc:\nBcc:\nIn-Reply-To:\nMessage-ID:\nContent-Type:\nContent-ID:\nContent-Description:\nContent-Transfer-Encoding:\nContent-MD5:\nContent-Disposition:\nContent-Language:\nContent-Location:\n\n",
    ),
    (
        "all fields blank",
        "Date: \t\nSubject:  \nFrom: \nSender: ,\nReply-To: ;\nTo: <>\nCc: ()\nBcc: \"\"\nIn-Reply-To: \nMessage-ID: \n\n",
    ),
    ("encoded words", "Subject: =?utf-8?Q?=C3=BC?= =?iso-8859-1?B?5A==?=\nFrom: =?utf-8?Q?J=C3=BCrgen?= <j@x.test>\n\n"),
    (
        "8-bit headers",
        "Subject: Grüße\nFrom: \"Jürgen\" <jürgen@bücher.test>\nContent-Type: text/plain; name=ü.txt\nContent-Description: ü\n\nü\n",
    ),
    (
        "groups",
        "From: a@b.test\nTo: friends: c@d.test, \"E F\" <e@f.test>;, nobody:;, g@h.test\nCc: undisclosed recipients:;\nBcc: open: i@j.test\n\n",
    ),
    (
        "odd addresses",
        "From: <@a.test,@b.test:c@d.test>\nTo: \"quoted \\\"local\\\"\"@x.test, (comment) a@b.test (after), no-domain, @no-local, a@[192.0.2.1], <a@b@c>, a b c <d>, ;, <<x>>\nSender: a, b\nReply-To: \"unclosed <a@b.test>\n\n",
    ),
    (
        "fields twice",
        "Subject: one\nSubject: two\nFrom: a@b.test\nFrom: c@d.test\nContent-Type: text/html\nContent-Type: text/plain\n\n",
    ),
    (
        "every MIME field",
        "Content-Type: text/plain; charset=\"x\\\"y\"; format=flowed\nContent-ID: <1@x>\nContent-Description: (a) \"b\" \\c\nContent-Transfer-Encoding: quoted-printable\nContent-MD5: abc\nContent-Disposition: attachment; filename*0*=utf-8''%c3; filename*1=\"b c\"; size=1\nContent-Language: de, en (x), fr\nContent-Location: http://x.test/\n y\n\n=3D\n",
    ),
    ("no boundary", "Content-Type: multipart/mixed\n\n--x\n\ntext\n--x--\n"),
    ("a boundary that never comes", "Content-Type: multipart/mixed; boundary=x\n\nprologue\n"),
    (
        "a multipart without its end",
        "Content-Type: multipart/alternative; boundary=\"x y\"\n\n--x y\n\none\n--x y\nContent-Type: text/html\n\ntwo\n",
    ),
    ("a multipart with an empty boundary", "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\n----\n"),
    ("only the last delimiter", "Content-Type: multipart/mixed; boundary=x\n\n--x--\n"),
    ("an empty part", "Content-Type: multipart/mixed; boundary=x\n\n--x\n--x\n\n--x--\n"),
    (
        "a digest",
        "Content-Type: multipart/digest; boundary=x\n\n--x\n\nFrom: a@b.test\nSubject: in\n\nbody\n--x\nContent-Type: text/plain\n\nno message\n--x--\n",
    ),
    ("message/rfc822 with nothing inside", "Content-Type: message/rfc822\n\n"),
    ("message/rfc822 in base64", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoKeQo=\n"),
    (
        "message/partial, message/external-body, message/global",
        "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/partial; id=1; number=1\n\nSubject: x\n\n--x\nContent-Type: message/external-body; access-type=ftp\n\nContent-Type: image/png\n\n--x\nContent-Type: message/global\n\nSubject: ü\n\n--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n--x--\n",
    ),
    (
        "a message in a message in a multipart",
        "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=i\nFrom: a@b.test\n\n--i\nContent-Type: message/rfc822\n\nSubject: deep\n\nx\n--i--\n--o\nContent-Type: text/plain\n\ny\n--o--\nepilogue\n",
    ),
    (
        "broken content types",
        "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text\n\n--x\nContent-Type: /\n\n--x\nContent-Type: ;;;=;\n\n--x\nContent-Type: text / plain ; charset = utf-8\n\n--x\nContent-Type: \"text/plain\"\n\n--x\nContent-Type: tex t/pl ain; a b=c d\n\n--x\nContent-Type: a/b/c; =x; y=; \"z\"=\"\"\n\n--x--\n",
    ),
    (
        "broken dispositions and languages",
        "Content-Disposition: ; filename=x\nContent-Language: ,, ,\nContent-Transfer-Encoding: ; x\nContent-Type: text/plain;\n charset=\n\n",
    ),
    (
        "quotes and backslashes",
        "Subject: \"a\\b\" {3}\nFrom: \"\\\\\\\"\" <\"\\\\\"@x.test>\nMessage-ID: <\"a\\\"b\"@c>\nDate: {5}\n\n{3+}\n",
    ),
    ("a field name with blanks", "Subject : x\nFrom\t: a@b.test\n : y\n\tz\n\n"),
    ("only a fold", " folded\n more\n\nbody\n"),
    ("a dot and a delimiter in the header", "Subject: x\n--x\n.\n\nContent-Type: multipart/mixed; boundary=x\n"),
];

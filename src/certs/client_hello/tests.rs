//! ClientHellos as OpenSSL 3.0 and curl 7.88 send them.

use super::*;

/// `openssl s_client -servername mx.example.test -alpn imap,h2`
const OPENSSL: &str = "\
    160301014a010001460303d329922a8fb15d98a751297d1a71ac374e4b0ed9caf6f02dd13f8dc13d00ba832010e159f63be650136a8cdeb5e376b30d\
    ec9519bd27460691a85079292099be3d003e130213031301c02cc030009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039\
    c009c0130033009d009c003d003c0035002f00ff010000bf00000014001200000f6d782e6578616d706c652e74657374000b000403000102000a0016\
    0014001d0017001e0019001801000101010201030104002300000010000a000804696d61700268320016000000170000000d002a0028040305030603\
    080708080809080a080b080408050806040105010601030303010302040205020602002b0009080304030303020301002d0002010100330026002400\
    1d0020f1cdad1695f1589db19be13db819cc12361cd920c1dd2d7b2b092f5ed4e64d61\
    ";

/// `openssl s_client -noservername -tls1_2`
const OPENSSL_TLS12: &str = "\
    16030100b7010000b30303de9c553352dc10af54aed4d3c34a7353f8f550b8144f2395f3851e5af7b159ad000038c02cc030009fcca9cca8ccaac02b\
    c02f009ec024c028006bc023c0270067c00ac0140039c009c0130033009d009c003d003c0035002f00ff01000052000b000403000102000a000c000a\
    001d0017001e00190018002300000016000000170000000d002a0028040305030603080708080809080a080b08040805080604010501060103030301\
    0302040205020602\
    ";

/// `openssl s_client -noservername -tls1 -cipher ALL:@SECLEVEL=0`
const OPENSSL_TLS10: &str = "\
    160301007f0100007b03015a7d31e4386b763c665bd61334aa08524d0a37ecb1a2e78ead97254b657302dd00002ec00ac0140039003800880087c019\
    003a0089c009c0130033003200450044c0180034004600350084002f004100ff01000024000b000403000102000a000c000a001d0017001e00190018\
    002300000016000000170000\
    ";

/// `curl https://mail.example.test:993/`
const CURL: &str = "\
    1603010200010001fc03032659addabadee01a1d40272c0985f51dd1434f7b9a277b2134116b2c6282b5bb208429133cee5026b8b0c09136aa915867\
    f7ce89ccd9aa81b81062c8a440a16a9a003e130213031301c02cc030009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039\
    c009c0130033009d009c003d003c0035002f00ff010001750000001600140000116d61696c2e6578616d706c652e74657374000b000403000102000a\
    00160014001d0017001e00190018010001010102010301040010000e000c02683208687474702f312e31001600000017000000310000000d002a0028\
    040305030603080708080809080a080b080408050806040105010601030303010302040205020602002b0009080304030303020301002d0002010100\
    3300260024001d0020cbea526ba4a358261e025eff7178eb4325d782ce73033a914bec18f7cda21328001500ac000000000000000000000000000000\
    000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    00000000000000000000000000000000000000000000000000000000000000000000000000\
    ";

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn facts(hex: &str) -> Facts {
    match read(&octets(hex)) {
        Read::Hello(facts) => facts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_clients_offer() {
    let offered = facts(OPENSSL);
    assert_eq!(offered.sni.as_deref(), Some("mx.example.test"));
    assert_eq!(offered.alpn, ["imap", "h2"]);
    assert_eq!(offered.version_names(), ["1.3", "1.2", "1.1", "1.0"]);

    let offered = facts(CURL);
    assert_eq!(offered.sni.as_deref(), Some("mail.example.test"));
    assert_eq!(offered.alpn, ["h2", "http/1.1"]);
    assert_eq!(offered.version_names(), ["1.3", "1.2", "1.1", "1.0"]);

    assert_eq!(facts(OPENSSL_TLS12), Facts { versions: vec![0x0303], ..Facts::default() });
    assert_eq!(facts(OPENSSL_TLS10).version_names(), ["1.0"]);
}

#[test]
fn half_of_one_asks_for_more() {
    for hex in [OPENSSL, CURL] {
        let whole = octets(hex);
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length]), Read::More, "after {length} octets");
        }
    }
}

#[test]
fn one_in_many_records_is_the_same() {
    let whole = octets(OPENSSL);
    for size in [1, 3, 100] {
        let mut pieces = Vec::new();
        for piece in whole[5..].chunks(size) {
            pieces.extend([22, 3, 1, 0, u8::try_from(piece.len()).unwrap()]);
            pieces.extend(piece);
        }
        assert_eq!(read(&pieces), read(&whole), "pieces of {size}");
    }
}

#[test]
fn what_follows_does_not_matter() {
    let mut more = octets(OPENSSL);
    more.extend([23, 3, 3, 0xff, 0xff, 1]);
    assert_eq!(read(&more), read(&octets(OPENSSL)));
}

#[test]
fn reserved_versions_are_left_out() {
    // As in the hello of OpenSSL, with 0x1a1a in the place of TLS 1.3 and a draft in the place of 1.2.
    let hex = OPENSSL.replace("002b0009080304030303020301", "002b0009081a1a7f1c03020301");
    assert_eq!(facts(&hex).version_names(), ["0x7f1c", "1.1", "1.0"]);
}

#[test]
fn what_is_no_client_hello_is_named() {
    for (octets, stranger, name) in [
        (&b"EHLO me\r\n"[..], Stranger::PlainText, "plain-text"),
        (b"\r\n", Stranger::PlainText, "plain-text"),
        (&[0x80, 0x2e, 1, 0, 2], Stranger::Sslv2, "sslv2-hello"),
        (&[21, 3, 3, 0, 2, 1, 0], Stranger::Record(21), "unexpected-record"),
        (&[22, 3, 1, 0, 4, 2, 0, 0, 0], Stranger::Handshake(2), "unexpected-handshake-message"),
        (&[22, 3, 1, 0x40, 1], Stranger::TooLong, "hello-too-long"),
        (&[22, 3, 1, 0, 4, 1, 1, 0, 0], Stranger::TooLong, "hello-too-long"),
        (&[22, 3, 1, 0, 0], Stranger::Garbage, "garbage"),
        (&[22, 9], Stranger::Garbage, "garbage"),
        (&[0, 0, 0], Stranger::Garbage, "garbage"),
        (&[0xff, 0xff, 0xff], Stranger::Garbage, "garbage"),
        // A whole message whose body ends too early.
        (&[22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3], Stranger::Garbage, "garbage"),
    ] {
        assert_eq!(read(octets), Read::Not(stranger), "{octets:02x?}");
        assert_eq!(stranger.name(), name);
    }
}

#[test]
fn any_octet_may_be_any_other() {
    let whole = octets(OPENSSL);
    for at in 0..whole.len() {
        for wrong in [0, 1, 0x7f, 0x80, 0xff] {
            let mut broken = whole.clone();
            broken[at] = wrong;
            // It must answer; what, depends on the octet.
            let _ = read(&broken);
        }
    }
}

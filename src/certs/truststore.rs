//! A PKCS#12 file (RFC 7292) that Java takes as a trust store.
//!
//! Its one certificate is not encrypted, since it is public: Java 17 and older give an empty store, without a word, where an encrypted one is opened
//! without its password. There is a MAC all the same, since other readers refuse a password where none is of use; it is made with SHA-1, the only digest
//! that every Java knows for it, and protects nothing.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY as SHA1, digest};
use aws_lc_rs::hmac;

/// The password of trust stores: the one that Java's own has.
pub const PASSWORD: &str = "changeit";

/// Rounds of the key derivation.
const ROUNDS: u16 = 2048;

/// Object identifiers, as DER has them.
mod oid {
    /// 1.2.840.113549.1.7.1
    pub const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
    /// 1.2.840.113549.1.12.10.1.3
    pub const CERT_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x03];
    /// 1.2.840.113549.1.9.22.1
    pub const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];
    /// 1.2.840.113549.1.9.20
    pub const FRIENDLY_NAME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x14];
    /// 2.16.840.1.113894.746875.1.1: Java takes a certificate with it as trusted, and passes over others.
    pub const TRUSTED_KEY_USAGE: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 0x01, 0x01];
    /// 2.5.29.37.0: for whatever it may be.
    pub const ANY_EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
    /// 1.3.14.3.2.26
    pub const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
}

/// The file with this certificate (DER) under this name. The same octets for the same certificate.
pub fn write(certificate: &[u8], alias: &str) -> Vec<u8> {
    let safe = sequence(&[&data(&sequence(&[&cert_bag(certificate, alias)]))]);
    let version = tlv(INTEGER, &[&[3]]);
    sequence(&[&version, &data(&safe), &mac_data(&safe, digest(&SHA1, certificate).as_ref())])
}

/// ContentInfo of the type data.
fn data(content: &[u8]) -> Vec<u8> {
    sequence(&[&tlv(OID, &[oid::DATA]), &tlv(CONTEXT_0, &[&tlv(OCTET_STRING, &[content])])])
}

/// RFC 7292 section 4.2.3.
fn cert_bag(certificate: &[u8], alias: &str) -> Vec<u8> {
    let value = tlv(CONTEXT_0, &[&tlv(OCTET_STRING, &[certificate])]);
    let bag = sequence(&[&tlv(OID, &[oid::X509_CERTIFICATE]), &value]);
    let name = tlv(BMP_STRING, &[&utf16(alias)]);
    let mut attributes =
        [attribute(oid::FRIENDLY_NAME, &name), attribute(oid::TRUSTED_KEY_USAGE, &tlv(OID, &[oid::ANY_EXTENDED_KEY_USAGE]))];
    // DER orders the members of a SET OF.
    attributes.sort();
    let [first, second] = &attributes;
    sequence(&[&tlv(OID, &[oid::CERT_BAG]), &tlv(CONTEXT_0, &[&bag]), &tlv(SET, &[first, second])])
}

fn attribute(oid: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&tlv(OID, &[oid]), &tlv(SET, &[value])])
}

/// RFC 7292 section 4.
fn mac_data(content: &[u8], salt: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &mac_key(salt));
    let mac = hmac::sign(&key, content);
    let algorithm = sequence(&[&tlv(OID, &[oid::SHA1]), &tlv(NULL, &[])]);
    let info = sequence(&[&algorithm, &tlv(OCTET_STRING, &[mac.as_ref()])]);
    sequence(&[&info, &tlv(OCTET_STRING, &[salt]), &tlv(INTEGER, &[&ROUNDS.to_be_bytes()])])
}

/// RFC 7292 appendix B.2 for a MAC key (ID 3). One round of its outer loop, since the key is as long as the digest.
fn mac_key(salt: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    const MAC: u8 = 3;
    let password = [&*utf16(PASSWORD), &[0, 0]].concat();
    let fill = |octets: &[u8]| -> Vec<u8> {
        let length = octets.len().div_ceil(BLOCK) * BLOCK;
        octets.iter().copied().cycle().take(length).collect()
    };
    let first = [&[MAC; BLOCK][..], &fill(salt), &fill(&password)].concat();
    (0..ROUNDS).fold(first, |last, _| digest(&SHA1, &last).as_ref().to_vec())
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OID: u8 = 0x06;
const BMP_STRING: u8 = 0x1e;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTEXT_0: u8 = 0xa0;

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, parts)
}

/// One DER value (X.690 section 8.1): tag, length, content.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut octets = vec![tag];
    match u8::try_from(length) {
        Ok(short @ 0..=127) => octets.push(short),
        _ => {
            let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
            octets.push(0x80 | u8::try_from(digits.len()).unwrap_or(0));
            octets.extend(digits);
        }
    }
    octets.extend(parts.concat());
    octets
}

//! TLS alerts: their names, and an alert as it goes over the wire before anything is encrypted.

/// The first octet of an alert's body (RFC 8446 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// 1: the connection may go on, in TLS 1.2 and before.
    Warning,
    /// 2: it is over.
    Fatal,
}

impl Level {
    /// As it is on the wire.
    pub fn number(self) -> u8 {
        match self {
            Level::Warning => 1,
            Level::Fatal => 2,
        }
    }
}

/// The version that records of TLS 1.2 and 1.3 carry (RFC 8446 section 5.1).
pub const TLS12: [u8; 2] = [3, 3];

/// Numbers and names of IANA's registry of TLS alerts, in the order of numbers: those of RFC 8446 section 6, and those of older versions that libraries
/// still speak of.
const ALERTS: &[(u8, &str)] = &[
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (30, "decompression_failure"),
    (40, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (52, "too_many_cids_requested"),
    (60, "export_restriction"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (111, "certificate_unobtainable"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (114, "bad_certificate_hash_value"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (117, "general_error"),
    (120, "no_application_protocol"),
    (121, "ech_required"),
];

/// The name of an alert: `handshake_failure` for 40.
pub fn name(number: u8) -> Option<&'static str> {
    let at = ALERTS.binary_search_by_key(&number, |(number, _)| *number).ok()?;
    ALERTS.get(at).map(|(_, name)| *name)
}

/// The number of an alert: 40 for `handshake_failure`.
pub fn number(name: &str) -> Option<u8> {
    ALERTS.iter().find(|(_, other)| *other == name).map(|(number, _)| *number)
}

/// Every name that [`number`] knows, in the order of numbers.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALERTS.iter().map(|(_, name)| *name)
}

/// A whole record with one alert, in the clear: `15 03 03 00 02 02 28` for a fatal handshake_failure. The version is that of the record (RFC 8446
/// section 5.1): [`TLS12`] for all that is spoken today.
pub fn alert_record(version: [u8; 2], level: Level, number: u8) -> [u8; 7] {
    const ALERT: u8 = 21;
    let [major, minor] = version;
    [ALERT, major, minor, 0, 2, level.number(), number]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for (name_, number_) in [
            ("close_notify", 0),
            ("handshake_failure", 40),
            ("certificate_expired", 45),
            ("unknown_ca", 48),
            ("protocol_version", 70),
        ] {
            assert_eq!((number(name_), name(number_)), (Some(number_), Some(name_)));
        }
        assert_eq!(name(99), None);
        assert_eq!(number("Handshake_Failure"), None);
    }

    #[test]
    fn the_table_is_in_order_and_agrees_with_the_tls_library() {
        assert!(ALERTS.is_sorted_by(|a, b| a.0 < b.0));
        for name in names() {
            // The library's names are the same words without the underscores, but for British spelling and an abbreviation.
            let theirs = format!("{:?}", rustls::AlertDescription::from(number(name).unwrap())).to_lowercase();
            let theirs = theirs.replace("unrecognised", "unrecognized").replace("encryptedclienthello", "ech");
            let unknown_there = theirs.starts_with("alertdescription(");
            let same = unknown_there || theirs == name.replace('_', "");
            assert!(same, "{name} is {theirs}");
        }
    }

    #[test]
    fn records_as_the_catalogue_has_them() {
        assert_eq!(alert_record(TLS12, Level::Fatal, 40), [0x15, 3, 3, 0, 2, 2, 0x28]);
        assert_eq!(alert_record([3, 1], Level::Fatal, 70), [0x15, 3, 1, 0, 2, 2, 0x46]);
        assert_eq!(alert_record(TLS12, Level::Warning, 0), [0x15, 3, 3, 0, 2, 1, 0]);
    }
}

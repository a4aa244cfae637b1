//! The client's mistakes that this server can name, all in one table.

use crate::proto::{Note, Notes};

/// A rule that a client broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// Kebab-case, for `oddities` in expectations.
    pub name: &'static str,
    /// One line for people.
    pub about: &'static str,
    /// Where the rule stands.
    pub source: &'static str,
}

impl Oddity {
    /// Says so, with no further detail.
    pub(super) fn note(&self, notes: &mut Notes) {
        self.note_with("", notes);
    }

    /// Says so; `detail` tells what was found, or where.
    pub(super) fn note_with(&self, detail: &str, notes: &mut Notes) {
        let colon = if detail.is_empty() { "" } else { ": " };
        let detail = format!("{}{colon}{detail} ({})", self.about, self.source);
        notes.push(Note::Oddity { name: self.name.into(), detail: detail.into() });
    }
}

macro_rules! oddities {
    ($( $konst:ident $name:literal $about:literal $source:literal; )*) => {
        $( #[doc = $about] pub const $konst: Oddity = Oddity { name: $name, about: $about, source: $source }; )*
        /// Every oddity of SMTP.
        pub const ODDITIES: &[Oddity] = &[ $( $konst ),* ];
    };
}

oddities! {
    BARE_LF "bare-lf" "a line feed without a carriage return before it" "RFC 5321 section 2.3.8";
    BARE_CR "bare-cr" "a carriage return without a line feed after it" "RFC 5321 section 2.3.8";
    NUL "nul-in-command" "a NUL octet in a command" "RFC 5321 section 2.4";
    CONTROL "control-character" "a control character in a command" "RFC 5321 section 4.1.2";
    EIGHT_BIT_COMMAND "8bit-in-command" "an octet above 127 in a command where it may not be" "RFC 5321 section 2.4";
    EIGHT_BIT_CONTENT "undeclared-8bit" "content above 127 without BODY=8BITMIME" "RFC 6152 section 3";
    LINE_TOO_LONG "line-too-long" "a command line that is longer than the server takes" "RFC 5321 section 4.5.3.1.4";
    EMPTY_COMMAND "empty-command" "an empty command line" "RFC 5321 section 4.1.1";
    UNKNOWN_COMMAND "unknown-command" "a command that is not SMTP" "RFC 5321 section 4.2.4";
    HTTP_REQUEST "http-request" "an HTTP request: a browser, or a wrong port" "RFC 5321 section 4.1.1";
    TLS_HANDSHAKE "tls-handshake" "a TLS ClientHello where plain SMTP was due" "RFC 8314 section 3";
    SYNTAX_ERROR "syntax-error" "a command that breaks the grammar" "RFC 5321 section 4.1.2";
    UNKNOWN_PARAMETER "unknown-parameter" "a parameter of MAIL or RCPT that was not offered" "RFC 5321 section 4.1.1.11";
    DUPLICATE_PARAMETER "duplicate-parameter" "a parameter that is given twice" "RFC 5321 section 4.1.1.11";
    PARAMETERS_WITHOUT_EHLO "parameters-without-ehlo" "a parameter after HELO, which offers no extensions" "RFC 5321 section 4.1.1.1";
    UNEXPECTED_ARGUMENT "unexpected-argument" "an argument after a command that takes none" "RFC 5321 section 4.3.2";
    HELO_MISSING "helo-missing" "no EHLO or HELO before this command" "RFC 5321 section 4.1.4";
    OUT_OF_ORDER "command-out-of-order" "a command that cannot come now" "RFC 5321 section 4.1.4";
    PIPELINING "pipelining-after-non-pipelinable" "more input behind a command that must be the last of its group" "RFC 2920 section 3.1";
    PIPELINING_UNANNOUNCED "pipelining-without-ehlo" "pipelined commands although EHLO has not offered it" "RFC 2920 section 3.1";
    SOURCE_ROUTE "source-route" "a source route in a path" "RFC 5321 appendix C";
    ANGLE_BRACKETS "missing-angle-brackets" "a path without angle brackets" "RFC 5321 section 4.1.2";
    SPACE_AFTER_COLON "space-after-colon" "white space between the colon and the path" "RFC 5321 section 3.3";
    WITHOUT_DOMAIN "address-without-domain" "an address without a domain" "RFC 5321 section 4.1.2";
    LOCAL_PART "malformed-local-part" "a local part with stray dots" "RFC 5321 section 4.1.2";
    DOMAIN "malformed-domain" "a domain that is none" "RFC 5321 section 4.1.2";
    ADDRESS_LITERAL "malformed-address-literal" "an address literal that is no address" "RFC 5321 section 4.1.3";
    UTF8_WITHOUT_SMTPUTF8 "utf8-without-smtputf8" "an address in UTF-8 without SMTPUTF8" "RFC 6531 section 3.4";
    NOT_OFFERED "extension-not-offered" "use of an extension that was never offered" "RFC 5321 section 2.2.2";
    MALFORMED_SASL "malformed-sasl" "a SASL exchange that breaks its grammar" "RFC 4954 section 4";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_unique() {
        let mut names: Vec<&str> = ODDITIES.iter().map(|oddity| oddity.name).collect();
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ODDITIES.len());
    }
}

//! The table of handshakes that come to nothing. It holds for SMTP and IMAP, on the TLS ports and after STARTTLS.

/// What clients make of a scenario.
pub struct Handshake {
    /// Its name.
    pub scenario: &'static str,
    /// Only the first connection fails.
    pub recovers: bool,
    /// The causes below JavaMail's own exception; each may go on.
    pub java: &'static [&'static str],
    /// Words of what Python's ssl reports.
    pub python: &'static str,
    /// curl's exit code and words of its complaint.
    pub curl: (i32, &'static str),
    /// Words of what `openssl s_client` reports; it has no time-out, so nothing where the server stalls.
    pub openssl: &'static str,
    /// The alerts of JavaMail, and of Python and `openssl`: what they send before they leave.
    pub alerts: (Option<&'static str>, Option<&'static str>),
}

impl Handshake {
    /// The client leaves when its patience ends.
    pub fn stalls(&self) -> bool {
        self.curl.0 == 28
    }
}

macro_rules! table {
    ($($scenario:literal, $recovers:expr, $java:expr, $python:literal, ($code:literal, $curl:literal), $openssl:literal, $alerts:expr;)*) => {
        &[$(Handshake {
            scenario: concat!("tls/", $scenario),
            recovers: $recovers,
            java: $java,
            python: $python,
            curl: ($code, $curl),
            openssl: $openssl,
            alerts: $alerts,
        }),*]
    };
}

macro_rules! ssl {
    ($($text:expr),*) => { concat!("javax.net.ssl.SSLHandshakeException: ", $($text),*) };
}
macro_rules! validity {
    () => {
        "PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed"
    };
}
macro_rules! building {
    () => {
        "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: \
         unable to find valid certification path to requested target"
    };
}

const EXPIRED: &[&str] = &[
    ssl!(validity!()),
    concat!("sun.security.validator.ValidatorException: ", validity!()),
    "java.security.cert.CertPathValidatorException: validity check failed",
    "java.security.cert.CertificateExpiredException: NotAfter: ",
];
const NOT_YET: &[&str] = &[EXPIRED[0], EXPIRED[1], EXPIRED[2], "java.security.cert.CertificateNotYetValidException: NotBefore: "];
const NO_PATH: &[&str] = &[
    ssl!(building!()),
    concat!("sun.security.validator.ValidatorException: ", building!()),
    "sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target",
];
const USAGE: &[&str] = &[
    ssl!("Extended key usage does not permit use for TLS server authentication"),
    "sun.security.validator.ValidatorException: Extended key usage does not permit use for TLS server authentication",
];
const NO_TLS: &[&str] = &["javax.net.ssl.SSLException: Unsupported or unrecognized SSL message"];
const RESET: &[&str] = &["java.net.SocketException: Connection reset"];
const CLOSED: &[&str] = &[ssl!("Remote host terminated the handshake"), "java.io.EOFException: SSL peer shut down incorrectly"];
const TIMED_OUT: &[&str] = &["java.net.SocketTimeoutException: Read timed out"];
const TAMPERED: &[&str] = &["javax.net.ssl.SSLException: Tag mismatch!", "javax.crypto.AEADBadTagException: Tag mismatch!"];

/// Java has one alert for all that is wrong with a certificate.
const fn certificate(openssl: &'static str) -> (Option<&'static str>, Option<&'static str>) {
    (Some("certificate_unknown"), Some(openssl))
}

const NONE: (Option<&str>, Option<&str>) = (None, None);
const ONCE: bool = true;
const ALWAYS: bool = false;

pub const HANDSHAKES: &[Handshake] = table! {
    "expired-certificate", ALWAYS, EXPIRED, "certificate has expired", (60, "certificate has expired"), "certificate has expired", certificate("certificate_expired");
    "certificate-renewed", ONCE, EXPIRED, "certificate has expired", (60, "certificate has expired"), "certificate has expired", certificate("certificate_expired");
    "not-yet-valid-certificate", ALWAYS, NOT_YET, "not yet valid", (60, "not yet valid"), "certificate is not yet valid", certificate("bad_certificate");
    "wrong-host-certificate", ALWAYS, &["java.io.IOException: Can't verify identity of server: localhost"], "Hostname mismatch", (60, "target host name"), "hostname mismatch", (None, Some("bad_certificate"));
    "self-signed-certificate", ALWAYS, NO_PATH, "certificate verify failed: self", (60, "certificate problem: self"), "verify error:num=18:", certificate("unknown_ca");
    "untrusted-root-certificate", ALWAYS, NO_PATH, "in certificate chain", (60, "in certificate chain"), "verify error:num=19:", certificate("unknown_ca");
    "incomplete-chain-certificate", ALWAYS, NO_PATH, "unable to get local issuer", (60, "unable to get local issuer"), "verify error:num=20:", certificate("unknown_ca");
    "wrong-key-certificate", ALWAYS, &[ssl!("Invalid CertificateVerify signature")], "BAD_SIGNATURE", (35, "bad signature"), "bad signature", (Some("handshake_failure"), Some("decrypt_error"));
    "wrong-usage-certificate", ALWAYS, USAGE, "certificate purpose", (60, "certificate purpose"), "verify error:num=26:", certificate("unsupported_certificate");
    "alert-handshake-failure", ONCE, &[ssl!("Received fatal alert: handshake_failure")], "ALERT_HANDSHAKE_FAILURE", (35, "alert handshake failure"), "SSL alert number 40", NONE;
    "alert-protocol-version", ONCE, &[ssl!("Received fatal alert: protocol_version")], "ALERT_PROTOCOL_VERSION", (35, "alert protocol version"), "SSL alert number 70", NONE;
    "alert-unrecognized-name", ONCE, &[ssl!("Received fatal alert: unrecognized_name")], "UNRECOGNIZED_NAME", (35, "unrecognized name"), "SSL alert number 112", NONE;
    "alert-internal-error", ONCE, &["javax.net.ssl.SSLException: Received fatal alert: internal_error"], "ALERT_INTERNAL_ERROR", (35, "alert internal error"), "SSL alert number 80", NONE;
    "reset-at-client-hello", ONCE, RESET, "ConnectionResetError: [Errno 104]", (35, "Connection reset by peer"), "errno=104", NONE;
    "reset-mid-server-hello", ONCE, RESET, "ConnectionResetError: [Errno 104]", (35, "Connection reset by peer"), "errno=104", NONE;
    "close-at-client-hello", ONCE, CLOSED, "SSLEOFError", (35, "SSL_connect"), "unexpected eof", (Some("handshake_failure"), Some("decode_error"));
    "close-mid-server-hello", ONCE, CLOSED, "SSLEOFError", (35, "SSL_connect"), "unexpected eof", (Some("handshake_failure"), Some("decode_error"));
    "stall-at-client-hello", ONCE, TIMED_OUT, "The handshake operation timed out", (28, "timed out"), "", NONE;
    "stall-mid-server-hello", ONCE, TIMED_OUT, "The handshake operation timed out", (28, "timed out"), "", NONE;
    "stop-reading-at-client-hello", ONCE, TIMED_OUT, "The handshake operation timed out", (28, "timed out"), "", NONE;
    "corrupt-server-hello", ONCE, TAMPERED, "BAD_RECORD_MAC", (35, "bad record mac"), "bad record mac", (None, Some("bad_record_mac"));
    "plain-text-for-server-hello", ONCE, NO_TLS, "WRONG_VERSION_NUMBER", (35, "wrong version number"), "wrong version number", (Some("unexpected_message"), None);
    "garbage-for-server-hello", ONCE, NO_TLS, "WRONG_VERSION_NUMBER", (35, ""), "error:", (Some("unexpected_message"), None);
    "http-for-server-hello", ONCE, NO_TLS, "WRONG_VERSION_NUMBER", (35, "wrong version number"), "wrong version number", (Some("unexpected_message"), None);
    "tls-1.0-server-hello", ONCE, &[ssl!("The server selected protocol version TLS10 is not accepted by client preferences [TLS13, TLS12]")], "UNSUPPORTED_PROTOCOL", (35, ""), "error:", (Some("protocol_version"), Some("protocol_version"));
};

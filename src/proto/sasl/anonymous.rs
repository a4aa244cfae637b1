//! ANONYMOUS (RFC 4505): whoever it is may come in.

use super::{Proof, Step};

/// Octets of trace information that a client may send.
const MOST_TRACE: usize = 255;

/// The client speaks first.
pub(super) fn challenge() -> Step {
    Step::Challenge(Vec::new())
}

/// RFC 4505 section 2: an address, or a token without `@`, or nothing. It is no name: all who come this way are `anonymous`.
pub(super) fn respond(trace: &[u8]) -> Step {
    match std::str::from_utf8(trace) {
        Err(_) => Step::Malformed("the trace information is not UTF-8 (RFC 4505 section 2)"),
        Ok(text) if text.chars().count() > MOST_TRACE => {
            Step::Malformed("the trace information is longer than 255 characters (RFC 4505 section 2)")
        }
        Ok(text) if text.contains(char::is_control) => {
            Step::Malformed("the trace information has a control character (RFC 4505 section 2)")
        }
        Ok(_) => Step::Credentials { user: "anonymous".into(), proof: Proof::Anyone },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_information_is_bounded_and_no_name() {
        let anyone = Step::Credentials { user: "anonymous".into(), proof: Proof::Anyone };
        for trace in ["", "sirhc", "bob@a.test", &"é".repeat(255)] {
            assert_eq!(respond(trace.as_bytes()), anyone, "{trace}");
        }
        for trace in [&b"\xff"[..], b"a\0b", &[b'a'; 256]] {
            assert!(matches!(respond(trace), Step::Malformed(_)), "{trace:?}");
        }
    }
}

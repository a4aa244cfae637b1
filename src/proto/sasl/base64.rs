//! Base64 (RFC 4648 section 4) as SASL uses it: strict, without line breaks, and bounded.

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;

use super::MOST_BASE64;

/// Why a response is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More than [`MOST_BASE64`] octets.
    #[error("the response is longer than {MOST_BASE64} octets")]
    TooLong,
    /// An octet that is not in the alphabet, or padding in the wrong place; its 0-based place in the text.
    #[error("base64 is broken at octet {}", .0 + 1)]
    Octet(usize),
    /// The text's length or its padding is wrong.
    #[error("base64 has a wrong length or wrong padding")]
    Length,
}

/// Octets from base64. The text must be whole, padded, and without white space.
///
/// # Errors
/// [`DecodeError`] says what is wrong, and where.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, DecodeError> {
    if text.len() > MOST_BASE64 {
        return Err(DecodeError::TooLong);
    }
    STANDARD.decode(text).map_err(|error| match error {
        ::base64::DecodeError::InvalidByte(at, _) | ::base64::DecodeError::InvalidLastSymbol(at, _) => DecodeError::Octet(at),
        ::base64::DecodeError::InvalidLength(_) | ::base64::DecodeError::InvalidPadding => DecodeError::Length,
    })
}

/// Base64 from octets.
pub fn encode(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_strict_and_says_where_it_broke() {
        assert_eq!(decode(b"AGJvYgBz"), Ok(b"\0bob\0s".to_vec()));
        assert_eq!(decode(b""), Ok(vec![]));
        assert_eq!(decode(b"AG Jv"), Err(DecodeError::Octet(2)));
        assert_eq!(decode(b"AGJ"), Err(DecodeError::Length));
        assert_eq!(decode(&[b'A'; MOST_BASE64 + 4]), Err(DecodeError::TooLong));
        assert_eq!(encode(b"Username:"), "VXNlcm5hbWU6");
    }
}

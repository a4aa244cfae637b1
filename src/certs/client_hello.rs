//! What a client offers in its ClientHello, read from the octets on the wire, and what else may come in its place.

/// What the first octets of a connection that should be TLS are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// The beginning of a ClientHello: more is needed.
    More,
    /// A whole ClientHello.
    Hello(Facts),
    /// Something else.
    Not(Stranger),
}

/// What a client offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The server name (RFC 6066 section 3), as it was sent.
    pub sni: Option<String>,
    /// Protocols (RFC 7301), in the client's order.
    pub alpn: Vec<String>,
    /// Version numbers in the client's order: those of `supported_versions` (RFC 8446 section 4.2.1), else the one of the ClientHello itself, which
    /// stands for all up to it. Reserved values (GREASE, RFC 8701) are left out.
    pub versions: Vec<u16>,
}

/// Something that is no ClientHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// Text, such as a client that speaks plain SMTP.
    PlainText,
    /// A hello of SSL 2.0 (RFC 5246 appendix E.2).
    Sslv2,
    /// A TLS record, but not of a handshake: its type.
    Record(u8),
    /// A handshake message that is no ClientHello: its type.
    Handshake(u8),
    /// A record or a message longer than any that is allowed here.
    TooLong,
    /// Octets that make no sense.
    Garbage,
}

/// The name of a version: `1.3` for 0x0304.
pub fn version_name(version: u16) -> Option<&'static str> {
    match version {
        0x0304 => Some("1.3"),
        0x0303 => Some("1.2"),
        0x0302 => Some("1.1"),
        0x0301 => Some("1.0"),
        0x0300 => Some("SSL 3.0"),
        _ => None,
    }
}

/// Reads what has come from the client so far. Nothing is kept; the longest ClientHello is 64 KiB.
pub fn read(octets: &[u8]) -> Read {
    let _ = octets;
    Read::More
}

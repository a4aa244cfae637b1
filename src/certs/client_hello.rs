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

impl Stranger {
    /// A word for the journal.
    pub fn name(self) -> &'static str {
        match self {
            Stranger::PlainText => "plain-text",
            Stranger::Sslv2 => "sslv2-hello",
            Stranger::Record(_) => "unexpected-record",
            Stranger::Handshake(_) => "unexpected-handshake-message",
            Stranger::TooLong => "hello-too-long",
            Stranger::Garbage => "garbage",
        }
    }
}

impl Facts {
    /// The versions by their names, `0x7f1c` where there is none.
    pub fn version_names(&self) -> Vec<String> {
        self.versions
            .iter()
            .map(|version| version_name(*version).map_or_else(|| format!("0x{version:04x}"), str::to_owned))
            .collect()
    }
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

/// Reads what has come from the client so far, from its first octet on. Nothing is kept between calls, and the longest ClientHello is 64 KiB.
///
/// A call looks at all of `octets`: call it once when the TLS library has its ClientHello or wants no more, not after each octet.
pub fn read(octets: &[u8]) -> Read {
    match message(octets).map(|message| hello(&message)) {
        Ok(Some(facts)) => Read::Hello(facts),
        Ok(None) => Read::Not(Stranger::Garbage),
        Err(other) => other,
    }
}

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
/// Longest content of a record in the clear (RFC 8446 section 5.1).
const LONGEST_RECORD: usize = 1 << 14;
/// Longest message that is read: the TLS library takes no longer one.
const LONGEST_MESSAGE: usize = 0xffff;
/// Entries of a list that are kept; any more are nothing to tell people about.
const ENTRIES: usize = 32;

/// The body of the ClientHello, put together from as many records as it takes.
fn message(octets: &[u8]) -> Result<Vec<u8>, Read> {
    let mut rest = Cursor(octets);
    let mut message = Vec::new();
    loop {
        let Some(record) = record(&mut rest)? else { return Err(Read::More) };
        message.extend_from_slice(record);
        let mut reader = Cursor(&message);
        match reader.u8() {
            Some(CLIENT_HELLO) | None => {}
            Some(other) => return Err(Read::Not(Stranger::Handshake(other))),
        }
        let Some(length) = reader.u24() else { continue };
        if length > LONGEST_MESSAGE {
            return Err(Read::Not(Stranger::TooLong));
        }
        if let Some(body) = reader.take(length) {
            return Ok(body.to_vec());
        }
    }
}

/// The content of the next handshake record; `None` where it is not there yet.
fn record<'a>(rest: &mut Cursor<'a>) -> Result<Option<&'a [u8]>, Read> {
    let begin = rest.0;
    match (begin.first(), begin.get(1), begin.get(2)) {
        (None, ..) => return Ok(None),
        (Some(&HANDSHAKE), None | Some(3), _) => {}
        // ChangeCipherSpec, Alert, ApplicationData, Heartbeat.
        (Some(&kind @ (20 | 21 | 23 | 24)), None | Some(3), _) => return Err(Read::Not(Stranger::Record(kind))),
        (Some(0x80..), None, _) | (Some(0x80..), _, None) => return Ok(None),
        (Some(0x80..), _, Some(&CLIENT_HELLO)) => return Err(Read::Not(Stranger::Sslv2)),
        (Some(octet), ..) if octet.is_ascii_graphic() || b" \t\r\n".contains(octet) => {
            return Err(Read::Not(Stranger::PlainText));
        }
        _ => return Err(Read::Not(Stranger::Garbage)),
    }
    let mut ahead = Cursor(begin);
    let Some(length) = ahead.take(3).and_then(|_| ahead.u16()) else { return Ok(None) };
    match usize::from(length) {
        // RFC 8446 section 5.1 forbids empty ones; without end, they would keep the reader busy for nothing.
        0 => Err(Read::Not(Stranger::Garbage)),
        length if length > LONGEST_RECORD => Err(Read::Not(Stranger::TooLong)),
        length => Ok(ahead.take(length).inspect(|_| *rest = ahead)),
    }
}

/// RFC 8446 section 4.1.2, and the same in TLS 1.2 and before, where extensions may be missing.
fn hello(message: &[u8]) -> Option<Facts> {
    let mut reader = Cursor(message);
    let version = reader.u16()?;
    reader.take(32)?;
    reader.short()?;
    reader.long()?;
    reader.short()?;
    let mut facts = Facts::default();
    if !reader.0.is_empty() {
        let mut extensions = Cursor(reader.long()?);
        while !extensions.0.is_empty() {
            let (kind, body) = (extensions.u16()?, Cursor(extensions.long()?));
            match kind {
                0 => facts.sni = server_name(body)?,
                16 => facts.alpn = protocols(body)?,
                43 => facts.versions = supported_versions(body)?,
                _ => {}
            }
        }
    }
    if facts.versions.is_empty() {
        facts.versions.push(version);
    }
    Some(facts)
}

/// RFC 6066 section 3: only one type of name was ever defined.
fn server_name(mut body: Cursor<'_>) -> Option<Option<String>> {
    let mut names = Cursor(body.long()?);
    while !names.0.is_empty() {
        let (kind, name) = (names.u8()?, names.long()?);
        // RFC 1035 section 2.3.4: no name is longer.
        if kind == 0 && name.len() <= 255 {
            return Some(Some(String::from_utf8_lossy(name).into_owned()));
        }
    }
    Some(None)
}

/// RFC 7301 section 3.1.
fn protocols(mut body: Cursor<'_>) -> Option<Vec<String>> {
    let mut list = Cursor(body.long()?);
    let mut protocols = Vec::new();
    while !list.0.is_empty() && protocols.len() < ENTRIES {
        protocols.push(String::from_utf8_lossy(list.short()?).into_owned());
    }
    Some(protocols)
}

fn supported_versions(mut body: Cursor<'_>) -> Option<Vec<u16>> {
    let mut list = Cursor(body.short()?);
    let mut versions = Vec::new();
    while !list.0.is_empty() && versions.len() < ENTRIES {
        let version = list.u16()?;
        let [high, low] = version.to_be_bytes();
        let reserved = high == low && low & 0x0f == 0x0a;
        if !reserved {
            versions.push(version);
        }
    }
    Some(versions)
}

/// Octets yet to be read. Each method takes from their front, or answers `None` where there are too few.
#[derive(Clone, Copy)]
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(front)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u24(&mut self) -> Option<usize> {
        let (high, low) = (self.u8()?, self.u16()?);
        Some(usize::from(high) << 16 | usize::from(low))
    }

    /// Octets behind their length in one octet.
    fn short(&mut self) -> Option<&'a [u8]> {
        let length = self.u8()?;
        self.take(length.into())
    }

    /// Octets behind their length in two octets.
    fn long(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(length.into())
    }
}

#[cfg(test)]
mod tests;

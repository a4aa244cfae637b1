//! Finds a goodbye of the server among the octets that it sends.

use crate::proto::Protocol;

/// Octets of a line's start and of its end that are kept: enough for `* BYE` and for `{18446744073709551615}`.
const KEPT: usize = 24;

/// Goes over what a connection sends, line by line; knows IMAP's literals, so that a message that speaks of `* BYE` is none.
#[derive(Clone, Debug, Default)]
pub(super) struct GoodbyeScanner {
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Octets of a literal still to come.
    literal: u64,
}

impl GoodbyeScanner {
    /// Whether a line that starts with 421 or `* BYE` was completed in these octets; `total` is how many there were, if some were not kept.
    pub fn sent(&mut self, protocol: Protocol, mut octets: &[u8], total: u64) -> bool {
        let missing = total.saturating_sub(octets.len() as u64);
        let mut found = false;
        while !octets.is_empty() {
            if self.literal > 0 {
                let skipped = usize::try_from(self.literal).unwrap_or(usize::MAX).min(octets.len());
                self.literal -= skipped as u64;
                octets = &octets[skipped..];
                continue;
            }
            let end = memchr::memchr(b'\n', octets);
            let (piece, rest) = octets.split_at(end.map_or(octets.len(), |end| end + 1));
            self.keep(piece);
            octets = rest;
            if end.is_some() {
                found |= self.is_goodbye(protocol);
                self.literal = if protocol == Protocol::Imap { self.announced() } else { 0 };
                self.head.clear();
                self.tail.clear();
            }
        }
        if missing > 0 {
            // Most likely the rest of a literal; if not, what follows is taken as the rest of a line.
            self.literal = self.literal.saturating_sub(missing);
            self.head = vec![0];
        }
        found
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = KEPT.saturating_sub(self.head.len()).min(piece.len());
        self.head.extend_from_slice(&piece[..room]);
        self.tail.extend_from_slice(&piece[piece.len().saturating_sub(KEPT)..]);
        let over = self.tail.len().saturating_sub(KEPT);
        self.tail.drain(..over);
    }

    fn is_goodbye(&self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Smtp => self.head.starts_with(b"421") && self.head.get(3).is_some_and(|octet| b" -\r\n".contains(octet)),
            Protocol::Imap => self.head.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"* BYE")),
        }
    }

    /// The size of the literal that the line announces at its end (RFC 3501 section 4.3), else 0.
    fn announced(&self) -> u64 {
        let line = self.tail.trim_ascii_end();
        let digits = line.strip_suffix(b"}").and_then(|line| line.rsplit(|&octet| octet == b'{').next());
        digits.and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goodbyes_are_whole_lines_of_the_protocol() {
        for (protocol, writes, found) in [
            (Protocol::Smtp, &["250 ok\r\n421 4.3.2 bye\r\n"][..], true),
            (Protocol::Smtp, &["42", "1 bye\r", "\n"], true),
            (Protocol::Smtp, &["250 421\r\n4210\r\n421"], false),
            (Protocol::Imap, &["* bye going\r\n"], true),
            (Protocol::Imap, &["* 1 FETCH (BODY[] {9}\r\n* BYE x\r\n", ")\r\n"], false),
            (Protocol::Imap, &["* 1 FETCH (BODY[] {9}\r\n* BY", "E x\r\n)\r\n* BYE\r\n"], true),
        ] {
            let mut scanner = GoodbyeScanner::default();
            let seen = writes.iter().any(|text| scanner.sent(protocol, text.as_bytes(), text.len() as u64));
            assert_eq!(seen, found, "{writes:?}");
        }
    }

    #[test]
    fn octets_that_were_not_kept_are_no_line_start() {
        let mut scanner = GoodbyeScanner::default();
        assert!(!scanner.sent(Protocol::Imap, b"* 1 FETCH (BODY[] {100}\r\nabc", 100));
        assert!(!scanner.sent(Protocol::Imap, b"* BYE", 5));
    }
}

//! The words of a line, before it is known who plays which side.

use std::collections::BTreeMap;

/// What the words of a line are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Octets as they are.
    Octets(Vec<u8>),
    /// `*`: any octets, where it is heard.
    Star,
    /// `?`: any one octet, where it is heard.
    Mark,
    /// `<name>`: what a line before has captured; where it is heard, a run of octets without spaces to be captured.
    Name(Box<str>),
}

/// The words of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// In their order.
    pub parts: Vec<Part>,
}

impl Text {
    /// These octets, in which nothing is special.
    pub fn literal(octets: &[u8]) -> Self {
        let parts = if octets.is_empty() { Vec::new() } else { vec![Part::Octets(octets.to_vec())] };
        Text { parts }
    }

    /// Adds an octet that is itself.
    pub fn push(&mut self, octet: u8) {
        match self.parts.last_mut() {
            Some(Part::Octets(octets)) => octets.push(octet),
            _ => self.parts.push(Part::Octets(vec![octet])),
        }
    }

    /// What is said: captured values are put in, and all else is itself.
    pub fn fill(&self, captures: &Captures) -> Vec<u8> {
        let mut out = Vec::new();
        for part in &self.parts {
            match part {
                Part::Octets(octets) => out.extend_from_slice(octets),
                Part::Star => out.push(b'*'),
                Part::Mark => out.push(b'?'),
                Part::Name(name) => match captures.get(name) {
                    Some(value) => out.extend_from_slice(value),
                    None => out.extend_from_slice(format!("<{name}>").as_bytes()),
                },
            }
        }
        out
    }

    /// As a script has it.
    pub fn write(&self) -> String {
        let mut out = Vec::new();
        for part in &self.parts {
            match part {
                Part::Octets(octets) => super::write_octets(&mut out, octets),
                Part::Star => out.push(b'*'),
                Part::Mark => out.push(b'?'),
                Part::Name(name) => out.extend_from_slice(format!("<{name}>").as_bytes()),
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// What was captured so far, by name; a name that is captured again has the new value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captures(BTreeMap<Box<str>, Vec<u8>>);

impl Captures {
    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// A value for this name.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        self.0.insert(name.into(), value.to_vec());
    }
}

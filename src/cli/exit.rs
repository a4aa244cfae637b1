//! Exit codes, and errors on their way to one.

use std::process::ExitCode;

use crate::verdict::Report;

/// The documented exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// All expectations held.
    Held = 0,
    /// An expectation failed.
    Failed = 1,
    /// Bad usage, or a bad scenario file.
    Usage = 2,
    /// A fault never fired, so nothing was tested.
    Inconclusive = 3,
    /// The command of `run` could not be started, was killed, or ran out of time.
    Command = 4,
    /// The server itself failed.
    Server = 5,
}

impl Code {
    /// Where several apply, the first of these counts: 2, 5, 4, 1, 3, 0.
    const ORDER: [Code; 6] = [Code::Usage, Code::Server, Code::Command, Code::Failed, Code::Inconclusive, Code::Held];

    /// The code of two results together.
    #[must_use]
    pub fn and(self, other: Code) -> Code {
        Code::ORDER.into_iter().find(|&code| code == self || code == other).unwrap_or(self)
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        ExitCode::from(code as u8)
    }
}

impl From<&Report> for Code {
    fn from(report: &Report) -> Self {
        match report.exit_code() {
            0 => Code::Held,
            3 => Code::Inconclusive,
            _ => Code::Failed,
        }
    }
}

/// An error that ends the program.
#[derive(Debug)]
pub struct Failure {
    /// How it ends.
    pub code: Code,
    /// What is wrong, where, and what to do.
    pub message: String,
}

impl Failure {
    /// Exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure { code: Code::Usage, message: message.into() }
    }

    /// Exit code 4.
    pub fn command(message: impl Into<String>) -> Self {
        Failure { code: Code::Command, message: message.into() }
    }

    /// Exit code 5.
    pub fn server(message: impl Into<String>) -> Self {
        Failure { code: Code::Server, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graver_code_counts() {
        assert_eq!(Code::Held.and(Code::Inconclusive), Code::Inconclusive);
        assert_eq!(Code::Inconclusive.and(Code::Failed), Code::Failed);
        assert_eq!(Code::Command.and(Code::Failed), Code::Command);
        assert_eq!(Code::Command.and(Code::Server), Code::Server);
        assert_eq!(Code::Usage.and(Code::Server), Code::Usage);
    }
}

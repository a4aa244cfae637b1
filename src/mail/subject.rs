//! The base subject: what a subject is without the marks of answers and forwards (RFC 5256 section 2.1).

use super::header::values;
use super::{Message, decode};

/// What is left of a subject, and whether anything said that it is an answer or a forward.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BaseSubject {
    /// In capitals, since base subjects are compared in any case.
    pub text: String,
    /// `Re:`, `Fwd:`, `(fwd)` or `[fwd: ...]` was taken away.
    pub answer: bool,
}

impl Message {
    /// Of the Subject field, encoded words decoded; empty where there is none.
    pub fn base_subject(&self) -> BaseSubject {
        let subject = values(&self.raw, b"subject").next().map(|value| decode::encoded_words(&super::header::unfold(value)));
        base_subject(&subject.unwrap_or_default())
    }
}

/// Of a subject without folds and encoded words. The steps have the RFC's numbers.
pub fn base_subject(subject: &str) -> BaseSubject {
    // (1)
    let one_blank = subject.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = one_blank.as_str();
    let mut answer = false;
    loop {
        // (2)
        loop {
            let trimmed = rest.trim_end();
            let Some(shorter) = without_end(trimmed, "(fwd)") else {
                rest = trimmed;
                break;
            };
            (rest, answer) = (shorter, true);
        }
        // (3) to (5)
        loop {
            rest = rest.trim_start();
            let behind = behind_blobs(rest);
            if let Some(shorter) = behind_mark(behind.0) {
                (rest, answer) = (shorter, true);
                continue;
            }
            // Without a mark behind them, blobs go one by one, as long as something is left.
            rest = if behind.0.is_empty() { behind.1 } else { behind.0 };
            break;
        }
        // (6)
        match without_start(rest, "[fwd:").and_then(|rest| rest.strip_suffix(']')) {
            Some(inner) => (rest, answer) = (inner, true),
            None => return BaseSubject { text: rest.to_uppercase(), answer },
        }
    }
}

/// All behind `*subj-blob`, and the same with the last blob.
fn behind_blobs(text: &str) -> (&str, &str) {
    let (mut rest, mut before) = (text, text);
    while let Some(shorter) = behind_blob(rest) {
        (before, rest) = (rest, shorter);
    }
    (rest, before)
}

/// `"[" *BLOBCHAR "]" *WSP`: no bracket is inside.
fn behind_blob(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(['[', ']'])?;
    Some(inner.get(end..)?.strip_prefix(']')?.trim_start())
}

/// `("re" / ("fw" ["d"])) *WSP [subj-blob] ":"`
fn behind_mark(text: &str) -> Option<&str> {
    let rest = ["re", "fwd", "fw"].iter().find_map(|mark| without_start(text, mark))?.trim_start();
    behind_blob(rest).unwrap_or(rest).strip_prefix(':')
}

fn without_start<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(rest)
}

fn without_end<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let (rest, tail) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    tail.eq_ignore_ascii_case(end).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_answers_and_forwards_go() {
        for (subject, text, answer) in [
            ("lunch", "LUNCH", false),
            ("Re: lunch", "LUNCH", true),
            ("RE:lunch", "LUNCH", true),
            ("re : Fw: FWD: lunch", "LUNCH", true),
            ("Re[2]: lunch", "LUNCH", true),
            ("Re [2] : lunch", "LUNCH", true),
            ("[list] Re: lunch", "LUNCH", true),
            ("[a][b] lunch", "LUNCH", false),
            ("[a] [b] Re: [c] lunch", "LUNCH", true),
            ("[a] Re: [a] Re: [b] lunch", "LUNCH", true),
            ("[PATCH]", "[PATCH]", false),
            ("[a] [PATCH]", "[PATCH]", false),
            ("Re: [PATCH]", "[PATCH]", true),
            ("lunch (fwd)", "LUNCH", true),
            ("lunch (FWD) (fwd) ", "LUNCH", true),
            ("[Fwd: lunch]", "LUNCH", true),
            ("[fwd: Re: [x] lunch (fwd)]", "LUNCH", true),
            ("[fwd: [fwd: lunch] ] (fwd)", "LUNCH", true),
            ("[fwd: lunch", "[FWD: LUNCH", false),
            ("re", "RE", false),
            ("Re:", "", true),
            ("Re: Re: ", "", true),
            ("reply: lunch", "REPLY: LUNCH", false),
            ("Fwdx: lunch", "FWDX: LUNCH", false),
            (" two \t  blanks ", "TWO BLANKS", false),
            ("Re: über", "ÜBER", true),
            ("ü[", "Ü[", false),
            ("(fwd)", "", true),
            ("", "", false),
        ] {
            assert_eq!(base_subject(subject), BaseSubject { text: text.into(), answer }, "{subject}");
        }
    }

    #[test]
    fn encoded_words_and_folds_are_undone_first() {
        let message = Message::new("Subject: =?utf-8?Q?Re:_?=\r\n =?iso-8859-1?q?K=E4se?=\r\n and\r\n\tmore\r\n\r\n".into());
        assert_eq!(message.base_subject(), BaseSubject { text: "KÄSE AND MORE".into(), answer: true });
        assert_eq!(Message::new("\r\n".into()).base_subject(), BaseSubject::default());
    }

    #[test]
    fn a_subject_made_of_marks_takes_no_longer_than_its_length() {
        for unit in ["[a]", "re:", "[fwd:", "(fwd)", "[a] re[b]:", "[", "re ["] {
            let long = unit.repeat(30_000);
            base_subject(&long);
            base_subject(&format!("{long}x{}", "]".repeat(30_000)));
        }
    }
}

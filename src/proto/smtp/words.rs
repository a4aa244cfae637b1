//! What a healthy server says: its own words, or those that a scenario puts in their place, as each provider has its own.

use bytes::Bytes;

use super::reply;
use crate::proto::words::fill;

/// A reply whose words a scenario can choose.
#[derive(Debug)]
pub struct Word {
    /// Its key in `[smtp.words]`.
    pub key: &'static str,
    /// What is said if the scenario says nothing.
    pub normal: &'static str,
    /// What may stand in braces in a scenario's text.
    pub holes: &'static [&'static str],
}

macro_rules! words {
    ($($name:ident $key:literal $normal:literal $holes:expr;)*) => {
        /// A reply of [`WORDS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Say { $($name),* }

        /// All of them, in the order of `Say`.
        pub const WORDS: &[Word] = &[$(Word { key: $key, normal: $normal, holes: &$holes }),*];
    };
}

words! {
    Mail "mail" "250 2.1.0 Ok" ["sender"];
    Rcpt "rcpt" "250 2.1.5 Ok" ["recipient"];
    Data "data" "354 End data with <CR><LF>.<CR><LF>" [];
    Message "message" "250 2.0.0 Ok: queued" ["message_id", "id", "size"];
    Chunk "chunk" "250 2.0.0 Ok" [];
    Rset "rset" "250 2.0.0 Ok" [];
    Noop "noop" "250 2.0.0 Ok" [];
    Quit "quit" "221 2.0.0 Bye" [];
    Starttls "starttls" "220 2.0.0 Ready to start TLS" [];
    Login "login" "235 2.7.0 Authentication succeeded" [];
    WrongPassword "wrong_password" "535 5.7.8 Authentication credentials invalid" [];
    // What Microsoft's server says to a bad token.
    WrongToken "wrong_token" "535 5.7.3 Authentication unsuccessful" [];
    LoginFirst "login_first" "530 5.7.0 Authentication required" [];
    SizeTooLarge "size_too_large" "552 5.3.4 Message too big for system" [];
    MessageTooLarge "message_too_large" "552 5.3.4 Message too big for system" [];
    TooManyRecipients "too_many_recipients" "452 4.5.3 Too many recipients" [];
    OverQuota "over_quota" "552 5.2.2 Mailbox full" [];
}

/// All replies of [`WORDS`], rendered.
#[derive(Debug)]
pub(super) struct Words(Vec<Bytes>);

impl Words {
    /// `chosen`: keys of [`WORDS`], each with its reply, lines parted by LF.
    pub fn new(chosen: &[(String, String)]) -> Self {
        let text = |word: &Word| {
            let own = chosen.iter().find(|(key, _)| key == word.key);
            let (rope, _) = reply::phrase(own.map_or(word.normal, |(_, text)| text));
            Bytes::from(rope.to_vec())
        };
        Words(WORDS.iter().map(text).collect())
    }

    /// The reply.
    pub fn say(&self, say: Say) -> Bytes {
        self.0.get(say as usize).cloned().unwrap_or_default()
    }

    /// The reply with these in place of their braces.
    pub fn say_with(&self, say: Say, values: &[(&str, &dyn Fn() -> String)]) -> Bytes {
        let text = self.say(say);
        if !text.contains(&b'{') {
            return text;
        }
        fill(&String::from_utf8_lossy(&text), values).into()
    }
}

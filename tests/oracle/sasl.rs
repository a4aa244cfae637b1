//! Logins by rsasl's client, over SMTP and IMAP: it says what this server's mechanisms have to understand, and checks what they say.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::mechanisms::anonymous::AnonymousToken;
use rsasl::mechanisms::oauthbearer::properties::OAuthBearerErrored;
use rsasl::mechanisms::scram::properties::Iterations;
use rsasl::mechanisms::xoauth2::properties::XOAuth2Error;
use rsasl::prelude::{Mechname, SASLClient, SASLConfig, SessionError};
use rsasl::property::{AuthId, AuthzId, OAuthBearerToken, Password};

use crate::faults::wire::Client;
use crate::harness::{Scenario, Server};

/// RFC 5802 leaves the limit to the client.
const MOST_ITERATIONS: u32 = 1_000_000;

/// A name, a password or a token, and why a token was refused.
struct Person {
    name: &'static str,
    password: &'static str,
    told: Arc<Mutex<String>>,
}

impl SessionCallback for Person {
    fn callback(&self, session: &SessionData, context: &Context, request: &mut Request) -> Result<(), SessionError> {
        if context.get_ref::<Iterations>().is_some_and(|&iterations| iterations > MOST_ITERATIONS) {
            return Err(SessionError::Boxed("too many iterations".into()));
        }
        if let Some(error) = request.get_action::<XOAuth2Error>() {
            error.clone_into(&mut self.told.lock().unwrap());
            return Ok(());
        }
        if let Some(error) = request.get_action::<OAuthBearerErrored>() {
            error.status.clone_into(&mut self.told.lock().unwrap());
            return Ok(());
        }
        // The name to act as is that of the token's owner; elsewhere nobody acts for another.
        if session.mechanism().mechanism.as_str() == "OAUTHBEARER" {
            request.satisfy::<AuthzId>(self.name)?;
        }
        request
            .satisfy::<AuthId>(self.name)?
            .satisfy::<Password>(self.password.as_bytes())?
            .satisfy::<OAuthBearerToken>(self.password)?
            .satisfy::<AnonymousToken>("sirhc")?;
        Ok(())
    }
}

/// How a login went.
#[derive(Debug)]
struct Outcome {
    /// The server's last word: `235 ...`, `a OK ...`.
    verdict: String,
    /// What the client told its user: why it gave up, or the reason of a refusal.
    told: String,
}

/// One login on a connection of its own; the answers are counted, since no mechanism has more than a few.
fn log_in(server: &Server, protocol: &str, mechanism: &str, name: &'static str, password: &'static str) -> Outcome {
    let (mut client, command, more) = match protocol {
        "smtp" => (Client::ehlo(&server.smtp, "a.test"), format!("AUTH {mechanism}"), "334 "),
        _ => (Client::greeted(&server.imap), format!("a AUTHENTICATE {mechanism}"), "+ "),
    };
    let told = Arc::new(Mutex::default());
    let config = SASLConfig::builder().with_default_mechanisms().with_callback(Person { name, password, told: told.clone() });
    let offered = [Mechname::parse(mechanism.as_bytes()).unwrap()];
    let mut session = SASLClient::new(config.unwrap()).start_suggested(&offered).unwrap();
    let mut line = client.ask(&command);
    let (mut first, mut running) = (session.are_we_first(), true);
    for _ in 0..5 {
        let Some(challenge) = line.strip_prefix(more) else {
            // A verdict that comes before the mechanism is done may have left out what the server has to show.
            let accepted = line.starts_with('2') || line.starts_with("a OK");
            if accepted && running && session.step(None, &mut Vec::new()).is_err() {
                return Outcome { verdict: line, told: "the server has not shown all".into() };
            }
            return Outcome { verdict: line, told: told.lock().unwrap().clone() };
        };
        let challenge = STANDARD.decode(challenge).unwrap();
        let mut answer = Vec::new();
        let input = if std::mem::take(&mut first) { None } else { Some(challenge.as_slice()) };
        match session.step(input, &mut answer) {
            Ok(state) => running = state.is_running(),
            Err(error) => return Outcome { verdict: client.ask("*"), told: error.to_string() },
        }
        line = client.ask(&STANDARD.encode(answer));
    }
    panic!("{protocol} {mechanism}: the login does not end");
}

const USERS: &str = r#"
[[user]]
name = "bob,=b"
password = "secret"

[[user]]
name = "token"
password = "ya29.good"
mechanisms = ["XOAUTH2", "OAUTHBEARER"]

[smtp]
offer = ["AUTH ANONYMOUS"]

[imap]
offer = ["AUTH=ANONYMOUS"]
"#;

#[test]
fn rsasl_logs_in_with_every_mechanism_that_it_has_and_is_refused() {
    let server = Server::start(Scenario::Text(USERS.into()));
    for protocol in ["smtp", "imap"] {
        let (good, bad) = if protocol == "smtp" { ("235 ", "535 ") } else { ("a OK ", "a NO [AUTHENTICATIONFAILED] ") };
        for (mechanism, name, password) in [
            ("PLAIN", "bob,=b", "secret"),
            ("LOGIN", "bob,=b", "secret"),
            ("SCRAM-SHA-1", "bob,=b", "secret"),
            ("SCRAM-SHA-256", "bob,=b", "secret"),
            ("XOAUTH2", "token", "ya29.good"),
            ("OAUTHBEARER", "token", "ya29.good"),
            ("ANONYMOUS", "anonymous", ""),
        ] {
            let outcome = log_in(&server, protocol, mechanism, name, password);
            assert!(outcome.verdict.starts_with(good) && outcome.told.is_empty(), "{protocol} {mechanism}: {outcome:?}");
            if mechanism == "ANONYMOUS" {
                continue;
            }
            let outcome = log_in(&server, protocol, mechanism, name, "wrong");
            let why = match mechanism {
                "XOAUTH2" => r#"{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"#,
                "OAUTHBEARER" => "invalid_token",
                _ => "",
            };
            assert!(outcome.verdict.starts_with(bad) && outcome.told == why, "{protocol} {mechanism}: {outcome:?}");
        }
    }
    server.stop_with_code(0);
}

#[test]
fn rsasl_refuses_what_a_client_must_refuse() {
    for (scenario, mechanism, password, told) in [
        ("auth/scram-wrong-signature", "SCRAM-SHA-256", "secret", "the server failed mutual authentication"),
        ("auth/scram-wrong-signature", "SCRAM-SHA-1", "secret", "the server failed mutual authentication"),
        ("auth/scram-altered-nonce", "SCRAM-SHA-256", "secret", "returned server nonce is invalid"),
        ("auth/scram-absurd-iterations", "SCRAM-SHA-256", "secret", "too many iterations"),
        ("auth/challenge-twice", "SCRAM-SHA-256", "secret", "required attribute is missing"),
    ] {
        let server = Server::start(scenario);
        for protocol in ["smtp", "imap"] {
            let outcome = log_in(&server, protocol, mechanism, "user@mailfault.test", password);
            let cancelled = if protocol == "smtp" { "501 5.7.0 " } else { "a BAD " };
            assert!(outcome.told.contains(told), "{scenario} {protocol}: {outcome:?}");
            // What came twice is still to be read there.
            assert!(scenario.ends_with("twice") || outcome.verdict.starts_with(cancelled), "{scenario} {protocol}: {outcome:?}");
        }
        server.stop();
    }
}

#[test]
fn rsasl_reports_why_a_token_has_expired_and_then_gets_in() {
    for (scenario, mechanism, why) in [
        ("auth/xoauth2-token-expired", "XOAUTH2", "\"status\":\"401\""),
        ("auth/oauthbearer-token-expired", "OAUTHBEARER", "invalid_token"),
    ] {
        let server = Server::start(scenario);
        for (protocol, bad, good) in [("smtp", "535 5.7.3 ", "235 "), ("imap", "a NO AUTHENTICATE failed.", "a OK ")] {
            let outcome = log_in(&server, protocol, mechanism, "user@mailfault.test", "secret");
            assert!(outcome.verdict.starts_with(bad) && outcome.told.contains(why), "{scenario} {protocol}: {outcome:?}");
            let outcome = log_in(&server, protocol, mechanism, "user@mailfault.test", "secret");
            assert!(outcome.verdict.starts_with(good) && outcome.told.is_empty(), "{scenario} {protocol}: {outcome:?}");
        }
        server.stop();
    }
}

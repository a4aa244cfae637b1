//! nodemailer and imapflow, from npm at the versions of `node/package-lock.json`, driven by `node/probe.js`.

use std::process::Command;

use serde_json::{Value, json};

use super::packages;
use crate::harness::{self, Scenario, Server, built_in_text};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/node");
const RESET: &str = "read ECONNRESET code=ESOCKET command=CONN";
const QUEUED: &str = "250 2.0.0 Ok: queued";

/// What each verb said, and whether it succeeded.
type Told = Vec<Result<String, String>>;

#[test]
fn nodemailer_reports_the_core_faults_and_the_next_connection_sends() {
    const CLOSED: &str = "Connection closed unexpectedly code=ECONNECTION command=CONN";
    const TURNED_AWAY: &str = "Invalid greeting. response=421 4.3.2 Service not available, closing transmission channel: \
         421 4.3.2 Service not available, closing transmission channel code=EPROTOCOL command=CONN responseCode=421";
    const WRONG_PASSWORD: &str =
        "Invalid login: 535 5.7.8 Username and Password not accepted. code=EAUTH command=AUTH PLAIN responseCode=535";
    const NOT_NOW: &str = "Invalid login: 454 4.7.0 Temporary authentication failure: Connection lost to authentication server \
         code=EAUTH command=AUTH PLAIN responseCode=454";
    const REFUSED: &str = "Message failed: 550 5.7.1 Message refused by policy code=EMESSAGE command=DATA responseCode=550";
    let rows = [
        ("smtp/reset-before-greeting", RESET),
        ("smtp/reset-mid-greeting", RESET),
        ("smtp/close-before-greeting", CLOSED),
        ("smtp/stall-at-greeting", "Greeting never received code=ETIMEDOUT command=CONN"),
        ("smtp/greeting-421", TURNED_AWAY),
        // Whatever breaks the connection later is reported as a failure to connect, too.
        ("smtp/reset-at-ehlo", RESET),
        ("auth/smtp-wrong-password-once", WRONG_PASSWORD),
        ("auth/smtp-temporary-failure", NOT_NOW),
        ("smtp/reset-after-dot", RESET),
        ("smtp/lost-250", RESET),
        ("smtp/stall-at-message", "Timeout code=ETIMEDOUT command=CONN"),
        ("smtp/cut-250-then-close", CLOSED),
        ("smtp/550-then-reset", REFUSED),
    ];
    if !is_installed() {
        return;
    }
    let servers = start_all(rows.map(|row| row.0));
    for ((scenario, said), tried, server) in join(rows, probe(&servers, &["send", "send", "read"]), servers) {
        let read = if scenario == "smtp/lost-250" { "probe 1, probe 2" } else { "probe 2" };
        assert_eq!(tried, told(&[Err(said), Ok(QUEUED), Ok(read)]), "{scenario}");
        server.stop_with_code(0);
    }
}

#[test]
fn imapflow_reports_the_core_faults_and_the_next_connection_reads() {
    const RESET: &str = "read ECONNRESET code=ECONNRESET";
    const CLOSED: &str = "Unexpected close code=ClosedAfterConnectText";
    const TIMED_OUT: &str = "Socket timeout code=ETIMEOUT";
    const WRONG_PASSWORD: &str = "Command failed serverResponseCode=AUTHENTICATIONFAILED authenticationFailed=true responseStatus=NO \
         responseText=Invalid credentials (Failure)";
    const NOT_NOW: &str = "Command failed serverResponseCode=UNAVAILABLE authenticationFailed=true responseStatus=NO \
         responseText=Temporary authentication failure.";
    const RESET_AT_FETCH: &str =
        "Connection not available code=NoConnection command=UID FETCH; event: read ECONNRESET code=ECONNRESET";
    let rows = [
        ("imap/reset-before-greeting", RESET),
        ("imap/reset-mid-greeting", RESET),
        ("imap/close-before-greeting", CLOSED),
        ("imap/stall-at-greeting", TIMED_OUT),
        // The text of BYE is lost.
        ("imap/greeting-bye", CLOSED),
        ("imap/reset-at-login", RESET),
        ("imap/stall-at-login", TIMED_OUT),
        ("auth/imap-wrong-password-once", WRONG_PASSWORD),
        // Whoever looks at `authenticationFailed` alone takes this for a wrong password.
        ("auth/imap-unavailable", NOT_NOW),
        ("imap/reset-mid-literal", RESET_AT_FETCH),
        ("imap/fetch-no", "Command failed responseStatus=NO responseText=Backend is not available"),
    ];
    if !is_installed() {
        return;
    }
    let servers = start_all(rows.map(|row| row.0));
    for ((scenario, said), tried, server) in join(rows, probe(&servers, &["read", "read"]), servers) {
        assert_eq!(tried, told(&[Err(said), Ok("Message 1, Message 2")]), "{scenario}");
        server.stop_with_code(0);
    }
}

#[test]
fn a_pool_of_nodemailer_takes_a_new_connection_when_the_server_ended_the_old_one() {
    const GOODBYE: &str = r#"{ reply = "421 4.4.2 mx.mailfault.test Error: timeout exceeded" }"#;
    let ends =
        [format!("[{GOODBYE}, \"close\"]"), format!("[{GOODBYE}, \"reset\"]"), r#""close""#.to_owned(), r#""reset""#.to_owned()];
    if !is_installed() {
        return;
    }
    let (between, second) = (built_in_text("smtp/421-between-messages"), Scenario::BuiltIn("smtp/reset-at-second-message"));
    let built_in = format!("do = {}\n", ends[0]);
    assert!(between.contains(&built_in), "{between}");
    // Its `[expect.smtp]` stands last, before what the wire shows of that one ending.
    let between = between.split("\n[[wire]]").next().unwrap_or_default();
    let between = ends.map(|end| {
        let text = between.replace(&built_in, &format!("do = {end}\n"));
        Scenario::Text(format!("{text}connections = 2\nmessages = 2\n"))
    });
    let mut servers: Vec<Server> =
        between.into_iter().map(|scenario| Server::start_with(scenario, &["--time-scale", "0.5"])).collect();
    servers.push(Server::start_with(second, &[]));
    for (tried, server) in probe(&servers, &["pool", "read"]).into_iter().zip(servers) {
        let queued = format!("{QUEUED}, {QUEUED}");
        assert_eq!(tried, told(&[Ok(&queued), Ok("probe 1, probe 2")]));
        server.stop_with_code(0);
    }
}

#[test]
fn nodemailer_and_imapflow_report_faults_of_tls() {
    const EXPIRED: [&str; 2] =
        ["certificate has expired code=ESOCKET command=CONN", "certificate has expired code=CERT_HAS_EXPIRED"];
    const UNTRUSTED: [&str; 2] = [
        "self-signed certificate in certificate chain code=ESOCKET command=CONN",
        "self-signed certificate in certificate chain code=SELF_SIGNED_CERT_IN_CHAIN",
    ];
    const SELF_SIGNED: [&str; 2] =
        ["self-signed certificate code=ESOCKET command=CONN", "self-signed certificate code=DEPTH_ZERO_SELF_SIGNED_CERT"];
    const WRONG_HOST: [&str; 2] = [
        "Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list:  code=ESOCKET command=CONN",
        "Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list:  code=ERR_TLS_CERT_ALTNAME_INVALID",
    ];
    const BOTH: &str = "Message 1, Message 2, probe 1, probe 2";
    const NOT_KNOWN: &str =
        "Error upgrading connection with STARTTLS: 502 5.5.1 Command not implemented code=ETLS command=STARTTLS responseCode=502";
    const NOT_THERE: &str = "Error upgrading connection with STARTTLS: 502 5.5.1 STARTTLS is not available code=ETLS command=STARTTLS responseCode=502";
    const INJECTED: &str = "Server sent data after the STARTTLS response and before the TLS handshake; possible plaintext-injection attack \
         code=STARTTLS_INJECTION";
    let refused = |[smtp, imap]: [&'static str; 2]| [Err(smtp), Err(smtp), Err(imap), Err(imap)];
    // Sending and reading, each in TLS from the first octet and with STARTTLS that the client insists on.
    let verbs = ["send-tls", "send-starttls", "read-tls", "read-starttls"];
    let rows = [
        ("tls/healthy", [Ok(QUEUED), Ok(QUEUED), Ok(BOTH), Ok("")]),
        ("tls/expired-certificate", refused(EXPIRED)),
        ("tls/untrusted-root-certificate", refused(UNTRUSTED)),
        ("tls/self-signed-certificate", refused(SELF_SIGNED)),
        ("tls/wrong-host-certificate", refused(WRONG_HOST)),
        // nodemailer says STARTTLS all the same, imapflow does not.
        (
            "tls/starttls-not-offered",
            [Ok(QUEUED), Err(NOT_KNOWN), Ok("Message 1, Message 2, probe 1"), Err("Server does not support STARTTLS")],
        ),
        // nodemailer throws away what was slipped in before the handshake, imapflow ends there. Neither server offers the other's STARTTLS.
        ("tls/smtp-injection", [Ok(QUEUED), Ok(QUEUED), Ok(BOTH), Err("Server does not support STARTTLS")]),
        ("tls/imap-injection", [Ok(QUEUED), Err(NOT_THERE), Ok("Message 1, Message 2, probe 1"), Err(INJECTED)]),
        // The first connection of each protocol; the next one is as it should be.
        (
            "tls/reset-at-client-hello",
            [Err(RESET), Ok(QUEUED), Err("read ECONNRESET code=ECONNRESET"), Ok("Message 1, Message 2, probe 2")],
        ),
        (
            "tls/stall-at-client-hello",
            [
                Err("Connection timeout code=ETIMEDOUT command=CONN"),
                Ok(QUEUED),
                Err("Failed to establish connection in required time code=CONNECT_TIMEOUT"),
                Ok("Message 1, Message 2, probe 2"),
            ],
        ),
    ];
    if !is_installed() {
        return;
    }
    let authority = tempfile::tempdir().expect("a temporary directory");
    let options = ["--tls-dir", authority.path().to_str().expect("a path in UTF-8")];
    let servers: Vec<Server> = rows.iter().map(|row| Server::start_with(row.0, &options)).collect();
    let tried = probe_trusting(&servers, &verbs, Some(servers[0].ready("ca_file")));
    for ((scenario, said), tried, server) in join(rows, tried, servers) {
        assert_eq!(tried, told(&said), "{scenario}");
        server.stop_with_code(0);
    }
}

#[test]
fn node_takes_the_certificate_only_where_it_was_told_of_the_authority() {
    const SMTP: &str = "unable to get local issuer certificate code=ESOCKET command=CONN";
    const IMAP: &str = "unable to get local issuer certificate code=UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
    if !is_installed() {
        return;
    }
    let server = Server::start("tls/healthy");
    let tried = probe(&[server], &["send-tls", "send-starttls", "read-tls", "read-starttls"]);
    assert_eq!(tried, [told(&[Err(SMTP), Err(SMTP), Err(IMAP), Err(IMAP)])]);
}

fn start_all<const N: usize>(scenarios: [&'static str; N]) -> Vec<Server> {
    scenarios.map(Server::start).into()
}

fn told(tried: &[Result<&str, &str>]) -> Told {
    tried.iter().map(|said| said.map(str::to_owned).map_err(str::to_owned)).collect()
}

fn join<R>(rows: impl IntoIterator<Item = R>, tried: Vec<Told>, servers: Vec<Server>) -> impl Iterator<Item = (R, Told, Server)> {
    rows.into_iter().zip(tried).zip(servers).map(|((row, tried), server)| (row, tried, server))
}

fn probe(servers: &[Server], verbs: &[&str]) -> Vec<Told> {
    probe_trusting(servers, verbs, None)
}

/// One process for all the servers, and what it told of each.
fn probe_trusting(servers: &[Server], verbs: &[&str], ca_file: Option<&str>) -> Vec<Told> {
    let settings = |server: &Server| {
        let (smtps, imaps) = (server.ready("smtps"), server.ready("imaps"));
        json!({
            "smtp": server.smtp, "imap": server.imap, "smtps": smtps, "imaps": imaps,
            "user": server.user, "address": server.address(), "password": server.password,
        })
    };
    let jobs: Vec<Value> = servers.iter().map(|server| json!({ "settings": settings(server), "verbs": verbs })).collect();
    let mut node = Command::new("node");
    // A developer's own settings must not change what is tested.
    for name in ["NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED"] {
        node.env_remove(name);
    }
    if let Some(ca_file) = ca_file {
        node.env("NODE_EXTRA_CA_CERTS", ca_file);
    }
    node.env("NODE_PATH", packages::for_node().expect("the packages are installed"))
        .arg(format!("{FOLDER}/probe.js"))
        .arg(Value::Array(jobs).to_string());
    let done = harness::run_for_json(&mut node);
    assert_eq!(done.len(), servers.len(), "{done:?}");
    let one = |verb: &Value| {
        let said = verb["said"].as_str().unwrap_or_default().to_owned();
        if verb["ok"] == true { Ok(said) } else { Err(said) }
    };
    done.iter().map(|job| job.as_array().into_iter().flatten().map(one).collect()).collect()
}

fn is_installed() -> bool {
    harness::is_installed("nodemailer and imapflow (node, and npm to install them)", packages::for_node().is_some())
}

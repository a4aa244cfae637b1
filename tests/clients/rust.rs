//! lettre and async-imap, from crates.io.

use std::fmt;
use std::time::Duration;

use async_imap::error::Error;
use async_imap::extensions::idle::IdleResponse;
use async_imap::types::{Fetch, Name};
use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::{Server, for_each_at_once};

/// lettre's time-out; async-imap has none of its own, so the test ends its wait.
const SHORT: Duration = Duration::from_secs(2);

#[test]
fn lettre_reports_the_core_faults_and_the_next_connection_sends() {
    const RESET: &str = "network error: Connection reset by peer (os error 104)";
    let rows = [
        ("smtp/reset-before-greeting", RESET),
        ("smtp/reset-mid-greeting", RESET),
        ("smtp/close-before-greeting", "response error: incomplete response"),
        ("smtp/stall-at-greeting", "network error: Resource temporarily unavailable (os error 11)"),
        ("smtp/greeting-421", "transient error (421): 4.3.2 Service not available, closing transmission channel"),
        ("smtp/reset-at-ehlo", RESET),
        ("auth/smtp-wrong-password-once", "permanent error (535): 5.7.8 Username and Password not accepted."),
        (
            "auth/smtp-temporary-failure",
            "transient error (454): 4.7.0 Temporary authentication failure: Connection lost to authentication server",
        ),
        ("smtp/reset-after-dot", RESET),
        ("smtp/cut-250-then-close", "response error: incomplete response"),
        ("smtp/550-then-reset", "permanent error (550): 5.7.1 Message refused by policy"),
    ];
    for_each_at_once(&rows, |&(scenario, text)| {
        let server = Server::start(scenario);
        assert_eq!(send(&server), Err(text.to_owned()), "{scenario}");
        assert_eq!(send(&server), Ok(()), "{scenario}: the next connection");
        let read = poll(&server).unwrap_or_else(|failure| panic!("{scenario}: {failure}"));
        assert_eq!(read.len(), 1, "{scenario}: {read:?}");
        assert!(read[0].contains("\r\n\r\nHello from lettre.\r\n"), "{scenario}: {read:?}");
        server.stop_with_code(0);
    });
}

#[test]
fn async_imap_reports_the_core_faults_and_the_next_connection_reads() {
    const RESET: &str = "Connection reset by peer (os error 104)";
    let rows = [
        ("imap/reset-before-greeting", format!("at the greeting: {RESET}")),
        ("imap/reset-mid-greeting", format!("at the greeting: {RESET}")),
        ("imap/close-before-greeting", "at the greeting: no response".to_owned()),
        ("imap/stall-at-greeting", "waits without end".to_owned()),
        // BYE is a greeting like any other; the failure comes later, without its text.
        ("imap/greeting-bye", "at login: connection lost".to_owned()),
        ("imap/reset-at-login", format!("at login: io: {RESET}")),
        (
            "auth/imap-wrong-password-once",
            "at login: no response: code: None, info: Some(\"[AUTHENTICATIONFAILED] Invalid credentials (Failure)\")".to_owned(),
        ),
        ("imap/reset-mid-literal", format!("at FETCH: io: {RESET}")),
    ];
    for_each_at_once(&rows, |(scenario, text)| {
        let server = Server::start(*scenario);
        assert_eq!(poll(&server), Err(text.clone()), "{scenario}");
        let read = poll(&server).unwrap_or_else(|failure| panic!("{scenario}: the next connection: {failure}"));
        assert_eq!(read.len(), 2, "{scenario}: the next connection: {read:?}");
        // LOGIN after BYE is a mistake of the client, and the verdict says so.
        server.stop_with_code(if *scenario == "imap/greeting-bye" { 1 } else { 0 });
    });
}

#[test]
fn async_imap_finds_no_mail_and_no_error_when_fetch_is_answered_with_no() {
    let server = Server::start("imap/fetch-no");
    assert_eq!(poll(&server), Ok(vec![]));
    assert_eq!(poll(&server).map(|read| read.len()), Ok(2));
    server.stop();
}

#[test]
fn async_imap_reads_the_whole_mailbox() {
    let server = Server::start("healthy");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let walked = runtime.block_on(async { timeout(SHORT * 10, walk(&server)).await.expect("an end") });
    assert_eq!(walked, Ok(()));
    let stopped = server.stop_with_code(0);
    assert!(!stopped.journal.iter().any(|event| event["event"] == "oddity"), "{:?}", stopped.journal);
}

/// From login to logout, by way of all that async-imap can do.
async fn walk(server: &Server) -> Result<(), String> {
    const NOTE: &[u8] = include_bytes!("healthy/mail/note.eml");
    const PARTS: &[u8] = include_bytes!("healthy/mail/parts.eml");
    let mut session = connect(server).await?;
    let id = session.id([("name", Some("probe"))]).await.map_err(at("ID"))?.unwrap_or_default();
    assert_eq!(id.get("name").map(String::as_str), Some("mailfault"));
    assert!(session.capabilities().await.map_err(at("CAPABILITY"))?.has_str("MOVE"));
    session.create("Archive/2026").await.map_err(at("CREATE"))?;
    session.subscribe("Archive/2026").await.map_err(at("SUBSCRIBE"))?;
    let names: Vec<Name> = all(session.list(None, Some("*")).await).await?;
    let mut names: Vec<&str> = names.iter().map(Name::name).collect();
    names.sort_unstable();
    assert_eq!(names, ["Archive", "Archive/2026", "INBOX"]);
    for (message, flags) in [(NOTE, Some("(\\Seen)")), (PARTS, None), (b"\r\nbare\r\n", Some("(\\Draft $Work)"))] {
        session.append("INBOX", flags, Some("\"02-Feb-2026 10:00:00 +0000\""), message).await.map_err(at("APPEND"))?;
    }
    let status = session.status("INBOX", "(MESSAGES UNSEEN UIDNEXT)").await.map_err(at("STATUS"))?;
    assert_eq!((status.exists, status.unseen, status.uid_next), (3, Some(2), Some(4)));
    let selected = session.select_condstore("INBOX").await.map_err(at("SELECT"))?;
    assert_eq!((selected.exists, selected.uid_next), (3, Some(4)));
    assert!(selected.highest_modseq > Some(0), "{selected:?}");
    let query = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE MODSEQ BODY.PEEK[])";
    let fetched: Vec<Fetch> = all(session.uid_fetch("1:*", query).await).await?;
    let subject = |fetch: &Fetch| fetch.envelope().and_then(|envelope| envelope.subject.as_deref().map(<[u8]>::to_vec));
    assert_eq!(subject(&fetched[0]).as_deref(), Some(b"Lunch".as_slice()));
    // imap-proto finds the end of a quoted string, and leaves the backslashes in it.
    assert_eq!(subject(&fetched[1]).as_deref(), Some(br#"Numbers {3} \"and\" \\ more"#.as_slice()));
    assert!(fetched.iter().all(|fetch| fetch.bodystructure().is_some() && fetch.modseq.is_some()), "{fetched:?}");
    assert_eq!(fetched[1].body(), Some(PARTS));
    assert_eq!(fetched[2].size, Some(8));
    assert_eq!(fetched[2].internal_date().map(|date| date.timestamp()), Some(1_770_026_400));
    let found = session.uid_search("NOT SEEN KEYWORD $Work").await.map_err(at("SEARCH"))?;
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [3]);
    let stored: Vec<Fetch> = all(session.store("1:2", "+FLAGS (\\Flagged)").await).await?;
    assert_eq!(stored.len(), 2);
    session.copy("1:2", "Archive/2026").await.map_err(at("COPY"))?;
    session.uid_mv("2", "Archive/2026").await.map_err(at("MOVE"))?;
    let stored: Vec<Fetch> = all(session.uid_store("1", "+FLAGS.SILENT (\\Deleted)").await).await?;
    assert!(stored.len() <= 1, "{stored:?}");
    let expunged: Vec<u32> = all(session.uid_expunge("1").await).await?;
    assert_eq!(expunged, [1]);
    let (roots, quotas) = session.get_quota_root("INBOX").await.map_err(at("GETQUOTAROOT"))?;
    assert!(roots.len() == 1 && quotas.iter().all(|quota| !quota.resources.is_empty()), "{roots:?} {quotas:?}");
    let mut idle = session.idle();
    idle.init().await.map_err(at("IDLE"))?;
    let mut other = connect(server).await?;
    other.append("INBOX", None, None, NOTE).await.map_err(at("another APPEND"))?;
    let (news, _stop) = idle.wait();
    match news.await.map_err(at("news"))? {
        IdleResponse::NewData(data) => assert!(format!("{:?}", data.parsed()).contains("Exists(2)"), "{data:?}"),
        other => panic!("{other:?}"),
    }
    let mut session = idle.done().await.map_err(at("DONE"))?;
    session.close().await.map_err(at("CLOSE"))?;
    session.rename("Archive/2026", "Old").await.map_err(at("RENAME"))?;
    session.delete("Old").await.map_err(at("DELETE"))?;
    other.logout().await.map_err(at("LOGOUT"))?;
    session.logout().await.map_err(at("LOGOUT"))
}

async fn all<T>(answer: Result<impl futures_util::Stream<Item = Result<T, Error>>, Error>) -> Result<Vec<T>, String> {
    answer.map_err(at("a command"))?.try_collect().await.map_err(at("its responses"))
}

async fn connect(server: &Server) -> Result<Session<TcpStream>, String> {
    let mut client = Client::new(TcpStream::connect(&server.imap).await.map_err(at("connect"))?);
    let greeting = client.read_response().await.map_err(at("the greeting"))?;
    greeting.ok_or("at the greeting: no response")?;
    client.login(&server.user, &server.password).await.map_err(|(failure, _client)| at("login")(failure))
}

fn send(server: &Server) -> Result<(), String> {
    let (host, port) = server.smtp.rsplit_once(':').expect("an address");
    let address = server.address().parse::<lettre::Address>().expect("an address");
    let message = Message::builder().from(address.clone().into()).to(address.into()).subject("from lettre");
    let message = message.body("Hello from lettre.".to_owned()).expect("a message");
    let transport = SmtpTransport::builder_dangerous(host)
        .port(port.parse().expect("a port"))
        .credentials(Credentials::new(server.user.clone(), server.password.clone()))
        .timeout(Some(SHORT))
        .build();
    transport.send(&message).map(drop).map_err(|failure| failure.to_string())
}

/// What a mail reader does: logs in, opens the INBOX, finds what is unseen, reads it and marks it.
fn poll(server: &Server) -> Result<Vec<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let waits = || Err("waits without end".to_owned());
    runtime.block_on(async { timeout(SHORT, read_unseen(server)).await.unwrap_or_else(|_| waits()) })
}

async fn read_unseen(server: &Server) -> Result<Vec<String>, String> {
    let mut session = connect(server).await?;
    session.select("INBOX").await.map_err(at("SELECT"))?;
    let unseen = session.search("UNSEEN").await.map_err(at("SEARCH"))?;
    let mut unseen: Vec<u32> = unseen.into_iter().collect();
    unseen.sort_unstable();
    let mut read = Vec::new();
    for number in unseen {
        let fetched: Result<Vec<Fetch>, Error> = match session.fetch(number.to_string(), "BODY.PEEK[]").await {
            Ok(stream) => stream.try_collect().await,
            Err(failure) => Err(failure),
        };
        for fetch in fetched.map_err(at("FETCH"))? {
            read.extend(fetch.body().map(|body| String::from_utf8_lossy(body).into_owned()));
            let stored: Result<Vec<Fetch>, Error> = match session.store(number.to_string(), "+FLAGS (\\Seen)").await {
                Ok(stream) => stream.try_collect().await,
                Err(failure) => Err(failure),
            };
            stored.map_err(at("STORE"))?;
        }
    }
    session.logout().await.map_err(at("LOGOUT"))?;
    Ok(read)
}

fn at<E: fmt::Display>(stage: &'static str) -> impl Fn(E) -> String {
    move |failure| format!("at {stage}: {failure}")
}

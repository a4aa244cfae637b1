//! Handshakes in memory: what a client with our root says to each choice.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Error, PeerIncompatible, ProtocolVersion, RootCertStore,
    ServerConfig, ServerConnection, SupportedProtocolVersion, version,
};

use super::*;

/// How a handshake ended, for either side.
struct Ended {
    client: Result<ClientConnection, Error>,
    server: Result<ServerConnection, Error>,
}

/// Both sides over buffers, until both are content and have nothing to say, or one gives up and the other has heard of it.
fn handshake(client: &Arc<ClientConfig>, host: &str, server: Arc<ServerConfig>) -> Ended {
    let mut client_side = ClientConnection::new(client.clone(), ServerName::try_from(host.to_owned()).unwrap()).unwrap();
    let mut server_side = ServerConnection::new(server).unwrap();
    let (mut client_error, mut server_error) = (None, None);
    loop {
        let (mut up, mut down) = (Vec::new(), Vec::new());
        while client_side.wants_write() {
            client_side.write_tls(&mut up).unwrap();
        }
        while server_side.wants_write() {
            server_side.write_tls(&mut down).unwrap();
        }
        if up.is_empty() && down.is_empty() {
            break;
        }
        let mut up = up.as_slice();
        while !up.is_empty() && server_error.is_none() {
            server_side.read_tls(&mut up).unwrap();
            server_error = server_side.process_new_packets().err();
        }
        let mut down = down.as_slice();
        while !down.is_empty() && client_error.is_none() {
            client_side.read_tls(&mut down).unwrap();
            client_error = client_side.process_new_packets().err();
        }
    }
    Ended { client: client_error.map_or(Ok(client_side), Err), server: server_error.map_or(Ok(server_side), Err) }
}

/// A client that trusts this root, shows no certificate, and offers these versions.
fn client(ca_pem: &str, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS12, &version::TLS13];

fn authority() -> Authority {
    Authority::in_memory(&["mx.mailfault.test".to_owned(), "192.0.2.7".to_owned(), "[2001:db8::7]".to_owned()]).unwrap()
}

fn kind(certificate: Kind) -> Choice {
    Choice { certificate, ..Choice::default() }
}

#[test]
fn a_good_certificate_is_good_for_every_name() {
    let authority = authority();
    let config = authority.server_config(&Choice::default()).unwrap();
    for version in BOTH {
        let client = client(authority.ca_pem(), &[version]);
        for host in ["localhost", "127.0.0.1", "::1", "mx.mailfault.test", "192.0.2.7", "2001:db8::7"] {
            let ended = handshake(&client, host, config.clone());
            let (client, server) = (ended.client.unwrap(), ended.server.unwrap());
            assert_eq!(client.protocol_version(), Some(version.version), "{host}");
            assert_eq!(client.peer_certificates().unwrap().len(), 2);
            assert!(!server.is_handshaking());
        }
    }
}

/// What a client says to a certificate, and the alert that the server gets for it.
fn refused(kind_: Kind, version: &'static SupportedProtocolVersion) -> (CertificateError, AlertDescription) {
    let authority = authority();
    let config = authority.server_config(&kind(kind_)).unwrap();
    let ended = handshake(&client(authority.ca_pem(), &[version]), "localhost", config);
    match (ended.client, ended.server) {
        (Err(Error::InvalidCertificate(why)), Err(Error::AlertReceived(alert))) => (why, alert),
        (client, server) => panic!("{kind_:?}: {:?}, {:?}", client.err(), server.err()),
    }
}

#[test]
fn each_faulty_certificate_is_refused_for_its_own_fault() {
    use AlertDescription as Alert;
    use CertificateError as Why;

    for version in BOTH {
        let refused = |kind| refused(kind, version);
        assert!(matches!(refused(Kind::Expired), (Why::ExpiredContext { .. }, Alert::CertificateExpired)));
        // RFC 8446 section 6.2 has no other word for one that is not yet valid.
        assert!(matches!(refused(Kind::NotYetValid), (Why::NotValidYetContext { .. }, Alert::CertificateExpired)));
        let (why, _) = refused(Kind::WrongHost);
        let Why::NotValidForNameContext { presented, .. } = why else { panic!("{why:?}") };
        assert_eq!(presented, [r#"DnsName("wrong.host.invalid")"#]);
        assert!(matches!(refused(Kind::WrongUsage), (Why::InvalidPurposeContext { .. }, Alert::UnsupportedCertificate)));
        assert_eq!(refused(Kind::WrongKey), (Why::BadSignature, Alert::DecryptError));
        for kind in [Kind::SelfSigned, Kind::UntrustedRoot, Kind::IncompleteChain] {
            assert_eq!(refused(kind), (Why::UnknownIssuer, Alert::UnknownCA), "{kind:?}");
        }
    }
}

#[test]
fn what_is_sent_beside_the_certificate() {
    let root = make::Root::new().unwrap();
    let issuing = make::Issuing::new(&root).unwrap();
    let chain = |kind| issuing.certificate(kind, &root, &["localhost".to_owned()]).unwrap().chain;
    let lengths = Kind::ALL.map(|kind| chain(kind).len());
    assert_eq!(lengths, [2, 2, 2, 2, 1, 2, 1, 2, 2]);
    // The issuer of an incomplete chain is not the one that clients have seen with others, and the untrusted root is itself sent.
    let contains = |certificate: &[u8], text: &str| memchr::memmem::find(certificate, text.as_bytes()).is_some();
    assert!(contains(&chain(Kind::IncompleteChain)[0], "mailfault unsent issuer"));
    assert!(contains(&chain(Kind::Good)[0], "mailfault issuer"));
    assert!(contains(&chain(Kind::UntrustedRoot)[1], "a root that nobody has"));
    assert!(!contains(&chain(Kind::UntrustedRoot)[1], "mailfault"));
    // No two of an issuer have a serial number in common.
    assert_ne!(chain(Kind::Good)[0], chain(Kind::Good)[0]);
}

#[test]
fn only_the_chosen_versions_are_spoken() {
    let authority = authority();
    let choice = |word| Choice { versions: Versions::parse(&[word]).unwrap(), ..Choice::default() };
    for (word, version, other) in [("1.2", &version::TLS12, &version::TLS13), ("1.3", &version::TLS13, &version::TLS12)] {
        let config = authority.server_config(&choice(word)).unwrap();
        let ended = handshake(&client(authority.ca_pem(), BOTH), "localhost", config.clone());
        assert_eq!(ended.client.unwrap().protocol_version(), Some(version.version));
        let ended = handshake(&client(authority.ca_pem(), &[other]), "localhost", config);
        assert_eq!(ended.client.unwrap_err(), Error::AlertReceived(AlertDescription::ProtocolVersion));
        assert!(matches!(
            ended.server.unwrap_err(),
            Error::PeerIncompatible(
                PeerIncompatible::Tls12NotOfferedOrEnabled | PeerIncompatible::SupportedVersionsExtensionRequired
            )
        ));
    }
    let none = Choice { versions: Versions { tls12: false, tls13: false }, ..Choice::default() };
    assert!(matches!(authority.server_config(&none), Err(AuthorityError::NoVersion)));
}

#[test]
fn a_client_must_show_a_certificate_and_any_will_do() {
    let authority = authority();
    let config = authority.server_config(&Choice { client_certificate: true, ..Choice::default() }).unwrap();
    for version in BOTH {
        let bare = client(authority.ca_pem(), &[version]);
        let ended = handshake(&bare, "localhost", config.clone());
        assert_eq!(ended.server.unwrap_err(), Error::NoCertificatesPresented);
        assert_eq!(ended.client.unwrap_err(), Error::AlertReceived(AlertDescription::CertificateRequired));

        let own = rcgen::KeyPair::generate().unwrap();
        let shown = rcgen::CertificateParams::new(["somebody".to_owned()]).unwrap().self_signed(&own).unwrap();
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(
            &rustls::pki_types::PrivatePkcs8KeyDer::from(own.serialize_der()).into(),
        );
        let mut with = ClientConfig::clone(&bare);
        let certified = rustls::sign::CertifiedKey::new(vec![shown.der().clone()], key.unwrap());
        with.client_auth_cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(certified));
        let ended = handshake(&Arc::new(with), "localhost", config.clone());
        assert!(ended.client.is_ok());
        assert_eq!(ended.server.unwrap().peer_certificates(), Some(&[shown.der().clone()][..]));
    }
}

#[test]
fn sessions_are_resumed_but_not_into_another_choice() {
    use rustls::HandshakeKind;

    let authority = authority();
    let good = authority.server_config(&Choice::default()).unwrap();
    let client = client(authority.ca_pem(), BOTH);
    let first = handshake(&client, "localhost", good.clone()).client.unwrap();
    assert_eq!(first.handshake_kind(), Some(HandshakeKind::Full));
    let second = handshake(&client, "localhost", good).client.unwrap();
    assert_eq!(second.handshake_kind(), Some(HandshakeKind::Resumed));
    let expired = authority.server_config(&kind(Kind::Expired)).unwrap();
    let third = handshake(&client, "localhost", expired).client.unwrap_err();
    assert!(matches!(third, Error::InvalidCertificate(CertificateError::ExpiredContext { .. })));
}

#[test]
fn no_protocol_is_chosen_whatever_is_offered() {
    let authority = authority();
    let mut offering = ClientConfig::clone(&client(authority.ca_pem(), BOTH));
    offering.alpn_protocols = vec![b"imap".to_vec(), b"h2".to_vec()];
    let ended = handshake(&Arc::new(offering), "localhost", authority.server_config(&Choice::default()).unwrap());
    assert_eq!(ended.client.unwrap().alpn_protocol(), None);
}

#[test]
fn a_configuration_is_made_once_and_a_certificate_once_for_all_versions() {
    let authority = authority();
    let config = authority.server_config(&Choice::default()).unwrap();
    assert!(Arc::ptr_eq(&config, &authority.server_config(&Choice::default()).unwrap()));
    let only13 = Choice { versions: Versions { tls12: false, tls13: true }, ..Choice::default() };
    let shown = |config| {
        let ended = handshake(&client(authority.ca_pem(), BOTH), "localhost", config);
        ended.client.unwrap().peer_certificates().unwrap().to_vec()
    };
    assert_eq!(shown(config), shown(authority.server_config(&only13).unwrap()));
}

#[test]
fn hosts_that_no_certificate_can_have() {
    for host in ["", "two words", "bücher.example", "a\nb", "."] {
        let error = Authority::in_memory(&[host.to_owned()]).unwrap_err();
        assert!(matches!(&error, AuthorityError::Host(named) if named == host), "{error}");
    }
    // Each name once, whatever its case, and without the dot of the root.
    assert!(Authority::in_memory(&["LOCALHOST".to_owned(), "localhost.".to_owned(), "*.example.test".to_owned()]).is_ok());
}

#[test]
fn secrets_are_written_for_wireshark() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.log");
    let told = Arc::new(Mutex::new(String::new()));
    let hearing = told.clone();
    let log = KeyLogFile::new(Some(&path), Some(Box::new(move |line| hearing.lock().unwrap().push_str(line)))).unwrap();
    let log = Arc::new(log);
    let mut authority = authority();
    let unlogged = authority.server_config(&Choice::default()).unwrap();
    authority.set_key_log(log.clone());
    let logged = authority.server_config(&Choice::default()).unwrap();
    assert!(!Arc::ptr_eq(&unlogged, &logged));
    for version in BOTH {
        handshake(&client(authority.ca_pem(), &[version]), "localhost", logged.clone()).client.unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, *told.lock().unwrap());
    let labels: Vec<&str> = text.lines().map(|line| line.split(' ').next().unwrap()).collect();
    for label in ["CLIENT_RANDOM", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "SERVER_HANDSHAKE_TRAFFIC_SECRET"] {
        assert!(labels.contains(&label), "{label} in {labels:?}");
    }
    for line in text.lines() {
        let [_, random, secret] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(random.len() == 64 && secret.len() >= 64 && secret.bytes().all(|octet| octet.is_ascii_hexdigit()), "{line}");
    }
    assert_eq!(mode(&path), 0o600);
    assert!(log.take_error().is_none());
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn contents(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap_or_default()))
        .collect();
    all.sort();
    all
}

#[test]
fn a_kept_authority_is_the_same_when_it_is_read_again() {
    let above = tempfile::tempdir().unwrap();
    let dir = above.path().join("not/yet");
    let first = Authority::kept_in(&dir, &[]).unwrap();
    let files = first.write_public(&dir).unwrap();
    assert_eq!(mode(&dir), 0o700);
    assert_eq!((mode(&dir.join("ca.key")), mode(&files.ca_file), mode(&files.truststore)), (0o600, 0o644, 0o644));
    let before = contents(&dir);
    assert_eq!(before.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["ca.key", "ca.pem", "truststore.p12"]);

    let second = Authority::kept_in(&dir, &["mx.example.test".to_owned()]).unwrap();
    assert_eq!(second.ca_pem(), first.ca_pem());
    assert_eq!(second.write_public(&dir).unwrap(), files);
    assert_eq!(contents(&dir), before);
    // A client that trusted the first trusts the second.
    let ended = handshake(&client(first.ca_pem(), BOTH), "mx.example.test", second.server_config(&Choice::default()).unwrap());
    assert_eq!(ended.client.unwrap().protocol_version(), Some(ProtocolVersion::TLSv1_3));

    // What follows from the key comes back.
    fs::remove_file(&files.ca_file).unwrap();
    Authority::kept_in(&dir, &[]).unwrap().write_public(&dir).unwrap();
    assert_eq!(contents(&dir), before);
}

#[test]
fn public_files_in_a_directory_of_another_take_no_place() {
    let dir = tempfile::tempdir().unwrap();
    let files = authority().write_public(dir.path()).unwrap();
    assert_eq!((mode(&files.ca_file), mode(&files.truststore)), (0o644, 0o644));
    let before = contents(dir.path());
    let error = authority().write_public(dir.path()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(contents(dir.path()), before);
}

/// The error for a directory with this in it, which must be as it was afterwards.
fn refusal(fill: impl FnOnce(&Path)) -> String {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let before = contents(dir.path());
    let error = Authority::kept_in(dir.path(), &[]).unwrap_err();
    assert_eq!(contents(dir.path()), before);
    error.to_string().replace(&*dir.path().to_string_lossy(), "DIR")
}

#[test]
fn directories_of_others_are_refused_and_left_alone() {
    let key = |text: String| move |dir: &Path| fs::write(dir.join("ca.key"), text).unwrap();
    let (one, other) = (make::Root::new().unwrap(), make::Root::new().unwrap());
    let key_only = one.to_file().replace(&one.pem, "");
    let unknown = rcgen::CertificateParams::default().self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();

    for (error, wanted) in [
        (
            refusal(|dir| fs::write(dir.join("notes.txt"), "mine").unwrap()),
            "`DIR` holds other files, and no `ca.key`: wanted is a directory that is empty, missing, or was written by mailfault; nothing was changed",
        ),
        // The beginning of an authority of another tool.
        (
            refusal(|dir| fs::write(dir.join("ca.pem"), &one.pem).unwrap()),
            "`DIR` holds other files, and no `ca.key`: wanted is a directory that is empty, missing, or was written by mailfault; nothing was changed",
        ),
        (refusal(key(String::new())), "`DIR/ca.key` holds no private key; nothing was changed"),
        (refusal(key(key_only.clone())), "`DIR/ca.key` does not hold one certificate beside its key; nothing was changed"),
        (
            refusal(key(format!("{key_only}{}", other.pem))),
            "`DIR/ca.key` was not written by mailfault: its key and certificate do not belong together; nothing was changed",
        ),
        (
            refusal(key(format!("{key_only}{unknown}"))),
            "`DIR/ca.key` was not written by mailfault: its key and certificate do not belong together; nothing was changed",
        ),
        (refusal(|dir| fs::write(dir.join("ca.key"), [0xff; 9]).unwrap()), "`DIR/ca.key` is no PEM file; nothing was changed"),
        (refusal(key("x".repeat(70_000))), "`DIR/ca.key` cannot be read"),
        (refusal(|dir| fs::create_dir(dir.join("ca.key")).unwrap()), "`DIR/ca.key` cannot be read"),
        (
            refusal(|dir| {
                fs::write(dir.join("ca.key"), one.to_file()).unwrap();
                fs::write(dir.join("ca.pem"), &other.pem).unwrap();
            }),
            "`DIR/ca.pem` does not belong to the `ca.key` beside it; nothing was changed",
        ),
    ] {
        assert_eq!(error, wanted);
    }
}

#[test]
fn a_file_in_the_place_of_the_directory_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(matches!(Authority::kept_in(file.path(), &[]), Err(AuthorityError::Read { .. })));
}

#[test]
fn what_a_killed_process_left_is_no_hindrance() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(".mailfault-Xy12"), "half").unwrap();
    let first = Authority::kept_in(dir.path(), &[]).unwrap();
    assert_eq!(Authority::kept_in(dir.path(), &[]).unwrap().ca_pem(), first.ca_pem());
}

#[test]
fn two_processes_that_start_at_once_have_one_authority() {
    let above = tempfile::tempdir().unwrap();
    let dir = above.path().join("tls");
    let roots: Vec<String> = std::thread::scope(|scope| {
        let started: Vec<_> =
            (0..8).map(|_| scope.spawn(|| Authority::kept_in(&dir, &[]).unwrap().ca_pem().to_owned())).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(roots.iter().all(|root| *root == roots[0]));
}

#[test]
fn the_trust_store_holds_the_root_and_is_always_the_same() {
    let authority = authority();
    let store = authority.truststore().unwrap();
    let root = CertificateDer::from_pem_slice(authority.ca_pem().as_bytes()).unwrap();
    assert!(memchr::memmem::find(&store, &root).is_some());
    assert_eq!(store, authority.truststore().unwrap());
}

#[test]
fn nothing_secret_is_shown_by_debug() {
    assert!(
        format!("{:?}", authority()).starts_with(r#"Authority { names: ["localhost", "127.0.0.1", "::1", "mx.mailfault.test""#)
    );
}

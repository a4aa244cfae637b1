//! Java's keytool, on the trust store that is handed to Java clients.

use std::process::{Command, Output};

use mailfault::certs::Authority;

use crate::harness;

#[test]
fn keytool_finds_the_root_as_a_trusted_certificate() {
    if !is_installed() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::in_memory(&[]).unwrap();
    let store = authority.write_public(dir.path()).unwrap().truststore;
    let list = |password: &str, more: &[&str]| -> Output {
        let mut keytool = Command::new("keytool");
        keytool.args(["-J-Duser.language=en", "-list", "-storepass", password, "-keystore"]).arg(&store).args(more);
        keytool.output().unwrap()
    };
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).replace('\r', "");

    let listed = list(Authority::TRUSTSTORE_PASSWORD, &[]);
    assert!(text(&listed).contains("Your keystore contains 1 entry\n\nmailfault, "), "{listed:?}");
    assert!(text(&listed).contains(", trustedCertEntry,"), "{listed:?}");
    let printed = list(Authority::TRUSTSTORE_PASSWORD, &["-rfc"]);
    assert!(text(&printed).contains(authority.ca_pem()), "{printed:?}");
    let refused = list("another", &[]);
    // The words differ between versions of Java.
    assert!(printed.status.success() && !refused.status.success(), "{refused:?}");
}

fn is_installed() -> bool {
    harness::is_installed("keytool", harness::starts("keytool", "-help"))
}

//! Server configurations.

use std::sync::{Arc, LazyLock};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, KeyLog, ServerConfig, SignatureScheme, SupportedProtocolVersion, version,
};

use super::authority::AuthorityError;
use super::make::Shown;
use super::{Choice, Versions};

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(aws_lc_rs::default_provider()));

/// A certificate ready to be shown. Whether the key is its own is not asked.
pub fn certified(shown: Shown) -> Result<CertifiedKey, AuthorityError> {
    let key = PROVIDER.key_provider.load_private_key(shown.key)?;
    Ok(CertifiedKey::new(shown.chain, key))
}

/// The configuration of a choice.
pub fn config(choice: &Choice, certificate: Arc<CertifiedKey>, key_log: Arc<dyn KeyLog>) -> Result<ServerConfig, AuthorityError> {
    let builder = ServerConfig::builder_with_provider(PROVIDER.clone()).with_protocol_versions(&versions(choice.versions)?)?;
    let builder = if choice.client_certificate {
        builder.with_client_cert_verifier(Arc::new(AnyCertificate))
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certificate)));
    config.key_log = key_log;
    Ok(config)
}

fn versions(choice: Versions) -> Result<Vec<&'static SupportedProtocolVersion>, AuthorityError> {
    let all = [(choice.tls13, &version::TLS13), (choice.tls12, &version::TLS12)];
    let spoken: Vec<_> = all.into_iter().filter_map(|(wanted, version)| wanted.then_some(version)).collect();
    if spoken.is_empty() { Err(AuthorityError::NoVersion) } else { Ok(spoken) }
}

/// Asks for a certificate, and takes any whose key the client has: what it is called and who signed it are not this server's concern.
#[derive(Debug)]
struct AnyCertificate;

impl ClientCertVerifier for AnyCertificate {
    /// None: a client with a list of acceptable authorities would not show others.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &PROVIDER.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &PROVIDER.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER.signature_verification_algorithms.supported_schemes()
    }
}

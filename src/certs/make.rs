//! Keys and certificates, all of them ECDSA P-256.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, SerialNumber, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Kind;
use super::authority::AuthorityError;

/// From when to when something is valid, in days from now.
type Days = (i64, i64);

/// Those of certificates that sign others: clocks of test machines may be wrong.
const AUTHORITY: Days = (-2 * 365, 10 * 365);
/// Those of servers are made anew by each process. Apple's clients refuse any that is valid for more than 825 days, whoever signed it.
const SERVER: Days = (-410, 410);
const EXPIRED: Days = (-2 * 365, -365);
const NOT_YET_VALID: Days = (365, 2 * 365);

// Names of roots that are kept in files: another name here would disown them.
const ORGANISATION: &str = "mailfault";
const ROOT: &str = "mailfault test CA";
/// The name that nobody asks for (RFC 6761 section 6.4).
const WRONG_HOST: &str = "wrong.host.invalid";

/// What a server shows, and the key that it signs with.
pub struct Shown {
    /// Its own certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// PKCS#8.
    pub key: PrivateKeyDer<'static>,
}

/// What signs the certificates of servers, and the key that they share.
pub struct Issuing {
    issuer: Signing,
    key: KeyPair,
}

impl Issuing {
    /// A new one, signed by the root.
    pub fn new(root: &Root) -> Result<Issuing, AuthorityError> {
        Ok(Issuing { issuer: root.signing.intermediate("mailfault issuer")?, key: KeyPair::generate()? })
    }

    /// A certificate of this kind for these names, with what is sent beside it.
    pub fn certificate(&self, kind: Kind, root: &Root, names: &[String]) -> Result<Shown, AuthorityError> {
        use ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};

        let signed = |names: &[String], days, usage| -> Result<Shown, AuthorityError> {
            let own = server(names, days, usage)?.signed_by(&self.key, &self.issuer.issuer)?;
            Ok(self.shown(vec![own.into(), self.issuer.certificate.clone()]))
        };
        match kind {
            Kind::Good => signed(names, SERVER, ServerAuth),
            Kind::Expired => signed(names, EXPIRED, ServerAuth),
            Kind::NotYetValid => signed(names, NOT_YET_VALID, ServerAuth),
            Kind::WrongHost => signed(&[WRONG_HOST.to_owned()], SERVER, ServerAuth),
            Kind::WrongUsage => signed(names, SERVER, ClientAuth),
            Kind::WrongKey => {
                let shown = signed(names, SERVER, ServerAuth)?;
                Ok(Shown { key: private(&KeyPair::generate()?), ..shown })
            }
            Kind::SelfSigned => {
                let own = server(names, SERVER, ServerAuth)?.self_signed(&self.key)?;
                Ok(self.shown(vec![own.into()]))
            }
            Kind::UntrustedRoot => {
                let other = Signing::root("Unknown", "a root that nobody has", KeyPair::generate()?)?;
                let own = server(names, SERVER, ServerAuth)?.signed_by(&self.key, &other.issuer)?;
                Ok(self.shown(vec![own.into(), other.certificate]))
            }
            Kind::IncompleteChain => {
                // Of an issuer that is never sent: some clients remember those that they have seen.
                let unseen = root.signing.intermediate("mailfault unsent issuer")?;
                let own = server(names, SERVER, ServerAuth)?.signed_by(&self.key, &unseen.issuer)?;
                Ok(self.shown(vec![own.into()]))
            }
        }
    }

    fn shown(&self, chain: Vec<CertificateDer<'static>>) -> Shown {
        Shown { chain, key: private(&self.key) }
    }
}

/// What clients trust.
pub struct Root {
    /// The certificate as text.
    pub pem: String,
    signing: Signing,
}

impl Root {
    /// A new one.
    pub fn new() -> Result<Root, AuthorityError> {
        let signing = Signing::root(ORGANISATION, ROOT, KeyPair::generate()?)?;
        Ok(Root { pem: pem(&signing.certificate), signing })
    }

    /// The certificate, DER.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.signing.certificate
    }

    /// Key and certificate, as PEM.
    pub fn to_file(&self) -> String {
        format!("{}{}", self.signing.issuer.key().serialize_pem(), self.pem)
    }

    /// What [`Root::to_file`] wrote; otherwise what is wrong with it, as the end of a sentence.
    pub fn from_file(text: &str) -> Result<Root, &'static str> {
        let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| "holds no private key")?;
        let key = KeyPair::try_from(&key).map_err(|_| "holds a private key of an unknown kind")?;
        let mut certificates = CertificateDer::pem_slice_iter(text.as_bytes());
        let (Some(Ok(certificate)), None) = (certificates.next(), certificates.next()) else {
            return Err("does not hold one certificate beside its key");
        };
        let params = authority(ORGANISATION, ROOT, &key, None).map_err(|_| "cannot be used")?;
        if !is_root_of(&certificate, &key, &params.distinguished_name) {
            return Err("was not written by mailfault: its key and certificate do not belong together");
        }
        let issuer = Issuer::new(params, key);
        Ok(Root { pem: pem(&certificate), signing: Signing { certificate, issuer } })
    }
}

/// Whether a certificate is the root that was made for this key: its name follows from the key.
fn is_root_of(certificate: &CertificateDer<'static>, key: &KeyPair, name: &DistinguishedName) -> bool {
    let mut store = RootCertStore::empty();
    if store.add(certificate.clone()).is_err() {
        return false;
    }
    let names: Vec<&[u8]> = name.iter().filter_map(|(_, value)| utf8(value)).collect();
    store.roots.first().is_some_and(|root| {
        let subject: &[u8] = &root.subject;
        // The anchor's key is the content of the sequence that a public key is.
        key.subject_public_key_info().ends_with(&root.subject_public_key_info)
            && names.iter().all(|name| memchr::memmem::find(subject, name).is_some())
    })
}

fn utf8(value: &rcgen::DnValue) -> Option<&[u8]> {
    match value {
        rcgen::DnValue::Utf8String(text) => Some(text.as_bytes()),
        _ => None,
    }
}

/// A certificate that signs others, with its key.
struct Signing {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Signing {
    fn root(organisation: &str, name: &str, key: KeyPair) -> Result<Signing, AuthorityError> {
        let params = authority(organisation, name, &key, None)?;
        let certificate = params.self_signed(&key)?.into();
        Ok(Signing { certificate, issuer: Issuer::new(params, key) })
    }

    fn intermediate(&self, name: &str) -> Result<Signing, AuthorityError> {
        let key = KeyPair::generate()?;
        let params = authority(ORGANISATION, name, &key, Some(0))?;
        let certificate = params.signed_by(&key, &self.issuer)?.into();
        Ok(Signing { certificate, issuer: Issuer::new(params, key) })
    }
}

/// A certificate that signs others, at most so many below each other. Part of its name is drawn from its key, so that a client never takes one that it
/// remembers for another.
fn authority(organisation: &str, name: &str, key: &KeyPair, below: Option<u8>) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    let digits: String = params.key_identifier(key).iter().take(6).map(|octet| format!("{octet:02x}")).collect();
    params.distinguished_name = subject(organisation, &format!("{name} {digits}"));
    params.is_ca = IsCa::Ca(below.map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, AUTHORITY);
    finish(params)
}

/// A server's certificate.
fn server(names: &[String], days: Days, usage: ExtendedKeyUsagePurpose) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = subject(ORGANISATION, names.first().map_or("localhost", String::as_str));
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    valid(&mut params, days);
    finish(params)
}

fn subject(organisation: &str, name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, organisation);
    subject.push(DnType::CommonName, name);
    subject
}

/// What all certificates have: a serial number of 127 random bits, since no two of an issuer may have the same, and the name of the issuer's key.
fn finish(mut params: CertificateParams) -> Result<CertificateParams, AuthorityError> {
    let mut serial = [0; 16];
    aws_lc_rs::rand::fill(&mut serial).map_err(|_| AuthorityError::Random)?;
    // Positive, and of the same length always.
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn valid(params: &mut CertificateParams, (from, until): Days) {
    const DAY: u64 = 86_400;
    // Years that a certificate can have, whatever the clock says.
    const LATEST: u64 = 8_000 * 365 * DAY;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs().min(LATEST));
    let at = |days: i64| {
        let offset = days.unsigned_abs() * DAY;
        let seconds = if days < 0 { now.saturating_sub(offset) } else { now + offset };
        date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    params.not_before = at(from);
    params.not_after = at(until);
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(key.serialized_der().to_vec().into())
}

/// RFC 7468.
fn pem(certificate: &[u8]) -> String {
    use base64::Engine as _;

    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END CERTIFICATE-----\n");
    pem
}

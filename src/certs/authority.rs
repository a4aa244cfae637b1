//! The authority: what a client is told to trust, and the TLS configurations that follow from it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::sign::CertifiedKey;
use rustls::{KeyLog, NoKeyLog, ServerConfig};

use super::make::{Issuing, Root};
use super::{Choice, Kind, directory, server, truststore};

/// Names that every good certificate has, whatever else is asked for.
const ALWAYS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Why there is no authority, or no configuration.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A host name that no certificate can have.
    #[error(
        "`{0}` is no host name that can stand in a certificate: wanted is an address or a name in ASCII, such as `mx.example.test`"
    )]
    Host(String),
    /// A certificate could not be made.
    #[error("a certificate could not be made")]
    Make(#[from] rcgen::Error),
    /// The TLS library refuses.
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// A choice without any version.
    #[error("no TLS version is left to be spoken")]
    NoVersion,
    /// A directory that holds something else.
    #[error("`{}` holds other files, and no `ca.key`: wanted is a directory that is empty, missing, or was written by mailfault; nothing was changed", .0.display())]
    Foreign(PathBuf),
    /// A file that is not what it should be.
    #[error("`{}` {what}; nothing was changed", .path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, as the end of a sentence.
        what: &'static str,
    },
    /// A file or directory that cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or directory that cannot be written.
    #[error("`{}` cannot be written", .path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Where the public files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicFiles {
    /// The root certificate, PEM.
    pub ca_file: PathBuf,
    /// The same as a PKCS#12 trust store; its password is [`Authority::TRUSTSTORE_PASSWORD`].
    pub truststore: PathBuf,
}

/// A root certificate with its key, and all that it signs. Only the root is made at once; the rest is made when it is first needed.
pub struct Authority {
    root: Root,
    names: Vec<String>,
    key_log: Arc<dyn KeyLog>,
    made: Mutex<Made>,
}

/// What was needed so far. Bounded: there are 9 certificates and 54 choices.
#[derive(Default)]
struct Made {
    issuing: Option<Issuing>,
    certificates: HashMap<Kind, Arc<CertifiedKey>>,
    configs: HashMap<Choice, Arc<ServerConfig>>,
}

impl Authority {
    /// The password of the trust store: the one that Java's own has.
    pub const TRUSTSTORE_PASSWORD: &'static str = truststore::PASSWORD;

    /// A new one, whose keys are in memory only. Good certificates are for `localhost`, `127.0.0.1`, `::1` and `hosts`, which are names or addresses.
    ///
    /// # Errors
    /// A host that cannot stand in a certificate.
    pub fn in_memory(hosts: &[String]) -> Result<Authority, AuthorityError> {
        Ok(Authority::new(Root::new()?, names(hosts)?))
    }

    /// The one that is kept in a directory, in `ca.key`; a new one where the directory is empty or missing. What is there is never overwritten.
    ///
    /// # Errors
    /// Also a directory that holds something else, and files that are broken, of another authority, or cannot be read or written.
    pub fn kept_in(dir: &Path, hosts: &[String]) -> Result<Authority, AuthorityError> {
        let names = names(hosts)?;
        Ok(Authority::new(directory::read_or_make(dir)?, names))
    }

    /// The root certificate, for clients to trust.
    pub fn ca_pem(&self) -> &str {
        &self.root.pem
    }

    /// The root certificate as a PKCS#12 trust store for Java, opened with [`Self::TRUSTSTORE_PASSWORD`] or with none. The same octets each time.
    ///
    /// # Errors
    /// None that is known; kept for other ways to write one.
    pub fn truststore(&self) -> Result<Vec<u8>, AuthorityError> {
        Ok(truststore::write(self.root.certificate(), "mailfault"))
    }

    /// Writes `ca.pem` and `truststore.p12`, readable by all, into a directory that exists. Files that hold this root already stay as they are.
    ///
    /// # Errors
    /// Those of the file system; `AlreadyExists` where another file has one of the names.
    pub fn write_public(&self, dir: &Path) -> io::Result<PublicFiles> {
        let files = directory::public_files(dir);
        directory::publish(&self.root, &files.ca_file, self.root.pem.as_bytes())?;
        directory::publish(&self.root, &files.truststore, &truststore::write(self.root.certificate(), "mailfault"))?;
        Ok(files)
    }

    /// The configuration for a choice: made at first use, then the same one. Whatever name a client asks for (SNI), it gets the same certificate, and
    /// whatever protocols it offers (ALPN), none is chosen. Sessions are resumed only under the choice in which they began.
    ///
    /// # Errors
    /// A choice without any version; failures of the TLS library, of which none is known.
    pub fn server_config(&self, choice: &Choice) -> Result<Arc<ServerConfig>, AuthorityError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = made.configs.get(choice) {
            return Ok(config.clone());
        }
        let certificate = self.certificate(choice.certificate, &mut made)?;
        let config = Arc::new(server::config(choice, certificate, self.key_log.clone())?);
        made.configs.insert(*choice, config.clone());
        Ok(config)
    }

    /// From now on, secrets of all sessions are told to this log.
    pub fn set_key_log(&mut self, log: Arc<dyn KeyLog>) {
        self.key_log = log;
        self.made.get_mut().unwrap_or_else(PoisonError::into_inner).configs.clear();
    }

    fn new(root: Root, names: Vec<String>) -> Self {
        Authority { root, names, key_log: Arc::new(NoKeyLog), made: Mutex::default() }
    }

    fn certificate(&self, kind: Kind, made: &mut Made) -> Result<Arc<CertifiedKey>, AuthorityError> {
        let Made { issuing, certificates, .. } = made;
        match certificates.entry(kind) {
            Entry::Occupied(known) => Ok(known.get().clone()),
            Entry::Vacant(place) => {
                let issuing = match issuing {
                    Some(issuing) => issuing,
                    None => issuing.insert(Issuing::new(&self.root)?),
                };
                let shown = issuing.certificate(kind, &self.root, &self.names)?;
                Ok(place.insert(Arc::new(server::certified(shown)?)).clone())
            }
        }
    }
}

/// The names of good certificates, each once.
fn names(hosts: &[String]) -> Result<Vec<String>, AuthorityError> {
    let mut names: Vec<String> = ALWAYS.map(String::from).into();
    for host in hosts {
        let bare = host.trim_start_matches('[').trim_end_matches([']', '.']);
        let fits = bare.len() <= 253 && bare.bytes().all(|octet| octet.is_ascii_graphic());
        if bare.is_empty() || !fits {
            return Err(AuthorityError::Host(host.clone()));
        }
        if !names.iter().any(|name| name.eq_ignore_ascii_case(bare)) {
            names.push(bare.to_owned());
        }
    }
    Ok(names)
}

impl std::fmt::Debug for Authority {
    /// Without any key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("names", &self.names).finish_non_exhaustive()
    }
}

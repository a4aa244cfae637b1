//! TLS for a run: the authority, the files that make a client trust it, and how to say so to the usual clients.

use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::CommonArgs;
use super::exit::Failure;
use crate::certs::{Authority, AuthorityError, KeyLogFile, PublicFiles};
use crate::proto::TlsMode;
use crate::scenario::Scenario;

/// An authority whose root a client can be made to trust.
pub struct Trust {
    /// Makes every certificate.
    pub authority: Arc<Authority>,
    /// What clients are given.
    pub files: TrustFiles,
    key_log: Option<(PathBuf, Arc<KeyLogFile>)>,
    /// Where the files are, unless the user has named a folder; removed with this.
    _folder: Option<tempfile::TempDir>,
}

/// The files of a root certificate.
#[derive(Clone, Debug)]
pub struct TrustFiles {
    /// PEM.
    pub ca_file: PathBuf,
    /// PKCS#12, as Java wants it.
    pub truststore: PathBuf,
}

impl Trust {
    /// For a scenario with TLS; `None` where no listener has it.
    ///
    /// # Errors
    /// `--tls-dir` or `--key-log` cannot be used, and why.
    pub fn of(scenario: &Scenario, common: &CommonArgs) -> Result<Option<Trust>, Failure> {
        if scenario.listen.iter().all(|listener| listener.tls == TlsMode::None) {
            return Ok(None);
        }
        let mut hosts = vec![scenario.smtp.hostname.clone()];
        hosts.extend(scenario.announce.host.clone());
        hosts.extend(common.announce.iter().cloned());
        let key_log = common.key_log.as_deref().map(open_key_log).transpose()?;
        let (mut authority, folder) = match &common.tls_dir {
            Some(dir) => (Authority::kept_in(dir, &hosts).map_err(|error| failure(dir, &error))?, None),
            None => {
                let folder = tempfile::Builder::new().prefix("mailfault-").tempdir();
                let folder = folder.map_err(|error| no_folder(&error))?;
                (Authority::in_memory(&hosts).map_err(|error| Failure::usage(error.to_string()))?, Some(folder))
            }
        };
        if let Some((_, log)) = &key_log {
            authority.set_key_log(log.clone());
        }
        let dir = folder.as_ref().map(tempfile::TempDir::path).or(common.tls_dir.as_deref()).unwrap_or(Path::new("."));
        let PublicFiles { ca_file, truststore } = authority
            .write_public(dir)
            .map_err(|error| Failure::server(format!("the certificate cannot be written to `{}`: {error}", dir.display())))?;
        let files = TrustFiles { ca_file: absolute(ca_file), truststore: absolute(truststore) };
        Ok(Some(Trust { authority: Arc::new(authority), files, key_log, _folder: folder }))
    }

    /// Whether the key log is whole; if not, why.
    pub fn key_log_failure(&self) -> Option<String> {
        let (path, log) = self.key_log.as_ref()?;
        log.take_error().map(|error| format!("lines are missing from the key log `{}`: {error}", path.display()))
    }
}

impl TrustFiles {
    /// `MAILFAULT_*` for a command.
    pub fn environment(&self) -> Vec<(String, String)> {
        vec![
            ("MAILFAULT_CA_FILE".to_owned(), self.ca_file.display().to_string()),
            ("MAILFAULT_TRUSTSTORE".to_owned(), self.truststore.display().to_string()),
            ("MAILFAULT_TRUSTSTORE_PASSWORD".to_owned(), Authority::TRUSTSTORE_PASSWORD.to_owned()),
        ]
    }

    /// A line to paste for each of the usual clients.
    pub fn text(&self) -> String {
        let (ca, store, password) = (self.ca_file.display(), self.truststore.display(), Authority::TRUSTSTORE_PASSWORD);
        format!(
            "  to trust its certificate:\n    \
             Java     -Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword={password}\n    \
             Python   ssl.create_default_context(cafile=\"{ca}\")\n    \
             Node     NODE_EXTRA_CA_CERTS={ca}\n    \
             curl     --cacert {ca}\n"
        )
    }
}

fn no_folder(error: &std::io::Error) -> Failure {
    let place = std::env::temp_dir();
    Failure::server(format!(
        "no folder for the certificate can be made in `{}`: {error}\n  help: give it one with `--tls-dir`, or set TMPDIR to a folder that can be written",
        place.display()
    ))
}

fn open_key_log(path: &Path) -> Result<(PathBuf, Arc<KeyLogFile>), Failure> {
    let log = KeyLogFile::new(Some(path), None)
        .map_err(|error| Failure::server(format!("the key log `{}` cannot be written: {error}", path.display())))?;
    Ok((path.to_owned(), Arc::new(log)))
}

fn failure(dir: &Path, error: &AuthorityError) -> Failure {
    let why = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    Failure::server(format!("`--tls-dir {}` cannot be used: {error}{why}", dir.display()))
}

/// A client may run in another folder.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

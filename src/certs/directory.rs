//! An authority in files. `ca.key` holds key and certificate, so that one file is the whole truth and appears whole or not at all; `ca.pem` and
//! `truststore.p12` follow from it.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::authority::{AuthorityError, PublicFiles};
use super::make::Root;

const KEY_FILE: &str = "ca.key";
/// Files on their way to their names, perhaps left by a process that was killed.
const UNFINISHED: &str = ".mailfault-";
/// No file of ours is longer.
const LONGEST: u64 = 64 << 10;

/// The authority of a directory; a new one if the directory is empty or missing.
pub fn read_or_make(dir: &Path) -> Result<Root, AuthorityError> {
    let key_file = dir.join(KEY_FILE);
    if let Some(root) = read(dir, &key_file)? {
        return Ok(root);
    }
    if !is_empty(dir)? {
        // Unless another process has put it there in the meantime.
        return read(dir, &key_file)?.ok_or_else(|| AuthorityError::Foreign(dir.to_owned()));
    }
    make_directory(dir).map_err(|source| AuthorityError::Write { path: dir.to_owned(), source })?;
    let root = Root::new()?;
    match place(&key_file, root.to_file().as_bytes(), 0o600) {
        Ok(()) => Ok(root),
        // Another process was faster: its authority is the one of this directory.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read(dir, &key_file)?.ok_or_else(|| AuthorityError::Foreign(dir.to_owned()))
        }
        Err(source) => Err(AuthorityError::Write { path: key_file, source }),
    }
}

/// Where the public files of a directory are.
pub fn public_files(dir: &Path) -> PublicFiles {
    PublicFiles { ca_file: dir.join("ca.pem"), truststore: dir.join("truststore.p12") }
}

/// Puts a public file in its place. One that holds this root already stays as it is.
pub fn publish(root: &Root, path: &Path, octets: &[u8]) -> io::Result<()> {
    match place(path, octets, 0o644) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            if holds(root, &bounded(path)?) {
                return Ok(());
            }
            let why = format!("`{}` exists and does not hold this authority; it was not changed", path.display());
            Err(io::Error::new(ErrorKind::AlreadyExists, why))
        }
        other => other,
    }
}

fn read(dir: &Path, key_file: &Path) -> Result<Option<Root>, AuthorityError> {
    let not_ours = |path: &Path, what| AuthorityError::NotOurs { path: path.to_owned(), what };
    let text = match bounded(key_file) {
        Ok(octets) => String::from_utf8(octets).map_err(|_| not_ours(key_file, "is no PEM file"))?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(AuthorityError::Read { path: key_file.to_owned(), source }),
    };
    let root = Root::from_file(&text).map_err(|what| not_ours(key_file, what))?;
    let files = public_files(dir);
    for path in [files.ca_file, files.truststore] {
        match bounded(&path) {
            Ok(octets) if !holds(&root, &octets) => return Err(not_ours(&path, "does not belong to the `ca.key` beside it")),
            Err(source) if source.kind() != ErrorKind::NotFound => return Err(AuthorityError::Read { path, source }),
            _ => {}
        }
    }
    Ok(Some(root))
}

/// Whether a public file, of either kind, holds this root: the trust store is not encrypted.
fn holds(root: &Root, octets: &[u8]) -> bool {
    let lines = |text: &str| text.split_ascii_whitespace().collect::<String>();
    let as_pem = || std::str::from_utf8(octets).is_ok_and(|text| lines(text).contains(&lines(&root.pem)));
    memchr::memmem::find(octets, root.certificate()).is_some() || as_pem()
}

fn is_empty(dir: &Path) -> Result<bool, AuthorityError> {
    let unreadable = |source| AuthorityError::Read { path: dir.to_owned(), source };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(unreadable(error)),
    };
    for entry in entries {
        if !entry.map_err(unreadable)?.file_name().to_string_lossy().starts_with(UNFINISHED) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn make_directory(dir: &Path) -> io::Result<()> {
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Writes a file that must not be there yet, whole or not at all.
fn place(path: &Path, octets: &[u8], mode: u32) -> io::Result<()> {
    let dir = path.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    // Made with mode 0600.
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(dir)?;
    file.write_all(octets)?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut octets = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > LONGEST {
        return Err(io::Error::new(ErrorKind::InvalidData, "longer than any file of an authority"));
    }
    Ok(octets)
}

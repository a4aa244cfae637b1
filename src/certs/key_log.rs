//! Secrets of TLS sessions, written down where the user asked for it, so that a capture can be decrypted.

use std::fmt::{self, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustls::KeyLog;

/// Is told each line, with its line feed.
type Listener = Box<dyn Fn(&str) + Send + Sync>;

/// A key log in the format of NSS, which Wireshark reads (`SSLKEYLOGFILE`): one line a secret, such as `CLIENT_RANDOM 5a.. 9c..`.
pub struct KeyLogFile {
    file: Option<Mutex<Sink>>,
    listener: Option<Listener>,
}

struct Sink {
    file: File,
    error: Option<io::Error>,
}

impl KeyLogFile {
    /// Lines are appended to `path` (mode 0600 where it is new), and told to `listener`, each where it is given.
    ///
    /// # Errors
    /// Those of opening the file.
    pub fn new(path: Option<&Path>, listener: Option<Listener>) -> io::Result<KeyLogFile> {
        let file = match path {
            Some(path) => {
                let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
                Some(Mutex::new(Sink { file, error: None }))
            }
            None => None,
        };
        Ok(KeyLogFile { file, listener })
    }

    /// Why lines are missing from the file, if any are: the first failure to write. Taken once.
    pub fn take_error(&self) -> Option<io::Error> {
        let mut sink = self.file.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        sink.error.take()
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        if let Some(file) = &self.file {
            let mut sink = file.lock().unwrap_or_else(PoisonError::into_inner);
            // One write a line: appended lines of several processes do not mix.
            if let Err(error) = sink.file.write_all(line.as_bytes()) {
                sink.error.get_or_insert(error);
            }
        }
        if let Some(listener) = &self.listener {
            listener(&line);
        }
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

impl fmt::Debug for KeyLogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLogFile").finish_non_exhaustive()
    }
}

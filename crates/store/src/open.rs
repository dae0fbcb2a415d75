//! Opening a store: the lock, the secrets, the ledger, the keys, in this order.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ledger::{Problem, note::LogKey, verify::CHECKPOINTS_FILE};
use zeroize::Zeroizing;

use crate::{
    Keys, KeysError, Ledger, Options, Recovered, fresh, keys,
    ledger_handle::Shared,
    log::{Fault, Sizes},
    options::EXTENT_BYTES,
    read::{LEDGER_DIR, PUBLIC_KEY_FILE},
    recover, secret_file,
    storage::{Disk, Storage},
    writer::Writer,
};

const LOCK_FILE: &str = "lock";
const LOG_KEY_FILE: &str = "ledger.key";
const LOG_KEY_FORMAT: &str = "portcullis-ledger-key-v1";
const PEPPER_FILE: &str = "pepper";
const TABLE_FILE: &str = "state.sqlite3";

/// The state of an installation, open in this process and in no other.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    ledger: Arc<Ledger>,
    keys: Arc<Keys>,
    recovered: Recovered,
    writer: Option<(Arc<Shared>, JoinHandle<()>)>,
    /// Held until the writer has ended: fields are dropped in order, after `Drop::drop`.
    _lock: File,
}

/// Why a store was not opened. Nothing was changed but for what recovery had finished.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the state folder `{0}` is in use by another process; stop that one, or ask it")]
    Locked(PathBuf),
    /// The ledger is damaged, and no crash does that.
    #[error("the ledger is damaged: {0}; keep a copy of the folder as evidence, and restore it from a backup")]
    Damaged(Box<Problem>),
    /// A segment does not have the name that its place in the chain gives it.
    #[error("the segment `{name}` holds no record and should be called `{due}`; was it renamed?")]
    Misnamed {
        /// Its name.
        name: String,
        /// The name it should have.
        due: String,
    },
    /// A secret that must be there is not, or is not what it should be.
    #[error("the secret `{name}` {reason}")]
    Secret {
        /// Its file.
        name: &'static str,
        /// What is wrong with it, and the way out.
        reason: String,
    },
    /// An option will not do.
    #[error("{0}")]
    Option(&'static str),
    /// There is no space to begin.
    #[error("the disk has no space for the ledger; free some and start again")]
    Full,
    /// A file could not be used.
    #[error("{doing} `{name}`: {error}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        name: String,
        /// What the system says.
        error: io::Error,
    },
    /// Recovery could not write its records.
    #[error("recovery could not write its records: {0}")]
    Recovery(String),
    /// The keys could not be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

impl Store {
    /// Opens a state folder, making it if it is not there. Blocks; reads the whole ledger.
    ///
    /// # Errors
    /// See [`OpenError`]. A damaged ledger is never repaired by opening it.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        if !keys::is_environment(&options.environment) {
            return Err(OpenError::Option("the environment word in keys must be 1 to 8 lower-case letters or digits"));
        }
        secret_file::private_dir(&dir.join(LEDGER_DIR))
            .map_err(|error| OpenError::io("cannot make", LEDGER_DIR, error))?;
        // The folder itself may be reached over a link, as a service manager makes one for a dynamic user; the files in
        // it may not, which SQLite judges by the whole path.
        let dir = &dir.canonicalize().map_err(|error| OpenError::io("cannot resolve", "the state folder", error))?;
        let ledger_dir = dir.join(LEDGER_DIR);
        let lock = take_lock(dir)?;

        let disk = Disk::new(&ledger_dir, options.sync);
        let key = log_key(dir, &disk)?;
        write_public_key(&ledger_dir, &key)?;
        let pepper = pepper(dir)?;

        let sizes = Sizes { segment_bytes_max: options.segment_bytes_max, extent_bytes: EXTENT_BYTES };
        let (log, recovered) = recover::open(disk, key, sizes)?;
        let shared = Arc::new(Shared::new(&ledger_dir, &options, log.size()));
        let writer = Writer::new(Arc::clone(&shared), log, options.checkpoint_ms);
        let thread = thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(|| writer.run())
            .map_err(|error| OpenError::io("cannot start the writer of", LEDGER_DIR, error))?;
        let ledger = Arc::new(Ledger::new(Arc::clone(&shared)));
        let keys = Keys::open(&dir.join(TABLE_FILE), pepper, options.environment, Arc::clone(&ledger));
        let mut store = Self {
            dir: dir.to_owned(),
            keys: Arc::new(match keys {
                Ok(keys) => keys,
                Err(error) => {
                    stop(&shared, thread);
                    return Err(error.into());
                }
            }),
            ledger,
            recovered,
            writer: None,
            _lock: lock,
        };
        store.writer = Some((shared, thread));
        Ok(store)
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> Arc<Ledger> {
        Arc::clone(&self.ledger)
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }

    /// The state folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What recovery found when the store was opened.
    #[must_use]
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// Writes what is queued, signs a checkpoint over it, and gives the folder back. Dropping does the same.
    /// What is appended afterwards is refused.
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some((shared, thread)) = self.writer.take() {
            stop(&shared, thread);
        }
    }
}

impl OpenError {
    pub(crate) fn io(doing: &'static str, name: &str, error: io::Error) -> Self {
        Self::Io { doing, name: name.to_owned(), error }
    }
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        Self::Io { doing: fault.doing, name: fault.name, error: fault.error }
    }
}

fn stop(shared: &Shared, thread: JoinHandle<()>) {
    shared.stop();
    // A writer that panicked has sealed the ledger; there is nothing more to do here.
    let _ended = thread.join();
}

fn take_lock(dir: &Path) -> Result<File, OpenError> {
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(dir.join(LOCK_FILE))
        .map_err(|error| OpenError::io("cannot open", LOCK_FILE, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::io("cannot lock", LOCK_FILE, error)),
    }
}

/// Reads the key that signs checkpoints, or makes it on the first start.
fn log_key(dir: &Path, storage: &impl Storage) -> Result<LogKey, OpenError> {
    let wrong = |reason: &str| OpenError::Secret { name: LOG_KEY_FILE, reason: reason.to_owned() };
    let path = dir.join(LOG_KEY_FILE);
    let secret = match secret_file::read(&path).map_err(|error| wrong(&format!("cannot be read: {error}")))? {
        Some(secret) => secret,
        None => {
            let names = storage.list().map_err(|error| OpenError::io("cannot list", LEDGER_DIR, error))?;
            if names.iter().any(|name| ledger::segment::first_of(name).is_some() || name == CHECKPOINTS_FILE) {
                return Err(wrong("is gone, and there is a ledger that it signed; bring it back"));
            }
            let origin = format!("portcullis/{:016x}", u64::from_be_bytes(fresh::random()));
            let seed = Zeroizing::new(fresh::random::<32>());
            let text = Zeroizing::new(format!("{LOG_KEY_FORMAT} {origin} {}\n", BASE64.encode(*seed)));
            secret_file::create(&path, text.as_bytes())
                .map_err(|error| OpenError::io("cannot create", LOG_KEY_FILE, error))?;
            Zeroizing::new(text.as_bytes().to_vec())
        }
    };
    let text = std::str::from_utf8(&secret).map_err(|_| wrong("is not text"))?;
    let mut words = text.split_whitespace();
    let (Some(LOG_KEY_FORMAT), Some(origin), Some(seed)) = (words.next(), words.next(), words.next()) else {
        return Err(wrong("is not a ledger key"));
    };
    let seed = Zeroizing::new(BASE64.decode(seed).map_err(|_| wrong("is not a ledger key"))?);
    let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| wrong("is not a ledger key"))?;
    LogKey::new(origin, seed).map_err(|_| wrong("is not a ledger key"))
}

/// Puts the public key beside the segments, where a copy takes it along. Refuses another one that lies there.
fn write_public_key(ledger_dir: &Path, key: &LogKey) -> Result<(), OpenError> {
    let path = ledger_dir.join(PUBLIC_KEY_FILE);
    let text = format!("{}\n", key.verifier().text());
    match fs::read_to_string(&path) {
        // Empty: a crash between making the file and writing it.
        Ok(found) if found == text => return Ok(()),
        Ok(found) if !found.is_empty() && !text.starts_with(&found) => {
            let reason =
                format!("is not the one whose public half is in `{LEDGER_DIR}/{PUBLIC_KEY_FILE}`; bring it back");
            return Err(OpenError::Secret { name: LOG_KEY_FILE, reason });
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(OpenError::io("cannot read", PUBLIC_KEY_FILE, error)),
    }
    let write = || {
        let mut file = File::create(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| OpenError::io("cannot write", PUBLIC_KEY_FILE, error))
}

/// Reads the pepper, or makes it on the first start.
fn pepper(dir: &Path) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    let wrong = |reason: String| OpenError::Secret { name: PEPPER_FILE, reason };
    let path = dir.join(PEPPER_FILE);
    match secret_file::read(&path).map_err(|error| wrong(format!("cannot be read: {error}")))? {
        Some(secret) => match <[u8; 32]>::try_from(secret.as_slice()) {
            Ok(pepper) => Ok(Zeroizing::new(pepper)),
            Err(_) => Err(wrong("has not 32 bytes; bring the right one back".to_owned())),
        },
        None if dir.join(TABLE_FILE).exists() => {
            Err(wrong("is gone, and there are keys that need it; bring it back".to_owned()))
        }
        None => {
            let pepper = Zeroizing::new(fresh::random::<32>());
            secret_file::create(&path, &*pepper).map_err(|error| OpenError::io("cannot create", PEPPER_FILE, error))?;
            Ok(pepper)
        }
    }
}

//! Reads records back from a ledger's folder, beside a running writer or from a copy, without the lock.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    time::SystemTime,
};

use ledger::{
    Kind, Verdict, Verifier,
    encode::Record,
    frame::{self, Found},
    note::VerifierKey,
    segment,
    verify::CHECKPOINTS_FILE,
};

/// The folder in a state folder that holds the ledger.
pub const LEDGER_DIR: &str = "ledger";
/// The file beside the segments that holds the public key of the ledger.
pub const PUBLIC_KEY_FILE: &str = "key.pub";

const READ_BYTES: usize = 1 << 20;
/// How often a ledger is verified that seems damaged and is being written to.
const VERIFY_TRIES_MAX: usize = 3;
/// Longest checkpoints file that is verified, in bytes.
const CHECKPOINTS_BYTES_MAX: u64 = 1 << 30;

/// Which records to read. What is `None` lets all pass.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The record of this id.
    pub id: Option<String>,
    /// Records of this call.
    pub call: Option<String>,
    /// Records that name this caller (intents and refusals do; outcomes are found by their call).
    pub caller: Option<String>,
    /// Records of this kind.
    pub kind: Option<Kind>,
    /// Records of this time or later, in milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Records before this time, in milliseconds since 1970.
    pub to_ms: Option<u64>,
}

/// Records, oldest first. Reading does not verify: a place that cannot be read ends it with an error.
#[derive(Debug)]
pub struct Records {
    dir: PathBuf,
    names: VecDeque<String>,
    name: String,
    file: Option<File>,
    buffer: Vec<u8>,
    /// How much of `buffer` is done with.
    done: usize,
    header_due: bool,
    next_seq: u64,
    /// Records from this sequence number on are not durable yet.
    limit: Option<u64>,
    filter: Filter,
}

/// Why a ledger cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The folder holds no ledger.
    #[error("`{0}` holds no ledger; name the state folder, or its `ledger` folder")]
    None(PathBuf),
    /// A file cannot be read.
    #[error("cannot read `{name}`: {error}")]
    Io {
        /// The file.
        name: String,
        /// What the system says.
        error: io::Error,
    },
    /// A segment is damaged.
    #[error("segment `{0}` is damaged; `portcullis ledger verify` says where")]
    Damaged(String),
    /// The key to verify with is not one.
    #[error("the public key is not one of a ledger; it looks like `<origin>+<key id>+<base64>`")]
    Key,
}

/// Reads the records of a store that is not open, or of a copy. Beside a running writer it may see records that are
/// written and not yet durable.
///
/// # Errors
/// See [`ReadError`].
pub fn read_dir(dir: &Path, filter: Filter) -> Result<Records, ReadError> {
    Records::open(&ledger_dir(dir)?, filter, None)
}

/// Verifies the ledger in a state folder, or a copy of one, with the public key that lies beside it.
/// Takes no lock and writes nothing. `progress` gets the bytes done and the bytes in all.
///
/// # Errors
/// When files cannot be read. A ledger that is wrong is no error: the verdict says so.
pub fn verify_dir(dir: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Verdict, ReadError> {
    let dir = ledger_dir(dir)?;
    let key = match fs::read_to_string(dir.join(PUBLIC_KEY_FILE)) {
        Ok(text) => Some(VerifierKey::parse(&text).ok_or(ReadError::Key)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(ReadError::Io { name: PUBLIC_KEY_FILE.to_owned(), error }),
    };
    verify(&dir, key, progress)
}

/// As [`verify_dir`], with a public key from elsewhere: a key that lies beside the ledger shows nothing to somebody
/// who doubts whoever wrote it.
///
/// # Errors
/// As [`verify_dir`]; and when the key is not one.
pub fn verify_dir_with_key(
    dir: &Path,
    public_key: &str,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verdict, ReadError> {
    verify(&ledger_dir(dir)?, Some(VerifierKey::parse(public_key).ok_or(ReadError::Key)?), progress)
}

impl Records {
    pub(crate) fn open(dir: &Path, filter: Filter, limit: Option<u64>) -> Result<Self, ReadError> {
        Ok(Self {
            dir: dir.to_owned(),
            names: segments(dir)?.into(),
            name: String::new(),
            file: None,
            buffer: Vec::new(),
            done: 0,
            header_due: false,
            next_seq: 0,
            limit,
            filter,
        })
    }

    /// The next record, of whatever kind.
    fn next_record(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            if self.limit.is_some_and(|limit| self.next_seq >= limit) {
                return Ok(None);
            }
            let rest = self.buffer.get(self.done..).unwrap_or_default();
            let may_need_more = rest.len() < frame::FRAME_BYTES_MAX;
            let at_end = match frame::read(rest) {
                Found::Payload(payload) => {
                    let bytes = frame::HEADER_BYTES + payload.len();
                    let header = std::mem::take(&mut self.header_due);
                    let record = (!header).then(|| Record::decode(payload));
                    self.done += bytes;
                    match record {
                        None => continue,
                        Some(Err(_)) => return Err(ReadError::Damaged(self.name.clone())),
                        Some(Ok(record)) => {
                            self.next_seq = record.seq + 1;
                            return Ok(Some(record));
                        }
                    }
                }
                Found::End => true,
                Found::Partial | Found::Bad => false,
            };
            if may_need_more && self.fill()? {
                continue;
            }
            let last = self.names.is_empty();
            if at_end && !last {
                self.next_segment()?;
            } else if last && (at_end || self.limit.is_none()) {
                // What follows the last good frame is being written, or was when a crash came.
                return Ok(None);
            } else {
                return Err(ReadError::Damaged(self.name.clone()));
            }
        }
    }

    /// Reads more of the segment. False at its end, or if there is none yet.
    fn fill(&mut self) -> Result<bool, ReadError> {
        let Some(file) = &mut self.file else { return self.next_segment() };
        self.buffer.drain(..self.done);
        self.done = 0;
        let length = self.buffer.len();
        self.buffer.resize(length + READ_BYTES, 0);
        let read = file
            .read(self.buffer.get_mut(length..).unwrap_or_default())
            .map_err(|error| ReadError::Io { name: self.name.clone(), error })?;
        self.buffer.truncate(length + read);
        Ok(read > 0)
    }

    fn next_segment(&mut self) -> Result<bool, ReadError> {
        let Some(name) = self.names.pop_front() else { return Ok(false) };
        let file = File::open(self.dir.join(&name)).map_err(|error| ReadError::Io { name: name.clone(), error })?;
        self.file = Some(file);
        self.name = name;
        self.buffer.clear();
        self.done = 0;
        self.header_due = true;
        Ok(true)
    }
}

impl Iterator for Records {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_record() {
                Ok(Some(record)) if self.filter.passes(&record) => return Some(Ok(record)),
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(error) => {
                    // Once: what follows a damaged place cannot be told from it.
                    self.names.clear();
                    self.buffer.clear();
                    self.done = 0;
                    self.limit = Some(0);
                    return Some(Err(error));
                }
            }
        }
    }
}

impl Filter {
    fn passes(&self, record: &Record) -> bool {
        let is =
            |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|wanted| found == Some(wanted));
        is(&self.id, Some(&record.id))
            && is(&self.call, record.body.call())
            && is(&self.caller, record.body.caller())
            && self.kind.is_none_or(|kind| record.kind == kind)
            && self.from_ms.is_none_or(|from| record.time >= from)
            && self.to_ms.is_none_or(|to| record.time < to)
    }
}

fn verify(dir: &Path, key: Option<VerifierKey>, progress: &mut dyn FnMut(u64, u64)) -> Result<Verdict, ReadError> {
    for _ in 1..VERIFY_TRIES_MAX {
        let before = fingerprint(dir)?;
        let verdict = verify_once(dir, key.clone(), progress)?;
        // Beside a running writer, early bytes of a batch may have been read before it was written and later bytes
        // after: that looks like damage. Damage is still there when one looks again.
        if verdict.sound || fingerprint(dir)? == before {
            return Ok(verdict);
        }
    }
    verify_once(dir, key, progress)
}

/// Names, length and time of change of the segments: equal if nothing was written in between.
fn fingerprint(dir: &Path) -> Result<Vec<(String, u64, Option<SystemTime>)>, ReadError> {
    segments(dir)?
        .into_iter()
        .map(|name| match fs::metadata(dir.join(&name)) {
            Ok(metadata) => Ok((name, metadata.len(), metadata.modified().ok())),
            Err(error) => Err(ReadError::Io { name, error }),
        })
        .collect()
}

fn verify_once(dir: &Path, key: Option<VerifierKey>, progress: &mut dyn FnMut(u64, u64)) -> Result<Verdict, ReadError> {
    // Checkpoints first: beside a running writer, segments read afterwards hold at least what these sign.
    let checkpoints = read_checkpoints(dir)?;
    let names = segments(dir)?;
    let io = |name: &str, error| ReadError::Io { name: name.to_owned(), error };
    let mut bytes_in_all = 0;
    for name in &names {
        bytes_in_all += fs::metadata(dir.join(name)).map_err(|error| io(name, error))?.len();
    }
    let mut verifier = Verifier::new(&checkpoints, key);
    let mut bytes_done = 0;
    let mut buffer = vec![0; READ_BYTES];
    for (index, name) in names.iter().enumerate() {
        verifier.begin_segment(name, index + 1 == names.len());
        let mut file = File::open(dir.join(name)).map_err(|error| io(name, error))?;
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(io(name, error)),
            };
            verifier.push(buffer.get(..read).unwrap_or_default());
            bytes_done += read as u64;
            progress(bytes_done, bytes_in_all.max(bytes_done));
        }
    }
    Ok(verifier.finish().verdict)
}

pub(crate) fn read_checkpoints(dir: &Path) -> Result<String, ReadError> {
    let io = |error| ReadError::Io { name: CHECKPOINTS_FILE.to_owned(), error };
    let file = match File::open(dir.join(CHECKPOINTS_FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(io(error)),
    };
    let mut bytes = Vec::new();
    file.take(CHECKPOINTS_BYTES_MAX).read_to_end(&mut bytes).map_err(io)?;
    // What a crash left of the last note may be no text.
    let valid = std::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len);
    bytes.truncate(valid);
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// The folder of the segments: the one given, or the one in it.
pub(crate) fn ledger_dir(dir: &Path) -> Result<PathBuf, ReadError> {
    let inner = dir.join(LEDGER_DIR);
    for candidate in [&inner, dir] {
        if candidate.is_dir() && (!segments(candidate)?.is_empty() || candidate.join(CHECKPOINTS_FILE).is_file()) {
            return Ok(candidate.to_path_buf());
        }
    }
    Err(ReadError::None(dir.to_owned()))
}

pub(crate) fn segments(dir: &Path) -> Result<Vec<String>, ReadError> {
    let io = |error| ReadError::Io { name: dir.display().to_string(), error };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(io)? {
        if let Ok(name) = entry.map_err(io)?.file_name().into_string()
            && segment::first_of(&name).is_some()
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

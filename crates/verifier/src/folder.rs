//! A copy of a ledger, verified from its files.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use ledger::{Verdict, Verifier, note::VerifierKey, segment, verify::CHECKPOINTS_FILE};

const LEDGER_DIR: &str = "ledger";
const PUBLIC_KEY_FILE: &str = "key.pub";
const READ_BYTES: usize = 1 << 20;
/// Longest checkpoints file that is verified, in bytes.
const CHECKPOINTS_BYTES_MAX: u64 = 1 << 30;

/// Why a folder was not verified.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
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
    /// No trusted key is the ledger's.
    #[error("the ledger is of `{0}`, and your policy has no key for it")]
    Untrusted(String),
}

/// Verifies the ledger in a folder. With `keys`, its checkpoints must be signed by one of them; without, the key that lies
/// beside the ledger is taken, which shows nothing to somebody who doubts whoever wrote it.
///
/// # Errors
/// See [`FolderError`]. A ledger that is wrong is no error: the verdict says so.
pub fn verify(dir: &Path, keys: &[VerifierKey], progress: &mut dyn FnMut(u64, u64)) -> Result<Verdict, FolderError> {
    let dir = ledger_dir(dir)?;
    let key = key_of(&dir, keys)?;
    let names = segments(&dir)?;
    let mut all = 0;
    for name in &names {
        all += fs::metadata(dir.join(name)).map_err(|error| io_error(name, error))?.len();
    }
    let mut verifier = Verifier::new(&checkpoints(&dir)?, key);
    let (mut done, mut buffer) = (0, vec![0; READ_BYTES]);
    for (index, name) in names.iter().enumerate() {
        verifier.begin_segment(name, index + 1 == names.len());
        let mut file = File::open(dir.join(name)).map_err(|error| io_error(name, error))?;
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(io_error(name, error)),
            };
            verifier.push(buffer.get(..read).unwrap_or_default());
            done += read as u64;
            progress(done, all.max(done));
        }
    }
    Ok(verifier.finish().verdict)
}

fn key_of(dir: &Path, keys: &[VerifierKey]) -> Result<Option<VerifierKey>, FolderError> {
    let beside = fs::read_to_string(dir.join(PUBLIC_KEY_FILE)).ok().and_then(|text| VerifierKey::parse(&text));
    if keys.is_empty() {
        return Ok(beside);
    }
    // The origin only chooses among the auditor's own keys: a wrong one leads to a key that does not verify.
    let text = checkpoints(dir)?;
    let origin = text.lines().next().unwrap_or_default();
    let trusted = keys.iter().find(|key| key.origin() == origin).or_else(|| keys.first().filter(|_| text.is_empty()));
    trusted.cloned().map(Some).ok_or_else(|| FolderError::Untrusted(origin.to_owned()))
}

fn checkpoints(dir: &Path) -> Result<String, FolderError> {
    let file = match File::open(dir.join(CHECKPOINTS_FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(io_error(CHECKPOINTS_FILE, error)),
    };
    let mut bytes = Vec::new();
    file.take(CHECKPOINTS_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| io_error(CHECKPOINTS_FILE, error))?;
    // What a crash left of the last note may be no text.
    let valid = std::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len);
    bytes.truncate(valid);
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// The folder of the segments: the one given, or the one in it.
fn ledger_dir(dir: &Path) -> Result<PathBuf, FolderError> {
    let inner = dir.join(LEDGER_DIR);
    for candidate in [&inner, dir] {
        if candidate.is_dir() && (!segments(candidate)?.is_empty() || candidate.join(CHECKPOINTS_FILE).is_file()) {
            return Ok(candidate.to_path_buf());
        }
    }
    Err(FolderError::None(dir.to_owned()))
}

fn segments(dir: &Path) -> Result<Vec<String>, FolderError> {
    let io = |error| io_error(&dir.display().to_string(), error);
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

fn io_error(name: &str, error: io::Error) -> FolderError {
    FolderError::Io { name: name.to_owned(), error }
}

//! Small secret files: made once, readable by their owner alone, never replaced.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

use zeroize::Zeroizing;

/// Longest secret file that is read, in bytes.
const SECRET_BYTES_MAX: u64 = 4_096;

/// Makes a folder (and the ones above it) that only its owner can enter.
pub(crate) fn private_dir(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Reads a secret file; `None` if there is none. Refuses one that others may read.
pub(crate) fn read(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mode = file.metadata()?.mode();
    if mode & 0o077 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "others may read it (mode {:o}); `chmod 600` it, and think about replacing the secret",
                mode & 0o777
            ),
        ));
    }
    let mut secret = Zeroizing::new(Vec::new());
    file.take(SECRET_BYTES_MAX).read_to_end(&mut secret)?;
    Ok(Some(secret))
}

/// Writes a secret file that is not there yet, durably. A crash leaves all of it or none: it is written beside and
/// renamed.
pub(crate) fn create(path: &Path, secret: &[u8]) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let beside = path.with_extension("new");
    // Left over from a crash, and never in use: it had not got its name.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(secret)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_read_back_and_only_its_owner_may() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        assert!(read(&path).unwrap().is_none());
        create(&path, b"hush").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(read(&path).unwrap().unwrap().as_slice(), b"hush");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}

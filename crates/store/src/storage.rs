//! What the log needs of a disk, small enough that a test can stand in for it and fail at each step.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Files in one folder.
///
/// Nothing is durable before the `sync` that follows it, and what was written since may be kept in any part and any
/// order by a crash. A failed `sync` leaves the state unknown: the log never asks again.
pub(crate) trait Storage: Send {
    /// Names of all files.
    fn list(&self) -> io::Result<Vec<String>>;
    /// A file's length in bytes.
    fn len(&self, name: &str) -> io::Result<u64>;
    /// Reads into `into` from `offset`; fewer bytes than asked for only at the end.
    fn read(&self, name: &str, offset: u64, into: &mut [u8]) -> io::Result<usize>;
    /// Creates an empty file, or takes the one that is there. The name is durable after [`Self::sync_names`].
    fn create(&mut self, name: &str) -> io::Result<()>;
    /// Makes a file at least `to` bytes long, with zeros from its old end on, and takes the space for it: writing there
    /// needs no more. On file systems that copy on write it may need some; they are asked all the same.
    fn allocate(&mut self, name: &str, to: u64) -> io::Result<()>;
    /// Writes all of `bytes` at `offset`.
    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts a file to `to` bytes.
    fn truncate(&mut self, name: &str, to: u64) -> io::Result<()>;
    /// Removes a file.
    fn remove(&mut self, name: &str) -> io::Result<()>;
    /// Makes a file's bytes and length durable.
    fn sync(&mut self, name: &str) -> io::Result<()>;
    /// Makes the names of created files durable.
    fn sync_names(&mut self) -> io::Result<()>;
}

/// A folder on a disk.
pub(crate) struct Disk {
    dir: PathBuf,
    sync: bool,
    open: HashMap<String, File>,
}

impl Disk {
    pub(crate) fn new(dir: &Path, sync: bool) -> Self {
        Self { dir: dir.to_owned(), sync, open: HashMap::new() }
    }

    fn file(&mut self, name: &str) -> io::Result<&File> {
        if !self.open.contains_key(name) {
            // The log writes to one segment and to the checkpoints; older handles are of no more use.
            if self.open.len() >= 4 {
                self.open.clear();
            }
            let file = OpenOptions::new().read(true).write(true).open(self.dir.join(name))?;
            self.open.insert(name.to_owned(), file);
        }
        self.open.get(name).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

impl Storage for Disk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            // A name that is not UTF-8 is none of ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn len(&self, name: &str) -> io::Result<u64> {
        Ok(fs::metadata(self.dir.join(name))?.len())
    }

    fn read(&self, name: &str, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let file = match self.open.get(name) {
            Some(file) => file,
            None => &File::open(self.dir.join(name))?,
        };
        let mut filled = 0;
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        let path = self.dir.join(name);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        self.open.insert(name.to_owned(), file);
        Ok(())
    }

    fn allocate(&mut self, name: &str, to: u64) -> io::Result<()> {
        let file = self.file(name)?;
        let from = file.metadata()?.len();
        if to <= from {
            return Ok(());
        }
        take_space(file, from, to)
    }

    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file(name)?.write_all_at(bytes, offset)
    }

    fn truncate(&mut self, name: &str, to: u64) -> io::Result<()> {
        self.file(name)?.set_len(to)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.open.remove(name);
        fs::remove_file(self.dir.join(name))
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        if self.sync { self.file(name)?.sync_data() } else { Ok(()) }
    }

    fn sync_names(&mut self) -> io::Result<()> {
        if self.sync { File::open(&self.dir)?.sync_all() } else { Ok(()) }
    }
}

#[cfg(target_os = "linux")]
fn take_space(file: &File, from: u64, to: u64) -> io::Result<()> {
    use rustix::{fs::FallocateFlags, io::Errno};
    loop {
        match rustix::fs::fallocate(file, FallocateFlags::empty(), from, to - from) {
            Err(Errno::INTR) => {}
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => return write_zeros(file, from, to),
            other => return other.map_err(io::Error::from),
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn take_space(file: &File, from: u64, to: u64) -> io::Result<()> {
    write_zeros(file, from, to)
}

fn write_zeros(file: &File, from: u64, to: u64) -> io::Result<()> {
    static ZEROS: [u8; 65_536] = [0; 65_536];
    let mut at = from;
    while at < to {
        let length = (to - at).min(ZEROS.len() as u64) as usize;
        file.write_all_at(ZEROS.get(..length).unwrap_or_default(), at)?;
        at += length as u64;
    }
    Ok(())
}

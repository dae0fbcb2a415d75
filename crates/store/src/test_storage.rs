//! A disk for tests: keeps any part of what was not synced, dies at a chosen step, fills up, fails to sync.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use crate::storage::Storage;

const SECTOR_BYTES: usize = 512;

/// The disk outlives the log that writes to it: clones share it.
#[derive(Clone, Default)]
pub(crate) struct TestDisk(Arc<Mutex<Platter>>);

#[derive(Default)]
struct Platter {
    files: HashMap<String, TestFile>,
    /// Changes that still succeed; `None`: all.
    steps_left: Option<u64>,
    dead: bool,
    /// Bytes that files may have in all; `None`: any number.
    space: Option<u64>,
    /// Space is taken at writing and not before, as on file systems that copy on write.
    copies_on_write: bool,
    /// Space that is given back is at once taken by somebody else.
    greedy_neighbours: bool,
    sync_fails: bool,
    steps: u64,
}

#[derive(Default)]
struct TestFile {
    now: Vec<u8>,
    synced: Vec<u8>,
    since: Vec<Change>,
    name_synced: bool,
}

enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

/// Small, seeded, good enough to pick sectors.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % limit
    }
}

impl TestDisk {
    /// The disk dies within the change after `steps` more.
    pub(crate) fn die_after(&self, steps: u64) {
        self.platter().steps_left = Some(steps);
    }

    /// Changes made so far.
    pub(crate) fn steps(&self) -> u64 {
        self.platter().steps
    }

    pub(crate) fn set_space(&self, bytes: Option<u64>) {
        self.platter().space = bytes;
    }

    pub(crate) fn used(&self) -> u64 {
        self.platter().files.values().map(|file| file.now.len() as u64).sum()
    }

    pub(crate) fn copy_on_write(&self) {
        self.platter().copies_on_write = true;
    }

    pub(crate) fn greedy_neighbours(&self) {
        self.platter().greedy_neighbours = true;
    }

    pub(crate) fn fail_syncs(&self) {
        self.platter().sync_fails = true;
    }

    /// The power fails and comes back: of what was not synced, any sectors are kept and any are not.
    pub(crate) fn power_cut(&self, dice: &mut Dice) {
        let mut platter = self.platter();
        platter.steps_left = None;
        platter.dead = false;
        platter.sync_fails = false;
        platter.files.retain(|_, file| file.name_synced || dice.below(2) == 0);
        for file in platter.files.values_mut() {
            let generous = dice.below(4);
            for change in std::mem::take(&mut file.since) {
                keep_some(&mut file.synced, change, generous, dice);
            }
            file.now = file.synced.clone();
        }
    }

    /// The process is killed: what it wrote stays, synced or not.
    pub(crate) fn kill(&self) {
        let mut platter = self.platter();
        platter.steps_left = None;
        platter.dead = false;
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        self.platter().files.get(name).map(|file| file.now.clone()).unwrap_or_default()
    }

    /// Flips a bit behind everybody's back.
    pub(crate) fn flip(&self, name: &str, at: usize) {
        let mut platter = self.platter();
        let file = platter.files.get_mut(name).unwrap();
        file.now[at] ^= 4;
        file.synced[at] ^= 4;
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap()
    }
}

fn keep_some(synced: &mut Vec<u8>, change: Change, generous: u64, dice: &mut Dice) {
    match change {
        Change::Length(length) if dice.below(2) == 0 => synced.resize(length, 0),
        Change::Length(_) => {}
        Change::Write { offset, bytes } => {
            let mut at = 0;
            while at < bytes.len() {
                let to_border = SECTOR_BYTES - (offset + at) % SECTOR_BYTES;
                let end = bytes.len().min(at + to_border);
                // 0: no sector is kept; 3: all are; else some, and now and then half of one.
                let kept = match generous {
                    0 => at,
                    3 => end,
                    _ if dice.below(8) == 0 => at + (end - at) / 2,
                    _ if dice.below(2) == 0 => end,
                    _ => at,
                };
                put(synced, offset + at, &bytes[at..kept]);
                at = end;
            }
        }
    }
}

fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    if file.len() < offset + bytes.len() {
        file.resize(offset + bytes.len(), 0);
    }
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
}

impl Platter {
    /// Counts a change; an error if the disk is dead, and the second value if this change is the one that kills it.
    fn step(&mut self) -> io::Result<bool> {
        if self.dead {
            return Err(io::Error::other("the disk is dead"));
        }
        self.steps += 1;
        match &mut self.steps_left {
            Some(0) => {
                self.dead = true;
                Ok(true)
            }
            Some(left) => {
                *left -= 1;
                Ok(false)
            }
            None => Ok(false),
        }
    }

    fn file(&mut self, name: &str) -> io::Result<&mut TestFile> {
        self.files.get_mut(name).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn grow(&mut self, name: &str, to: usize) -> io::Result<()> {
        let used: u64 = self.files.values().map(|file| file.now.len() as u64).sum();
        let file = self.file(name)?;
        let more = to.saturating_sub(file.now.len()) as u64;
        if more == 0 {
            return Ok(());
        }
        file.now.resize(to, 0);
        file.since.push(Change::Length(to));
        if self.space.is_some_and(|space| used + more > space) {
            let shorter = to - more as usize;
            let file = self.file(name)?;
            file.now.truncate(shorter);
            file.since.push(Change::Length(shorter));
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(())
    }
}

fn dead() -> io::Error {
    io::Error::other("the disk died")
}

impl Storage for TestDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.platter().files.keys().cloned().collect())
    }

    fn len(&self, name: &str) -> io::Result<u64> {
        Ok(self.platter().file(name)?.now.len() as u64)
    }

    fn read(&self, name: &str, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut platter = self.platter();
        let rest = &platter.file(name)?.now.get(offset as usize..).unwrap_or_default();
        let read = rest.len().min(into.len());
        into[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        let mut platter = self.platter();
        if platter.files.contains_key(name) {
            return Ok(());
        }
        if platter.step()? {
            return Err(dead());
        }
        platter.files.insert(name.to_owned(), TestFile::default());
        Ok(())
    }

    fn allocate(&mut self, name: &str, to: u64) -> io::Result<()> {
        let mut platter = self.platter();
        if platter.step()? {
            return Err(dead());
        }
        if platter.copies_on_write {
            return Ok(());
        }
        platter.grow(name, to as usize)
    }

    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut platter = self.platter();
        let dies = platter.step()?;
        let offset = offset as usize;
        let written = if dies { &bytes[..bytes.len() / 2] } else { bytes };
        platter.grow(name, offset + written.len())?;
        let file = platter.file(name)?;
        put(&mut file.now, offset, written);
        file.since.push(Change::Write { offset, bytes: written.to_vec() });
        if dies { Err(dead()) } else { Ok(()) }
    }

    fn truncate(&mut self, name: &str, to: u64) -> io::Result<()> {
        let mut platter = self.platter();
        if platter.step()? {
            return Err(dead());
        }
        let file = platter.file(name)?;
        let freed = (file.now.len() as u64).saturating_sub(to);
        file.now.truncate(to as usize);
        file.since.push(Change::Length(file.now.len()));
        if platter.greedy_neighbours {
            platter.space = platter.space.map(|space| space - freed);
        }
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut platter = self.platter();
        if platter.step()? {
            return Err(dead());
        }
        platter.files.remove(name);
        Ok(())
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        let mut platter = self.platter();
        if platter.step()? {
            return Err(dead());
        }
        if platter.sync_fails {
            // As Linux does: the error comes once, and the changes are gone from the list of what is to be written.
            platter.file(name)?.since.clear();
            platter.sync_fails = false;
            return Err(io::Error::other("the disk reports an error"));
        }
        let file = platter.file(name)?;
        file.synced = file.now.clone();
        file.since.clear();
        Ok(())
    }

    fn sync_names(&mut self) -> io::Result<()> {
        let mut platter = self.platter();
        if platter.step()? {
            return Err(dead());
        }
        platter.files.values_mut().for_each(|file| file.name_synced = true);
        Ok(())
    }
}

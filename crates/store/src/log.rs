//! The log: appends batches of records to segment files, in an order that a crash cannot turn into a lie.
//!
//! One thread owns it. What is durable when:
//! 1. a segment's header and name, before the first record goes into it;
//! 2. a batch, before any of its records is acknowledged, and before any byte of the next batch is written. So a torn
//!    place can only be in the last batch, and every record says how many records were durable when it was written;
//! 3. records, before a checkpoint is signed over them. So no checkpoint can be contradicted by a crash.
//!
//! A failed sync seals the log: the kernel may have dropped the pages, so nothing that is read afterwards tells what
//! is on the disk. Only the next start, reading everything again, may go on.

use std::io;

use ledger::{
    RecordId,
    encode::{Encoded, Place},
    frame::OUTCOME_FRAME_BYTES_MAX,
    note::{Checkpoint, LogKey},
    salts::{Salts, Seed},
    segment,
    verify::{CHECKPOINTS_FILE, Tip},
};

use crate::{
    fresh,
    ledger_handle::{Receipt, Unwritten},
    options::OPEN_INTENTS_MAX,
    storage::Storage,
};

/// The log, open for appending.
pub(crate) struct Log<S> {
    pub(crate) storage: S,
    pub(crate) key: LogKey,
    pub(crate) sizes: Sizes,
    /// What the next record builds on.
    pub(crate) tip: Tip,
    /// The segment that is written to.
    pub(crate) segment: String,
    /// Its first record, and the salts of its records' facts.
    pub(crate) first: u64,
    pub(crate) salts: Salts,
    /// Where its next frame goes.
    pub(crate) position: u64,
    /// Up to where space was taken for it. Invariant: from `position` to here there is room for the outcome of every
    /// open intent.
    pub(crate) allocated: u64,
    /// Records under the last checkpoint, and the length of the checkpoints file.
    pub(crate) checkpointed: u64,
    pub(crate) checkpoints_bytes: u64,
    pub(crate) frames: Vec<u8>,
}

/// How large files grow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// A new segment is begun when the next batch would make one longer.
    pub(crate) segment_bytes_max: u64,
    /// Space is taken in steps of this.
    pub(crate) extent_bytes: u64,
}

/// Breakage after which nothing may be written: the log is sealed.
#[derive(Debug, thiserror::Error)]
#[error("{doing} `{name}`: {error}")]
pub(crate) struct Fault {
    pub(crate) doing: &'static str,
    pub(crate) name: String,
    pub(crate) error: io::Error,
}

/// The answers to a batch, in its order.
pub(crate) type Answers = Vec<Result<Receipt, Unwritten>>;

/// What a batch changed in memory, to be taken back if it could not be written.
struct Undo {
    tip_before: Tip,
    opened: Vec<RecordId>,
    ended: Vec<(RecordId, u64)>,
}

impl<S: Storage> Log<S> {
    /// How many records there are.
    pub(crate) fn size(&self) -> u64 {
        self.tip.tree.size()
    }

    /// How many records no checkpoint covers yet.
    pub(crate) fn unsigned(&self) -> u64 {
        self.size() - self.checkpointed
    }

    /// Writes a batch and makes it durable. When this returns, every record that got a receipt survives any crash.
    ///
    /// # Errors
    /// A fault seals the log: whether the batch will be there after the next start is unknown.
    pub(crate) fn commit(&mut self, batch: &[Encoded], now_ms: u64) -> Result<Answers, Fault> {
        let room = self.make_room(batch)?;
        let mut undo = Undo { tip_before: self.tip_without_open(), opened: Vec::new(), ended: Vec::new() };
        let mut answers = Vec::with_capacity(batch.len());
        self.frames.clear();
        for encoded in batch {
            answers.push(self.seal_one(encoded, room, now_ms, undo.tip_before.tree.size(), &mut undo));
        }
        if self.frames.is_empty() {
            return Ok(answers);
        }
        // A crash here or within the write: some bytes of frames nobody was told of, the next start drops them.
        match self.storage.write(&self.segment, self.position, &self.frames) {
            Ok(()) => {}
            Err(error) if is_full(&error) => {
                // Space was taken beforehand, so this is a file system that copies on write. Nothing is acknowledged;
                // what was written is cut off, and later batches may find space again.
                self.cut_back()?;
                self.take_back(undo);
                return Ok(batch.iter().map(|_| Err(Unwritten::Full)).collect());
            }
            Err(error) => return Err(self.fault("cannot write to", error)),
        }
        // A crash before this returns: the batch is there or not, whole or in part. Nobody was told.
        self.storage.sync(&self.segment).map_err(|error| self.fault("cannot sync", error))?;
        // A crash from here on: the batch is there.
        self.position += self.frames.len() as u64;
        Ok(answers)
    }

    /// Signs a checkpoint over all records, if some have none. They are durable: `commit` has returned.
    ///
    /// # Errors
    /// A fault seals the log. A full disk is none: the checkpoint is written another time.
    pub(crate) fn checkpoint(&mut self) -> Result<(), Fault> {
        if self.unsigned() == 0 {
            return Ok(());
        }
        let checkpoint =
            Checkpoint { origin: self.key.origin().to_owned(), size: self.size(), root: self.tip.tree.root() };
        let note = checkpoint.sign(&self.key);
        let fault = |doing, error| Fault { doing, name: CHECKPOINTS_FILE.to_owned(), error };
        // A crash within: the beginning of a note, which the next start cuts off. The records stay.
        match self.storage.write(CHECKPOINTS_FILE, self.checkpoints_bytes, note.as_bytes()) {
            Ok(()) => {}
            Err(error) if is_full(&error) => {
                return self
                    .storage
                    .truncate(CHECKPOINTS_FILE, self.checkpoints_bytes)
                    .map_err(|error| fault("cannot cut back", error));
            }
            Err(error) => return Err(fault("cannot write to", error)),
        }
        self.storage.sync(CHECKPOINTS_FILE).map_err(|error| fault("cannot sync", error))?;
        self.checkpoints_bytes += note.len() as u64;
        self.checkpointed = self.size();
        Ok(())
    }

    /// Begins the segment of the next record. False if there is no space for it; then nothing has changed.
    pub(crate) fn begin_segment(&mut self) -> Result<bool, Fault> {
        let name = segment::name(self.size());
        let mut header = Vec::new();
        let seed = Seed::new(fresh::random());
        segment::Header::new(self.key.origin(), self.size(), self.tip.head, &seed).push(&mut header);
        // The open intents' outcomes will be written here: their space moves along, before the old segment is left.
        let reserve = (self.tip.open.len() * OUTCOME_FRAME_BYTES_MAX) as u64;
        let allocated = (header.len() as u64 + reserve).next_multiple_of(self.sizes.extent_bytes);
        // A crash anywhere before the second sync: an empty or torn segment without records, possibly without a name.
        // The next start finds it as the last one and begins it again.
        let begun = self
            .storage
            .create(&name)
            .and_then(|()| self.storage.truncate(&name, 0))
            .and_then(|()| self.storage.allocate(&name, allocated))
            .and_then(|()| self.storage.write(&name, 0, &header));
        let fault = |doing, error| Fault { doing, name: name.clone(), error };
        match begun {
            Ok(()) => {}
            Err(error) if is_full(&error) => {
                self.storage.remove(&name).map_err(|error| fault("cannot remove", error))?;
                return Ok(false);
            }
            Err(error) => return Err(fault("cannot begin", error)),
        }
        self.storage.sync(&name).map_err(|error| fault("cannot sync", error))?;
        self.storage.sync_names().map_err(|error| fault("cannot sync the name of", error))?;
        if self.position > 0 && self.segment != name {
            // Only gives back what was taken ahead; if it fails, zeros stay after the last frame, which is allowed.
            let _space_only = self.storage.truncate(&self.segment, self.position);
        }
        self.segment = name;
        self.first = self.size();
        self.salts = seed.salts();
        self.position = header.len() as u64;
        self.allocated = allocated;
        Ok(true)
    }

    /// Takes space for a batch and for the outcomes of all intents that will be open after it. False if there is too
    /// little: then outcomes alone may be written, into the space that was taken with their intents.
    fn make_room(&mut self, batch: &[Encoded]) -> Result<bool, Fault> {
        let bytes: usize = batch.iter().map(Encoded::frame_bytes_max).sum();
        let intents = batch.iter().filter(|encoded| encoded.kind() == ledger::Kind::Intent).count();
        let reserve = (self.tip.open.len() + intents) * OUTCOME_FRAME_BYTES_MAX;
        let has_records = segment::first_of(&self.segment).is_some_and(|first| first < self.size());
        if has_records && self.position + bytes as u64 > self.sizes.segment_bytes_max {
            // False: no space for another segment. This one may grow past its limit while there is some left.
            self.begin_segment()?;
        }
        let wanted = self.position + (bytes + reserve) as u64;
        if wanted <= self.allocated {
            return Ok(true);
        }
        for to in [wanted.next_multiple_of(self.sizes.extent_bytes), wanted] {
            match self.storage.allocate(&self.segment, to) {
                Ok(()) => {
                    self.allocated = to;
                    return Ok(true);
                }
                Err(error) if is_full(&error) => {}
                Err(error) => return Err(self.fault("cannot take space for", error)),
            }
        }
        Ok(false)
    }

    /// Checks that a record may come now, and adds its frame.
    fn seal_one(
        &mut self,
        encoded: &Encoded,
        room: bool,
        now_ms: u64,
        durable: u64,
        undo: &mut Undo,
    ) -> Result<Receipt, Unwritten> {
        let mut ends = None;
        if let Some(intent) = encoded.ends() {
            let Some(seq) = self.tip.open.remove(&intent) else {
                return Err(Unwritten::NoSuchIntent(intent.to_string()));
            };
            undo.ended.push((intent, seq));
            ends = Some(seq);
        } else if !room {
            return Err(Unwritten::Full);
        }
        let seq = self.size();
        if encoded.kind() == ledger::Kind::Intent {
            if self.tip.open.len() >= OPEN_INTENTS_MAX {
                return Err(Unwritten::Overloaded);
            }
            if self.tip.open.contains_key(&encoded.id()) {
                return Err(Unwritten::RepeatedId(encoded.id().to_string()));
            }
            self.tip.open.insert(encoded.id(), seq);
            undo.opened.push(encoded.id());
        }
        let time_ms = self.tip.time_ms.max(now_ms);
        let place = Place { seq, time_ms, prev: self.tip.head, durable, ends };
        // A segment is far too small for 2^32 records.
        let index = u32::try_from(seq - self.first).unwrap_or(u32::MAX);
        let hash = encoded.seal(&place, &self.salts.at(index), &mut self.frames);
        self.tip.time_ms = time_ms;
        self.tip.head = hash;
        self.tip.tree.push(hash);
        Ok(Receipt { seq, id: encoded.id().to_string(), hash, time_ms })
    }

    fn cut_back(&mut self) -> Result<(), Fault> {
        self.storage.truncate(&self.segment, self.position).map_err(|error| self.fault("cannot cut back", error))?;
        self.allocated = self.position;
        Ok(())
    }

    fn take_back(&mut self, undo: Undo) {
        for id in undo.opened {
            self.tip.open.remove(&id);
        }
        self.tip.open.extend(undo.ended);
        // An intent that was opened and ended in this batch is in both lists.
        let size = undo.tip_before.tree.size();
        self.tip.open.retain(|_, seq| *seq < size);
        let open = std::mem::take(&mut self.tip.open);
        self.tip = Tip { open, ..undo.tip_before };
    }

    fn tip_without_open(&self) -> Tip {
        Tip { tree: self.tip.tree.clone(), head: self.tip.head, time_ms: self.tip.time_ms, open: Default::default() }
    }

    fn fault(&self, doing: &'static str, error: io::Error) -> Fault {
        Fault { doing, name: self.segment.clone(), error }
    }
}

/// No space, or no more than a quota allows.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

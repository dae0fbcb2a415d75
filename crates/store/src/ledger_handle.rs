//! The ledger as callers see it: hand in a record from any task, get a receipt once it is durable.
//!
//! Group commit: one thread writes. Whatever is queued while it syncs goes into the next batch, so that a slow disk
//! makes batches larger and not callers fewer.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

use ledger::{
    Entry, Hash, Kind,
    encode::{EncodeError, Encoded},
};
use tokio::sync::oneshot;

use crate::{
    options::{Options, QUEUE_BYTES_MAX},
    read::{Filter, ReadError, Records},
    strangers::Strangers,
};

/// Proof that a record is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its sequence number.
    pub seq: u64,
    /// Its id.
    pub id: String,
    /// Its hash.
    pub hash: Hash,
    /// Its time, in milliseconds since 1970.
    pub time_ms: u64,
}

/// Why a record was not written. Whoever gets this must not go on as if it were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritten {
    /// Too many records wait. Try again shortly.
    #[error("too many records wait to be written; try again shortly")]
    Overloaded,
    /// No space on the disk. Outcomes of intents already written still find theirs.
    #[error("the disk has no space for the ledger; free some, no restart is needed")]
    Full,
    /// The record is larger than a record may be, or has a field that cannot be encoded.
    #[error("{0}")]
    Unfit(#[from] EncodeError),
    /// An outcome for an intent that is not open.
    #[error("there is no open intent `{0}`: it was never written, or has its outcome already")]
    NoSuchIntent(String),
    /// An intent under the id of one that is open.
    #[error("the intent `{0}` is open already; make a fresh id for each record")]
    RepeatedId(String),
    /// Writing failed in a way that leaves the disk's state unknown. Only a restart may go on.
    #[error("the ledger is sealed: {0}; check the disk, then restart")]
    Sealed(Arc<str>),
    /// The store was closed.
    #[error("the ledger is closed")]
    Stopped,
}

/// The ledger of an open store.
pub struct Ledger {
    shared: Arc<Shared>,
}

/// What callers and the writer share.
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) queue_max: usize,
    queue: Mutex<Queue>,
    wake: Condvar,
    /// How many records are durable.
    durable: AtomicU64,
    /// How many batches were written.
    batches: AtomicU64,
    /// Takes the records in place of the writer.
    #[cfg(feature = "memory")]
    desk: Option<Arc<dyn crate::memory::Desk>>,
}

#[derive(Default)]
pub(crate) struct Queue {
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) bytes: usize,
    pub(crate) stopping: bool,
    pub(crate) sealed: Option<Arc<str>>,
    pub(crate) writer_sleeps: bool,
    pub(crate) strangers: Strangers,
}

/// A record that waits to be written, and who waits for it.
pub(crate) struct Waiting {
    pub(crate) encoded: Encoded,
    pub(crate) answer: Answer,
}

pub(crate) enum Answer {
    Task(oneshot::Sender<Result<Receipt, Unwritten>>),
    Thread(mpsc::SyncSender<Result<Receipt, Unwritten>>),
    Nobody,
}

impl Ledger {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Queues a record at once, and resolves when it is durable. Dropping the future does not take the record back.
    ///
    /// # Errors
    /// See [`Unwritten`].
    pub fn append(&self, entry: Entry) -> impl Future<Output = Result<Receipt, Unwritten>> + Send + use<> {
        let (sender, receiver) = oneshot::channel();
        let queued = self.shared.submit(entry, Answer::Task(sender));
        async move {
            queued?;
            receiver.await.unwrap_or(Err(Unwritten::Stopped))
        }
    }

    /// Writes a record and waits until it is durable. For commands and threads; blocks.
    ///
    /// # Errors
    /// See [`Unwritten`].
    pub fn append_blocking(&self, entry: Entry) -> Result<Receipt, Unwritten> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.shared.submit(entry, Answer::Thread(sender))?;
        receiver.recv().unwrap_or(Err(Unwritten::Stopped))
    }

    /// Counts a failed authentication. However many there are, at most one record a second comes of them; a crash
    /// loses at most the last second's counts.
    pub fn count_stranger(&self, reason: &'static str) {
        let mut queue = self.shared.lock();
        let first = queue.strangers.count(reason, crate::fresh::now_ms());
        if first && queue.writer_sleeps {
            self.shared.wake.notify_one();
        }
    }

    /// Why nothing can be written any more; `None` while all is well.
    #[must_use]
    pub fn sealed(&self) -> Option<Arc<str>> {
        self.shared.lock().sealed.clone()
    }

    /// How many records are durable.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.shared.durable()
    }

    /// How many batches were written since the store was opened: with [`Self::size`], how many records share a sync.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.shared.batches.load(Ordering::Relaxed)
    }

    /// How many records wait to be written.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.shared.lock().waiting.len()
    }

    /// Reads the durable records that fit a filter, oldest first, while the writer goes on.
    ///
    /// # Errors
    /// When the ledger's folder cannot be read.
    pub fn read(&self, filter: Filter) -> Result<Records, ReadError> {
        Records::open(&self.shared.dir, filter, Some(self.shared.durable()))
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ledger({} records)", self.size())
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shared({} records)", self.durable())
    }
}

impl Shared {
    pub(crate) fn new(dir: &Path, options: &Options, durable: u64) -> Self {
        Self {
            dir: dir.to_owned(),
            queue_max: options.queue_max,
            queue: Mutex::default(),
            wake: Condvar::new(),
            durable: AtomicU64::new(durable),
            batches: AtomicU64::new(0),
            #[cfg(feature = "memory")]
            desk: None,
        }
    }

    /// Without a folder or a writer: `desk` takes the records.
    #[cfg(feature = "memory")]
    pub(crate) fn at_desk(desk: Arc<dyn crate::memory::Desk>) -> Self {
        Self { desk: Some(desk), ..Self::new(Path::new(""), &Options::default(), 0) }
    }

    /// The queue. A panic elsewhere while it was held cannot have left it half changed: each change is one step.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wake(&self) -> &Condvar {
        &self.wake
    }

    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// A batch was written; now so many records are durable.
    pub(crate) fn set_durable(&self, records: u64) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.durable.store(records, Ordering::Release);
    }

    /// Asks the writer to write what is queued, sign a checkpoint and end.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.wake.notify_one();
    }

    fn submit(&self, entry: Entry, answer: Answer) -> Result<(), Unwritten> {
        #[cfg(feature = "memory")]
        if let Some(desk) = &self.desk {
            desk.take(entry, crate::memory::Receiver(answer));
            return Ok(());
        }
        // Encoded here, on the caller's thread, so that the one writer has little to do.
        let encoded = Encoded::of(entry, &crate::fresh::fresh_salt())?;
        let bytes = encoded.frame_bytes_max();
        let mut queue = self.lock();
        if let Some(reason) = &queue.sealed {
            return Err(Unwritten::Sealed(Arc::clone(reason)));
        }
        if queue.stopping {
            return Err(Unwritten::Stopped);
        }
        let over = queue.waiting.len() >= self.queue_max || queue.bytes + bytes > QUEUE_BYTES_MAX;
        if over && encoded.kind() != Kind::Outcome {
            return Err(Unwritten::Overloaded);
        }
        queue.bytes += bytes;
        queue.waiting.push(Waiting { encoded, answer });
        let wake = std::mem::take(&mut queue.writer_sleeps);
        drop(queue);
        if wake {
            self.wake.notify_one();
        }
        Ok(())
    }
}

impl Answer {
    /// Whoever waited may have gone; the record is written all the same.
    pub(crate) fn give(self, result: Result<Receipt, Unwritten>) {
        match self {
            Self::Task(sender) => drop(sender.send(result)),
            Self::Thread(sender) => drop(sender.try_send(result)),
            Self::Nobody => drop(result),
        }
    }
}

//! A ledger in memory, for tests of what stands on one: whoever takes the records says when each is durable, or why not.
//!
//! Only with the feature `memory`, which the program does not ask for.

use std::sync::Arc;

use ledger::{Entry, Hash};

use crate::ledger_handle::{Answer, Ledger, Receipt, Shared, Unwritten};

/// Takes records in the place of the disk.
pub trait Desk: Send + Sync {
    /// A record is to be made durable. Until `receiver` is told, whoever wrote it waits.
    fn take(&self, entry: Entry, receiver: Receiver);
}

/// Waits for a record to be durable.
pub struct Receiver(pub(crate) Answer);

impl Receiver {
    /// The record is durable.
    pub fn durable(self, seq: u64, id: String) {
        self.0.give(Ok(Receipt { seq, id, hash: Hash::of(b""), time_ms: 0 }));
    }

    /// It is not, and will not be.
    pub fn refuse(self, why: Unwritten) {
        self.0.give(Err(why));
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receiver")
    }
}

/// A ledger whose records `desk` takes.
#[must_use]
pub fn ledger(desk: Arc<dyn Desk>) -> Ledger {
    Ledger::new(Arc::new(Shared::at_desk(desk)))
}

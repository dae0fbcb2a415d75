//! State that outlives the process: ledger files and group commit, keys, settings.
//!
//! The only crate with state on the disk. A state folder:
//!
//! ```text
//! lock                 held by the one process that writes
//! ledger/              segments, checkpoints, key.pub: all that an auditor needs a copy of
//! ledger.key           secret: signs checkpoints
//! pepper               secret: keys' hashes are keyed with it
//! state.sqlite3        keys
//! ```
//!
//! [`Store::open`] takes the lock, recovers what a crash left and starts the writer; [`Ledger::append`] makes a record
//! durable; [`Keys`] checks callers' keys; [`verify_dir`] and [`read_dir`] work on any copy, without the lock.

pub mod budgets;
mod fresh;
mod keys;
mod ledger_handle;
mod log;
#[cfg(feature = "memory")]
pub mod memory;
mod open;
pub mod options;
mod prove;
mod purpose_key;
mod read;
mod recover;
mod secret_file;
pub mod spend;
mod storage;
mod strangers;
mod writer;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
#[path = "../../ledger/tests/samples/mod.rs"]
mod samples;
#[cfg(test)]
mod test_storage;

pub use fresh::{RecordId, fresh_salt};
pub use keys::{Created, Denied, KeyFacts, KeyListing, KeyText, Keys, KeysError, NewKey, Revocation};
pub use ledger_handle::{Ledger, Receipt, Unwritten};
pub use open::{OpenError, Store};
pub use options::Options;
pub use prove::{UnprovedError, prove_dir};
pub use purpose_key::Purpose;
pub use read::{Filter, LEDGER_DIR, PUBLIC_KEY_FILE, ReadError, Records, read_dir, verify_dir, verify_dir_with_key};
pub use recover::Recovered;

//! The ledger's own schema: encode, chain, prove, verify; no I/O.
//!
//! A record is a small envelope that names the hash of the record before it and commits to the record's fields, each
//! under a salt of its own. Its hash is its RFC 6962 leaf hash, so that the chain and the Merkle tree are one structure.
//! `docs/ledger-format.md` says all of it byte for byte.
//!
//! - [`record`]: what is written: [`Intent`], [`Outcome`], [`Refusal`], [`Act`], [`Aggregate`]
//! - [`commit`]: salted commitments to content that is not in the record
//! - [`content`], [`salts`]: what an envelope commits to, so that a proof opens one field and nothing else
//! - [`encode`], [`envelope`]: entry → bytes, bytes → [`encode::Record`]
//! - [`frame`], [`segment`]: how records lie in a file
//! - [`tree`], [`note`]: the Merkle root and the signed checkpoints over it
//! - [`proof`], [`cosign`]: what a range says to one question, for somebody who has nothing else
//! - [`verify`]: segments and checkpoints → [`Verdict`]

pub mod commit;
pub mod content;
pub mod cosign;
pub mod encode;
pub mod envelope;
pub mod frame;
pub mod hash;
pub mod id;
mod line;
pub mod note;
pub mod parts;
pub mod proof;
pub mod record;
pub mod salts;
pub mod segment;
mod suspicion;
pub mod tree;
pub mod verdict;
pub mod verify;

pub use commit::{Commitment, Committer, Salt};
pub use hash::Hash;
pub use id::RecordId;
pub use record::{
    Act, Aggregate, AttemptKind, Destination, Ended, Entry, Erased, Intent, Json, Kind, Outcome, Refusal,
};
pub use verdict::{Problem, Verdict, Wrong};
pub use verify::Verifier;

/// Version of the format that this code writes, in every record and in every segment's header.
pub const FORMAT_VERSION: u32 = 2;
/// Longest record in bytes, its frame's header apart. Its envelope is far shorter than what a C2SP tile entry can hold.
pub const RECORD_BYTES_MAX: usize = 65_535;
/// Longest private line of a record of version 1, in bytes.
pub const PRIVATE_BYTES_MAX: usize = 4_096;
/// Longest outcome, in bytes. It is small and firm because its space is reserved before its intent.
pub const OUTCOME_BYTES_MAX: usize = 4_096;

//! What a verification says: sound or not, what is wrong and where, and what the signatures are worth.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Hash, Kind};

/// What the signatures of a ledger without independent witnesses are worth.
pub const TRUST: &str = "operator-signed only";
/// Said instead when signatures were not checked.
pub const TRUST_UNCHECKED: &str = "signatures not checked";
/// How many intents without outcome a verdict lists; it always counts all.
pub const OPEN_INTENTS_LISTED_MAX: usize = 1_000;

/// The result of verifying a ledger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// True if nothing is wrong. Whom that convinces, [`Self::trust`] says.
    pub sound: bool,
    /// The first thing that is wrong.
    pub problem: Option<Problem>,
    /// What the signatures are worth: [`TRUST`] or [`TRUST_UNCHECKED`].
    pub trust: &'static str,
    /// The ledger's origin.
    pub origin: Option<String>,
    /// The public key that checkpoints were checked with.
    pub key: Option<String>,
    /// Records that verified.
    pub records: u64,
    /// The same by kind.
    pub kinds: BTreeMap<Kind, u64>,
    /// Segments read.
    pub segments: u64,
    /// Time of the first record, in milliseconds since 1970.
    pub first_ms: Option<u64>,
    /// Time of the last record that verified.
    pub last_ms: Option<u64>,
    /// Hash of the last record that verified.
    pub head: Hash,
    /// Merkle root over the records that verified.
    pub root: Hash,
    /// Valid checkpoints.
    pub checkpoints: u64,
    /// Records under a valid checkpoint. The ones after them could be cut off without a trace.
    pub signed_records: u64,
    /// Intents without outcome: they count as sent.
    pub open_intents: u64,
    /// The first of them, at most [`OPEN_INTENTS_LISTED_MAX`].
    pub open_intents_listed: Vec<OpenIntent>,
    /// Records of which who and the rest were erased. Their places, times and facts are verified as before.
    pub erased: u64,
    /// Bytes of a write that never finished, and that nobody was told of. The next start removes them.
    pub torn_tail: Option<TornTail>,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What is wrong.
    pub what: Wrong,
    /// Sequence number of the first bad record.
    pub seq: Option<u64>,
    /// Its id, if it can still be read.
    pub id: Option<String>,
    /// The file it is in.
    pub segment: String,
    /// Where in that file, in bytes.
    pub offset: u64,
    /// One sentence more.
    pub detail: String,
}

/// What can be wrong with a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// A record is not what it was when it was written.
    Altered,
    /// Records that were written are not there, and others after them are.
    Missing,
    /// Records are not in the order in which they were written, or one is there twice.
    Reordered,
    /// The end is not there.
    Truncated,
    /// Two histories: records that are not the ones that were signed, or two checkpoints that contradict each other.
    Forked,
    /// A checkpoint's signature is wrong.
    BadSignature,
    /// A record's time is before that of the record before it.
    TimeWentBack,
    /// An outcome whose intent is not there before it.
    OutcomeWithoutIntent,
    /// A second outcome for one intent.
    SecondOutcome,
    /// A second intent under the id of one that is open.
    RepeatedIntent,
    /// A record was written that is not what the format says.
    Malformed,
    /// Written by a later program than this one.
    LaterVersion,
    /// The segment belongs to another ledger.
    OtherLedger,
}

/// An intent that has no outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenIntent {
    /// Its sequence number.
    pub seq: u64,
    /// Its id.
    pub id: String,
}

/// The remains of a write that a crash cut short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TornTail {
    /// The segment.
    pub segment: String,
    /// Where the last good frame ends, in bytes.
    pub offset: u64,
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Altered => "altered",
            Self::Missing => "missing",
            Self::Reordered => "reordered",
            Self::Truncated => "truncated",
            Self::Forked => "forked",
            Self::BadSignature => "bad signature",
            Self::TimeWentBack => "time went back",
            Self::OutcomeWithoutIntent => "outcome without intent",
            Self::SecondOutcome => "second outcome for an intent",
            Self::RepeatedIntent => "intent id used twice",
            Self::Malformed => "malformed",
            Self::LaterVersion => "written by a later version",
            Self::OtherLedger => "of another ledger",
        })
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.seq {
            Some(seq) => write!(f, "record {seq}")?,
            None => write!(f, "the ledger")?,
        }
        if let Some(id) = &self.id {
            write!(f, " ({id})")?;
        }
        write!(f, ": {} (file {}, byte {}): {}", self.what, self.segment, self.offset, self.detail)
    }
}

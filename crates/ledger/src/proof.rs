//! Proof files: what a range of the ledger says to one question, checkable by somebody who has nothing else.
//!
//! A proof is written by [`Prover`] from the ledger's payloads, and read by [`check`](fn@check), which believes nothing
//! but the log keys and witnesses that its reader brings. `docs/ledger.md` says what it shows and what it does not;
//! `docs/ledger-format.md` has the bytes.

use serde::{Deserialize, Serialize};

use crate::{
    Hash,
    content::{self, Field},
};

mod bytes;
mod check;
mod predicate;
mod prove;
mod range;

pub use check::{Broken, Count, Match, Proof, Trust, Verdict, check};
pub use predicate::{LEVELS, Predicate, PredicateError};
pub use prove::{ProveError, Proved, Prover};
pub use range::cover_sizes;

/// The first line of a proof file.
pub const MAGIC: &str = "portcullis-proof@v1\n";
/// Longest proof file that is read, in bytes: some 60 million records.
pub const PROOF_BYTES_MAX: u64 = 4 << 30;

/// What a proof claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// No attempt in the range is as the question says.
    Never,
    /// These and no others are, and these callers made them.
    Who,
    /// These and no others are, and this is what they carried.
    Reached,
}

/// The statement in a proof file's second line. Fields in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// What is claimed.
    pub claim: Claim,
    /// About which attempts (see [`Predicate`]).
    #[serde(rename = "where")]
    pub question: String,
    /// From this time on, in milliseconds since 1970.
    pub from_ms: u64,
    /// Before this time.
    pub to_ms: u64,
    /// Sequence number of the first record in the file.
    pub first: u64,
    /// How many records are in the file, neighbours included.
    pub records: u64,
    /// Whether the first of them is the neighbour before the range. If not, the range begins with the ledger.
    pub before: bool,
    /// Whether the last of them is the neighbour after the range. If not, the range ends with the checkpoint.
    pub after: bool,
}

impl Claim {
    /// The fields that are opened in the attempts that are as the question says, besides those that it needs.
    #[must_use]
    pub fn shows(self) -> &'static [Field] {
        match self {
            Self::Never => &[],
            Self::Who => &[Field::Who],
            Self::Reached => &[Field::Level, Field::Classes, Field::Jurisdiction, Field::Destination],
        }
    }
}

/// How a record stands in a proof file: in the low bits of its first byte its kind, and one of these.
mod form {
    /// Its content is one hash: it is no attempt, or a neighbour.
    pub(super) const CLOSED: u8 = 0;
    /// The fields that the question needs are opened.
    pub(super) const OPENED: u8 = 8;
    /// And those that the claim shows.
    pub(super) const SHOWN: u8 = 16;
    /// As shown, but that who was erased.
    pub(super) const ERASED: u8 = 24;
}

/// A place in the tree over a record's commitments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    Field(Field),
    Found,
    FoundWhere,
    To,
    Private,
    Root,
}

impl Node {
    fn children(self) -> Option<(Self, Self)> {
        match self {
            Self::Field(_) => None,
            Self::Found => Some((Self::Field(Field::Level), Self::Field(Field::Classes))),
            Self::FoundWhere => Some((Self::Found, Self::Field(Field::Jurisdiction))),
            Self::To => Some((Self::Field(Field::Destination), Self::Private)),
            Self::Private => Some((Self::Field(Field::Who), Self::Field(Field::Rest))),
            Self::Root => Some((Self::FoundWhere, Self::To)),
        }
    }

    fn holds(self, open: Open) -> bool {
        match (self, self.children()) {
            (Self::Field(field), _) => open.has(field),
            (_, Some((left, right))) => left.holds(open) || right.holds(open),
            (_, None) => false,
        }
    }

    /// The node's hash: from the commitments of opened fields, and from what is supplied for everything else, asked for
    /// from left to right.
    fn hash<E>(self, open: Open, ask: &mut dyn FnMut(Ask) -> Result<Hash, E>) -> Result<Hash, E> {
        match (self, self.children()) {
            (Self::Field(field), _) if open.has(field) => ask(Ask::Opened(field)),
            (node, Some((left, right))) if node.holds(open) => {
                Ok(content::node(&left.hash(open, ask)?, &right.hash(open, ask)?))
            }
            (node, _) => ask(Ask::Closed(node)),
        }
    }
}

/// What the walk over a record's commitments asks for.
enum Ask {
    /// The commitment of an opened field.
    Opened(Field),
    /// The hash that stands for everything below a node.
    Closed(Node),
}

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Open(u8);

impl Open {
    fn of(fields: impl IntoIterator<Item = Field>) -> Self {
        Self(fields.into_iter().fold(0, |set, field| set | 1 << field as u8))
    }

    fn has(self, field: Field) -> bool {
        self.0 & (1 << field as u8) != 0
    }

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// The fields that a question needs.
fn needed(question: &Predicate) -> Open {
    Open::of(content::FACTS.into_iter().zip(question.needs()).filter_map(|(field, needs)| needs.then_some(field)))
}

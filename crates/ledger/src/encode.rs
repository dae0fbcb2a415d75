//! Entry → bytes and back.
//!
//! A record is an envelope of commitments, which is hashed, chained and proved, and beside it the values that open them
//! (`envelope`). Encoding is split so that a busy writer does little: [`Encoded::of`] runs where the record is made and
//! does nearly all of the work; [`Encoded::seal`] adds what only the writer knows, commits to the facts, and hashes.

use serde::Serialize;

use crate::{
    Hash, OUTCOME_BYTES_MAX, RECORD_BYTES_MAX, RecordId, Salt,
    envelope::{self, ENVELOPE_BYTES, Envelope, MAGIC, Opening, Private},
    frame,
    hash::sha256,
    line::{self, Line},
    parts,
    record::{Entry, Kind, Outcome},
    salts::FactSalts,
    tree::LEAF_PREFIX,
};

/// An entry, encoded but for the writer's part.
#[derive(Clone)]
pub struct Encoded {
    id: RecordId,
    kind: Kind,
    /// The intent that an outcome ends.
    ends: Option<RecordId>,
    /// What stands beside the envelope.
    opening: Vec<u8>,
    /// Where the facts' values are in it, for kinds that have them.
    facts: Option<[(usize, usize); 4]>,
    /// What stands for the erasable part in the commitments.
    private: Hash,
}

/// What only the writer knows of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Sequence number; the first record is 0.
    pub seq: u64,
    /// Milliseconds since 1970; never less than in the record before.
    pub time_ms: u64,
    /// Hash of the record before.
    pub prev: Hash,
    /// All records before this sequence number were durable when this one was written. It tells a torn tail
    /// (never acknowledged) from damage (acknowledged).
    pub durable: u64,
    /// Sequence number of the intent that it ends, for outcomes.
    pub ends: Option<u64>,
}

/// A record as read back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// Sequence number.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub time: u64,
    /// Hash of the record before.
    pub prev: Hash,
    /// The record's id.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// Its own hash.
    pub hash: Hash,
    /// What it says.
    pub body: Entry,
}

/// Why an entry cannot be a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The id was not made by [`RecordId`].
    #[error("a record id is `rec_` and 26 base32 characters; make one with RecordId")]
    Id,
    /// It is longer than a record or a value may be.
    #[error("the record has {bytes} bytes, more than the {limit} that one may have; shorten the policy input")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The most it may have.
        limit: usize,
    },
    /// A value has no JSON form.
    #[error("a value of the record has no JSON form")]
    Json,
    /// What was erased cannot be written again.
    #[error("an erased record cannot be written")]
    Erased,
}

/// Why bytes are not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not two lines, too long, not UTF-8, not JSON, fields missing or doubled.
    #[error("not a record: {0}")]
    Malformed(String),
    /// Written by a later program.
    #[error("format version {0} is not known to this program; use a newer one")]
    Version(u32),
    /// What stands beside the hashed part is not what that names.
    #[error("what stands beside it is not what it commits to")]
    Private,
}

/// What verification needs of a record of either version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaf<'a> {
    pub(crate) seq: u64,
    pub(crate) time: u64,
    pub(crate) prev: Hash,
    pub(crate) durable: u64,
    pub(crate) id: RecordId,
    pub(crate) kind: Kind,
    pub(crate) ends: Ends,
    pub(crate) hash: Hash,
    pub(crate) bound: Bound<'a>,
}

/// Which intent an outcome ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// It is no outcome.
    Nothing,
    /// By its id, in version 1. `None` if its body does not say.
    Id(Option<RecordId>),
    /// By its sequence number.
    Seq(u64),
}

/// What is beside the hashed part and bound by it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound<'a> {
    /// A private line, and whether it is the one that is named.
    Line(bool),
    /// An opening, and the root that it must have.
    Opening(Opening<'a>, Hash),
}

impl Encoded {
    /// Encodes an entry. `fresh` are 256 random bits of its own, from which the salts of an entry that brings no salt
    /// are made. An outcome that is too long is shortened, and says so, rather than refused.
    ///
    /// # Errors
    /// See [`EncodeError`].
    pub fn of(entry: Entry, fresh: &Salt) -> Result<Self, EncodeError> {
        let encoded = Self::as_it_is(&entry, fresh)?;
        let bytes = ENVELOPE_BYTES + encoded.opening.len();
        match entry {
            Entry::Outcome(outcome) if bytes > OUTCOME_BYTES_MAX => {
                Self::as_it_is(&Entry::Outcome(shortened(outcome)), fresh)
            }
            _ if bytes > RECORD_BYTES_MAX => Err(EncodeError::TooLarge { bytes, limit: RECORD_BYTES_MAX }),
            _ => Ok(encoded),
        }
    }

    /// The record's id.
    #[must_use]
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// The record's kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The intent that this outcome ends.
    #[must_use]
    pub fn ends(&self) -> Option<RecordId> {
        self.ends
    }

    /// Length of the frame that [`Self::seal`] will append.
    #[must_use]
    pub fn frame_bytes_max(&self) -> usize {
        frame::HEADER_BYTES + ENVELOPE_BYTES + self.opening.len()
    }

    /// Appends the record's frame to `out` and gives the record's hash. `salts` are those of its place in its segment.
    pub fn seal(&self, place: &Place, salts: &FactSalts, out: &mut Vec<u8>) -> Hash {
        let content = match self.facts {
            None => self.private,
            Some(places) => {
                let values = places.map(|(from, to)| self.opening.get(from..to).unwrap_or_default());
                envelope::content_of(&values, salts, self.private)
            }
        };
        let start = frame::begin(out);
        let payload = out.len();
        let envelope = Envelope {
            kind: self.kind,
            seq: place.seq,
            time_ms: place.time_ms,
            durable: place.durable,
            ends: place.ends,
            prev: place.prev,
            content,
        };
        envelope.push(out);
        let hash = leaf_hash(out.get(payload..).unwrap_or_default());
        out.extend_from_slice(&self.opening);
        frame::end(out, start);
        hash
    }

    fn as_it_is(entry: &Entry, fresh: &Salt) -> Result<Self, EncodeError> {
        let id = RecordId::parse(entry.id()).ok_or(EncodeError::Id)?;
        let ends = match entry {
            Entry::Outcome(outcome) => Some(RecordId::parse(&outcome.intent).ok_or(EncodeError::Id)?),
            _ => None,
        };
        let kind = entry.kind();
        let salt = *salt_of(entry).unwrap_or(fresh).bytes();
        let values = parts::of(entry)?;
        if values.facts.iter().chain([&values.who]).any(|value| value.len() > parts::VALUE_BYTES_MAX) {
            return Err(EncodeError::TooLarge { bytes: parts::VALUE_BYTES_MAX + 1, limit: parts::VALUE_BYTES_MAX });
        }
        let with_facts = envelope::has_facts(kind);
        let private = Private::Whole { salt, who: &values.who, rest: &values.rest };
        let hash = private.hash(id, with_facts);
        let facts = with_facts.then(|| values.facts.each_ref().map(Vec::as_slice));
        let mut opening = Vec::with_capacity(128 + values.bytes());
        let places = envelope::push_opening(&Opening { id, facts, private }, &mut opening);
        Ok(Self { id, kind, ends, opening, facts: with_facts.then_some(places), private: hash })
    }
}

impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encoded({}, {:?}, {} bytes)", self.id, self.kind, self.opening.len())
    }
}

impl Record {
    /// Reads a frame's payload, of whatever version. What it says is not verified.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        if is_line(payload) {
            let (public, private) = line::lines(payload)?;
            let line = Line::read(public)?;
            let salt = line.opened_by(private)?;
            let body = line::read_body(line.kind, line.id, line.body.get(), salt)?;
            return Ok(Self {
                seq: line.seq,
                time: line.time,
                prev: line.prev,
                id: line.id.to_string(),
                kind: line.kind,
                hash: leaf_hash(public),
                body,
            });
        }
        let (envelope, bytes) = Envelope::read(payload)?;
        let opening = Opening::read(envelope.kind, bytes)?;
        Ok(Self {
            seq: envelope.seq,
            time: envelope.time_ms,
            prev: envelope.prev,
            id: opening.id.to_string(),
            kind: envelope.kind,
            hash: hash_of(payload),
            body: parts::whole(envelope.kind, &opening)?,
        })
    }
}

impl<'a> Leaf<'a> {
    /// Reads a frame's payload, of whatever version.
    pub(crate) fn read(payload: &'a [u8]) -> Result<Self, (DecodeError, Option<Hash>)> {
        if is_line(payload) {
            let (public, private) = line::lines(payload).map_err(|error| (error, None))?;
            let hash = leaf_hash(public);
            let line = Line::read(public).map_err(|error| (error, Some(hash)))?;
            return Ok(Self {
                seq: line.seq,
                time: line.time,
                prev: line.prev,
                durable: line.durable,
                id: line.id,
                kind: line.kind,
                ends: if line.kind == Kind::Outcome { Ends::Id(line.intent()) } else { Ends::Nothing },
                hash,
                bound: Bound::Line(line.opened_by(private).is_ok()),
            });
        }
        let hash = payload.get(..ENVELOPE_BYTES).map(leaf_hash);
        let (envelope, bytes) = Envelope::read(payload).map_err(|error| (error, hash))?;
        // The envelope stands as it was written: what cannot be read beside it is not what it commits to.
        let opening = Opening::read(envelope.kind, bytes).map_err(|_| (DecodeError::Private, hash))?;
        Ok(Self {
            seq: envelope.seq,
            time: envelope.time_ms,
            prev: envelope.prev,
            durable: envelope.durable,
            id: opening.id,
            kind: envelope.kind,
            ends: envelope.ends.map_or(Ends::Nothing, Ends::Seq),
            hash: hash.unwrap_or(Hash::ZERO),
            bound: Bound::Opening(opening, envelope.content),
        })
    }
}

/// The hash of a record: the RFC 6962 leaf hash of its envelope (of its public line, in version 1).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(sha256(&[&[LEAF_PREFIX], entry]))
}

/// The part of a payload that is hashed, and that stands in the ledger's tiles: its envelope, or its public line.
#[must_use]
pub fn hashed(payload: &[u8]) -> &[u8] {
    if is_line(payload) {
        payload.split(|byte| *byte == b'\n').next().unwrap_or_default()
    } else {
        payload.get(..ENVELOPE_BYTES).unwrap_or(payload)
    }
}

/// The record's hash, from its frame's payload.
#[must_use]
pub fn hash_of(payload: &[u8]) -> Hash {
    leaf_hash(hashed(payload))
}

/// Whether a payload is of version 1.
pub(crate) fn is_line(payload: &[u8]) -> bool {
    payload.first() == Some(&b'{')
}

/// The places in `bytes` at which a record's payload may begin.
pub(crate) fn next_mark(bytes: &[u8]) -> Option<usize> {
    const LINE: &[u8] = b"{\"v\":1,\"seq\":";
    let lines = bytes.windows(LINE.len()).position(|window| window == LINE);
    let envelopes = bytes.windows(MAGIC.len()).position(|window| window == MAGIC);
    lines.into_iter().chain(envelopes).min()
}

/// Longest mark that [`next_mark`] looks for, in bytes.
pub(crate) const MARK_BYTES_MAX: usize = 13;

fn salt_of(entry: &Entry) -> Option<&Salt> {
    match entry {
        Entry::Intent(intent) => intent.salt.as_ref(),
        Entry::Outcome(outcome) => outcome.salt.as_ref(),
        Entry::Refusal(refusal) => refusal.salt.as_ref(),
        Entry::Act(_) | Entry::Aggregate(_) | Entry::Erased(_) => None,
    }
}

/// Keeps what proves and counts; cuts what an upstream can make long.
fn shortened(outcome: Outcome) -> Outcome {
    const TEXT_CHARS_MAX: usize = 64;
    const ITEMS_MAX: usize = 8;
    let cut = |text: String| {
        text.chars().filter(|c| *c == ' ' || c.is_ascii_graphic()).take(TEXT_CHARS_MAX).collect::<String>()
    };
    Outcome {
        call: cut(outcome.call),
        upstream_request_id: outcome.upstream_request_id.map(cut),
        upstream_model: outcome.upstream_model.map(cut),
        screening: outcome.screening.into_iter().take(ITEMS_MAX).map(|(class, count)| (cut(class), count)).collect(),
        cut: outcome.cut.into_iter().take(ITEMS_MAX).map(cut).collect(),
        error: outcome.error.map(cut),
        shortened: true,
        ..outcome
    }
}

/// Says where, and not what: a parser's message may quote the text.
pub(crate) fn malformed_json(what: &str, error: &serde_json::Error) -> DecodeError {
    DecodeError::Malformed(format!("{what} is not what the format says, at column {}", error.column()))
}

pub(crate) fn malformed(reason: &str) -> DecodeError {
    DecodeError::Malformed(reason.to_owned())
}

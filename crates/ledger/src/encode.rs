//! Entry → bytes and back: the two lines of a record.
//!
//! The public line is hashed, chained and provable; the private line holds the salt, is bound by its hash in the
//! public line, and can be destroyed without breaking the chain.
//!
//! Encoding is split so that a busy writer does little: [`Encoded::of`] runs where the record is made and does nearly
//! all of the work; [`Encoded::seal`] adds what only the writer knows, and hashes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::{
    FORMAT_VERSION, Hash, OUTCOME_BYTES_MAX, PRIVATE_BYTES_MAX, RECORD_BYTES_MAX, RecordId, Salt, frame,
    record::{Entry, Kind, Outcome},
    tree::LEAF_PREFIX,
};

/// Room that the writer's part of the public line may take, in bytes.
const HEAD_BYTES_MAX: usize = 192;
/// What stands before and after the salt's digits in a private line.
const PRIVATE_START: &[u8] = b"{\"salt\":\"";
const PRIVATE_END: &[u8] = b"\"}";

/// An entry, encoded but for the writer's part.
#[derive(Clone)]
pub struct Encoded {
    id: RecordId,
    kind: Kind,
    /// The intent that an outcome ends.
    ends: Option<RecordId>,
    /// From `"id":` to the end of the private line.
    rest: Vec<u8>,
    /// How much of `rest` is public, without the line break.
    public_bytes: usize,
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
    /// The public line is longer than [`RECORD_BYTES_MAX`], so it would not fit a tile.
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
    /// The private line is not the one that the public line names.
    #[error("the private part is not the one that the record names")]
    Private,
}

/// The public line, its body still text. Field order is the format's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line<'a> {
    v: u32,
    pub(crate) seq: u64,
    pub(crate) time: u64,
    pub(crate) prev: Hash,
    pub(crate) durable: u64,
    #[serde(deserialize_with = "record_id")]
    pub(crate) id: RecordId,
    pub(crate) kind: Kind,
    #[serde(default, deserialize_with = "some_hash")]
    private: Option<Hash>,
    #[serde(borrow)]
    pub(crate) body: &'a RawValue,
}

impl Encoded {
    /// Encodes an entry. An outcome that is too long is shortened, and says so, rather than refused.
    ///
    /// # Errors
    /// See [`EncodeError`].
    pub fn of(entry: Entry) -> Result<Self, EncodeError> {
        let encoded = Self::as_it_is(&entry)?;
        match entry {
            Entry::Outcome(outcome) if encoded.public_bytes + HEAD_BYTES_MAX > OUTCOME_BYTES_MAX => {
                Self::as_it_is(&Entry::Outcome(shortened(outcome)))
            }
            _ if encoded.public_bytes + HEAD_BYTES_MAX > RECORD_BYTES_MAX => {
                Err(EncodeError::TooLarge { bytes: encoded.public_bytes, limit: RECORD_BYTES_MAX - HEAD_BYTES_MAX })
            }
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

    /// Length of the frame that [`Self::seal`] will append, at most.
    #[must_use]
    pub fn frame_bytes_max(&self) -> usize {
        self.rest.len() + HEAD_BYTES_MAX + frame::HEADER_BYTES
    }

    /// Appends the record's frame to `out` and gives the record's hash.
    pub fn seal(&self, place: &Place, out: &mut Vec<u8>) -> Hash {
        let start = frame::begin(out);
        let body_start = out.len();
        push_head(place, out);
        let mut hasher = Sha256::new_with_prefix([LEAF_PREFIX]);
        hasher.update(out.get(body_start..).unwrap_or_default());
        hasher.update(self.rest.get(..self.public_bytes).unwrap_or_default());
        out.extend_from_slice(&self.rest);
        frame::end(out, start);
        Hash(hasher.finalize().into())
    }

    fn as_it_is(entry: &Entry) -> Result<Self, EncodeError> {
        let id = RecordId::parse(entry.id()).ok_or(EncodeError::Id)?;
        let ends = match entry {
            Entry::Outcome(outcome) => Some(RecordId::parse(&outcome.intent).ok_or(EncodeError::Id)?),
            _ => None,
        };
        let private = match salt_of(entry) {
            Some(salt) => {
                let mut private = PRIVATE_START.to_vec();
                salt.push_hex(&mut private);
                private.extend_from_slice(PRIVATE_END);
                private
            }
            None => Vec::new(),
        };
        let mut rest = Vec::with_capacity(2_048);
        rest.extend_from_slice(b"\"id\":\"");
        rest.extend_from_slice(entry.id().as_bytes());
        rest.extend_from_slice(b"\",\"kind\":\"");
        rest.extend_from_slice(entry.kind().as_str().as_bytes());
        if !private.is_empty() {
            rest.extend_from_slice(b"\",\"private\":\"");
            Hash::of(&private).push_hex(&mut rest);
        }
        rest.extend_from_slice(b"\",\"body\":");
        match entry {
            Entry::Intent(intent) => serde_json::to_writer(&mut rest, intent),
            Entry::Outcome(outcome) => serde_json::to_writer(&mut rest, outcome),
            Entry::Refusal(refusal) => serde_json::to_writer(&mut rest, refusal),
            Entry::Act(act) => serde_json::to_writer(&mut rest, act),
            Entry::Aggregate(aggregate) => serde_json::to_writer(&mut rest, aggregate),
        }
        .map_err(|_| EncodeError::Json)?;
        rest.push(b'}');
        let public_bytes = rest.len();
        rest.push(b'\n');
        if !private.is_empty() {
            rest.extend_from_slice(&private);
            rest.push(b'\n');
        }
        Ok(Self { id, kind: entry.kind(), ends, rest, public_bytes })
    }
}

impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encoded({}, {:?}, {} bytes)", self.id, self.kind, self.rest.len())
    }
}

impl Record {
    /// Reads a frame's payload.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let (public, private) = lines(payload)?;
        let line = Line::read(public)?;
        let salt = line.opened_by(private)?;
        let body = read_body(line.kind, line.id, line.body.get(), salt)?;
        Ok(Self {
            seq: line.seq,
            time: line.time,
            prev: line.prev,
            id: line.id.to_string(),
            kind: line.kind,
            hash: leaf_hash(public),
            body,
        })
    }
}

impl<'a> Line<'a> {
    /// Reads a public line.
    pub(crate) fn read(public: &'a [u8]) -> Result<Self, DecodeError> {
        let text = std::str::from_utf8(public).map_err(|_| malformed("not UTF-8"))?;
        let line: Self = serde_json::from_str(text).map_err(|error| later_version(text, &error))?;
        if line.v != FORMAT_VERSION {
            return Err(DecodeError::Version(line.v));
        }
        Ok(line)
    }

    /// The salt in the private line, if that is the line that this one names.
    pub(crate) fn opened_by(&self, private: Option<&[u8]>) -> Result<Option<Salt>, DecodeError> {
        match (self.private, private) {
            (None, None) => Ok(None),
            (Some(named), Some(private)) if Hash::of(private) == named => {
                // Exactly the bytes that `as_it_is` writes: no second way to say the same.
                let digits = private.strip_prefix(PRIVATE_START).and_then(|rest| rest.strip_suffix(PRIVATE_END));
                let salt = digits.and_then(|digits| Hash::from_hex(std::str::from_utf8(digits).ok()?));
                salt.map(|salt| Some(Salt::new(salt.0))).ok_or(DecodeError::Private)
            }
            _ => Err(DecodeError::Private),
        }
    }
}

/// The hash of a record: its RFC 6962 leaf hash.
#[must_use]
pub fn leaf_hash(public: &[u8]) -> Hash {
    let mut hasher = Sha256::new_with_prefix([LEAF_PREFIX]);
    hasher.update(public);
    Hash(hasher.finalize().into())
}

/// Splits a payload into its public line and its private one.
pub(crate) fn lines(payload: &[u8]) -> Result<(&[u8], Option<&[u8]>), DecodeError> {
    let text = payload.strip_suffix(b"\n").ok_or_else(|| malformed("it does not end in a line break"))?;
    let mut lines = text.split(|byte| *byte == b'\n');
    let public = lines.next().unwrap_or_default();
    let private = lines.next();
    if lines.next().is_some() {
        return Err(malformed("it has more than two lines"));
    }
    if public.len() > RECORD_BYTES_MAX || private.is_some_and(|private| private.len() > PRIVATE_BYTES_MAX) {
        return Err(malformed("a line is too long"));
    }
    Ok((public, private))
}

fn push_head(place: &Place, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"v\":");
    push_number(u64::from(FORMAT_VERSION), out);
    out.extend_from_slice(b",\"seq\":");
    push_number(place.seq, out);
    out.extend_from_slice(b",\"time\":");
    push_number(place.time_ms, out);
    out.extend_from_slice(b",\"prev\":\"");
    place.prev.push_hex(out);
    out.extend_from_slice(b"\",\"durable\":");
    push_number(place.durable, out);
    out.push(b',');
}

fn push_number(number: u64, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut count = 0;
    for place in digits.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits.iter().skip(digits.len() - count));
}

/// Absent, or a hash: `null` is neither.
fn some_hash<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Hash>, D::Error> {
    Hash::deserialize(deserializer).map(Some)
}

fn record_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<RecordId, D::Error> {
    let text = <&str>::deserialize(deserializer)?;
    RecordId::parse(text).ok_or_else(|| serde::de::Error::custom("not a record id"))
}

fn salt_of(entry: &Entry) -> Option<&Salt> {
    match entry {
        Entry::Intent(intent) => intent.salt.as_ref(),
        Entry::Outcome(outcome) => outcome.salt.as_ref(),
        Entry::Refusal(refusal) => refusal.salt.as_ref(),
        Entry::Act(_) | Entry::Aggregate(_) => None,
    }
}

fn read_body(kind: Kind, id: RecordId, text: &str, salt: Option<Salt>) -> Result<Entry, DecodeError> {
    fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DecodeError> {
        serde_json::from_str(text).map_err(|error| malformed_json("its body", &error))
    }
    let id = id.to_string();
    Ok(match kind {
        Kind::Intent => Entry::Intent(crate::Intent { id, salt, ..parse(text)? }),
        Kind::Outcome => Entry::Outcome(Outcome { id, salt, ..parse(text)? }),
        Kind::Refusal => Entry::Refusal(crate::Refusal { id, salt, ..parse(text)? }),
        Kind::Act => Entry::Act(crate::Act { id, ..parse(text)? }),
        Kind::Aggregate => Entry::Aggregate(crate::Aggregate { id, ..parse(text)? }),
    })
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

fn later_version(text: &str, error: &serde_json::Error) -> DecodeError {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    match serde_json::from_str::<Version>(text) {
        Ok(Version { v }) if v > FORMAT_VERSION => DecodeError::Version(v),
        _ => malformed_json("its public line", error),
    }
}

/// Says where, and not what: a parser's message may quote the text.
fn malformed_json(what: &str, error: &serde_json::Error) -> DecodeError {
    DecodeError::Malformed(format!("{what} is not what the format says, at column {}", error.column()))
}

fn malformed(reason: &str) -> DecodeError {
    DecodeError::Malformed(reason.to_owned())
}

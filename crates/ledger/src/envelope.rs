//! A record of version 2 in bytes: the envelope that is hashed and proved, and the opening of its commitments beside it.
//!
//! The envelope is what an entry of a C2SP tile holds: fixed in size, two blocks of SHA-256. Integers are little-endian.

use crate::{
    Hash, Kind, RecordId,
    content::{self, Commitments, FACTS, Field},
    encode::{DecodeError, leaf_hash},
    salts::FactSalts,
};

/// How each record of this version begins.
pub const MAGIC: [u8; 4] = *b"PCL2";
/// Length of an envelope in bytes.
pub const ENVELOPE_BYTES: usize = 101;
/// What `ends` says in a record that is no outcome.
const ENDS_NOTHING: u64 = u64::MAX;
/// The opening is as it was written.
const WHOLE: u8 = 0;
/// Who, rest and their salt were destroyed.
const ERASED: u8 = 1;

/// What a record's leaf says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Its kind.
    pub kind: Kind,
    /// Sequence number.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub time_ms: u64,
    /// All records before this sequence number were durable when it was written.
    pub durable: u64,
    /// The sequence number of the intent that an outcome ends.
    pub ends: Option<u64>,
    /// Hash of the record before.
    pub prev: Hash,
    /// Root of its commitments (see [`crate::content`]).
    pub content: Hash,
}

/// What opens an envelope's commitments, as it stands beside the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening<'a> {
    /// The record's id.
    pub id: RecordId,
    /// The values of [`FACTS`], for records that have them.
    pub facts: Option<[&'a [u8]; 4]>,
    /// The part that may be erased.
    pub private: Private<'a>,
}

/// The part of an opening that may be erased.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Private<'a> {
    /// As it was written.
    Whole {
        /// From which the salts of who and rest follow.
        salt: [u8; 32],
        /// The value of [`Field::Who`]; empty for records without facts.
        who: &'a [u8],
        /// The value of [`Field::Rest`], without the id before it.
        rest: &'a [u8],
    },
    /// Destroyed. What remains is the hash that stood for it: without the salt it tells nothing.
    Erased(Hash),
}

impl Envelope {
    /// Appends its bytes.
    pub fn push(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&MAGIC);
        out.push(kind_number(self.kind));
        for number in [self.seq, self.time_ms, self.durable, self.ends.unwrap_or(ENDS_NOTHING)] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.prev.0);
        out.extend_from_slice(&self.content.0);
    }

    /// The record's hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let mut bytes = Vec::with_capacity(ENVELOPE_BYTES);
        self.push(&mut bytes);
        leaf_hash(&bytes)
    }

    /// Reads the envelope that a payload begins with, and gives the rest of it.
    ///
    /// # Errors
    /// When there is none, or one of a later version.
    pub fn read(payload: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        let mut cut = Cut(payload);
        let magic: [u8; 4] = cut.array()?;
        if magic != MAGIC {
            return Err(match magic {
                [b'P', b'C', b'L', version @ b'3'..=b'9'] => DecodeError::Version(u32::from(version - b'0')),
                _ => malformed("it does not begin as a record does"),
            });
        }
        let [kind] = cut.array()?;
        let kind = kind_of(kind).ok_or_else(|| malformed("it is of no kind"))?;
        let (seq, time_ms, durable, ends) = (cut.number()?, cut.number()?, cut.number()?, cut.number()?);
        let ends = (ends != ENDS_NOTHING).then_some(ends);
        if ends.is_some() != (kind == Kind::Outcome) {
            return Err(malformed("outcomes end an intent, and nothing else does"));
        }
        let (prev, content) = (Hash(cut.array()?), Hash(cut.array()?));
        Ok((Self { kind, seq, time_ms, durable, ends, prev, content }, cut.0))
    }
}

impl<'a> Opening<'a> {
    /// Reads what follows the envelope of a record of this kind. All of it must be used.
    ///
    /// # Errors
    /// When it is not an opening.
    pub fn read(kind: Kind, bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut cut = Cut(bytes);
        let [state] = cut.array()?;
        let id = RecordId::from_bytes(cut.array()?);
        let salt: [u8; 32] = cut.array()?;
        let facts = if has_facts(kind) { Some([cut.short()?, cut.short()?, cut.short()?, cut.short()?]) } else { None };
        let (who, rest) = (cut.short()?, cut.long()?);
        let private = match state {
            WHOLE => Private::Whole { salt, who, rest },
            ERASED if [who, rest].iter().all(|bytes| bytes.iter().all(|byte| *byte == 0)) => {
                Private::Erased(Hash(salt))
            }
            _ => return Err(malformed("it is neither whole nor erased")),
        };
        if !cut.0.is_empty() || (facts.is_none() && !who.is_empty()) {
            return Err(malformed("there is more than a record has"));
        }
        Ok(Self { id, facts, private })
    }

    /// The root of the commitments that it opens. `salts` are those of its facts.
    #[must_use]
    pub fn content(&self, salts: &FactSalts) -> Hash {
        let private = self.private.hash(self.id, self.facts.is_some());
        match &self.facts {
            None => private,
            Some(values) => content_of(values, salts, private),
        }
    }
}

impl Private<'_> {
    /// What stands for it in the commitments: the node over who and rest, or the commitment to rest alone.
    #[must_use]
    pub fn hash(&self, id: RecordId, with_who: bool) -> Hash {
        match self {
            Self::Erased(hash) => *hash,
            Self::Whole { salt, who, rest } => private_hash(salt, with_who.then_some(*who), id, rest),
        }
    }
}

impl std::fmt::Debug for Private<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole { who, rest, .. } => write!(f, "Whole({} + {} bytes)", who.len(), rest.len()),
            Self::Erased(hash) => write!(f, "Erased({hash})"),
        }
    }
}

/// Whether records of this kind have facts.
#[must_use]
pub fn has_facts(kind: Kind) -> bool {
    matches!(kind, Kind::Intent | Kind::Refusal)
}

/// The content of a record with facts.
pub(crate) fn content_of(values: &[&[u8]; 4], salts: &FactSalts, private: Hash) -> Hash {
    let mut facts = [Hash::ZERO; 4];
    for (((place, field), salt), value) in facts.iter_mut().zip(FACTS).zip(salts).zip(values) {
        *place = content::commit(field, salt, &[value]);
    }
    Commitments { facts, private }.root()
}

pub(crate) fn private_hash(salt: &[u8; 32], who: Option<&[u8]>, id: RecordId, rest: &[u8]) -> Hash {
    let rest_salt = content::private_salt(Field::Rest, salt);
    let rest = content::commit(Field::Rest, &rest_salt, &[&id.to_bytes(), rest]);
    match who {
        None => rest,
        Some(who) => {
            content::node(&content::commit(Field::Who, &content::private_salt(Field::Who, salt), &[who]), &rest)
        }
    }
}

/// Appends a whole opening; gives the places of the facts' values in `out`. Too long a value is cut by its length
/// field's type: encoders bound records far below.
pub(crate) fn push_opening(opening: &Opening<'_>, out: &mut Vec<u8>) -> [(usize, usize); 4] {
    let mut places = [(0, 0); 4];
    let (state, salt, who, rest) = match &opening.private {
        Private::Whole { salt, who, rest } => (WHOLE, *salt, *who, *rest),
        Private::Erased(hash) => (ERASED, hash.0, &[][..], &[][..]),
    };
    out.push(state);
    out.extend_from_slice(&opening.id.to_bytes());
    out.extend_from_slice(&salt);
    for (place, value) in places.iter_mut().zip(opening.facts.iter().flatten()) {
        push_short(value, out);
        *place = (out.len() - value.len(), out.len());
    }
    push_short(who, out);
    out.extend_from_slice(&u32::try_from(rest.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(rest);
    places
}

fn push_short(value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend_from_slice(value);
}

/// Erases a record's payload in place: who, rest and their salt are gone, the rest stands as it was. True if there was
/// something to erase. A payload that is no record of this version is left alone.
pub fn erase(payload: &mut [u8]) -> bool {
    let Some((private, who, rest)) = Envelope::read(payload).ok().and_then(|(envelope, bytes)| {
        let opening = Opening::read(envelope.kind, bytes).ok()?;
        match opening.private {
            Private::Erased(_) => None,
            Private::Whole { who, rest, .. } => {
                Some((opening.private.hash(opening.id, opening.facts.is_some()), who.len(), rest.len()))
            }
        }
    }) else {
        return false;
    };
    let length = payload.len();
    // Both values stand at the end: `who`, four bytes of length, `rest`.
    for (from, to) in [(length - rest, length), (length - rest - 4 - who, length - rest - 4)] {
        payload.get_mut(from..to).unwrap_or_default().fill(0);
    }
    if let Some(state) = payload.get_mut(ENVELOPE_BYTES) {
        *state = ERASED;
    }
    let salt_at = ENVELOPE_BYTES + 1 + 16;
    if let Some(salt) = payload.get_mut(salt_at..salt_at + 32) {
        salt.copy_from_slice(&private.0);
    }
    true
}

/// Bytes, cut from the front.
struct Cut<'a>(&'a [u8]);

impl<'a> Cut<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (array, rest) = self.0.split_first_chunk::<N>().ok_or_else(|| malformed("it is too short"))?;
        self.0 = rest;
        Ok(*array)
    }

    fn number(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(|| malformed("it is too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn short(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = u16::from_le_bytes(self.array()?);
        self.take(usize::from(length))
    }

    fn long(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = u32::from_le_bytes(self.array()?);
        self.take(length as usize)
    }
}

pub(crate) fn kind_number(kind: Kind) -> u8 {
    match kind {
        Kind::Intent => 1,
        Kind::Outcome => 2,
        Kind::Refusal => 3,
        Kind::Act => 4,
        Kind::Aggregate => 5,
    }
}

pub(crate) fn kind_of(number: u8) -> Option<Kind> {
    Some(match number {
        1 => Kind::Intent,
        2 => Kind::Outcome,
        3 => Kind::Refusal,
        4 => Kind::Act,
        5 => Kind::Aggregate,
        _ => return None,
    })
}

fn malformed(reason: &str) -> DecodeError {
    DecodeError::Malformed(reason.to_owned())
}

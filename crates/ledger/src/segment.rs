//! Segments: files of frames, named by their first record, the first frame a header that ties them to the chain.

use serde::{Deserialize, Serialize};

use crate::{FORMAT_VERSION, Hash, encode::DecodeError, frame, salts::Seed};

/// What a segment's name ends in.
pub const SUFFIX: &str = ".segment";
/// What a header says it heads.
const FORMAT: &str = "portcullis-ledger";

/// The first frame of a segment. One line of JSON, fields in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    v: u32,
    format: String,
    /// The ledger's origin, as in its checkpoints.
    pub origin: String,
    /// Sequence number of the first record in the segment.
    pub first: u64,
    /// Hash of the record before it.
    pub prev: Hash,
    /// From which the salts of the facts in this segment follow. Segments of version 1 have none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_hash")]
    seed: Option<Hash>,
}

impl Header {
    /// The header of a segment that begins with record `first`.
    #[must_use]
    pub fn new(origin: &str, first: u64, prev: Hash, seed: &Seed) -> Self {
        let seed = Some(Hash(*seed.bytes()));
        Self { v: FORMAT_VERSION, format: FORMAT.to_owned(), origin: origin.to_owned(), first, prev, seed }
    }

    /// The version of the format that the segment is in.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.v
    }

    /// The seed of its facts' salts; `None` in version 1.
    #[must_use]
    pub fn seed(&self) -> Option<Seed> {
        self.seed.map(|seed| Seed::new(seed.0))
    }

    /// Appends the header's frame to `out`.
    pub fn push(&self, out: &mut Vec<u8>) {
        // A struct of strings and numbers always serialises; were it not so, the empty frame would be refused on reading.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        frame::push(&line, out);
    }

    /// Reads a header frame's payload.
    ///
    /// # Errors
    /// When it is not one, or is of a later version.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let header: Self = serde_json::from_slice(payload)
            .map_err(|_| DecodeError::Malformed("it is not a segment header".to_owned()))?;
        if header.v == 0 || header.v > FORMAT_VERSION {
            return Err(DecodeError::Version(header.v));
        }
        if header.seed.is_some() != (header.v > 1) {
            return Err(DecodeError::Malformed("headers have a seed from version 2 on".to_owned()));
        }
        if header.format != FORMAT {
            return Err(DecodeError::Malformed("it heads some other format".to_owned()));
        }
        Ok(header)
    }
}

/// Absent, or a hash: `null` is neither.
fn some_hash<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Hash>, D::Error> {
    Hash::deserialize(deserializer).map(Some)
}

/// The name of the segment that begins with record `first`; names sort as their records do.
#[must_use]
pub fn name(first: u64) -> String {
    format!("{first:020}{SUFFIX}")
}

/// The first record of the segment of this name; `None` for files that are no segments.
#[must_use]
pub fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back_and_strangers_are_not_segments() {
        assert_eq!(first_of(&name(0)), Some(0));
        assert_eq!(first_of(&name(u64::MAX)), Some(u64::MAX));
        for stranger in ["checkpoints", "1.segment", "+0000000000000000001.segment", "99999999999999999999.segment"] {
            assert_eq!(first_of(stranger), None, "{stranger}");
        }
    }
}

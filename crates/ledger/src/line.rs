//! Records of version 1: two lines of JSON, read and verified for ever, written no more.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Entry, Hash, Kind, Outcome, PRIVATE_BYTES_MAX, RECORD_BYTES_MAX, RecordId, Salt,
    encode::{DecodeError, malformed, malformed_json},
};

/// The version that these are of.
const VERSION: u32 = 1;
/// What stands before and after the salt's digits in a private line.
const PRIVATE_START: &[u8] = b"{\"salt\":\"";
const PRIVATE_END: &[u8] = b"\"}";

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

impl<'a> Line<'a> {
    /// Reads a public line.
    pub(crate) fn read(public: &'a [u8]) -> Result<Self, DecodeError> {
        let text = std::str::from_utf8(public).map_err(|_| malformed("not UTF-8"))?;
        let line: Self = serde_json::from_str(text).map_err(|error| later_version(text, &error))?;
        if line.v != VERSION {
            return Err(DecodeError::Version(line.v));
        }
        Ok(line)
    }

    /// The salt in the private line, if that is the line that this one names.
    pub(crate) fn opened_by(&self, private: Option<&[u8]>) -> Result<Option<Salt>, DecodeError> {
        match (self.private, private) {
            (None, None) => Ok(None),
            (Some(named), Some(private)) if Hash::of(private) == named => {
                // Exactly the bytes that were written: no second way to say the same.
                let digits = private.strip_prefix(PRIVATE_START).and_then(|rest| rest.strip_suffix(PRIVATE_END));
                let salt = digits.and_then(|digits| Hash::from_hex(std::str::from_utf8(digits).ok()?));
                salt.map(|salt| Some(Salt::new(salt.0))).ok_or(DecodeError::Private)
            }
            _ => Err(DecodeError::Private),
        }
    }
}

impl Line<'_> {
    /// The intent that an outcome's body names. Other fields are not read; a doubled one is refused.
    pub(crate) fn intent(&self) -> Option<RecordId> {
        #[derive(Deserialize)]
        struct Body<'a> {
            #[serde(borrow)]
            intent: &'a str,
        }
        serde_json::from_str::<Body<'_>>(self.body.get()).ok().and_then(|body| RecordId::parse(body.intent))
    }
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

pub(crate) fn read_body(kind: Kind, id: RecordId, text: &str, salt: Option<Salt>) -> Result<Entry, DecodeError> {
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

/// Absent, or a hash: `null` is neither.
fn some_hash<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Hash>, D::Error> {
    Hash::deserialize(deserializer).map(Some)
}

fn record_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<RecordId, D::Error> {
    let text = <&str>::deserialize(deserializer)?;
    RecordId::parse(text).ok_or_else(|| serde::de::Error::custom("not a record id"))
}

fn later_version(text: &str, error: &serde_json::Error) -> DecodeError {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    match serde_json::from_str::<Version>(text) {
        Ok(Version { v }) if v > VERSION => DecodeError::Version(v),
        _ => malformed_json("its public line", error),
    }
}

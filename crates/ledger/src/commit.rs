//! Salted commitments: a record binds content that it does not contain.
//!
//! Each field is committed under a salt of its own, derived from the record's, so that opening one commitment
//! (showing its field salt and content) helps nobody to guess another:
//!
//! `field_salt = HMAC-SHA256(record_salt, field)` and `commitment = HMAC-SHA256(field_salt, content)`.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;

use crate::hash::{Hash, deserialize_hex, serialize_hex};

/// Names of the committed fields; part of the format.
pub mod field {
    /// The caller's prompt, as the bytes of the request body that Portcullis received.
    pub const PROMPT: &str = "prompt";
    /// The exact bytes sent upstream in the attempt.
    pub const SENT: &str = "sent";
    /// The bytes of the upstream's answer body that were received.
    pub const RECEIVED: &str = "received";
    /// The bytes that were released to the caller.
    pub const RELEASED: &str = "released";
}

/// A record's secret salt: 256 random bits, kept in its private part. Without it, nobody can test a guess.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// Takes 256 random bits.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// The salt of one field, which opens that field's commitment and no other.
    #[must_use]
    pub fn of_field(&self, field: &str) -> Salt {
        let mut mac = keyed(&self.0);
        mac.update(field.as_bytes());
        Salt(mac.finalize().into_bytes().into())
    }

    /// The salt itself: for the record's opening, and nowhere else.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Commits to all of `content` as the field of this name.
    #[must_use]
    pub fn commit(&self, field: &str, content: &[u8]) -> Commitment {
        let mut committer = Committer::new(self, field);
        committer.update(content);
        committer.finish()
    }
}

/// Commits to content that comes in pieces; where the pieces break makes no difference.
#[derive(Clone)]
pub struct Committer {
    mac: Hmac<Sha256>,
    bytes: u64,
}

impl Committer {
    /// Starts a commitment to the field of this name (see [`field`]).
    #[must_use]
    pub fn new(salt: &Salt, field: &str) -> Self {
        Self { mac: keyed(&salt.of_field(field).0), bytes: 0 }
    }

    /// Adds the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.mac.update(piece);
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
    }

    /// How many bytes went in so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The commitment to everything that went in.
    #[must_use]
    pub fn finish(self) -> Commitment {
        Commitment(self.mac.finalize().into_bytes().into())
    }
}

/// A commitment to content: equal content under the same salt, and no other, gives it again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Commitment([u8; 32]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(32 bytes)")
    }
}

impl fmt::Debug for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Committer({} bytes)", self.bytes)
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({})", Hash(self.0))
    }
}

impl Serialize for Commitment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_hex(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Commitment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_hex(deserializer).map(Self)
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length; the error type exists for other MACs")]
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_commit_as_the_whole_does() {
        let salt = Salt::new([3; 32]);
        let mut pieces = Committer::new(&salt, field::SENT);
        for piece in [&b"he"[..], b"", b"llo"] {
            pieces.update(piece);
        }
        assert_eq!(pieces.bytes(), 5);
        assert_eq!(pieces.finish(), salt.commit(field::SENT, b"hello"));
    }

    #[test]
    fn another_salt_field_or_content_commits_otherwise() {
        let salt = Salt::new([3; 32]);
        let commitment = salt.commit(field::SENT, b"hello");
        assert_ne!(commitment, Salt::new([4; 32]).commit(field::SENT, b"hello"));
        assert_ne!(commitment, salt.commit(field::PROMPT, b"hello"));
        assert_ne!(commitment, salt.commit(field::SENT, b"hello "));
    }

    #[test]
    fn a_salt_is_not_printed() {
        assert_eq!(format!("{:?}", Salt::new([7; 32])), "Salt(32 bytes)");
    }
}

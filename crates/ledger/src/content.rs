//! What a record's leaf commits to: each fact under a salt of its own, so that a proof opens one and nothing else.
//!
//! `commitment = SHA-256(0x03 || field || salt || value)`, and inner nodes `SHA-256(0x02 || left || right)`:
//!
//! ```text
//! content ─┬─┬─┬─ level          how sensitive, found by which detectors, how much could not be read
//!          │ │ └─ classes        what was found
//!          │ └─── jurisdiction   where the destination is declared to be
//!          └─┬─── destination    its name and facts
//!            └─┬─ who            caller, tenant, use case, on whose behalf
//!              └─ rest           everything else, and the record's id
//! ```
//!
//! The first four are what proofs are about, and outlive an erasure; the last two are one lifetime, and die together.
//! Records without such facts (outcomes, acts, aggregates) commit to `rest` alone.

use crate::{Hash, hash::sha256};

/// What is hashed before the two halves of a commitments' node. Never that of a tree node or a leaf.
const NODE_PREFIX: u8 = 2;
/// What is hashed before a field's commitment.
const FIELD_PREFIX: u8 = 3;
/// What is hashed before the salt of a field that may be erased.
const SALT_PREFIX: u8 = 4;

/// A field of a record's envelope. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The level, with the detectors that found it and how many parts could not be inspected.
    Level = 1,
    /// Classes found, and how often each.
    Classes = 2,
    /// The destination's declared jurisdiction.
    Jurisdiction = 3,
    /// The destination and its other facts.
    Destination = 4,
    /// The caller, tenant, use case, and whom the caller acts for.
    Who = 5,
    /// Everything else.
    Rest = 6,
}

/// The fields whose salts outlive an erasure, in the order in which they are stored.
pub const FACTS: [Field; 4] = [Field::Level, Field::Classes, Field::Jurisdiction, Field::Destination];

/// The commitments of a record with facts, or what stands in for those that are not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitments {
    /// Of [`FACTS`], in their order.
    pub facts: [Hash; 4],
    /// The node over who and rest.
    pub private: Hash,
}

impl Commitments {
    /// The root over all of them: what the leaf holds.
    #[must_use]
    pub fn root(&self) -> Hash {
        let [level, classes, jurisdiction, destination] = &self.facts;
        let found = node(level, classes);
        node(&node(&found, jurisdiction), &node(destination, &self.private))
    }
}

/// The commitment to a field's value, which may come in pieces.
#[must_use]
pub fn commit(field: Field, salt: &[u8; 32], value: &[&[u8]]) -> Hash {
    Hash(match value {
        [value] => sha256(&[&[FIELD_PREFIX, field as u8], salt, value]),
        [first, second] => sha256(&[&[FIELD_PREFIX, field as u8], salt, first, second]),
        _ => sha256(&[&[FIELD_PREFIX, field as u8], salt, &value.concat()]),
    })
}

/// A node over two commitments.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Hash(sha256(&[&[NODE_PREFIX], &left.0, &right.0]))
}

/// The salt of a field that may be erased, from the record's own salt: it dies with that.
#[must_use]
pub fn private_salt(field: Field, record_salt: &[u8; 32]) -> [u8; 32] {
    sha256(&[&[SALT_PREFIX, field as u8], record_salt])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_field_salt_or_value_commits_otherwise() {
        let commitment = commit(Field::Level, &[1; 32], &[b"restricted"]);
        assert_eq!(commitment, commit(Field::Level, &[1; 32], &[b"restr", b"icted"]));
        assert_ne!(commitment, commit(Field::Jurisdiction, &[1; 32], &[b"restricted"]));
        assert_ne!(commitment, commit(Field::Level, &[2; 32], &[b"restricted"]));
        assert_ne!(commitment, commit(Field::Level, &[1; 32], &[b"restricted "]));
    }

    #[test]
    fn the_root_depends_on_each_commitment() {
        let commitments = Commitments { facts: [1, 2, 3, 4].map(|n| Hash([n; 32])), private: Hash([5; 32]) };
        let root = commitments.root();
        for changed in 0..5 {
            let mut other = commitments;
            match other.facts.get_mut(changed) {
                Some(fact) => fact.0[0] ^= 1,
                None => other.private.0[0] ^= 1,
            }
            assert_ne!(other.root(), root, "{changed}");
        }
    }
}

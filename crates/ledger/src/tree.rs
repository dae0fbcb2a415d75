//! The Merkle tree over all records (RFC 6962), kept as its right edge.
//!
//! Adding a leaf costs one node hash on average. Inner nodes are not kept: tiles (C2SP tlog-tiles) grow from the
//! same leaves when proofs need them.

use crate::{Hash, hash::sha256};

/// What is hashed before a leaf.
pub const LEAF_PREFIX: u8 = 0;
/// What is hashed before an inner node's two children.
pub const NODE_PREFIX: u8 = 1;

/// A tree, as far as it takes to add leaves and know its root: the roots of its perfect subtrees, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    edge: Vec<Hash>,
}

impl Tree {
    /// How many leaves were added.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_aligned(1, leaf);
    }

    /// Adds the root of a perfect tree over `leaves` leaves. False, and nothing happens, if it may not stand there.
    #[must_use]
    pub fn push_perfect(&mut self, leaves: u64, root: Hash) -> bool {
        let fits = leaves.is_power_of_two() && self.size.is_multiple_of(leaves) && self.size <= u64::MAX - leaves;
        if fits {
            self.push_aligned(leaves, root);
        }
        fits
    }

    /// The roots of the perfect trees that it is made of, largest first.
    #[must_use]
    pub fn edge(&self) -> &[Hash] {
        &self.edge
    }

    fn push_aligned(&mut self, leaves: u64, root: Hash) {
        let mut node = root;
        let mut merges = (self.size >> leaves.trailing_zeros()).trailing_ones();
        while merges > 0 {
            if let Some(left) = self.edge.pop() {
                node = node_hash(&left, &node);
            }
            merges -= 1;
        }
        self.edge.push(node);
        self.size += leaves;
    }

    /// The root hash; of no leaves, SHA-256 of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut nodes = self.edge.iter().rev();
        let Some(&last) = nodes.next() else { return Hash::of(b"") };
        nodes.fold(last, |right, left| node_hash(left, &right))
    }
}

/// The hash of an inner node.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(sha256(&[&[NODE_PREFIX], &left.0, &right.0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::leaf_hash;

    /// The definition in RFC 6962, section 2.1, word for word.
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of(b""),
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&root_by_definition(&leaves[..split]), &root_by_definition(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_root_is_that_of_the_definition_at_every_size() {
        let leaves: Vec<Hash> = (0..70_u8).map(|n| leaf_hash(&[n])).collect();
        let mut tree = Tree::default();
        for size in 0..=leaves.len() {
            assert_eq!(tree.root(), root_by_definition(&leaves[..size]), "size {size}");
            if let Some(leaf) = leaves.get(size) {
                tree.push(*leaf);
            }
        }
    }

    #[test]
    fn known_answers_of_certificate_transparency() {
        // From the reference vectors of RFC 6962 implementations.
        let inputs: [&[u8]; 3] = [b"", b"\x00", b"\x10"];
        let mut tree = Tree::default();
        assert_eq!(tree.root().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for input in inputs {
            tree.push(leaf_hash(input));
        }
        assert_eq!(tree.root().hex(), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
    }
}

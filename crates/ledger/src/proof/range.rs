//! The Merkle proof that a range of records is a whole piece of a signed tree (RFC 6962's tree; compact ranges).
//!
//! Left of the range stand the roots of the perfect trees over everything before it, as many as its first number has ones.
//! Right of it stand those of the perfect trees over everything after it. With the range's own leaves between them they
//! give the root, or they do not.

/// The sizes (powers of two) of the perfect trees over leaves `from` to `to`, left to right.
pub fn cover_sizes(from: u64, to: u64) -> impl Iterator<Item = u64> {
    let mut at = from;
    std::iter::from_fn(move || {
        let left = to.checked_sub(at).filter(|left| *left > 0)?;
        let largest = 1_u64 << left.ilog2();
        let aligned = if at == 0 { largest } else { 1 << at.trailing_zeros() };
        let size = largest.min(aligned);
        at += size;
        Some(size)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hash, tree::Tree};

    #[test]
    fn covers_and_leaves_give_the_root_for_every_range() {
        let leaves: Vec<Hash> = (0..37_u8).map(|n| Hash::of(&[n])).collect();
        let mut whole = Tree::default();
        leaves.iter().for_each(|leaf| whole.push(*leaf));
        let root_of = |from: u64, to: u64| {
            let mut tree = Tree::default();
            leaves[from as usize..to as usize].iter().for_each(|leaf| tree.push(*leaf));
            tree.root()
        };
        for from in 0..37 {
            for to in from..=37 {
                let mut tree = Tree::default();
                let mut at = 0;
                for size in cover_sizes(0, from) {
                    assert!(tree.push_perfect(size, root_of(at, at + size)));
                    at += size;
                }
                leaves[from as usize..to as usize].iter().for_each(|leaf| tree.push(*leaf));
                at = to;
                for size in cover_sizes(to, 37) {
                    assert!(tree.push_perfect(size, root_of(at, at + size)));
                    at += size;
                }
                assert_eq!((tree.root(), tree.size()), (whole.root(), 37), "{from} to {to}");
            }
        }
    }

    #[test]
    fn a_tree_takes_no_piece_out_of_place() {
        let mut tree = Tree::default();
        tree.push(Hash::of(b"one"));
        assert!(!tree.push_perfect(2, Hash::of(b"two")));
        assert!(!tree.push_perfect(3, Hash::of(b"three")));
        assert!(!tree.push_perfect(0, Hash::of(b"none")));
    }
}

//! The salts of facts: leaves of seed trees, so that a range of records opens with a few seeds and no more.
//!
//! Each segment has one random seed, and each field a tree of its own over it (Goldreich, Goldwasser and Micali, "How to
//! construct random functions", 1986): a node's children are `SHA-256(seed || 0)` and `SHA-256(seed || 1)`, the leaf of
//! number `n` is the salt of the segment's record `n`. Who has a node's seed has the salts below it and no others, so
//! that the salts of one field in `n` records in a row are shown by at most `2 log2 n` seeds.

use crate::{
    content::{FACTS, Field},
    hash::sha256,
};

/// Height of a tree: a segment may have 2^32 records.
pub const HEIGHT: u32 = 32;
/// What is hashed before a field's number and the segment's seed, to make the root of the field's tree.
const ROOT_PREFIX: &[u8] = b"portcullis facts v2\0";

/// A segment's seed: 256 random bits, in its header.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

/// The salts of one record's facts, in the order of [`FACTS`].
pub type FactSalts = [[u8; 32]; 4];

/// A node that covers the salts of some records in a row: its height, and its seed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cover {
    /// It covers `2^height` records.
    pub height: u32,
    /// From which their salts follow.
    pub seed: [u8; 32],
}

/// Gives the salts of records one after the other, remembering the path to the last one.
#[derive(Clone)]
pub struct Salts {
    cursors: [Cursor; 4],
}

#[derive(Clone)]
struct Cursor {
    /// From the root (first) to the leaf of `index`.
    path: [[u8; 32]; HEIGHT as usize + 1],
    index: u32,
}

impl Seed {
    /// Takes 256 random bits.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The salts of the segment's records.
    #[must_use]
    pub fn salts(&self) -> Salts {
        Salts { cursors: FACTS.map(|field| Cursor::new(self.root(field))) }
    }

    /// The fewest nodes that cover the salts of one field in the segment's records `from` to `to` (exclusive), and no
    /// others.
    #[must_use]
    pub fn cover(&self, field: Field, from: u32, to: u32) -> Vec<Cover> {
        let root = self.root(field);
        let mut covers = Vec::new();
        let mut at = from;
        for height in heights(from, to) {
            let mut seed = root;
            for bit in (height..HEIGHT).rev() {
                seed = child(&seed, (at >> bit) & 1 == 1);
            }
            covers.push(Cover { height, seed });
            at = at.wrapping_add(1_u32.checked_shl(height).unwrap_or_default());
        }
        covers
    }

    fn root(&self, field: Field) -> [u8; 32] {
        sha256(&[ROOT_PREFIX, &[field as u8], &self.0])
    }
}

impl Cover {
    /// Calls `each` with every salt below, in order.
    pub fn expand(&self, each: &mut dyn FnMut([u8; 32])) {
        let mut due = vec![*self];
        while let Some(node) = due.pop() {
            match node.height.checked_sub(1) {
                None => each(node.seed),
                Some(height) => {
                    due.push(Self { height, seed: child(&node.seed, true) });
                    due.push(Self { height, seed: child(&node.seed, false) });
                }
            }
        }
    }
}

/// The heights of the nodes that cover `from` to `to` (exclusive), left to right. They follow from the range alone.
pub fn heights(from: u32, to: u32) -> impl Iterator<Item = u32> {
    let mut at = u64::from(from);
    let to = u64::from(to);
    std::iter::from_fn(move || {
        let left = to.checked_sub(at).filter(|left| *left > 0)?;
        let height = at.trailing_zeros().min(left.ilog2()).min(HEIGHT);
        at += 1 << height;
        Some(height)
    })
}

impl Salts {
    /// The salts of the segment's record `index`.
    pub fn at(&mut self, index: u32) -> FactSalts {
        let [a, b, c, d] = &mut self.cursors;
        [a.at(index), b.at(index), c.at(index), d.at(index)]
    }
}

impl Cursor {
    fn new(root: [u8; 32]) -> Self {
        let mut cursor = Self { path: [root; HEIGHT as usize + 1], index: 0 };
        cursor.walk(0, 0);
        cursor
    }

    fn at(&mut self, index: u32) -> [u8; 32] {
        let same = (self.index ^ index).leading_zeros();
        if same < HEIGHT {
            self.walk(index, same);
        }
        self.path.last().copied().unwrap_or_default()
    }

    /// Computes the path below depth `from` anew.
    fn walk(&mut self, index: u32, from: u32) {
        let mut seed = self.path.get(from as usize).copied().unwrap_or_default();
        for (depth, place) in self.path.iter_mut().enumerate().skip(from as usize + 1) {
            let bit = HEIGHT - u32::try_from(depth).unwrap_or(HEIGHT);
            seed = child(&seed, (index >> bit) & 1 == 1);
            *place = seed;
        }
        self.index = index;
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(32 bytes)")
    }
}

impl std::fmt::Debug for Cover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cover(2^{} salts)", self.height)
    }
}

impl std::fmt::Debug for Salts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salts")
    }
}

fn child(seed: &[u8; 32], right: bool) -> [u8; 32] {
    sha256(&[seed, &[u8::from(right)]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_salt_is_the_same_by_whatever_way_one_comes_to_it() {
        let seed = Seed::new([9; 32]);
        let mut in_order = seed.salts();
        let salts: Vec<FactSalts> = (0..70).map(|index| in_order.at(index)).collect();
        let mut jumping = seed.salts();
        for index in [0, 69, 1, 31, 32, 33, 64, 2] {
            assert_eq!(jumping.at(index), salts[index as usize], "{index}");
        }
        let mut different: Vec<[u8; 32]> = salts.concat();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 4 * 70);
    }

    #[test]
    fn a_cover_gives_the_salts_of_its_range_and_no_others() {
        let seed = Seed::new([9; 32]);
        let mut all = seed.salts();
        for (from, to) in [(0, 1), (0, 64), (3, 3), (3, 17), (1, 64), (31, 33), (5, 100)] {
            let covers = seed.cover(Field::Jurisdiction, from, to);
            let mut salts = Vec::new();
            covers.iter().for_each(|cover| cover.expand(&mut |salt| salts.push(salt)));
            let due: Vec<[u8; 32]> = (from..to).map(|index| all.at(index)[2]).collect();
            assert_eq!(salts, due, "{from} to {to}");
            assert!(covers.len() <= 2 * 7, "{from} to {to}: {}", covers.len());
        }
    }

    #[test]
    fn the_last_record_of_the_largest_segment_has_a_salt() {
        let seed = Seed::new([9; 32]);
        let last = seed.salts().at(u32::MAX);
        assert_eq!(seed.cover(Field::Level, u32::MAX - 1, u32::MAX).len(), 1);
        assert_ne!(last, seed.salts().at(0));
    }

    #[test]
    fn a_seed_is_not_printed() {
        assert_eq!(format!("{:?}", Seed::new([7; 32])), "Seed(32 bytes)");
    }
}

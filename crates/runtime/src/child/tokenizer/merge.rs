//! The merging that both tokenizers share: neighbours join, best pair first, until no pair is known.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// A stretch of bytes, and the stretches beside it.
#[derive(Clone)]
struct Symbol {
    bytes: Range<usize>,
    /// `NOWHERE` at the ends.
    before: usize,
    after: usize,
    alive: bool,
}

const NOWHERE: usize = usize::MAX;

/// Joins neighbours among `parts`, which follow one another without a gap. `rank` says how good the join of two
/// neighbours is, the smallest first and the leftmost among equals; `None`, that there is no such word.
///
/// Takes `n log n` time, so that a text without borders costs no more than another.
pub(super) fn merge(
    parts: impl Iterator<Item = Range<usize>>,
    rank: impl Fn(Range<usize>, Range<usize>) -> Option<u32>,
) -> Vec<Range<usize>> {
    let mut symbols: Vec<Symbol> = parts
        .enumerate()
        .map(|(at, bytes)| Symbol { bytes, before: at.checked_sub(1).unwrap_or(NOWHERE), after: at + 1, alive: true })
        .collect();
    if let Some(last) = symbols.last_mut() {
        last.after = NOWHERE;
    }
    let mut candidates = BinaryHeap::new();
    let propose = |symbols: &[Symbol], left: usize, candidates: &mut BinaryHeap<_>| {
        let pair = symbols.get(left).and_then(|first| Some((first, symbols.get(first.after)?)));
        if let Some((first, second)) = pair
            && let Some(rank) = rank(first.bytes.clone(), second.bytes.clone())
        {
            candidates.push(Reverse((rank, left, first.bytes.end, second.bytes.end)));
        }
    };
    for left in 0..symbols.len() {
        propose(&symbols, left, &mut candidates);
    }
    while let Some(Reverse((_, left, middle, end))) = candidates.pop() {
        let Some(first) = symbols.get(left).cloned() else { continue };
        let Some(second) = symbols.get(first.after).cloned() else { continue };
        // A candidate is stale when either side has been joined to something since.
        if !first.alive || first.bytes.end != middle || second.bytes.end != end {
            continue;
        }
        if let Some(gone) = symbols.get_mut(first.after) {
            gone.alive = false;
        }
        if let Some(beyond) = symbols.get_mut(second.after) {
            beyond.before = left;
        }
        if let Some(joined) = symbols.get_mut(left) {
            joined.bytes.end = end;
            joined.after = second.after;
        }
        propose(&symbols, first.before, &mut candidates);
        propose(&symbols, left, &mut candidates);
    }
    symbols.into_iter().filter(|symbol| symbol.alive).map(|symbol| symbol.bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, words: &[&str], expected: &[&str]) {
        let rank = |left: Range<usize>, right: Range<usize>| {
            let joined = text.get(left.start..right.end).unwrap();
            words.iter().position(|word| *word == joined).map(|at| at as u32)
        };
        let merged = merge((0..text.len()).map(|at| at..at + 1), rank);
        assert_eq!(merged.into_iter().map(|range| text.get(range).unwrap()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_best_pair_joins_first_and_then_the_leftmost() {
        check("abc", &["bc", "ab"], &["a", "bc"]);
        check("aaa", &["aa"], &["aa", "a"]);
        check("abcd", &["ab", "cd", "abcd"], &["abcd"]);
        check("", &["ab"], &[]);
        check("x", &[], &["x"]);
    }
}

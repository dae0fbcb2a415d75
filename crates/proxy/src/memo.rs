//! The memory of decisions: the same input under the same policies gives the same decision, so it is not made twice.
//!
//! The key is the whole policy input as the ledger keeps it, down to the second, caller and destinations included. It is
//! what a replay decides from again, so nothing that a decision depends on is missing from it. A memory belongs to one
//! alias of one snapshot and goes with it; revocation is looked at elsewhere, live.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use judge::Decision;

/// Decisions by their input.
#[derive(Debug, Default)]
pub(crate) struct Memo(Mutex<HashMap<Box<str>, Arc<Decision>>>);

impl Memo {
    /// The decision on `input`, made by `decide` unless it was made before.
    pub(crate) fn decision(&self, input: &str, decide: impl FnOnce() -> Decision) -> Arc<Decision> {
        if let Some(known) = self.lock().get(input) {
            return Arc::clone(known);
        }
        let made = Arc::new(decide());
        let mut memo = self.lock();
        // Inputs of past seconds never come again; forgetting all of them is simpler than finding them.
        if memo.len() >= DECISIONS_MAX {
            memo.clear();
        }
        memo.insert(input.into(), Arc::clone(&made));
        made
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, Arc<Decision>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Decisions that are kept for one alias; about 2 KB each.
const DECISIONS_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(level: inspect::Level) -> Decision {
        Decision { level, permitted: Vec::new(), refused: Vec::new() }
    }

    #[test]
    fn one_input_is_decided_once_and_another_one_anew() {
        let memo = Memo::default();
        let first = memo.decision("a", || decision(inspect::Level::Public));
        let again = memo.decision("a", || panic!("decided twice"));
        assert_eq!(first, again);
        assert_eq!(memo.decision("b", || decision(inspect::Level::Restricted)).level, inspect::Level::Restricted);
    }

    #[test]
    fn it_does_not_grow_without_bound() {
        let memo = Memo::default();
        for number in 0..3 * DECISIONS_MAX {
            let _ = memo.decision(&number.to_string(), || decision(inspect::Level::Public));
        }
        assert!(memo.lock().len() <= DECISIONS_MAX);
    }
}

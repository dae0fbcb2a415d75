//! What strangers cause, counted instead of recorded one by one.

use std::collections::BTreeMap;

use ledger::{Aggregate, Entry};

use crate::{
    fresh,
    options::{STRANGER_REASONS_MAX, STRANGERS_MS},
};

/// Counts since the last aggregate.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    counts: BTreeMap<&'static str, u64>,
    from_ms: u64,
    last_ms: u64,
}

impl Strangers {
    /// Counts one. True if it is the first since the last aggregate.
    pub(crate) fn count(&mut self, reason: &'static str, now_ms: u64) -> bool {
        let first = self.counts.is_empty();
        if first {
            self.from_ms = now_ms;
        }
        let known = self.counts.contains_key(reason) || self.counts.len() < STRANGER_REASONS_MAX;
        let count = self.counts.entry(if known { reason } else { "other" }).or_insert(0);
        *count = count.saturating_add(1);
        first
    }

    /// Milliseconds until an aggregate may be written; `None` if there is nothing to write.
    pub(crate) fn due_in_ms(&self, now_ms: u64) -> Option<u64> {
        if self.counts.is_empty() {
            return None;
        }
        // Should the clock have gone back, at most one interval is waited.
        let since = now_ms.saturating_sub(self.last_ms);
        Some(STRANGERS_MS.saturating_sub(since).min(STRANGERS_MS))
    }

    /// Takes the counts, if an aggregate may be written now; `at_once` takes them in any case.
    pub(crate) fn take(&mut self, now_ms: u64, at_once: bool) -> Option<Entry> {
        if self.due_in_ms(now_ms)? > 0 && !at_once {
            return None;
        }
        self.last_ms = now_ms;
        let counts = std::mem::take(&mut self.counts);
        Some(Entry::Aggregate(Aggregate {
            id: fresh::RecordId::new(),
            what: "authentication.failed".to_owned(),
            counts: counts.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect(),
            from_ms: self.from_ms,
            to_ms: now_ms,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_makes_one_record_a_second() {
        let mut strangers = Strangers::default();
        let mut records = 0;
        for now_ms in 10_000..15_000 {
            for _ in 0..10 {
                strangers.count("unknown", now_ms);
            }
            records += u32::from(strangers.take(now_ms, false).is_some());
        }
        assert_eq!(records, 5);
    }

    #[test]
    fn reasons_are_bounded_and_none_is_lost() {
        const NAMES: [&str; 20] =
            ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"];
        let mut strangers = Strangers::default();
        for name in NAMES {
            strangers.count(name, 5_000);
        }
        let Some(Entry::Aggregate(aggregate)) = strangers.take(5_000, false) else { panic!("an aggregate is due") };
        assert_eq!(aggregate.counts.len(), STRANGER_REASONS_MAX + 1);
        assert_eq!(aggregate.counts.values().sum::<u64>(), 20);
        assert_eq!(strangers.take(50_000, true), None);
    }
}

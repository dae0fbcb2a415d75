//! The limit of calls at once: it grows while calls go well, and shrinks when they become slow or are turned away.

use std::time::Duration;

use tokio::time::Instant;

/// What was measured of one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sample {
    /// A whole answer came: microseconds for each token of work.
    Whole(f64),
    /// A stream began: microseconds for each token that was read until its head came.
    Stream(f64),
    /// The destination said that it has too much to do, or did not answer in time.
    Overloaded,
    /// Nothing can be learned from it.
    Nothing,
}

/// A limit that adapts.
#[derive(Debug)]
pub(super) struct Limit {
    most: f64,
    now: f64,
    /// The best known, by kind of call; drifts upwards, so that a destination that became slower is believed in the end.
    best: [Option<f64>; 2],
    /// A moving mean of how long a call has its place, in seconds.
    holds_s: f64,
    shrunk: Option<Instant>,
}

impl Limit {
    pub(super) fn new(most: u32) -> Self {
        let most = f64::from(most.max(1));
        Self { most, now: most.min(START), best: [None; 2], holds_s: 0.0, shrunk: None }
    }

    /// Calls at once, at present.
    pub(super) fn calls(&self) -> u32 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a u32")]
        let calls = self.now.max(1.0).floor() as u32;
        calls
    }

    /// Seconds until a place is likely to become free, at least one.
    pub(super) fn seconds(&self) -> u32 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before the cast")]
        let seconds = self.holds_s.ceil().clamp(1.0, RETRY_AFTER_S_MAX) as u32;
        seconds
    }

    /// Learns from a call that had its place for `held`, while `calls` had one.
    pub(super) fn learn(&mut self, sample: Sample, held: Duration, calls: u32) {
        let held_s = held.as_secs_f64();
        self.holds_s = if self.holds_s == 0.0 { held_s } else { self.holds_s * 0.9 + held_s * 0.1 };
        let slow = match sample {
            Sample::Nothing => return,
            Sample::Overloaded => return self.shrink(OVERLOADED_FACTOR),
            Sample::Whole(per_token) => self.compare(0, per_token),
            Sample::Stream(per_token) => self.compare(1, per_token),
        };
        if slow {
            self.shrink(SLOW_FACTOR);
        } else if f64::from(calls) >= self.now * USED_SHARE {
            // One more for each round of calls that went well, and only where the limit is what held them back; until the
            // first trouble, a quarter more for each round.
            let growth = if self.shrunk.is_none() { GROWTH_FIRST } else { 1.0 / self.now };
            self.now = (self.now + growth).min(self.most);
        }
    }

    /// Whether a sample is slow beside the best one known.
    fn compare(&mut self, kind: usize, per_token: f64) -> bool {
        let Some(best) = self.best.get_mut(kind) else { return false };
        match best {
            None => {
                *best = Some(per_token);
                false
            }
            Some(best) if per_token < *best => {
                // Towards it, not all the way: one lucky sample is no rule.
                *best = *best * 0.8 + per_token * 0.2;
                false
            }
            Some(best) => {
                *best *= DRIFT;
                per_token > *best * SLOW_RATIO
            }
        }
    }

    /// At most once in twice the time that a call has its place: the calls that are under way all tell the same, and those
    /// after them still felt them.
    fn shrink(&mut self, factor: f64) {
        let rest = Duration::from_secs_f64((self.holds_s * 2.0).min(20.0));
        if self.shrunk.is_some_and(|at| at.elapsed() < rest) {
            return;
        }
        self.shrunk = Some(Instant::now());
        self.now = (self.now * factor).max(1.0);
    }
}

/// Calls at once to begin with.
const START: f64 = 8.0;
/// How much the limit grows with each call that went well, until the first trouble.
const GROWTH_FIRST: f64 = 0.25;
/// So many times the best known is slow. Engines that generate for many calls at once take longer for each the more there are,
/// and yet serve more in all; that much is taken for work, more for trouble.
const SLOW_RATIO: f64 = 3.0;
const SLOW_FACTOR: f64 = 0.9;
const OVERLOADED_FACTOR: f64 = 0.7;
const USED_SHARE: f64 = 0.8;
/// The best known grows by this with each sample that is not better: by half in 4,000 of them.
const DRIFT: f64 = 1.0001;
const RETRY_AFTER_S_MAX: f64 = 60.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_grows_while_calls_go_well_and_shrinks_when_they_become_slow() {
        let mut limit = Limit::new(100);
        for _ in 0..2_000 {
            limit.learn(Sample::Whole(10.0), Duration::from_secs(1), limit.calls());
        }
        let grown = limit.calls();
        assert!(grown > 50, "{grown}");
        for _ in 0..200 {
            tokio::time::advance(Duration::from_secs(3)).await;
            limit.learn(Sample::Whole(50.0), Duration::from_secs(1), limit.calls());
        }
        assert_eq!(limit.calls(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn it_does_not_grow_where_it_is_not_used_and_shrinks_once_for_all_that_are_under_way() {
        let mut limit = Limit::new(100);
        for _ in 0..100 {
            limit.learn(Sample::Stream(10.0), Duration::from_secs(1), 1);
        }
        assert_eq!(limit.calls(), 8);
        for _ in 0..8 {
            limit.learn(Sample::Overloaded, Duration::from_secs(1), 8);
        }
        assert_eq!(limit.calls(), 5);
    }
}

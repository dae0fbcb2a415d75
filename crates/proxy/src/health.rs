//! How a destination has been doing: a circuit breaker, ejection of outliers, active probes, a slow start, and what is
//! measured of its load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use judge::choose::{Breaker, WARM};

/// How a destination has been doing. It survives a reload.
///
/// Two things make the breaker open: too many failures in a row, or half of the calls of a short window (an outlier). After
/// that it is left alone for a while, longer each time; then one call at a time finds out whether it is well again. Failing
/// active probes close a destination, too, until one succeeds. What comes back starts slowly.
#[derive(Debug, Default)]
pub struct Health {
    failures: AtomicU32,
    /// Milliseconds on the gate's clock until which it is left alone; 0: the breaker is closed.
    open_until_ms: AtomicU64,
    /// How often it was left alone without having been well for long in between.
    openings: AtomicU32,
    /// Whether a call is finding out.
    probing: AtomicBool,
    window: Window,
    /// Active probes that failed in a row.
    probes_failed: AtomicU32,
    /// When it came back, on the gate's clock; 0: never, or long ago.
    back_ms: AtomicU64,
    in_flight: AtomicU32,
    outstanding_tokens: AtomicU64,
    /// A moving mean of microseconds to the head of an answer; 0: not measured.
    latency_us: AtomicU64,
}

/// Calls and failures of the present window, in one word: second it began, calls, failures.
#[derive(Debug, Default)]
struct Window(AtomicU64);

impl Health {
    /// The state of the breaker at `now_ms`.
    pub fn breaker(&self, now_ms: u64) -> Breaker {
        match self.open_until_ms.load(Ordering::Relaxed) {
            0 => Breaker::Closed,
            until if now_ms < until => Breaker::Open,
            _ => Breaker::HalfOpen { probing: self.probing.load(Ordering::Relaxed) },
        }
    }

    /// Milliseconds until it may be tried again; 0 when it may be now.
    pub fn rests_ms(&self, now_ms: u64) -> u64 {
        self.open_until_ms.load(Ordering::Relaxed).saturating_sub(now_ms)
    }

    /// Whether its active probes succeed; true where there are none.
    pub fn passes_probes(&self) -> bool {
        self.probes_failed.load(Ordering::Relaxed) < PROBES_FAILED_MAX
    }

    /// Its share of calls, 0 to 1000: less than 1000 while it starts slowly after it came back.
    pub fn warm_permille(&self, now_ms: u64) -> u16 {
        let back = self.back_ms.load(Ordering::Relaxed);
        if back == 0 {
            return WARM;
        }
        let slow = u64::try_from(SLOW_START.as_millis()).unwrap_or(u64::MAX);
        let share = now_ms.saturating_sub(back).saturating_mul(u64::from(WARM)) / slow.max(1);
        u16::try_from(share.max(WARM_LEAST)).unwrap_or(WARM).min(WARM)
    }

    /// Calls on their way.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Tokens of the calls on their way, estimated.
    pub fn outstanding_tokens(&self) -> u64 {
        self.outstanding_tokens.load(Ordering::Relaxed)
    }

    /// Microseconds to the head of its answers, a moving mean.
    pub fn latency_us(&self) -> Option<u64> {
        Some(self.latency_us.load(Ordering::Relaxed)).filter(|us| *us > 0)
    }

    /// Failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures.load(Ordering::Relaxed)
    }

    /// An attempt succeeded. A breaker that is open stays so for its time: an answer that was on its way says little.
    pub(crate) fn succeeded(&self, now_ms: u64) {
        self.failures.store(0, Ordering::Relaxed);
        self.window.add(now_ms, false);
        match self.open_until_ms.load(Ordering::Relaxed) {
            0 if self.warm_permille(now_ms) == WARM => self.openings.store(0, Ordering::Relaxed),
            0 => {}
            until if now_ms >= until => self.comes_back(now_ms),
            _ => {}
        }
    }

    /// An attempt failed. After `failures_max` in a row, as an outlier, or while finding out, it is left alone for `open`,
    /// and longer if that happens again and again.
    pub(crate) fn failed(&self, now_ms: u64, failures_max: u32, open: Duration) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let is_outlier = self.window.add(now_ms, true);
        if failures < failures_max && !is_outlier {
            return;
        }
        if self.breaker(now_ms) == Breaker::Open {
            return;
        }
        let openings = self.openings.fetch_add(1, Ordering::Relaxed).saturating_add(1).min(OPENINGS_COUNTED_MAX);
        let open_ms = u64::try_from(open.as_millis()).unwrap_or(u64::MAX).saturating_mul(u64::from(openings));
        self.open_until_ms.store(now_ms.saturating_add(open_ms).max(1), Ordering::Relaxed);
    }

    /// An active probe came to its end.
    pub(crate) fn probed(&self, now_ms: u64, well: bool) {
        if !well {
            self.probes_failed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let was_out = !self.passes_probes() || self.open_until_ms.load(Ordering::Relaxed) != 0;
        self.probes_failed.store(0, Ordering::Relaxed);
        if was_out {
            self.comes_back(now_ms);
        }
    }

    /// The head of an answer took so long.
    pub(crate) fn head_took(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        // Two that race may lose one measurement, which a mean does not mind.
        let mean = self.latency_us.load(Ordering::Relaxed);
        let mean = if mean == 0 { us } else { mean - mean / LATENCY_SHARE + us / LATENCY_SHARE };
        self.latency_us.store(mean.max(1), Ordering::Relaxed);
    }

    /// A call of about so many tokens is on its way; `probe`: it is the one that finds out.
    pub(crate) fn enter(self: &Arc<Self>, probe: bool, tokens: u64) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.outstanding_tokens.fetch_add(tokens, Ordering::Relaxed);
        if probe {
            self.probing.store(true, Ordering::Relaxed);
        }
        InFlight { health: Arc::clone(self), probe, tokens }
    }

    fn comes_back(&self, now_ms: u64) {
        self.open_until_ms.store(0, Ordering::Relaxed);
        self.failures.store(0, Ordering::Relaxed);
        self.window.0.store(0, Ordering::Relaxed);
        self.back_ms.store(now_ms.max(1), Ordering::Relaxed);
    }
}

impl Window {
    /// Counts a call; whether this failure makes an outlier of the destination.
    fn add(&self, now_ms: u64, failed: bool) -> bool {
        let second = (now_ms / 1000) & u64::from(u32::MAX);
        let mut outlier = false;
        // The closure gives a value always, so that the update cannot fail.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
            let (began, calls, failures) = (word >> 32, (word >> 16) & 0xFFFF, word & 0xFFFF);
            let fresh = second.saturating_sub(began) >= OUTLIER_WINDOW_S || calls == 0xFFFF;
            let (began, calls, failures) = if fresh { (second, 0, 0) } else { (began, calls, failures) };
            let (calls, failures) = (calls + 1, failures + u64::from(failed));
            outlier = failed && calls >= OUTLIER_CALLS_MIN && failures * 2 >= calls;
            Some((began << 32) | (calls << 16) | failures)
        });
        outlier
    }
}

/// One call on its way; leaving is dropping it.
#[derive(Debug)]
pub(crate) struct InFlight {
    health: Arc<Health>,
    probe: bool,
    tokens: u64,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.health.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.health.outstanding_tokens.fetch_sub(self.tokens, Ordering::Relaxed);
        if self.probe {
            self.health.probing.store(false, Ordering::Relaxed);
        }
    }
}

/// Active probes that fail in a row before a destination is taken out.
const PROBES_FAILED_MAX: u32 = 2;
/// How long a destination that came back gets less than its share, growing from [`WARM_LEAST`].
const SLOW_START: Duration = Duration::from_secs(30);
const WARM_LEAST: u64 = 100;
/// A destination that is left alone again and again is left alone for so many times as long, and no longer.
const OPENINGS_COUNTED_MAX: u32 = 10;
/// Outliers: half of at least [`OUTLIER_CALLS_MIN`] calls failed within this many seconds.
const OUTLIER_WINDOW_S: u64 = 10;
const OUTLIER_CALLS_MIN: u64 = 20;
/// One measurement is this part of the moving mean.
const LATENCY_SHARE: u64 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Duration = Duration::from_millis(100);

    #[test]
    fn a_breaker_opens_rests_finds_out_and_closes() {
        let health = Arc::new(Health::default());
        health.failed(5, 2, OPEN);
        assert_eq!(health.breaker(5), Breaker::Closed);
        health.failed(10, 2, OPEN);
        assert_eq!((health.breaker(10), health.rests_ms(10)), (Breaker::Open, 100));
        assert_eq!(health.breaker(110), Breaker::HalfOpen { probing: false });
        let probe = health.enter(true, 1);
        assert_eq!(health.breaker(111), Breaker::HalfOpen { probing: true });
        health.failed(120, 2, OPEN);
        drop(probe);
        // The second time it rests twice as long.
        assert_eq!((health.breaker(130), health.rests_ms(120)), (Breaker::Open, 200));
        drop(health.enter(true, 1));
        assert_eq!(health.breaker(320), Breaker::HalfOpen { probing: false });
        health.succeeded(321);
        assert_eq!(health.breaker(321), Breaker::Closed);
    }

    #[test]
    fn an_answer_that_was_on_its_way_does_not_close_an_open_breaker() {
        let health = Health::default();
        health.failed(10, 1, OPEN);
        health.succeeded(20);
        assert_eq!(health.breaker(20), Breaker::Open);
    }

    #[test]
    fn an_outlier_is_left_alone_though_it_never_fails_twice_in_a_row() {
        let health = Health::default();
        let mut opened_after = None;
        for call in 0..40_u64 {
            if call % 2 == 0 {
                health.succeeded(call);
            } else {
                health.failed(call, 5, OPEN);
            }
            if health.breaker(call) == Breaker::Open && opened_after.is_none() {
                opened_after = Some(call + 1);
            }
        }
        assert_eq!(opened_after, Some(OUTLIER_CALLS_MIN));
    }

    #[test]
    fn a_few_failures_among_many_calls_are_no_outlier() {
        let health = Health::default();
        for call in 0..400_u64 {
            if call % 3 == 0 {
                health.failed(call, 5, OPEN);
            } else {
                health.succeeded(call);
            }
            assert_eq!(health.breaker(call), Breaker::Closed);
        }
    }

    #[test]
    fn failing_probes_take_a_destination_out_and_one_that_succeeds_brings_it_back_slowly() {
        let health = Health::default();
        health.probed(1, false);
        assert!(health.passes_probes());
        health.probed(2, false);
        assert!(!health.passes_probes());
        health.probed(1_000, true);
        assert!(health.passes_probes());
        assert_eq!([1_000, 16_000, 31_000].map(|now| health.warm_permille(now)), [100, 500, 1000]);
    }

    #[test]
    fn a_probe_that_succeeds_closes_an_open_breaker() {
        let health = Health::default();
        health.failed(10, 1, Duration::from_secs(60));
        health.probed(20, true);
        assert_eq!(health.breaker(20), Breaker::Closed);
        assert_eq!(health.warm_permille(20), 100);
    }

    #[test]
    fn latency_is_a_moving_mean_and_tokens_are_given_back() {
        let health = Arc::new(Health::default());
        assert_eq!(health.latency_us(), None);
        health.head_took(Duration::from_micros(800));
        health.head_took(Duration::from_micros(1600));
        assert_eq!(health.latency_us(), Some(900));
        let on_its_way = health.enter(false, 70);
        assert_eq!((health.in_flight(), health.outstanding_tokens()), (1, 70));
        drop(on_its_way);
        assert_eq!((health.in_flight(), health.outstanding_tokens()), (0, 0));
    }
}

//! Which of the permitted destinations are tried, in which order: a pure function of health that is passed in.

use crate::decision::Permitted;

/// What is known of a destination's health at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether its last active check succeeded. Never checked counts as healthy.
    pub healthy: bool,
    /// Its circuit breaker.
    pub breaker: Breaker,
}

/// The state of a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaker {
    /// Calls pass.
    Closed,
    /// It failed too often a moment ago: nothing passes.
    Open,
    /// It may be well again: one call at a time finds out.
    HalfOpen {
        /// Whether a call is already finding out.
        probing: bool,
    },
}

impl Health {
    /// A destination about which nothing bad is known.
    pub const GOOD: Self = Self { healthy: true, breaker: Breaker::Closed };
}

/// One destination to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its index in [`crate::Destinations`].
    pub destination: usize,
    /// Whether this is the one call that finds out whether it is well again. The sender must say so to its breaker.
    pub probe: bool,
}

/// Why a permitted destination is not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// Its last active check failed.
    Unhealthy,
    /// Its breaker is open.
    BreakerOpen,
    /// Another call is finding out whether it is well again.
    BeingProbed,
}

/// The order in which permitted destinations are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Order {
    /// What to try, first things first; at most the number asked for. Empty when nothing can be tried now.
    pub attempts: Vec<Attempt>,
    /// What is permitted and not tried, and why.
    pub skipped: Vec<(usize, Skipped)>,
}

/// Orders permitted destinations by the priority of their alias, at most `attempts_max` of them.
///
/// What is unhealthy or has an open breaker is skipped. Nothing outside `permitted` is ever in the answer.
pub fn order(permitted: &[Permitted], health: impl Fn(usize) -> Health, attempts_max: usize) -> Order {
    let mut order = Order::default();
    for destination in permitted.iter().map(|permitted| permitted.destination) {
        match usable(health(destination)) {
            Ok(probe) if order.attempts.len() < attempts_max => order.attempts.push(Attempt { destination, probe }),
            Ok(_) => {}
            Err(why) => order.skipped.push((destination, why)),
        }
    }
    order
}

/// Whether a destination can be tried, and whether as a probe.
fn usable(health: Health) -> Result<bool, Skipped> {
    match health.breaker {
        Breaker::Open => Err(Skipped::BreakerOpen),
        Breaker::HalfOpen { probing: true } => Err(Skipped::BeingProbed),
        _ if !health.healthy => Err(Skipped::Unhealthy),
        Breaker::HalfOpen { probing: false } => Ok(true),
        Breaker::Closed => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::obligations::Obligations;

    const SICK: Health = Health { healthy: false, breaker: Breaker::Closed };
    const OPEN: Health = Health { healthy: true, breaker: Breaker::Open };
    const HALF: Health = Health { healthy: true, breaker: Breaker::HalfOpen { probing: false } };
    const PROBED: Health = Health { healthy: true, breaker: Breaker::HalfOpen { probing: true } };

    /// Each expected attempt is a destination and whether it is a probe.
    fn check(permitted: &[usize], health: &[Health], expected: &[(usize, bool)]) {
        let permitted: Vec<Permitted> = permitted
            .iter()
            .map(|&destination| Permitted { destination, obligations: Obligations::default(), policies: Vec::new() })
            .collect();
        let order = order(&permitted, |destination| health[destination], 3);
        let attempts: Vec<_> = order.attempts.iter().map(|attempt| (attempt.destination, attempt.probe)).collect();
        assert_eq!(attempts, expected, "{permitted:?} {health:?}");
    }

    #[test]
    fn priority_decides_among_the_healthy() {
        check(&[0, 1, 2], &[Health::GOOD; 3], &[(0, false), (1, false), (2, false)]);
        check(&[2, 0], &[Health::GOOD; 3], &[(2, false), (0, false)]);
    }

    #[test]
    fn what_is_not_permitted_is_never_tried() {
        check(&[1], &[Health::GOOD, OPEN, Health::GOOD], &[]);
    }

    #[test]
    fn the_sick_and_the_broken_are_skipped() {
        check(&[0, 1, 2], &[SICK, OPEN, Health::GOOD], &[(2, false)]);
    }

    #[test]
    fn a_half_open_breaker_lets_one_probe_through_in_its_place() {
        check(&[0, 1], &[HALF, Health::GOOD], &[(0, true), (1, false)]);
        check(&[0, 1], &[PROBED, Health::GOOD], &[(1, false)]);
    }

    #[test]
    fn attempts_are_bounded() {
        check(&[0, 1, 2, 3], &[Health::GOOD; 4], &[(0, false), (1, false), (2, false)]);
    }
}

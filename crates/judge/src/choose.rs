//! Which of the permitted destinations are tried, in which order: a pure function of measurements that are passed in.

mod strategy;

pub use strategy::Strategy;

use crate::decision::Permitted;

/// What is known of a destination's health at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether its active checks succeed. Never checked counts as healthy.
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

/// What is known of a destination at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it can be tried.
    pub health: Health,
    /// Its tier: the lowest is tried first, and the strategy orders within one. Whatever the strategy, a higher tier is
    /// for when the lower ones cannot.
    pub tier: u32,
    /// Its share among those of its tier, in relation to theirs; 0: only when there is nothing else.
    pub weight: u32,
    /// How warm it is, 0 to 1000: a destination that has just come back gets that share of its calls.
    pub warm_permille: u16,
    /// Tokens of calls that are on their way there, estimated.
    pub outstanding_tokens: u64,
    /// Microseconds to the head of its answers, a moving mean; `None`: not measured yet.
    pub latency_us: Option<u64>,
    /// What this call would cost there, in millionths of the currency of the prices; `None`: nobody knows.
    pub cost_micros: Option<u64>,
}

impl Standing {
    /// A destination about which nothing special is known.
    pub const PLAIN: Self = Self {
        health: Health::GOOD,
        tier: 0,
        weight: 1,
        warm_permille: WARM,
        outstanding_tokens: 0,
        latency_us: None,
        cost_micros: None,
    };
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
    /// Its active checks fail.
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

/// How an alias orders its destinations, and what takes the place of chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The strategy of the alias.
    pub strategy: Strategy,
    /// Where a strategy draws lots, this decides them: the same seed gives the same order. For [`Strategy::Sticky`] it is
    /// made of who calls and how the call begins, for the others of the call's id.
    pub seed: u64,
    /// The most attempts.
    pub attempts_max: usize,
}

/// Orders permitted destinations by a rule.
///
/// What is unhealthy or has an open breaker is skipped. Nothing outside `permitted` is ever in the answer.
pub fn order(permitted: &[Permitted], standing: impl Fn(usize) -> Standing, rule: Rule) -> Order {
    let mut order = Order::default();
    let mut usable = Vec::with_capacity(permitted.len());
    for destination in permitted.iter().map(|permitted| permitted.destination) {
        let standing = standing(destination);
        match can_be_tried(standing.health) {
            Ok(probe) => usable.push((Attempt { destination, probe }, standing)),
            Err(why) => order.skipped.push((destination, why)),
        }
    }
    strategy::sort(&mut usable, rule);
    order.attempts = usable.into_iter().map(|(attempt, _)| attempt).take(rule.attempts_max).collect();
    order
}

/// Whether a destination can be tried, and whether as a probe.
fn can_be_tried(health: Health) -> Result<bool, Skipped> {
    match health.breaker {
        Breaker::Open => Err(Skipped::BreakerOpen),
        Breaker::HalfOpen { probing: true } => Err(Skipped::BeingProbed),
        _ if !health.healthy => Err(Skipped::Unhealthy),
        Breaker::HalfOpen { probing: false } => Ok(true),
        Breaker::Closed => Ok(false),
    }
}

/// [`Standing::warm_permille`] of a destination that has been well for long.
pub const WARM: u16 = 1000;

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
        for strategy in Strategy::ALL {
            let standing = |destination: usize| Standing {
                health: health[destination],
                // Every strategy agrees with the order that is given.
                tier: u32::try_from(permitted.iter().position(|one| one.destination == destination).unwrap()).unwrap(),
                ..Standing::PLAIN
            };
            let order = order(&permitted, standing, Rule { strategy, seed: 7, attempts_max: 3 });
            let attempts: Vec<_> = order.attempts.iter().map(|attempt| (attempt.destination, attempt.probe)).collect();
            assert_eq!(attempts, expected, "{strategy:?} {permitted:?} {health:?}");
        }
    }

    #[test]
    fn tiers_decide_among_the_healthy() {
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

//! The strategies: by what destinations of one tier are ordered.

use std::cmp::Ordering;

use super::{Attempt, Rule, Standing, WARM};

/// By what the destinations of one tier are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// In the order of the alias: by priority, self-hosted before hosted, by name.
    #[default]
    Ordered,
    /// At random, in proportion to weights.
    Weighted,
    /// The fewest tokens on their way first, in proportion to weights.
    LeastTokens,
    /// The lowest measured latency first; one call in 32 goes elsewhere, to find out who became faster.
    LowestLatency,
    /// The lowest price for this call first; what has no price comes last.
    LowestCost,
    /// As weighted, but a caller's calls that begin alike go to one destination, whose cache of prompts knows them.
    Sticky,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 6] =
        [Self::Ordered, Self::Weighted, Self::LeastTokens, Self::LowestLatency, Self::LowestCost, Self::Sticky];

    /// Its name in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Weighted => "weighted",
            Self::LeastTokens => "least_tokens",
            Self::LowestLatency => "lowest_latency",
            Self::LowestCost => "lowest_cost",
            Self::Sticky => "sticky",
        }
    }
}

/// Sorts: first the warm ones, then by tier, then by the strategy, then as they came.
pub(super) fn sort(usable: &mut Vec<(Attempt, Standing)>, rule: Rule) {
    let explores = unit(rule.seed, usize::MAX) < 1.0 / f64::from(EXPLORE_IN);
    let mut keyed: Vec<(Place, (Attempt, Standing))> = usable
        .drain(..)
        .map(|one| {
            let (attempt, standing) = &one;
            let lot = unit(rule.seed, attempt.destination);
            let place = Place {
                cold: lot * f64::from(WARM) >= f64::from(standing.warm_permille),
                tier: standing.tier,
                key: key(rule.strategy, standing, lot, explores),
            };
            (place, one)
        })
        .collect();
    keyed.sort_by(|(a, _), (b, _)| a.compare(b));
    usable.extend(keyed.into_iter().map(|(_, one)| one));
}

struct Place {
    cold: bool,
    tier: u32,
    key: f64,
}

impl Place {
    fn compare(&self, other: &Self) -> Ordering {
        self.cold.cmp(&other.cold).then(self.tier.cmp(&other.tier)).then(self.key.total_cmp(&other.key))
    }
}

/// The lower, the earlier.
#[expect(clippy::cast_precision_loss, reason = "an order among numbers this large does not hang on their last digits")]
fn key(strategy: Strategy, standing: &Standing, lot: f64, explores: bool) -> f64 {
    let weight = f64::from(standing.weight);
    match strategy {
        Strategy::Ordered => 0.0,
        // The key of Efraimidis and Spirakis (2006) for sampling by weight without replacement; with lots that depend on
        // the destination alone it is weighted rendezvous hashing.
        Strategy::Weighted | Strategy::Sticky => -lot.ln() / weight,
        Strategy::LeastTokens => (standing.outstanding_tokens as f64 + 1.0) / weight,
        Strategy::LowestLatency if explores => lot,
        Strategy::LowestLatency => standing.latency_us.map_or(0.0, |us| us as f64),
        Strategy::LowestCost => standing.cost_micros.map_or(f64::INFINITY, |micros| micros as f64),
    }
}

/// A number above 0 and below 1 that `seed` and `index` alone decide (the mixing function of SplitMix64).
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn unit(seed: u64, index: usize) -> f64 {
    let mut mixed = seed.wrapping_add((index as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    ((mixed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// [`Strategy::LowestLatency`] looks elsewhere once in so many calls.
pub(super) const EXPLORE_IN: u32 = 32;

#[cfg(test)]
mod tests {
    use super::super::order;
    use super::*;
    use crate::decision::Permitted;
    use crate::obligations::Obligations;

    /// How often each destination is first in 10,000 calls.
    fn firsts(strategy: Strategy, standings: &[Standing]) -> Vec<u32> {
        let permitted: Vec<Permitted> = (0..standings.len())
            .map(|destination| Permitted { destination, obligations: Obligations::default(), policies: Vec::new() })
            .collect();
        let mut firsts = vec![0; standings.len()];
        for seed in 0..10_000 {
            let order = order(&permitted, |index| standings[index], Rule { strategy, seed, attempts_max: 9 });
            assert_eq!(order.attempts.len(), standings.len());
            firsts[order.attempts[0].destination] += 1;
        }
        firsts
    }

    #[test]
    fn weights_are_kept() {
        let of = |weight| Standing { weight, ..Standing::PLAIN };
        for strategy in [Strategy::Weighted, Strategy::Sticky] {
            let firsts = firsts(strategy, &[of(3), of(1), of(0)]);
            assert!((7_300..7_700).contains(&firsts[0]) && firsts[2] == 0, "{firsts:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_order_and_a_destination_that_goes_moves_only_its_own_calls() {
        let permitted = |of: &[usize]| -> Vec<Permitted> {
            of.iter()
                .map(|&destination| Permitted {
                    destination,
                    obligations: Obligations::default(),
                    policies: Vec::new(),
                })
                .collect()
        };
        let first = |of: &[usize], seed| {
            let rule = Rule { strategy: Strategy::Sticky, seed, attempts_max: 9 };
            order(&permitted(of), |_| Standing::PLAIN, rule).attempts[0].destination
        };
        for seed in 0..1000 {
            let before = first(&[0, 1, 2], seed);
            assert_eq!(before, first(&[0, 1, 2], seed));
            if before != 2 {
                assert_eq!(before, first(&[0, 1], seed));
            }
        }
    }

    #[test]
    fn the_fewest_tokens_the_fastest_and_the_cheapest_come_first() {
        let busy = |outstanding_tokens, weight| Standing { outstanding_tokens, weight, ..Standing::PLAIN };
        assert_eq!(firsts(Strategy::LeastTokens, &[busy(900, 1), busy(800, 1)]), [0, 10_000]);
        assert_eq!(firsts(Strategy::LeastTokens, &[busy(900, 2), busy(800, 1)]), [10_000, 0]);
        let priced = |cost_micros| Standing { cost_micros, ..Standing::PLAIN };
        assert_eq!(firsts(Strategy::LowestCost, &[priced(None), priced(Some(9)), priced(Some(8))]), [0, 0, 10_000]);
        let took = |latency_us| Standing { latency_us, ..Standing::PLAIN };
        let firsts = firsts(Strategy::LowestLatency, &[took(Some(900)), took(Some(100))]);
        // Half of the calls that explore find the one that is known already.
        assert!((100..220).contains(&firsts[0]), "{firsts:?}");
    }

    #[test]
    fn what_came_back_a_moment_ago_gets_its_share_and_no_more() {
        let back = Standing { warm_permille: 200, ..Standing::PLAIN };
        let later = Standing { tier: 1, ..Standing::PLAIN };
        let firsts = firsts(Strategy::Ordered, &[back, later]);
        assert!((1_800..2_200).contains(&firsts[0]), "{firsts:?}");
    }
}

//! Chooses the next token from what the network says.

use std::hash::{BuildHasher, Hasher};

/// How to choose.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sampling {
    /// 0: always the likeliest.
    pub(super) temperature: f32,
    /// The smallest set of tokens that together have this much probability.
    pub(super) top_p: f32,
    /// The likeliest so many; 0: all.
    pub(super) top_k: usize,
    /// The same seed, model, prompt and options give the same answer.
    pub(super) seed: Option<u64>,
}

/// One call's chooser.
pub(super) struct Sampler {
    sampling: Sampling,
    state: u64,
}

impl Sampler {
    pub(super) fn new(sampling: Sampling) -> Sampler {
        // Without a seed: the standard library's own randomness.
        let state =
            sampling.seed.unwrap_or_else(|| std::collections::hash_map::RandomState::new().build_hasher().finish());
        Sampler { sampling, state }
    }

    /// The next token. `logits` that are not numbers are never chosen.
    pub(super) fn choose(&mut self, logits: &[f32]) -> u32 {
        let Sampling { temperature, top_p, top_k, .. } = self.sampling;
        let candidates = (0u32..).zip(logits.iter().copied()).filter(|(_, logit)| !logit.is_nan());
        if temperature <= 0.0 {
            // The first of equals, as everyone else's argmax has it.
            return candidates.fold((0, f32::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best }).0;
        }
        let mut candidates: Vec<(u32, f32)> = candidates.collect();
        candidates.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        if top_k > 0 {
            candidates.truncate(top_k);
        }
        let greatest = candidates.first().map_or(0.0, |first| first.1);
        for candidate in &mut candidates {
            candidate.1 = ((candidate.1 - greatest) / temperature).exp();
        }
        let total: f32 = candidates.iter().map(|candidate| candidate.1).sum();
        let mut kept = 0.0;
        let enough = candidates.iter().position(|candidate| {
            kept += candidate.1;
            kept >= top_p * total
        });
        if let Some(last) = enough {
            candidates.truncate(last + 1);
        }
        let mut left = self.random() * candidates.iter().map(|candidate| candidate.1).sum::<f32>();
        let chosen = candidates.iter().find(|candidate| {
            left -= candidate.1;
            left < 0.0
        });
        chosen.or(candidates.first()).map_or(0, |candidate| candidate.0)
    }

    /// From 0 up to, not including, 1. SplitMix64: choosing words needs no secrecy, only the same numbers everywhere.
    #[expect(clippy::cast_precision_loss, reason = "the 24 bits kept are what f32 holds exactly")]
    fn random(&mut self) -> f32 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each of the tokens is chosen in 10,000 tries.
    fn counts(temperature: f32, top_p: f32, top_k: usize, logits: &[f32]) -> Vec<u32> {
        let mut sampler = Sampler::new(Sampling { temperature, top_p, top_k, seed: Some(1) });
        let mut counts = vec![0; logits.len()];
        for _ in 0..10_000 {
            counts[sampler.choose(logits) as usize] += 1;
        }
        counts
    }

    #[test]
    fn temperature_zero_takes_the_first_of_the_likeliest() {
        assert_eq!(counts(0.0, 1.0, 0, &[1.0, f32::NAN, 3.0, 3.0]), [0, 0, 10_000, 0]);
    }

    #[test]
    fn tokens_come_as_often_as_they_are_likely() {
        let counts = counts(1.0, 1.0, 0, &[0.0, 2.0f32.ln(), f32::NEG_INFINITY]);
        assert!(counts[0].abs_diff(3_333) < 200 && counts[2] == 0, "{counts:?}");
    }

    #[test]
    fn top_p_and_top_k_leave_the_unlikely_out() {
        assert_eq!(
            counts(1.0, 0.6, 0, &[0.0, 2.0f32.ln(), 0.0])[1],
            10_000 - counts(1.0, 0.6, 0, &[0.0, 2.0f32.ln(), 0.0])[0]
        );
        assert_eq!(counts(1.0, 0.5, 0, &[0.0, 2.0f32.ln(), 0.0]), [0, 10_000, 0]);
        assert_eq!(counts(5.0, 1.0, 1, &[0.0, 0.1, 0.0]), [0, 10_000, 0]);
    }

    #[test]
    fn a_seed_repeats_and_two_seeds_differ() {
        let run = |seed| {
            let mut sampler = Sampler::new(Sampling { temperature: 1.0, top_p: 1.0, top_k: 0, seed });
            (0..32).map(|_| sampler.choose(&[0.0; 64])).collect::<Vec<_>>()
        };
        assert_eq!(run(Some(5)), run(Some(5)));
        assert_ne!(run(Some(5)), run(Some(6)));
        assert_ne!(run(None), run(None));
    }
}

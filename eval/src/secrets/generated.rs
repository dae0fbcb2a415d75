//! The set that is always there: every template of every family, filled several times.

use super::draw::Draw;
use super::{Example, negative, positive};

/// Texts of one kind.
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) templates: &'static [&'static str],
}

/// All examples: those of the forms kept aside, or all the others.
pub(super) fn examples(held_out: bool) -> Vec<Example> {
    let mut draw = Draw::new(if held_out { 2 } else { 1 });
    let (positives, negatives) = match held_out {
        true => (positive::HELD_OUT, negative::HELD_OUT),
        false => (positive::FAMILIES, negative::FAMILIES),
    };
    let mut examples = Vec::new();
    for (families, is_secret) in [(positives, true), (negatives, false)] {
        for family in families {
            for template in family.templates {
                for _ in 0..ROUNDS {
                    let text = draw.fill(template);
                    examples.push(Example { text, is_secret, family: family.name.to_owned() });
                }
            }
        }
    }
    examples
}

const ROUNDS: usize = 8;

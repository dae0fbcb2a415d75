//! Budgets in the pipeline: what an attempt can use at most is reserved when it is drawn, and settled by its outcome.

use std::sync::Arc;

use store::budgets::{Amount, Budget, Counters, Exceeded, Limited, Parties, Per, Reserved};

use crate::destination::Destination;
use crate::stopped::Refusal;

/// What was reserved for one attempt. Dropping it without settling gives all of it back: nothing was sent.
pub(crate) struct Reservation {
    counters: Arc<dyn Counters>,
    reserved: Option<Reserved>,
    pub(crate) most: Amount,
}

/// What an attempt could use at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    pub(crate) input_tokens: u64,
    /// `None`: nothing limits it yet.
    pub(crate) output_tokens: Option<u64>,
}

impl Reservation {
    /// Puts what was used in the place of what was reserved.
    pub(crate) fn settle(mut self, used: Amount) {
        if let Some(reserved) = self.reserved.take() {
            self.counters.settle(reserved, used);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(reserved) = self.reserved.take() {
            self.counters.settle(reserved, Amount::default());
        }
    }
}

/// Whom an attempt at `destination` counts for.
pub(crate) fn parties(caller: &judge::Caller, destination: &Destination) -> Parties {
    Parties {
        caller: caller.id.clone(),
        tenant: caller.tenant.clone(),
        use_case: caller.use_case.clone(),
        destination: destination.facts.name.clone(),
        vendor: destination.facts.vendor.clone(),
    }
}

/// Reserves what an attempt could use with every budget that concerns it. `None` when none does. Where tokens or money are
/// limited and the call names no limit of its own, `cap` becomes one: what may be generated must be known to be reserved.
///
/// # Errors
/// A refusal: a budget has no room, or limits money and nobody knows what the destination costs.
pub(crate) fn reserve(
    counters: &Arc<dyn Counters>,
    budgets: &[Budget],
    parties: &Parties,
    destination: &Destination,
    most: Most,
    cap: &mut Option<u64>,
    now_ms: u64,
) -> Result<Option<Reservation>, Refusal> {
    let concerned = || budgets.iter().filter(|budget| budget.account(parties).is_some());
    if concerned().next().is_none() {
        return Ok(None);
    }
    if concerned().any(|budget| budget.tokens.is_some() || budget.money_micros.is_some())
        && most.output_tokens.is_none()
    {
        let usual = destination.target.max_output_tokens_default;
        *cap = Some(cap.map_or(usual, |cap| cap.min(usual)));
    }
    let output_tokens = match (most.output_tokens, *cap) {
        (Some(asked), Some(cap)) => asked.min(cap),
        (asked, cap) => asked.or(cap).unwrap_or(0),
    };
    let money_micros = match (&destination.price, concerned().find(|budget| budget.money_micros.is_some())) {
        (Some(price), _) => price.micros(most.input_tokens, output_tokens),
        (None, None) => 0,
        (None, Some(budget)) => return Err(unpriced(budget, destination)),
    };
    let most = Amount { requests: 1, tokens: most.input_tokens.saturating_add(output_tokens), money_micros };
    let reserved = counters.reserve(budgets, parties, most, now_ms).map_err(|exceeded| refusal(&exceeded))?;
    Ok(Some(Reservation { counters: Arc::clone(counters), reserved: Some(reserved), most }))
}

fn unpriced(budget: &Budget, destination: &Destination) -> Refusal {
    Refusal::new(
        403,
        "price_unknown",
        format!(
            "the budget `{}` limits money, and nobody knows what the destination `{}` costs",
            budget.name, destination.facts.name
        ),
        "ask for a model that has a price, or have its price written into `prices/`",
    )
}

fn refusal(exceeded: &Exceeded) -> Refusal {
    let Exceeded { budget, what, per, retry_after_s } = exceeded;
    let what = match what {
        Limited::Requests => "requests",
        Limited::Tokens => "tokens",
        Limited::Money => "money",
    };
    // A limit that comes back within the hour is a rate; one that a person would be asked about is a budget.
    let is_rate = matches!(per, Per::Minute | Per::Hour) && exceeded.what != Limited::Money;
    let help = match retry_after_s {
        Some(seconds) => format!("try again in {seconds} s, or ask the people who run Portcullis for more"),
        None => "ask for less: a shorter prompt, or fewer tokens of an answer".to_owned(),
    };
    Refusal {
        retry_after_s: *retry_after_s,
        ..Refusal::new(
            429,
            if is_rate { "rate_limited" } else { "budget_exceeded" },
            format!("the budget `{budget}` of {what} per {} has no room for this call", per.name()),
            help,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(what: Limited, per: Per, retry_after_s: Option<u32>, code: &str) {
        let refusal = refusal(&Exceeded { budget: "b".to_owned(), what, per, retry_after_s });
        assert_eq!((refusal.status, refusal.code, refusal.retry_after_s), (429, code, retry_after_s));
    }

    #[test]
    fn rates_and_budgets_are_told_apart() {
        check(Limited::Requests, Per::Minute, Some(12), "rate_limited");
        check(Limited::Tokens, Per::Hour, Some(1), "rate_limited");
        check(Limited::Money, Per::Hour, Some(9), "budget_exceeded");
        check(Limited::Tokens, Per::Month, Some(9_000), "budget_exceeded");
        check(Limited::Requests, Per::Day, None, "budget_exceeded");
    }
}

//! Counts what budgets have used again, from the ledger: after a start, and for budgets that a reload brings.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use proxy::gate::Gate;
use store::Filter;
use store::budgets::Budget;
use store::spend::{Spending, Spent};

use crate::control;

/// Counts for `budgets` what the ledger tells of their present periods, but for accounts that one of `known` counts already.
///
/// An attempt that nobody saw end counts as all that was reserved for it. Blocks; reads the ledger from the beginning of the
/// longest period on.
///
/// # Errors
/// The ledger cannot be read; then nobody knows what is left of a budget, and it must not come into force.
pub fn recount(gate: &Gate, budgets: &[Budget], known: &[Budget]) -> Result<()> {
    let now_ms = control::now_ms();
    let Some(from_ms) = budgets.iter().map(|budget| budget.per.begin_ms(now_ms)).min() else { return Ok(()) };
    let remember = |spent: Spent| {
        let is_new = |budget: &&Budget| {
            let account = budget.account(&spent.parties);
            account.is_some() && !known.iter().any(|old| old.account(&spent.parties) == account)
        };
        let fresh: Vec<Budget> = budgets.iter().filter(is_new).cloned().collect();
        gate.counters.remember(&fresh, &spent.parties, spent.used, spent.at_ms, now_ms);
    };
    let filter = Filter { from_ms: Some(from_ms), ..Filter::default() };
    let mut spending = Spending::default();
    for record in gate.ledger.read(filter).context("the ledger cannot be read to count what budgets have used")? {
        let record = record.context("the ledger cannot be read to count what budgets have used")?;
        spending.take(record).into_iter().for_each(remember);
    }
    spending.rest().for_each(remember);
    Ok(())
}

/// What budgets have used of their present periods, for `status`: those that are for one party.
pub fn standing(gate: &Gate) -> BTreeMap<String, serde_json::Value> {
    let now_ms = control::now_ms();
    let snapshot = gate.snapshot.load();
    let one = |budget: &Budget| {
        let parties = budget.parties_of_one()?;
        let used = gate.counters.committed(budget, &parties, now_ms)?;
        Some((
            budget.name.clone(),
            serde_json::json!({
                "requests": used.requests, "requests_max": budget.requests,
                "tokens": used.tokens, "tokens_max": budget.tokens,
                "money_micros": used.money_micros, "money_micros_max": budget.money_micros,
                "until_ms": budget.per.end_ms(now_ms),
            }),
        ))
    };
    snapshot.budgets.iter().filter_map(one).collect()
}

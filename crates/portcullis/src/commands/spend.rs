//! `portcullis spend`: what was used and what it cost, by caller, tenant, use case, destination or vendor, from the ledger.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use store::Filter;
use store::budgets::{Of, Per};
use store::spend::{Spending, Spent};

use super::say;
use crate::cli::Place;
use crate::{Exit, control, dirs};

/// Runs `portcullis spend`. It reads the ledger's files, so a door may run or not.
///
/// # Errors
/// There is no ledger, or it cannot be read.
pub fn run(place: &Place, by: &str, since: Option<&str>) -> Result<Exit> {
    let Some(by) = Of::ALL.into_iter().find(|of| of.name() == by) else { bail!("`{by}` is nothing to report by") };
    let from_ms = match since {
        Some(date) => day_ms(date).with_context(|| format!("`{date}` is not a date such as 2026-11-01"))?,
        None => Per::Month.begin_ms(control::now_ms()),
    };
    let state = dirs::state(place)?;
    let filter = Filter { from_ms: Some(from_ms), ..Filter::default() };
    let mut report = Report { by, rows: BTreeMap::new() };
    let mut spending = Spending::default();
    for record in store::read_dir(&state, filter)? {
        if let Some(spent) = spending.take(record?) {
            report.add(&spent);
        }
    }
    spending.rest().for_each(|spent| report.add(&spent));
    if place.json {
        say(&report.json(from_ms).to_string());
    } else {
        report.tell(since.unwrap_or("the first of the month"));
    }
    Ok(Exit::Done)
}

struct Report {
    by: Of,
    rows: BTreeMap<String, Row>,
}

#[derive(Clone, Copy, Default)]
struct Row {
    requests: u64,
    tokens: u64,
    money_micros: u64,
    /// Requests to destinations that have no price.
    unpriced: u64,
    /// Requests that nobody counted the tokens of.
    estimated: u64,
}

impl Report {
    fn add(&mut self, spent: &Spent) {
        let who = self.by.party(&spent.parties).unwrap_or("(none)");
        let row = self.rows.entry(who.to_owned()).or_default();
        row.requests += spent.used.requests;
        row.tokens = row.tokens.saturating_add(spent.used.tokens);
        row.money_micros = row.money_micros.saturating_add(spent.used.money_micros);
        row.unpriced += u64::from(!spent.priced);
        row.estimated += u64::from(spent.estimated);
    }

    fn json(&self, from_ms: u64) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|(who, row)| {
                json!({
                    self.by.name(): who, "requests": row.requests, "tokens": row.tokens, "cost": money(row.money_micros),
                    "requests_without_price": row.unpriced, "requests_estimated": row.estimated,
                })
            })
            .collect();
        json!({ "by": self.by.name(), "since_ms": from_ms, "rows": rows })
    }

    fn tell(&self, since: &str) {
        if self.rows.is_empty() {
            return say(&format!("Nothing was spent since {since}."));
        }
        say(&format!("{:<32} {:>10} {:>14} {:>14}", self.by.name().to_uppercase(), "REQUESTS", "TOKENS", "COST"));
        for (who, row) in &self.rows {
            say(&format!("{who:<32} {:>10} {:>14} {:>14}", row.requests, row.tokens, money(row.money_micros)));
        }
        let sum = |of: fn(&Row) -> u64| self.rows.values().map(of).sum::<u64>();
        let (unpriced, estimated) = (sum(|row| row.unpriced), sum(|row| row.estimated));
        if unpriced > 0 {
            say(&format!(
                "{unpriced} requests went to destinations that have no price in `prices/`; they count as free."
            ));
        }
        if estimated > 0 {
            say(&format!("The tokens of {estimated} requests are estimated: they ended before anybody counted."));
        }
    }
}

/// An amount of millionths as a decimal number.
fn money(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// The first millisecond of a day in UTC, from `YYYY-MM-DD`.
fn day_ms(date: &str) -> Option<u64> {
    let mut parts = date.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some()
        || !(1970..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
    {
        return None;
    }
    // Months are walked from 1970 on, by what `Per` knows of their lengths.
    let mut begin = 0;
    for _ in 0..(year - 1970) * 12 + month - 1 {
        begin = Per::Month.end_ms(begin);
    }
    let at = begin + (day - 1) * 24 * 3_600_000;
    (Per::Month.begin_ms(at) == begin).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_days_that_are_none_are_not() {
        for (date, expected) in [
            ("1970-01-01", Some(0)),
            ("2026-11-20", Some(1_795_132_800_000)),
            ("2028-02-29", Some(1_835_395_200_000)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-11", None),
            ("yesterday", None),
        ] {
            assert_eq!(day_ms(date), expected, "{date}");
        }
    }

    #[test]
    fn money_is_written_exactly() {
        assert_eq!(money(0), "0.000000");
        assert_eq!(money(12_345_678), "12.345678");
    }
}

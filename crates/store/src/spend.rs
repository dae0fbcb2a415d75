//! What was spent, as the ledger tells it: intents say for whom, outcomes how much.

use std::collections::HashMap;

use ledger::encode::Record;
use ledger::{Ended, Entry};

use crate::budgets::{Amount, Parties};

/// One attempt that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Whom it counts for.
    pub parties: Parties,
    /// When it was sent, in milliseconds since 1970: its intent's time.
    pub at_ms: u64,
    /// How much it used.
    pub used: Amount,
    /// Whether the destination had a price; without one the money in `used` is zero and means nothing.
    pub priced: bool,
    /// Whether some of it is estimated, because nobody counted.
    pub estimated: bool,
}

/// Reads records in their order and finds out what each attempt used.
#[derive(Debug, Default)]
pub struct Spending {
    open: HashMap<String, Open>,
}

#[derive(Debug)]
struct Open {
    parties: Parties,
    at_ms: u64,
    most: Option<Amount>,
}

impl Spending {
    /// Takes the next record; what was spent when it ends an attempt whose intent was taken.
    pub fn take(&mut self, record: Record) -> Option<Spent> {
        match record.body {
            Entry::Intent(intent) => {
                let most = reserved(intent.parameters.text());
                let parties = Parties {
                    caller: intent.caller,
                    tenant: intent.tenant,
                    use_case: intent.use_case,
                    destination: intent.destination.name,
                    vendor: intent.destination.vendor,
                };
                self.open.insert(record.id, Open { parties, at_ms: record.time, most });
                None
            }
            Entry::Outcome(outcome) => self.ended(&outcome),
            // What was erased no longer says whose it was.
            Entry::Refusal(_) | Entry::Act(_) | Entry::Aggregate(_) | Entry::Erased(_) => None,
        }
    }

    /// Attempts that have not ended: all that they could use.
    pub fn rest(self) -> impl Iterator<Item = Spent> {
        self.open.into_values().map(|open| open.all())
    }

    fn ended(&mut self, outcome: &ledger::Outcome) -> Option<Spent> {
        let open = self.open.remove(&outcome.intent)?;
        if outcome.ended == Ended::Unknown {
            // An attempt of which nobody knows how it ended counts as if it had used all that it could.
            return Some(open.all());
        }
        let counted = outcome.input_tokens.is_some() || outcome.output_tokens.is_some();
        let tokens = match outcome.charged_tokens {
            Some(charged) => charged,
            None => outcome.input_tokens.unwrap_or(0).saturating_add(outcome.output_tokens.unwrap_or(0)),
        };
        Some(Spent {
            parties: open.parties,
            at_ms: open.at_ms,
            used: Amount { requests: 1, tokens, money_micros: outcome.cost_micros.unwrap_or(0) },
            priced: outcome.cost_micros.is_some(),
            estimated: outcome.charged_tokens.is_some() && !counted,
        })
    }
}

impl Open {
    fn all(self) -> Spent {
        let most = self.most.unwrap_or_default();
        Spent {
            parties: self.parties,
            at_ms: self.at_ms,
            used: Amount { requests: 1, ..most },
            priced: most.money_micros > 0,
            estimated: true,
        }
    }
}

/// What an intent's parameters say was reserved for it.
fn reserved(parameters: &str) -> Option<Amount> {
    let number = |name: &str| {
        let (_, rest) = parameters.split_once(&format!("\"{name}\":"))?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest.get(..digits)?.parse::<u64>().ok()
    };
    let tokens = number("reserved_tokens")?;
    Some(Amount { requests: 1, tokens, money_micros: number("reserved_micros").unwrap_or(0) })
}

#[cfg(test)]
mod tests {
    use super::reserved;
    use crate::budgets::Amount;

    #[test]
    fn reservations_are_read_from_parameters() {
        let read = |text| reserved(text).map(|Amount { tokens, money_micros, .. }| (tokens, money_micros));
        assert_eq!(read(r#"{"stream":false,"reserved_tokens":120,"reserved_micros":7}"#), Some((120, 7)));
        assert_eq!(read(r#"{"stream":false,"reserved_tokens":120}"#), Some((120, 0)));
        assert_eq!(read(r#"{"stream":false,"turns":3}"#), None);
    }
}

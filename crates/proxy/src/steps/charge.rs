//! Charge: what an attempt used, by its outcome; budgets are settled with it, and the record says what it cost.

use std::time::Duration;

use ledger::Ended;
use store::budgets::Amount;
use wire::call::Task;

use super::choose::Attempt;
use super::extent::Extent;
use crate::admission::{Sample, Slot};
use crate::budget::Reservation;
use crate::destination::Price;

/// What is needed to charge for an attempt when it is over.
pub(super) struct Charge {
    reserved: Option<Reservation>,
    slot: Option<Slot>,
    price: Option<Price>,
    extent: Extent,
    streams: bool,
}

impl Charge {
    /// Takes over what was reserved for an attempt.
    pub(super) fn of(attempt: &mut Attempt) -> Self {
        let streams = match &attempt.shared.permit.inspected.call.task {
            Task::Generate(generate) => generate.stream,
            Task::Complete(complete) => complete.stream,
            Task::CountTokens(_) | Task::Embed(_) => false,
        };
        Self {
            reserved: attempt.reserved.take(),
            slot: attempt.slot.take(),
            price: attempt.destination.price,
            extent: attempt.shared.extent,
            streams,
        }
    }

    /// Writes into the outcome what was used, and settles the budgets with it.
    pub(super) fn settle(&mut self, outcome: &mut ledger::Outcome, ended: Ended, received_bytes: u64) {
        let (input, output) = self.used(outcome, ended, received_bytes);
        let counted = outcome.input_tokens.unwrap_or(0).saturating_add(outcome.output_tokens.unwrap_or(0));
        let tokens = input.saturating_add(output);
        if tokens != counted {
            outcome.charged_tokens = Some(tokens);
        }
        outcome.cost_micros = self.price.map(|price| price.micros(input, output));
        if let Some(slot) = self.slot.take() {
            let took = slot.held();
            slot.leave(sample(self.streams, outcome, ended, input, output, took));
        }
        if let Some(reserved) = self.reserved.take() {
            reserved.settle(Amount { requests: 1, tokens, money_micros: outcome.cost_micros.unwrap_or(0) });
        }
    }

    /// Tokens read and generated: as the upstream counted; where it did not come to that, estimated by what it sent, because
    /// a caller that hangs up before the count must not call for nothing.
    fn used(&self, outcome: &ledger::Outcome, ended: Ended, received_bytes: u64) -> (u64, u64) {
        let (input, output) = (outcome.input_tokens, outcome.output_tokens);
        let began = outcome.status == Some(200);
        let is_whole = ended == Ended::Finished && (input.is_some() || output.is_some());
        if is_whole || !began {
            return (input.unwrap_or(0), output.unwrap_or(0));
        }
        let bytes_a_token = if self.streams { STREAMED_BYTES_A_TOKEN } else { BYTES_A_TOKEN };
        let most = self.extent.output_tokens_most.unwrap_or(u64::MAX);
        let estimated = (received_bytes / bytes_a_token).min(most);
        (input.unwrap_or(self.extent.input_tokens), output.unwrap_or(0).max(estimated))
    }
}

/// What an attempt tells of how busy its destination is.
#[expect(clippy::cast_precision_loss, reason = "a comparison of moments does not hang on their last digits")]
fn sample(streams: bool, outcome: &ledger::Outcome, ended: Ended, input: u64, output: u64, took: Duration) -> Sample {
    let read = input as f64 / READ_BY + 1.0;
    match (outcome.status, outcome.first_byte_us) {
        (Some(429 | 503 | 529), _) => Sample::Overloaded,
        (Some(200), Some(head_us)) if streams => Sample::Stream(head_us as f64 / read),
        (Some(200), _) if !streams && ended == Ended::Finished => {
            Sample::Whole(took.as_micros() as f64 / (read + output as f64))
        }
        // No head at all: refused, or too late.
        (None, _) if ended == Ended::UpstreamFailed => Sample::Overloaded,
        _ => Sample::Nothing,
    }
}

/// An engine reads about so many tokens in the time in which it generates one.
const READ_BY: f64 = 16.0;
/// Bytes of a whole answer to a token, roughly.
const BYTES_A_TOKEN: u64 = 4;
/// Bytes of a stream to a token: the frame around one token is at least so long in the formats that are spoken.
const STREAMED_BYTES_A_TOKEN: u64 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        counted: (Option<u64>, Option<u64>),
        status: Option<u16>,
        ended: Ended,
        received_bytes: u64,
        expected: (u64, u64),
    ) {
        let extent = Extent {
            input_tokens: 10,
            output_tokens: 100,
            input_tokens_most: 60,
            output_tokens_most: Some(100),
            answers: 1,
        };
        let charge = Charge { reserved: None, slot: None, price: None, extent, streams: true };
        let mut outcome = outcome();
        (outcome.input_tokens, outcome.output_tokens, outcome.status) = (counted.0, counted.1, status);
        assert_eq!(charge.used(&outcome, ended, received_bytes), expected);
    }

    #[test]
    fn what_the_upstream_counted_is_charged() {
        check((Some(7), Some(5)), Some(200), Ended::Finished, 64_000, (7, 5));
    }

    #[test]
    fn who_hangs_up_before_the_count_pays_for_what_came() {
        check((None, None), Some(200), Ended::Disconnected, 640, (10, 10));
        check((Some(7), Some(1)), Some(200), Ended::Disconnected, 640, (7, 10));
        check((None, None), Some(200), Ended::Disconnected, 640_000, (10, 100));
    }

    #[test]
    fn an_attempt_that_brought_nothing_costs_nothing() {
        check((None, None), Some(503), Ended::UpstreamFailed, 640, (0, 0));
        check((None, None), None, Ended::UpstreamFailed, 0, (0, 0));
    }

    fn outcome() -> ledger::Outcome {
        serde_json::from_value(serde_json::json!({
            "intent": "rec_1", "call": "c", "ended": "finished", "received_bytes": 0, "released_bytes": 0,
            "queue_us": 0, "total_us": 0, "screening": {}
        }))
        .unwrap()
    }
}

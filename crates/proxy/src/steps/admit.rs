//! Admit: a destination that protects itself has a place for the attempt, or it is passed over. Nothing is recorded or sent
//! while a call waits.

use super::choose::Unfit;
use super::transform::Prepared;
use crate::admission::{Full, Wish};
use crate::stopped::Refusal;

/// Waits for a place at the attempt's destination, if it needs one.
///
/// # Errors
/// [`Unfit`]: too many wait already, or the deadline passed. Another destination may have a place.
pub async fn admit(mut prepared: Prepared) -> Result<Prepared, Unfit> {
    let attempt = &mut prepared.attempt;
    let Some(admission) = &attempt.destination.admission else { return Ok(prepared) };
    let context = &attempt.shared.permit.inspected.context;
    let wish =
        Wish { tenant: &context.caller.tenant, weight: share(&context.caller), tokens: attempt.shared.extent.tokens() };
    match admission.enter(wish).await {
        Ok(slot) => {
            attempt.slot = Some(slot);
            Ok(prepared)
        }
        Err(full) => {
            // A yes that led to no attempt is not spent. A retry has had its attempt.
            if let Some(id) =
                prepared.obligations.approved.as_ref().filter(|_| attempt.kind != ledger::AttemptKind::Retry)
            {
                context.gate.approvals.give_back(id, &context.call_id);
            }
            let destination = attempt.destination.facts.name.clone();
            Err(Unfit { why: busy(&destination, full).into(), destination })
        }
    }
}

fn busy(destination: &str, full: Full) -> Refusal {
    Refusal {
        retry_after_s: Some(full.retry_after_s),
        ..Refusal::new(
            429,
            "destination_busy",
            format!("the destination `{destination}` has as many calls as it can serve"),
            format!("try again in {} s, or ask for another model", full.retry_after_s),
        )
    }
}

/// A caller's share where there are too few places for all: by what depends on its use case. Who names none has a usual one.
fn share(caller: &judge::Caller) -> u32 {
    match (&caller.use_case, caller.purpose.criticality) {
        (None, _) | (Some(_), judge::Criticality::Medium) => 4,
        (Some(_), judge::Criticality::Low) => 1,
        (Some(_), judge::Criticality::High) => 8,
        (Some(_), judge::Criticality::Critical) => 16,
    }
}

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
    let class = context.caller.use_case.as_ref().and_then(|name| context.snapshot.shares.get(name)).copied();
    let wish = Wish {
        tenant: &context.caller.tenant,
        weight: class.unwrap_or(SHARE_USUAL),
        tokens: attempt.shared.extent.tokens(),
    };
    match admission.enter(wish).await {
        Ok(slot) => {
            attempt.slot = Some(slot);
            Ok(prepared)
        }
        Err(full) => {
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

/// The share of a caller whose use case is none, or of usual criticality.
pub(crate) const SHARE_USUAL: u32 = 4;

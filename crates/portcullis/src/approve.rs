//! A person's answer to a call that waits, taken from the control plane to the data plane.

use admin::{Answer, Declined};
use proxy::approvals::{self, Uncounted};
use proxy::gate::Gate;
use serde_json::Value;

/// Counts an answer, or with `really` false only says whether it would count.
///
/// # Errors
/// It does not count, and why.
pub fn answer(gate: &Gate, answer: &Answer<'_>, really: bool) -> Result<Value, Declined> {
    let now_ms = gate.now_ms();
    let sole = || {
        let open = gate.approvals.list(now_ms).into_iter().find(|one| one.id == answer.id)?;
        let mut waits_for = open.waits_for.into_iter();
        waits_for.next().filter(|_| waits_for.next().is_none())
    };
    let role = answer.role.map(str::to_owned).or_else(sole).unwrap_or_default();
    let said =
        approvals::Answer { actor: answer.actor.to_owned(), key: answer.key.map(str::to_owned), role, yes: answer.yes };
    let listed = gate.approvals.answer(answer.id, &said, really, now_ms).map_err(|why| declined(answer.id, why))?;
    serde_json::to_value(listed).map_err(|_| declined(answer.id, Uncounted::Unknown))
}

fn declined(id: &str, why: Uncounted) -> Declined {
    let (status, code, why, help) = match why {
        Uncounted::Unknown => {
            (404, "unknown_approval", format!("no call waits under `{id}`"), "see `portcullis approval list`")
        }
        Uncounted::Own => (403, "own_call", "nobody approves their own call".to_owned(), "have somebody else answer"),
        Uncounted::NotAsked => (
            403,
            "role_not_asked",
            "policy does not ask for a yes in this role".to_owned(),
            "say `--as ROLE` with one that it waits for; an administrative key answers in the role of its name",
        ),
        Uncounted::Twice => (
            409,
            "answered_already",
            "the same person has answered in another role".to_owned(),
            "have somebody else answer in this one",
        ),
    };
    Declined { status, code, why, help: help.to_owned() }
}

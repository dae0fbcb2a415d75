//! A person's yes, where policy asks for one: a part of transformation, so that it is bound to what one destination gets.

use std::collections::BTreeMap;

use judge::Obligations;
use sha2::{Digest, Sha256};
use wire::dialect::Request;

use super::choose::Attempt;
use super::inspect::named;
use super::transform::write;
use crate::approvals::{Sought, Wanted};
use crate::stopped::{Refusal, Stopped};

/// The approval that this attempt spends; `None` when it needs none.
///
/// # Errors
/// A refusal: somebody must be asked, has not answered, or said no.
pub(super) fn approval(attempt: &Attempt, obligations: &Obligations) -> Result<Option<String>, Stopped> {
    if obligations.approval.is_empty() {
        return Ok(None);
    }
    let permit = &attempt.shared.permit;
    if permit.decision.permitted.iter().any(|other| other.obligations.approval.is_empty()) {
        // Nobody is asked about a call that may go elsewhere without being asked about.
        return Err(refusal("approval_required", obligations, "another destination takes this call without").into());
    }
    let inspected = &permit.inspected;
    let context = &inspected.context;
    let content = fingerprint(&write(attempt, &inspected.call, obligations)?);
    let wanted = Wanted {
        caller: context.caller.id.clone(),
        caller_name: context.caller.name.clone(),
        tenant: context.caller.tenant.clone(),
        destination: attempt.destination.facts.name.clone(),
        alias: inspected.call.model.clone(),
        level: permit.decision.level.to_string(),
        findings: named(&inspected.findings.classes),
        who: obligations.approval.clone(),
        content,
        call: context.call_id.clone(),
    };
    match context.gate.approvals.seek(&wanted, context.gate.now_ms()) {
        Sought::Granted(id) => Ok(Some(id)),
        Sought::Pending { id, new } => {
            if new {
                record_question(attempt, &id, &wanted);
            }
            let help = format!("ask them to run `portcullis approval approve {id}`, then send the same call again");
            Err(refusal(PENDING, obligations, &help).into())
        }
        Sought::Denied(id) => {
            let help = format!("`{id}` was answered with no; take out what was found, or ask for another model");
            Err(refusal("approval_denied", obligations, &help).into())
        }
        Sought::Full => {
            let help = "too many questions are open; have some of them answered (`portcullis approval list`)";
            Err(refusal("approvals_full", obligations, help).into())
        }
    }
}

/// SHA-256 over all that the destination would be sent, each part behind its length.
fn fingerprint(request: &Request) -> [u8; 32] {
    let headers = request.headers.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    let mut hash = Sha256::new();
    for part in std::iter::once(request.path.as_bytes()).chain(headers).chain([request.body.as_slice()]) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn refusal(code: &'static str, obligations: &Obligations, help: &str) -> Refusal {
    let who: Vec<&str> = obligations.approval.iter().map(String::as_str).collect();
    let why = format!("policy asks for an approval by {} before this call may be sent", who.join(" and "));
    Refusal::new(403, code, why, help)
}

/// The question is a record of its own. It is queued and not waited for: the refusal that follows it in the ledger is.
fn record_question(attempt: &Attempt, id: &str, wanted: &Wanted) {
    let who: Vec<&str> = wanted.who.iter().map(String::as_str).collect();
    let detail = [
        ("caller", wanted.caller.clone()),
        ("destination", wanted.destination.clone()),
        ("level", wanted.level.clone()),
        ("call", wanted.call.clone()),
        ("waits_for", who.join(", ")),
    ];
    let act = ledger::Act {
        id: store::RecordId::new(),
        action: "approval.asked".to_owned(),
        actor: wanted.caller.clone(),
        subject: Some(id.to_owned()),
        detail: detail.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>(),
    };
    let ledger = &attempt.shared.permit.inspected.context.gate.ledger;
    drop(ledger.append(ledger::Entry::Act(act)));
}

/// The code of a call that waits for a person.
pub(super) const PENDING: &str = "approval_pending";

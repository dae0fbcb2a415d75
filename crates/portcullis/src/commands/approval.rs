//! `portcullis approval`: calls that wait for a person's yes, at the running door.

use admin::{AnswerApproval, Operation};
use anyhow::Result;
use serde_json::Value;

use super::{say, tell, text};
use crate::cli::{Answer, Approval, Place};
use crate::control::ask_or_do;
use crate::{Exit, dirs};

/// Runs `portcullis approval …`.
///
/// # Errors
/// The running door, or the state folder, cannot be used.
pub fn run(place: &Place, command: Approval) -> Result<Exit> {
    let state = dirs::state(place)?;
    let answer = |Answer { id, role }, yes| Operation::AnswerApproval(AnswerApproval { id, yes, role });
    let operation = match command {
        Approval::List => Operation::ListApprovals {},
        Approval::Approve(said) => answer(said, true),
        Approval::Deny(said) => answer(said, false),
    };
    Ok(tell(place.json, ask_or_do(&state, operation)?, |done| match done.get("approvals").and_then(Value::as_array) {
        Some(all) if all.is_empty() => say("No call waits."),
        Some(all) => all.iter().for_each(|one| say(&line(one))),
        None => say(&line(done)),
    }))
}

fn line(one: &Value) -> String {
    let list = |name: &str| match one.get(name) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Some(Value::Object(counts)) => counts.keys().cloned().collect::<Vec<_>>().join(", "),
        _ => String::new(),
    };
    let waits =
        if text(one, "state") == "pending" { format!(", waits for {}", list("waits_for")) } else { String::new() };
    format!(
        "{}  {:<8} {} asks `{}` at level {} → {} ({}){waits}",
        text(one, "id"),
        text(one, "state"),
        text(one, "caller_name"),
        text(one, "alias"),
        text(one, "level"),
        text(one, "destination"),
        list("findings"),
    )
}

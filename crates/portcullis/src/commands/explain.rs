//! `portcullis explain`: what would happen to a call and why, or what happened to a recorded one.

use std::io::Read;

use admin::{Operation, SearchLedger};
use anyhow::{Context, Result};
use proxy::explain::{Explained, explain};
use serde_json::{Value, json};
use wire::call::Door;

use super::{say, text, warn};
use crate::cli::Place;
use crate::control::{Said, ask_or_do, now_unix};
use crate::{Exit, assemble, dirs};

/// Runs `portcullis explain`.
///
/// # Errors
/// The configuration does not load, or standard input cannot be read.
pub fn run(place: &Place, record: Option<&str>, door: &str, floor: &str, use_case: Option<String>) -> Result<Exit> {
    match record {
        Some(id) => recorded(place, id),
        None => rehearsed(place, door, floor, use_case),
    }
}

fn rehearsed(place: &Place, door: &str, floor: &str, use_case: Option<String>) -> Result<Exit> {
    let (config, snapshot) = assemble::rehearsal(place)?;
    let mut body = Vec::new();
    std::io::stdin().lock().read_to_end(&mut body).context("cannot read standard input")?;
    let own: inspect::Level = floor.parse().map_err(|_| anyhow::anyhow!("there is no level `{floor}`"))?;
    let (of_use_case, purpose) = snapshot.registered(use_case.as_deref());
    let caller = judge::Caller {
        floor: own.max(of_use_case),
        use_case,
        purpose,
        ..judge::Caller::workload("explain", admin::TENANT_DEFAULT)
    };
    let now = now_unix();
    let headers = wire::front::Headers::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start threads")?;
    let explained = runtime.block_on(async {
        let reader = assemble::reader(&config).await;
        explain(&snapshot, reader.as_ref(), door_named(door), &headers, &body, &caller, now).await
    });
    match explained {
        Ok(explained) => {
            if place.json {
                say(&as_json(&explained).to_string());
            } else {
                for_people(&explained);
            }
            Ok(if explained.decision.permitted.is_empty() { Exit::No } else { Exit::Done })
        }
        Err(stopped) => {
            let body = proxy::error_body(&stopped);
            if place.json {
                say(&json!({ "error": { "code": body.code, "message": *body.message, "help": *body.help } })
                    .to_string());
            } else {
                warn(&format!("Refused before any decision: {}.\n{}.", *body.message, *body.help));
            }
            Ok(Exit::No)
        }
    }
}

fn door_named(name: &str) -> Door {
    match name {
        "responses" => Door::Responses,
        "completions" => Door::Completions,
        "embeddings" => Door::Embeddings,
        "messages" => Door::Messages,
        _ => Door::ChatCompletions,
    }
}

fn name(explained: &Explained, index: usize) -> &str {
    explained.behind.destinations.get(index).map_or("", |destination| destination.facts.name.as_str())
}

fn as_json(explained: &Explained) -> Value {
    let decision = &explained.decision;
    let findings: Vec<Value> = explained
        .found
        .findings
        .iter()
        .map(|one| {
            json!({
                "class": one.class.as_str(), "segment": one.piece, "start": one.start, "end": one.end,
                "confidence": one.confidence, "detector": one.detector,
            })
        })
        .collect();
    let permitted: Vec<&str> = decision.permitted.iter().map(|one| name(explained, one.destination)).collect();
    let refused: Vec<Value> = decision
        .refused
        .iter()
        .map(|one| {
            json!({
                "destination": name(explained, one.destination), "code": one.code.as_str(), "reason": one.reason,
                "policies": one.policies, "would_help": one.would_help,
            })
        })
        .collect();
    let obligations: serde_json::Map<String, Value> = decision
        .permitted
        .iter()
        .map(|one| (name(explained, one.destination).to_owned(), json!(one.obligations)))
        .collect();
    let mut policies: Vec<&String> = decision
        .permitted
        .iter()
        .flat_map(|one| &one.policies)
        .chain(decision.refused.iter().flat_map(|one| &one.policies))
        .collect();
    policies.sort();
    policies.dedup();
    json!({
        "level": decision.level.to_string(),
        "injection": explained.found.injection,
        "findings": findings,
        "permitted": permitted,
        "refused": refused,
        "obligations": obligations,
        "policies": policies,
    })
}

fn for_people(explained: &Explained) {
    let decision = &explained.decision;
    say(&format!("A call to `{}`, level {}.", explained.alias, decision.level));
    let counts = explained.found.counts();
    if counts.is_empty() {
        say("Nothing was found in it.");
    }
    for (class, count) in counts {
        say(&format!("  found {} × {}", count, class.as_str()));
    }
    for one in &decision.permitted {
        say(&format!("  may go to {} by {}", name(explained, one.destination), one.policies.join(", ")));
    }
    for one in &decision.refused {
        say(&format!("  not to {} ({}): {}", name(explained, one.destination), one.code.as_str(), one.reason));
        one.would_help.iter().for_each(|help| say(&format!("      {help}")));
    }
}

/// What happened to a recorded call: every record of it.
fn recorded(place: &Place, id: &str) -> Result<Exit> {
    let state = dirs::state(place)?;
    let search = |wanted: SearchLedger| ask_or_do(&state, Operation::SearchLedger(wanted));
    let first = search(SearchLedger { id: Some(id.to_owned()), ..SearchLedger::default() })?;
    let Said::Done(first) = first else { return Ok(super::tell(place.json, first, |_| {})) };
    let call = first.pointer("/records/0/body/call").and_then(Value::as_str).unwrap_or(id).to_owned();
    let all = search(SearchLedger { call: Some(call), ..SearchLedger::default() })?;
    Ok(super::tell(place.json, all, |found| {
        let records = found.get("records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if records.is_empty() {
            say(&format!("There is no record `{id}`."));
        }
        for record in records {
            say(&super::ledger::line(record));
            if text(record, "kind") != "outcome" {
                say(&format!("      findings {}", record.pointer("/body/findings").unwrap_or(&Value::Null)));
                say(&format!(
                    "      policies {}",
                    record.pointer("/body/determining_policies").unwrap_or(&Value::Null)
                ));
            }
        }
    }))
}

//! `portcullis ledger`: verify, prove, search, show.

mod prove;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use admin::{Operation, SearchLedger};
use anyhow::{Context, Result};
use serde_json::Value;

use super::{say, tell, text, warn};
use crate::cli::{Ledger, Place};
use crate::control::{Said, ask_or_do};
use crate::{Exit, dirs};

/// Runs `portcullis ledger …`.
///
/// # Errors
/// The ledger cannot be read.
pub fn run(place: &Place, command: Ledger) -> Result<Exit> {
    match command {
        Ledger::Verify { path } => verify(place, path),
        Ledger::Search { caller, call, kind, limit } => {
            let wanted = SearchLedger { id: None, call, caller, kind, limit: Some(limit) };
            let said = ask_or_do(&dirs::state(place)?, Operation::SearchLedger(wanted))?;
            Ok(tell(place.json, said, list))
        }
        Ledger::Show { id } => show(place, &id),
        Ledger::Prove { never, who, what_reached, from, to, out, path } => {
            let asked = prove::Asked::of(never, who, what_reached, from.as_deref(), to.as_deref())?;
            prove::prove(place, path, &asked, &out)
        }
        Ledger::VerifyProof { file, policy } => prove::verify(place, &file, &policy),
    }
}

/// Verifies the ledger of the state folder, or a copy elsewhere. It needs no lock and no running door.
fn verify(place: &Place, path: Option<PathBuf>) -> Result<Exit> {
    let dir = match path {
        Some(dir) => dir,
        None => dirs::state(place)?,
    };
    let verdict = verdict(&dir, !place.json && std::io::stderr().is_terminal())?;
    if place.json {
        say(&serde_json::to_string(&verdict)?);
    } else {
        explain(&verdict).iter().for_each(|line| say(line));
    }
    Ok(if verdict.sound { Exit::Done } else { Exit::No })
}

/// The verdict on the ledger in `dir`, with progress on the terminal where wanted.
///
/// # Errors
/// The folder cannot be read.
pub fn verdict(dir: &Path, progress: bool) -> Result<ledger::Verdict> {
    let mut shown = u64::MAX;
    let mut show = |done: u64, all: u64| {
        let percent = done.saturating_mul(100).checked_div(all).unwrap_or(100);
        if progress && percent != shown {
            shown = percent;
            let _ = write!(std::io::stderr(), "\rVerifying … {percent} %");
        }
    };
    let verdict =
        store::verify_dir(dir, &mut show).with_context(|| format!("cannot read the ledger in `{}`", dir.display()))?;
    if progress {
        let _ = write!(std::io::stderr(), "\r                    \r");
    }
    Ok(verdict)
}

/// A verdict in sentences.
pub fn explain(verdict: &ledger::Verdict) -> Vec<String> {
    verifier::report::ledger(verdict)
}

fn show(place: &Place, id: &str) -> Result<Exit> {
    let wanted = SearchLedger { id: Some(id.to_owned()), ..SearchLedger::default() };
    let said = ask_or_do(&dirs::state(place)?, Operation::SearchLedger(wanted))?;
    let Said::Done(found) = said else { return Ok(tell(place.json, said, |_| {})) };
    match found.get("records").and_then(Value::as_array).and_then(|records| records.first()) {
        Some(record) if place.json => say(&record.to_string()),
        Some(record) => say(&serde_json::to_string_pretty(record)?),
        None => {
            warn(&format!("There is no record `{id}`. See `portcullis ledger search`."));
            return Ok(Exit::No);
        }
    }
    Ok(Exit::Done)
}

fn list(found: &Value) {
    let records = found.get("records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if records.is_empty() {
        return say("No record fits.");
    }
    for record in records {
        say(&line(record));
    }
}

/// One record as one line for people.
pub fn line(record: &Value) -> String {
    let body = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).unwrap_or("-");
    let what = match text(record, "kind") {
        "intent" => format!(
            "{} asked `{}` at level {} → {} ({})",
            body("/body/caller"),
            body("/body/alias"),
            body("/body/level"),
            body("/body/destination/name"),
            body("/body/destination/jurisdiction")
        ),
        "outcome" => format!("{} of {}", body("/body/ended"), body("/body/intent")),
        "refusal" => format!("{} was refused: {}", body("/body/caller"), body("/body/code")),
        "act" => format!("{} by {}", body("/body/action"), body("/body/actor")),
        other => other.to_owned(),
    };
    format!("{}  {:<9} {}", text(record, "id"), text(record, "kind"), what)
}

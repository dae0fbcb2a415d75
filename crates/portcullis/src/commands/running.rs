//! `portcullis status` and `portcullis reload`: asking the door that runs.

use admin::Operation;
use anyhow::Result;

use super::{say, tell, text, warn};
use crate::cli::Place;
use crate::control::{Said, ask};
use crate::{Exit, dirs};

/// Runs `portcullis status`.
///
/// # Errors
/// The running door does not answer.
pub fn status(place: &Place) -> Result<Exit> {
    with_running(place, &Operation::Status {}, |status| {
        say(&format!("Portcullis runs: {}.", text(status, "ready")));
        for line in status.get("destinations").and_then(|list| list.as_array()).into_iter().flatten() {
            say(&format!("  {:<20} {:<12} {}", text(line, "name"), text(line, "hosting"), text(line, "health")));
        }
        say(&format!("Configuration {}, policies {}.", text(status, "config_hash"), text(status, "policy_hash")));
    })
}

/// Runs `portcullis reload`.
///
/// # Errors
/// The running door does not answer.
pub fn reload(place: &Place) -> Result<Exit> {
    with_running(place, &Operation::Reload {}, |done| {
        say(&format!("Configuration {} is in force.", text(done, "config_hash")));
    })
}

fn with_running(place: &Place, operation: &Operation, people: impl FnOnce(&serde_json::Value)) -> Result<Exit> {
    let state = dirs::state(place)?;
    let said: Option<Said> = ask(&state, operation)?;
    let Some(said) = said else {
        warn(&format!("No door runs on `{}`. Start one with `portcullis serve`.", state.display()));
        return Ok(Exit::No);
    };
    Ok(tell(place.json, said, people))
}

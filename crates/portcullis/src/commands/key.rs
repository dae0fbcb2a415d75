//! `portcullis key`: legacy keys, which expire.

use admin::{CreateKey, Operation};
use anyhow::Result;
use serde_json::Value;

use super::{say, tell, text};
use crate::cli::{Key, Place};
use crate::control::ask_or_do;
use crate::{Exit, dirs};

/// Runs `portcullis key …`.
///
/// # Errors
/// The state folder, or the running door, cannot be used.
pub fn run(place: &Place, command: Key) -> Result<Exit> {
    let state = dirs::state(place)?;
    match command {
        Key::Create { name, floor, days, tenant, use_case, admin } => {
            let wanted = CreateKey { name, floor, days, tenant, use_case, admin };
            let said = ask_or_do(&state, Operation::CreateKey(wanted))?;
            Ok(tell(place.json, said, |made| {
                say(&format!(
                    "Key {} is made and valid until {}. It is shown this once:",
                    text(made, "id"),
                    text(made, "expires_at")
                ));
                say("");
                say(&format!("    {}", text(made, "key")));
            }))
        }
        Key::List => Ok(tell(place.json, ask_or_do(&state, Operation::ListKeys {})?, list)),
        Key::Revoke { id } => {
            let said = ask_or_do(&state, Operation::RevokeKey { id })?;
            Ok(tell(place.json, said, |gone| {
                say(&format!("Key {} is withdrawn. Its open streams end now.", text(gone, "id")));
            }))
        }
    }
}

fn list(value: &Value) {
    let keys = value.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if keys.is_empty() {
        return say("There are no keys. Make one with `portcullis key create NAME`.");
    }
    say(&format!("{:<14} {:<20} {:<13} {:<12} {:<8} {}", "ID", "NAME", "FLOOR", "TENANT", "STATE", "EXPIRES"));
    for key in keys {
        say(&format!(
            "{:<14} {:<20} {:<13} {:<12} {:<8} {}",
            text(key, "id"),
            text(key, "name"),
            text(key, "floor"),
            text(key, "tenant"),
            text(key, "state"),
            text(key, "expires_at"),
        ));
    }
}

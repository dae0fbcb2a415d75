//! `portcullis policy`: lint, test, compare and replay policies, without a running door.

mod check;
mod diff;
mod library;
mod replay;
mod sign;
mod sources;
mod table;
mod test;

use anyhow::Result;

use crate::Exit;
use crate::cli::{Place, Policy};

/// Runs `portcullis policy …`.
///
/// # Errors
/// The configuration folder, a folder of policies or the ledger cannot be read.
pub fn run(place: &Place, command: Policy) -> Result<Exit> {
    match command {
        Policy::Check { strict } => check::run(place, strict),
        Policy::Test { paths } => test::run(place, &paths),
        Policy::Diff { old, new } => diff::run(place, &old, &new),
        Policy::Replay { since, policies, ledger, limit } => {
            replay::run(place, &replay::Wanted { since, policies, ledger, limit })
        }
        Policy::Library { names, into } => library::run(place, &names, into.as_deref()),
        Policy::Signer { file } => sign::signer(place, &file),
        Policy::Sign { key, name, change } => sign::sign(place, &key, &name, change.as_deref()),
        Policy::Schema => {
            super::say(judge::SCHEMA.trim_end());
            Ok(Exit::Done)
        }
    }
}

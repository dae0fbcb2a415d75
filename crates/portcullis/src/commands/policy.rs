//! `portcullis policy`: what can be done with policies without a running door.

use anyhow::Result;

use crate::Exit;
use crate::cli::{Place, Policy};

/// Runs `portcullis policy …`.
///
/// # Errors
/// The configuration folder cannot be read.
pub fn run(place: &Place, command: &Policy) -> Result<Exit> {
    match command {
        // Policies are compiled as a part of the whole, because what they name stands in the other files.
        Policy::Check => super::check::run(place, None),
    }
}

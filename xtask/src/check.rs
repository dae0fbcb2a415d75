//! `cargo xtask check`: everything that can be said about the tree without running it.

use anyhow::{Result, bail};

use crate::run::{cargo, exists, ran};
use crate::tidy;

/// Runs every check, also after one has failed, and names all that failed.
///
/// # Errors
/// When any of them failed.
pub(crate) fn run(_arguments: &[String]) -> Result<()> {
    let mut failed = Vec::new();
    let mut step = |name: &str, outcome: Result<()>| {
        if let Err(fault) = outcome {
            println!("{name}: {fault:#}");
            failed.push(name.to_owned());
        }
    };
    step("format", ran(&mut cargo(&["fmt", "--all", "--check"])));
    step("lints", ran(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])));
    step("tidy", tidy::run());
    if exists("cargo", &["deny", "--version"]) {
        step("deny", ran(&mut cargo(&["deny", "--all-features", "check", "bans", "licenses", "sources"])));
    } else {
        println!("\ndeny: skipped, cargo-deny is not installed (`cargo install --locked cargo-deny`)");
    }
    if failed.is_empty() {
        println!("\ncheck: clean");
        return Ok(());
    }
    bail!("not clean: {}", failed.join(", "))
}

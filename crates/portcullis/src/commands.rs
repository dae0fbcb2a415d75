//! The commands, one file each; what they print for people, and as JSON for programs.

mod approval;
pub mod check;
mod demo;
mod explain;
pub mod init;
mod inspect;
mod key;
mod ledger;
mod policy;
mod running;
mod spend;

use anyhow::Result;
use serde_json::Value;

use crate::Exit;
use crate::cli::{Cli, Command};
use crate::control::Said;

/// Runs a command.
///
/// # Errors
/// Something broke; the message says what and what to do.
pub fn run(cli: Cli) -> Result<Exit> {
    let Cli { command, place } = cli;
    match command {
        Command::Serve(serve) => crate::serve::run(&place, &serve),
        Command::Init { dir } => init::run(&dir),
        Command::Check { mode } => check::run(&place, mode.as_deref()),
        Command::Demo { fast } => demo::run(&place, fast),
        Command::Inspect { exception: Some(class), .. } => inspect::exception(&place, &class),
        Command::Inspect { lines, channel, exception: None } => inspect::run(&place, lines, &channel),
        Command::Explain { record, door, floor, use_case } => {
            explain::run(&place, record.as_deref(), &door, &floor, use_case)
        }
        Command::Key(command) => key::run(&place, command),
        Command::Approval(command) => approval::run(&place, command),
        Command::Ledger(command) => ledger::run(&place, command),
        Command::Policy(command) => policy::run(&place, command),
        Command::Spend { by, since } => spend::run(&place, &by, since.as_deref()),
        Command::Status => running::status(&place),
        Command::Reload => running::reload(&place),
    }
}

/// One line to standard output.
pub fn say(line: &str) {
    use std::io::Write;
    // A closed pipe is the reader's choice and no failure of ours.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// One line to standard error.
pub fn warn(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Tells what broke, with every cause.
pub fn complain(error: &anyhow::Error) {
    warn(&format!("portcullis: {error:#}"));
}

/// Prints what was said: JSON for programs, or what `people` makes of it.
pub fn tell(json: bool, said: Said, people: impl FnOnce(&Value)) -> Exit {
    match said {
        Said::Done(value) => {
            if json {
                say(&value.to_string());
            } else {
                people(&value);
            }
            Exit::Done
        }
        Said::No { code, why, help } => {
            if json {
                say(&serde_json::json!({ "error": { "code": code, "message": why, "help": help } }).to_string());
            } else {
                warn(&format!("No: {why}.\n{help}."));
            }
            Exit::No
        }
    }
}

/// The text under `key`, or a dash.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("-")
}

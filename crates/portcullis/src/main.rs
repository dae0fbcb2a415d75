//! Portcullis: one governed door to every language model an organisation uses.

#![expect(
    unreachable_pub,
    reason = "in a program `pub` says what a module offers; nothing is reachable from outside anyway"
)]

mod approve;
mod assemble;
mod cli;
mod commands;
mod config;
mod control;
mod dirs;
mod listen;
mod recount;
mod reload;
mod serve;
mod watchdog;

use std::process::ExitCode;

use clap::Parser;

/// Allocation is a tenth of a call's cost with the system's allocator (`docs/decisions/0004-allocator.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The processes of the embedded model and of documents are this same program, started again; it must not parse anything first.
    if std::env::args_os().nth(1).is_some_and(|first| first == runtime::CHILD_ARG) {
        return runtime::child_main();
    }
    if std::env::args_os().nth(1).is_some_and(|first| first == documents::CHILD_ARG) {
        return documents::child_main();
    }
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { MISUSE } else { 0 };
            // Nothing can be done when even this cannot be printed.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match commands::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            commands::complain(&error);
            ExitCode::from(FAULT)
        }
    }
}

/// What a command ends with. Scripts rely on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done: 0.
    Done,
    /// The answer is no: 1.
    No,
    /// The command was given wrongly: 2.
    Misuse,
    /// Something broke: 3.
    Fault,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::No => NO,
            Exit::Misuse => MISUSE,
            Exit::Fault => FAULT,
        })
    }
}

const NO: u8 = 1;
const MISUSE: u8 = 2;
const FAULT: u8 = 3;

//! The benchmark of the door: direct, nginx and Portcullis in one run, pinned the same way; see docs/benchmarks.md.
#![expect(clippy::print_stdout, reason = "a developer's program speaks on the terminal")]

mod calls;
mod contestant;
mod machine;
mod options;
mod page;
mod process;
mod prompt;
mod steps;
mod streams;
mod upstream;

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::calls::Calls;
use crate::contestant::{Contestant, Kind};
use crate::options::Options;
use crate::page::{Page, Row};
use crate::streams::Streams;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Two parts run as processes of their own, so that they can be pinned apart from the contestants.
    let done = match arguments.split_first() {
        Some((part, _)) if part == "upstream" => upstream::serve(),
        Some((part, rest)) if part == "streams" => streams::drive(rest),
        _ => measure(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            println!("bench: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs every contestant through every load, prints the tables and writes the page.
fn measure(arguments: &[String]) -> Result<()> {
    let Some(options) = Options::parse(arguments)? else {
        println!("{}", options::USAGE);
        return Ok(());
    };
    let folder = options.folder()?;
    let upstream = upstream::start()?;
    let mut page = Page::new(machine::describe(), machine::sync_times(&folder)?, options.clone());
    for kind in Kind::ALL.into_iter().filter(|kind| options.wants(*kind)) {
        println!("\n{}", kind.name());
        let contestant = Contestant::start(kind, &upstream, &folder, &options)
            .with_context(|| format!("starting `{}`", kind.name()))?;
        for connections in options.connections.clone() {
            let calls = measured(&contestant, |warm| Calls::run(&contestant, connections, options.seconds, warm))?;
            println!("  {connections:>4} connections: {}", calls.shown());
            page.calls.push((connections, kind, calls));
        }
        for count in options.streams.clone() {
            let streams = measured(&contestant, |warm| Streams::run(&contestant, count, warm))?;
            println!("  {count:>4} streams: {}", streams.shown());
            page.streams.push((count, kind, streams));
        }
    }
    let text = page.render();
    println!("\n{text}");
    if let Some(path) = &options.page {
        std::fs::write(path, &text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("written to {}", path.display());
    }
    Ok(())
}

/// One load: first to warm up, then measured together with what it cost the contestant's process.
fn measured<L>(contestant: &Contestant, load: impl Fn(bool) -> Result<L>) -> Result<Row<L>> {
    load(true).context("warming up")?;
    let steps_before = steps::read(contestant)?;
    let cpu_before = contestant.cpu()?;
    let load = load(false)?;
    let cpu_after = contestant.cpu()?;
    let cpu = cpu_before.zip(cpu_after).map(|(before, after)| after.saturating_sub(before));
    let steps = steps::between(&steps_before, steps::read(contestant)?);
    Ok(Row { load, cpu, memory: contestant.memory()?, steps })
}

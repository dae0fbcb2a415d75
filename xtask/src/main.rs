//! The one front door for developers: check, test, bench, eval, fuzz, docs.
#![expect(clippy::print_stdout, reason = "a developer's program speaks on the terminal")]

mod bench;
mod check;
mod docs;
mod eval;
mod fuzz;
mod run;
mod suites;
mod test;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    let done = match task {
        "check" => check::run(rest),
        "test" => test::run(rest),
        "bench" => bench::run(rest),
        "eval" => eval::run(rest),
        "fuzz" => fuzz::run(rest),
        "docs" => docs::run(rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => {
            println!("there is no task `{other}`\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            println!("\n{task}: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

const USAGE: &str = "\
cargo xtask <task>

  check                     format, lints, tidy, and cargo-deny where it is installed
  test [--only SUITE]       every Rust test, then the real clients against the built program
                            (SUITE: rust, python, node, agent, clients)
  bench [door] [options]    the benchmark of the door; writes docs/benchmarks.md (see `bench --help`)
  bench policy              what a decision costs, by policies, destinations and actions
  bench overload            an engine that saturates, with the door and without, in simulated time
  eval                      the measured quality of inspection
  fuzz [TARGET] [SECONDS]   the fuzz targets in fuzz/, one after the other
  docs                      the API documentation without warnings, and every link in every page resolves";

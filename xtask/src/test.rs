//! `cargo xtask test`: every Rust test, then the real clients against the program just built.

use anyhow::{Result, bail};

use crate::run::{cargo, ran, watched};
use crate::suites;

/// Runs everything, or with `--only` one part, and closes with one line `N passed, N failed`.
///
/// # Errors
/// When a test failed or could not be run; one that could not be run counts as failed.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let only = match arguments {
        [] => None,
        [flag, name] if flag == "--only" => Some(name.as_str()),
        _ => bail!("the only option is `--only rust|python|node|agent|clients`"),
    };
    let mut tally = Tally::default();
    if only.is_none_or(|name| name == "rust") {
        rust(&mut tally)?;
    }
    if only != Some("rust") {
        ran(&mut cargo(&["build", "--package", "portcullis"]))?;
        suites::run(only, &mut tally)?;
    }
    println!("\n{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 || tally.passed == 0 {
        bail!("not all tests passed");
    }
    Ok(())
}

/// How many tests passed and failed so far, over all runners.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// Adds what one line of a runner's output counts, if it is a counting line of `cargo test`, pytest or `node --test`.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim_matches(|c: char| c == '=' || c.is_whitespace());
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.add(&counts.replace("ok. ", "").replace("FAILED. ", ""), ';');
        } else if let Some(count) = line.strip_prefix("# pass ") {
            self.passed += count.parse().unwrap_or(0);
        } else if let Some(count) = line.strip_prefix("# fail ").or_else(|| line.strip_prefix("# cancelled ")) {
            self.failed += count.parse().unwrap_or(0);
        } else if let Some((counts, _)) = line.rsplit_once(" in ")
            && (counts.contains(" passed") || counts.contains(" failed") || counts.contains(" error"))
            && counts.starts_with(|c: char| c.is_ascii_digit())
        {
            self.add(counts, ',');
        }
    }

    fn add(&mut self, counts: &str, between: char) {
        for part in counts.split(between) {
            match part.trim().split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed" | "error" | "errors")) => self.failed += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

fn rust(tally: &mut Tally) -> Result<()> {
    let failed_before = tally.failed;
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
    // Random cases of the flow invariant through the whole pipeline (`crates/proxy/src/steps/flow.rs`).
    command.env("FLOW_CASES", "100000");
    let succeeded = watched(&mut command, |line| tally.read(line))?;
    if !succeeded && tally.failed == failed_before {
        println!("the Rust tests did not build or did not run to their end");
        tally.failed += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[track_caller]
    fn check(line: &str, passed: u64, failed: u64) {
        let mut tally = Tally::default();
        tally.read(line);
        assert_eq!((tally.passed, tally.failed), (passed, failed), "{line}");
    }

    #[test]
    fn the_counting_lines_of_each_runner_are_read() {
        check("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s", 12, 0);
        check("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s", 3, 2);
        check("===== 5 passed, 1 failed, 2 skipped in 0.30s =====", 5, 1);
        check("1 failed, 4 passed, 2 errors in 2.00s", 4, 3);
        check("# pass 7", 7, 0);
        check("# fail 2", 0, 2);
        check("# cancelled 1", 0, 1);
    }

    #[test]
    fn other_lines_count_nothing() {
        check("test one_passed in another ... ok", 0, 0);
        check("# tests 9", 0, 0);
        check("3 in 4 people passed", 0, 0);
    }
}

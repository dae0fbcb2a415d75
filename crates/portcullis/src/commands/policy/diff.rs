//! `portcullis policy diff OLD NEW`: which kinds of call a change of policies changes, in sentences.

use std::path::Path;

use anyhow::Result;
use judge::{Direction, Ground, Report};

use super::sources;
use crate::Exit;
use crate::cli::Place;
use crate::commands::say;
use crate::control::now_unix;

/// Runs `portcullis policy diff`. The answer is no when something changes.
///
/// # Errors
/// A folder cannot be read, or its policies do not compile.
pub(super) fn run(place: &Place, old: &Path, new: &Path) -> Result<Exit> {
    let config = sources::config(place)?;
    let before = sources::compile(&sources::read(old)?, &config, &format!("`{}`", old.display()))?;
    let after = sources::compile(&sources::read(new)?, &config, &format!("`{}`", new.display()))?;
    let facts: Vec<_> = config.destinations.iter().map(|one| one.facts.clone()).collect();
    let now = now_unix();
    let report = judge::diff(&before, &after, &Ground::new(&facts, config.mode, now));
    if place.json {
        say(&serde_json::to_string(&report)?);
    } else {
        explain(&report).iter().for_each(|line| say(line));
    }
    Ok(if report.differences.is_empty() { Exit::Done } else { Exit::No })
}

/// A report in sentences.
fn explain(report: &Report) -> Vec<String> {
    let sample = if report.tried < report.combinations {
        format!(", a sample of {}", report.combinations)
    } else {
        String::new()
    };
    if report.differences.is_empty() {
        return vec![format!("Nothing changes for any of {} kinds of call{sample}.", report.tried)];
    }
    let mut lines = Vec::new();
    for (direction, heading) in [
        (Direction::Looser, "Permitted from now on:"),
        (Direction::Stricter, "Refused from now on:"),
        (Direction::Different, "Otherwise different:"),
    ] {
        let of: Vec<_> = report.differences.iter().filter(|one| one.direction == direction).collect();
        if !of.is_empty() {
            lines.push(heading.to_owned());
            lines.extend(of.iter().map(|one| format!("  {one}")));
        }
    }
    lines.push(format!("Tried: {} kinds of call{sample}, at each destination.", report.tried));
    lines
}

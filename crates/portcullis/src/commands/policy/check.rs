//! `portcullis policy check`: every mistake in the policies, and what is suspicious about those that hold together.

use anyhow::Result;
use judge::Ground;
use serde_json::{Value, json};

use crate::cli::Place;
use crate::commands::say;
use crate::config::{Config, Problem, Severity};
use crate::control::now_unix;
use crate::{Exit, dirs};

/// Runs `portcullis policy check`. With `strict` the answer is no when something is suspicious, too.
///
/// # Errors
/// The folder that was named does not exist.
pub(super) fn run(place: &Place, strict: bool) -> Result<Exit> {
    let dir = dirs::config(place)?;
    let loaded = Config::load(dir.as_deref(), &|name| std::env::var(name).ok());
    // What policies name stands in the other files, so all of them are read; told are only the policies' own problems.
    let (problems, suspicious) = match &loaded {
        Ok(config) => (of_policies(&config.warnings), lint(config)),
        Err(problems) => (of_policies(problems), Vec::new()),
    };
    let elsewhere = loaded.as_ref().err().is_some_and(|_| problems.iter().all(|one| one.severity != Severity::Error));
    let wrong = loaded.is_err();
    if place.json {
        say(&in_json(&loaded, &problems, &suspicious).to_string());
    } else {
        problems.iter().for_each(|problem| say(&problem.to_string()));
        suspicious.iter().for_each(|problem| say(&format!("warning: {problem}")));
        if elsewhere {
            say("The configuration is refused for another reason than its policies; see `portcullis check`.");
        } else {
            say(&summary(&loaded, problems.len() + suspicious.len()));
        }
    }
    Ok(if wrong || (strict && !(problems.is_empty() && suspicious.is_empty())) { Exit::No } else { Exit::Done })
}

fn of_policies(problems: &[Problem]) -> Vec<&Problem> {
    let about = |problem: &&Problem| problem.file.starts_with("policies") || problem.file.ends_with(".cedar");
    problems.iter().filter(about).collect()
}

fn lint(config: &Config) -> Vec<judge::Problem> {
    let now = now_unix();
    let facts: Vec<_> = config.destinations.iter().map(|one| one.facts.clone()).collect();
    let ground = Ground::new(&facts, config.mode, now);
    let candidate = config.candidate.iter().flat_map(|policies| judge::lint(policies, &ground));
    judge::lint(&config.policies, &ground).into_iter().chain(candidate).collect()
}

fn summary(loaded: &Result<Config, Vec<Problem>>, told: usize) -> String {
    let signed = loaded.as_ref().ok().and_then(|config| config.signed.as_ref()).map_or_else(
        || "signed by nobody".to_owned(),
        |signed| format!("change {}, signed by {}", signed.change, signed.by.join(", ")),
    );
    match loaded {
        Ok(config) if told == 0 => {
            format!("{} policies hold together ({}), {signed}.", config.policies.len(), config.policies.hash())
        }
        Ok(config) => format!("{} policies can be used; {told} to look at.", config.policies.len()),
        Err(_) => "The policies are refused.".to_owned(),
    }
}

fn in_json(loaded: &Result<Config, Vec<Problem>>, problems: &[&Problem], suspicious: &[judge::Problem]) -> Value {
    let suspicious: Vec<Value> = suspicious
        .iter()
        .map(|one| json!({ "file": one.file, "line": one.line, "message": one.message, "help": one.help }))
        .collect();
    let policies: Vec<Value> = loaded
        .iter()
        .flat_map(|config| {
            config.policies.ids().filter_map(|id| {
                let about = config.policies.about(&id)?;
                Some(json!({
                    "id": id, "file": about.file, "line": about.line,
                    "effect": if about.forbids { "forbid" } else { "permit" },
                    "reason": about.reason, "control": about.control,
                }))
            })
        })
        .collect();
    json!({
        "ok": loaded.is_ok(),
        "hash": loaded.as_ref().ok().map(|config| config.policies.hash().to_owned()),
        "policies": policies,
        "problems": problems,
        "suspicious": suspicious,
    })
}

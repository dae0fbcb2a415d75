//! `portcullis check`: loads everything and explains every problem at once, with file, line and what to do.

mod routes;

use anyhow::Result;
use judge::Mode;
use serde_json::{Value, json};

use super::say;
use crate::cli::Place;
use crate::config::{Config, Problem, Severity};
use crate::{Exit, dirs};

/// Runs `portcullis check`. The answer is no when something is refused; warnings alone are a yes.
///
/// # Errors
/// The folder that was named does not exist.
pub fn run(place: &Place, mode: Option<&str>) -> Result<Exit> {
    let mode = mode.map(|mode| if mode == "production" { Mode::Production } else { Mode::Development });
    let dir = dirs::config(place)?;
    let loaded = Config::load_as(dir.as_deref(), &|name| std::env::var(name).ok(), mode);
    if place.json {
        say(&in_json(&loaded).to_string());
    } else {
        in_words(&loaded);
    }
    Ok(if loaded.is_ok() { Exit::Done } else { Exit::No })
}

fn in_json(loaded: &Result<Config, Vec<Problem>>) -> Value {
    match loaded {
        Ok(config) => {
            let destinations: Vec<&str> = config.destinations.iter().map(|one| one.facts.name.as_str()).collect();
            let aliases: Vec<String> = config.aliases.iter().map(crate::config::Alias::written).collect();
            json!({
                "ok": true,
                "mode": config.mode,
                "hash": config.hash,
                "policy_hash": config.policies.hash(),
                "destinations": destinations,
                "aliases": aliases,
                "policies": config.policies.len(),
                "problems": config.warnings,
                "routes": routes::in_json(&routes::of(config, crate::control::now_unix())),
            })
        }
        Err(problems) => json!({ "ok": false, "problems": problems }),
    }
}

fn in_words(loaded: &Result<Config, Vec<Problem>>) {
    let problems = match loaded {
        Ok(config) => &config.warnings,
        Err(problems) => problems,
    };
    for problem in problems {
        say(&problem.to_string());
    }
    if !problems.is_empty() {
        say("");
    }
    match loaded {
        Ok(config) => {
            let mode = match config.mode {
                Mode::Development => "development",
                Mode::Production => "production",
            };
            let from = match &config.dir {
                Some(dir) => format!("The configuration in {}", dir.display()),
                None => "The configuration without a folder".to_owned(),
            };
            say(&format!(
                "{from} can be used, in {mode} mode: {}, {}, {}{}.",
                counted(config.destinations.len(), "destination"),
                counted(config.aliases.len(), "alias"),
                counted(config.policies.len(), "policy"),
                if problems.is_empty() { String::new() } else { format!("; {}", counted(problems.len(), "warning")) },
            ));
            // For a plain question, by a caller that belongs to no group or use case, of content without findings.
            routes::in_words(&routes::of(config, crate::control::now_unix())).iter().for_each(|line| say(line));
        }
        Err(_) => {
            let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
            say(&format!("The configuration is refused: {}.", counted(errors, "error")));
        }
    }
}

fn counted(number: usize, thing: &str) -> String {
    match (number, thing) {
        (1, _) => format!("1 {thing}"),
        (_, "policy") => format!("{number} policies"),
        (_, "alias") => format!("{number} aliases"),
        _ => format!("{number} {thing}s"),
    }
}

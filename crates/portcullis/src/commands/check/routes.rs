//! Where each alias leads at each level, and where to nowhere: what a plain question would be permitted by policy alone.

use std::collections::{BTreeMap, BTreeSet};

use inspect::Level;
use judge::{Action, CallFacts, Caller, Destinations};
use serde_json::{Value, json};

use crate::config::Config;

/// Where one alias leads.
pub(super) struct Routes {
    alias: String,
    /// Jurisdictions and destinations that are permitted, by level, in the order of [`Level::ALL`].
    levels: Vec<(Level, BTreeSet<String>, Vec<String>)>,
}

/// Asks policy for every alias and level, as a caller would that belongs to no group and no use case.
pub(super) fn of(config: &Config, now_unix: i64) -> Vec<Routes> {
    let facts = |index: &usize| config.destinations.get(*index).map(|one| one.facts.clone());
    let aliases = config.aliases.iter().map(|alias| {
        let destinations: Vec<_> = alias.destinations.iter().filter_map(facts).collect();
        let prepared = Destinations::prepare(&destinations);
        let levels = Level::ALL.map(|level| {
            let permitted = permitted(config, &prepared, level, now_unix);
            let there = || permitted.iter().filter_map(|index| destinations.get(*index));
            let laws = there().map(|one| one.jurisdiction.clone()).filter(|law| !law.is_empty()).collect();
            (level, laws, there().map(|one| one.name.clone()).collect())
        });
        Routes { alias: alias.written(), levels: levels.into() }
    });
    aliases.collect()
}

fn permitted(config: &Config, destinations: &Destinations, level: Level, now_unix: i64) -> Vec<usize> {
    let caller = Caller { floor: level, ..Caller::workload("somebody", "somebody") };
    let call = CallFacts {
        actions: &[Action::Chat],
        classes: &BTreeMap::new(),
        level,
        injection: 0.0,
        tools: false,
        untrusted: false,
        unmodelled: &[],
        provider_fetch: &[],
        mode: config.mode,
        now_unix,
    };
    let decision = judge::decide(&config.policies, &caller, &call, destinations);
    decision.permitted.iter().map(|one| one.destination).collect()
}

/// For programs.
pub(super) fn in_json(all: &[Routes]) -> Value {
    all.iter()
        .map(|routes| {
            let levels: serde_json::Map<String, Value> = routes
                .levels
                .iter()
                .map(|(level, laws, names)| {
                    (level.to_string(), json!({ "jurisdictions": laws, "destinations": names }))
                })
                .collect();
            json!({ "alias": routes.alias, "levels": levels })
        })
        .collect()
}

/// For people: a line for each alias that leads nowhere at some level, or not into some jurisdiction that others reach.
pub(super) fn in_words(all: &[Routes]) -> Vec<String> {
    let known: BTreeSet<&String> =
        all.iter().flat_map(|routes| routes.levels.iter().flat_map(|(_, laws, _)| laws)).collect();
    all.iter().filter_map(|routes| line(routes, &known)).collect()
}

fn line(routes: &Routes, known: &BTreeSet<&String>) -> Option<String> {
    let without = |is_without: &dyn Fn(&BTreeSet<String>, &[String]) -> bool| -> Vec<&str> {
        let levels = routes.levels.iter().filter(|(_, laws, names)| is_without(laws, names));
        levels.map(|(level, ..)| level.as_str()).collect()
    };
    let nowhere = without(&|_, names| names.is_empty());
    let mut parts = Vec::new();
    if !nowhere.is_empty() {
        parts.push(format!("leads nowhere at {}", nowhere.join(", ")));
    }
    for law in known {
        let missing = without(&|laws, names| !names.is_empty() && !laws.contains(*law));
        if !missing.is_empty() {
            parts.push(format!("has no route in `{law}` at {}", missing.join(", ")));
        }
    }
    (!parts.is_empty()).then(|| format!("The alias `{}` {}.", routes.alias, parts.join("; it ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(files: &[(&str, &str)]) -> Config {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Config::load(Some(folder.path()), &|_| None).unwrap()
    }

    const WARD: &str = "kind = \"openai\"\nhosting = \"self_hosted\"\nendpoint = \"http://127.0.0.1:8000/v1\"\nmodel = \"m\"\naliases = [\"chat\"]\nregion = \"eu-central-1\"\njurisdiction = \"EU\"\nprivate_network = true\n";
    const CLOUD: &str = "kind = \"openai\"\nhosting = \"hosted\"\nvendor = \"acme\"\nendpoint = \"https://llm.acme.example/v1\"\nmodel = \"m\"\naliases = [\"chat\", \"cloud\"]\njurisdiction = \"US\"\n";

    #[test]
    fn aliases_without_a_lawful_route_are_told_by_level_and_jurisdiction() {
        let config = config(&[("destinations/ward.toml", WARD), ("destinations/cloud.toml", CLOUD)]);
        let all = of(&config, 1_795_000_000);
        assert_eq!(
            in_words(&all),
            [
                "The alias `chat` has no route in `US` at internal, confidential, restricted.",
                "The alias `cloud` leads nowhere at internal, confidential, restricted; it has no route in `EU` at public.",
            ]
        );
        let json = in_json(&all);
        assert_eq!(json[0]["levels"]["public"]["destinations"], json!(["ward", "cloud"]));
        assert_eq!(json[1]["levels"]["restricted"]["jurisdictions"], json!([]));
    }
}

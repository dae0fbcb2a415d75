//! `portcullis policy library`: ready policies with their tests, listed or copied as files that are then one's own.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use super::sources;
use crate::Exit;
use crate::cli::Place;
use crate::commands::{say, warn};

/// A ready policy.
struct Ready {
    name: &'static str,
    policy: &'static str,
    table: &'static str,
}

impl Ready {
    /// Its first comment, as one line.
    fn meaning(&self) -> String {
        let comment = self.policy.lines().take_while(|line| line.starts_with("//"));
        comment.map(|line| line.trim_start_matches('/').trim()).collect::<Vec<_>>().join(" ")
    }
}

/// Runs `portcullis policy library`: lists, or copies those that are named. Nothing is overwritten.
///
/// # Errors
/// A file cannot be written.
pub(super) fn run(place: &Place, names: &[String], into: Option<&Path>) -> Result<Exit> {
    if names.is_empty() {
        list(place.json);
        return Ok(Exit::Done);
    }
    let mut wanted = Vec::new();
    for name in names {
        let Some(ready) = LIBRARY.iter().find(|ready| ready.name == name) else {
            let near = judge::nearest(name, LIBRARY.iter().map(|ready| ready.name));
            let help =
                near.map_or("See `portcullis policy library`.".to_owned(), |near| format!("Did you mean `{near}`?"));
            warn(&format!("No: there is no ready policy `{name}`.\n{help}"));
            return Ok(Exit::No);
        };
        wanted.push(ready);
    }
    let dir = match into {
        Some(dir) => dir.to_owned(),
        None => sources::folder(place)?,
    };
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot make the folder `{}`", dir.display()))?;
    let mut written = Vec::new();
    for ready in wanted {
        for (end, text) in [(".cedar", ready.policy), (".test.toml", ready.table)] {
            let path = dir.join(format!("{}{end}", ready.name));
            let file = std::fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
            file.with_context(|| format!("cannot write `{}`; nothing is overwritten", path.display()))?;
            written.push(path.display().to_string());
        }
    }
    if place.json {
        say(&json!({ "written": written }).to_string());
    } else {
        written.iter().for_each(|path| say(&format!("Wrote {path}")));
    }
    Ok(Exit::Done)
}

fn list(as_json: bool) {
    if as_json {
        let all: Vec<_> = LIBRARY.iter().map(|one| json!({ "name": one.name, "meaning": one.meaning() })).collect();
        return say(&json!({ "policies": all }).to_string());
    }
    for ready in &LIBRARY {
        say(&format!("{:<28} {}", ready.name, ready.meaning()));
    }
}

macro_rules! ready {
    ($name:literal) => {
        Ready {
            name: $name,
            policy: include_str!(concat!("../../../../../policies/library/", $name, ".cedar")),
            table: include_str!(concat!("../../../../../policies/library/", $name, ".test.toml")),
        }
    };
}

/// Every file of `policies/library/`, the one to start from first.
const LIBRARY: [Ready; 14] = [
    ready!("base"),
    ready!("eu-personal-data"),
    ready!("expired-assessment"),
    ready!("health-data"),
    ready!("hosted-only-for-public"),
    ready!("no-secrets"),
    ready!("personal-data-abroad"),
    ready!("pinned-models"),
    ready!("production-self-hosted"),
    ready!("restricted-needs-elevation"),
    ready!("source-code"),
    ready!("uninspectable"),
    ready!("unowned-destination"),
    ready!("untrusted-text"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::policy::test::run_table;
    use crate::config::Config;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/library")
    }

    #[test]
    fn every_ready_policy_keeps_its_promises() {
        let config = Config::load(None, &|_| None).unwrap();
        for ready in &LIBRARY {
            let outcomes = run_table(&folder().join(format!("{}.test.toml", ready.name)), &config).unwrap();
            assert!(outcomes.len() >= 2, "{} promises too little", ready.name);
            for outcome in outcomes {
                assert!(outcome.ok, "{}: {}: {:#?}", ready.name, outcome.test, outcome.differences);
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_in_the_library() {
        let mut files: Vec<String> = std::fs::read_dir(folder())
            .unwrap()
            .filter_map(|entry| {
                entry.unwrap().file_name().into_string().unwrap().strip_suffix(".cedar").map(str::to_owned)
            })
            .collect();
        files.sort();
        let mut names: Vec<&str> = LIBRARY.iter().map(|ready| ready.name).collect();
        names.sort_unstable();
        assert_eq!(files, names);
    }

    #[test]
    fn the_published_schema_is_the_one_that_policies_are_checked_against() {
        let path = folder().join("../portcullis.cedarschema");
        if std::env::var_os("PORTCULLIS_UPDATE_DOCS").is_some() {
            std::fs::write(&path, judge::SCHEMA).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == judge::SCHEMA, "run this test with PORTCULLIS_UPDATE_DOCS=1");
    }

    #[test]
    fn each_test_of_the_library_can_fail() {
        // With the base alone, every table but the base's own must have something to complain about.
        let config = Config::load(None, &|_| None).unwrap();
        for ready in LIBRARY.iter().skip(1) {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("base.cedar"), LIBRARY[0].policy).unwrap();
            std::fs::write(dir.path().join(format!("{}.cedar", ready.name)), "").unwrap();
            let table = dir.path().join("t.test.toml");
            std::fs::write(&table, ready.table).unwrap();
            let outcomes = run_table(&table, &config).unwrap();
            assert!(outcomes.iter().any(|outcome| !outcome.ok), "{} tests nothing", ready.name);
        }
    }

    #[test]
    fn all_of_it_together_holds_and_has_nothing_suspicious_but_what_is_said_twice() {
        let sources: Vec<judge::Source> = LIBRARY
            .iter()
            .map(|ready| judge::Source { name: format!("{}.cedar", ready.name), text: ready.policy.to_owned() })
            .collect();
        let policies = judge::Policies::compile(&sources).unwrap();
        assert!(policies.warnings().is_empty(), "{:?}", policies.warnings());
        for id in policies.ids() {
            let about = policies.about(&id).unwrap();
            assert!(id.starts_with("base.") || about.control.is_some(), "{id} names no control");
            assert!(!about.forbids || about.reason.is_some(), "{id} gives no reason");
        }
    }
}

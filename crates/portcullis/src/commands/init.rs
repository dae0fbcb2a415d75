//! `portcullis init`: writes a commented configuration folder, and never over anything.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};

use super::{say, warn};
use crate::Exit;

/// Runs `portcullis init DIR`.
///
/// # Errors
/// The folder or a file in it cannot be written.
pub fn run(dir: &Path) -> Result<Exit> {
    match fs::read_dir(dir) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                warn(&format!(
                    "No: `{}` is not empty, and nothing is ever overwritten.\nName a folder that does not exist.",
                    dir.display()
                ));
                return Ok(Exit::No);
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot look into `{}`", dir.display())),
    }
    write(dir)?;
    say(&format!("Wrote a configuration to {}. Next:", dir.display()));
    say("");
    say(&format!("    portcullis check --config {}", dir.display()));
    say(&format!("    portcullis serve --config {}", dir.display()));
    Ok(Exit::Done)
}

/// Writes all files; each must be new.
pub(crate) fn write(dir: &Path) -> Result<()> {
    for (name, text) in files() {
        let path = dir.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        }
        let written = fs::File::create_new(&path).and_then(|mut file| {
            use std::io::Write;
            file.write_all(text.as_bytes())
        });
        written.with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    let models = dir.join("models");
    fs::create_dir_all(&models).with_context(|| format!("cannot make the folder `{}`", models.display()))?;
    Ok(())
}

/// Names and texts of the files.
fn files() -> Vec<(&'static str, String)> {
    let own = "// What is permitted to begin with: the built-in policies, now yours to change.\n\n";
    let body = judge::BUILT_IN.replace("built-in.", "default.");
    // The first comment of the built-in policies speaks of a configuration without any.
    let default = body.split_once("\n\n").map_or_else(|| body.clone(), |(_, rest)| format!("{own}{rest}"));
    let mut files =
        vec![("policies/default.cedar", default), ("policies/portcullis.cedarschema", judge::SCHEMA.to_owned())];
    files.extend(FILES.iter().map(|(name, text)| (*name, (*text).to_owned())));
    files
}

const FILES: [(&str, &str); 10] = [
    ("README.md", include_str!("../config/init/README.md")),
    ("portcullis.toml", include_str!("../config/init/portcullis.toml")),
    ("destinations/embedded.toml", include_str!("../config/init/embedded.toml")),
    ("destinations/self-hosted.toml.example", include_str!("../config/init/self-hosted.toml.example")),
    ("destinations/hosted.toml.example", include_str!("../config/init/hosted.toml.example")),
    ("policies/health-data.cedar", include_str!("../config/init/health-data.cedar")),
    ("policies/injection.cedar", include_str!("../config/init/injection.cedar")),
    ("classes/organisation.toml", include_str!("../config/init/organisation.toml")),
    ("vendors/acme.toml.example", include_str!("../config/init/vendor.toml.example")),
    ("use_cases/discharge-letters.toml.example", include_str!("../config/init/use_case.toml.example")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn written() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path()).unwrap();
        dir
    }

    #[test]
    fn what_is_written_loads_with_nothing_to_say_but_owners() {
        let dir = written();
        for mode in [judge::Mode::Development, judge::Mode::Production] {
            let config = Config::load_as(Some(dir.path()), &|_| None, Some(mode)).unwrap();
            let files: Vec<&str> = config.warnings.iter().map(|warning| warning.file.as_str()).collect();
            assert_eq!(files, ["destinations/embedded.toml"], "{:?}", config.warnings);
            assert_eq!(config.aliases.len(), 1);
        }
    }

    #[test]
    fn the_examples_load_once_they_are_renamed() {
        let dir = written();
        for (from, to) in [
            ("destinations/self-hosted.toml.example", "destinations/ward.toml"),
            ("destinations/hosted.toml.example", "destinations/acme.toml"),
            ("vendors/acme.toml.example", "vendors/acme.toml"),
            ("use_cases/discharge-letters.toml.example", "use_cases/discharge-letters.toml"),
        ] {
            fs::rename(dir.path().join(from), dir.path().join(to)).unwrap();
        }
        let env = |name: &str| (name == "ACME_API_KEY").then(|| "k".to_owned());
        let config = Config::load(Some(dir.path()), &env).unwrap();
        let names: Vec<&str> = config.destinations.iter().map(|one| one.facts.name.as_str()).collect();
        assert_eq!(names, ["ward", "embedded", "acme"]);
        assert_eq!(config.use_cases.len(), 1);
        // What is left to tell: no promoted model, no owners of the embedded one.
        assert_eq!(config.warnings.len(), 2, "{:#?}", config.warnings);
    }

    #[test]
    fn commented_lines_are_settings_that_exist() {
        let dir = written();
        for file in ["portcullis.toml", "classes/organisation.toml"] {
            let path = dir.path().join(file);
            let text = fs::read_to_string(&path).unwrap();
            let mut active = String::new();
            for line in text.lines() {
                let setting = line.strip_prefix("# ").filter(|rest| rest.starts_with('[') || rest.contains(" = "));
                active.push_str(setting.unwrap_or(line));
                active.push('\n');
            }
            fs::write(&path, active).unwrap();
        }
        // The files it names exist on no test machine, and that may be told; an unknown setting may not.
        let problems = Config::load(Some(dir.path()), &|_| None).unwrap_err();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|text| text.contains("`certificate` cannot be read")), "{told:#?}");
        assert!(!told.iter().any(|text| text.contains("is not known") || text.contains("is not TOML")), "{told:#?}");
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("portcullis.toml"), "mine").unwrap();
        assert_eq!(run(dir.path()).unwrap(), Exit::No);
        assert_eq!(fs::read_to_string(dir.path().join("portcullis.toml")).unwrap(), "mine");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

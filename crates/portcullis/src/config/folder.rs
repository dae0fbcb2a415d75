//! Walks the configuration folder: what is read, what is not, and what was probably meant to be.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use judge::Mode;
use sha2::{Digest, Sha256};

use super::destination::{Beside, Destination};
use super::problem::{File, Problem, Problems, Severity};
use super::routing::Prices;
use super::{Config, aliases, bundle, classes, destination, main_file, models, policies, use_case, vendor, without};

/// Loads the folder `dir`.
pub(super) fn load(
    dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    mode: Option<Mode>,
) -> Result<Config, Vec<Problem>> {
    let problems = Problems::default();
    let mut walk = Walk { dir, problems: &problems, read: Vec::new(), files: Vec::new() };
    let found = walk.everything();
    let Walk { read, mut files, .. } = walk;

    let main = found.main.as_ref().map_or_else(
        || main_file::Main { mode: mode.unwrap_or_default(), ..main_file::Main::default() },
        |file| main_file::read(file, dir, mode, &problems, &mut files),
    );
    let mut inspection = main.inspection;
    let origins = classes::read(&found.classes, crate::control::now_unix(), &mut inspection, &problems);
    let inspector = classes::inspector(&found.classes, &inspection, &origins, &problems);
    let policies = policies::compile(&found.policies, &classes::vocabulary(&inspection), &problems);
    let candidate = if found.candidate.is_empty() {
        None
    } else {
        policies::compile(&found.candidate, &classes::vocabulary(&inspection), &problems)
    };
    let signed = policies::signed(&found.policies, found.bundle.as_ref(), &main.policy_signers, &problems);
    let vendors: BTreeMap<_, _> = found
        .vendors
        .iter()
        .filter_map(|file| Some((file.stem().to_owned(), vendor::read(file, &problems)?)))
        .collect();
    let mut promoted = BTreeSet::new();
    found.models.iter().for_each(|file| models::read(file, &problems, &mut promoted));
    let use_cases =
        found.use_cases.iter().map(|file| (file.stem().to_owned(), use_case::read(file, &problems))).collect();
    let beside = Beside { dir, env, mode: main.mode, vendors: &vendors, promoted: &promoted };
    let mut destinations: Vec<Destination> =
        found.destinations.iter().filter_map(|file| destination::read(file, &beside, &problems, &mut files)).collect();
    if found.destinations.is_empty() {
        destinations.push(without::embedded());
    }
    aliases::sort(&mut destinations);
    let mut prices = Prices::default();
    found.prices.iter().for_each(|file| prices.read(file, &problems));
    aliases::tell_unknown(&main.strategies, &destinations, &problems);

    let warnings = problems.into_result()?;
    let (Some(inspector), Some(policies)) = (inspector, policies) else {
        // Both tell why they are not there, so this is not reached; were it, nothing may be loaded.
        return Err(warnings);
    };
    files.sort();
    files.dedup();
    Ok(Config {
        dir: Some(dir.to_owned()),
        mode: main.mode,
        listen: main.listen,
        admin_listen: main.admin_listen,
        drain: main.drain,
        limits: main.limits,
        ledger: main.ledger,
        aliases: aliases::of(&destinations, &main.strategies),
        prices: prices.of_all(&destinations),
        budgets: main.budgets,
        destinations,
        policies,
        policy_signers: main.policy_signers,
        signed,
        candidate,
        observed: main.observed,
        inspection,
        inspector: Arc::new(inspector),
        exceptions_end_unix: origins.first_end_unix,
        vendors,
        use_cases,
        files,
        hash: hash(&read),
        warnings,
    })
}

/// `sha256:` and 64 hexadecimal digits over names and bytes of files, each behind its length.
pub(super) fn hash(files: &[(String, Vec<u8>)]) -> String {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort();
    let mut hash = Sha256::new();
    for (name, bytes) in sorted {
        for part in [name.as_bytes(), bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    let digest = hash.finalize();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The files of a folder, by what they are.
#[derive(Default)]
struct Found {
    main: Option<File>,
    destinations: Vec<File>,
    policies: Vec<File>,
    bundle: Option<File>,
    candidate: Vec<File>,
    classes: Vec<File>,
    vendors: Vec<File>,
    use_cases: Vec<File>,
    models: Vec<File>,
    prices: Vec<File>,
}

struct Walk<'a> {
    dir: &'a Path,
    problems: &'a Problems,
    /// Names and bytes of everything that was read.
    read: Vec<(String, Vec<u8>)>,
    /// Paths of the same.
    files: Vec<PathBuf>,
}

impl Walk<'_> {
    fn everything(&mut self) -> Found {
        let mut found = Found::default();
        for (name, path) in self.entries(self.dir, "") {
            if path.is_dir() {
                self.folder(&name, &mut found);
            } else if name == MAIN {
                found.main = self.file(&path, name);
            } else if has_extension(&name, "toml") || has_extension(&name, "cedar") {
                let help = judge::nearest(&name, [MAIN]).map_or_else(
                    || format!("only `{MAIN}` stands here; destinations and so on have folders of their own"),
                    |near| format!("did you mean `{near}`?"),
                );
                self.problems.whole(&name, "this file is not read", help);
            }
        }
        found
    }

    fn folder(&mut self, name: &str, found: &mut Found) {
        if name == "policies" {
            let path = self.dir.join(name).join(bundle::FILE);
            found.bundle = path.is_file().then(|| self.file(&path, format!("{name}/{}", bundle::FILE))).flatten();
        }
        let into: &mut Vec<File> = match name {
            "destinations" => &mut found.destinations,
            "policies" => &mut found.policies,
            "policies_candidate" => &mut found.candidate,
            "classes" => &mut found.classes,
            "vendors" => &mut found.vendors,
            "use_cases" => &mut found.use_cases,
            "models" => &mut found.models,
            "prices" => &mut found.prices,
            _ => return self.unknown_folder(name),
        };
        let extension = if name.starts_with("policies") { "cedar" } else { "toml" };
        for (file, path) in self.entries(&self.dir.join(name), &format!("{name}/")) {
            if has_extension(&file, extension) && path.is_file() {
                into.extend(self.file(&path, file));
            } else if !SILENT.iter().any(|end| file.ends_with(end)) {
                self.problems.push(Problem {
                    severity: Severity::Warning,
                    file,
                    line: 0,
                    column: 0,
                    message: "this is not read".to_owned(),
                    help: Some(format!("files in `{name}/` end in `.{extension}` and stand in no folder below it")),
                });
            }
        }
    }

    fn unknown_folder(&self, name: &str) {
        if NOT_BUILT_YET.contains(&name) {
            if !self.entries(&self.dir.join(name), "").is_empty() {
                let message = "what stands in this folder is not built yet, so nothing would come of it";
                self.problems.whole(name, message, "remove it until then");
            }
            return;
        }
        match judge::nearest(name, FOLDERS) {
            Some(near) => self.problems.whole(name, "this folder is not known", format!("did you mean `{near}`?")),
            None => self.problems.push(Problem {
                severity: Severity::Warning,
                file: name.to_owned(),
                line: 0,
                column: 0,
                message: "this folder is not read".to_owned(),
                help: Some(format!("known are {}", FOLDERS.join(", "))),
            }),
        }
    }

    /// Names (behind `prefix`) and paths in a folder, sorted, hidden ones left out.
    fn entries(&self, dir: &Path, prefix: &str) -> Vec<(String, PathBuf)> {
        let shown = if prefix.is_empty() { dir.display().to_string() } else { prefix.to_owned() };
        let listing = match std::fs::read_dir(dir) {
            Ok(listing) => listing,
            Err(error) => {
                let help = "name a folder that exists; `portcullis init DIR` writes one";
                self.problems.whole(&shown, format!("the folder cannot be read: {error}"), help);
                return Vec::new();
            }
        };
        let mut entries = Vec::new();
        for entry in listing.take(ENTRIES_MAX + 1) {
            match entry.map(|entry| (entry.file_name().into_string(), entry.path())) {
                Ok((Ok(name), path)) if !name.starts_with('.') => entries.push((format!("{prefix}{name}"), path)),
                Ok((Ok(_), _)) => {}
                Ok((Err(_), _)) => self.problems.whole(&shown, "a file's name is not UTF-8", "rename it"),
                Err(error) => self.problems.whole(&shown, format!("the folder cannot be read: {error}"), "try again"),
            }
        }
        if entries.len() > ENTRIES_MAX {
            let message = format!("the folder holds more than {ENTRIES_MAX} files");
            self.problems.whole(&shown, message, "split the installation");
        }
        entries.sort();
        entries
    }

    fn file(&mut self, path: &Path, name: String) -> Option<File> {
        self.files.push(path.to_owned());
        let mut bytes = Vec::new();
        let limit = FILE_BYTES_MAX as u64 + 1;
        let read = std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
        if let Err(error) = read {
            self.problems.whole(&name, format!("the file cannot be read: {error}"), "make it readable for the door");
            return None;
        }
        if bytes.len() > FILE_BYTES_MAX {
            self.problems.whole(&name, format!("the file is larger than {FILE_BYTES_MAX} bytes"), "split it");
            return None;
        }
        self.read.push((name.clone(), bytes.clone()));
        match String::from_utf8(bytes) {
            Ok(text) => Some(File { name, text }),
            Err(_) => {
                self.problems.whole(&name, "the file is not UTF-8 text", "save it as UTF-8");
                None
            }
        }
    }
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

const MAIN: &str = "portcullis.toml";
const FOLDERS: [&str; 8] =
    ["destinations", "policies", "policies_candidate", "classes", "vendors", "use_cases", "models", "prices"];
/// Files for people and editors, and tests of policies (which `portcullis policy test` runs).
const SILENT: [&str; 5] = [".md", ".example", ".cedarschema", ".test.toml", bundle::FILE];
const NOT_BUILT_YET: [&str; 4] = ["templates", "sinks", "alerts", "retention"];
/// The largest configuration file in bytes.
const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most files in one folder.
const ENTRIES_MAX: usize = 20_000;

//! From policy files to [`Policies`]: parsed, named, checked against schema and annotation table, every problem at once.

use std::collections::{BTreeMap, HashMap};

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;
use sha2::{Digest, Sha256};

use crate::SCHEMA;
use crate::facts::COUNTED_GROUPS;
use crate::obligations::{self, Obligations};
use crate::policies::{Details, Policies};
use crate::problem::{Problem, nearest, position};
use crate::slices::Slices;

/// One policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, as problems and decisions give it.
    pub name: String,
    /// Its text: Cedar policies.
    pub text: String,
}

/// What policies may name besides what every installation has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Groups of the organisation's own classes: `acme` for the class `acme.project`.
    pub groups: Vec<String>,
}

impl Vocabulary {
    fn knows(&self, group: &str) -> bool {
        COUNTED_GROUPS.contains(&group) || self.groups.iter().any(|own| own == group)
    }
}

/// A policy with its place.
struct Placed {
    policy: Policy,
    details: Details,
    column: usize,
}

/// Compiles policy files.
pub(crate) fn compile(sources: &[Source], vocabulary: &Vocabulary) -> Result<Policies, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut placed: Vec<Placed> = Vec::new();
    for source in sources {
        placed.extend(read_file(source, vocabulary, &mut problems));
    }
    if placed.len() > POLICIES_MAX {
        problems.push(nowhere(format!("there are {} policies, and {POLICIES_MAX} is the limit", placed.len())));
    }
    refuse_twins(&mut placed, &mut problems);
    let texts = sources.iter().map(|source| (source.name.as_str(), source.text.as_str())).collect();
    let warnings = validate(&placed, &texts, &mut problems);
    let policies: Vec<Policy> = placed.iter().map(|placed| placed.policy.clone()).collect();
    if problems.is_empty() {
        let slices = Slices::build(&policies);
        let details =
            placed.into_iter().map(|placed| (placed.policy.id().clone(), placed.details)).collect::<HashMap<_, _>>();
        return Ok(Policies { slices, details, warnings, hash: hash(sources), all: policies.into() });
    }
    problems.sort();
    problems.dedup();
    Err(problems)
}

/// The hash that records name a set of policies by: over the schema, and the files in the order of their names.
pub(crate) fn hash(sources: &[Source]) -> String {
    let mut sorted: Vec<&Source> = sources.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut hash = Sha256::new();
    let parts = sorted.iter().flat_map(|source| [source.name.as_str(), source.text.as_str()]);
    for part in std::iter::once(SCHEMA).chain(parts) {
        // The length first, so that no two different lists of files run together into the same bytes.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().fold("sha256:".to_owned(), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}

/// The policies of one file, each under its own name.
fn read_file(source: &Source, vocabulary: &Vocabulary, problems: &mut Vec<Problem>) -> Vec<Placed> {
    if source.text.len() > SOURCE_BYTES_MAX {
        let message = format!("the file has {} bytes, and {SOURCE_BYTES_MAX} is the limit", source.text.len());
        problems.push(Problem { file: source.name.clone(), ..nowhere(message) });
        return Vec::new();
    }
    let set: PolicySet = match source.text.parse() {
        Ok(set) => set,
        Err(errors) => {
            problems.extend(parse_problems(source, &errors));
            return Vec::new();
        }
    };
    problems.extend(set.templates().map(|template| {
        let start = source.text.find(&template.to_cedar());
        let (line, column) = start.map_or((0, 0), |start| position(&source.text, start));
        let message = "a policy with a slot (`?principal`, `?resource`) is a template, and templates are not used here";
        let help = Some("name the principal or the resource".to_owned());
        Problem { file: source.name.clone(), line, column, message: message.to_owned(), help }
    }));
    let mut from = 0;
    in_order(&set).into_iter().map(|policy| place(source, policy, &mut from, vocabulary, problems)).collect()
}

/// Gives a policy its place and name, and reads its annotations. `from` is where the previous policy ended.
fn place(
    source: &Source,
    policy: &Policy,
    from: &mut usize,
    vocabulary: &Vocabulary,
    problems: &mut Vec<Problem>,
) -> Placed {
    let text = policy.to_cedar().unwrap_or_default();
    let start = source.text.get(*from..).and_then(|rest| rest.find(&text)).map_or(*from, |at| *from + at);
    *from = start + text.len();
    let (line, column) = position(&source.text, start);
    let id = match policy.annotation("id") {
        Some(id) => id.to_owned(),
        None => format!("{}:{line}", source.name),
    };
    let mut details = Details {
        effect: policy.effect(),
        file: source.name.clone(),
        line,
        reason: policy.annotation("reason").map(str::to_owned),
        help: policy.annotation("help").map(str::to_owned),
        control: policy.annotation("control").map(str::to_owned),
        obligations: Obligations::default(),
        duty: false,
    };
    for (message, help) in read_annotations(policy, &mut details, vocabulary) {
        problems.push(Problem { file: source.name.clone(), line, column, message, help });
    }
    Placed { policy: policy.new_id(PolicyId::new(id)), details, column }
}

/// Reads every annotation of a policy into its details; answers what is wrong with them, and what to do.
fn read_annotations(policy: &Policy, details: &mut Details, vocabulary: &Vocabulary) -> Vec<(String, Option<String>)> {
    let mut wrong = Vec::new();
    let mut annotations: Vec<(&str, &str)> = policy.annotations().collect();
    annotations.sort_unstable();
    for (name, value) in annotations {
        if SAYING.contains(&name) {
            if value.trim().is_empty() {
                wrong.push((format!("`@{name}` says nothing"), Some(format!("write `@{name}(\"…\")`, or remove it"))));
            }
        } else if name == DUTY {
            details.duty = true;
            if !value.is_empty() || policy.effect() == Effect::Forbid {
                let help = "write `@duty` alone, on a `permit`".to_owned();
                wrong.push(("`@duty` takes no value and stands on a `permit`".to_owned(), Some(help)));
            }
        } else if obligations::NOT_BUILT_YET.contains(&name) {
            let help = "remove the policy, or permit nothing that needs this obligation".to_owned();
            wrong.push((format!("`@{name}` is not built yet, so nobody would carry it out"), Some(help)));
        } else if !obligations::NAMES.contains(&name) {
            let near = nearest(name, SAYING.into_iter().chain([DUTY]).chain(obligations::NAMES));
            wrong.push((format!("`@{name}` is not known"), near.map(|near| format!("did you mean `@{near}`?"))));
        } else if policy.effect() == Effect::Forbid {
            let help = "put it on the `permit` that it belongs to".to_owned();
            wrong.push((format!("`@{name}` is an obligation, and a `forbid` obliges nobody"), Some(help)));
        } else if let Err(message) = details.obligations.read(name, value, &|group| vocabulary.knows(group)) {
            wrong.push((message, None));
        }
    }
    if details.duty && wrong.is_empty() && (details.obligations.is_empty() || details.obligations.allow_unmodelled) {
        let help = "add what must be done, for example `@drop_tools`".to_owned();
        wrong.push(("a `@duty` obliges to something, and grants nothing".to_owned(), Some(help)));
    }
    wrong
}

/// Two policies of one name cannot be told apart in a record. The later ones are reported and left out.
fn refuse_twins(placed: &mut Vec<Placed>, problems: &mut Vec<Problem>) {
    let mut first: HashMap<PolicyId, (String, usize)> = HashMap::new();
    placed.retain(|twin| {
        let details = &twin.details;
        let Some((file, line)) = first.get(twin.policy.id()) else {
            first.insert(twin.policy.id().clone(), (details.file.clone(), details.line));
            return true;
        };
        problems.push(Problem {
            file: details.file.clone(),
            line: details.line,
            column: twin.column,
            message: format!("the id `{}` is taken by the policy at {file}:{line}", twin.policy.id()),
            help: Some("give each policy an `@id` of its own".to_owned()),
        });
        false
    });
}

/// Checks policies against the schema, strictly. Answers the warnings.
fn validate(placed: &[Placed], texts: &BTreeMap<&str, &str>, problems: &mut Vec<Problem>) -> Vec<Problem> {
    let schema = match Schema::from_cedarschema_str(SCHEMA) {
        Ok((schema, _)) => schema,
        Err(error) => {
            problems.push(nowhere(format!("the schema itself does not hold: {error}")));
            return Vec::new();
        }
    };
    let set = match PolicySet::from_policies(placed.iter().map(|placed| placed.policy.clone())) {
        Ok(set) => set,
        Err(error) => {
            problems.push(nowhere(error.to_string()));
            return Vec::new();
        }
    };
    let by_id: HashMap<&PolicyId, &Placed> = placed.iter().map(|placed| (placed.policy.id(), placed)).collect();
    let result = Validator::new(schema).validate(&set, ValidationMode::Strict);
    let mut errors: Vec<Problem> =
        result.validation_errors().map(|error| located(by_id.get(error.policy_id()).copied(), texts, error)).collect();
    // Cedar tells each mistake once for every action; one place is told once here.
    errors.sort();
    errors.dedup_by(|a, b| (&a.file, a.line, a.column, &a.help) == (&b.file, b.line, b.column, &b.help));
    problems.append(&mut errors);
    let mut warnings: Vec<Problem> = result
        .validation_warnings()
        .map(|warning| located(by_id.get(warning.policy_id()).copied(), texts, warning))
        .collect();
    warnings.sort();
    warnings
}

/// A diagnostic of Cedar about a policy, at the place it points to, or else at the policy.
fn located(placed: Option<&Placed>, texts: &BTreeMap<&str, &str>, diagnostic: &dyn Diagnostic) -> Problem {
    let help = diagnostic.help().map(|help| help.to_string());
    let message = diagnostic.to_string();
    let Some(placed) = placed else { return Problem { help, ..nowhere(message) } };
    // The place says which policy it is.
    let message = message.trim_start_matches(&format!("for policy `{}`, ", placed.policy.id())).to_owned();
    let file = placed.details.file.as_str();
    let label = diagnostic.labels().and_then(|mut labels| labels.next());
    let (line, column) = match (label, texts.get(file)) {
        (Some(label), Some(text)) => position(text, label.offset()),
        _ => (placed.details.line, placed.column),
    };
    Problem { file: file.to_owned(), line, column, message, help }
}

/// What Cedar says is wrong with a file that is not a set of policies.
fn parse_problems(source: &Source, errors: &cedar_policy::ParseErrors) -> Vec<Problem> {
    let problem = |error: &dyn Diagnostic| {
        let label = error.labels().and_then(|mut labels| labels.next());
        let (line, column) = label.as_ref().map_or((0, 0), |label| position(&source.text, label.offset()));
        let expected = label.and_then(|label| label.label().map(str::to_owned));
        Problem {
            file: source.name.clone(),
            line,
            column,
            message: error.to_string(),
            help: error.help().map(|help| help.to_string()).or(expected),
        }
    };
    errors.iter().map(|error| problem(error)).collect()
}

/// Cedar numbers the policies of a file in their order, and keeps them in none.
fn in_order(set: &PolicySet) -> Vec<&Policy> {
    let mut policies: Vec<&Policy> = set.policies().collect();
    policies.sort_by_key(|policy| {
        policy.id().to_string().trim_start_matches("policy").parse::<usize>().unwrap_or(usize::MAX)
    });
    policies
}

fn nowhere(message: String) -> Problem {
    Problem { file: String::new(), line: 0, column: 0, message, help: None }
}

/// Annotations that say something to people and oblige nobody.
const SAYING: [&str; 5] = ["id", "reason", "help", "control", "description"];
/// The annotation of a permit that adds its obligations where another policy permits, and permits nothing itself.
const DUTY: &str = "duty";
/// The most policies in one set.
const POLICIES_MAX: usize = 100_000;
/// The largest policy file in bytes.
const SOURCE_BYTES_MAX: usize = 16 * 1024 * 1024;

//! Destinations: one file each, checked into facts for policy and a way there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use judge::{Assessed, Assessment, DestinationFacts, Hosting, Mode, Provenance};
use proxy::destination::{Probing, Timeouts};

use super::document::{Document, Table};
use super::endpoint::{self, Endpoint};
use super::fields;
use super::listener::existing;
use super::problem::{File, Problems};
use super::region::{self, Declared, Deployment};
use super::routing;
use super::secret::{self, Credential};
use super::vendor::Vendor;

/// One model at one endpoint in one region.
#[derive(Clone, Debug)]
pub struct Destination {
    /// What policy knows of it; its name among it.
    pub facts: DestinationFacts,
    /// The format it speaks.
    pub kind: Kind,
    /// Where it is; `None` for the embedded model.
    pub endpoint: Option<Endpoint>,
    /// The model's name there.
    pub model: Model,
    /// For the embedded model: its GGUF file; `None` is the one that ships.
    pub model_file: Option<PathBuf>,
    /// The model names that callers use for it, as written: some may end in `*`.
    pub aliases: Vec<String>,
    /// Its place among destinations of one alias; the lowest is first.
    pub priority: u32,
    /// Whether it may resolve to private or loopback addresses.
    pub private_network: bool,
    /// Its secret; none is sent where there is none.
    pub credential: Option<Credential>,
    /// Times by phase.
    pub timeouts: Timeouts,
    /// Whether it is OpenAI's own service.
    pub openai_service: bool,
    /// Tokens to ask for where its format requires a limit and the call gives none.
    pub max_output_tokens_default: u64,
    /// Its share among destinations of one priority.
    pub weight: u32,
    /// Its active probes.
    pub probing: Option<Probing>,
    /// What protects it from too many calls at once.
    pub admission: Option<proxy::admission::Rules>,
    /// Who answers for it.
    #[expect(dead_code, reason = "policy sees whether they are named; the owner register is its next reader")]
    pub owners: Owners,
}

/// The format that a destination speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// OpenAI chat completions.
    OpenAiChat,
    /// OpenAI responses.
    OpenAiResponses,
    /// Anthropic messages.
    Anthropic,
    /// The embedded model.
    Embedded,
}

/// The model's name at its endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    /// Always this one.
    Named(String),
    /// The one that the caller named.
    Callers,
}

/// Who answers for a destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// Who keeps its software current.
    pub patching: Option<String>,
    /// Who answers when it misbehaves.
    pub incident_response: Option<String>,
    /// Who takes it out of service.
    pub offboarding: Option<String>,
}

impl Owners {
    /// Whether all three are named.
    pub fn complete(&self) -> bool {
        self.patching.is_some() && self.incident_response.is_some() && self.offboarding.is_some()
    }
}

/// What destinations are read beside.
pub(super) struct Beside<'a> {
    pub(super) dir: &'a Path,
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    pub(super) mode: Mode,
    pub(super) vendors: &'a BTreeMap<String, Vendor>,
    /// Digests of promoted models.
    pub(super) promoted: &'a BTreeSet<String>,
}

/// Reads one destination. `None` when it is too broken to say more about; everything wrong was told.
pub(super) fn read(
    file: &File,
    beside: &Beside<'_>,
    problems: &Problems,
    files: &mut Vec<PathBuf>,
) -> Option<Destination> {
    let document = Document::parse(file, problems);
    let table = document.root(&fields::DESTINATION, problems);
    let name = destination_name(file, problems);
    let kind = kind(&table);
    let hosting = hosting(&table, kind);
    let private_network = table.flag("private_network", false);
    let endpoint = place(&table, kind, hosting, private_network, beside.mode);
    let model = model(&table, kind);
    let model_file = model_file(&table, kind, beside.dir, files);
    let aliases = aliases(&table);
    let owners = table.table("owners", &fields::OWNERS).map(|table| owners(&table)).unwrap_or_default();
    let vendor = vendor(&table, hosting, beside);
    let region = table.text("region").map(|at| at.value).unwrap_or_default();
    check_region(&table, &region, vendor.as_deref(), beside.vendors);
    let jurisdiction = jurisdiction(&table, hosting);
    let deployment = table.choice("deployment", &Deployment::WORDS).map(|at| at.value);
    if let (Some(endpoint), Some(Hosting::Hosted)) = (&endpoint, hosting) {
        let declared = Declared { region: &region, jurisdiction: &jurisdiction, deployment };
        let name = if let Model::Named(name) = &model { name } else { "" };
        region::check(&table, endpoint, name, &declared, beside.mode);
    }
    let digest = digest(&table, "digest");
    let credential = credential(&table, kind, beside, files);
    let host = endpoint.as_ref().map(|endpoint| endpoint.host.clone()).unwrap_or_default();
    let openai_service = table.flag("openai_service", host == "api.openai.com");
    let allow_unmodelled = table.flag("allow_unmodelled", false);
    let service = table.text("service").map(|at| at.value).unwrap_or_default();
    let pinned = pinned(&table, &model);
    check_service(&table, &service, vendor.as_deref(), beside.vendors);
    let timeouts = timeouts(&table);
    let weight = table.whole("weight", u64::from(WEIGHT_DEFAULT), 0..=1000);
    let probing = routing::probing(&table, kind, hosting);
    let admission = routing::admission(&table);
    let priority = table.whole("priority", u64::from(PRIORITY_DEFAULT), 0..=1000);
    let max_output_tokens_default = table.whole("max_output_tokens_default", OUTPUT_TOKENS_DEFAULT, 1..=1_000_000);
    // Everything was read, so that everything wrong was told.
    let (kind, hosting) = (kind?, hosting?);
    let facts = DestinationFacts {
        name,
        kind: kind_name(kind).to_owned(),
        hosting,
        host,
        region,
        jurisdiction,
        vendor: vendor.clone(),
        model: match &model {
            Model::Named(name) => name.clone(),
            Model::Callers => CALLERS_MODEL.to_owned(),
        },
        provenance: provenance(kind, hosting, digest.as_deref(), beside.promoted, model_file.is_some()),
        digest,
        owned: owners.complete(),
        allow_unmodelled,
        assessment: assessment(hosting, vendor.as_deref(), beside.vendors),
        service,
        floating: hosting == Hosting::Hosted && !pinned,
        assessed: assessed(hosting, vendor.as_deref(), beside.vendors),
    };
    tell_what_production_closes(&table, &facts, beside.mode);
    Some(Destination {
        facts,
        kind,
        endpoint,
        model,
        model_file,
        aliases,
        priority: u32::try_from(priority).unwrap_or(PRIORITY_DEFAULT),
        private_network,
        credential,
        timeouts,
        openai_service,
        max_output_tokens_default,
        weight: u32::try_from(weight).unwrap_or(WEIGHT_DEFAULT),
        probing,
        admission,
        owners,
    })
}

/// The file's name, which must be one that fits in a header and a policy.
fn destination_name(file: &File, problems: &Problems) -> String {
    let name = file.stem();
    let fits = !name.is_empty()
        && name.len() <= NAME_BYTES_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !fits {
        let help = format!("use letters, digits, `-` and `_`, at most {NAME_BYTES_MAX}");
        problems.whole(&file.name, "the file's name is the destination's name, and this one does not fit", help);
    }
    name.to_owned()
}

fn kind(table: &Table<'_>) -> Option<Kind> {
    let api = table.choice("api", &[("chat", Kind::OpenAiChat), ("responses", Kind::OpenAiResponses)]);
    let text = table.text("kind");
    let Some(text) = text else {
        if !table.has("kind") {
            table.missing("kind");
        }
        return None;
    };
    let kind = match text.value.as_str() {
        "openai" => api.as_ref().map_or(Kind::OpenAiChat, |api| api.value),
        "anthropic" => Kind::Anthropic,
        "embedded" => Kind::Embedded,
        "azure_openai" | "bedrock" | "vertex" | "gemini" => {
            let help = "it comes next; until then remove the file";
            table.error(text.at, format!("`kind = \"{}\"` is not built yet", text.value), help);
            return None;
        }
        other => {
            let help = match judge::nearest(other, KINDS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("use one of {}", KINDS.join(", ")),
            };
            table.error(text.at, "`kind` is not known", help);
            return None;
        }
    };
    if let (Some(api), Kind::Anthropic | Kind::Embedded) = (api, kind) {
        table.error(api.at, "`api` is for `kind = \"openai\"` alone", "remove it");
    }
    Some(kind)
}

fn hosting(table: &Table<'_>, kind: Option<Kind>) -> Option<Hosting> {
    let words = [("self_hosted", Hosting::SelfHosted), ("hosted", Hosting::Hosted)];
    let said = table.choice("hosting", &words);
    match (kind, said) {
        (Some(Kind::Embedded), Some(said)) if said.value == Hosting::Hosted => {
            table.error(said.at, "the embedded model is self-hosted by nature", "remove `hosting`");
            None
        }
        (_, Some(said)) => Some(said.value),
        (Some(Kind::Embedded), None) if !table.has("hosting") => Some(Hosting::SelfHosted),
        _ => {
            if !table.has("hosting") {
                table.missing("hosting");
            }
            None
        }
    }
}

fn place(
    table: &Table<'_>,
    kind: Option<Kind>,
    hosting: Option<Hosting>,
    private_network: bool,
    mode: Mode,
) -> Option<Endpoint> {
    if kind == Some(Kind::Embedded) {
        if table.has("endpoint") {
            table.error(table.place("endpoint"), "the embedded model has no endpoint", "remove `endpoint`");
        }
        return None;
    }
    if !table.has("endpoint") {
        if kind.is_some() {
            table.missing("endpoint");
        }
        return None;
    }
    let text = table.text("endpoint")?;
    match Endpoint::parse(&text.value) {
        Ok(found) => {
            // Unknown hosting was told; the stricter rules are for self-hosted, so they are the ones to check by.
            let hosting = hosting.unwrap_or(Hosting::Hosted);
            endpoint::check(table, &text.at, &found, endpoint::Rules { mode, hosting, private_network });
            Some(found)
        }
        Err(reason) => {
            table.error(text.at, format!("`endpoint` {reason}"), "write for example `\"https://api.openai.com/v1\"`");
            None
        }
    }
}

fn model(table: &Table<'_>, kind: Option<Kind>) -> Model {
    if kind == Some(Kind::Embedded) {
        if table.has("model") {
            let help = "name a file with `model_file`, or remove `model`";
            table.error(table.place("model"), "the embedded model has no name at an endpoint", help);
        }
        return Model::Named("embedded".to_owned());
    }
    let name = table.required("model").value;
    if name == CALLERS_MODEL { Model::Callers } else { Model::Named(name) }
}

fn model_file(table: &Table<'_>, kind: Option<Kind>, dir: &Path, files: &mut Vec<PathBuf>) -> Option<PathBuf> {
    let text = table.text("model_file")?;
    if kind != Some(Kind::Embedded) {
        table.error(text.at, "`model_file` is for `kind = \"embedded\"` alone", "remove it");
        return None;
    }
    existing(table, "model_file", text, dir, files)
}

fn aliases(table: &Table<'_>) -> Vec<String> {
    let mut aliases = Vec::new();
    for alias in table.texts("aliases") {
        let stem = alias.value.strip_suffix('*').unwrap_or(&alias.value);
        if stem.contains('*') {
            table.error(alias.at, "an alias may have one `*`, at its end", "write for example `\"gpt-*\"`");
        } else if alias.value.len() > ALIAS_BYTES_MAX
            || alias.value.chars().any(|c| c.is_control() || c.is_whitespace())
        {
            let message = format!("an alias has at most {ALIAS_BYTES_MAX} bytes and no white space");
            table.error(alias.at, message, "shorten it");
        } else if aliases.contains(&alias.value) {
            table.error(alias.at, format!("the alias `{}` is there twice", alias.value), "remove one");
        } else {
            aliases.push(alias.value);
        }
    }
    if !table.has("aliases") {
        table.missing("aliases");
    } else if aliases.is_empty() {
        let help = "name the models that callers use for it";
        table.error(table.place("aliases"), "`aliases` names nothing, so nobody could reach this destination", help);
    }
    aliases
}

fn owners(table: &Table<'_>) -> Owners {
    let owner = |name| table.text(name).map(|at| at.value);
    Owners {
        patching: owner("patching"),
        incident_response: owner("incident_response"),
        offboarding: owner("offboarding"),
    }
}

fn vendor(table: &Table<'_>, hosting: Option<Hosting>, beside: &Beside<'_>) -> Option<String> {
    let text = table.text("vendor");
    match (hosting, text) {
        (Some(Hosting::Hosted), None) => {
            if !table.has("vendor") {
                table.missing("vendor");
            }
            None
        }
        (Some(Hosting::SelfHosted), Some(text)) => {
            let help = "remove `vendor`, or say `hosting = \"hosted\"`";
            table.error(text.at, "a self-hosted destination has no vendor", help);
            None
        }
        (_, Some(text)) => {
            if !beside.vendors.contains_key(&text.value) {
                let known = beside.vendors.keys().map(String::as_str);
                let help = judge::nearest(&text.value, known).map_or_else(
                    || {
                        format!(
                            "assess it in `vendors/{}.toml`; until then production closes this destination",
                            text.value
                        )
                    },
                    |near| format!("did you mean `{near}`?"),
                );
                table.warn(text.at, format!("there is no assessment of vendor `{}`", text.value), help);
            }
            Some(text.value)
        }
        (_, None) => None,
    }
}

fn jurisdiction(table: &Table<'_>, hosting: Option<Hosting>) -> String {
    if hosting == Some(Hosting::Hosted) && !table.has("jurisdiction") {
        table.missing("jurisdiction");
    }
    table.text("jurisdiction").map(|at| at.value).unwrap_or_default()
}

/// A vendor that was assessed for some regions was not assessed for others.
fn check_region(table: &Table<'_>, region: &str, vendor: Option<&str>, vendors: &BTreeMap<String, Vendor>) {
    let Some((name, vendor)) = vendor.and_then(|name| Some((name, vendors.get(name)?))) else { return };
    if !vendor.regions.is_empty() && !vendor.regions.iter().any(|assessed| assessed == region) {
        let shown = if region.is_empty() { "no region".to_owned() } else { format!("region `{region}`") };
        let message = format!(
            "the destination names {shown}, and vendor `{name}` was assessed for {}",
            vendor.regions.join(", ")
        );
        table.warn(table.place("region"), message, "correct the region, or assess the vendor there");
    }
}

/// An agreement for some services covers no others.
fn check_service(table: &Table<'_>, service: &str, vendor: Option<&str>, vendors: &BTreeMap<String, Vendor>) {
    let Some((name, vendor)) = vendor.and_then(|name| Some((name, vendors.get(name)?))) else { return };
    if !service.is_empty() && vendor.baa && !vendor.baa_services.iter().any(|covered| covered == service) {
        let message = format!("the agreement with vendor `{name}` does not cover the service `{service}`");
        table.warn(table.place("service"), message, "correct the name, or add it to `baa_services` of the vendor");
    }
}

/// Whether the model's name stands for one version. The caller's own name never does.
fn pinned(table: &Table<'_>, model: &Model) -> bool {
    let Model::Named(name) = model else {
        if table.flag("pinned", false) {
            let help = "name one model, or remove `pinned`";
            table.error(table.place("pinned"), "the callers name the model here, so nothing is pinned", help);
        }
        return false;
    };
    table.flag("pinned", carries_date(name))
}

/// Whether a name carries a date: `2024-08-06` or `20250219`.
fn carries_date(name: &str) -> bool {
    let digits = name.replace('-', "");
    let runs = digits.split(|c: char| !c.is_ascii_digit());
    runs.filter(|run| run.len() >= 8).any(|run| {
        run.get(run.len() - 8..).is_some_and(|date| {
            let month = date.get(4..6).unwrap_or_default();
            date.starts_with("20") && ("01"..="12").contains(&month)
        })
    })
}

fn assessed(hosting: Hosting, vendor: Option<&str>, vendors: &BTreeMap<String, Vendor>) -> Assessed {
    match (hosting, vendor.and_then(|vendor| vendors.get(vendor))) {
        (Hosting::SelfHosted, _) => Assessed::own(),
        (Hosting::Hosted, Some(vendor)) => vendor.assessed(),
        (Hosting::Hosted, None) => Assessed::default(),
    }
}

/// A digest, told when it is not one.
pub(super) fn digest(table: &Table<'_>, name: &str) -> Option<String> {
    let text = table.text(name)?;
    let hex = text.value.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Some(text.value);
    }
    table.error(
        text.at,
        format!("`{name}` is not a digest"),
        "write `sha256:` and 64 hexadecimal digits in lower case",
    );
    None
}

fn credential(
    table: &Table<'_>,
    kind: Option<Kind>,
    beside: &Beside<'_>,
    files: &mut Vec<PathBuf>,
) -> Option<Credential> {
    let text = table.text("credential")?;
    if kind == Some(Kind::Embedded) {
        table.error(text.at, "the embedded model takes no credential", "remove `credential`");
        return None;
    }
    secret::resolve(&text.value, beside.dir, beside.env, files)
        .map_err(|no| table.error(text.at, format!("`credential` {}", no.message), no.help))
        .ok()
}

fn timeouts(table: &Table<'_>) -> Timeouts {
    let default = Timeouts::default();
    let read = |name, default: Duration| {
        let ms = u64::try_from(default.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(table.whole(name, ms, 1..=TIMEOUT_MS_MAX))
    };
    Timeouts {
        connect: read("connect_timeout_ms", default.connect),
        first_byte: read("first_byte_timeout_ms", default.first_byte),
        between_bytes: read("between_bytes_timeout_ms", default.between_bytes),
        total: read("total_timeout_ms", default.total),
    }
}

fn assessment(hosting: Hosting, vendor: Option<&str>, vendors: &BTreeMap<String, Vendor>) -> Assessment {
    match (hosting, vendor.and_then(|vendor| vendors.get(vendor))) {
        (Hosting::SelfHosted, _) => Assessment::NotRequired,
        (Hosting::Hosted, Some(vendor)) => Assessment::Until(vendor.valid_until_unix),
        (Hosting::Hosted, None) => Assessment::Missing,
    }
}

/// The embedded model that ships is part of this program, so there is nothing else to promote.
fn provenance(
    kind: Kind,
    hosting: Hosting,
    digest: Option<&str>,
    promoted: &BTreeSet<String>,
    own_file: bool,
) -> Provenance {
    match (kind, hosting) {
        (Kind::Embedded, _) if !own_file => Provenance::NotApplicable,
        (_, Hosting::Hosted) => Provenance::NotApplicable,
        _ if digest.is_some_and(|digest| promoted.contains(digest)) => Provenance::Promoted,
        _ => Provenance::Unpromoted,
    }
}

fn tell_what_production_closes(table: &Table<'_>, facts: &DestinationFacts, mode: Mode) {
    let closes = match mode {
        Mode::Production => "so it is closed",
        Mode::Development => "so production would close it",
    };
    if !facts.owned {
        table.warn(table.place("owners"), format!("not all owners are named, {closes}"), OWNERS_HELP);
    }
    if facts.provenance == Provenance::Unpromoted {
        let help = "promote the model: a file in models/ with its digest, and the same `digest` here";
        table.warn(table.place("digest"), format!("its model is not promoted, {closes}"), help);
    }
}

/// The kind as policies and records write it.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::OpenAiChat | Kind::OpenAiResponses => "openai",
        Kind::Anthropic => "anthropic",
        Kind::Embedded => "embedded",
    }
}

/// What `model` says to send the caller's own model name.
pub(super) const CALLERS_MODEL: &str = "*";
/// The priority of a destination that names none.
pub(super) const PRIORITY_DEFAULT: u32 = 100;
/// The weight of a destination that names none.
pub(super) const WEIGHT_DEFAULT: u32 = 1;
/// Tokens to ask for where a format requires a limit and the call gives none.
pub(super) const OUTPUT_TOKENS_DEFAULT: u64 = 4096;
const KINDS: [&str; 7] = ["openai", "anthropic", "embedded", "azure_openai", "bedrock", "vertex", "gemini"];
const NAME_BYTES_MAX: usize = 64;
const ALIAS_BYTES_MAX: usize = 128;
const TIMEOUT_MS_MAX: u64 = 24 * 60 * 60 * 1000;
const OWNERS_HELP: &str = "name `patching`, `incident_response` and `offboarding` under [owners]";

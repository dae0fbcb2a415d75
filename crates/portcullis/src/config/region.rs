//! Where a public service really processes what it is sent: what its address and the model's name tell, against what the
//! destination's file declares.
//!
//! Sources (2026): Amazon Bedrock's user guide on geographic and global cross-Region inference; Vertex AI's locations, the
//! global endpoint among them; Microsoft's deployment types of Azure OpenAI; OpenAI's data residency by host.

use judge::Mode;

use super::document::Table;
use super::endpoint::Endpoint;

/// What is told of where a call is processed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    /// In one region.
    Region(String),
    /// Anywhere in an area of several regions, by its name, and whose law holds in all of it, where one law does.
    Area(&'static str, Option<&'static str>),
    /// Anywhere.
    Everywhere,
    /// Nothing; why.
    Nothing(&'static str),
    /// It is no service whose addresses are known here.
    NotAsked,
}

/// What a destination's file declares.
pub(super) struct Declared<'a> {
    pub(super) region: &'a str,
    pub(super) jurisdiction: &'a str,
    /// Of Azure: `regional`, `data_zone` or `global`.
    pub(super) deployment: Option<Deployment>,
}

/// The kind of a deployment at Azure, which its address does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deployment {
    Regional,
    DataZone,
    Global,
}

impl Deployment {
    pub(super) const WORDS: [(&'static str, Self); 3] =
        [("regional", Self::Regional), ("data_zone", Self::DataZone), ("global", Self::Global)];
}

/// Tells where a declaration is contradicted, or rests on nothing.
pub(super) fn check(table: &Table<'_>, endpoint: &Endpoint, model: &str, declared: &Declared<'_>, mode: Mode) {
    let told = told(endpoint, model, declared);
    let at = |field: &str| table.place(if table.has(field) { field } else { "endpoint" });
    let contradiction = contradiction(&told, declared);
    if let Some((field, message, help)) = contradiction {
        return table.error(at(field), message, help);
    }
    if let Told::Nothing(why) = told
        && !declared.region.is_empty()
    {
        let message = format!("`region` cannot be checked: {why}");
        let help = "use an address that tells it, say which `deployment` it is (Azure), or leave `region` out";
        match mode {
            Mode::Production => table.error(at("region"), message, help),
            Mode::Development => table.warn(at("region"), message, format!("{help}; production refuses this")),
        }
    }
}

type Contradiction = (&'static str, String, String);

fn contradiction(told: &Told, declared: &Declared<'_>) -> Option<Contradiction> {
    let is_global = |text: &str| text.is_empty() || text.eq_ignore_ascii_case("global");
    match told {
        Told::NotAsked | Told::Nothing(_) => None,
        Told::Everywhere => {
            let wrong = [("region", declared.region), ("jurisdiction", declared.jurisdiction)];
            let (field, _) = wrong.into_iter().find(|(_, text)| !is_global(text))?;
            let message = format!("`{field}` is contradicted: calls there are processed in any region of the vendor");
            Some((field, message, format!("use a regional address and model, or write `{field} = \"global\"`")))
        }
        Told::Area(area, law) => {
            if !declared.region.is_empty() && !declared.region.eq_ignore_ascii_case(area) {
                let message = format!("`region` is contradicted: calls there are processed anywhere in `{area}`");
                return Some(("region", message, format!("write `region = \"{area}\"`, or use a regional model")));
            }
            let law = (*law)?;
            (!declared.jurisdiction.eq_ignore_ascii_case(law)).then(|| wrong_law(area, law))
        }
        Told::Region(region) => {
            if !declared.region.is_empty() && !declared.region.eq_ignore_ascii_case(region) {
                let message = format!("`region` is contradicted: the endpoint is in `{region}`");
                return Some(("region", message, format!("write `region = \"{region}\"`, or change the endpoint")));
            }
            let laws = laws_of(region)?;
            let fits = laws.iter().any(|law| declared.jurisdiction.eq_ignore_ascii_case(law));
            let first = laws.first()?;
            (!fits).then(|| wrong_law(region, first))
        }
    }
}

fn wrong_law(place: &str, law: &str) -> Contradiction {
    let message = format!("`jurisdiction` is contradicted: `{place}` lies in `{law}`");
    ("jurisdiction", message, format!("write `jurisdiction = \"{law}\"`, or change the endpoint"))
}

fn told(endpoint: &Endpoint, model: &str, declared: &Declared<'_>) -> Told {
    let host = endpoint.host.as_str();
    let under = |name: &str| host == name || host.ends_with(&format!(".{name}"));
    if host.starts_with("bedrock") && under("amazonaws.com") {
        return bedrock(host, model);
    }
    if under("googleapis.com") {
        return google(host, &endpoint.url);
    }
    if ["openai.azure.com", "services.ai.azure.com", "models.ai.azure.com", "cognitiveservices.azure.com"]
        .into_iter()
        .any(under)
    {
        return match declared.deployment {
            Some(Deployment::Global) => Told::Everywhere,
            Some(Deployment::DataZone) if declared.jurisdiction.eq_ignore_ascii_case("us") => {
                Told::Area("us", Some("US"))
            }
            Some(Deployment::DataZone) => Told::Area("eu", Some("EU")),
            // A declaration of a person who looked; the address still tells nothing that could contradict it.
            Some(Deployment::Regional) => Told::NotAsked,
            None => {
                Told::Nothing("Azure's address does not tell whether the deployment is regional, data zone or global")
            }
        };
    }
    match host {
        "eu.api.openai.com" => Told::Area("eu", Some("EU")),
        "us.api.openai.com" => Told::Area("us", Some("US")),
        _ if WITHOUT_REGIONS.into_iter().any(under) => Told::Nothing("this service's address has no region"),
        _ => Told::NotAsked,
    }
}

/// `bedrock-runtime.eu-central-1.amazonaws.com`; the model may be an inference profile that goes beyond that region.
fn bedrock(host: &str, model: &str) -> Told {
    if model.contains(":application-inference-profile/") {
        return Told::Nothing("an application inference profile does not tell which regions it uses");
    }
    // An ARN ends in the profile's or the model's own id.
    let id = model.rsplit('/').next().unwrap_or(model);
    let prefix = id.split_once('.').filter(|(_, rest)| rest.contains('.')).map(|(prefix, _)| prefix);
    match prefix {
        Some("global") => return Told::Everywhere,
        Some("eu") => return Told::Area("eu", Some("EU")),
        Some("us" | "us-gov") => return Told::Area("us", Some("US")),
        Some("apac") => return Told::Area("apac", None),
        Some("jp") => return Told::Area("jp", Some("JP")),
        Some("au") => return Told::Area("au", Some("AU")),
        Some("ca") => return Told::Area("ca", Some("CA")),
        _ => {}
    }
    match host.split('.').rev().nth(2) {
        Some(region) if region.contains('-') && !region.starts_with("bedrock") => Told::Region(region.to_owned()),
        _ => Told::Nothing("its address has no region"),
    }
}

/// `europe-west4-aiplatform.googleapis.com`, `aiplatform.eu.rep.googleapis.com`, or the global `aiplatform.googleapis.com`,
/// whose path names a location.
fn google(host: &str, url: &str) -> Told {
    let location = url.split_once("/locations/").and_then(|(_, rest)| rest.split('/').next());
    let of_host = host
        .strip_suffix("-aiplatform.googleapis.com")
        .or_else(|| host.strip_prefix("aiplatform.")?.strip_suffix(".rep.googleapis.com"));
    let is_vertex = host.ends_with("aiplatform.googleapis.com") || of_host.is_some();
    if !is_vertex {
        return Told::Nothing("this service's address has no region");
    }
    match location.or(of_host) {
        // The path decides; a regional host with a global path is served globally.
        None | Some("global") => Told::Everywhere,
        Some("eu") => Told::Area("eu", Some("EU")),
        Some("us") => Told::Area("us", Some("US")),
        Some(region) => Told::Region(region.to_ascii_lowercase()),
    }
}

/// Whose law holds in a region of Amazon or Google, the widest first; `None` where this table does not know.
fn laws_of(region: &str) -> Option<&'static [&'static str]> {
    REGIONS
        .iter()
        .find(|(known, _)| *known == region)
        .map(|(_, laws)| *laws)
        .or_else(|| PREFIXES.iter().find(|(prefix, _)| region.starts_with(prefix)).map(|(_, laws)| *laws))
}

/// Regions whose name would mislead, and those of the European Union.
const REGIONS: [(&str, &[&str]); 26] = [
    ("eu-central-1", &["EU", "DE"]),
    ("eu-central-2", &["CH"]),
    ("eu-west-1", &["EU", "IE"]),
    ("eu-west-2", &["UK", "GB"]),
    ("eu-west-3", &["EU", "FR"]),
    ("eu-north-1", &["EU", "SE"]),
    ("eu-south-1", &["EU", "IT"]),
    ("eu-south-2", &["EU", "ES"]),
    ("europe-central2", &["EU", "PL"]),
    ("europe-north1", &["EU", "FI"]),
    ("europe-north2", &["EU", "SE"]),
    ("europe-southwest1", &["EU", "ES"]),
    ("europe-west1", &["EU", "BE"]),
    ("europe-west2", &["UK", "GB"]),
    ("europe-west3", &["EU", "DE"]),
    ("europe-west4", &["EU", "NL"]),
    ("europe-west6", &["CH"]),
    ("europe-west8", &["EU", "IT"]),
    ("europe-west9", &["EU", "FR"]),
    ("europe-west10", &["EU", "DE"]),
    ("europe-west12", &["EU", "IT"]),
    ("ap-northeast-1", &["JP"]),
    ("ap-northeast-3", &["JP"]),
    ("ap-southeast-2", &["AU"]),
    ("asia-northeast1", &["JP"]),
    ("asia-northeast2", &["JP"]),
];
const PREFIXES: [(&str, &[&str]); 8] = [
    ("us-", &["US"]),
    ("us-gov-", &["US"]),
    ("ca-", &["CA"]),
    ("northamerica-northeast", &["CA"]),
    ("sa-east", &["BR"]),
    ("southamerica-east", &["BR"]),
    ("ap-south-", &["IN"]),
    ("australia-", &["AU"]),
];

/// Public services whose address says nothing of a region.
const WITHOUT_REGIONS: [&str; 12] = [
    "api.openai.com",
    "api.anthropic.com",
    "openrouter.ai",
    "groq.com",
    "together.ai",
    "together.xyz",
    "deepseek.com",
    "x.ai",
    "fireworks.ai",
    "perplexity.ai",
    "cohere.com",
    "huggingface.co",
];

#[cfg(test)]
mod unit {
    use super::*;

    /// What is wrong with such a destination: the field, and a part of what is said of it.
    #[track_caller]
    fn check(url: &str, model: &str, declared: (&str, &str, Option<Deployment>), expected: Option<(&str, &str)>) {
        let endpoint = Endpoint::parse(url).unwrap();
        let declared = Declared { region: declared.0, jurisdiction: declared.1, deployment: declared.2 };
        let found = contradiction(&told(&endpoint, model, &declared), &declared);
        match expected {
            None => assert_eq!(found, None, "{url} {model}"),
            Some((field, part)) => {
                let Some((of, message, _)) = found else { panic!("nothing is wrong with {url} {model}") };
                assert!(of == field && message.contains(part), "{of}: {message}");
            }
        }
    }

    const BEDROCK: &str = "https://bedrock-runtime.eu-central-1.amazonaws.com/openai/v1";

    #[test]
    fn a_region_is_read_from_the_address() {
        check(BEDROCK, "openai.gpt-oss-20b-1:0", ("eu-central-1", "EU", None), None);
        check(BEDROCK, "openai.gpt-oss-20b-1:0", ("eu-central-1", "DE", None), None);
        check(BEDROCK, "openai.gpt-oss-20b-1:0", ("", "EU", None), None);
        check(BEDROCK, "m.m", ("us-east-1", "EU", None), Some(("region", "eu-central-1")));
        check(BEDROCK, "m.m", ("eu-central-1", "US", None), Some(("jurisdiction", "EU")));
        let zurich = "https://bedrock-runtime.eu-central-2.amazonaws.com/openai/v1";
        check(zurich, "m.m", ("eu-central-2", "EU", None), Some(("jurisdiction", "CH")));
        let london =
            "https://europe-west2-aiplatform.googleapis.com/v1/projects/p/locations/europe-west2/endpoints/openapi";
        check(london, "google/gemini", ("europe-west2", "EU", None), Some(("jurisdiction", "UK")));
    }

    #[test]
    fn inference_profiles_go_beyond_their_region() {
        let profile = "eu.anthropic.claude-sonnet-4-6";
        check(BEDROCK, profile, ("eu", "EU", None), None);
        check(BEDROCK, profile, ("eu-central-1", "EU", None), Some(("region", "anywhere in `eu`")));
        check(BEDROCK, profile, ("eu", "US", None), Some(("jurisdiction", "EU")));
        check(BEDROCK, "us.anthropic.claude-sonnet-4-6", ("eu-central-1", "EU", None), Some(("region", "`us`")));
        check(BEDROCK, "global.anthropic.claude-sonnet-4-6", ("", "EU", None), Some(("jurisdiction", "any region")));
        let arn = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-6";
        check(BEDROCK, arn, ("eu-central-1", "EU", None), Some(("region", "any region")));
        check(BEDROCK, "global.anthropic.claude-sonnet-4-6", ("global", "global", None), None);
    }

    #[test]
    fn the_global_endpoint_of_vertex_is_everywhere() {
        let global = "https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi";
        check(global, "google/gemini", ("europe-west4", "EU", None), Some(("region", "any region")));
        // A regional host does not make a global path regional.
        let mixed = "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi";
        check(mixed, "google/gemini", ("europe-west4", "EU", None), Some(("region", "any region")));
    }

    #[test]
    fn global_deployments_of_azure_are_everywhere() {
        let azure = "https://hospital.openai.azure.com/openai/v1";
        check(azure, "m", ("swedencentral", "EU", Some(Deployment::Regional)), None);
        check(azure, "m", ("swedencentral", "EU", Some(Deployment::Global)), Some(("region", "any region")));
        check(azure, "m", ("swedencentral", "EU", Some(Deployment::DataZone)), Some(("region", "anywhere in `eu`")));
    }

    #[test]
    fn what_has_no_region_tells_nothing_and_what_is_ones_own_is_not_asked() {
        let none = Declared { region: "eu", jurisdiction: "EU", deployment: None };
        let told = |url: &str| told(&Endpoint::parse(url).unwrap(), "m", &none);
        for url in ["https://api.openai.com/v1", "https://api.anthropic.com/v1", "https://a.openai.azure.com/openai/v1"]
        {
            assert!(matches!(told(url), Told::Nothing(_)), "{url}");
        }
        assert_eq!(told("https://llm.hospital.example/v1"), Told::NotAsked);
        assert_eq!(told("https://eu.api.openai.com/v1"), Told::Area("eu", Some("EU")));
    }
}

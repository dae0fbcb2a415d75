//! The configuration that needs no folder: one embedded model, and hosted ones for provider keys in the environment.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use judge::{Assessed, Assessment, DestinationFacts, Hosting, Mode, Policies, Provenance};
use proxy::destination::Timeouts;

use super::destination::{self, CALLERS_MODEL, Destination, Kind, Model, Owners};
use super::endpoint::Endpoint;
use super::problem::{Problem, Problems};
use super::routing::Prices;
use super::{Config, aliases, classes, folder, main_file, secret};

/// Loads it.
pub(super) fn load(env: &dyn Fn(&str) -> Option<String>, mode: Option<Mode>) -> Result<Config, Vec<Problem>> {
    let problems = Problems::default();
    let main = main_file::Main::default();
    let mut destinations = vec![embedded()];
    destinations.extend(PROVIDERS.iter().filter_map(|provider| provider.destination(env, &problems)));
    aliases::sort(&mut destinations);
    let inspector = classes::inspector(&[], &main.inspection, &classes::Origins::default(), &problems);
    let warnings = problems.into_result()?;
    let Some(inspector) = inspector else { return Err(warnings) };
    // There is no file; the destinations that the environment made are what two starts can differ in.
    let names = destinations.iter().map(|destination| (destination.facts.name.clone(), Vec::new()));
    let hash = folder::hash(&names.collect::<Vec<_>>());
    Ok(Config {
        dir: None,
        mode: mode.unwrap_or(main.mode),
        listen: main.listen,
        admin_listen: main.admin_listen,
        drain: main.drain,
        limits: main.limits,
        ledger: main.ledger,
        aliases: aliases::of(&destinations, &main.strategies),
        prices: Prices::default().of_all(&destinations),
        budgets: Vec::new(),
        destinations,
        policies: Policies::built_in(),
        policy_signers: BTreeMap::new(),
        signed: None,
        candidate: None,
        observed: BTreeMap::new(),
        inspection: main.inspection,
        inspector: Arc::new(inspector),
        exceptions_end_unix: None,
        vendors: BTreeMap::new(),
        use_cases: BTreeMap::new(),
        files: Vec::new(),
        hash,
        warnings,
    })
}

/// The embedded model that ships, under the alias `auto`.
pub(super) fn embedded() -> Destination {
    Destination {
        facts: DestinationFacts {
            name: "embedded".to_owned(),
            kind: destination::kind_name(Kind::Embedded).to_owned(),
            hosting: Hosting::SelfHosted,
            host: String::new(),
            region: String::new(),
            jurisdiction: String::new(),
            vendor: None,
            model: "embedded".to_owned(),
            digest: None,
            owned: false,
            allow_unmodelled: false,
            assessment: Assessment::NotRequired,
            provenance: Provenance::NotApplicable,
            service: String::new(),
            floating: false,
            assessed: Assessed::own(),
        },
        kind: Kind::Embedded,
        endpoint: None,
        model: Model::Named("embedded".to_owned()),
        model_file: None,
        aliases: vec!["auto".to_owned()],
        priority: destination::PRIORITY_DEFAULT,
        private_network: false,
        credential: None,
        timeouts: Timeouts::default(),
        openai_service: false,
        max_output_tokens_default: destination::OUTPUT_TOKENS_DEFAULT,
        weight: destination::WEIGHT_DEFAULT,
        probing: None,
        admission: None,
        owners: Owners::default(),
    }
}

/// A provider whose key may stand in the environment.
struct Provider {
    name: &'static str,
    variable: &'static str,
    kind: Kind,
    url: &'static str,
    aliases: &'static [&'static str],
}

impl Provider {
    /// The hosted destination, where there is a key.
    fn destination(&self, env: &dyn Fn(&str) -> Option<String>, problems: &Problems) -> Option<Destination> {
        env(self.variable).filter(|key| !key.trim().is_empty())?;
        let reference = format!("env:{}", self.variable);
        let credential = match secret::resolve(&reference, Path::new(""), env, &mut Vec::new()) {
            Ok(credential) => credential,
            Err(no) => {
                problems.whole("", format!("the key of {} {}", self.name, no.message), no.help);
                return None;
            }
        };
        let endpoint = Endpoint::parse(self.url).ok()?;
        let openai_service = self.kind == Kind::OpenAiChat;
        let base = embedded();
        Some(Destination {
            facts: DestinationFacts {
                name: self.name.to_owned(),
                kind: destination::kind_name(self.kind).to_owned(),
                hosting: Hosting::Hosted,
                host: endpoint.host.clone(),
                jurisdiction: "US".to_owned(),
                vendor: Some(self.name.to_owned()),
                model: CALLERS_MODEL.to_owned(),
                assessment: Assessment::Missing,
                floating: true,
                assessed: Assessed::default(),
                ..base.facts
            },
            kind: self.kind,
            endpoint: Some(endpoint),
            model: Model::Callers,
            aliases: self.aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            credential: Some(credential),
            openai_service,
            ..base
        })
    }
}

const PROVIDERS: [Provider; 2] = [
    Provider {
        name: "openai",
        variable: "OPENAI_API_KEY",
        kind: Kind::OpenAiChat,
        url: "https://api.openai.com/v1",
        aliases: &["gpt-*", "chatgpt-*", "o1*", "o3*", "o4*", "codex-*", "text-embedding-*"],
    },
    Provider {
        name: "anthropic",
        variable: "ANTHROPIC_API_KEY",
        kind: Kind::Anthropic,
        url: "https://api.anthropic.com/v1",
        aliases: &["claude-*"],
    },
];

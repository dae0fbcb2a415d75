//! Assembles what runs from what was configured: destinations with their ways and credentials, aliases, one snapshot.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use proxy::admission::Admission;
use proxy::connect::Connector;
use proxy::destination::{Credential, Destination, Health, HttpWay, Price, Way};
use proxy::gate::{Alias, Snapshot};
use wire::dialect::{Dialect, Target};

use crate::cli::Place;
use crate::config::{self, Config, Kind, Model};
use crate::{control, dirs, listen};

/// The embedded models that run, one process a model file; they outlive reloads.
pub struct Engines {
    /// What `--model` said, for destinations that name no file.
    default: runtime::Model,
    running: Mutex<BTreeMap<Option<PathBuf>, runtime::Engine>>,
}

impl Engines {
    /// No engine yet.
    pub fn new(default: runtime::Model) -> Self {
        Self { default, running: Mutex::new(BTreeMap::new()) }
    }

    /// Starts the engines that `config` needs and that do not run yet.
    ///
    /// # Errors
    /// A model that cannot be loaded, or a sandbox that production needs and the kernel does not have.
    pub async fn start(&self, config: &Config) -> Result<()> {
        for destination in config.destinations.iter().filter(|one| one.kind == Kind::Embedded) {
            if self.of(destination).is_some() {
                continue;
            }
            let model = destination.model_file.clone().map_or_else(|| self.default.clone(), runtime::Model::File);
            let engine = runtime::Engine::start(runtime::Options {
                model,
                sandbox: match config.mode {
                    judge::Mode::Production => runtime::Sandbox::Required,
                    judge::Mode::Development => runtime::Sandbox::BestEffort,
                },
                limits: runtime::Limits::default(),
                program: std::env::current_exe().context("cannot find this program to start it again")?,
                threads: std::thread::available_parallelism().map_or(1, usize::from),
            })
            .await
            .with_context(|| format!("the embedded model of `{}` cannot be started", destination.facts.name))?;
            let facts = engine.facts();
            tracing::info!(
                destination = destination.facts.name,
                model = facts.name,
                architecture = facts.architecture,
                digest = facts.digest,
                sandbox = facts.sandbox,
                "embedded model ready"
            );
            self.lock().insert(destination.model_file.clone(), engine);
        }
        Ok(())
    }

    /// Ends all engines.
    pub async fn stop(&self) {
        let engines = std::mem::take(&mut *self.lock());
        for engine in engines.into_values() {
            engine.stop().await;
        }
    }

    fn of(&self, destination: &config::Destination) -> Option<runtime::Engine> {
        self.lock().get(&destination.model_file).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Option<PathBuf>, runtime::Engine>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The snapshot that `config` describes. `before` is the one in force, whose health is kept.
///
/// # Errors
/// A destination that cannot be put in service.
pub fn snapshot(config: &Config, engines: &Engines, before: Option<&Snapshot>) -> Result<Snapshot> {
    let tls = listen::client_tls()?;
    let destinations: Vec<Arc<Destination>> = config
        .destinations
        .iter()
        .zip(&config.prices)
        .map(|(wanted, price)| {
            destination(wanted, *price, engines, &tls, before)
                .map(Arc::new)
                .with_context(|| format!("destination `{}`", wanted.facts.name))
        })
        .collect::<Result<_>>()?;
    let alias = |wanted: &config::Alias| {
        let members = wanted.destinations.iter().filter_map(|index| destinations.get(*index)).map(Arc::clone).collect();
        (wanted.name.clone(), Arc::new(Alias::ordered_by(wanted.strategy, members)))
    };
    let aliases: HashMap<String, Arc<Alias>> = config.aliases.iter().filter(|one| !one.pattern).map(alias).collect();
    let mut patterns: Vec<(String, Arc<Alias>)> = config.aliases.iter().filter(|one| one.pattern).map(alias).collect();
    patterns.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    let probed = destinations.iter().filter(|destination| destination.probing.is_some());
    let probed = probed.map(|destination| Arc::new(Alias::new(vec![Arc::clone(destination)]))).collect();
    Ok(Snapshot {
        probed,
        loaded_unix: control::now_ms() / 1000,
        config_hash: config.hash.clone(),
        mode: config.mode,
        destinations,
        aliases,
        patterns,
        policies: config.policies.clone(),
        inspector: Arc::clone(&config.inspector),
        limits: config.limits.clone(),
        budgets: config.budgets.clone(),
        use_cases: config.use_cases.iter().map(|(name, use_case)| (name.clone(), use_case.floor)).collect(),
        purposes: config.use_cases.iter().map(|(name, of)| (name.clone(), of.purpose_facts.clone())).collect(),
        observed: config.observed.iter().map(|(name, observe)| (name.clone(), *observe)).collect(),
        candidate: config.candidate.clone(),
    })
}

/// The snapshot of the configuration folder for commands that send nothing: no embedded model is started.
///
/// # Errors
/// The configuration does not load; every problem is told.
pub fn rehearsal(place: &Place) -> Result<(Config, Snapshot)> {
    let config = load(place)?;
    let snapshot = snapshot(&config, &Engines::new(runtime::Model::Shipped), None)?;
    Ok((config, snapshot))
}

/// What reads documents: a sandboxed process for each. Without one documents stay opaque, which is said.
pub async fn reader(config: &Config) -> Option<documents::Reader> {
    let limits = config.limits.documents.clone();
    if limits.children == 0 || config.limits.documents_max == 0 {
        return None;
    }
    let sandbox = match config.mode {
        judge::Mode::Production => documents::Sandbox::Required,
        judge::Mode::Development => documents::Sandbox::BestEffort,
    };
    let started = match std::env::current_exe() {
        Ok(program) => documents::Reader::start(documents::Options { sandbox, limits, program }).await,
        Err(source) => Err(documents::StartError::Spawn { program: PathBuf::from("portcullis"), source }),
    };
    match started {
        Ok(reader) => {
            tracing::info!(sandbox = reader.confined_by(), "documents are read");
            Some(reader)
        }
        Err(error) => {
            tracing::warn!(%error, "documents are not read: every file that comes along is opaque");
            None
        }
    }
}

/// The detectors of the configuration folder.
///
/// # Errors
/// The configuration does not load; every problem is told.
pub fn inspector_of(place: &Place) -> Result<Arc<inspect::Inspector>> {
    Ok(load(place)?.inspector)
}

/// The configuration folder.
///
/// # Errors
/// Every problem, one a line.
pub fn load(place: &Place) -> Result<Config> {
    let dir = dirs::config(place)?;
    Config::load(dir.as_deref(), &|name| std::env::var(name).ok()).map_err(|problems| {
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow!("the configuration is refused:\n{}", all.join("\n"))
    })
}

fn destination(
    wanted: &config::Destination,
    price: Option<Price>,
    engines: &Engines,
    tls: &Arc<rustls::ClientConfig>,
    before: Option<&Snapshot>,
) -> Result<Destination> {
    let mut facts = wanted.facts.clone();
    let way = match &wanted.endpoint {
        Some(endpoint) => Way::Http(Box::new(http_way(wanted, endpoint, tls)?)),
        None => match engines.of(wanted) {
            Some(engine) => {
                let of_engine = engine.facts();
                let digest = format!("sha256:{}", of_engine.digest);
                if facts.digest.as_ref().is_some_and(|declared| *declared != digest) {
                    // A promotion is for one exact file. Another one in its place was not promoted by anybody.
                    tracing::warn!(
                        destination = facts.name,
                        digest,
                        "the model file is not the one whose digest is declared"
                    );
                    facts.provenance = judge::Provenance::Unpromoted;
                }
                facts.model = of_engine.name;
                facts.digest = Some(digest);
                Way::Embedded(engine)
            }
            None => Way::Absent,
        },
    };
    let known = before.and_then(|before| before.destinations.iter().find(|one| one.facts.name == facts.name));
    let (model, callers_model) = match &wanted.model {
        Model::Named(name) => (name.clone(), false),
        Model::Callers => (String::new(), true),
    };
    Ok(Destination {
        facts,
        dialect: match wanted.kind {
            Kind::OpenAiChat | Kind::Embedded => Dialect::OpenAiChat,
            Kind::OpenAiResponses => Dialect::OpenAiResponses,
            Kind::Anthropic => Dialect::Anthropic,
        },
        target: Target {
            model,
            unmodelled: false,
            openai_service: wanted.openai_service,
            max_output_tokens_default: wanted.max_output_tokens_default,
        },
        callers_model,
        way,
        timeouts: wanted.timeouts,
        health: known.map_or_else(|| Arc::new(Health::default()), |known| Arc::clone(&known.health)),
        priority: wanted.priority,
        weight: wanted.weight,
        price,
        admission: admission(wanted, known),
        probing: wanted.probing,
    })
}

/// A gate stays, with who waits at it, while its rules are the same.
fn admission(wanted: &config::Destination, known: Option<&Arc<Destination>>) -> Option<Arc<Admission>> {
    let rules = wanted.admission?;
    let kept = known.and_then(|known| known.admission.as_ref()).filter(|kept| kept.rules() == rules);
    Some(kept.map_or_else(|| Arc::new(Admission::new(rules)), Arc::clone))
}

fn http_way(
    wanted: &config::Destination,
    endpoint: &config::Endpoint,
    tls: &Arc<rustls::ClientConfig>,
) -> Result<HttpWay> {
    let connector = Connector::new(
        &endpoint.host,
        endpoint.port,
        endpoint.tls.then(|| Arc::clone(tls)),
        wanted.private_network,
        wanted.timeouts.connect,
    )
    .map_err(|reason| anyhow!(reason))?;
    let credential = wanted
        .credential
        .as_ref()
        .map(|credential| match wanted.kind {
            Kind::Anthropic => Credential::api_key(&credential.secret),
            Kind::OpenAiChat | Kind::OpenAiResponses | Kind::Embedded => Credential::bearer(&credential.secret),
        })
        .transpose()
        .map_err(|reason| anyhow!(reason))?;
    Ok(HttpWay::new(connector, &endpoint.url, credential, POOL_IDLE))
}

/// How long an idle connection to a destination is kept.
const POOL_IDLE: Duration = Duration::from_secs(55);

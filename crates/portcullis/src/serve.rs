//! `portcullis serve`: the door and its control plane in one process.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use admin::Office;
use anyhow::{Context, Result};
use proxy::gate::{Gate, Secrets};
use proxy::metrics::Metrics;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::assemble::{self, Engines};
use crate::cli::{Place, Serve};
use crate::commands::{say, warn};
use crate::config::{Config, Problem};
use crate::reload::Keeper;
use crate::{Exit, control, dirs, listen, watchdog};

/// Runs until a signal says stop.
///
/// # Errors
/// The state folder or a listener cannot be used.
pub fn run(place: &Place, serve: &Serve) -> Result<Exit> {
    log(place.json);
    let plan = match Plan::of(place, serve)? {
        Ok(plan) => plan,
        Err(problems) => {
            problems.iter().for_each(|problem| warn(&problem.to_string()));
            warn("The door stays closed until this is repaired; `portcullis check` explains it again.");
            return Ok(Exit::No);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    runtime.block_on(async {
        let (stop, stopped) = watch::channel(false);
        let running = Running::start(plan, stopped).await?;
        running.announce(place.json)?;
        let keeper = Arc::clone(&running.keeper);
        tokio::spawn(async move {
            watchdog::signals(&keeper).await;
            tracing::info!("stopping: no new calls are taken, open ones finish");
            // Nobody listening any more is the same as stopped.
            let _ = stop.send(true);
        });
        running.finish().await
    })?;
    Ok(Exit::Done)
}

/// Everything a door is started from.
pub struct Plan {
    /// The configuration, checked.
    pub config: Config,
    /// Where it came from, for reloads.
    pub config_dir: Option<PathBuf>,
    /// Where keys and the ledger are.
    pub state: PathBuf,
    /// Where callers connect.
    pub listen: SocketAddr,
    /// Where administrators connect.
    pub admin_listen: SocketAddr,
    /// The embedded model.
    pub model: runtime::Model,
}

impl Plan {
    fn of(place: &Place, serve: &Serve) -> Result<Result<Self, Vec<Problem>>> {
        let config_dir = dirs::config(place)?;
        let config = match Config::load(config_dir.as_deref(), &|name| std::env::var(name).ok()) {
            Ok(config) => config,
            Err(problems) => return Ok(Err(problems)),
        };
        let listen = serve.listen.unwrap_or(config.listen.address);
        let admin_listen = serve.admin_listen.unwrap_or(config.admin_listen.address);
        for (address, listener) in [(listen, &config.listen), (admin_listen, &config.admin_listen)] {
            if !address.ip().is_loopback() && listener.tls.is_none() && !listener.trusted_proxy {
                anyhow::bail!(
                    "`{address}` is beyond loopback and has no TLS; configure [tls], or say `trusted_proxy = true` if a proxy that you trust ends TLS in front"
                );
            }
        }
        let model = serve.model.clone().map_or(runtime::Model::Shipped, runtime::Model::File);
        Ok(Ok(Self { config, config_dir, state: dirs::state(place)?, listen, admin_listen, model }))
    }
}

/// A door that runs.
pub struct Running {
    /// Where callers connect.
    pub address: SocketAddr,
    /// Where administrators connect.
    pub admin_address: SocketAddr,
    /// The first key, when there was none before.
    pub first_key: Option<String>,
    /// Holds the configuration and reloads it.
    pub keeper: Arc<Keeper>,
    store: store::Store,
    doors: tokio::task::JoinSet<Result<()>>,
    data: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Starts the door. It stops when `stop` turns true.
    ///
    /// # Errors
    /// The state folder, the embedded model or a listener cannot be used.
    pub async fn start(plan: Plan, stop: watch::Receiver<bool>) -> Result<Self> {
        let Plan { config, config_dir, state, listen, admin_listen, model } = plan;
        let options = config.ledger.clone();
        let folder = state.clone();
        let store = tokio::task::spawn_blocking(move || store::Store::open(&folder, options))
            .await?
            .with_context(|| format!("cannot open the state folder `{}`", state.display()))?;
        let metrics = Arc::new(Metrics::default());
        let engines = Engines::new(model);
        engines.start(&config).await?;
        let snapshot = assemble::snapshot(&config, &engines, None)?;
        let (data_tls, admin_tls) = (tls(config.listen.tls.as_ref())?, tls(config.admin_listen.tls.as_ref())?);
        let reader = assemble::reader(&config).await;
        let gate = Gate::new(snapshot, store.ledger(), store.keys(), Arc::clone(&metrics), &secrets(&store)?);
        let gate = Arc::new(gate.reading(reader));
        tokio::task::block_in_place(|| crate::recount::recount(&gate, &gate.snapshot.load().budgets, &[]))?;
        let keeper = Arc::new(Keeper::new(Arc::clone(&gate), config_dir, config, engines));
        let office = Arc::new(Office::new(&store, Arc::clone(&keeper) as Arc<dyn admin::Program>, control::now_ms));
        let first_key = first_key(&store, &office)?;
        keeper.record("started", std::collections::BTreeMap::new())?;

        let data = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let admin =
            TcpListener::bind(admin_listen).await.with_context(|| format!("cannot listen on {admin_listen}"))?;
        let local = control::bind(&state)?;
        let (address, admin_address) = (data.local_addr()?, admin.local_addr()?);

        let mut doors = tokio::task::JoinSet::new();
        let uid = control::own_uid()?;
        doors.spawn({
            let office = Arc::clone(&office);
            async move {
                control::run(local, office, uid).await;
                Ok(())
            }
        });
        doors.spawn(listen::serve_admin(admin, admin_tls, office));
        doors.spawn({
            let keeper = Arc::clone(&keeper);
            async move {
                watchdog::files(&keeper).await;
                Ok(())
            }
        });
        doors.spawn({
            let gate = Arc::clone(&gate);
            async move {
                proxy::probes::run(gate).await;
                Ok(())
            }
        });
        let drain = keeper.drain();
        let data = tokio::spawn(proxy::server::run(gate, data, data_tls, stopped(stop), drain));
        Ok(Self { address, admin_address, first_key, keeper, store, doors, data })
    }

    /// Waits until the door stopped and its last records are durable.
    ///
    /// # Errors
    /// The listener failed.
    pub async fn finish(mut self) -> Result<()> {
        let ended = self.data.await?;
        self.doors.shutdown().await;
        // A stream that was cut at the end of the drain queues its outcome when it is dropped.
        tokio::time::sleep(LAST_RECORDS).await;
        self.keeper.record("stopped", std::collections::BTreeMap::new())?;
        self.keeper.stop_engines().await;
        tokio::task::spawn_blocking(move || self.store.close()).await?;
        ended.context("the listener failed")
    }

    fn announce(&self, json: bool) -> Result<()> {
        if json {
            say(&serde_json::json!({
                "listen": self.address.to_string(),
                "admin_listen": self.admin_address.to_string(),
                "first_key": self.first_key,
            })
            .to_string());
            return Ok(());
        }
        say(&format!("Portcullis is open on http://{} (administration: http://{}).", self.address, self.admin_address));
        if let Some(key) = &self.first_key {
            say("");
            say("Your first key, shown this once:");
            say(&format!("    {key}"));
            say("");
            say("Try it:");
            say(&format!(
                "    curl http://{}/v1/chat/completions -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\",
                self.address
            ));
            say(r#"         -d '{"model":"auto","messages":[{"role":"user","content":"Who are you?"}]}'"#);
            say("");
            say(&format!(
                "Or point an SDK at it: OPENAI_BASE_URL=http://{}/v1, ANTHROPIC_BASE_URL=http://{0}.",
                self.address
            ));
        }
        Ok(())
    }
}

/// The purpose keys of the data plane.
fn secrets(store: &store::Store) -> Result<Secrets> {
    let key = |purpose| store.purpose_key(purpose).context("a key in the state folder cannot be used");
    Ok(Secrets { seals: *key(store::Purpose::Seals)?, pseudonyms: *key(store::Purpose::Pseudonyms)? })
}

fn tls(tls: Option<&crate::config::Tls>) -> Result<Option<Arc<rustls::ServerConfig>>> {
    tls.map(listen::tls).transpose()
}

/// Makes a first key when there is none at all, so that a new installation can be tried at once.
fn first_key(store: &store::Store, office: &Office) -> Result<Option<String>> {
    if !store.keys().is_empty() {
        return Ok(None);
    }
    let wanted = admin::CreateKey {
        name: "first".to_owned(),
        floor: "internal".to_owned(),
        days: None,
        tenant: admin::TENANT_DEFAULT.to_owned(),
        use_case: None,
        admin: false,
    };
    let actor = admin::Actor::local(control::own_uid()?);
    let made = office.perform(&actor, admin::Operation::CreateKey(wanted))?;
    Ok(made.get("key").and_then(|key| key.as_str()).map(str::to_owned))
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // A sender that is gone means stop, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Structured logs without content: JSON lines for programs, plain lines for people. `PORTCULLIS_LOG` sets the level.
fn log(json: bool) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("PORTCULLIS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(colours);
    // A second call in one process keeps the first one's subscriber.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}

const LAST_RECORDS: Duration = Duration::from_millis(50);

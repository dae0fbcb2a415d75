//! The keeper of the configuration in force: a reload swaps the whole snapshot or nothing, and is recorded.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use proxy::gate::Gate;
use serde_json::{Value, json};

use crate::assemble::{self, Engines};
use crate::config::Config;

/// Holds the configuration in force.
pub struct Keeper {
    gate: Arc<Gate>,
    dir: Option<PathBuf>,
    /// The configuration in force; the lock also keeps two reloads from crossing.
    config: Mutex<Config>,
    engines: Engines,
}

impl Keeper {
    /// A keeper of `config`, which is in force at `gate`.
    pub fn new(gate: Arc<Gate>, dir: Option<PathBuf>, config: Config, engines: Engines) -> Self {
        Self { gate, dir, config: Mutex::new(config), engines }
    }

    /// Loads the configuration again. Nothing changes unless all of it is good.
    ///
    /// # Errors
    /// Every problem, one a line.
    pub fn reload_because(&self, why: &str) -> Result<String, String> {
        let mut in_force = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        // Who may sign is decided by whoever starts the door: a folder that names its own signers would be signed by anybody.
        let result = self.load().and_then(|loaded| {
            if loaded.0.policy_signers == in_force.policy_signers {
                return Ok(loaded);
            }
            Err("who may sign policies changed, and that takes a restart".to_owned())
        });
        let (action, detail) = match &result {
            Ok((config, _)) => ("config.loaded", config.hash.clone()),
            Err(_) => ("config.refused", in_force.hash.clone()),
        };
        let mut detail = BTreeMap::from([("why".to_owned(), why.to_owned()), ("in_force".to_owned(), detail)]);
        if let Ok((Config { signed: Some(signed), .. }, _)) = &result {
            detail.insert("policy_change".to_owned(), signed.change.clone());
            detail.insert("policies_signed_by".to_owned(), signed.by.join(", "));
        }
        // What could not be recorded does not come into force.
        self.record(action, detail).map_err(|error| error.to_string())?;
        match result {
            Ok((config, snapshot)) => {
                let hash = config.hash.clone();
                self.gate.snapshot.store(Arc::new(snapshot));
                *in_force = config;
                self.gate.metrics.reloads.inc();
                Ok(hash)
            }
            Err(problems) => {
                self.gate.metrics.reloads_failed.inc();
                Err(problems)
            }
        }
    }

    fn load(&self) -> Result<(Config, proxy::gate::Snapshot), String> {
        let config = Config::load(self.dir.as_deref(), &|name| std::env::var(name).ok())
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        let before = self.gate.snapshot.load_full();
        // Reloads run on a thread that may wait, never on one that answers calls.
        let snapshot = tokio::runtime::Handle::current()
            .block_on(self.engines.start(&config))
            .and_then(|()| assemble::snapshot(&config, &self.engines, Some(&before)))
            .map_err(|error| format!("{error:#}"))?;
        crate::recount::recount(&self.gate, &snapshot.budgets, &before.budgets)
            .map_err(|error| format!("{error:#}"))?;
        Ok((config, snapshot))
    }

    /// Files and folders whose change is a reason to reload.
    pub fn watched(&self) -> Vec<PathBuf> {
        let config = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        let mut paths = config.files.clone();
        if let Some(dir) = &self.dir {
            paths.push(dir.clone());
            paths.extend(
                [
                    "destinations",
                    "policies",
                    "policies_candidate",
                    "classes",
                    "vendors",
                    "use_cases",
                    "models",
                    "prices",
                ]
                .map(|name| dir.join(name)),
            );
        }
        paths
    }

    /// Whether an exception of inspection has ended that is still in force.
    pub fn is_outlived(&self) -> bool {
        let config = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        config.exceptions_end_unix.is_some_and(|end| end <= self.gate.now_unix())
    }

    /// How long open calls get to finish.
    pub fn drain(&self) -> Duration {
        self.config.lock().unwrap_or_else(PoisonError::into_inner).drain
    }

    /// Records something that the program did to itself.
    ///
    /// # Errors
    /// The ledger takes no records.
    pub fn record(&self, action: &str, detail: BTreeMap<String, String>) -> anyhow::Result<()> {
        let act = ledger::Act {
            id: store::RecordId::new(),
            action: action.to_owned(),
            actor: "portcullis".to_owned(),
            subject: None,
            detail,
        };
        self.gate.ledger.append_blocking(ledger::Entry::Act(act))?;
        Ok(())
    }

    /// Ends the embedded models' processes.
    pub async fn stop_engines(&self) {
        self.engines.stop().await;
    }
}

impl admin::Program for Keeper {
    fn status(&self) -> Value {
        let snapshot = self.gate.snapshot.load();
        let now = self.gate.clock_ms();
        let destinations: Vec<Value> = snapshot
            .destinations
            .iter()
            .map(|destination| {
                let health = &destination.health;
                let word = match (health.rests_ms(now), health.passes_probes()) {
                    (_, false) => "fails its probes",
                    (0, true) if health.warm_permille(now) < judge::choose::WARM => "healthy, starts slowly",
                    (0, true) => "healthy",
                    (_, true) => "left alone",
                };
                json!({
                    "name": destination.facts.name,
                    "hosting": destination.facts.hosting,
                    "jurisdiction": destination.facts.jurisdiction,
                    "health": word,
                    "probed": destination.probing.is_some(),
                    "failures": health.failures(),
                    "calls": health.in_flight(),
                    "admission": destination.admission.as_ref().map(|admission| {
                        let (calls, waiting, limit) = admission.standing();
                        json!({ "calls": calls, "waiting": waiting, "limit": limit })
                    }),
                    "outstanding_tokens": health.outstanding_tokens(),
                    "latency_us": health.latency_us(),
                })
            })
            .collect();
        let ready =
            proxy::readiness(&self.gate).map_or_else(|reason| format!("not ready, {reason}"), |()| "ready".to_owned());
        json!({
            "running": true,
            "ready": ready,
            "config_hash": snapshot.config_hash,
            "policy_hash": snapshot.policies.hash(),
            "detectors": snapshot.inspector.version(),
            "destinations": destinations,
            "budgets": crate::recount::standing(&self.gate),
        })
    }

    fn reload(&self) -> Result<Value, String> {
        self.reload_because("asked for").map(|hash| json!({ "config_hash": hash }))
    }

    fn metrics(&self) -> String {
        self.gate.metrics.write().unwrap_or_default()
    }

    fn approvals(&self) -> Value {
        json!({ "approvals": self.gate.approvals.list(self.gate.now_ms()) })
    }

    fn answer_approval(&self, answer: &admin::Answer<'_>, really: bool) -> Result<Value, admin::Declined> {
        crate::approve::answer(&self.gate, answer, really)
    }
}

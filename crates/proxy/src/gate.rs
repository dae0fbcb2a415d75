//! The gate: what every call of the data plane shares, and the frozen snapshot that one call is decided by.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

use crate::approvals::Approvals;
use crate::destination::Destination;
use crate::limits::Limits;
use crate::memo::Memo;
use crate::metrics::Metrics;
use crate::sealed::Seals;

/// What every call shares.
pub struct Gate {
    /// The configuration and policy in force; a call loads it once and keeps it.
    pub snapshot: ArcSwap<Snapshot>,
    /// Where every attempt is recorded before it is made.
    pub ledger: Arc<store::Ledger>,
    /// Counts what everybody uses.
    pub counters: Arc<dyn store::budgets::Counters>,
    /// Who may call.
    pub keys: Arc<store::Keys>,
    /// What operators watch.
    pub metrics: Arc<Metrics>,
    /// Calls that wait for a person's yes.
    pub approvals: Approvals,
    /// Binds sealed reasoning to who issued it.
    pub seals: Seals,
    /// Reads documents that come along; without it they stay opaque.
    pub documents: Option<documents::Reader>,
    /// Keys pseudonyms.
    pub pseudonym_key: inspect::pseudonym::Key,
    /// The places for calls in progress.
    pub(crate) calls: Arc<Semaphore>,
    started: Instant,
}

/// Secrets that the data plane needs, each for one purpose.
pub struct Secrets {
    /// Binds sealed reasoning to who issued it.
    pub seals: [u8; 32],
    /// Keys pseudonyms.
    pub pseudonyms: [u8; 32],
}

/// Configuration and policy, frozen for each call.
pub struct Snapshot {
    /// Unix seconds when it was loaded.
    pub loaded_unix: u64,
    /// The hash of the configuration files.
    pub config_hash: String,
    /// Whether missing assessments, owners and provenance warn or close.
    pub mode: judge::Mode,
    /// All destinations.
    pub destinations: Vec<Arc<Destination>>,
    /// Aliases by name.
    pub aliases: HashMap<String, Arc<Alias>>,
    /// Aliases that end in `*`, by their prefix, longest first.
    pub patterns: Vec<(String, Arc<Alias>)>,
    /// Destinations with active probes, each as an alias of its own, which no call can name.
    pub probed: Vec<Arc<Alias>>,
    /// The policies.
    pub policies: judge::Policies,
    /// The detectors.
    pub inspector: Arc<inspect::Inspector>,
    /// The limits.
    pub limits: Limits,
    /// Hard limits of use.
    pub budgets: Vec<store::budgets::Budget>,
    /// Floors of registered use cases, by name.
    pub use_cases: HashMap<String, inspect::Level>,
    /// What they were registered for, by name.
    pub purposes: HashMap<String, judge::Purpose>,
    /// Callers that are observed for a while, by the name of their key.
    pub observed: HashMap<String, judge::Observe>,
    /// Policies that decide beside those in force, so that what they would change is known before they are.
    pub candidate: Option<judge::Policies>,
}

/// What stands behind one model name that callers use.
#[derive(Debug)]
pub struct Alias {
    /// The destinations, in the order they are tried.
    pub destinations: Vec<Arc<Destination>>,
    /// The same, prepared for decisions, in the same order.
    pub prepared: judge::Destinations,
    /// How the permitted ones among them are ordered.
    pub strategy: judge::choose::Strategy,
    pub(crate) memo: Memo,
}

impl Alias {
    /// An alias for `destinations`, tried in that order.
    pub fn new(destinations: Vec<Arc<Destination>>) -> Self {
        Self::ordered_by(judge::choose::Strategy::Ordered, destinations)
    }

    /// An alias for `destinations`, whose tiers are ordered by `strategy`.
    pub fn ordered_by(strategy: judge::choose::Strategy, destinations: Vec<Arc<Destination>>) -> Self {
        let facts: Vec<_> = destinations.iter().map(|destination| destination.facts.clone()).collect();
        Self { destinations, prepared: judge::Destinations::prepare(&facts), strategy, memo: Memo::default() }
    }
}

impl Snapshot {
    /// The floor of a use case, and what it was registered for. One that nobody registered is the strictest; none at all
    /// has no floor of its own, and is for everything else the strictest.
    pub fn registered(&self, use_case: Option<&str>) -> (inspect::Level, judge::Purpose) {
        let Some(name) = use_case else { return (inspect::Level::Public, judge::Purpose::default()) };
        let floor = self.use_cases.get(name).copied().unwrap_or(inspect::Level::Restricted);
        (floor, self.purposes.get(name).cloned().unwrap_or_default())
    }

    /// What stands behind `alias`.
    pub fn behind(&self, alias: &str) -> Option<&Arc<Alias>> {
        self.aliases.get(alias).or_else(|| {
            self.patterns.iter().find(|(prefix, _)| alias.starts_with(prefix.as_str())).map(|(_, found)| found)
        })
    }
}

impl Gate {
    /// A gate over `snapshot`.
    pub fn new(
        snapshot: Snapshot,
        ledger: Arc<store::Ledger>,
        keys: Arc<store::Keys>,
        metrics: Arc<Metrics>,
        secrets: &Secrets,
    ) -> Self {
        let calls = Arc::new(Semaphore::new(snapshot.limits.calls_max));
        Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            ledger,
            counters: Arc::new(store::budgets::Memory::default()),
            keys,
            metrics,
            approvals: Approvals::default(),
            seals: Seals::new(secrets.seals),
            documents: None,
            pseudonym_key: inspect::pseudonym::Key::new(secrets.pseudonyms),
            calls,
            started: Instant::now(),
        }
    }

    /// The same gate, whose documents `reader` reads; without one they stay opaque.
    #[must_use]
    pub fn reading(self, reader: Option<documents::Reader>) -> Self {
        Self { documents: reader, ..self }
    }

    /// Milliseconds since the gate was made; never goes back.
    pub fn clock_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Unix time in milliseconds.
    pub fn now_ms(&self) -> u64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }

    /// Unix seconds.
    pub fn now_unix(&self) -> i64 {
        i64::try_from(self.now_ms() / 1000).unwrap_or(i64::MAX)
    }
}

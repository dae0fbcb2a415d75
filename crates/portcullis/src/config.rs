//! The configuration: a folder that belongs in git, read and checked as a whole, every problem told at once.
//!
//! [`Config::load`] is the only door. What it returns is plain data; nothing below this crate reads a file or the
//! environment for its settings. `docs/configuration.md` is the reference, made from the tables in [`fields`].

mod aliases;
mod budgets;
pub mod bundle;
mod classes;
mod destination;
mod document;
mod endpoint;
mod fields;
mod folder;
mod listener;
mod main_file;
mod models;
mod policies;
mod problem;
mod region;
mod routing;
mod secret;
mod use_case;
mod vendor;
mod without;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use judge::Mode;

pub use aliases::Alias;
pub use destination::{Destination, Kind, Model};
pub(crate) use document::days_since_1970;
pub use endpoint::Endpoint;
pub use listener::{ClientCertificates, Listener, Tls};
pub use problem::{Problem, Severity};
pub use use_case::UseCase;
pub use vendor::Vendor;

/// Everything that was configured, checked. Secrets in it do not print.
#[derive(Debug)]
pub struct Config {
    /// The folder; `None` when there is none.
    pub dir: Option<PathBuf>,
    /// Whether the door warns or closes where something is missing.
    pub mode: Mode,
    /// Where callers connect.
    pub listen: Listener,
    /// Where administrators connect.
    pub admin_listen: Listener,
    /// The longest time that open calls get to finish when the door stops.
    pub drain: Duration,
    /// Limits of the data plane.
    pub limits: proxy::limits::Limits,
    /// How the ledger is written; taken at start.
    pub ledger: store::Options,
    /// All destinations, sorted by priority, then self-hosted before hosted, then by name.
    pub destinations: Vec<Destination>,
    /// What callers may name as `model`, sorted by name.
    pub aliases: Vec<Alias>,
    /// What each destination costs, in the order of [`Config::destinations`]; `None`: nobody knows.
    pub prices: Vec<Option<proxy::destination::Price>>,
    /// Hard limits.
    pub budgets: Vec<store::budgets::Budget>,
    /// The policies in force.
    pub policies: judge::Policies,
    /// Who may sign policies, by name; empty: policies need no signature.
    pub policy_signers: bundle::Signers,
    /// Who signed the policies in force, and for which change.
    pub signed: Option<bundle::Signed>,
    /// Policies that decide beside those in force and change nothing: the folder `policies_candidate/`.
    pub candidate: Option<judge::Policies>,
    /// Callers that are observed for a while instead of refused, by the name of their key.
    pub observed: BTreeMap<String, judge::Observe>,
    /// The settings of inspection.
    pub inspection: inspect::Settings,
    /// The detectors, made ready from [`Config::inspection`].
    pub inspector: Arc<inspect::Inspector>,
    /// When the first exception of inspection ends, in Unix seconds: then the configuration has to be loaded again.
    pub exceptions_end_unix: Option<i64>,
    /// Vendors by name.
    #[expect(dead_code, reason = "destinations carry what they need of it; the vendor register is its next reader")]
    pub vendors: BTreeMap<String, Vendor>,
    /// Registered use cases by name.
    pub use_cases: BTreeMap<String, UseCase>,
    /// Every file that was read, sorted; a change of one of them is a reason to reload. Certificates and files with
    /// secrets are among them.
    pub files: Vec<PathBuf>,
    /// `sha256:` and 64 hexadecimal digits over the names and bytes of all configuration files, secrets excepted.
    pub hash: String,
    /// What is not wrong and should be known.
    pub warnings: Vec<Problem>,
}

impl Config {
    /// Loads the configuration in `dir`, or the one that needs no folder. `env` looks up an environment variable.
    ///
    /// # Errors
    /// Every problem at once, warnings included, sorted by file and line.
    pub fn load(dir: Option<&Path>, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        Self::load_as(dir, env, None)
    }

    /// As [`Config::load`], as if the folder said `mode`.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_as(
        dir: Option<&Path>,
        env: &dyn Fn(&str) -> Option<String>,
        mode: Option<Mode>,
    ) -> Result<Self, Vec<Problem>> {
        match dir {
            Some(dir) => folder::load(dir, env, mode),
            None => without::load(env, mode),
        }
    }

    /// What policies may name besides what every installation has.
    pub fn vocabulary(&self) -> judge::Vocabulary {
        classes::vocabulary(&self.inspection)
    }
}

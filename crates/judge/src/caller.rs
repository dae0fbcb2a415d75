//! Who calls, as policies see them.

use inspect::Level;
use serde::{Deserialize, Serialize};

/// Whether a caller is a program or a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerKind {
    /// A program: `Workload` in policies.
    #[default]
    Workload,
    /// A person: `Person` in policies.
    Person,
}

/// An authenticated caller. There is no anonymous one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Program or person.
    pub kind: CallerKind,
    /// What identifies it for good, for example the id of its key: the `Workload::"…"` of policies.
    pub id: String,
    /// The name that people gave it.
    pub name: String,
    /// The tenant it belongs to.
    pub tenant: String,
    /// The use case that its credential names. Never what the caller says about itself.
    pub use_case: Option<String>,
    /// The level that its calls never fall below.
    pub floor: Level,
    /// The groups it belongs to.
    pub groups: Vec<String>,
    /// Whether it may administer the door.
    pub admin: bool,
}

impl Caller {
    /// A workload with nothing declared about it: floor `internal`, no groups, no use case, no administration.
    pub fn workload(id: impl Into<String>, tenant: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            kind: CallerKind::Workload,
            name: id.clone(),
            id,
            tenant: tenant.into(),
            use_case: None,
            floor: Level::Internal,
            groups: Vec::new(),
            admin: false,
        }
    }
}

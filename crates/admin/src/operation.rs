//! What can be administered, as plain values: the HTTP API, the local socket and the command line all say the same things.

use serde::{Deserialize, Serialize};

/// One administrative operation. Every one but reading `status` leaves a record in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// Make a key.
    CreateKey(CreateKey),
    /// List keys, without their secrets.
    ListKeys {},
    /// Withdraw a key: calls and open streams of it end at once.
    RevokeKey {
        /// The key's id.
        id: String,
    },
    /// How the door is doing.
    Status {},
    /// Load the configuration again; the whole of it or nothing.
    Reload {},
    /// Find records.
    SearchLedger(SearchLedger),
    /// Calls that wait for a person's yes.
    ListApprovals {},
    /// Say yes or no to one of them.
    AnswerApproval(AnswerApproval),
}

/// A person's answer to a call that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerApproval {
    /// The question's id.
    #[serde(default)]
    pub id: String,
    /// Yes or no.
    pub yes: bool,
    /// In which role, one of those that policy names. An administrative key answers in the role of its own name.
    #[serde(default)]
    pub role: Option<String>,
}

/// A key to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// What people call it.
    pub name: String,
    /// The level that its calls never fall below: `public`, `internal`, `confidential` or `restricted`.
    #[serde(default = "floor_default")]
    pub floor: String,
    /// Days until it expires.
    #[serde(default)]
    pub days: Option<u32>,
    /// The tenant it belongs to.
    #[serde(default = "tenant_default")]
    pub tenant: String,
    /// The use case that its calls are made under.
    #[serde(default)]
    pub use_case: Option<String>,
    /// Whether it may administer the door.
    #[serde(default)]
    pub admin: bool,
}

/// Which records are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchLedger {
    /// A record id.
    #[serde(default)]
    pub id: Option<String>,
    /// A call id, which all records of one call share.
    #[serde(default)]
    pub call: Option<String>,
    /// A caller id.
    #[serde(default)]
    pub caller: Option<String>,
    /// `intent`, `outcome`, `refusal`, `act` or `aggregate`.
    #[serde(default)]
    pub kind: Option<String>,
    /// The most records to give; the newest ones are given.
    #[serde(default)]
    pub limit: Option<u32>,
}

impl Operation {
    /// Its name in records and in the authorisation table.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateKey(_) => "key.created",
            Self::ListKeys {} => "keys.listed",
            Self::RevokeKey { .. } => "key.revoked",
            Self::Status {} => "status.read",
            Self::Reload {} => "config.reloaded",
            Self::SearchLedger(_) => "ledger.searched",
            Self::ListApprovals {} => "approval.listed",
            Self::AnswerApproval(answer) if answer.yes => "approval.approved",
            Self::AnswerApproval(_) => "approval.denied",
        }
    }
}

fn floor_default() -> String {
    "internal".to_owned()
}

fn tenant_default() -> String {
    TENANT_DEFAULT.to_owned()
}

/// The tenant of callers that name none.
pub const TENANT_DEFAULT: &str = "default";

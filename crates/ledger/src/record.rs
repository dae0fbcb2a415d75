//! What the ledger says: intents, outcomes, refusals, administrative acts, aggregates.
//!
//! Plain strings and numbers, so that this crate knows no other. No field may hold content: no prompt, no answer, no
//! secret. What a record says about content is a class, a count, a length or a commitment.
//! Field order is part of the format (`docs/ledger-format.md`).

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::commit::{Commitment, Salt};

/// Something to be recorded. Sequence number, time and the hash of the record before it are the writer's to add.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "moved once, into the encoder; a box would cost more than it saves")]
pub enum Entry {
    /// An attempt is about to be sent.
    Intent(Intent),
    /// An attempt is over.
    Outcome(Outcome),
    /// A call was answered with no.
    Refusal(Refusal),
    /// Somebody, or the program itself, did something to the installation.
    Act(Act),
    /// Counts of what strangers cause, so that strangers cannot fill the ledger.
    Aggregate(Aggregate),
    /// What is left of an erased record. It is read, and never written.
    Erased(Erased),
}

/// The kind of a record, as its `kind` field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An [`Intent`].
    Intent,
    /// An [`Outcome`].
    Outcome,
    /// A [`Refusal`].
    Refusal,
    /// An [`Act`].
    Act,
    /// An [`Aggregate`].
    Aggregate,
}

/// One attempt, durable before it leaves. An intent without outcome counts as sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// This record's id (made beforehand, so that the answer can name it).
    #[serde(skip)]
    pub id: String,
    /// Shared by all records of one call.
    pub call: String,
    /// Who called.
    pub caller: String,
    /// Whom the caller acted for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// The caller's tenant.
    pub tenant: String,
    /// The use case under which the call was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<String>,
    /// The surface the call came through, e.g. `openai.chat`.
    pub front_door: String,
    /// The model name the caller asked for.
    pub alias: String,
    /// Classes found, and how often each.
    pub findings: BTreeMap<String, u64>,
    /// Version of the detectors that found them, or did not.
    pub detector_version: String,
    /// The call's level.
    pub level: String,
    /// Injection score, 0 to 1000.
    pub injection_permille: u16,
    /// Everything that the policy decision saw.
    pub policy_input: Json,
    /// Hash of the policies in force.
    pub policy_hash: String,
    /// Hash of the configuration in force.
    pub config_hash: String,
    /// Ids of the policies that determined the decision.
    pub determining_policies: Vec<String>,
    /// What the permit obliged for this destination.
    pub obligations: Vec<String>,
    /// Names of all destinations that were permitted.
    pub permitted: Vec<String>,
    /// 1 for the call's first attempt.
    pub attempt: u32,
    /// Why this attempt is made.
    pub attempt_kind: AttemptKind,
    /// Where it goes.
    pub destination: Destination,
    /// Sampling parameters and the like: numbers and switches, never content.
    pub parameters: Json,
    /// Commitment to the caller's prompt ([`crate::commit::field::PROMPT`]).
    pub prompt: Commitment,
    /// Commitment to the exact bytes sent ([`crate::commit::field::SENT`]).
    pub sent: Commitment,
    /// Length of the bytes sent.
    pub sent_bytes: u64,
    /// What is kept of bodies: `digest` (commitments only) in this version.
    pub body: String,
    /// Opens the commitments. In the record's private part.
    #[serde(skip)]
    pub salt: Option<Salt>,
}

/// The destination of an attempt, with the facts that governed it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Its name in configuration.
    pub name: String,
    /// The wire format it speaks, e.g. `openai`.
    pub kind: String,
    /// `self_hosted` or `hosted`.
    pub hosting: String,
    /// Declared region.
    pub region: String,
    /// Declared jurisdiction.
    pub jurisdiction: String,
    /// Vendor of a hosted destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Assessment of that vendor in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_assessment: Option<String>,
    /// The model name the endpoint knows.
    pub model: String,
    /// Digest of a self-hosted model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// Why an attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptKind {
    /// The call's first.
    First,
    /// The same destination again.
    Retry,
    /// Another destination.
    Failover,
}

/// How an attempt ended, durable before the terminal event. Exactly one for each intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// This record's id.
    #[serde(skip)]
    pub id: String,
    /// The id of the intent that this ends.
    pub intent: String,
    /// Shared by all records of one call.
    pub call: String,
    /// How it ended.
    pub ended: Ended,
    /// The upstream's HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The upstream's own id for the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_request_id: Option<String>,
    /// The model version that the upstream says answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_model: Option<String>,
    /// Commitment to the bytes received ([`crate::commit::field::RECEIVED`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Commitment>,
    /// Commitment to the bytes released to the caller ([`crate::commit::field::RELEASED`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Commitment>,
    /// Bytes received from the upstream.
    pub received_bytes: u64,
    /// Bytes released to the caller.
    pub released_bytes: u64,
    /// Input tokens, as the upstream counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Output tokens, as the upstream counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Input tokens read from the upstream's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// Tokens that budgets were charged with, where the upstream did not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_tokens: Option<u64>,
    /// What it cost, in millionths of the currency of the prices in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<u64>,
    /// Microseconds waited before sending.
    pub queue_us: u64,
    /// Microseconds from sending to the first byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_us: Option<u64>,
    /// Microseconds from sending to the end.
    pub total_us: u64,
    /// Classes that screening the answer found, and how often each.
    pub screening: BTreeMap<String, u64>,
    /// What was cut from the answer: classes or block kinds, never the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cut: Vec<String>,
    /// Class of the error, if one ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// True if values were shortened to keep within [`crate::OUTCOME_BYTES_MAX`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shortened: bool,
    /// Opens the commitments. In the record's private part.
    #[serde(skip)]
    pub salt: Option<Salt>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The answer was complete and was released.
    Finished,
    /// The caller went away.
    Disconnected,
    /// Portcullis cut it: revocation, limit or shutdown.
    Cut,
    /// The upstream failed, or answered with an error.
    UpstreamFailed,
    /// Screening refused the answer.
    RefusedByScreen,
    /// Nobody knows: recovery found the intent without an outcome. Counts as sent.
    Unknown,
}

/// A call that was answered with no. Nothing was sent under this record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// This record's id.
    #[serde(skip)]
    pub id: String,
    /// Shared by all records of one call.
    pub call: String,
    /// Who called.
    pub caller: String,
    /// The caller's tenant.
    pub tenant: String,
    /// The use case under which the call was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<String>,
    /// The surface the call came through.
    pub front_door: String,
    /// The model name the caller asked for, if it was understood that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The step of the pipeline that refused, e.g. `decide`.
    pub step: String,
    /// The stable code the caller saw.
    pub code: String,
    /// The HTTP status the caller saw.
    pub status: u16,
    /// Classes found, and how often each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub findings: BTreeMap<String, u64>,
    /// Version of the detectors, if inspection was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detector_version: Option<String>,
    /// The call's level, if inspection was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Injection score, 0 to 1000, if inspection was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub injection_permille: Option<u16>,
    /// What the policy decision saw, if it was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_input: Option<Json>,
    /// Hash of the policies in force.
    pub policy_hash: String,
    /// Hash of the configuration in force.
    pub config_hash: String,
    /// Ids of the policies that determined the decision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub determining_policies: Vec<String>,
    /// Destination → code of why it was refused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub destinations: BTreeMap<String, String>,
    /// Commitment to the caller's prompt, if it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Commitment>,
    /// Opens the commitment. In the record's private part.
    #[serde(skip)]
    pub salt: Option<Salt>,
}

/// An administrative act, or something that the program did to itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// This record's id.
    #[serde(skip)]
    pub id: String,
    /// What was done: `key.created`, `key.revoked`, `config.loaded`, `started`, `stopped`, `recovered` …
    pub action: String,
    /// Who did it; `portcullis` for the program itself.
    pub actor: String,
    /// What it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Particulars, small; never content, never secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<String, String>,
}

/// Counts of what strangers caused since the aggregate before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregate {
    /// This record's id.
    #[serde(skip)]
    pub id: String,
    /// What is counted: `authentication.failed`.
    pub what: String,
    /// Reason → count.
    pub counts: BTreeMap<String, u64>,
    /// When counting began, in milliseconds since 1970.
    pub from_ms: u64,
    /// When counting ended, in milliseconds since 1970.
    pub to_ms: u64,
}

/// What an erasure leaves of a record: no caller, no tenant, no policy input, no salt of theirs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Erased {
    /// This record's id.
    #[serde(skip)]
    pub id: String,
    /// What kind of record it was.
    #[serde(skip)]
    pub was: Kind,
    /// Always true, so that readers see it.
    pub erased: bool,
    /// The level, where the record had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Version of the detectors that found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detector_version: Option<String>,
    /// Classes found, and how often each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub findings: BTreeMap<String, u64>,
    /// The destination, of an intent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
}

/// A JSON value kept as its compact text. Built by serialising, so that it holds no line break.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Serialises a value.
    ///
    /// # Errors
    /// When the value has no JSON form, e.g. a map with keys that are not strings.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).and_then(|raw| {
            // A caller's own raw value may be pretty; a record is one line.
            if raw.get().contains(['\n', '\r']) {
                serde_json::from_str::<serde_json::Value>(raw.get())
                    .and_then(|value| serde_json::value::to_raw_value(&value))
                    .map(Self)
            } else {
                Ok(Self(raw))
            }
        })
    }

    /// The JSON text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// The value, parsed.
    #[must_use]
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_str(self.0.get()).unwrap_or_default()
    }
}

impl Default for Json {
    fn default() -> Self {
        Self(RawValue::NULL.to_owned())
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.text().len())
    }
}

impl Entry {
    /// The id of the record.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Intent(intent) => &intent.id,
            Self::Outcome(outcome) => &outcome.id,
            Self::Refusal(refusal) => &refusal.id,
            Self::Act(act) => &act.id,
            Self::Aggregate(aggregate) => &aggregate.id,
            Self::Erased(erased) => &erased.id,
        }
    }

    /// The kind of the record.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Intent(_) => Kind::Intent,
            Self::Outcome(_) => Kind::Outcome,
            Self::Refusal(_) => Kind::Refusal,
            Self::Act(_) => Kind::Act,
            Self::Aggregate(_) => Kind::Aggregate,
            Self::Erased(erased) => erased.was,
        }
    }

    /// The id of the call that the record belongs to, if it belongs to one.
    #[must_use]
    pub fn call(&self) -> Option<&str> {
        match self {
            Self::Intent(intent) => Some(&intent.call),
            Self::Outcome(outcome) => Some(&outcome.call),
            Self::Refusal(refusal) => Some(&refusal.call),
            Self::Act(_) | Self::Aggregate(_) | Self::Erased(_) => None,
        }
    }

    /// The caller named in the record. An outcome names none: its intent does.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        match self {
            Self::Intent(intent) => Some(&intent.caller),
            Self::Refusal(refusal) => Some(&refusal.caller),
            Self::Outcome(_) | Self::Act(_) | Self::Aggregate(_) | Self::Erased(_) => None,
        }
    }
}

impl Kind {
    /// The word in the record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Outcome => "outcome",
            Self::Refusal => "refusal",
            Self::Act => "act",
            Self::Aggregate => "aggregate",
        }
    }
}

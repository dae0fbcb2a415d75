//! What is known of a call, as policies see it: names, classes and counts, never text.

use std::collections::BTreeMap;

use inspect::{Class, Level};
use serde::{Deserialize, Serialize, Serializer};

/// Something a call does that policy must permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Ask for an answer. Legacy completions are this too.
    Chat,
    /// Turn texts into vectors.
    Embed,
    /// Count tokens.
    CountTokens,
    /// Offer tools, or bring back their results.
    UseTool,
    /// Let the provider keep state.
    StoreState,
    /// Send an image, a file or audio.
    SendAttachment,
    /// Send retrieved documents.
    Retrieve,
    /// Ask whether the destination is well: fixed content, by the caller `portcullis`.
    Probe,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 8] = [
        Self::Chat,
        Self::Embed,
        Self::CountTokens,
        Self::UseTool,
        Self::StoreState,
        Self::SendAttachment,
        Self::Retrieve,
        Self::Probe,
    ];

    /// Its name in policies, for example `use_tool`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embed => "embed",
            Self::CountTokens => "count_tokens",
            Self::UseTool => "use_tool",
            Self::StoreState => "store_state",
            Self::SendAttachment => "send_attachment",
            Self::Retrieve => "retrieve",
            Self::Probe => "probe",
        }
    }

    /// What a sentence says the caller wants to do.
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::Chat => "asking a model",
            Self::Embed => "embedding text",
            Self::CountTokens => "counting tokens",
            Self::UseTool => "using tools",
            Self::StoreState => "leaving state with the provider",
            Self::SendAttachment => "sending attachments",
            Self::Retrieve => "sending retrieved documents",
            Self::Probe => "probing health",
        }
    }
}

/// Whether the door warns or closes where something is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Warns. Policies hold all the same.
    #[default]
    Development,
    /// Closes a destination without owners, current assessment or promoted model.
    Production,
}

/// What is known of one call.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CallFacts<'a> {
    /// Everything the call does. Each one must be permitted; an empty list permits nothing.
    pub actions: &'a [Action],
    /// Classes found, and how often each.
    #[serde(serialize_with = "names")]
    pub classes: &'a BTreeMap<Class, u32>,
    /// The level of what was found. The caller's floor is applied by [`crate::decide`].
    pub level: Level,
    /// How likely an injected instruction is, 0 to 1. Anything that is not a number counts as 1.
    pub injection: f32,
    /// Whether the call offers tools.
    pub tools: bool,
    /// Whether tool results or documents are in it.
    pub untrusted: bool,
    /// Fields that the door does not model, by name.
    pub unmodelled: &'a [String],
    /// Hosts that the provider would fetch from.
    pub provider_fetch: &'a [String],
    /// Whether the door warns or closes.
    pub mode: Mode,
    /// Unix seconds.
    pub now_unix: i64,
}

impl CallFacts<'_> {
    /// The injection score per mille, rounded up, so that a threshold is never missed by rounding.
    pub(crate) fn injection_per_mille(&self) -> i64 {
        if self.injection.is_nan() {
            return INJECTION_MAX;
        }
        #[expect(clippy::cast_possible_truncation, reason = "clamped to 0..=1000 before the cast")]
        let per_mille = (f64::from(self.injection) * 1000.0).ceil().clamp(0.0, 1000.0) as i64;
        per_mille
    }
}

fn names<S: Serializer>(classes: &BTreeMap<Class, u32>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(classes.iter().map(|(class, count)| (class.as_str(), count)))
}

/// Certain.
const INJECTION_MAX: i64 = 1000;

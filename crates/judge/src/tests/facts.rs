//! Facts that the tests start from, and the smallest ways to change them.

use std::collections::BTreeMap;

use crate::{
    Action, Assessed, Assessment, CallFacts, Caller, Decision, DestinationFacts, Destinations, Hosting, Mode, Policies,
    Provenance, Source, decide,
};
use inspect::{Class, Level};

/// A moment in November 2026.
pub(super) const NOW: i64 = 1_795_000_000;

/// What is known of a call, owned so that a test can change it.
pub(super) struct Call {
    pub(super) actions: Vec<Action>,
    pub(super) classes: BTreeMap<Class, u32>,
    pub(super) level: Level,
    pub(super) injection: f32,
    pub(super) tools: bool,
    pub(super) untrusted: bool,
    pub(super) unmodelled: Vec<String>,
    pub(super) provider_fetch: Vec<String>,
    pub(super) mode: Mode,
}

/// A chat with these classes, each found once, at this level.
pub(super) fn chat(level: Level, classes: &[&str]) -> Call {
    Call {
        actions: vec![Action::Chat],
        classes: classes.iter().map(|class| (Class::new(class), 1)).collect(),
        level,
        injection: 0.0,
        tools: false,
        untrusted: false,
        unmodelled: Vec::new(),
        provider_fetch: Vec::new(),
        mode: Mode::Development,
    }
}

impl Call {
    pub(super) fn facts(&self) -> CallFacts<'_> {
        CallFacts {
            actions: &self.actions,
            classes: &self.classes,
            level: self.level,
            injection: self.injection,
            tools: self.tools,
            untrusted: self.untrusted,
            unmodelled: &self.unmodelled,
            provider_fetch: &self.provider_fetch,
            mode: self.mode,
            now_unix: NOW,
        }
    }
}

pub(super) fn caller(floor: Level) -> Caller {
    Caller { floor, ..Caller::workload("billing", "acme") }
}

pub(super) fn own(name: &str) -> DestinationFacts {
    DestinationFacts {
        name: name.to_owned(),
        kind: "openai".to_owned(),
        hosting: Hosting::SelfHosted,
        host: format!("{name}.internal.example"),
        region: "eu-central-1".to_owned(),
        jurisdiction: "EU".to_owned(),
        vendor: None,
        model: "qwen3-8b".to_owned(),
        digest: None,
        owned: true,
        allow_unmodelled: false,
        assessment: Assessment::NotRequired,
        provenance: Provenance::NotApplicable,
        service: String::new(),
        floating: false,
        assessed: Assessed::own(),
    }
}

pub(super) fn hosted(name: &str) -> DestinationFacts {
    DestinationFacts {
        hosting: Hosting::Hosted,
        jurisdiction: "US".to_owned(),
        vendor: Some("acme-ai".to_owned()),
        assessment: Assessment::Until(NOW + 1),
        ..own(name)
    }
}

pub(super) fn both() -> Destinations {
    Destinations::prepare(&[own("ward"), hosted("cloud")])
}

pub(super) fn policies(text: &str) -> Policies {
    Policies::compile(&[Source { name: "test.cedar".to_owned(), text: text.to_owned() }]).unwrap()
}

/// What these policies permit an internal caller's call.
pub(super) fn decision(text: &str, call: &Call) -> Decision {
    decide(&policies(text), &caller(Level::Internal), &call.facts(), &both())
}

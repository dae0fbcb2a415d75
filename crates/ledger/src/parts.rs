//! Which field of a record belongs to which commitment: an entry taken apart into values, and put together again.
//!
//! Values are compact JSON with keys in a fixed order, or plain text; an absent fact is the empty value.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{
    Act, Aggregate, AttemptKind, Commitment, Destination, Entry, Intent, Json, Kind, Outcome, Refusal, Salt,
    encode::{DecodeError, EncodeError, malformed, malformed_json},
    envelope::{Opening, Private},
    record::Erased,
};

/// Longest value of a fact, or of who, in bytes.
pub(crate) const VALUE_BYTES_MAX: usize = 16_384;
/// Classes of what could not be inspected begin so.
const OPAQUE: &str = "opaque.";

/// An entry's values, field by field.
pub(crate) struct Values {
    /// In the order of [`crate::content::FACTS`].
    pub(crate) facts: [Vec<u8>; 4],
    pub(crate) who: Vec<u8>,
    pub(crate) rest: Vec<u8>,
}

/// The value of the level: nothing proved about a level is worth anything without who found it, and what could not be
/// read. One lifetime, one commitment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelFact<'a> {
    /// The level's name.
    #[serde(borrow)]
    pub level: Cow<'a, str>,
    /// Version of the detectors.
    #[serde(borrow)]
    pub detectors: Cow<'a, str>,
    /// How many parts of the call could not be inspected: findings of `opaque.*`.
    pub opaque: u64,
}

/// The value of the destination: all but its jurisdiction, which is opened alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationFact<'a> {
    /// Its name in configuration.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// The wire format it speaks.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// `self_hosted` or `hosted`.
    #[serde(borrow)]
    pub hosting: Cow<'a, str>,
    /// Declared region.
    #[serde(borrow)]
    pub region: Cow<'a, str>,
    /// Vendor of a hosted destination.
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    pub vendor: Option<Cow<'a, str>>,
    /// Assessment of that vendor in force.
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    pub vendor_assessment: Option<Cow<'a, str>>,
    /// The model name the endpoint knows.
    #[serde(borrow)]
    pub model: Cow<'a, str>,
    /// Digest of a self-hosted model.
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    pub digest: Option<Cow<'a, str>>,
}

/// The value of who.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhoFact<'a> {
    /// Who called.
    #[serde(borrow)]
    pub caller: Cow<'a, str>,
    /// Whom the caller acted for.
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    pub on_behalf_of: Option<Cow<'a, str>>,
    /// The caller's tenant.
    #[serde(borrow)]
    pub tenant: Cow<'a, str>,
    /// The use case.
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    pub use_case: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
struct IntentRest<'a> {
    #[serde(borrow)]
    call: Cow<'a, str>,
    #[serde(borrow)]
    front_door: Cow<'a, str>,
    #[serde(borrow)]
    alias: Cow<'a, str>,
    injection_permille: u16,
    policy_input: Cow<'a, Json>,
    #[serde(borrow)]
    policy_hash: Cow<'a, str>,
    #[serde(borrow)]
    config_hash: Cow<'a, str>,
    determining_policies: Cow<'a, [String]>,
    obligations: Cow<'a, [String]>,
    permitted: Cow<'a, [String]>,
    attempt: u32,
    attempt_kind: AttemptKind,
    parameters: Cow<'a, Json>,
    prompt: Commitment,
    sent: Commitment,
    sent_bytes: u64,
    #[serde(borrow)]
    body: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct RefusalRest<'a> {
    #[serde(borrow)]
    call: Cow<'a, str>,
    #[serde(borrow)]
    front_door: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    alias: Option<Cow<'a, str>>,
    #[serde(borrow)]
    step: Cow<'a, str>,
    #[serde(borrow)]
    code: Cow<'a, str>,
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    injection_permille: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy_input: Option<Cow<'a, Json>>,
    #[serde(borrow)]
    policy_hash: Cow<'a, str>,
    #[serde(borrow)]
    config_hash: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_empty_list")]
    determining_policies: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "is_empty_map")]
    destinations: Cow<'a, BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt: Option<Commitment>,
}

impl Values {
    pub(crate) fn bytes(&self) -> usize {
        self.facts.iter().map(Vec::len).sum::<usize>() + self.who.len() + self.rest.len()
    }
}

/// Takes an entry apart.
pub(crate) fn of(entry: &Entry) -> Result<Values, EncodeError> {
    let alone = |rest: Vec<u8>| Values { facts: Default::default(), who: Vec::new(), rest };
    match entry {
        Entry::Intent(intent) => of_intent(intent),
        Entry::Refusal(refusal) => of_refusal(refusal),
        Entry::Outcome(outcome) => json(outcome).map(alone),
        Entry::Act(act) => json(act).map(alone),
        Entry::Aggregate(aggregate) => json(aggregate).map(alone),
        Entry::Erased(_) => Err(EncodeError::Erased),
    }
}

/// Puts an entry together.
pub(crate) fn whole(kind: Kind, opening: &Opening<'_>) -> Result<Entry, DecodeError> {
    let id = opening.id.to_string();
    let (salt, who, rest) = match opening.private {
        Private::Whole { salt, who, rest } => (Some(Salt::new(salt)), who, rest),
        Private::Erased(_) => return erased(id, kind, opening.facts.as_ref()).map(Entry::Erased),
    };
    let facts = || opening.facts.as_ref().ok_or_else(|| malformed("it has no facts"));
    Ok(match kind {
        Kind::Intent => Entry::Intent(intent(id, salt, facts()?, who, rest)?),
        Kind::Refusal => Entry::Refusal(refusal(id, salt, facts()?, who, rest)?),
        Kind::Outcome => Entry::Outcome(Outcome { id, salt, ..parse("its rest", rest)? }),
        Kind::Act => Entry::Act(Act { id, ..parse("its rest", rest)? }),
        Kind::Aggregate => Entry::Aggregate(Aggregate { id, ..parse("its rest", rest)? }),
    })
}

fn of_intent(intent: &Intent) -> Result<Values, EncodeError> {
    let to = &intent.destination;
    let destination = DestinationFact {
        name: Cow::from(&to.name),
        kind: Cow::from(&to.kind),
        hosting: Cow::from(&to.hosting),
        region: Cow::from(&to.region),
        vendor: to.vendor.as_ref().map(Cow::from),
        vendor_assessment: to.vendor_assessment.as_ref().map(Cow::from),
        model: Cow::from(&to.model),
        digest: to.digest.as_ref().map(Cow::from),
    };
    let who = WhoFact {
        caller: Cow::from(&intent.caller),
        on_behalf_of: intent.on_behalf_of.as_ref().map(Cow::from),
        tenant: Cow::from(&intent.tenant),
        use_case: intent.use_case.as_ref().map(Cow::from),
    };
    let rest = IntentRest {
        call: Cow::from(&intent.call),
        front_door: Cow::from(&intent.front_door),
        alias: Cow::from(&intent.alias),
        injection_permille: intent.injection_permille,
        policy_input: Cow::Borrowed(&intent.policy_input),
        policy_hash: Cow::from(&intent.policy_hash),
        config_hash: Cow::from(&intent.config_hash),
        determining_policies: Cow::Borrowed(&intent.determining_policies),
        obligations: Cow::Borrowed(&intent.obligations),
        permitted: Cow::Borrowed(&intent.permitted),
        attempt: intent.attempt,
        attempt_kind: intent.attempt_kind,
        parameters: Cow::Borrowed(&intent.parameters),
        prompt: intent.prompt,
        sent: intent.sent,
        sent_bytes: intent.sent_bytes,
        body: Cow::from(&intent.body),
    };
    let level = level_fact(&intent.level, &intent.detector_version, &intent.findings);
    Ok(Values {
        facts: [json(&level)?, json(&intent.findings)?, to.jurisdiction.clone().into_bytes(), json(&destination)?],
        who: json(&who)?,
        rest: json(&rest)?,
    })
}

fn of_refusal(refusal: &Refusal) -> Result<Values, EncodeError> {
    let who = WhoFact {
        caller: Cow::from(&refusal.caller),
        on_behalf_of: None,
        tenant: Cow::from(&refusal.tenant),
        use_case: refusal.use_case.as_ref().map(Cow::from),
    };
    let rest = RefusalRest {
        call: Cow::from(&refusal.call),
        front_door: Cow::from(&refusal.front_door),
        alias: refusal.alias.as_ref().map(Cow::from),
        step: Cow::from(&refusal.step),
        code: Cow::from(&refusal.code),
        status: refusal.status,
        injection_permille: refusal.injection_permille,
        policy_input: refusal.policy_input.as_ref().map(Cow::Borrowed),
        policy_hash: Cow::from(&refusal.policy_hash),
        config_hash: Cow::from(&refusal.config_hash),
        determining_policies: Cow::Borrowed(&refusal.determining_policies),
        destinations: Cow::Borrowed(&refusal.destinations),
        prompt: refusal.prompt,
    };
    let level = match (&refusal.level, &refusal.detector_version) {
        (None, None) => Vec::new(),
        (level, detectors) => json(&level_fact(
            level.as_deref().unwrap_or_default(),
            detectors.as_deref().unwrap_or_default(),
            &refusal.findings,
        ))?,
    };
    let classes = if refusal.findings.is_empty() { Vec::new() } else { json(&refusal.findings)? };
    Ok(Values { facts: [level, classes, Vec::new(), Vec::new()], who: json(&who)?, rest: json(&rest)? })
}

fn level_fact<'a>(level: &'a str, detectors: &'a str, findings: &BTreeMap<String, u64>) -> LevelFact<'a> {
    let opaque = findings.iter().filter(|(class, _)| class.starts_with(OPAQUE)).map(|(_, count)| count).sum();
    LevelFact { level: level.into(), detectors: detectors.into(), opaque }
}

fn intent(id: String, salt: Option<Salt>, facts: &[&[u8]; 4], who: &[u8], rest: &[u8]) -> Result<Intent, DecodeError> {
    let [level, classes, ..] = facts;
    let level: LevelFact<'_> = parse("its level", level)?;
    let who: WhoFact<'_> = parse("its caller", who)?;
    let rest: IntentRest<'_> = parse("its rest", rest)?;
    Ok(Intent {
        id,
        call: rest.call.into(),
        caller: who.caller.into(),
        on_behalf_of: who.on_behalf_of.map(Into::into),
        tenant: who.tenant.into(),
        use_case: who.use_case.map(Into::into),
        front_door: rest.front_door.into(),
        alias: rest.alias.into(),
        findings: parse("its classes", classes)?,
        detector_version: level.detectors.into(),
        level: level.level.into(),
        injection_permille: rest.injection_permille,
        policy_input: rest.policy_input.into_owned(),
        policy_hash: rest.policy_hash.into(),
        config_hash: rest.config_hash.into(),
        determining_policies: rest.determining_policies.into_owned(),
        obligations: rest.obligations.into_owned(),
        permitted: rest.permitted.into_owned(),
        attempt: rest.attempt,
        attempt_kind: rest.attempt_kind,
        destination: destination(facts)?,
        parameters: rest.parameters.into_owned(),
        prompt: rest.prompt,
        sent: rest.sent,
        sent_bytes: rest.sent_bytes,
        body: rest.body.into(),
        salt,
    })
}

fn refusal(
    id: String,
    salt: Option<Salt>,
    facts: &[&[u8]; 4],
    who: &[u8],
    rest: &[u8],
) -> Result<Refusal, DecodeError> {
    let [level, classes, ..] = facts;
    let level: Option<LevelFact<'_>> = some(level, "its level")?;
    let who: WhoFact<'_> = parse("its caller", who)?;
    let rest: RefusalRest<'_> = parse("its rest", rest)?;
    let (level, detector_version) = level.map_or((None, None), |fact| {
        let named = |text: Cow<'_, str>| (!text.is_empty()).then(|| text.into_owned());
        (named(fact.level), named(fact.detectors))
    });
    Ok(Refusal {
        id,
        call: rest.call.into(),
        caller: who.caller.into(),
        tenant: who.tenant.into(),
        use_case: who.use_case.map(Into::into),
        front_door: rest.front_door.into(),
        alias: rest.alias.map(Into::into),
        step: rest.step.into(),
        code: rest.code.into(),
        status: rest.status,
        findings: some(classes, "its classes")?.unwrap_or_default(),
        detector_version,
        level,
        injection_permille: rest.injection_permille,
        policy_input: rest.policy_input.map(Cow::into_owned),
        policy_hash: rest.policy_hash.into(),
        config_hash: rest.config_hash.into(),
        determining_policies: rest.determining_policies.into_owned(),
        destinations: rest.destinations.into_owned(),
        prompt: rest.prompt,
        salt,
    })
}

fn erased(id: String, was: Kind, facts: Option<&[&[u8]; 4]>) -> Result<Erased, DecodeError> {
    let empty = [&[][..]; 4];
    let facts = facts.unwrap_or(&empty);
    let [level, classes, _, to] = facts;
    let level: Option<LevelFact<'_>> = some(level, "its level")?;
    Ok(Erased {
        id,
        was,
        erased: true,
        level: level.as_ref().map(|fact| fact.level.clone().into_owned()),
        detector_version: level.map(|fact| fact.detectors.into_owned()),
        findings: some(classes, "its classes")?.unwrap_or_default(),
        destination: if to.is_empty() { None } else { Some(destination(facts)?) },
    })
}

fn destination(facts: &[&[u8]; 4]) -> Result<Destination, DecodeError> {
    let [.., jurisdiction, to] = facts;
    let to: DestinationFact<'_> = parse("its destination", to)?;
    let jurisdiction = std::str::from_utf8(jurisdiction).map_err(|_| malformed("its jurisdiction is not UTF-8"))?;
    Ok(Destination {
        name: to.name.into(),
        kind: to.kind.into(),
        hosting: to.hosting.into(),
        region: to.region.into(),
        jurisdiction: jurisdiction.to_owned(),
        vendor: to.vendor.map(Into::into),
        vendor_assessment: to.vendor_assessment.map(Into::into),
        model: to.model.into(),
        digest: to.digest.map(Into::into),
    })
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, EncodeError> {
    serde_json::to_vec(value).map_err(|_| EncodeError::Json)
}

fn parse<'a, T: Deserialize<'a>>(what: &str, value: &'a [u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(value).map_err(|error| malformed_json(what, &error))
}

fn some<'a, T: Deserialize<'a>>(value: &'a [u8], what: &str) -> Result<Option<T>, DecodeError> {
    if value.is_empty() { Ok(None) } else { parse(what, value).map(Some) }
}

fn is_empty_list(list: &[String]) -> bool {
    list.is_empty()
}

#[expect(clippy::ptr_arg, reason = "serde hands out what the field holds")]
fn is_empty_map(map: &Cow<'_, BTreeMap<String, String>>) -> bool {
    map.is_empty()
}

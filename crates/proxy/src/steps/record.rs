//! Record: an intent that names the destination and commits to the exact bytes is durable before anything leaves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use wire::call::{Call, Door, Sampling, Task};

use super::charge::Charge;
use super::choose::Attempt;
use super::identify::Context;
use super::inspect::named;
use super::transform::Prepared;
use crate::budget::Reservation;
use crate::metrics::{AttemptLabels, Step};
use crate::stopped::{Fault, Stopped};

/// Proof that the intent of one attempt is durable. Made only by [`record`]; sending spends it.
#[must_use]
pub struct Recorded {
    pub(super) attempt: Attempt,
    pub(super) call: Arc<Call>,
    pub(super) path: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
    pub(super) strict: bool,
    pub(super) pseudonyms: Option<Arc<::inspect::pseudonym::Pseudonyms>>,
    pub(super) intent: OpenIntent,
}

/// An intent whose outcome is still to be recorded. Dropping it records that the caller went away, so that no path,
/// error or cancellation leaves an intent behind while the process lives.
pub(super) struct OpenIntent {
    /// `None` once it is closed.
    open: Option<Box<Open>>,
}

struct Open {
    context: Arc<Context>,
    charge: Charge,
    destination: String,
    outcome: ledger::Outcome,
    received: ledger::Committer,
    released: ledger::Committer,
    sent_at: Instant,
}

/// Makes the intent of one attempt durable.
///
/// # Errors
/// A fault when the ledger cannot; then nothing is sent.
pub async fn record(prepared: Prepared) -> Result<Recorded, Stopped> {
    let from = Instant::now();
    let Prepared { mut attempt, call, obligations, policies, request, pseudonyms } = prepared;
    let context = Arc::clone(&attempt.shared.permit.inspected.context);
    let intent = intent(&attempt, &call, &obligations, policies, &request.body);
    // Open from here on: a caller that goes away while the disk is waited for leaves an outcome, too.
    let charge = Charge::of(&mut attempt);
    let mut open = OpenIntent::new(Arc::clone(&context), &attempt.destination.facts.name, intent.id.clone(), charge);
    let written = context.gate.ledger.append(ledger::Entry::Intent(intent)).await;
    context.gate.metrics.lap(Step::Record, from);
    if let Err(unwritten) = written {
        open.open = None;
        return Err(Fault::ledger(unwritten.to_string()).into());
    }
    open.sent_now();
    Ok(Recorded {
        intent: open,
        attempt,
        call,
        path: request.path,
        headers: request.headers,
        body: Bytes::from(request.body),
        strict: obligations.screen == judge::Screen::Strict,
        pseudonyms,
    })
}

fn intent(
    attempt: &Attempt,
    call: &Call,
    obligations: &judge::Obligations,
    policies: Vec<String>,
    body: &[u8],
) -> ledger::Intent {
    let permit = &attempt.shared.permit;
    let inspected = &permit.inspected;
    let context = &inspected.context;
    let salt = inspected.salt.clone();
    ledger::Intent {
        id: store::RecordId::new(),
        call: context.call_id.clone(),
        caller: context.caller.id.clone(),
        on_behalf_of: None,
        tenant: context.caller.tenant.clone(),
        use_case: context.caller.use_case.clone(),
        front_door: context.front_door().to_owned(),
        alias: call.model.clone(),
        findings: named(&inspected.findings.classes),
        detector_version: context.snapshot.inspector.version().to_owned(),
        level: permit.decision.level.to_string(),
        injection_permille: permille(inspected.findings.found.injection),
        policy_input: permit.input.clone(),
        policy_hash: context.snapshot.policies.hash().to_owned(),
        config_hash: context.snapshot.config_hash.clone(),
        determining_policies: policies,
        obligations: obligations.words(),
        permitted: attempt.shared.permitted.clone(),
        attempt: attempt.number,
        attempt_kind: attempt.kind,
        destination: destination(attempt),
        parameters: ledger::Json::of(&Parameters::of(
            call,
            &inspected.findings.found.excepted,
            attempt.reserved.as_ref(),
        ))
        .unwrap_or_default(),
        prompt: inspected.prompt,
        sent: salt.commit(ledger::commit::field::SENT, body),
        sent_bytes: body.len() as u64,
        body: "digest".to_owned(),
        salt: Some(salt),
    }
}

fn destination(attempt: &Attempt) -> ledger::Destination {
    let facts = &attempt.destination.facts;
    ledger::Destination {
        name: facts.name.clone(),
        kind: facts.kind.clone(),
        hosting: match facts.hosting {
            judge::Hosting::SelfHosted => "self_hosted",
            judge::Hosting::Hosted => "hosted",
        }
        .to_owned(),
        region: facts.region.clone(),
        jurisdiction: facts.jurisdiction.clone(),
        vendor: facts.vendor.clone(),
        vendor_assessment: None,
        model: facts.model.clone(),
        digest: facts.digest.clone(),
    }
}

/// Numbers and switches of a call, never content.
#[derive(serde::Serialize)]
struct Parameters<'a> {
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    #[serde(skip_serializing_if = "is_zero")]
    tools: usize,
    #[serde(skip_serializing_if = "is_zero")]
    turns: usize,
    /// Exceptions that kept something from being a finding, and how often at least.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    excepted: &'a BTreeMap<String, u32>,
    /// What budgets keep for the attempt: what it counts for if nobody learns how it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved_micros: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl<'a> Parameters<'a> {
    fn of(call: &Call, excepted: &'a BTreeMap<String, u32>, reserved: Option<&Reservation>) -> Self {
        let none = Sampling::default();
        let (sampling, stream, most, n, tools, turns) = match &call.task {
            Task::Generate(one) | Task::CountTokens(one) => {
                (&one.sampling, one.stream, one.max_output_tokens, one.n, one.tools.len(), one.turns.len())
            }
            Task::Complete(one) => (&one.sampling, one.stream, one.max_output_tokens, one.n, 0, one.prompts.len()),
            Task::Embed(one) => (&none, false, None, None, 0, one.inputs.len()),
        };
        Self {
            stream,
            max_output_tokens: most,
            temperature: sampling.temperature,
            top_p: sampling.top_p,
            seed: sampling.seed,
            n,
            tools,
            turns,
            excepted,
            reserved_tokens: reserved.map(|reserved| reserved.most.tokens),
            reserved_micros: reserved.map(|reserved| reserved.most.money_micros),
        }
    }
}

impl OpenIntent {
    fn new(context: Arc<Context>, destination: &str, intent: String, charge: Charge) -> Self {
        let salt = store::fresh_salt();
        let outcome = ledger::Outcome {
            id: store::RecordId::new(),
            call: context.call_id.clone(),
            intent,
            ended: ledger::Ended::Disconnected,
            status: None,
            upstream_request_id: None,
            upstream_model: None,
            received: None,
            released: None,
            received_bytes: 0,
            released_bytes: 0,
            input_tokens: None,
            output_tokens: None,
            cached_tokens: None,
            charged_tokens: None,
            cost_micros: None,
            queue_us: micros(context.started.elapsed()),
            first_byte_us: None,
            total_us: 0,
            screening: BTreeMap::new(),
            cut: Vec::new(),
            error: None,
            shortened: false,
            salt: None,
        };
        let open = Open {
            received: ledger::Committer::new(&salt, ledger::commit::field::RECEIVED),
            released: ledger::Committer::new(&salt, ledger::commit::field::RELEASED),
            outcome: ledger::Outcome { salt: Some(salt), ..outcome },
            context,
            charge,
            destination: destination.to_owned(),
            sent_at: Instant::now(),
        };
        Self { open: Some(Box::new(open)) }
    }

    /// The intent's record id, which answers carry.
    pub(super) fn id(&self) -> &str {
        self.open.as_ref().map_or("", |open| open.outcome.intent.as_str())
    }

    /// The outcome so far, to be filled in.
    pub(super) fn outcome(&mut self) -> Option<&mut ledger::Outcome> {
        self.open.as_mut().map(|open| &mut open.outcome)
    }

    /// The intent is durable, and the attempt begins.
    fn sent_now(&mut self) {
        if let Some(open) = &mut self.open {
            open.outcome.queue_us = micros(open.context.started.elapsed());
            open.sent_at = Instant::now();
        }
    }

    /// The head of the answer is here.
    pub(super) fn head_came(&mut self) {
        if let Some(open) = &mut self.open {
            open.outcome.first_byte_us = Some(micros(open.sent_at.elapsed()));
        }
    }

    /// Bytes came from the upstream.
    pub(super) fn received(&mut self, bytes: &[u8]) {
        if let Some(open) = &mut self.open {
            open.received.update(bytes);
        }
    }

    /// Bytes are about to be given to the caller.
    pub(super) fn released(&mut self, bytes: &[u8]) {
        if let Some(open) = &mut self.open {
            open.released.update(bytes);
        }
    }

    /// Takes the intent out, to be closed; what stays behind is closed already.
    pub(super) fn take(&mut self) -> Self {
        Self { open: self.open.take() }
    }

    /// Makes the outcome durable.
    pub(super) async fn close(mut self, ended: ledger::Ended) -> Result<(), Fault> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let from = Instant::now();
        let metrics = Arc::clone(&open.context.gate.metrics);
        let ledger = Arc::clone(&open.context.gate.ledger);
        let written = ledger.append(ledger::Entry::Outcome(open.finish(ended))).await;
        metrics.lap(Step::Close, from);
        written.map(|_| ()).map_err(|unwritten| Fault::ledger(unwritten.to_string()))
    }
}

impl Open {
    fn finish(mut self, ended: ledger::Ended) -> ledger::Outcome {
        self.charge.settle(&mut self.outcome, ended, self.received.bytes());
        let metrics = &self.context.gate.metrics;
        metrics.input_tokens.inc_by(self.outcome.input_tokens.unwrap_or(0));
        metrics.output_tokens.inc_by(self.outcome.output_tokens.unwrap_or(0));
        let labels = AttemptLabels { destination: self.destination, ended: ended_name(ended) };
        metrics.attempts.get_or_create(&labels).inc();
        let (received_bytes, released_bytes) = (self.received.bytes(), self.released.bytes());
        ledger::Outcome {
            ended,
            received: (received_bytes > 0).then(|| self.received.finish()),
            released: (released_bytes > 0).then(|| self.released.finish()),
            received_bytes,
            released_bytes,
            total_us: micros(self.sent_at.elapsed()),
            ..self.outcome
        }
    }
}

impl Drop for OpenIntent {
    fn drop(&mut self) {
        let Some(open) = self.open.take() else { return };
        let ledger = Arc::clone(&open.context.gate.ledger);
        // The record is queued at once; nobody is left to wait for it.
        drop(ledger.append(ledger::Entry::Outcome(open.finish(ledger::Ended::Disconnected))));
    }
}

/// The name of a front door in records and metrics.
pub(crate) fn front_door(door: Door) -> &'static str {
    match door {
        Door::ChatCompletions => "openai.chat",
        Door::Responses => "openai.responses",
        Door::Completions => "openai.completions",
        Door::Embeddings => "openai.embeddings",
        Door::Messages => "anthropic.messages",
        Door::CountTokens => "anthropic.count_tokens",
    }
}

fn ended_name(ended: ledger::Ended) -> &'static str {
    match ended {
        ledger::Ended::Finished => "finished",
        ledger::Ended::Disconnected => "disconnected",
        ledger::Ended::Cut => "cut",
        ledger::Ended::UpstreamFailed => "upstream_failed",
        ledger::Ended::RefusedByScreen => "refused_by_screen",
        ledger::Ended::Unknown => "unknown",
    }
}

/// A score from 0 to 1 as whole thousandths, rounded up.
pub(super) fn permille(score: f32) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000 before the cast")]
    let whole = (score.clamp(0.0, 1.0) * 1000.0).ceil() as u16;
    whole
}

pub(super) fn micros(took: std::time::Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

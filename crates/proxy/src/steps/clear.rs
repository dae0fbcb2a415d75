//! Clear: the answer is screened, pseudonyms are restored, the outcome is durable before the caller has the end of it.

use std::sync::Arc;
use std::time::Instant;

use ledger::Ended;
use wire::answer::{Answer, Channel, Choice, Generated, Usage};
use wire::call::{BlockKind, ReasoningBlock, Task};
use wire::dialect::Whole;
use wire::front::Echo;
use wire::text::Text;

use super::choose::{Failed, Next};
use super::decide::recordable;
use super::record::OpenIntent;
use super::send::{Raw, fail, note_failure, note_success};
use super::stream;
use crate::body::Body;
use crate::metrics::Step;
use crate::screening::{CutShort, Place, Screening};
use crate::stopped::{Fault, Refusal, Stopped};

/// Proof that an answer was screened and its outcome recorded, or, for a stream, that each piece is before it is
/// released. Made only by [`clear`].
#[must_use]
pub struct Cleared {
    pub(super) body: Body,
    pub(super) streamed: bool,
    pub(super) record: String,
    pub(super) destination: String,
    pub(super) level: ::inspect::Level,
}

/// Clears an answer.
///
/// # Errors
/// [`Failed`], its outcome recorded: the upstream's answer was no answer, or screening refused it.
pub async fn clear(raw: Raw) -> Result<Cleared, Failed> {
    let permit = &raw.attempt.shared.permit;
    let context = Arc::clone(&permit.inspected.context);
    let (level, destination) = (permit.decision.level, raw.attempt.destination.facts.name.clone());
    let record = raw.intent.id().to_owned();
    let now = u64::try_from(context.gate.now_unix()).unwrap_or(0);
    let echo = Echo::of(&permit.inspected.call, &record, now);
    let streamed = match &raw.call.task {
        Task::Generate(generate) => generate.stream,
        Task::Complete(complete) => complete.stream,
        Task::CountTokens(_) | Task::Embed(_) => false,
    };
    let from = Instant::now();
    let body = if streamed { stream::begin(raw, &echo).await } else { whole(raw, &echo).await }?;
    context.gate.metrics.lap(Step::Clear, from);
    Ok(Cleared { body, streamed, record, destination, level })
}

async fn whole(mut raw: Raw, echo: &Echo) -> Result<Body, Failed> {
    let bytes = match gather(&mut raw).await {
        Ok(bytes) => bytes,
        Err(fault) => return Err(upstream_failed(raw, fault).await),
    };
    let mut answer = match raw.attempt.destination.dialect.read(&raw.call, &bytes) {
        Ok(Whole::Answer(answer)) => answer,
        Ok(Whole::Failed(error)) => {
            let fault = Fault::upstream(502, "upstream_failed", "the model's server reported an error", error.code);
            return Err(upstream_failed(raw, fault).await);
        }
        Err(garbled) => {
            let fault = Fault::upstream(
                502,
                "upstream_garbled",
                "the model's server gave an answer that is not in its format",
                garbled.to_string(),
            );
            return Err(upstream_failed(raw, fault).await);
        }
    };
    drop(bytes);
    let context = Arc::clone(&raw.attempt.shared.permit.inspected.context);
    let mut screening = Screening::new(Arc::clone(&context.snapshot.inspector), raw.strict, raw.pseudonyms.clone());
    note(&mut raw.intent, &answer);
    note_dropped(&mut raw.intent, &answer, &context.snapshot.inspector);
    let screened = screen(&mut screening, &mut answer);
    note_screening(&mut raw.intent, &screening);
    if let Err(cut) = screened {
        return Err(cut_short(raw, &cut).await);
    }
    seal(&raw, &mut answer);
    match wire::front::write(echo, &answer) {
        Ok(body) => finish(raw, body).await,
        Err(unwritable) => {
            let fault = Fault::door("unwritable", unwritable.to_string());
            Err(fail(raw.attempt, raw.intent, Ended::Cut, fault.into(), Next::Nowhere, "unwritable").await)
        }
    }
}

async fn finish(mut raw: Raw, body: Vec<u8>) -> Result<Body, Failed> {
    raw.intent.released(&body);
    note_success(&raw.attempt);
    match raw.intent.close(Ended::Finished).await {
        Ok(()) => Ok(Body::whole(body)),
        Err(fault) => Err(Failed { attempt: raw.attempt, why: fault.into(), next: Next::Nowhere }),
    }
}

/// Reads a whole answer, within its size and times.
async fn gather(raw: &mut Raw) -> Result<Vec<u8>, Fault> {
    let bytes_max = raw.attempt.shared.permit.inspected.context.snapshot.limits.answer_bytes_max;
    let between = raw.attempt.destination.timeouts.between_bytes;
    let mut bytes = Vec::new();
    loop {
        let limit = raw.deadline.min(tokio::time::Instant::now() + between);
        match tokio::time::timeout_at(limit, raw.body.chunk()).await {
            Err(_) => return Err(stalled()),
            Ok(None) => return Ok(bytes),
            Ok(Some(Err(error))) => return Err(broken(error)),
            Ok(Some(Ok(chunk))) => {
                raw.intent.received(&chunk);
                if bytes.len() + chunk.len() > bytes_max {
                    return Err(too_large());
                }
                bytes.extend_from_slice(&chunk);
            }
        }
    }
}

fn screen(screening: &mut Screening, answer: &mut Answer) -> Result<(), CutShort> {
    let Answer::Generated(generated) = answer else { return Ok(()) };
    generated.choices.iter_mut().try_for_each(|choice| screen_choice(screening, choice))
}

fn screen_choice(screening: &mut Screening, choice: &mut Choice) -> Result<(), CutShort> {
    let mut verbatim = true;
    for (number, block) in (0_u32..).zip(choice.content.iter_mut()) {
        let index = choice.index;
        let mut screen = |channel: Channel, text: &mut Text| -> Result<(), CutShort> {
            let released = screening.whole(Place { choice: index, block: number, channel }, text)?;
            if released != **text {
                verbatim = false;
                *text = Text(released);
            }
            Ok(())
        };
        match &mut block.kind {
            BlockKind::Text(text) | BlockKind::Cited { text, .. } => screen(Channel::Text, text)?,
            BlockKind::Refusal(text) => screen(Channel::Refusal, text)?,
            BlockKind::ToolCall { name, arguments, .. } => {
                screen(Channel::Arguments, name)?;
                screen(Channel::Arguments, arguments)?;
            }
            BlockKind::Reasoning(ReasoningBlock { text, summary, .. }) => {
                text.iter_mut().try_for_each(|text| screen(Channel::Reasoning, text))?;
                summary.iter_mut().try_for_each(|text| screen(Channel::Summary, text))?;
            }
            // What no model of ours answers with is not released unread.
            BlockKind::Image { .. }
            | BlockKind::File { .. }
            | BlockKind::Audio { .. }
            | BlockKind::SearchResult { .. }
            | BlockKind::ToolResult { .. } => return Err(CutShort { class: "opaque.answer".to_owned() }),
        }
    }
    choice.annotations.retain(|(_, value)| screening.is_clean(value));
    if !verbatim {
        // Token details would spell out what was masked.
        choice.logprobs = None;
    }
    Ok(())
}

/// Wraps sealed reasoning, so that it comes back only from this tenant and goes only to this destination.
fn seal(raw: &Raw, answer: &mut Answer) {
    let Answer::Generated(generated) = answer else { return };
    let blocks = generated.choices.iter_mut().flat_map(|choice| choice.content.iter_mut());
    for block in blocks {
        let BlockKind::Reasoning(reasoning) = &mut block.kind else { continue };
        for part in [&mut reasoning.signature, &mut reasoning.sealed].into_iter().flatten() {
            *part = Text(wrap(raw, part));
        }
    }
}

pub(super) fn wrap(raw: &Raw, original: &str) -> String {
    let context = &raw.attempt.shared.permit.inspected.context;
    context.gate.seals.wrap(&context.caller.tenant, &raw.attempt.destination.facts.name, original)
}

fn note(intent: &mut OpenIntent, answer: &Answer) {
    let Some(outcome) = intent.outcome() else { return };
    match answer {
        Answer::Generated(Generated { model, usage, .. }) => {
            outcome.upstream_model = Some(model.chars().take(MODEL_CHARS_MAX).collect());
            note_usage(outcome, usage.as_ref());
        }
        Answer::Embedded(embedded) => {
            outcome.upstream_model = Some(embedded.model.chars().take(MODEL_CHARS_MAX).collect());
            note_usage(outcome, embedded.usage.as_ref());
        }
        Answer::Counted { input_tokens } => outcome.input_tokens = Some(*input_tokens),
    }
}

/// Names of fields that the upstream answered with and that nobody here knows: they go no further, and the record says so.
fn note_dropped(intent: &mut OpenIntent, answer: &Answer, inspector: &::inspect::Inspector) {
    let (Some(outcome), Answer::Generated(generated)) = (intent.outcome(), answer) else { return };
    for name in generated.unmodelled.iter().take(DROPPED_MAX) {
        let mut name = name.clone();
        recordable(&mut name, inspector);
        outcome.cut.push(format!("field:{name}"));
    }
}

pub(super) fn note_usage(outcome: &mut ledger::Outcome, usage: Option<&Usage>) {
    if let Some(usage) = usage {
        outcome.input_tokens = Some(usage.input_tokens);
        outcome.output_tokens = Some(usage.output_tokens);
        outcome.cached_tokens = (usage.cache_read_tokens > 0).then_some(usage.cache_read_tokens);
    }
}

pub(super) fn note_screening(intent: &mut OpenIntent, screening: &Screening) {
    if let Some(outcome) = intent.outcome() {
        outcome.screening.clone_from(screening.counts());
    }
}

pub(super) async fn upstream_failed(raw: Raw, fault: Fault) -> Failed {
    note_failure(&raw.attempt);
    let code = fault.code;
    fail(raw.attempt, raw.intent, Ended::UpstreamFailed, fault.into(), Next::Elsewhere, code).await
}

pub(super) async fn cut_short(mut raw: Raw, cut: &CutShort) -> Failed {
    if let Some(outcome) = raw.intent.outcome() {
        outcome.cut.push(cut.class.clone());
    }
    fail(raw.attempt, raw.intent, Ended::RefusedByScreen, refused_answer(cut).into(), Next::Nowhere, "screened").await
}

pub(super) fn refused_answer(cut: &CutShort) -> Refusal {
    Refusal::new(
        403,
        "answer_refused",
        format!("the model's answer held `{}`, which may not be released", cut.class),
        "ask differently; the record says what was found",
    )
}

pub(super) fn stalled() -> Fault {
    Fault::upstream(
        504,
        "upstream_stalled",
        "the model's server stopped in the middle of its answer",
        "between_bytes or total timeout",
    )
}

pub(super) fn broken(error: String) -> Fault {
    Fault::upstream(502, "upstream_broken", "the connection to the model's server broke off", error)
}

pub(super) fn too_large() -> Fault {
    Fault::upstream(
        502,
        "answer_too_large",
        "the model's answer is larger than the door passes on",
        "answer limit reached",
    )
}

impl From<CutShort> for Stopped {
    fn from(cut: CutShort) -> Self {
        refused_answer(&cut).into()
    }
}

/// How many names of dropped fields a record holds.
const DROPPED_MAX: usize = 8;
pub(super) const MODEL_CHARS_MAX: usize = 128;

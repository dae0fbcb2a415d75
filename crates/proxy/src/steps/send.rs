//! Send: the only code that opens a connection to a model. One attempt, for one durable intent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use ledger::Ended;
use wire::call::{Call, Task};

use super::choose::{Attempt, Failed, Next, from_status};
use super::inspect::is_harmless;
use super::record::{OpenIntent, Recorded};
use crate::destination::{HttpWay, Timeouts, Way};
use crate::health::InFlight;
use crate::metrics::Step;
use crate::stopped::{Blame, Fault, Refusal, Stopped};

/// What a destination answered, unscreened: nobody can read it but [`super::clear`]. Made only by [`send`].
#[must_use]
pub struct Raw {
    pub(super) attempt: Attempt,
    pub(super) call: Arc<Call>,
    pub(super) intent: OpenIntent,
    pub(super) body: UpstreamBody,
    pub(super) strict: bool,
    pub(super) pseudonyms: Option<Arc<::inspect::pseudonym::Pseudonyms>>,
    pub(super) deadline: tokio::time::Instant,
    pub(super) _in_flight: InFlight,
}

/// The bytes of an answer as they come.
pub(super) enum UpstreamBody {
    Http(Incoming),
    Embedded(runtime::Reply),
}

/// What came back before any body.
struct HeadCame {
    status: u16,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    encoded: bool,
    body: UpstreamBody,
}

/// Why no head came.
struct NoHead {
    why: Stopped,
    next: Next,
    error: String,
}

/// Sends one recorded attempt and waits for the head of its answer.
///
/// # Errors
/// [`Failed`], its outcome recorded: nothing was generated, and the route says what may follow.
pub async fn send(recorded: Recorded) -> Result<Raw, Failed> {
    let from = Instant::now();
    let Recorded { attempt, call, path, headers, body, strict, pseudonyms, mut intent } = recorded;
    let context = Arc::clone(&attempt.shared.permit.inspected.context);
    // Revocation is live: a key that was withdrawn while the call was decided sends nothing.
    if !context.key.is_live(context.gate.now_ms()) {
        return Err(fail(attempt, intent, Ended::Cut, revoked().into(), Next::Nowhere, "revoked").await);
    }
    let destination = Arc::clone(&attempt.destination);
    let in_flight = destination.health.enter(attempt.probe, attempt.shared.extent.tokens());
    let timeouts = destination.timeouts;
    let deadline = tokio::time::Instant::now() + timeouts.total;
    let answer = match &destination.way {
        Way::Http(way) => over_http(way, path, headers, body, streams(&call), timeouts).await,
        Way::Embedded(engine) => embedded(engine, path, body, timeouts).await,
        Way::Absent => Err(absent()),
    };
    context.gate.metrics.lap(Step::Send, from);
    let head = match answer {
        Ok(head) => head,
        Err(NoHead { why, next, error }) => {
            note_failure(&attempt);
            return Err(fail(attempt, intent, Ended::UpstreamFailed, why, next, &error).await);
        }
    };
    intent.head_came();
    if let Some(outcome) = intent.outcome() {
        outcome.status = Some(head.status);
        outcome.upstream_request_id = head.request_id;
    }
    if head.encoded {
        note_failure(&attempt);
        let fault = Fault::upstream(
            502,
            "upstream_encoded",
            "the model's server sent an encoded answer, which was not asked for",
            "content-encoding in the answer",
        );
        return Err(fail(attempt, intent, Ended::UpstreamFailed, fault.into(), Next::Elsewhere, "encoded").await);
    }
    let raw = Raw { attempt, call, intent, body: head.body, strict, pseudonyms, deadline, _in_flight: in_flight };
    if head.status == 200 {
        raw.attempt.destination.health.head_took(from.elapsed());
    }
    if head.status == 200 { Ok(raw) } else { Err(raw.refused(head.status, head.retry_after).await) }
}

impl Raw {
    /// A status other than 200: its body is read within a small limit, for the message alone.
    async fn refused(mut self, status: u16, retry_after: Option<Duration>) -> Failed {
        let mut body = Vec::new();
        let reading = async {
            while let Some(Ok(chunk)) = self.body.chunk().await {
                self.intent.received(&chunk);
                let room = ERROR_BODY_BYTES_MAX.saturating_sub(body.len());
                body.extend_from_slice(chunk.get(..chunk.len().min(room)).unwrap_or_default());
                if room <= chunk.len() {
                    break;
                }
            }
        };
        // A body that trickles is not waited for: the status says enough.
        let _ = tokio::time::timeout(ERROR_BODY_TIMEOUT, reading).await;
        let error = self.attempt.destination.dialect.read_error(status, &body);
        let message = screened_message(&self.attempt, &error.message);
        let (fault, next) = from_status(status, message, retry_after);
        match fault.blame {
            Blame::Upstream | Blame::Door => note_failure(&self.attempt),
            // It understood the call and found it wrong: it is well.
            Blame::Caller => note_success(&self.attempt),
        }
        fail(self.attempt, self.intent, Ended::UpstreamFailed, fault.into(), next, &error_code(status, &error.code))
            .await
    }
}

impl UpstreamBody {
    /// The next bytes; `None` at the end. The error is for the operator.
    pub(super) async fn chunk(&mut self) -> Option<Result<Bytes, String>> {
        match self {
            Self::Http(body) => loop {
                match body.frame().await? {
                    Ok(frame) => {
                        if let Ok(data) = frame.into_data() {
                            return Some(Ok(data));
                        }
                    }
                    Err(error) => return Some(Err(error.to_string())),
                }
            },
            Self::Embedded(reply) => Some(reply.next().await?.map_err(|fault| fault.to_string())),
        }
    }
}

async fn over_http(
    way: &HttpWay,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    streams: bool,
    timeouts: Timeouts,
) -> Result<HeadCame, NoHead> {
    let request = request(way, path, headers, body, streams).map_err(|error| NoHead {
        why: Fault::door("unsendable", error.clone()).into(),
        next: Next::Elsewhere,
        error,
    })?;
    let limit = timeouts.connect + timeouts.first_byte;
    let response: Response<Incoming> = match tokio::time::timeout(limit, way.request(request)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(unreachable(&error)),
        Err(_) => {
            return Err(NoHead {
                why: Fault::upstream(
                    504,
                    "upstream_timeout",
                    "the model's server did not answer in time",
                    "no head within first_byte_timeout",
                )
                .into(),
                next: Next::Elsewhere,
                error: "first_byte_timeout".to_owned(),
            });
        }
    };
    let (head, body) = response.into_parts();
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    Ok(HeadCame {
        status: head.status.as_u16(),
        request_id: text("x-request-id").or_else(|| text("request-id")).map(|id| id.chars().take(128).collect()),
        retry_after: text(RETRY_AFTER.as_str()).and_then(|wait| wait.parse().ok()).map(Duration::from_secs),
        encoded: head.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity"),
        body: UpstreamBody::Http(body),
    })
}

/// The request: method, path below the endpoint, the format's headers and nothing of the caller's.
fn request(
    way: &HttpWay,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    streams: bool,
) -> Result<Request<Full<Bytes>>, String> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = way.uri(path)?;
    let map = request.headers_mut();
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    map.insert(ACCEPT, HeaderValue::from_static(if streams { "text/event-stream" } else { "application/json" }));
    map.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    map.insert(USER_AGENT, HeaderValue::from_static(concat!("portcullis/", env!("CARGO_PKG_VERSION"))));
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).map_err(|_| format!("the header `{name}` cannot carry its value"))?;
        map.insert(name, value);
    }
    Ok(request)
}

fn unreachable(error: &hyper_util::client::legacy::Error) -> NoHead {
    let internal = chain(error);
    // No connection, or a pooled one that the upstream had just closed: nothing was generated, and the same place may
    // answer once more. The second sending has an intent of its own.
    let gone = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<hyper::Error>())
        .is_some_and(|source| source.is_canceled() || source.is_incomplete_message());
    let next = if error.is_connect() || gone { Next::SamePlace } else { Next::Elsewhere };
    NoHead {
        why: Fault::upstream(502, "upstream_unreachable", "the model's server could not be reached", internal.clone())
            .into(),
        next,
        error: internal,
    }
}

/// A snapshot for rehearsals was put in service; nothing can be sent by it.
fn absent() -> NoHead {
    let error = "the destination has no way".to_owned();
    NoHead { why: Fault::door("no_way", error.clone()).into(), next: Next::Elsewhere, error }
}

async fn embedded(
    engine: &runtime::Engine,
    path: &'static str,
    body: Bytes,
    timeouts: Timeouts,
) -> Result<HeadCame, NoHead> {
    let failed = |error: String| NoHead {
        why: Fault::upstream(503, "embedded_model_unavailable", "the embedded model is not available", error.clone())
            .into(),
        next: Next::Elsewhere,
        error,
    };
    match tokio::time::timeout(timeouts.first_byte, engine.call(path, body)).await {
        Ok(Ok(reply)) => Ok(HeadCame {
            status: reply.status,
            request_id: None,
            retry_after: None,
            encoded: false,
            body: UpstreamBody::Embedded(reply),
        }),
        Ok(Err(fault)) => Err(failed(fault.to_string())),
        Err(_) => Err(failed("no answer in time".to_owned())),
    }
}

/// An upstream's own code, when it is a word; it may not carry text into the record.
fn error_code(status: u16, code: &str) -> String {
    let is_word = !code.is_empty() && code.len() <= 64 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if is_word { code.to_owned() } else { format!("status_{status}") }
}

/// Records the outcome of an attempt that failed before anything was generated.
pub(super) async fn fail(
    attempt: Attempt,
    mut intent: OpenIntent,
    ended: Ended,
    why: Stopped,
    next: Next,
    error: &str,
) -> Failed {
    if let Some(outcome) = intent.outcome() {
        outcome.error = Some(error.chars().take(ERROR_CLASS_CHARS_MAX).collect());
    }
    match intent.close(ended).await {
        Ok(()) => Failed { attempt, why, next },
        Err(fault) => Failed { attempt, why: fault.into(), next: Next::Nowhere },
    }
}

/// Counts a success for the destination's breaker.
pub(super) fn note_success(attempt: &Attempt) {
    attempt.destination.health.succeeded(attempt.shared.permit.inspected.context.gate.clock_ms());
}

/// Counts a failure against the destination's breaker.
pub(super) fn note_failure(attempt: &Attempt) {
    let context = &attempt.shared.permit.inspected.context;
    let limits = &context.snapshot.limits;
    attempt.destination.health.failed(context.gate.clock_ms(), limits.breaker_failures, limits.breaker_open);
}

/// An upstream's message, when it holds nothing that inspection finds: it may quote the call, a key or an address.
fn screened_message(attempt: &Attempt, message: &str) -> Option<String> {
    let message: String = message.chars().filter(|c| !c.is_control()).take(MESSAGE_CHARS_MAX).collect();
    if message.is_empty() || message.contains("://") {
        return None;
    }
    let piece = ::inspect::Piece::text(::inspect::Channel::Answer, &message);
    let found = attempt.shared.permit.inspected.context.snapshot.inspector.inspect(&[piece]);
    is_harmless(&found).then_some(message)
}

fn streams(call: &Call) -> bool {
    match &call.task {
        Task::Generate(generate) => generate.stream,
        Task::Complete(complete) => complete.stream,
        Task::CountTokens(_) | Task::Embed(_) => false,
    }
}

fn revoked() -> Refusal {
    Refusal::new(401, "key_revoked", "the key was withdrawn or expired while the call was on its way", "make a new key")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

/// The most bytes of an upstream's error body that are read.
const ERROR_BODY_BYTES_MAX: usize = 64 * 1024;
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);
const MESSAGE_CHARS_MAX: usize = 500;
const ERROR_CLASS_CHARS_MAX: usize = 200;

//! The surface of the data plane: every path it knows, and a refusal for every other.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use wire::call::Door;

use crate::body::Body;
use crate::gate::Gate;
use crate::head::{Place, place};
use crate::pipeline;
use crate::steps::{self, respond};
use crate::stopped::Refusal;

/// Answers one request.
pub(crate) async fn serve(gate: &Arc<Gate>, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    match place(&head.method, head.uri.path()) {
        Place::Call(door) => pipeline::answer(gate, door, &head, body).await,
        Place::Models(alias) => models(gate, &head, alias.as_deref()),
        Place::Inspect => inspect(gate, &head, body).await,
        Place::Healthz => text(StatusCode::OK, "ok\n"),
        Place::Readyz => readyz(gate),
        Place::WrongMethod(method) => {
            let why = format!("this path takes {method} only");
            let mut response = refuse(gate, &head, &Refusal::new(405, "wrong_method", why, format!("use {method}")));
            if let Ok(method) = HeaderValue::from_str(method) {
                response.headers_mut().insert(ALLOW, method);
            }
            response
        }
        Place::Unknown => refuse(
            gate,
            &head,
            &Refusal::new(
                404,
                "unknown_path",
                "the door has no such path, and passes nothing through that it cannot inspect",
                "use /v1/chat/completions, /v1/responses, /v1/completions, /v1/embeddings, /v1/models, /v1/messages, /v1/messages/count_tokens or /v1/inspect",
            ),
        ),
    }
}

/// Whether calls can be answered: the ledger takes records, and a destination is there to be tried.
pub fn readiness(gate: &Gate) -> Result<(), String> {
    if let Some(reason) = gate.ledger.sealed() {
        return Err(format!("the ledger takes no records: {reason}"));
    }
    let snapshot = gate.snapshot.load();
    let now = gate.clock_ms();
    let usable = |destination: &Arc<crate::destination::Destination>| {
        destination.health.rests_ms(now) == 0
            && destination.health.passes_probes()
            && match &destination.way {
                crate::destination::Way::Http(_) => true,
                crate::destination::Way::Embedded(engine) => engine.is_ready(),
                crate::destination::Way::Absent => false,
            }
    };
    if snapshot.destinations.iter().any(usable) { Ok(()) } else { Err("no destination is usable".to_owned()) }
}

fn readyz(gate: &Gate) -> Response<Body> {
    match readiness(gate) {
        Ok(()) => text(StatusCode::OK, "ready\n"),
        Err(reason) => text(StatusCode::SERVICE_UNAVAILABLE, &format!("not ready: {reason}\n")),
    }
}

/// The aliases, in the format of whoever asks: Anthropic's when its version header is there, else OpenAI's.
fn models(gate: &Arc<Gate>, head: &Parts, one: Option<&str>) -> Response<Body> {
    if let Err(stranger) = steps::authenticate(gate, head) {
        return respond::error(gate, door_of(head), &stranger.why, None);
    }
    let snapshot = gate.snapshot.load();
    // A door does not know when a model was made; it says since when it offers the alias.
    let created = snapshot.loaded_unix;
    let mut names: Vec<(String, u64)> = snapshot.aliases.keys().map(|alias| (alias.clone(), created)).collect();
    names.sort_unstable();
    let anthropic = is_anthropic(head);
    let body = match one {
        None if anthropic => wire::front::models::write_anthropic(&names),
        None => wire::front::models::write_openai(&names),
        Some(alias) if snapshot.behind(alias).is_some() && anthropic => {
            wire::front::models::write_anthropic_one(alias, created)
        }
        Some(alias) if snapshot.behind(alias).is_some() => wire::front::models::write_openai_one(alias, created),
        Some(_) => {
            return refuse(
                gate,
                head,
                &Refusal::new(404, "model_not_found", "no destination has this alias", "see GET /v1/models"),
            );
        }
    };
    json(body)
}

/// What inspection finds in a text, for a known caller, without sending it anywhere.
async fn inspect(gate: &Arc<Gate>, head: &Parts, body: Incoming) -> Response<Body> {
    if let Err(stranger) = steps::authenticate(gate, head) {
        return respond::error(gate, Door::ChatCompletions, &stranger.why, None);
    }
    let snapshot = gate.snapshot.load_full();
    let limit = snapshot.limits.body_bytes_max;
    let reading = tokio::time::timeout(snapshot.limits.body_timeout, Limited::new(body, limit).collect());
    let Ok(Ok(collected)) = reading.await else {
        return refuse(
            gate,
            head,
            &Refusal::new(
                413,
                "body_too_large",
                format!("the body is larger than {limit} bytes or too slow"),
                "send less",
            ),
        );
    };
    match looked_at(&snapshot.inspector, &collected.to_bytes()) {
        Ok(body) => json(body),
        Err(refusal) => refuse(gate, head, &refusal),
    }
}

/// What `/v1/inspect` and `portcullis inspect` say of one text.
#[derive(Serialize)]
struct Seen<'a> {
    level: String,
    injection: f32,
    findings: Vec<SeenFinding<'a>>,
}

#[derive(Serialize)]
struct SeenFinding<'a> {
    class: &'a str,
    start: usize,
    end: usize,
    confidence: f32,
    detector: &'a str,
}

/// Reads `{"text", "channel"}` and writes what is found in it as one line of JSON.
///
/// # Errors
/// The body is not such an object, or the channel is unknown.
pub fn looked_at(inspector: &::inspect::Inspector, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let wrong = |why: String| Refusal::new(400, "malformed_json", why, "send {\"text\": \"…\", \"channel\": \"user\"}");
    let value = wire::json::parse(body).map_err(|error| wrong(format!("the body is not acceptable JSON: {error}")))?;
    let text = value.field("text").and_then(wire::json::Value::as_str);
    let text = text.ok_or_else(|| wrong("`text` must be a string".to_owned()))?;
    let channel = match value.field("channel") {
        None | Some(wire::json::Value::Null) => ::inspect::Channel::User,
        Some(given) => given.as_str().and_then(|name| name.parse().ok()).ok_or_else(|| {
            wrong(
                "`channel` must be system, user, assistant, tool, document, attachment, parameter or answer".to_owned(),
            )
        })?,
    };
    let found = inspector.inspect(&[::inspect::Piece::text(channel, text)]);
    let seen = Seen {
        level: found.level.to_string(),
        injection: found.injection,
        findings: found
            .findings
            .iter()
            .map(|one| SeenFinding {
                class: one.class.as_str(),
                start: one.start,
                end: one.end,
                confidence: one.confidence,
                detector: one.detector,
            })
            .collect(),
    };
    serde_json::to_vec(&seen).map_err(|error| wrong(error.to_string()))
}

fn refuse(gate: &Gate, head: &Parts, refusal: &Refusal) -> Response<Body> {
    respond::error(gate, door_of(head), &refusal.clone().into(), None)
}

/// Whose error format a request without a door of its own is answered in.
fn door_of(head: &Parts) -> Door {
    if is_anthropic(head) { Door::Messages } else { Door::ChatCompletions }
}

fn is_anthropic(head: &Parts) -> bool {
    head.headers.contains_key("anthropic-version")
}

fn json(body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::whole(Bytes::from(body)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn text(status: StatusCode, body: &str) -> Response<Body> {
    let mut response = Response::new(Body::whole(Bytes::copy_from_slice(body.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

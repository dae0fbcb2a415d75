//! Respond: the caller's own wire format, for answers, refusals and faults alike. One mapping, with no wildcard arm.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use wire::call::Door;
use wire::front::ErrorBody;
use wire::text::Text;

use super::Stop;
use super::clear::Cleared;
use super::identify::{Context, Stranger};
use super::record::{front_door, permille};
use crate::body::Body;
use crate::gate::Gate;
use crate::metrics::CallLabels;
use crate::stopped::{Fault, Stopped};

/// The answer to a call that was cleared.
pub fn answered(context: &Arc<Context>, cleared: Cleared) -> Response<Body> {
    let Cleared { body, streamed, record, destination, level } = cleared;
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, if streamed { EVENT_STREAM } else { JSON });
    if streamed {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    insert(headers, RECORD, &record);
    insert(headers, REQUEST_ID, &record);
    insert(headers, X_REQUEST_ID, &record);
    insert(headers, DESTINATION, &destination);
    insert(headers, LEVEL, &level.to_string());
    count(&context.gate, context.door, 200, "ok");
    context.gate.metrics.first_byte.observe(context.started.elapsed().as_secs_f64());
    tracing::info!(
        call = %context.call_id, record, caller = %context.caller.id, door = front_door(context.door),
        destination, level = %level, ms = context.started.elapsed().as_millis(), "answered"
    );
    response
}

/// The answer to a known caller whose call stopped; recorded before it is given.
pub async fn stopped(context: &Arc<Context>, stop: Stop) -> Response<Body> {
    let record = store::RecordId::new();
    let refusal = refusal_record(context, &stop, record.clone());
    let why = match context.gate.ledger.append(ledger::Entry::Refusal(refusal)).await {
        Ok(_) => stop.why,
        Err(unwritten) => Fault::ledger(unwritten.to_string()).into(),
    };
    let internal = match &why {
        Stopped::Refusal(_) => "",
        Stopped::Fault(fault) => fault.internal.as_str(),
    };
    tracing::info!(
        call = %context.call_id, record, caller = %context.caller.id, door = front_door(context.door),
        code = why.code(), step = stop.step, internal, "stopped"
    );
    error(&context.gate, context.door, &why, Some(record))
}

/// The answer to somebody unknown. Failed authentications are counted, not recorded one by one.
pub fn stranger(gate: &Arc<Gate>, door: Door, stranger: &Stranger) -> Response<Body> {
    error(gate, door, &stranger.why, None)
}

/// An error in the native format of `door`, with the headers that its SDKs act on.
pub(crate) fn error(gate: &Gate, door: Door, why: &Stopped, record: Option<String>) -> Response<Body> {
    count(gate, door, why.status(), why.code());
    let body = error_body(why, record.clone());
    let mut response = Response::new(Body::whole(Bytes::from(wire::front::error(door, &body))));
    *response.status_mut() = StatusCode::from_u16(why.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    let retry_after_s = why.retry_after_s();
    let retry = match why {
        // A program may wait for a minute; for a budget that starts anew next month, a person must decide.
        Stopped::Refusal(refusal) => refusal.retry_after_s.is_some_and(|seconds| seconds <= RETRY_WAIT_S_MAX),
        Stopped::Fault(fault) => fault.status >= 500 || fault.retry_after_s.is_some(),
    };
    headers.insert(SHOULD_RETRY, HeaderValue::from_static(if retry { "true" } else { "false" }));
    if let Some(seconds) = retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(record) = record {
        insert(headers, RECORD, &record);
        insert(headers, REQUEST_ID, &record);
        insert(headers, X_REQUEST_ID, &record);
    }
    response
}

/// What a caller reads. Internal text stays inside.
pub(crate) fn error_body(why: &Stopped, record: Option<String>) -> ErrorBody {
    let (status, code, param, message, help) = match why {
        Stopped::Refusal(refusal) => (refusal.status, refusal.code, refusal.param.clone(), &refusal.why, &refusal.help),
        Stopped::Fault(fault) => (fault.status, fault.code, None, &fault.why, &fault.help),
    };
    ErrorBody {
        status,
        code: code.to_owned(),
        param,
        message: Text::from(message.as_str()),
        help: Text::from(help.as_str()),
        record,
    }
}

fn refusal_record(context: &Context, stop: &Stop, id: String) -> ledger::Refusal {
    let known = stop.known.as_deref();
    let inspected = known.is_some_and(|known| known.level.is_some());
    ledger::Refusal {
        id,
        call: context.call_id.clone(),
        caller: context.caller.id.clone(),
        tenant: context.caller.tenant.clone(),
        use_case: context.caller.use_case.clone(),
        front_door: front_door(context.door).to_owned(),
        alias: known.map(|known| known.alias.chars().take(ALIAS_CHARS_MAX).collect()),
        step: stop.step.to_owned(),
        code: stop.why.code().to_owned(),
        status: stop.why.status(),
        findings: known.map(|known| known.findings.clone()).unwrap_or_default(),
        detector_version: inspected.then(|| context.snapshot.inspector.version().to_owned()),
        level: known.and_then(|known| known.level).map(|level| level.to_string()),
        injection_permille: inspected.then(|| known.map_or(0, |known| permille(known.injection))),
        policy_input: known.and_then(|known| known.input.clone()),
        policy_hash: context.snapshot.policies.hash().to_owned(),
        config_hash: context.snapshot.config_hash.clone(),
        determining_policies: known.map(|known| known.policies.clone()).unwrap_or_default(),
        destinations: known.map(|known| known.destinations.clone()).unwrap_or_default(),
        prompt: None,
        salt: None,
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn count(gate: &Gate, door: Door, status: u16, code: &'static str) {
    gate.metrics.calls.get_or_create(&CallLabels { door: front_door(door), status, code }).inc();
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");
const RECORD: HeaderName = HeaderName::from_static("x-portcullis-record");
/// Where the Anthropic SDKs look for an id to show.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
/// Where the OpenAI SDKs look for an id to show.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const DESTINATION: HeaderName = HeaderName::from_static("x-portcullis-destination");
const LEVEL: HeaderName = HeaderName::from_static("x-portcullis-level");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
/// The longest wait that is left to an SDK.
const RETRY_WAIT_S_MAX: u32 = 60;
const ALIAS_CHARS_MAX: usize = 128;

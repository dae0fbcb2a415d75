//! Read: the body becomes a call, within limits and by strict JSON.

use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use wire::call::Call;

use super::identify::{Context, HeadFacts, Known};
use super::{KnownOfCall, Stop};
use crate::metrics::Step;
use crate::stopped::{Blame, Fault, Refusal, Stopped};

/// Proof that a known caller's body was read whole and understood. Made only by [`read`].
#[must_use]
pub struct Heard {
    pub(super) context: Arc<Context>,
    pub(super) call: Call,
    pub(super) prompt: ledger::Commitment,
    pub(super) salt: ledger::Salt,
}

/// Reads the body of a known caller.
///
/// # Errors
/// Too large, too slow, encoded, not strict JSON, or not in the door's format.
pub async fn read(known: Known, body: Incoming) -> Result<Heard, Stop> {
    let Known { context, head } = known;
    let bytes = collect(&context, &head, body).await.map_err(|why| Stop::at("read", why))?;
    let from = Instant::now();
    let headers = wire::front::Headers {
        anthropic_version: head.anthropic_version.as_deref(),
        anthropic_beta: head.anthropic_beta.iter().map(String::as_str).collect(),
    };
    let call = wire::front::read(context.door, &bytes, &headers).map_err(|rejected| Stop::at("read", rejected))?;
    if !is_model_name(&call.model) || context.snapshot.behind(&call.model).is_none() {
        return Err(Stop::at("read", unknown_model(&call.model))
            .knowing(KnownOfCall { alias: String::new(), ..KnownOfCall::default() }));
    }
    let salt = store::fresh_salt();
    let prompt = salt.commit(ledger::commit::field::PROMPT, &bytes);
    context.gate.metrics.lap(Step::Read, from);
    Ok(Heard { context, call, prompt, salt })
}

async fn collect(context: &Context, head: &HeadFacts, body: Incoming) -> Result<Bytes, Stopped> {
    let limits = &context.snapshot.limits;
    if head.encoded {
        return Err(Refusal::new(
            415,
            "content_encoding_unsupported",
            "the body is sent with a content encoding",
            "send the JSON as it is, without `Content-Encoding`",
        )
        .into());
    }
    if head.declared_length.is_some_and(|length| length > limits.body_bytes_max as u64) {
        return Err(too_large(limits.body_bytes_max).into());
    }
    match tokio::time::timeout(limits.body_timeout, gather(body, limits.body_bytes_max)).await {
        Ok(result) => result,
        Err(_) => Err(Refusal {
            retry_after_s: Some(1),
            ..Refusal::new(408, "body_timeout", "the body did not arrive in time", "send it faster, or send less")
        }
        .into()),
    }
}

async fn gather(mut body: Incoming, bytes_max: usize) -> Result<Bytes, Stopped> {
    let mut first = Bytes::new();
    let mut gathered = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Fault {
            blame: Blame::Caller,
            status: 400,
            why: "the body broke off".to_owned(),
            help: "send the whole body".to_owned(),
            ..Fault::door("body_broken", error.to_string())
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + gathered.len() + data.len() > bytes_max {
            return Err(too_large(bytes_max).into());
        }
        if first.is_empty() && gathered.is_empty() {
            // Most bodies come in one piece, which is then not copied.
            first = data;
        } else {
            gathered.extend_from_slice(&std::mem::take(&mut first));
            gathered.extend_from_slice(&data);
        }
    }
    Ok(if gathered.is_empty() { first } else { gathered.freeze() })
}

fn too_large(bytes_max: usize) -> Refusal {
    Refusal::new(
        413,
        "body_too_large",
        format!("the body is larger than {bytes_max} bytes"),
        "send less, or ask the people who run Portcullis to raise `limits.body_bytes_max`",
    )
}

/// A name that may stand in records, and go upstream where the alias is a pattern.
fn is_model_name(name: &str) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'/' | b'@' | b'-' | b'+');
    !name.is_empty() && name.len() <= MODEL_NAME_BYTES_MAX && name.bytes().all(fits)
}

fn unknown_model(model: &str) -> Refusal {
    let shown: String = model.chars().filter(|c| !c.is_control()).take(MODEL_NAME_SHOWN_MAX).collect();
    Refusal {
        param: Some("model".to_owned()),
        ..Refusal::new(
            404,
            "model_not_found",
            format!("no destination has the alias `{shown}`"),
            "ask for one of the models that `GET /v1/models` lists",
        )
    }
}

const MODEL_NAME_BYTES_MAX: usize = 128;
const MODEL_NAME_SHOWN_MAX: usize = 100;

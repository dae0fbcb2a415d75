//! Front doors: the formats that callers speak. Bytes become a [`Call`]; an [`Answer`] or [`Event`]s become bytes.

pub mod chat;
pub mod completions;
pub mod embeddings;
pub mod messages;
pub mod models;
pub mod responses;

mod sampling;
mod usage;

use crate::answer::{Answer, Event};
use crate::call::{Block, Call, Door, Task};
use crate::fields::Rejected;
use crate::text::Text;

/// Request headers that belong to the wire format itself.
#[derive(Clone, Debug, Default)]
pub struct Headers<'a> {
    /// `anthropic-version`.
    pub anthropic_version: Option<&'a str>,
    /// Each value of `anthropic-beta`, split at commas and trimmed.
    pub anthropic_beta: Vec<&'a str>,
}

/// Reads the body of a request that came through `door`.
///
/// # Errors
/// [`Rejected`] names the place, the reason and the way out.
pub fn read(door: Door, body: &[u8], headers: &Headers<'_>) -> Result<Call, Rejected> {
    let value = crate::json::parse(body).map_err(|error| Rejected {
        code: "malformed_json",
        param: None,
        message: format!("the body is not acceptable JSON: {error}"),
        help: "send one UTF-8 JSON object without duplicate keys".to_owned(),
    })?;
    let mut call = match door {
        Door::ChatCompletions => chat::read(value),
        Door::Responses => responses::read(value),
        Door::Completions => completions::read(value),
        Door::Embeddings => embeddings::read(value),
        Door::Messages => messages::read(value, headers),
        Door::CountTokens => messages::read_count(value, headers),
    }?;
    if let Task::Generate(generate) | Task::CountTokens(generate) = &mut call.task {
        generate.turns.iter_mut().flat_map(|turn| &mut turn.content).for_each(Block::plain_arguments);
    }
    Ok(call)
}

/// What a front door must remember of a call to write its answer.
#[derive(Clone, Debug)]
pub struct Echo {
    /// The door it came through.
    pub door: Door,
    /// The alias that was asked for; answers name it as their model.
    pub model: String,
    /// Our record id; answers use it as their id (`chatcmpl-…`, `msg_…`, `resp_…`).
    pub record: String,
    /// Unix seconds to use where the upstream gave none.
    pub now: u64,
    /// Whether a streamed answer ends with usage (chat completions, completions).
    pub stream_usage: bool,
    /// Whether vectors are written as base64.
    pub base64: bool,
    /// What the Responses format repeats of its request.
    pub responses: Option<Box<responses::Repeated>>,
}

impl Echo {
    /// Remembers `call`, whose record is `record`, at `now` (Unix seconds).
    pub fn of(call: &Call, record: &str, now: u64) -> Self {
        let (stream_usage, base64) = match &call.task {
            Task::Generate(generate) | Task::CountTokens(generate) => (generate.stream_usage, false),
            Task::Complete(complete) => (complete.stream_usage, false),
            Task::Embed(embed) => (false, embed.base64),
        };
        let responses = (call.door == Door::Responses).then(|| Box::new(responses::Repeated::of(call)));
        Self {
            door: call.door,
            model: call.model.clone(),
            record: record.to_owned(),
            now,
            stream_usage,
            base64,
            responses,
        }
    }
}

/// Writes a whole answer in the caller's format.
///
/// # Errors
/// The name of something in the answer that this format cannot say.
pub fn write(echo: &Echo, answer: &Answer) -> Result<Vec<u8>, Unwritable> {
    match echo.door {
        Door::ChatCompletions => chat::write(echo, answer),
        Door::Responses => responses::write(echo, answer),
        Door::Completions => completions::write(echo, answer),
        Door::Embeddings => embeddings::write(echo, answer),
        Door::Messages => messages::write(echo, answer),
        Door::CountTokens => messages::write_count(answer),
    }
}

/// An answer that the caller's format cannot say; a fault, because the call was accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer holds {0}, which the caller's format cannot say")]
pub struct Unwritable(pub String);

/// Writes a streamed answer, one event at a time, as server-sent events.
#[derive(Debug)]
pub enum Encoder {
    /// OpenAI chat completions.
    Chat(chat::Encoder),
    /// OpenAI Responses.
    Responses(Box<responses::Encoder>),
    /// OpenAI completions.
    Completions(completions::Encoder),
    /// Anthropic messages.
    Messages(messages::Encoder),
}

impl Encoder {
    /// An encoder for the answer to the call that `echo` remembers; `None` where the format has no streams.
    pub fn new(echo: &Echo) -> Option<Self> {
        match echo.door {
            Door::ChatCompletions => Some(Self::Chat(chat::Encoder::new(echo))),
            Door::Responses => Some(Self::Responses(Box::new(responses::Encoder::new(echo)))),
            Door::Completions => Some(Self::Completions(completions::Encoder::new(echo))),
            Door::Messages => Some(Self::Messages(messages::Encoder::new(echo))),
            Door::Embeddings | Door::CountTokens => None,
        }
    }

    /// Appends the bytes of `event` to `out`, which may be none. [`Event::End`] writes the terminal event.
    ///
    /// # Errors
    /// Something in the event that the format cannot say.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match self {
            Self::Chat(encoder) => encoder.event(event, out),
            Self::Responses(encoder) => encoder.event(event, out),
            Self::Completions(encoder) => encoder.event(event, out),
            Self::Messages(encoder) => encoder.event(event, out),
        }
    }

    /// Appends the format's own error event, after which the stream is closed.
    pub fn error(&mut self, error: &ErrorBody, out: &mut Vec<u8>) {
        match self {
            Self::Chat(encoder) => encoder.error(error, out),
            Self::Responses(encoder) => encoder.error(error, out),
            Self::Completions(encoder) => encoder.error(error, out),
            Self::Messages(encoder) => encoder.error(error, out),
        }
    }

    /// Bytes that keep an idle connection open and that every client ignores (an SSE comment; Anthropic `ping`).
    pub fn keepalive(&self) -> &'static [u8] {
        match self {
            Self::Chat(_) | Self::Responses(_) | Self::Completions(_) => b": keepalive\n\n",
            Self::Messages(_) => b"event: ping\ndata: {\"type\":\"ping\"}\n\n",
        }
    }
}

/// A refusal or a fault, to be told in a front door's native error format.
#[derive(Clone, Debug)]
pub struct ErrorBody {
    /// HTTP status.
    pub status: u16,
    /// Our stable code, for example `no_permitted_destination`.
    pub code: String,
    /// The place in the request, where there is one.
    pub param: Option<String>,
    /// One plain sentence of why.
    pub message: Text,
    /// One plain sentence of what to do.
    pub help: Text,
    /// The record id, where there is one.
    pub record: Option<String>,
}

/// Writes an error in the native format of `door`.
pub fn error(door: Door, error: &ErrorBody) -> Vec<u8> {
    match door {
        Door::ChatCompletions | Door::Responses | Door::Completions | Door::Embeddings => chat::error(error),
        Door::Messages | Door::CountTokens => messages::error(error),
    }
}

//! Dialects: the formats that destinations speak. A [`Call`] becomes a request; bytes become an [`Answer`] or [`Event`]s.
//!
//! What a dialect cannot say is refused by name, never dropped in silence.

pub mod anthropic;
pub mod openai_chat;
pub mod openai_responses;

mod plain;
mod unmodelled;

use self::plain::PlainArguments;
use crate::answer::{Answer, Event, UpstreamError};
use crate::call::{Block, Call};

/// A format that a destination speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI chat completions, completions and embeddings: OpenAI, vLLM, llama.cpp, Ollama, TGI, SGLang, the embedded model.
    OpenAiChat,
    /// OpenAI Responses (with completions and embeddings as above).
    OpenAiResponses,
    /// Anthropic messages and count_tokens.
    Anthropic,
}

/// What of a destination its dialect must know.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The model's name there.
    pub model: String,
    /// Whether unmodelled fields may be sent as they came (policy said so).
    pub unmodelled: bool,
    /// Whether the upstream is OpenAI's own service rather than an engine that speaks its format: it names the token limit
    /// `max_completion_tokens` and takes `store`; others get `max_tokens` and no field that they may not know.
    pub openai_service: bool,
    /// Tokens to ask for where the dialect requires a limit and the call gives none.
    pub max_output_tokens_default: u64,
}

/// A request to a destination, before credentials are attached.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The path below the endpoint, for example `/chat/completions`.
    pub path: &'static str,
    /// Headers of the format itself, for example `anthropic-version`.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({}, {} bytes)", self.path, self.body.len())
    }
}

/// Something that the destination's format cannot say. The call may go to another destination.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be said in this destination's format")]
pub struct Unsayable {
    /// What, by its name in the caller's words, for example `logit_bias`.
    pub what: String,
}

/// Bytes of an upstream that are not an answer in its format; the upstream's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the upstream's answer is not in its format: {0}")]
pub struct Garbled(pub String);

impl Dialect {
    /// Writes `call` for `target`.
    ///
    /// # Errors
    /// The first thing that this format cannot say.
    pub fn write(self, call: &Call, target: &Target) -> Result<Request, Unsayable> {
        match self {
            Self::OpenAiChat => openai_chat::write(call, target),
            Self::OpenAiResponses => openai_responses::write(call, target),
            Self::Anthropic => anthropic::write(call, target),
        }
    }

    /// Reads a whole answer to `call` (status 200).
    ///
    /// # Errors
    /// [`Garbled`] when it is not one. A 200 whose body is an error is [`Whole::Failed`].
    pub fn read(self, call: &Call, body: &[u8]) -> Result<Whole, Garbled> {
        let mut whole = match self {
            Self::OpenAiChat => openai_chat::read_answer(call, body),
            Self::OpenAiResponses => openai_responses::read_answer(call, body),
            Self::Anthropic => anthropic::read_answer(call, body),
        }?;
        if let Whole::Answer(Answer::Generated(generated)) = &mut whole {
            generated.choices.iter_mut().flat_map(|choice| &mut choice.content).for_each(Block::plain_arguments);
        }
        Ok(whole)
    }

    /// Reads the body of an answer whose status is not 200; never fails, an unreadable body gives an empty message.
    pub fn read_error(self, status: u16, body: &[u8]) -> UpstreamError {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses => openai_chat::read_error(status, body),
            Self::Anthropic => anthropic::read_error(status, body),
        }
    }

    /// A decoder for the stream that answers `call`.
    pub fn decoder(self, call: &Call) -> Decoder {
        let format = match self {
            Self::OpenAiChat => Format::OpenAiChat(Box::new(openai_chat::Decoder::new(call))),
            Self::OpenAiResponses => Format::OpenAiResponses(Box::new(openai_responses::Decoder::new(call))),
            Self::Anthropic => Format::Anthropic(Box::new(anthropic::Decoder::new(call))),
        };
        Decoder { format, arguments: PlainArguments::default() }
    }
}

/// What a status of 200 brought.
#[derive(Clone, Debug, PartialEq)]
pub enum Whole {
    /// An answer.
    Answer(Answer),
    /// An error in the body all the same.
    Failed(UpstreamError),
}

/// Reads a streamed answer. Any chunking of the same bytes gives the same events.
#[derive(Debug)]
pub struct Decoder {
    format: Format,
    arguments: PlainArguments,
}

#[derive(Debug)]
enum Format {
    OpenAiChat(Box<openai_chat::Decoder>),
    OpenAiResponses(Box<openai_responses::Decoder>),
    Anthropic(Box<anthropic::Decoder>),
}

impl Decoder {
    /// Takes the next bytes and appends the events that they complete.
    ///
    /// # Errors
    /// [`Garbled`]; the stream must be abandoned.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), Garbled> {
        let start = events.len();
        let read = match &mut self.format {
            Format::OpenAiChat(decoder) => decoder.push(bytes, events),
            Format::OpenAiResponses(decoder) => decoder.push(bytes, events),
            Format::Anthropic(decoder) => decoder.push(bytes, events),
        };
        self.arguments.pass(events, start);
        read
    }

    /// The upstream closed the stream.
    ///
    /// # Errors
    /// [`Garbled`] when it closed before its terminal event.
    pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let start = events.len();
        let ended = match &mut self.format {
            Format::OpenAiChat(decoder) => decoder.finish(events),
            Format::OpenAiResponses(decoder) => decoder.finish(events),
            Format::Anthropic(decoder) => decoder.finish(events),
        };
        self.arguments.pass(events, start);
        ended
    }
}

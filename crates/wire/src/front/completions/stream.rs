//! Writes a streamed answer as text completion chunks.

use serde::Serialize;

use super::answer::finish_reason;
use crate::answer::{Channel, Event, Opened, Usage};
use crate::front::chat::error_event;
use crate::front::usage::Written;
use crate::front::{Echo, ErrorBody, Unwritable};
use crate::json::Value;

/// Writes chunks.
#[derive(Debug)]
pub struct Encoder {
    id: String,
    model: String,
    created: u64,
    with_usage: bool,
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: &'a [Choice<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Written>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    text: &'a str,
    index: u32,
    logprobs: Option<&'a Value>,
    finish_reason: Option<&'static str>,
}

impl Encoder {
    /// An encoder for the answer to the call that `echo` remembers.
    pub fn new(echo: &Echo) -> Self {
        Self {
            id: format!("cmpl-{}", echo.record),
            model: echo.model.clone(),
            created: echo.now,
            with_usage: echo.stream_usage,
            usage: None,
        }
    }

    /// Appends the bytes of `event`.
    ///
    /// # Errors
    /// Something in the event that the format cannot say.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match event {
            Event::Start { created, usage, .. } => {
                self.usage = *usage;
                if *created != 0 {
                    self.created = *created;
                }
                Ok(())
            }
            Event::Open { kind: Opened::Text, .. } | Event::Close { .. } => Ok(()),
            Event::Delta { choice, channel: Channel::Text, text, logprobs, .. } => self.chunk(
                &[Choice { text, index: *choice, logprobs: logprobs.as_ref(), finish_reason: None }],
                None,
                out,
            ),
            Event::Open { .. } | Event::Delta { .. } | Event::Seal { .. } => {
                Err(Unwritable("more than text".to_owned()))
            }
            Event::Annotate { .. } => Err(Unwritable("a citation".to_owned())),
            Event::Stop { choice, stop } => {
                let finish_reason = Some(finish_reason(stop)?);
                self.chunk(&[Choice { text: "", index: *choice, logprobs: None, finish_reason }], None, out)
            }
            Event::Usage(usage) => {
                self.usage = Some(*usage);
                Ok(())
            }
            Event::Failed(_) => Err(Unwritable("a failure of the upstream".to_owned())),
            Event::End => {
                if self.with_usage {
                    self.chunk(&[], Some(self.usage.map(Written::from)), out)?;
                }
                crate::sse::write("", b"[DONE]", out);
                Ok(())
            }
        }
    }

    /// Appends the error as an event, after which the stream is closed without `[DONE]`.
    pub fn error(&mut self, error: &ErrorBody, out: &mut Vec<u8>) {
        error_event(error, out);
    }

    fn chunk(
        &self,
        choices: &[Choice<'_>],
        usage: Option<Option<Written>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        let (object, created) = ("text_completion", self.created);
        let chunk = Chunk { id: &self.id, object, created, model: &self.model, choices, usage };
        out.extend_from_slice(b"data: ");
        serde_json::to_writer(&mut *out, &chunk).map_err(|_| Unwritable("something that is not JSON".to_owned()))?;
        out.extend_from_slice(b"\n\n");
        Ok(())
    }
}

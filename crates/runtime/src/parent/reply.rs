//! One answer of the model, taken chunk by chunk; dropping it cancels what is not yet generated.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, timeout_at};

use super::link::{Event, Link};
use crate::fault::Fault;

/// An answer in OpenAI's format: one JSON document, or server-sent events when [`Reply::streaming`].
#[must_use]
pub struct Reply {
    /// The HTTP status an OpenAI-compatible server would have given.
    pub status: u16,
    /// Whether the body is a stream of server-sent events.
    pub streaming: bool,
    body: Body,
}

enum Body {
    /// Said by the parent itself.
    Own(Option<Bytes>),
    /// On its way from the child.
    Child(Open),
}

/// The reader's end of one call.
pub(super) struct Open {
    pub(super) link: Arc<Link>,
    pub(super) call: u32,
    pub(super) events: mpsc::Receiver<Event>,
    pub(super) deadline: Instant,
    pub(super) seconds_max: u64,
    /// Given back when the reader is done, so that the next call may generate.
    pub(super) _turn: OwnedSemaphorePermit,
    pub(super) over: bool,
}

impl Reply {
    pub(super) fn from_child(status: u16, streaming: bool, open: Open) -> Reply {
        Reply { status, streaming, body: Body::Child(open) }
    }

    /// An OpenAI error that the parent gives without asking the child.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Reply {
        let kind = if status == 429 { "rate_limit_error" } else { "invalid_request_error" };
        let body = serde_json::json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
        Reply { status, streaming: false, body: Body::Own(Some(body.to_string().into())) }
    }

    /// The next bytes of the body; `None` at its end. After a [`Fault`] nothing more comes.
    pub async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        match &mut self.body {
            Body::Own(bytes) => bytes.take().map(Ok),
            Body::Child(open) => match open.next().await {
                Ok(Some(Event::Body(bytes))) => Some(Ok(bytes)),
                Ok(Some(_)) => Some(Err(Fault::Broke)),
                Ok(None) => None,
                Err(fault) => Some(Err(fault)),
            },
        }
    }
}

impl Open {
    /// The next event before the deadline; `None` after a proper end.
    pub(super) async fn next(&mut self) -> Result<Option<Event>, Fault> {
        if self.over {
            return Ok(None);
        }
        let event = timeout_at(self.deadline, self.events.recv()).await;
        match event {
            Ok(Some(Event::Body(bytes))) => {
                self.link.credit(self.call);
                Ok(Some(Event::Body(bytes)))
            }
            Ok(Some(event @ Event::Head { .. })) => Ok(Some(event)),
            Ok(Some(Event::End)) => {
                self.over = true;
                Ok(None)
            }
            Ok(Some(Event::Broke)) => {
                self.over = true;
                Err(Fault::Broke)
            }
            // The link dropped the sender: the deadline passed while nobody read, or the child is gone.
            Ok(None) if Instant::now() < self.deadline => {
                self.over = true;
                Err(Fault::Died)
            }
            Ok(None) | Err(_) => {
                self.over = true;
                self.link.cancel(self.call);
                Err(Fault::TimedOut(self.seconds_max))
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.over {
            self.link.cancel(self.call);
        }
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("streaming", &self.streaming)
            .finish_non_exhaustive()
    }
}

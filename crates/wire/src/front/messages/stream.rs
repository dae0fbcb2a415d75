//! Writes a streamed answer as Anthropic's events.
//!
//! The format has one open block at a time. Another upstream may interleave: text that another block interrupts goes on
//! in a new block; what arrives for a block while a tool call is open waits until that call is whole.

use crate::answer::{Channel, Event, Opened, Stop, Usage};
use crate::front::messages::shapes::{Added, Begun, Empty, Ended, Started, Tokens, Wire};
use crate::front::messages::write::{cannot, error, is_citation, message_id, stop};
use crate::front::{Echo, ErrorBody, Unwritable};
use crate::json::Value;
use crate::text::Text;

/// The most blocks that an upstream may hold open at once.
const OPEN_MAX: usize = 256;

/// The most bytes that wait for a tool call to end.
const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Writes one streamed answer.
#[derive(Debug)]
pub struct Encoder {
    id: String,
    model: String,
    started: bool,
    ended: bool,
    refused: bool,
    usage: Usage,
    stop: Option<Stop>,
    /// Blocks that were opened and not closed, in order.
    open: Vec<Slot>,
    /// Which of them stands open on the wire.
    live: Option<u32>,
    /// The index of the next block on the wire.
    next: u32,
    /// Bytes that were made to wait so far.
    waited: usize,
}

/// A block that the upstream opened.
#[derive(Debug)]
struct Slot {
    block: u32,
    kind: Opened,
    /// Whether it was ever written.
    begun: bool,
    /// Whether the upstream closed it while it waited.
    closed: bool,
    /// What waits to be written.
    waiting: Vec<Piece>,
    /// Sealed reasoning, which the format says in one piece.
    sealed: Option<String>,
}

#[derive(Debug)]
enum Piece {
    Delta(Channel, Text),
    Signature(Text),
    Sealed(Text),
    Citation(Value),
}

impl Piece {
    fn bytes(&self) -> usize {
        match self {
            Self::Delta(_, text) | Self::Signature(text) | Self::Sealed(text) => text.len(),
            Self::Citation(citation) => citation.to_text().len(),
        }
    }
}

impl Encoder {
    /// An encoder for the answer to the call that `echo` remembers.
    pub fn new(echo: &Echo) -> Self {
        Self {
            id: message_id(echo),
            model: echo.model.clone(),
            started: false,
            ended: false,
            refused: false,
            usage: Usage::default(),
            stop: None,
            open: Vec::new(),
            live: None,
            next: 0,
            waited: 0,
        }
    }

    /// Appends the bytes of `event` to `out`.
    ///
    /// # Errors
    /// [`Unwritable`] names what the format cannot say: a second answer, a free-form tool call, foreign annotations.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match event {
            Event::Start { usage, .. } => self.start(usage.as_ref(), out),
            Event::Failed(_) => {
                self.failed(out);
                Ok(())
            }
            _ if !self.started => Err(cannot("an event before its start")),
            _ if self.ended => Err(cannot("an event after its end")),
            Event::Open { choice, block, kind } => {
                one_choice(*choice)?;
                self.open(*block, kind, out)
            }
            Event::Delta { choice, block, channel, text, .. } => {
                one_choice(*choice)?;
                if text.is_empty() { Ok(()) } else { self.piece(*block, Piece::Delta(*channel, text.clone()), out) }
            }
            Event::Seal { choice, block, sealed, text } => {
                one_choice(*choice)?;
                let piece = if *sealed { Piece::Sealed(text.clone()) } else { Piece::Signature(text.clone()) };
                self.piece(*block, piece, out)
            }
            Event::Annotate { choice, block, value } => {
                one_choice(*choice)?;
                if !is_citation(value) {
                    return Err(cannot("annotations of another format"));
                }
                self.piece(*block, Piece::Citation(value.clone()), out)
            }
            Event::Close { choice, block } => {
                one_choice(*choice)?;
                self.close(*block, out)
            }
            Event::Stop { choice, stop } => {
                one_choice(*choice)?;
                self.stop = Some(stop.clone());
                Ok(())
            }
            Event::Usage(usage) => {
                self.usage = *usage;
                Ok(())
            }
            Event::End => self.end(out),
        }
    }

    /// Appends the format's error event, unless the stream has its last event already.
    pub fn error(&mut self, complaint: &ErrorBody, out: &mut Vec<u8>) {
        if !self.ended {
            self.ended = true;
            crate::sse::write("error", &error(complaint), out);
        }
    }

    /// An upstream's own failure. What it said is not repeated: nobody screened it.
    fn failed(&mut self, out: &mut Vec<u8>) {
        let complaint = ErrorBody {
            status: 502,
            code: "upstream_failed".to_owned(),
            param: None,
            message: "the model's service failed in the middle of its answer".into(),
            help: "try again".into(),
            record: None,
        };
        self.error(&complaint, out);
    }

    fn start(&mut self, usage: Option<&Usage>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if self.started {
            return Err(cannot("a second start"));
        }
        self.started = true;
        self.usage = usage.copied().unwrap_or_default();
        let message = Started {
            id: &self.id,
            kind: "message",
            role: "assistant",
            model: &self.model,
            content: [],
            stop_reason: None,
            stop_sequence: None,
            usage: Tokens::of(&self.usage, None),
        };
        emit(&Wire::MessageStart { message }, out)
    }

    fn open(&mut self, block: u32, kind: &Opened, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match kind {
            Opened::ToolCall { custom: true, .. } => return Err(cannot("a free-form tool call")),
            Opened::Refusal => self.refused = true,
            Opened::Text | Opened::Reasoning { .. } | Opened::ToolCall { custom: false, .. } => {}
        }
        if self.open.len() >= OPEN_MAX {
            return Err(cannot("too many blocks at once"));
        }
        let slot = Slot { block, kind: kind.clone(), begun: false, closed: false, waiting: Vec::new(), sealed: None };
        self.open.push(slot);
        // Text and reasoning begin with their first piece, so that an empty block is never written.
        if matches!(kind, Opened::ToolCall { .. }) && !self.tool_is_live() {
            self.turn_to(block, out)?;
        }
        Ok(())
    }

    fn piece(&mut self, block: u32, piece: Piece, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let waits = self.live != Some(block) && self.tool_is_live();
        if waits || matches!(piece, Piece::Sealed(_)) {
            self.waited = self.waited.saturating_add(piece.bytes());
            if self.waited > WAITING_BYTES_MAX {
                return Err(cannot("more than can be put in order"));
            }
        }
        let slot = self.slot(block)?;
        match piece {
            Piece::Sealed(text) => slot.sealed.get_or_insert_default().push_str(&text),
            piece if waits => slot.waiting.push(piece),
            piece => {
                self.turn_to(block, out)?;
                self.say(&piece, out)?;
            }
        }
        Ok(())
    }

    fn close(&mut self, block: u32, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let waits = self.live != Some(block) && self.tool_is_live();
        let slot = self.slot(block)?;
        if waits {
            slot.closed = true;
            return Ok(());
        }
        self.finish(block, out)?;
        self.drain(out)
    }

    /// Ends `block`, which need not be live.
    fn finish(&mut self, block: u32, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let slot = self.slot(block)?;
        let unsaid_tool = !slot.begun && matches!(slot.kind, Opened::ToolCall { .. });
        let sealed = slot.sealed.take();
        if unsaid_tool {
            self.turn_to(block, out)?;
        }
        if self.live == Some(block) {
            self.rest(out)?;
        }
        if let Some(data) = sealed {
            self.rest(out)?;
            emit(
                &Wire::ContentBlockStart { index: self.next, content_block: Begun::RedactedThinking { data: &data } },
                out,
            )?;
            self.live = Some(block);
            self.rest(out)?;
        }
        self.open.retain(|slot| slot.block != block);
        Ok(())
    }

    /// Writes what waited, in order, until a block is met that is still open.
    fn drain(&mut self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        while self.live.is_none() {
            let Some(slot) =
                self.open.iter_mut().find(|slot| slot.closed || !slot.waiting.is_empty() || is_new_tool(slot))
            else {
                break;
            };
            let (block, closed, waiting) = (slot.block, slot.closed, std::mem::take(&mut slot.waiting));
            if !waiting.is_empty() || is_new_tool(slot) {
                self.turn_to(block, out)?;
            }
            for piece in &waiting {
                self.say(piece, out)?;
            }
            if closed {
                self.finish(block, out)?;
            } else if !self.tool_is_live() {
                // Something else may still wait; this one goes on in a new block when more of it comes.
                self.rest(out)?;
            }
        }
        Ok(())
    }

    /// Makes `block` the one that stands open on the wire.
    fn turn_to(&mut self, block: u32, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if self.live == Some(block) {
            return Ok(());
        }
        self.rest(out)?;
        let index = self.next;
        let slot = self.slot(block)?;
        slot.begun = true;
        let content_block = match &slot.kind {
            Opened::Text | Opened::Refusal => Begun::Text { text: "" },
            Opened::Reasoning { .. } => Begun::Thinking { thinking: "", signature: "" },
            Opened::ToolCall { id, name, .. } => Begun::ToolUse { id, name, input: Empty {} },
        };
        emit(&Wire::ContentBlockStart { index, content_block }, out)?;
        self.live = Some(block);
        Ok(())
    }

    /// Ends the block that stands open on the wire.
    fn rest(&mut self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if self.live.take().is_some() {
            emit(&Wire::ContentBlockStop { index: self.next }, out)?;
            self.next += 1;
        }
        Ok(())
    }

    /// Writes `piece` into the live block.
    fn say(&self, piece: &Piece, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let delta = match piece {
            Piece::Delta(Channel::Text | Channel::Refusal, text) => Added::Text { text },
            Piece::Delta(Channel::Reasoning | Channel::Summary, text) => Added::Thinking { thinking: text },
            Piece::Delta(Channel::Arguments, text) => Added::InputJson { partial_json: text },
            Piece::Signature(text) | Piece::Sealed(text) => Added::Signature { signature: text },
            Piece::Citation(citation) => Added::Citations { citation },
        };
        emit(&Wire::ContentBlockDelta { index: self.next, delta }, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let blocks: Vec<u32> = self.open.iter().map(|slot| slot.block).collect();
        for block in blocks {
            if self.open.iter().any(|slot| slot.block == block) {
                self.close(block, out)?;
            }
        }
        self.drain(out)?;
        self.ended = true;
        let (stop_reason, stop_sequence) = stop(self.stop.as_ref(), self.refused);
        let usage = Tokens::of(&self.usage, None);
        emit(&Wire::MessageDelta { delta: Ended { stop_reason, stop_sequence }, usage }, out)?;
        emit(&Wire::MessageStop, out)
    }

    fn tool_is_live(&self) -> bool {
        let live = self.open.iter().find(|slot| Some(slot.block) == self.live);
        live.is_some_and(|slot| matches!(slot.kind, Opened::ToolCall { .. }))
    }

    fn slot(&mut self, block: u32) -> Result<&mut Slot, Unwritable> {
        self.open
            .iter_mut()
            .find(|slot| slot.block == block)
            .ok_or_else(|| cannot("a piece of a block that is not open"))
    }
}

fn is_new_tool(slot: &Slot) -> bool {
    !slot.begun && matches!(slot.kind, Opened::ToolCall { .. })
}

fn one_choice(choice: u32) -> Result<(), Unwritable> {
    if choice == 0 { Ok(()) } else { Err(cannot("several answers")) }
}

fn emit(event: &Wire<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(event.name().as_bytes());
    out.extend_from_slice(b"\ndata: ");
    serde_json::to_writer(&mut *out, event).map_err(|_| cannot("something that JSON cannot hold"))?;
    out.extend_from_slice(b"\n\n");
    Ok(())
}

#[cfg(test)]
mod tests;

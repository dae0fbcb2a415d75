//! Writes a streamed answer as the events of the Responses format.
//!
//! An item is begun when its first block opens. Words join the message before them and reasoning joins the item of the
//! same id, so that an item is finished only when something else begins or the answer stops; and then it is known whether
//! the last one was cut off.

mod begun;
mod event;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use begun::{Begun, Place, misplaced, nowhere};
use event::{OfError, Sequence};

use super::SIGNATURE_PREFIX;
use super::item::{self, Item, Part};
use super::repeat::Repeated;
use super::write::{Failure, Response, Tokens, ending};
use crate::answer::{Event, Opened, Stop, Usage};
use crate::front::{Echo, ErrorBody, Unwritable};
use crate::text::Text;

/// Writes events. It keeps what it wrote, because the last event repeats the whole answer.
#[derive(Debug)]
pub struct Encoder {
    id: String,
    record: String,
    model: String,
    created: u64,
    repeated: Repeated,
    sequence: Sequence,
    items: Vec<Begun>,
    blocks: Vec<Open>,
    stop: Option<Stop>,
    usage: Option<Usage>,
}

/// A block that is open, and where its text goes.
#[derive(Debug)]
struct Open {
    block: u32,
    item: usize,
    place: Place,
}

impl Encoder {
    /// An encoder for the answer to the call that `echo` remembers.
    pub fn new(echo: &Echo) -> Self {
        Self {
            id: format!("resp_{}", echo.record),
            record: echo.record.clone(),
            model: echo.model.clone(),
            created: echo.now,
            repeated: echo.responses.as_ref().map_or_else(Repeated::nothing, |repeated| repeated.as_ref().clone()),
            sequence: Sequence::default(),
            items: Vec::new(),
            blocks: Vec::new(),
            stop: None,
            usage: None,
        }
    }

    /// Appends the bytes of `event`.
    ///
    /// # Errors
    /// Something in the event that the format cannot say.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match event {
            Event::Start { created, usage, .. } => self.start(*created, *usage, out),
            Event::Open { choice: 0, block, kind } => self.open(*block, kind, out),
            Event::Delta { choice: 0, block, channel, text, logprobs } => {
                let Self { blocks, items, sequence, .. } = self;
                let open = blocks.iter_mut().rev().find(|open| open.block == *block).ok_or_else(nowhere)?;
                let begun = items.get_mut(open.item).ok_or_else(nowhere)?;
                begun.tell(&mut open.place, *channel, text, logprobs.as_ref(), sequence, out)
            }
            Event::Seal { choice: 0, block, sealed, text } => self.seal(*block, *sealed, text),
            Event::Annotate { choice: 0, block, value } => {
                let value = item::annotation(value)?;
                let open = self.blocks.iter().rev().find(|open| open.block == *block).ok_or_else(nowhere)?;
                let begun = self.items.get_mut(open.item).ok_or_else(nowhere)?;
                begun.annotate(open.place, value, &mut self.sequence, out)
            }
            Event::Close { choice: 0, block } => self.close(*block, out),
            Event::Stop { choice: 0, stop } => self.stop(stop, out),
            Event::Open { .. }
            | Event::Delta { .. }
            | Event::Seal { .. }
            | Event::Annotate { .. }
            | Event::Close { .. }
            | Event::Stop { .. } => Err(Unwritable("more than one answer".to_owned())),
            Event::Usage(usage) => {
                self.usage = Some(*usage);
                Ok(())
            }
            Event::Failed(_) => Err(Unwritable("a failure of the upstream".to_owned())),
            Event::End => self.end(out),
        }
    }

    /// Appends the error as two events, after which the stream is closed: `error`, by which the official clients raise
    /// an exception, and `response.failed`, by which agents know that there is nothing to wait for.
    pub fn error(&mut self, error: &ErrorBody, out: &mut Vec<u8>) {
        // What can't be written leaves the stream without its last event, which clients take for a failure too.
        let _unwritten = self.fail(error, out);
    }

    fn start(&mut self, created: u64, usage: Option<Usage>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if created != 0 {
            self.created = created;
        }
        self.usage = usage;
        self.write_response("response.created", "in_progress", out)?;
        self.write_response("response.in_progress", "in_progress", out)
    }

    fn open(&mut self, block: u32, kind: &Opened, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let (item, place) = match kind {
            Opened::Text => self.open_part(Part::text(), out)?,
            Opened::Refusal => self.open_part(Part::refusal(), out)?,
            Opened::Reasoning { id } => {
                let same =
                    |begun: &Begun| matches!(begun.item, Item::Reasoning { .. }) && Some(&begun.id) == id.as_ref();
                let item = match self.joinable(same) {
                    Some(item) => item,
                    None => {
                        let item = Item::Reasoning { summary: Vec::new(), content: Vec::new(), sealed: None };
                        self.begin(item, id.clone(), out)?
                    }
                };
                (item, Place::Reasoning { summary: None, content: None })
            }
            Opened::ToolCall { id, name, custom } => {
                let (call_id, name) = (Cow::Owned(id.clone()), Cow::Owned(name.0.clone()));
                let item = if *custom {
                    Item::CustomToolCall { call_id, name, input: Cow::Borrowed("") }
                } else {
                    Item::FunctionCall { call_id, name, arguments: Cow::Borrowed("") }
                };
                (self.begin(item, None, out)?, Place::Call)
            }
        };
        self.blocks.push(Open { block, item, place });
        self.items.get_mut(item).ok_or_else(nowhere)?.open += 1;
        Ok(())
    }

    /// The last item, if something may still join it and it `fits`.
    fn joinable(&self, fits: impl Fn(&Begun) -> bool) -> Option<usize> {
        let last = self.items.last().filter(|begun| !begun.left && fits(begun));
        last.and(self.items.len().checked_sub(1))
    }

    fn open_part(&mut self, part: Part<'static>, out: &mut Vec<u8>) -> Result<(usize, Place), Unwritable> {
        let item = match self.joinable(|begun| matches!(begun.item, Item::Message { .. })) {
            Some(item) => item,
            None => self.begin(Item::Message { parts: Vec::new() }, None, out)?,
        };
        let begun = self.items.get_mut(item).ok_or_else(nowhere)?;
        Ok((item, begun.part(part, &mut self.sequence, out)?))
    }

    /// Begins an item, after leaving all before it.
    fn begin(&mut self, item: Item<'static>, id: Option<String>, out: &mut Vec<u8>) -> Result<usize, Unwritable> {
        self.leave("completed", out)?;
        let output_index = self.items.len();
        let id = id.unwrap_or_else(|| item.id(&self.record, output_index));
        self.items.push(Begun::new(id, item, output_index, &mut self.sequence, out)?);
        Ok(output_index)
    }

    /// Lets nothing more join what was begun, and finishes what has no open block.
    fn leave(&mut self, status: &'static str, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        for begun in &mut self.items {
            begun.left = true;
            if begun.open == 0 {
                begun.finish(status, &mut self.sequence, out)?;
            }
        }
        Ok(())
    }

    /// Sealed reasoning and signatures have no event of their own; they come with the finished item.
    fn seal(&mut self, block: u32, is_sealed: bool, text: &Text) -> Result<(), Unwritable> {
        let item = self.blocks.iter().rev().find(|open| open.block == block).ok_or_else(nowhere)?.item;
        let Some(Begun { item: Item::Reasoning { sealed, .. }, .. }) = self.items.get_mut(item) else {
            return Err(misplaced());
        };
        if text.is_empty() {
            return Ok(());
        }
        let begin = if is_sealed { "" } else { SIGNATURE_PREFIX };
        sealed.get_or_insert_with(|| Cow::Owned(begin.to_owned())).to_mut().push_str(text);
        Ok(())
    }

    fn close(&mut self, block: u32, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let at = self.blocks.iter().rposition(|open| open.block == block).ok_or_else(nowhere)?;
        let open = self.blocks.remove(at);
        let begun = self.items.get_mut(open.item).ok_or_else(nowhere)?;
        begun.close(open.place, &mut self.sequence, out)?;
        begun.open = begun.open.saturating_sub(1);
        if begun.open == 0 && begun.left {
            begun.finish("completed", &mut self.sequence, out)?;
        }
        Ok(())
    }

    /// The answer stops: what is still open is closed, and unfinished items end as the answer does.
    fn stop(&mut self, stop: &Stop, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let (status, _) = ending(stop)?;
        for open in std::mem::take(&mut self.blocks) {
            let begun = self.items.get_mut(open.item).ok_or_else(nowhere)?;
            begun.close(open.place, &mut self.sequence, out)?;
            begun.open = begun.open.saturating_sub(1);
        }
        self.stop = Some(stop.clone());
        self.leave(status, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let Some(stop) = &self.stop else { return Err(Unwritable("an answer that did not stop".to_owned())) };
        let (status, details) = ending(stop)?;
        let kind = if details.is_some() { "response.incomplete" } else { "response.completed" };
        self.write_response(kind, status, out)
    }

    fn fail(&mut self, error: &ErrorBody, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let object = crate::front::chat::error_object(error);
        let message = object.message.clone();
        let event = OfError { code: &error.code, message: &message, param: error.param.as_deref(), error: object };
        self.sequence.emit("error", &event, out)?;
        let mut response = Response::new(&self.id, &self.model, self.created);
        response.status = "failed";
        response.error = Some(Failure { code: failure_code(error.status), message: &message });
        let mut body = Vec::new();
        response.append(&self.repeated, &mut body)?;
        self.sequence.emit_response("response.failed", &body, out);
        Ok(())
    }

    fn write_response(
        &mut self,
        kind: &'static str,
        status: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        let mut response = Response::new(&self.id, &self.model, self.created);
        response.status = status;
        if let Some(stop) = &self.stop {
            response.incomplete_details = ending(stop)?.1;
            response.usage = self.usage.map(Tokens::from);
            response.output = self.items.iter().map(Begun::written).collect();
        }
        let mut body = Vec::new();
        response.append(&self.repeated, &mut body)?;
        self.sequence.emit_response(kind, &body, out);
        Ok(())
    }
}

/// The format's closed list of codes has none of ours; `invalid_prompt` is the one that clients do not retry.
fn failure_code(status: u16) -> &'static str {
    match status {
        429 => "rate_limit_exceeded",
        400..=499 => "invalid_prompt",
        _ => "server_error",
    }
}

//! Writes a streamed answer as the events of the Responses format.
//!
//! An item is begun when its first block opens. Words join the message before them and reasoning joins the item of the
//! same id, so that such an item is finished only when something else begins or the answer stops.

use std::borrow::Cow;

use serde::Serialize;

use super::SIGNATURE_PREFIX;
use super::item::{self, Item, Part, ReasoningPart, Written};
use super::repeat::Repeated;
use super::write::{Failure, Response, Tokens, append, ending};
use crate::answer::{Channel, Event, Opened, Stop, Usage};
use crate::front::{Echo, ErrorBody, Unwritable};
use crate::json::Value;
use crate::text::Text;

/// Writes events. It keeps what it wrote, because the last event repeats the whole answer.
#[derive(Debug)]
pub struct Encoder {
    id: String,
    record: String,
    model: String,
    created: u64,
    repeated: Repeated,
    sequence: u64,
    items: Vec<Begun>,
    blocks: Vec<Open>,
    stop: Option<Stop>,
    usage: Option<Usage>,
}

/// An item that was begun.
#[derive(Debug)]
struct Begun {
    id: String,
    item: Item<'static>,
    /// Blocks of it that are open.
    open: usize,
    /// Whether something else was begun since, so that nothing joins it any more.
    left: bool,
    /// How it ended, once it did.
    status: Option<&'static str>,
}

/// A block that is open, and where its text goes.
#[derive(Debug)]
struct Open {
    block: u32,
    item: usize,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// A part of a message.
    Part(usize),
    /// Parts of reasoning, each begun by its first text.
    Reasoning { summary: Option<usize>, content: Option<usize> },
    /// A tool call.
    Call,
}

impl Begun {
    fn written(&self) -> Written<'_> {
        self.item.written(&self.id, self.status.unwrap_or("in_progress"))
    }
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
            sequence: 0,
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
            Event::Open { choice, block, kind } => self.open(only(*choice)?, *block, kind, out),
            Event::Delta { choice, block, channel, text, logprobs } => {
                self.delta(only(*choice)?, *block, *channel, text, logprobs.as_ref(), out)
            }
            Event::Seal { choice, block, sealed, text } => self.seal(only(*choice)?, *block, *sealed, text),
            Event::Annotate { choice, block, value } => self.annotate(only(*choice)?, *block, value, out),
            Event::Close { choice, block } => self.close(only(*choice)?, *block, out),
            Event::Stop { choice, stop } => self.stop(only(*choice)?, stop, out),
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
        let _unwritten = self.failed(error, out);
    }

    fn start(&mut self, created: u64, usage: Option<Usage>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if created != 0 {
            self.created = created;
        }
        self.usage = usage;
        self.write_response("response.created", "in_progress", out)?;
        self.write_response("response.in_progress", "in_progress", out)
    }

    fn open(&mut self, (): (), block: u32, kind: &Opened, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let (item, place) = match kind {
            Opened::Text => self.open_part(Part::text(), out)?,
            Opened::Refusal => self.open_part(Part::refusal(), out)?,
            Opened::Reasoning { id } => {
                let item = match (id, self.joinable()) {
                    (Some(id), Some((at, begun)))
                        if matches!(begun.item, Item::Reasoning { .. }) && begun.id == *id =>
                    {
                        at
                    }
                    _ => {
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
        if let Some(begun) = self.items.get_mut(item) {
            begun.open += 1;
        }
        Ok(())
    }

    /// The last item, while something may still join it.
    fn joinable(&self) -> Option<(usize, &Begun)> {
        let at = self.items.len().checked_sub(1)?;
        self.items.get(at).filter(|begun| !begun.left).map(|begun| (at, begun))
    }

    fn open_part(&mut self, part: Part<'static>, out: &mut Vec<u8>) -> Result<(usize, Place), Unwritable> {
        let item = match self.joinable() {
            Some((at, begun)) if matches!(begun.item, Item::Message { .. }) => at,
            _ => self.begin(Item::Message { parts: Vec::new() }, None, out)?,
        };
        let begun = self.items.get_mut(item).ok_or_else(nowhere)?;
        let Item::Message { parts } = &mut begun.item else { return Err(nowhere()) };
        parts.push(part);
        let content_index = parts.len() - 1;
        let added = PartEvent { item_id: &begun.id, output_index: item, content_index, part: parts.last() };
        emit(&mut self.sequence, "response.content_part.added", &added, out)?;
        Ok((item, Place::Part(content_index)))
    }

    /// Begins an item, after leaving all before it.
    fn begin(&mut self, item: Item<'static>, id: Option<String>, out: &mut Vec<u8>) -> Result<usize, Unwritable> {
        self.leave("completed", out)?;
        let output_index = self.items.len();
        let id = id.unwrap_or_else(|| item.id(&self.record, output_index));
        let event = ItemEvent { output_index, item: item.written(&id, "in_progress") };
        emit(&mut self.sequence, "response.output_item.added", &event, out)?;
        self.items.push(Begun { id, item, open: 0, left: false, status: None });
        Ok(output_index)
    }

    /// Lets nothing more join what was begun, and finishes what has no open block.
    fn leave(&mut self, status: &'static str, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        for index in 0..self.items.len() {
            if let Some(begun) = self.items.get_mut(index) {
                begun.left = true;
                if begun.open == 0 {
                    self.finish(index, status, out)?;
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, index: usize, status: &'static str, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let Some(begun) = self.items.get_mut(index) else { return Err(nowhere()) };
        if begun.status.is_some() {
            return Ok(());
        }
        begun.status = Some(status);
        let event = ItemEvent { output_index: index, item: begun.item.written(&begun.id, status) };
        emit(&mut self.sequence, "response.output_item.done", &event, out)
    }

    fn delta(
        &mut self,
        (): (),
        block: u32,
        channel: Channel,
        text: &str,
        logprobs: Option<&Value>,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        let open = self.blocks.iter_mut().rev().find(|open| open.block == block).ok_or_else(nowhere)?;
        let output_index = open.item;
        let begun = self.items.get_mut(output_index).ok_or_else(nowhere)?;
        let (item_id, sequence) = (begun.id.as_str(), &mut self.sequence);
        match (&mut begun.item, &mut open.place, channel) {
            (Item::Message { parts }, Place::Part(at), Channel::Text | Channel::Refusal) => {
                let content_index = *at;
                let part = parts.get_mut(content_index).ok_or_else(nowhere)?;
                let event = |logprobs| TextDelta { item_id, output_index, content_index, delta: text, logprobs };
                match (part, channel) {
                    (Part::OutputText { text: whole, logprobs: all, .. }, Channel::Text) => {
                        let tokens = item::logprobs(logprobs);
                        whole.to_mut().push_str(text);
                        emit(sequence, "response.output_text.delta", &event(Some(&tokens)), out)?;
                        all.extend(tokens);
                        Ok(())
                    }
                    (Part::Refusal { refusal }, Channel::Refusal) => {
                        refusal.to_mut().push_str(text);
                        emit(sequence, "response.refusal.delta", &event(None), out)
                    }
                    _ => Err(misplaced()),
                }
            }
            (Item::Reasoning { summary, .. }, Place::Reasoning { summary: at, .. }, Channel::Summary) => {
                let summary_index = match *at {
                    Some(at) => at,
                    None => {
                        summary.push(Cow::Borrowed(""));
                        let summary_index = summary.len() - 1;
                        *at = Some(summary_index);
                        let part = ReasoningPart::summary("");
                        let event = SummaryPart { item_id, output_index, summary_index, part };
                        emit(sequence, "response.reasoning_summary_part.added", &event, out)?;
                        summary_index
                    }
                };
                summary.get_mut(summary_index).ok_or_else(nowhere)?.to_mut().push_str(text);
                let event = SummaryText { item_id, output_index, summary_index, delta: Some(text), text: None };
                emit(sequence, "response.reasoning_summary_text.delta", &event, out)
            }
            (Item::Reasoning { content, .. }, Place::Reasoning { content: at, .. }, Channel::Reasoning) => {
                let content_index = match *at {
                    Some(at) => at,
                    None => {
                        content.push(Cow::Borrowed(""));
                        let content_index = content.len() - 1;
                        *at = Some(content_index);
                        let part = Some(ReasoningPart::content(""));
                        let event = PartEvent { item_id, output_index, content_index, part };
                        emit(sequence, "response.content_part.added", &event, out)?;
                        content_index
                    }
                };
                content.get_mut(content_index).ok_or_else(nowhere)?.to_mut().push_str(text);
                let event = TextDelta { item_id, output_index, content_index, delta: text, logprobs: None };
                emit(sequence, "response.reasoning_text.delta", &event, out)
            }
            (Item::FunctionCall { arguments, .. }, Place::Call, Channel::Arguments) => {
                arguments.to_mut().push_str(text);
                let event = CallDelta { item_id, output_index, delta: text };
                emit(sequence, "response.function_call_arguments.delta", &event, out)
            }
            (Item::CustomToolCall { input, .. }, Place::Call, Channel::Arguments) => {
                input.to_mut().push_str(text);
                let event = CallDelta { item_id, output_index, delta: text };
                emit(sequence, "response.custom_tool_call_input.delta", &event, out)
            }
            _ => Err(misplaced()),
        }
    }

    /// Sealed reasoning and signatures have no event of their own; they come with the finished item.
    fn seal(&mut self, (): (), block: u32, is_sealed: bool, text: &Text) -> Result<(), Unwritable> {
        let item = self.blocks.iter().rev().find(|open| open.block == block).ok_or_else(nowhere)?.item;
        let Some(Begun { item: Item::Reasoning { sealed, .. }, .. }) = self.items.get_mut(item) else {
            return Err(misplaced());
        };
        let begin = if is_sealed { "" } else { SIGNATURE_PREFIX };
        sealed.get_or_insert_with(|| Cow::Owned(begin.to_owned())).to_mut().push_str(text);
        Ok(())
    }

    fn annotate(&mut self, (): (), block: u32, value: &Value, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let value = item::annotation(value)?;
        let open = self.blocks.iter().rev().find(|open| open.block == block).ok_or_else(nowhere)?;
        let (output_index, Place::Part(content_index)) = (open.item, open.place) else { return Err(misplaced()) };
        let begun = self.items.get_mut(output_index).ok_or_else(nowhere)?;
        let Item::Message { parts } = &mut begun.item else { return Err(misplaced()) };
        let Some(Part::OutputText { annotations, .. }) = parts.get_mut(content_index) else { return Err(misplaced()) };
        let event = Annotation {
            item_id: &begun.id,
            output_index,
            content_index,
            annotation_index: annotations.len(),
            annotation: &value,
        };
        emit(&mut self.sequence, "response.output_text.annotation.added", &event, out)?;
        annotations.push(value);
        Ok(())
    }

    fn close(&mut self, (): (), block: u32, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let at = self.blocks.iter().rposition(|open| open.block == block).ok_or_else(nowhere)?;
        let open = self.blocks.swap_remove(at);
        self.close_place(&open, out)?;
        let Some(begun) = self.items.get_mut(open.item) else { return Err(nowhere()) };
        begun.open = begun.open.saturating_sub(1);
        if begun.open == 0 && (begun.left || matches!(open.place, Place::Call)) {
            self.finish(open.item, "completed", out)?;
        }
        Ok(())
    }

    fn close_place(&mut self, open: &Open, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let output_index = open.item;
        let begun = self.items.get(output_index).ok_or_else(nowhere)?;
        let (item_id, sequence) = (begun.id.as_str(), &mut self.sequence);
        match (&begun.item, open.place) {
            (Item::Message { parts }, Place::Part(content_index)) => {
                let part = parts.get(content_index).ok_or_else(nowhere)?;
                let done = TextDone { item_id, output_index, content_index, text: None, refusal: None, logprobs: None };
                match part {
                    Part::OutputText { text, logprobs, .. } => {
                        let done = TextDone { text: Some(text), logprobs: Some(logprobs), ..done };
                        emit(sequence, "response.output_text.done", &done, out)?;
                    }
                    Part::Refusal { refusal } => {
                        emit(sequence, "response.refusal.done", &TextDone { refusal: Some(refusal), ..done }, out)?;
                    }
                }
                let event = PartEvent { item_id, output_index, content_index, part: Some(part) };
                emit(sequence, "response.content_part.done", &event, out)
            }
            (Item::Reasoning { summary, content, .. }, Place::Reasoning { summary: at, content: place }) => {
                if let Some((summary_index, text)) = at.and_then(|at| Some((at, summary.get(at)?))) {
                    let event = SummaryText { item_id, output_index, summary_index, delta: None, text: Some(text) };
                    emit(sequence, "response.reasoning_summary_text.done", &event, out)?;
                    let part = ReasoningPart::summary(text);
                    let event = SummaryPart { item_id, output_index, summary_index, part };
                    emit(sequence, "response.reasoning_summary_part.done", &event, out)?;
                }
                if let Some((content_index, text)) = place.and_then(|at| Some((at, content.get(at)?))) {
                    let done = TextDone {
                        item_id,
                        output_index,
                        content_index,
                        text: Some(text),
                        refusal: None,
                        logprobs: None,
                    };
                    emit(sequence, "response.reasoning_text.done", &done, out)?;
                    let part = Some(ReasoningPart::content(text));
                    emit(
                        sequence,
                        "response.content_part.done",
                        &PartEvent { item_id, output_index, content_index, part },
                        out,
                    )?;
                }
                Ok(())
            }
            (Item::FunctionCall { arguments, .. }, Place::Call) => {
                let event = CallDone { item_id, output_index, arguments: Some(arguments), input: None };
                emit(sequence, "response.function_call_arguments.done", &event, out)
            }
            (Item::CustomToolCall { input, .. }, Place::Call) => {
                let event = CallDone { item_id, output_index, arguments: None, input: Some(input) };
                emit(sequence, "response.custom_tool_call_input.done", &event, out)
            }
            _ => Err(misplaced()),
        }
    }

    /// The answer stops: what is still open is closed, and unfinished items end as the answer does.
    fn stop(&mut self, (): (), stop: &Stop, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let (status, _) = ending(stop)?;
        while let Some(open) = self.blocks.pop() {
            self.close_place(&open, out)?;
            if let Some(begun) = self.items.get_mut(open.item) {
                begun.open = begun.open.saturating_sub(1);
            }
        }
        self.stop = Some(stop.clone());
        self.leave(status, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if self.stop.is_none() {
            self.stop((), &Stop::End, out)?;
        }
        let (status, details) = ending(self.stop.as_ref().unwrap_or(&Stop::End))?;
        let kind = if details.is_some() { "response.incomplete" } else { "response.completed" };
        self.write_response(kind, status, out)
    }

    fn failed(&mut self, error: &ErrorBody, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let inside = crate::front::chat::error_object(error);
        let sentence = inside.message.clone();
        let event = ErrorEvent { code: &error.code, message: &sentence, param: error.param.as_deref(), error: inside };
        emit(&mut self.sequence, "error", &event, out)?;
        let mut response = Response::new(&self.id, &self.model, self.created);
        response.status = "failed";
        response.error = Some(Failure { code: failure_code(error.status), message: Cow::Owned(sentence) });
        let mut body = Vec::new();
        response.append(&self.repeated, &mut body)?;
        emit_response(&mut self.sequence, "response.failed", &body, out);
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
        emit_response(&mut self.sequence, kind, &body, out);
        Ok(())
    }
}

/// The format has one answer.
fn only(choice: u32) -> Result<(), Unwritable> {
    if choice == 0 { Ok(()) } else { Err(Unwritable("more than one answer".to_owned())) }
}

fn nowhere() -> Unwritable {
    Unwritable("text outside of what was begun".to_owned())
}

fn misplaced() -> Unwritable {
    Unwritable("text of a kind that can't stand where it does".to_owned())
}

/// The format's closed list of codes has none of ours; `invalid_prompt` is the one that clients do not retry.
fn failure_code(status: u16) -> &'static str {
    match status {
        429 => "rate_limit_exceeded",
        400..=499 => "invalid_prompt",
        _ => "server_error",
    }
}

/// Appends one event: its type and number, then the fields of `rest`.
fn emit(sequence: &mut u64, kind: &'static str, rest: &impl Serialize, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    head(sequence, kind, out);
    let brace = out.len();
    append(rest, out)?;
    // `rest` opens with a brace where the head goes on.
    if let Some(first) = out.get_mut(brace) {
        *first = b',';
    }
    out.extend_from_slice(b"\n\n");
    Ok(())
}

fn emit_response(sequence: &mut u64, kind: &'static str, response: &[u8], out: &mut Vec<u8>) {
    head(sequence, kind, out);
    out.extend_from_slice(b",\"response\":");
    out.extend_from_slice(response);
    out.extend_from_slice(b"}\n\n");
}

fn head(sequence: &mut u64, kind: &'static str, out: &mut Vec<u8>) {
    let number = *sequence;
    *sequence += 1;
    out.extend_from_slice(
        format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{number}").as_bytes(),
    );
}

#[derive(Serialize)]
struct ItemEvent<'a> {
    output_index: usize,
    item: Written<'a>,
}

#[derive(Serialize)]
struct PartEvent<'a, P: Serialize> {
    item_id: &'a str,
    output_index: usize,
    content_index: usize,
    part: Option<P>,
}

#[derive(Serialize)]
struct TextDelta<'a> {
    item_id: &'a str,
    output_index: usize,
    content_index: usize,
    delta: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<&'a [Value]>,
}

#[derive(Serialize)]
struct TextDone<'a> {
    item_id: &'a str,
    output_index: usize,
    content_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<&'a [Value]>,
}

#[derive(Serialize)]
struct SummaryPart<'a> {
    item_id: &'a str,
    output_index: usize,
    summary_index: usize,
    part: ReasoningPart<'a>,
}

#[derive(Serialize)]
struct SummaryText<'a> {
    item_id: &'a str,
    output_index: usize,
    summary_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct CallDelta<'a> {
    item_id: &'a str,
    output_index: usize,
    delta: &'a str,
}

#[derive(Serialize)]
struct CallDone<'a> {
    item_id: &'a str,
    output_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a str>,
}

#[derive(Serialize)]
struct Annotation<'a> {
    item_id: &'a str,
    output_index: usize,
    content_index: usize,
    annotation_index: usize,
    annotation: &'a Value,
}

/// The published type has the fields at the top; the service and its clients have them in `error` too.
#[derive(Serialize)]
struct ErrorEvent<'a, E: Serialize> {
    code: &'a str,
    message: &'a str,
    param: Option<&'a str>,
    error: E,
}

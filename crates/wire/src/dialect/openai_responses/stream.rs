//! Reads a streamed answer: the events of the Responses format.
//!
//! Text comes in deltas, and again whole when its part, its item and the response are done. It is given once: what a
//! later telling adds is given as a delta, and one that contradicts what was given breaks the stream.

use super::frame::Frame;
use super::read::{End, ITEMS_MAX, Item, Part, Response, logprobs};
use crate::answer::{Channel, Event, Opened, Stop};
use crate::call::{Call, ReasoningBlock, Task};
use crate::dialect::{Garbled, openai_chat};
use crate::json::Value;
use crate::sse::Reader;
use crate::text::Text;

/// The most bytes of text that one answer may have; they are kept to be compared.
const TEXT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Reads events. Blocks are numbered in the order in which they appear.
#[derive(Debug)]
pub struct Decoder {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    /// Completions, which go the way of the chat dialect.
    Chat(Box<openai_chat::Decoder>),
    Responses { reader: Reader, state: State },
}

impl Decoder {
    /// A decoder for the answer to `call`.
    pub fn new(call: &Call) -> Self {
        let inner = match call.task {
            Task::Generate(_) | Task::CountTokens(_) => {
                Inner::Responses { reader: Reader::default(), state: State::default() }
            }
            Task::Complete(_) | Task::Embed(_) => Inner::Chat(Box::new(openai_chat::Decoder::new(call))),
        };
        Self { inner }
    }

    /// Takes the next bytes and appends the events that they complete.
    ///
    /// # Errors
    /// [`Garbled`]; the stream must be abandoned.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), Garbled> {
        match &mut self.inner {
            Inner::Chat(decoder) => decoder.push(bytes, events),
            Inner::Responses { reader, state } => reader.push(bytes, &mut |_, data| state.data(data, events)),
        }
    }

    /// The upstream closed the stream.
    ///
    /// # Errors
    /// [`Garbled`] when it closed before its last event.
    pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), Garbled> {
        match &mut self.inner {
            Inner::Chat(decoder) => decoder.finish(events),
            Inner::Responses { state: State { over: true, .. }, .. } => Ok(()),
            Inner::Responses { .. } => Err(broken("the stream ended before the answer was finished")),
        }
    }
}

fn broken(why: &str) -> Garbled {
    Garbled(why.to_owned())
}

#[derive(Debug, Default)]
struct State {
    started: bool,
    /// Whether the last event was given: the end or a failure.
    over: bool,
    /// How many blocks were opened.
    blocks: u32,
    /// Bytes of text that were given.
    bytes: usize,
    items: Vec<Begun>,
}

/// An item that was begun.
#[derive(Debug)]
struct Begun {
    output_index: u32,
    kind: Kind,
    done: bool,
}

#[derive(Debug)]
enum Kind {
    Message { parts: Vec<Said> },
    Reasoning { id: Option<String>, block: u32, open: bool, summary: Vec<Said>, content: Vec<Said> },
    Call { said: Said, custom: bool },
}

/// Text that was given, and the block it was given in.
#[derive(Debug)]
struct Said {
    block: u32,
    channel: Channel,
    text: String,
    annotations: usize,
    open: bool,
}

impl Said {
    fn new(block: u32, channel: Channel) -> Self {
        Self { block, channel, text: String::new(), annotations: 0, open: true }
    }
}

impl State {
    fn data(&mut self, data: &str, events: &mut Vec<Event>) -> Result<(), Garbled> {
        if self.over {
            return Ok(());
        }
        if data.trim() == "[DONE]" {
            return Err(broken("the stream ended before the answer was finished"));
        }
        let frame: Frame<'_> = serde_json::from_str(data)
            .map_err(|error| Garbled(format!("an event cannot be read at column {}", error.column())))?;
        self.frame(frame, events)
    }

    fn frame(&mut self, mut frame: Frame<'_>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let kind = std::mem::take(&mut frame.kind.0);
        match kind.as_ref() {
            "response.created" | "response.in_progress" | "response.queued" => self.started(frame.response, events),
            "response.output_item.added" => self.item(&mut frame, false, events),
            "response.output_item.done" => self.item(&mut frame, true, events),
            "response.content_part.added" => self.part(&mut frame, false, events),
            "response.content_part.done" => self.part(&mut frame, true, events),
            "response.output_text.annotation.added" => self.annotated(&mut frame, events),
            "response.completed" | "response.incomplete" | "response.failed" => self.ended(frame.response, events),
            "error" => {
                self.over = true;
                events.push(Event::Failed(frame.failure()));
                Ok(())
            }
            "response.output_text.delta" => self.delta(Channel::Text, &mut frame, events),
            "response.refusal.delta" => self.delta(Channel::Refusal, &mut frame, events),
            "response.reasoning_text.delta" => self.delta(Channel::Reasoning, &mut frame, events),
            "response.reasoning_summary_text.delta" => self.delta(Channel::Summary, &mut frame, events),
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                self.delta(Channel::Arguments, &mut frame, events)
            }
            "response.output_text.done" => self.done(Channel::Text, frame.text.take(), &frame, events),
            "response.refusal.done" => self.done(Channel::Refusal, frame.refusal.take(), &frame, events),
            "response.reasoning_text.done" => self.done(Channel::Reasoning, frame.text.take(), &frame, events),
            "response.reasoning_summary_text.done" => self.done(Channel::Summary, frame.text.take(), &frame, events),
            "response.function_call_arguments.done" => {
                self.done(Channel::Arguments, frame.arguments.take(), &frame, events)
            }
            "response.custom_tool_call_input.done" => self.done(Channel::Arguments, frame.input.take(), &frame, events),
            // Their texts come in events of their own, and the part tells nothing else.
            "response.reasoning_summary_part.added"
            | "response.reasoning_summary_part.done"
            | "response.reasoning_part.added"
            | "response.reasoning_part.done" => Ok(()),
            _ if frame.has_content() => Err(broken("an event of a type that was not asked for")),
            _ => Ok(()),
        }
    }

    fn started(&mut self, response: Option<Value>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        if self.started {
            return Ok(());
        }
        self.started = true;
        let response = Response::read(response.unwrap_or(Value::Object(Vec::new())), &mut Vec::new())?;
        let Response { id, model, created, usage, .. } = response;
        events.push(Event::Start { id, model, created, usage });
        Ok(())
    }

    fn start_if_not(&mut self, events: &mut Vec<Event>) -> Result<(), Garbled> {
        self.started(None, events)
    }

    /// An item was begun, or is done.
    fn item(&mut self, frame: &mut Frame<'_>, is_done: bool, events: &mut Vec<Event>) -> Result<(), Garbled> {
        self.start_if_not(events)?;
        let output_index = frame.output_index.ok_or_else(|| broken("an item without its number"))?;
        let value = frame.item.take().ok_or_else(|| broken("an event without its item"))?;
        let item = Item::read(value, format!("output[{output_index}]"), &mut Vec::new())?;
        let known = self.items.iter().position(|begun| begun.output_index == output_index);
        let at = match known {
            Some(_) if !is_done => return Err(broken("an item was begun twice")),
            Some(at) => at,
            None => self.begin(output_index, &item, events)?,
        };
        self.settle(at, item, is_done, events)
    }

    fn begin(&mut self, output_index: u32, item: &Item, events: &mut Vec<Event>) -> Result<usize, Garbled> {
        if self.items.len() >= ITEMS_MAX {
            return Err(broken("too many items"));
        }
        let kind = match item {
            Item::Message { .. } => Kind::Message { parts: Vec::new() },
            Item::Reasoning(blocks) => {
                let id = blocks.first().and_then(|block| block.id.clone());
                let block = open(&mut self.blocks, Opened::Reasoning { id: id.clone() }, events);
                Kind::Reasoning { id, block, open: true, summary: Vec::new(), content: Vec::new() }
            }
            Item::Call { call_id, name, custom, .. } => {
                let kind = Opened::ToolCall { id: call_id.clone(), name: name.clone(), custom: *custom };
                let block = open(&mut self.blocks, kind, events);
                Kind::Call { said: Said::new(block, Channel::Arguments), custom: *custom }
            }
        };
        self.items.push(Begun { output_index, kind, done: false });
        Ok(self.items.len() - 1)
    }

    /// Gives what `item`, told whole, adds to what was given.
    fn settle(&mut self, at: usize, item: Item, is_done: bool, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let begun = self.items.get_mut(at).ok_or_else(|| broken("an item that was not begun"))?;
        if begun.done {
            return Err(broken("an item was done twice"));
        }
        begun.done = is_done;
        match item {
            Item::Message { parts } => {
                for (index, part) in parts.into_iter().enumerate() {
                    self.settle_part(at, index, part, is_done, events)?;
                }
            }
            Item::Reasoning(blocks) => self.settle_reasoning(at, blocks, is_done, events)?,
            Item::Call { arguments, custom, .. } => {
                let said = self.said(at, Channel::Arguments, 0, events)?;
                said.tell_rest(&arguments, None, events)?;
                if !matches!(&self.items.get(at), Some(Begun { kind: Kind::Call { custom: known, .. }, .. }) if *known == custom)
                {
                    return Err(broken("an item changed its type"));
                }
            }
        }
        self.count()?;
        if is_done { self.close(at, events) } else { Ok(()) }
    }

    fn settle_part(
        &mut self,
        at: usize,
        index: usize,
        part: Part,
        is_done: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Garbled> {
        let channel = if part.is_refusal { Channel::Refusal } else { Channel::Text };
        let said = self.said(at, channel, index, events)?;
        let tokens = if said.text.is_empty() { logprobs(part.tokens) } else { None };
        said.tell_rest(&part.text, tokens, events)?;
        for value in part.annotations.into_iter().skip(said.annotations) {
            said.annotations += 1;
            events.push(Event::Annotate { choice: 0, block: said.block, value });
        }
        if is_done {
            said.close(events);
        }
        Ok(())
    }

    /// Only a finished item's seal is the one to keep: one that was just begun may have another.
    fn settle_reasoning(
        &mut self,
        at: usize,
        blocks: Vec<ReasoningBlock>,
        is_done: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Garbled> {
        let (mut summaries, mut texts, mut seal) = (0, 0, None);
        for block in blocks {
            for text in block.summary {
                self.said(at, Channel::Summary, summaries, events)?.tell_rest(&text, None, events)?;
                summaries += 1;
            }
            if let Some(text) = block.text {
                self.said(at, Channel::Reasoning, texts, events)?.tell_rest(&text, None, events)?;
                texts += 1;
            }
            seal = block.sealed.or(seal);
        }
        if let (true, Some(text)) = (is_done, seal)
            && let Some(Begun { kind: Kind::Reasoning { block, .. }, .. }) = self.items.get(at)
        {
            events.push(Event::Seal { choice: 0, block: *block, sealed: true, text });
        }
        Ok(())
    }

    /// The text with this number in its item, begun here if it is the next.
    fn said(
        &mut self,
        at: usize,
        channel: Channel,
        index: usize,
        events: &mut Vec<Event>,
    ) -> Result<&mut Said, Garbled> {
        let begun = self.items.get_mut(at).ok_or_else(|| broken("text of an item that was not begun"))?;
        let list = match (&mut begun.kind, channel) {
            (Kind::Call { said, .. }, Channel::Arguments) => return Ok(said),
            (Kind::Message { parts }, Channel::Text | Channel::Refusal) => {
                if index == parts.len() && index < ITEMS_MAX {
                    let kind = if channel == Channel::Text { Opened::Text } else { Opened::Refusal };
                    parts.push(Said::new(open(&mut self.blocks, kind, events), channel));
                }
                parts
            }
            (Kind::Reasoning { id, block, open: is_open, summary, content }, Channel::Summary | Channel::Reasoning) => {
                let is_next = |list: &[Said]| index == list.len() && index < ITEMS_MAX;
                let (this, other) = if channel == Channel::Summary { (summary, content) } else { (content, summary) };
                if is_next(this) {
                    // A block holds one text of a kind; a further one opens a block of the same id.
                    if this.last().is_some_and(|last| last.block == *block) {
                        this.iter_mut().chain(other).for_each(|said| said.open = false);
                        events.push(Event::Close { choice: 0, block: *block });
                        *block = open(&mut self.blocks, Opened::Reasoning { id: id.clone() }, events);
                        *is_open = true;
                    }
                    this.push(Said::new(*block, channel));
                }
                this
            }
            _ => return Err(broken("text of a kind that its item does not have")),
        };
        let said = list.get_mut(index).ok_or_else(|| broken("a part out of order"))?;
        if said.channel == channel { Ok(said) } else { Err(broken("a part changed its type")) }
    }

    fn place(&self, frame: &Frame<'_>, channel: Channel) -> Result<(usize, usize), Garbled> {
        let output_index = frame.output_index.ok_or_else(|| broken("text without the number of its item"))?;
        let at = self.items.iter().rposition(|begun| begun.output_index == output_index);
        let at = at.ok_or_else(|| broken("text of an item that was not begun"))?;
        if self.items.get(at).is_some_and(|begun| begun.done) {
            return Err(broken("text of an item that was done"));
        }
        let index = match channel {
            Channel::Summary => frame.summary_index,
            Channel::Text | Channel::Refusal | Channel::Reasoning => frame.content_index,
            Channel::Arguments => None,
        };
        Ok((at, index.and_then(|index| usize::try_from(index).ok()).unwrap_or_default()))
    }

    fn delta(&mut self, channel: Channel, frame: &mut Frame<'_>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let (at, index) = self.place(frame, channel)?;
        let text = frame.delta.take().ok_or_else(|| broken("a delta without text"))?;
        let tokens = frame.logprobs.take().and_then(logprobs);
        let said = self.said(at, channel, index, events)?;
        if !text.0.is_empty() || tokens.is_some() {
            said.tell(&text.0, tokens, events)?;
            self.bytes = self.bytes.saturating_add(text.0.len());
        }
        self.count()
    }

    fn done(
        &mut self,
        channel: Channel,
        text: Option<super::frame::Piece<'_>>,
        frame: &Frame<'_>,
        events: &mut Vec<Event>,
    ) -> Result<(), Garbled> {
        let (at, index) = self.place(frame, channel)?;
        let said = self.said(at, channel, index, events)?;
        if let Some(text) = text {
            said.tell_rest(&text.0, None, events)?;
        }
        Ok(())
    }

    /// A part was begun, or is done.
    fn part(&mut self, frame: &mut Frame<'_>, is_done: bool, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let value = frame.part.take().ok_or_else(|| broken("an event without its part"))?;
        if value.field("type").and_then(Value::as_str) == Some("reasoning_text") {
            let (at, index) = self.place(frame, Channel::Reasoning)?;
            let text = value.field("text").and_then(Value::as_str).unwrap_or_default();
            return self.said(at, Channel::Reasoning, index, events)?.tell_rest(text, None, events);
        }
        let part = Part::read(value, "part".to_owned(), &mut Vec::new())?;
        let (at, index) = self.place(frame, Channel::Text)?;
        self.settle_part(at, index, part, is_done, events)
    }

    fn annotated(&mut self, frame: &mut Frame<'_>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let (at, index) = self.place(frame, Channel::Text)?;
        let said = self.said(at, Channel::Text, index, events)?;
        if let Some(value) = frame.annotation.take() {
            said.annotations += 1;
            events.push(Event::Annotate { choice: 0, block: said.block, value });
        }
        Ok(())
    }

    fn close(&mut self, at: usize, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let begun = self.items.get_mut(at).ok_or_else(|| broken("an item that was not begun"))?;
        match &mut begun.kind {
            Kind::Message { parts } => parts.iter_mut().for_each(|said| said.close(events)),
            Kind::Call { said, .. } => said.close(events),
            Kind::Reasoning { block, open, .. } => {
                if std::mem::take(open) {
                    events.push(Event::Close { choice: 0, block: *block });
                }
            }
        }
        Ok(())
    }

    fn ended(&mut self, response: Option<Value>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        self.start_if_not(events)?;
        let response = response.ok_or_else(|| broken("an event without its response"))?;
        let response = Response::read(response, &mut Vec::new())?;
        let stop = match response.end {
            End::Stopped(stop) => stop,
            End::Not => return Err(broken("the response is not finished")),
            End::Failed(failure) => {
                self.over = true;
                events.push(Event::Failed(failure));
                return Ok(());
            }
        };
        self.tell_unfinished(response.output, events)?;
        for at in 0..self.items.len() {
            let unfinished = self.items.get(at).filter(|begun| !begun.done);
            if stop.is_none() && unfinished.is_some_and(|begun| matches!(begun.kind, Kind::Call { .. })) {
                return Err(broken("the answer ended in the middle of a tool call"));
            }
            self.close(at, events)?;
        }
        let calls_tools = self.items.iter().any(|begun| matches!(begun.kind, Kind::Call { .. }));
        let stop = stop.unwrap_or(if calls_tools { Stop::ToolCalls } else { Stop::End });
        events.push(Event::Stop { choice: 0, stop });
        events.extend(response.usage.map(Event::Usage));
        self.over = true;
        events.push(Event::End);
        Ok(())
    }

    /// Gives what the whole response has beyond the items that are done.
    fn tell_unfinished(&mut self, output: Vec<Value>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        for (index, value) in output.into_iter().enumerate() {
            let output_index = u32::try_from(index).map_err(|_| broken("too many items"))?;
            let known = self.items.iter().position(|begun| begun.output_index == output_index);
            if known.and_then(|at| self.items.get(at)).is_some_and(|begun| begun.done) {
                continue;
            }
            let item = Item::read(value, format!("output[{output_index}]"), &mut Vec::new())?;
            let at = match known {
                Some(at) => at,
                None => self.begin(output_index, &item, events)?,
            };
            self.settle(at, item, true, events)?;
        }
        Ok(())
    }

    fn count(&self) -> Result<(), Garbled> {
        if self.bytes > TEXT_BYTES_MAX {
            return Err(Garbled(format!("the answer is larger than {TEXT_BYTES_MAX} bytes")));
        }
        Ok(())
    }
}

impl Said {
    fn tell(&mut self, text: &str, logprobs: Option<Value>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        if !self.open {
            return Err(broken("text of a part that was done"));
        }
        self.text.push_str(text);
        let (block, channel) = (self.block, self.channel);
        events.push(Event::Delta { choice: 0, block, channel, text: Text::new(text), logprobs });
        Ok(())
    }

    /// Gives what `whole` adds. Engines trim words in one telling and not in the other; arguments must be the same.
    fn tell_rest(&mut self, whole: &str, logprobs: Option<Value>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        match whole.strip_prefix(self.text.as_str()) {
            Some("") => Ok(()),
            Some(rest) => {
                let rest = rest.to_owned();
                self.tell(&rest, logprobs, events)
            }
            None if self.channel != Channel::Arguments && whole.trim() == self.text.trim() => Ok(()),
            None => Err(broken("a text differs from its deltas")),
        }
    }

    fn close(&mut self, events: &mut Vec<Event>) {
        if std::mem::take(&mut self.open) {
            events.push(Event::Close { choice: 0, block: self.block });
        }
    }
}

/// Opens the next block.
fn open(blocks: &mut u32, kind: Opened, events: &mut Vec<Event>) -> u32 {
    let block = *blocks;
    *blocks = blocks.saturating_add(1);
    events.push(Event::Open { choice: 0, block, kind });
    block
}

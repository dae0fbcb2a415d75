//! Reads a streamed answer of chat completions or completions.

use super::answer::{BLOCKS_MAX, CHOICES_MAX, made_up_id, stop, stop_text};
use super::chunk::{Choice as ChunkChoice, Chunk, Delta, Piece, ToolDelta};
use super::error;
use crate::answer::{Channel, Event, Opened, Stop, Usage};
use crate::call::{Call, Task};
use crate::dialect::Garbled;
use crate::json::Value;
use crate::sse::Reader;
use crate::text::Text;

/// Reads chunks. Blocks are numbered in the order they appear, and one is open at a time in each choice.
#[derive(Debug)]
pub struct Decoder {
    reader: Reader,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    /// Whether the call is a completion, whose chunks hold `text` instead of `delta`.
    complete: bool,
    /// The upstream's id, once the answer started.
    id: Option<String>,
    choices: Vec<Choice>,
    usage: Option<Usage>,
    /// Whether the last event was given: the end or a failure.
    over: bool,
}

#[derive(Debug, Default)]
struct Choice {
    index: u32,
    /// How many blocks were opened.
    blocks: u32,
    open: Option<Open>,
    tools: Vec<Tool>,
    stopped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    block: u32,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    Reasoning,
    /// A tool call, by its place in [`Choice::tools`].
    Tool(usize),
}

#[derive(Debug)]
struct Tool {
    /// The upstream's own number for it.
    index: Option<u32>,
    id: String,
}

impl Decoder {
    /// A decoder for the answer to `call`.
    pub fn new(call: &Call) -> Self {
        let complete = matches!(call.task, Task::Complete(_));
        Self { reader: Reader::default(), state: State { complete, ..State::default() } }
    }

    /// Takes the next bytes and appends the events that they complete.
    ///
    /// # Errors
    /// [`Garbled`]; the stream must be abandoned.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), Garbled> {
        let Self { reader, state } = self;
        reader.push(bytes, &mut |_, data| state.data(data, events))
    }

    /// The upstream closed the stream.
    ///
    /// # Errors
    /// [`Garbled`] when it closed before every choice was finished, or in the middle of an event.
    pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), Garbled> {
        if self.state.over {
            return Ok(());
        }
        if self.reader.is_midway() {
            return Err(Garbled("the stream ended in the middle of an event".to_owned()));
        }
        // Some engines close without `[DONE]`; the finish reasons say that nothing is missing.
        self.state.end(events)
    }
}

impl State {
    fn data(&mut self, data: &str, events: &mut Vec<Event>) -> Result<(), Garbled> {
        if self.over {
            return Ok(());
        }
        if data.trim() == "[DONE]" {
            return self.end(events);
        }
        let chunk: Chunk<'_> = serde_json::from_str(data)
            .map_err(|error| Garbled(format!("a chunk cannot be read at column {}", error.column())))?;
        let failed = chunk.error.is_some() || chunk.object.as_ref().is_some_and(|object| object.0 == "error");
        let failed = failed || chunk.choices.iter().flatten().any(|choice| choice.error.is_some());
        if failed {
            return self.fail(data, events);
        }
        let choices = chunk.choices.unwrap_or_default();
        if self.id.is_none() && !choices.is_empty() {
            let own = |piece: Option<Piece<'_>>| piece.map(|piece| piece.0.into_owned()).unwrap_or_default();
            let (id, model, created) = (own(chunk.id), own(chunk.model), chunk.created.unwrap_or_default());
            self.id = Some(id.clone());
            events.push(Event::Start { id, model, created, usage: self.usage });
        }
        for choice in choices {
            self.choice(choice, events)?;
        }
        let usage = chunk.usage.map(Usage::from);
        if usage.is_some() && usage != self.usage {
            self.usage = usage;
            if self.id.is_some() {
                events.extend(usage.map(Event::Usage));
            }
        }
        Ok(())
    }

    fn fail(&mut self, data: &str, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let value = crate::json::parse(data.as_bytes()).map_err(|error| Garbled(error.to_string()))?;
        let in_choice = || match value.field("choices") {
            Some(Value::Array(choices)) => choices.iter().find_map(error::inside),
            _ => None,
        };
        let failure = error::inside(&value).or_else(in_choice).unwrap_or_else(|| error::error("error", ""));
        self.over = true;
        events.push(Event::Failed(failure));
        Ok(())
    }

    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Garbled> {
        if self.choices.is_empty() || self.choices.iter().any(|choice| !choice.stopped) {
            return Err(Garbled("the stream ended before the answer was finished".to_owned()));
        }
        self.over = true;
        events.push(Event::End);
        Ok(())
    }

    fn choice(&mut self, chunk: ChunkChoice<'_>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let index = chunk.index.unwrap_or_default();
        let place = match self.choices.iter().position(|choice| choice.index == index) {
            Some(place) => place,
            None if self.choices.len() < CHOICES_MAX => {
                self.choices.push(Choice { index, ..Choice::default() });
                self.choices.len() - 1
            }
            None => return Err(Garbled("too many choices".to_owned())),
        };
        let (Some(choice), Some(id)) = (self.choices.get_mut(place), &self.id) else { return Ok(()) };
        let mut logprobs = chunk.logprobs;
        if self.complete {
            choice.say(Kind::Text, chunk.text, &mut logprobs, events)?;
        } else if let Some(delta) = chunk.delta {
            choice.delta(delta, &mut logprobs, id, events)?;
        }
        let Some(word) = chunk.finish_reason.filter(|word| !word.is_empty()) else { return Ok(()) };
        let stop_text = stop_text(chunk.stop_reason).or_else(|| stop_text(chunk.matched_stop));
        match stop(&word.0, stop_text, !choice.tools.is_empty()) {
            Some(stop) => choice.stop(stop, events),
            None if matches!(&*word.0, "error" | "abort" | "engine_overloaded") => {
                self.over = true;
                events.push(Event::Failed(error::error(&word.0, "")));
            }
            None => return Err(Garbled("a choice ended for a reason that we do not know".to_owned())),
        }
        Ok(())
    }
}

impl Choice {
    fn delta(
        &mut self,
        delta: Delta<'_>,
        logprobs: &mut Option<Value>,
        answer_id: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Garbled> {
        let filled = |piece: &Piece<'_>| !piece.is_empty();
        let reasoning = delta.reasoning_content.filter(filled).or(delta.reasoning);
        self.say(Kind::Reasoning, reasoning, &mut None, events)?;
        if delta.refusal.as_ref().is_some_and(filled) {
            self.say(Kind::Text, delta.content, &mut None, events)?;
            self.say(Kind::Refusal, delta.refusal, logprobs, events)?;
        } else {
            self.say(Kind::Text, delta.content, logprobs, events)?;
        }
        for tool in delta.tool_calls.into_iter().flatten() {
            self.tool(tool, answer_id, events)?;
        }
        for value in delta.annotations.into_iter().flatten() {
            let block = self.open(Kind::Text, events)?;
            events.push(Event::Annotate { choice: self.index, block, value });
        }
        Ok(())
    }

    /// Adds text to the block of this kind. Nothing is said by an empty text, unless probabilities come with it.
    fn say(
        &mut self,
        kind: Kind,
        piece: Option<Piece<'_>>,
        logprobs: &mut Option<Value>,
        events: &mut Vec<Event>,
    ) -> Result<(), Garbled> {
        let logprobs = logprobs.take_if(|value| has_tokens(value));
        let text = piece.map(|piece| piece.0).unwrap_or_default();
        if text.is_empty() && logprobs.is_none() {
            return Ok(());
        }
        let block = self.open(kind, events)?;
        let channel = match kind {
            Kind::Text => Channel::Text,
            Kind::Refusal => Channel::Refusal,
            Kind::Reasoning => Channel::Reasoning,
            Kind::Tool(_) => Channel::Arguments,
        };
        events.push(Event::Delta { choice: self.index, block, channel, text: Text(text.into_owned()), logprobs });
        Ok(())
    }

    /// The open block of this kind, opened if need be. Only text kinds; tool calls are opened by name.
    fn open(&mut self, kind: Kind, events: &mut Vec<Event>) -> Result<u32, Garbled> {
        match self.open {
            Some(open) if open.kind == kind => Ok(open.block),
            _ => {
                let opened = match kind {
                    Kind::Text => Opened::Text,
                    Kind::Refusal => Opened::Refusal,
                    Kind::Reasoning => Opened::Reasoning { id: None },
                    Kind::Tool(_) => return Err(Garbled("a tool call continues after another began".to_owned())),
                };
                self.open_as(kind, opened, events)
            }
        }
    }

    fn open_as(&mut self, kind: Kind, opened: Opened, events: &mut Vec<Event>) -> Result<u32, Garbled> {
        if self.stopped {
            return Err(Garbled("a choice goes on after its end".to_owned()));
        }
        if self.blocks >= BLOCKS_MAX {
            return Err(Garbled(format!("a choice has more than {BLOCKS_MAX} blocks")));
        }
        self.close(events);
        let block = self.blocks;
        self.blocks += 1;
        self.open = Some(Open { block, kind });
        events.push(Event::Open { choice: self.index, block, kind: opened });
        Ok(block)
    }

    fn close(&mut self, events: &mut Vec<Event>) {
        if let Some(open) = self.open.take() {
            events.push(Event::Close { choice: self.index, block: open.block });
        }
    }

    fn stop(&mut self, stop: Stop, events: &mut Vec<Event>) {
        if !self.stopped {
            self.close(events);
            self.stopped = true;
            events.push(Event::Stop { choice: self.index, stop });
        }
    }

    fn tool(&mut self, delta: ToolDelta<'_>, answer_id: &str, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let custom = delta.custom.is_some();
        let (name, input) = match (delta.custom, delta.function) {
            (Some(custom), _) => (custom.name, custom.input),
            (None, Some(function)) => (function.name, function.arguments),
            (None, None) => (None, None),
        };
        let id = delta.id.map(|id| id.0).unwrap_or_default();
        let name = name.map(|name| name.0).unwrap_or_default();
        let place = match self.known_tool(delta.index, &id, &name) {
            Some(place) => place,
            None if name.is_empty() => return Err(Garbled("a tool call has no name".to_owned())),
            None => {
                let place = self.tools.len();
                let id = if id.is_empty() { made_up_id(answer_id, self.index, place) } else { id.into_owned() };
                self.tools.push(Tool { index: delta.index, id: id.clone() });
                let opened = Opened::ToolCall { id, name: Text(name.into_owned()), custom };
                self.open_as(Kind::Tool(place), opened, events)?;
                place
            }
        };
        self.say(Kind::Tool(place), input, &mut None, events)
    }

    /// The tool call that a delta continues. Engines leave out the number, or number all calls 0: then a new name with a
    /// new id begins a new call.
    fn known_tool(&self, index: Option<u32>, id: &str, name: &str) -> Option<usize> {
        let place = match index {
            Some(_) => self.tools.iter().rposition(|tool| tool.index == index)?,
            None => self.tools.len().checked_sub(1)?,
        };
        let known = self.tools.get(place)?;
        let begins = !name.is_empty() && !id.is_empty() && known.id != id;
        (!begins).then_some(place)
    }
}

/// Engines send empty probabilities with chunks that have no text.
fn has_tokens(logprobs: &Value) -> bool {
    match logprobs {
        Value::Null => false,
        Value::Object(entries) => entries.iter().any(|(_, value)| match value {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            _ => true,
        }),
        _ => true,
    }
}

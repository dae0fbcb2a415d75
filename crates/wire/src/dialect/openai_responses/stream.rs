//! Reads a streamed answer: the events of the Responses format.
//!
//! Text comes in deltas, and again whole when its part, its item and the response are done. It is given once: what a
//! later telling adds is given as a delta, and one that contradicts what was given breaks the stream.

mod begun;
mod frame;

use begun::{Begun, Given, broken};
use frame::{Frame, Piece};

use super::read::{End, ITEMS_MAX, Item, Part, Response, logprobs};
use crate::answer::{Channel, Event, Stop};
use crate::call::{Call, Task};
use crate::dialect::{Garbled, openai_chat};
use crate::json::Value;
use crate::sse::Reader;

/// Reads events. Blocks are numbered in the order in which they appear.
#[derive(Debug)]
pub struct Decoder {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    /// Completions, which go the way of the chat dialect.
    Chat(Box<openai_chat::Decoder>),
    Responses {
        reader: Reader,
        state: State,
    },
}

#[derive(Debug, Default)]
struct State {
    started: bool,
    /// Whether the last event was given: the end or a failure.
    over: bool,
    given: Given,
    items: Vec<Begun>,
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
        let kind = frame.kind.take().map(|kind| kind.0).unwrap_or_default();
        let frame = &mut frame;
        if frame.is_failure(&kind) {
            self.over = true;
            events.push(Event::Failed(frame.failure()));
            return Ok(());
        }
        match kind.as_ref() {
            "response.created" | "response.in_progress" | "response.queued" => {
                self.start(frame.response.take(), events)
            }
            "response.output_item.added" => self.item(frame, false, events),
            "response.output_item.done" => self.item(frame, true, events),
            "response.content_part.added" => self.part(frame, false, events),
            "response.content_part.done" => self.part(frame, true, events),
            "response.output_text.annotation.added" => self.annotated(frame, events),
            "response.completed" | "response.incomplete" | "response.failed" => self.end(frame.response.take(), events),
            "response.output_text.delta" => self.delta(Channel::Text, frame, events),
            "response.refusal.delta" => self.delta(Channel::Refusal, frame, events),
            "response.reasoning_text.delta" => self.delta(Channel::Reasoning, frame, events),
            "response.reasoning_summary_text.delta" => self.delta(Channel::Summary, frame, events),
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                self.delta(Channel::Arguments, frame, events)
            }
            "response.output_text.done" => self.done(Channel::Text, frame.text.take(), frame, events),
            "response.refusal.done" => self.done(Channel::Refusal, frame.refusal.take(), frame, events),
            "response.reasoning_text.done" => self.done(Channel::Reasoning, frame.text.take(), frame, events),
            "response.reasoning_summary_text.done" => self.done(Channel::Summary, frame.text.take(), frame, events),
            "response.function_call_arguments.done" => {
                self.done(Channel::Arguments, frame.arguments.take(), frame, events)
            }
            "response.custom_tool_call_input.done" => self.done(Channel::Arguments, frame.input.take(), frame, events),
            // Their texts come in events of their own, and the part tells nothing else.
            "response.reasoning_summary_part.added"
            | "response.reasoning_summary_part.done"
            | "response.reasoning_part.added"
            | "response.reasoning_part.done" => Ok(()),
            _ if frame.has_content() => Err(broken("an event of a type that was not asked for")),
            _ => Ok(()),
        }
    }

    fn start(&mut self, response: Option<Value>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        if self.started {
            return Ok(());
        }
        self.started = true;
        let response = Response::read(response.unwrap_or(Value::Object(Vec::new())), &mut Vec::new())?;
        let Response { id, model, created, usage, .. } = response;
        events.push(Event::Start { id, model, created, usage });
        Ok(())
    }

    /// An item was begun, or is done.
    fn item(&mut self, frame: &mut Frame<'_>, is_done: bool, events: &mut Vec<Event>) -> Result<(), Garbled> {
        self.start(None, events)?;
        let output_index = frame.output_index.ok_or_else(|| broken("an item without its number"))?;
        let value = frame.item.take().ok_or_else(|| broken("an event without its item"))?;
        let item = Item::read(value, format!("output[{output_index}]"), &mut Vec::new())?;
        let at = match self.items.iter().position(|begun| begun.output_index == output_index) {
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
        self.items.push(Begun::new(output_index, item, &mut self.given, events)?);
        Ok(self.items.len() - 1)
    }

    fn settle(&mut self, at: usize, item: Item, is_done: bool, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let begun = self.items.get_mut(at).ok_or_else(|| broken("an item that was not begun"))?;
        begun.settle(item, is_done, &mut self.given, events)
    }

    /// The item that an event is about, and which of its parts.
    fn place(&mut self, frame: &Frame<'_>, channel: Channel) -> Result<(&mut Begun, usize, &mut Given), Garbled> {
        let output_index = frame.output_index.ok_or_else(|| broken("text without the number of its item"))?;
        let begun = self.items.iter_mut().rev().find(|begun| begun.output_index == output_index);
        let begun = begun.ok_or_else(|| broken("text of an item that was not begun"))?;
        if begun.done {
            return Err(broken("text of an item that was done"));
        }
        let index = match channel {
            Channel::Summary => frame.summary_index,
            Channel::Text | Channel::Refusal | Channel::Reasoning => frame.content_index,
            Channel::Arguments => None,
        };
        let index = index.and_then(|index| usize::try_from(index).ok()).unwrap_or_default();
        Ok((begun, index, &mut self.given))
    }

    fn delta(&mut self, channel: Channel, frame: &mut Frame<'_>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let text = frame.delta.take().ok_or_else(|| broken("a delta without text"))?;
        let tokens = frame.logprobs.take().and_then(logprobs);
        let (begun, index, given) = self.place(frame, channel)?;
        let said = begun.said(channel, index, given, events)?;
        if text.0.is_empty() && tokens.is_none() {
            return Ok(());
        }
        said.tell(&text.0, tokens, given, events)
    }

    fn done(
        &mut self,
        channel: Channel,
        text: Option<Piece<'_>>,
        frame: &Frame<'_>,
        events: &mut Vec<Event>,
    ) -> Result<(), Garbled> {
        let (begun, index, given) = self.place(frame, channel)?;
        let said = begun.said(channel, index, given, events)?;
        match text {
            Some(text) => said.tell_rest(&text.0, None, given, events),
            None => Ok(()),
        }
    }

    /// A part was begun, or is done.
    fn part(&mut self, frame: &mut Frame<'_>, is_done: bool, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let value = frame.part.take().ok_or_else(|| broken("an event without its part"))?;
        if value.field("type").and_then(Value::as_str) == Some("reasoning_text") {
            let text = value.field("text").and_then(Value::as_str).unwrap_or_default();
            let (begun, index, given) = self.place(frame, Channel::Reasoning)?;
            return begun.said(Channel::Reasoning, index, given, events)?.tell_rest(text, None, given, events);
        }
        let part = Part::read(value, "part".to_owned(), &mut Vec::new())?;
        let (begun, index, given) = self.place(frame, Channel::Text)?;
        begun.settle_part(index, part, is_done, given, events)
    }

    fn annotated(&mut self, frame: &mut Frame<'_>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let annotation = frame.annotation.take();
        let (begun, index, given) = self.place(frame, Channel::Text)?;
        let said = begun.said(Channel::Text, index, given, events)?;
        annotation.map_or(Ok(()), |value| said.annotate(value, events))
    }

    fn end(&mut self, response: Option<Value>, events: &mut Vec<Event>) -> Result<(), Garbled> {
        self.start(None, events)?;
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
        for begun in &mut self.items {
            if stop.is_none() && !begun.done && begun.is_call() {
                return Err(broken("the answer ended in the middle of a tool call"));
            }
            begun.close(events);
        }
        let calls_tools = self.items.iter().any(Begun::is_call);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder() -> Decoder {
        let task = Task::Generate(Box::default());
        let door = crate::call::Door::Responses;
        Decoder::new(&Call { door, model: "alias".to_owned(), task, unmodelled: Vec::new() })
    }

    /// Pushes events until one is refused; why, and how many were taken.
    fn refused(events: impl Iterator<Item = String>) -> (String, usize) {
        let mut decoder = decoder();
        for (taken, data) in events.enumerate() {
            if let Err(garbled) = decoder.push(format!("data: {data}\n\n").as_bytes(), &mut Vec::new()) {
                return (garbled.0, taken);
            }
        }
        panic!("all were taken");
    }

    fn item(index: usize) -> String {
        let item = r#"{"type":"message","role":"assistant","content":[]}"#;
        format!(r#"{{"type":"response.output_item.added","output_index":{index},"item":{item}}}"#)
    }

    #[test]
    fn an_answer_has_a_most_of_items_and_of_text() {
        assert_eq!(refused((0..).map(item)), ("too many items".to_owned(), ITEMS_MAX));
        let megabytes = "x".repeat(7 * 1024 * 1024);
        let delta = format!(
            r#"{{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"{megabytes}"}}"#
        );
        let (why, taken) = refused(std::iter::once(item(0)).chain(std::iter::repeat_n(delta, 20)));
        assert!(why.starts_with("the answer is larger than"), "{why}");
        assert_eq!(taken, 1 + 9);
    }

    #[test]
    fn a_summary_part_is_over_when_the_next_begins() {
        let item = r#"{"type":"reasoning","id":"rs_1","summary":[]}"#;
        let added = format!(r#"{{"type":"response.output_item.added","output_index":0,"item":{item}}}"#);
        let part = |index| {
            format!(
                r#"{{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":{index},"delta":"a"}}"#
            )
        };
        let (why, taken) = refused([added, part(0), part(1), part(0)].into_iter());
        assert_eq!((why.as_str(), taken), ("text of a part that was done", 3));
    }

    #[test]
    fn nothing_is_said_after_the_end() {
        let (mut decoder, mut events) = (decoder(), Vec::new());
        let end = r#"{"type":"response.completed","response":{"status":"completed","output":[]}}"#;
        decoder.push(format!("data: {end}\n\ndata: [DONE]\n\ndata: {}\n\n", item(0)).as_bytes(), &mut events).unwrap();
        decoder.finish(&mut events).unwrap();
        assert_eq!(events.last(), Some(&Event::End));
        assert_eq!(events.iter().filter(|event| matches!(event, Event::Open { .. })).count(), 0);
    }

    #[test]
    fn completions_go_the_way_of_the_chat_dialect() {
        let task = Task::Complete(Box::default());
        let door = crate::call::Door::Completions;
        let mut decoder = Decoder::new(&Call { door, model: "alias".to_owned(), task, unmodelled: Vec::new() });
        let chunk = r#"{"id":"c","choices":[{"index":0,"text":"and so","finish_reason":"stop"}]}"#;
        let mut events = Vec::new();
        decoder.push(format!("data: {chunk}\n\ndata: [DONE]\n\n").as_bytes(), &mut events).unwrap();
        decoder.finish(&mut events).unwrap();
        assert_eq!(events.last(), Some(&Event::End));
    }
}

//! Reads a streamed answer of an Anthropic destination, strictly in its grammar.
//!
//! One message; in it blocks, one after the other, each started, filled and stopped; then why it ended; then its end.
//! An event of a type that we do not know is passed over, as the provider's versioning policy asks of clients: nothing of
//! it reaches the caller. A block or delta that we do not know ends the stream.

use crate::answer::{Channel, Event, Opened};
use crate::call::Call;
use crate::dialect::Garbled;
use crate::dialect::anthropic::read::{
    check_caller, complaint, garbled, seal, sealed_data, stop, stop_texts, unknown_block,
};
use crate::dialect::anthropic::tally::Tally;
use crate::dialect::openai_responses::reasoning::must_be_id;
use crate::fields::Fields;
use crate::json::{self, Value};
use crate::sse::Reader;
use crate::text::Text;

/// How OpenAI's streams end.
const DONE: &str = "[DONE]";

/// Reads one streamed answer.
#[derive(Debug)]
pub struct Decoder {
    reader: Reader,
    message: Message,
}

impl Decoder {
    /// A decoder for the stream that answers `call`.
    pub fn new(call: &Call) -> Self {
        let message = Message { asked: stop_texts(call).to_vec(), ..Message::default() };
        Self { reader: Reader::default(), message }
    }

    /// Takes the next bytes and appends the events that they complete.
    ///
    /// # Errors
    /// [`Garbled`]; the stream must be abandoned.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), Garbled> {
        let message = &mut self.message;
        self.reader.push(bytes, &mut |name, data| message.event(name, data, events))
    }

    /// The upstream closed the stream.
    ///
    /// # Errors
    /// [`Garbled`] when it closed before its terminal event.
    pub fn finish(&mut self, _events: &mut Vec<Event>) -> Result<(), Garbled> {
        match self.message.stage {
            Stage::Ended if !self.reader.is_midway() => Ok(()),
            Stage::Failed => Ok(()),
            Stage::Ended | Stage::Before | Stage::Blocks | Stage::Stopped => {
                Err(Garbled("the stream ended before the message did".to_owned()))
            }
        }
    }
}

/// How far the message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Before,
    Blocks,
    Stopped,
    Ended,
    Failed,
}

/// The block that stands open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
    Redacted,
    /// Whether arguments came already, and whether they came whole with the start.
    Tool {
        any: bool,
        whole: bool,
    },
}

#[derive(Debug, Default)]
struct Message {
    stage: Stage,
    open: Option<Kind>,
    /// The index of the open block, or of the next one.
    index: u32,
    tally: Tally,
    /// The stop texts that the call asked for.
    asked: Vec<Text>,
}

impl Message {
    fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Garbled> {
        // Engines that speak this format beside OpenAI's end both alike.
        let done = self.stage == Stage::Ended && name.is_empty() && data == DONE;
        if self.stage == Stage::Failed || done {
            return Ok(());
        }
        let value = json::parse(data.as_bytes()).map_err(|error| Garbled(error.to_string()))?;
        let mut fields = Fields::open(value, "").map_err(garbled)?;
        let kind = fields.required_string("type").map_err(garbled)?;
        if !name.is_empty() && name != kind {
            return Err(Garbled("an event says two things about its type".to_owned()));
        }
        match (kind.as_str(), self.stage) {
            ("ping", _) => Ok(()),
            ("error", _) => {
                self.stage = Stage::Failed;
                let error = fields.take("error").unwrap_or(Value::Null);
                events.push(Event::Failed(complaint(&Value::Object(vec![("error".to_owned(), error)]))));
                Ok(())
            }
            ("message_start", Stage::Before) => self.start(&mut fields, events),
            ("content_block_start", Stage::Blocks) => self.open(&mut fields, events),
            ("content_block_delta", Stage::Blocks) => self.delta(&mut fields, events),
            ("content_block_stop", Stage::Blocks) => self.close(&mut fields, events),
            ("message_delta", Stage::Blocks | Stage::Stopped) => self.end_of_blocks(&mut fields, events),
            ("message_stop", Stage::Stopped) => {
                self.stage = Stage::Ended;
                events.push(Event::End);
                Ok(())
            }
            (
                "message_start"
                | "content_block_start"
                | "content_block_delta"
                | "content_block_stop"
                | "message_delta"
                | "message_stop",
                _,
            ) => Err(Garbled(format!("`{kind}` stands in the wrong place"))),
            (_, Stage::Ended) => Err(Garbled("something came after the end".to_owned())),
            (_, Stage::Before | Stage::Blocks | Stage::Stopped | Stage::Failed) => Ok(()),
        }
    }

    fn start(&mut self, fields: &mut Fields, events: &mut Vec<Event>) -> Result<(), Garbled> {
        let mut message = part(fields, "message")?;
        let id = message.required_string("id").map_err(garbled)?;
        let model = message.required_string("model").map_err(garbled)?;
        if message.array("content").map_err(garbled)?.is_some_and(|content| !content.is_empty()) {
            return Err(Garbled("a message starts with content".to_owned()));
        }
        if let Some(usage) = message.take("usage") {
            self.tally.update(usage, "message.usage")?;
        }
        self.stage = Stage::Blocks;
        events.push(Event::Start { id, model, created: 0, usage: Some(self.tally.usage()) });
        Ok(())
    }

    fn open(&mut self, fields: &mut Fields, events: &mut Vec<Event>) -> Result<(), Garbled> {
        if self.open.is_some() {
            return Err(Garbled("a block starts before the last one stops".to_owned()));
        }
        self.check_index(fields)?;
        let mut block = part(fields, "content_block")?;
        let kind = block.required_string("type").map_err(garbled)?;
        let (choice, index) = (0, self.index);
        let mut opened = |kind| events.push(Event::Open { choice, block: index, kind });
        match kind.as_str() {
            "text" => {
                opened(Opened::Text);
                self.open = Some(Kind::Text);
                let citations = block.array("citations").map_err(garbled)?.unwrap_or_default();
                self.text(Channel::Text, block.text("text").map_err(garbled)?, events);
                events.extend(citations.into_iter().map(|value| Event::Annotate { choice, block: index, value }));
            }
            "thinking" => {
                opened(Opened::Reasoning { id: None });
                self.open = Some(Kind::Thinking);
                self.text(Channel::Reasoning, block.text("thinking").map_err(garbled)?, events);
                self.seal(false, seal(&mut block, "signature")?, events);
            }
            "redacted_thinking" => {
                opened(Opened::Reasoning { id: None });
                self.open = Some(Kind::Redacted);
                self.seal(true, Some(sealed_data(&mut block)?), events);
            }
            "tool_use" => {
                let id = block.required_string("id").map_err(garbled)?;
                must_be_id(&id, "content_block.id").map_err(garbled)?;
                let name = block.required_text("name").map_err(garbled)?;
                check_caller(&mut block)?;
                opened(Opened::ToolCall { id, name, custom: false });
                // The provider starts with an empty object and streams the text; engines that speak its format may send
                // the whole object at once.
                let whole = match block.take("input") {
                    None => None,
                    Some(Value::Object(entries)) if entries.is_empty() => None,
                    Some(input @ Value::Object(_)) => Some(Text(input.to_text())),
                    Some(_) => return Err(Garbled("the input of a tool call is not an object".to_owned())),
                };
                self.open = Some(Kind::Tool { any: whole.is_some(), whole: whole.is_some() });
                self.text(Channel::Arguments, whole, events);
            }
            other => return Err(unknown_block(other)),
        }
        Ok(())
    }

    fn delta(&mut self, fields: &mut Fields, events: &mut Vec<Event>) -> Result<(), Garbled> {
        self.check_index(fields)?;
        let mut delta = part(fields, "delta")?;
        let kind = delta.required_string("type").map_err(garbled)?;
        match (kind.as_str(), self.open) {
            ("text_delta", Some(Kind::Text)) => {
                self.text(Channel::Text, Some(delta.required_text("text").map_err(garbled)?), events);
            }
            ("citations_delta", Some(Kind::Text)) => {
                let value = delta.require("citation").map_err(garbled)?;
                events.push(Event::Annotate { choice: 0, block: self.index, value });
            }
            ("thinking_delta", Some(Kind::Thinking)) => {
                self.text(Channel::Reasoning, Some(delta.required_text("thinking").map_err(garbled)?), events);
            }
            ("signature_delta", Some(Kind::Thinking)) => {
                self.seal(false, seal(&mut delta, "signature")?, events);
            }
            ("input_json_delta", Some(Kind::Tool { any, whole: false })) => {
                let text = delta.required_text("partial_json").map_err(garbled)?;
                self.open = Some(Kind::Tool { any: any || !text.is_empty(), whole: false });
                self.text(Channel::Arguments, Some(text), events);
            }
            _ => return Err(Garbled("a delta does not belong to the open block".to_owned())),
        }
        Ok(())
    }

    fn close(&mut self, fields: &mut Fields, events: &mut Vec<Event>) -> Result<(), Garbled> {
        self.check_index(fields)?;
        match self.open.take() {
            None => return Err(Garbled("a block stops that never started".to_owned())),
            // A tool without arguments: an empty object, as the whole answer would say it.
            Some(Kind::Tool { any: false, .. }) => self.text(Channel::Arguments, Some("{}".into()), events),
            Some(Kind::Text | Kind::Thinking | Kind::Redacted | Kind::Tool { any: true, .. }) => {}
        }
        events.push(Event::Close { choice: 0, block: self.index });
        self.index = self.index.checked_add(1).ok_or_else(|| Garbled("there are too many blocks".to_owned()))?;
        Ok(())
    }

    fn end_of_blocks(&mut self, fields: &mut Fields, events: &mut Vec<Event>) -> Result<(), Garbled> {
        if self.open.is_some() {
            return Err(Garbled("the message ends before its last block".to_owned()));
        }
        if let Some(mut delta) = fields.object("delta").map_err(garbled)? {
            let text = delta.text("stop_sequence").map_err(garbled)?;
            if let Some(reason) = delta.string("stop_reason").map_err(garbled)? {
                if self.stage == Stage::Stopped {
                    return Err(Garbled("the message ends twice".to_owned()));
                }
                self.stage = Stage::Stopped;
                events.push(Event::Stop { choice: 0, stop: stop(&reason, text, &self.asked)? });
            }
        }
        if let Some(usage) = fields.take("usage") {
            self.tally.update(usage, "usage")?;
            events.push(Event::Usage(self.tally.usage()));
        }
        Ok(())
    }

    fn text(&self, channel: Channel, text: Option<Text>, events: &mut Vec<Event>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            events.push(Event::Delta { choice: 0, block: self.index, channel, text, logprobs: None });
        }
    }

    fn seal(&self, sealed: bool, text: Option<Text>, events: &mut Vec<Event>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            events.push(Event::Seal { choice: 0, block: self.index, sealed, text });
        }
    }

    fn check_index(&self, fields: &mut Fields) -> Result<(), Garbled> {
        match fields.u32("index").map_err(garbled)? {
            Some(index) if index == self.index => Ok(()),
            _ => Err(Garbled("an event names a block out of order".to_owned())),
        }
    }
}

fn part(fields: &mut Fields, key: &str) -> Result<Fields, Garbled> {
    fields.object(key).map_err(garbled)?.ok_or_else(|| Garbled(format!("`{key}` is missing")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Stop, Usage};
    use crate::call::{Door, Task};

    const START: &str = r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}}"#;
    const STOP: &str = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":9}}"#;
    const END: &str = r#"{"type":"message_stop"}"#;

    fn sse(datas: &[&str]) -> String {
        let mut stream = String::new();
        for data in datas {
            let value = json::parse(data.as_bytes()).unwrap();
            let name = value.field("type").and_then(Value::as_str).unwrap();
            stream.push_str(&format!("event: {name}\ndata: {data}\n\n"));
        }
        stream
    }

    fn decode(stream: &str, chunk: usize) -> Result<Vec<Event>, Garbled> {
        let call = Call {
            door: Door::Messages,
            model: "m".to_owned(),
            task: Task::Generate(Box::default()),
            unmodelled: vec![],
        };
        let (mut decoder, mut events) = (Decoder::new(&call), Vec::new());
        for bytes in stream.as_bytes().chunks(chunk) {
            decoder.push(bytes, &mut events)?;
        }
        decoder.finish(&mut events)?;
        Ok(events)
    }

    /// Decodes blocks between a start and a good end; gives what came between the start and the stop.
    fn blocks(datas: &[&str]) -> Vec<Event> {
        let whole: Vec<&str> = [START].iter().chain(datas).chain(&[STOP, END]).copied().collect();
        let events = decode(&sse(&whole), 7).unwrap();
        let (first, rest) = events.split_first().unwrap();
        assert!(matches!(first, Event::Start { .. }));
        let (between, end) = rest.split_at(rest.len() - 3);
        assert!(matches!(end, [Event::Stop { stop: Stop::End, .. }, Event::Usage(_), Event::End]), "{end:?}");
        between.to_vec()
    }

    fn garbled(datas: &[&str]) {
        let stream = sse(datas);
        assert!(decode(&stream, stream.len()).is_err(), "{stream}");
    }

    fn delta(channel: Channel, block: u32, text: &str) -> Event {
        Event::Delta { choice: 0, block, channel, text: text.into(), logprobs: None }
    }

    #[test]
    fn thinking_text_and_a_tool_call_are_read_in_order() {
        let read = blocks(&[
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm","estimated_tokens":5}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"Eq\/+="}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"gr\u00fcn"}}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location"}}}"#,
            r#"{"type":"content_block_stop","index":1}"#,
            r#"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"f","input":{},"caller":{"type":"direct"}}}"#,
            r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}}"#,
            r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":":1}"}}"#,
            r#"{"type":"content_block_stop","index":2}"#,
        ]);
        let tool = Opened::ToolCall { id: "t".to_owned(), name: "f".into(), custom: false };
        assert_eq!(
            read,
            [
                Event::Open { choice: 0, block: 0, kind: Opened::Reasoning { id: None } },
                delta(Channel::Reasoning, 0, "hm"),
                Event::Seal { choice: 0, block: 0, sealed: false, text: "Eq/+=".into() },
                Event::Close { choice: 0, block: 0 },
                Event::Open { choice: 0, block: 1, kind: Opened::Text },
                delta(Channel::Text, 1, "gr\u{fc}n"),
                Event::Annotate { choice: 0, block: 1, value: json::parse(br#"{"type":"char_location"}"#).unwrap() },
                Event::Close { choice: 0, block: 1 },
                Event::Open { choice: 0, block: 2, kind: tool },
                delta(Channel::Arguments, 2, "{\"a\""),
                delta(Channel::Arguments, 2, ":1}"),
                Event::Close { choice: 0, block: 2 },
            ]
        );
    }

    #[test]
    fn a_tool_call_without_arguments_has_an_empty_object() {
        let start = r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#;
        let read = blocks(&[start, r#"{"type":"content_block_stop","index":0}"#]);
        assert_eq!(read[1], delta(Channel::Arguments, 0, "{}"));
    }

    #[test]
    fn sealed_thinking_comes_in_one_piece() {
        let start =
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"Eq=="}}"#;
        let read = blocks(&[start, r#"{"type":"content_block_stop","index":0}"#]);
        assert_eq!(read[1], Event::Seal { choice: 0, block: 0, sealed: true, text: "Eq==".into() });
    }

    #[test]
    fn tokens_are_counted_over_the_whole_stream() {
        let events = decode(&sse(&[START, STOP, END]), 1).unwrap();
        let usage = Usage { input_tokens: 7, output_tokens: 9, cache_read_tokens: 4, ..Usage::default() };
        assert!(events.contains(&Event::Usage(usage)));
    }

    #[test]
    fn an_error_in_the_middle_is_told_and_ends_the_stream() {
        let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"later"}}"#;
        let events = decode(&sse(&[START, error, END]), 5).unwrap();
        let Some(Event::Failed(failed)) = events.last() else { panic!("{events:?}") };
        assert_eq!((failed.code.as_str(), failed.message.as_str()), ("overloaded_error", "later"));
    }

    #[test]
    fn what_breaks_the_grammar_is_no_answer() {
        let open = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
        let close = r#"{"type":"content_block_stop","index":0}"#;
        let say = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}"#;
        garbled(&[START]);
        garbled(&[START, STOP]);
        garbled(&[START, END]);
        garbled(&[open]);
        garbled(&[START, START]);
        garbled(&[START, open, open]);
        garbled(&[START, open, STOP, END]);
        garbled(&[START, say]);
        garbled(&[START, close]);
        garbled(&[START, open, close, say]);
        garbled(&[START, STOP, open]);
        garbled(&[START, STOP, STOP, END]);
        garbled(&[START, STOP, END, open]);
        garbled(&[START, open, r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"x"}}"#]);
        garbled(&[
            START,
            open,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"x"}}"#,
        ]);
        garbled(&[
            START,
            open,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"hologram_delta","text":"x"}}"#,
        ]);
        garbled(&[
            START,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"1"}}"#,
        ]);
        garbled(&[START, r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#]);
        garbled(&[
            START,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"in prose"}}"#,
        ]);
        garbled(&[
            START,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"in prose","name":"t"}}"#,
        ]);
        garbled(&[
            r#"{"type":"message_start","message":{"id":"1","model":"m","content":[{"type":"text","text":"x"}]}}"#,
        ]);
    }

    #[test]
    fn an_event_that_says_two_things_about_its_type_is_no_answer() {
        assert!(decode(&format!("event: ping\ndata: {START}\n\n"), 9).is_err());
        assert!(decode("data: {\"type\":\"ping\",\"type\":\"error\"}\n\n", 9).is_err());
        assert!(decode("data: [DONE]\n\n", 9).is_err());
    }

    #[test]
    fn the_end_of_an_openai_stream_may_follow_the_end_and_nothing_else() {
        let whole = sse(&[START, STOP, END]);
        assert!(decode(&format!("{whole}data: [DONE]\n\n"), 9).is_ok());
        assert!(decode(&format!("{}data: [DONE]\n\n{}", sse(&[START]), sse(&[STOP, END])), 9).is_err());
        assert!(decode(&format!("{whole}data: [DONE]x\n\n"), 9).is_err());
    }

    #[test]
    fn an_event_of_an_unknown_type_is_passed_over() {
        let events = decode(&sse(&[START, r#"{"type":"weather","text":"rain"}"#, STOP, END]), 64).unwrap();
        assert_eq!(events.len(), 4);
    }

    #[test]
    fn half_an_event_and_a_hang_up_is_no_answer() {
        let whole = sse(&[START, STOP, END]);
        assert!(decode(whole.get(..whole.len() - 1).unwrap(), 16).is_err());
        assert!(decode(&format!("{whole}data: x"), 16).is_err());
    }
}

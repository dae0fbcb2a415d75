//! Writes a streamed answer as Anthropic's events.
//!
//! The format has one open block at a time. Another upstream may interleave: text that another block interrupts goes on
//! in a new block; what arrives for a block while a tool call is open waits until that call is whole.

use serde::Serialize;

use crate::answer::{Channel, Event, Opened, Stop, Usage};
use crate::front::messages::write::{Tokens, cannot, error, is_citation, message_id, stop};
use crate::front::{Echo, ErrorBody, Unwritable};
use crate::json::Value;
use crate::text::Text;

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
        }
    }

    /// Appends the bytes of `event` to `out`.
    ///
    /// # Errors
    /// [`Unwritable`] names what the format cannot say: a second answer, a free-form tool call, foreign annotations.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match event {
            Event::Start { usage, .. } => return self.start(usage.as_ref(), out),
            _ if !self.started => return Err(cannot("an event before its start")),
            _ if self.ended => return Err(cannot("an event after its end")),
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
            Event::Failed(_) => {
                self.failed(out);
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
            Piece::Delta(Channel::Text | Channel::Refusal, text) => Added::TextDelta { text },
            Piece::Delta(Channel::Reasoning | Channel::Summary, text) => Added::ThinkingDelta { thinking: text },
            Piece::Delta(Channel::Arguments, text) => Added::InputJsonDelta { partial_json: text },
            Piece::Signature(text) | Piece::Sealed(text) => Added::SignatureDelta { signature: text },
            Piece::Citation(citation) => Added::CitationsDelta { citation },
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

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire<'a> {
    MessageStart { message: Started<'a> },
    ContentBlockStart { index: u32, content_block: Begun<'a> },
    ContentBlockDelta { index: u32, delta: Added<'a> },
    ContentBlockStop { index: u32 },
    MessageDelta { delta: Ended<'a>, usage: Tokens<'a> },
    MessageStop,
}

impl Wire<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "message_start",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop => "message_stop",
        }
    }
}

#[derive(Serialize)]
struct Started<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: &'a str,
    content: [(); 0],
    stop_reason: Option<&'static str>,
    stop_sequence: Option<&'static str>,
    usage: Tokens<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Begun<'a> {
    Text { text: &'a str },
    Thinking { thinking: &'a str, signature: &'a str },
    RedactedThinking { data: &'a str },
    ToolUse { id: &'a str, name: &'a str, input: Empty },
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Added<'a> {
    TextDelta { text: &'a str },
    ThinkingDelta { thinking: &'a str },
    SignatureDelta { signature: &'a str },
    InputJsonDelta { partial_json: &'a str },
    CitationsDelta { citation: &'a Value },
}

#[derive(Serialize)]
struct Ended<'a> {
    stop_reason: Option<&'static str>,
    stop_sequence: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::UpstreamError;
    use crate::call::Door;
    use crate::json;

    fn encoder() -> Encoder {
        let (door, model, record) = (Door::Messages, "auto".to_owned(), "01ABC".to_owned());
        Encoder::new(&Echo { door, model, record, now: 0, stream_usage: false, base64: false, responses: None })
    }

    fn start() -> Event {
        Event::Start { id: "x".to_owned(), model: "y".to_owned(), created: 0, usage: None }
    }

    fn open(block: u32, kind: Opened) -> Event {
        Event::Open { choice: 0, block, kind }
    }

    fn tool(id: &str) -> Opened {
        Opened::ToolCall { id: id.to_owned(), name: "t".into(), custom: false }
    }

    fn say(block: u32, channel: Channel, text: &str) -> Event {
        Event::Delta { choice: 0, block, channel, text: text.into(), logprobs: None }
    }

    fn close(block: u32) -> Event {
        Event::Close { choice: 0, block }
    }

    fn encode(events: &[Event]) -> Result<String, Unwritable> {
        let (mut encoder, mut out) = (encoder(), Vec::new());
        for event in events {
            encoder.event(event, &mut out)?;
        }
        Ok(String::from_utf8(out).unwrap())
    }

    /// Encodes these events between a start and an end; gives what each block says, and checks the grammar.
    fn check(between: &[Event], expected: &[&str]) {
        let mut events = vec![start()];
        events.extend_from_slice(between);
        events.extend([Event::Stop { choice: 0, stop: Stop::End }, Event::End]);
        let stream = encode(&events).unwrap();
        let mut blocks: Vec<String> = Vec::new();
        let mut is_open = false;
        for chunk in stream.trim_end().split("\n\n") {
            let (name, data) = chunk.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
            let value = json::parse(data.as_bytes()).unwrap();
            assert_eq!(value.field("type").and_then(Value::as_str), Some(name));
            let index = value.field("index").map(Value::to_text);
            match name {
                "content_block_start" => {
                    assert!(!is_open && index == Some(blocks.len().to_string()), "{stream}");
                    is_open = true;
                    blocks.push(value.field("content_block").unwrap().to_text());
                }
                "content_block_delta" | "content_block_stop" => {
                    assert!(is_open && index == Some((blocks.len() - 1).to_string()), "{stream}");
                    is_open = name != "content_block_stop";
                    if let Some(Value::Object(delta)) = value.field("delta") {
                        blocks.last_mut().unwrap().push_str(&format!(" {}", delta[1].1.to_text()));
                    }
                }
                _ => assert!(!is_open, "{stream}"),
            }
        }
        assert_eq!(blocks, expected, "{stream}");
        assert!(stream.ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
    }

    #[test]
    fn a_stream_is_written_in_the_formats_grammar() {
        let usage = Usage { input_tokens: 9, output_tokens: 2, ..Usage::default() };
        let events = [
            start(),
            open(0, Opened::Text),
            say(0, Channel::Text, "gr\u{fc}n\n"),
            close(0),
            Event::Stop { choice: 0, stop: Stop::StopText(Some("END".into())) },
            Event::Usage(usage),
            Event::End,
        ];
        let expected = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_01ABC","type":"message","role":"assistant","model":"auto","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"grün\n"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"},"usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2}}

event: message_stop
data: {"type":"message_stop"}

"#;
        assert_eq!(encode(&events).unwrap(), expected);
    }

    #[test]
    fn thinking_has_its_signature_and_sealed_thinking_its_data_in_one_piece() {
        let seal = |block, sealed, text: &str| Event::Seal { choice: 0, block, sealed, text: text.into() };
        check(
            &[
                open(0, Opened::Reasoning { id: None }),
                say(0, Channel::Reasoning, "hm"),
                seal(0, false, "Eq/+="),
                close(0),
                open(1, Opened::Reasoning { id: None }),
                seal(1, true, "ab"),
                seal(1, true, "cd"),
                close(1),
                open(2, Opened::Reasoning { id: None }),
                close(2),
            ],
            &[
                r#"{"type":"thinking","thinking":"","signature":""} "hm" "Eq/+=""#,
                r#"{"type":"redacted_thinking","data":"abcd"}"#,
            ],
        );
    }

    #[test]
    fn text_that_another_block_interrupts_goes_on_in_a_new_one() {
        check(
            &[
                open(0, Opened::Reasoning { id: None }),
                open(1, Opened::Text),
                say(0, Channel::Reasoning, "a"),
                say(1, Channel::Text, "b"),
                say(0, Channel::Reasoning, "c"),
                close(0),
                say(1, Channel::Text, "d"),
            ],
            &[
                r#"{"type":"thinking","thinking":"","signature":""} "a""#,
                r#"{"type":"text","text":""} "b""#,
                r#"{"type":"thinking","thinking":"","signature":""} "c""#,
                r#"{"type":"text","text":""} "d""#,
            ],
        );
    }

    #[test]
    fn tool_calls_that_come_at_once_are_written_one_after_the_other() {
        let first = r#"{"type":"tool_use","id":"1","name":"t","input":{}} "{" "}""#;
        let second = r#"{"type":"tool_use","id":"2","name":"t","input":{}} "[" "]""#;
        let third = r#"{"type":"tool_use","id":"3","name":"t","input":{}}"#;
        let begun = [
            open(0, tool("1")),
            open(1, tool("2")),
            open(2, tool("3")),
            say(0, Channel::Arguments, "{"),
            say(1, Channel::Arguments, "["),
        ];
        let ends = [
            [say(0, Channel::Arguments, "}"), close(0), say(1, Channel::Arguments, "]"), close(1), close(2)],
            [say(1, Channel::Arguments, "]"), close(1), close(2), say(0, Channel::Arguments, "}"), close(0)],
            [close(2), say(1, Channel::Arguments, "]"), say(0, Channel::Arguments, "}"), close(0), close(1)],
        ];
        for end in ends {
            check(&[begun.as_slice(), end.as_slice()].concat(), &[first, second, third]);
        }
        let unclosed = [say(1, Channel::Arguments, "]"), say(0, Channel::Arguments, "}")];
        check(&[begun.as_slice(), unclosed.as_slice()].concat(), &[first, second, third]);
    }

    #[test]
    fn text_that_comes_while_a_tool_call_is_open_waits_for_its_end() {
        check(
            &[
                open(0, Opened::Text),
                say(0, Channel::Text, "a"),
                open(1, tool("1")),
                say(0, Channel::Text, "b"),
                say(1, Channel::Arguments, "{}"),
                close(0),
                close(1),
            ],
            &[
                r#"{"type":"text","text":""} "a""#,
                r#"{"type":"tool_use","id":"1","name":"t","input":{}} "{}""#,
                r#"{"type":"text","text":""} "b""#,
            ],
        );
    }

    #[test]
    fn a_refusal_in_words_is_text_and_says_so_at_the_end() {
        let events = [
            start(),
            open(0, Opened::Refusal),
            say(0, Channel::Refusal, "no"),
            close(0),
            Event::Stop { choice: 0, stop: Stop::End },
            Event::End,
        ];
        assert!(encode(&events).unwrap().contains(r#""stop_reason":"refusal""#));
    }

    #[test]
    fn what_the_format_cannot_say_is_a_fault() {
        let fails = |event: Event| encode(&[start(), event]).unwrap_err().0;
        assert_eq!(fails(Event::Open { choice: 1, block: 0, kind: Opened::Text }), "several answers");
        let free = Opened::ToolCall { id: "1".to_owned(), name: "t".into(), custom: true };
        assert_eq!(fails(open(0, free)), "a free-form tool call");
        assert_eq!(fails(say(3, Channel::Text, "x")), "a piece of a block that is not open");
        assert_eq!(encode(&[close(0)]).unwrap_err().0, "an event before its start");
    }

    #[test]
    fn a_failure_of_the_upstream_is_told_once_and_without_its_words() {
        let (mut encoder, mut out) = (encoder(), Vec::new());
        let failed = UpstreamError { code: "x".to_owned(), message: "key sk-1234 is bad".into() };
        encoder.event(&start(), &mut out).unwrap();
        encoder.event(&Event::Failed(failed), &mut out).unwrap();
        let once = out.len();
        encoder.failed(&mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.len() == once && text.contains("event: error\ndata: {\"type\":\"error\"") && !text.contains("sk-1234")
        );
    }
}

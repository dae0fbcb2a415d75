//! Writes a streamed answer as chat completion chunks.

use serde::Serialize;

use super::{answer, error_event, finish_reason};
use crate::answer::{Channel, Event, Opened, Usage};
use crate::front::usage::Written;
use crate::front::{Echo, ErrorBody, Unwritable};
use crate::json::Value;

/// Writes chunks. What every chunk has in common is rendered once, when the answer starts.
#[derive(Debug)]
pub struct Encoder {
    id: String,
    model: String,
    now: u64,
    with_usage: bool,
    /// `data: {"id":…,"model":…`
    head: Vec<u8>,
    usage: Option<Usage>,
    /// Choices whose role was told.
    begun: Vec<u32>,
    tools: Vec<OpenTool>,
}

/// A tool call that was begun; chunks number the tool calls of a choice apart from its other blocks.
#[derive(Debug)]
struct OpenTool {
    choice: u32,
    block: u32,
    index: u32,
    custom: bool,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    delta: Delta<'a>,
    logprobs: Option<&'a Value>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[ToolDelta<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<[Value; 1]>,
}

#[derive(Serialize)]
struct ToolDelta<'a> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<FunctionDelta<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom: Option<CustomDelta<'a>>,
}

#[derive(Serialize)]
struct FunctionDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    arguments: &'a str,
}

#[derive(Serialize)]
struct CustomDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    input: &'a str,
}

impl Encoder {
    /// An encoder for the answer to the call that `echo` remembers.
    pub fn new(echo: &Echo) -> Self {
        Self {
            id: format!("chatcmpl-{}", echo.record),
            model: echo.model.clone(),
            now: echo.now,
            with_usage: echo.stream_usage,
            head: Vec::new(),
            usage: None,
            begun: Vec::new(),
            tools: Vec::new(),
        }
    }

    /// Appends the bytes of `event`. Signatures and sealed reasoning are left out, as in a whole answer.
    ///
    /// # Errors
    /// Something in the event that the format cannot say.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match event {
            Event::Start { created, usage, .. } => self.start(*created, *usage, out),
            Event::Open { choice, block, kind } => self.open(*choice, *block, kind, out),
            Event::Delta { choice, block, channel, text, logprobs } => {
                self.delta(*choice, *block, *channel, text, logprobs.as_ref(), out)
            }
            Event::Annotate { choice, value, .. } => {
                let delta = Delta { annotations: Some([answer::annotation(value)?]), ..Delta::default() };
                self.chunk(*choice, delta, None, None, out)
            }
            Event::Stop { choice, stop } => {
                self.begin(*choice, out)?;
                self.chunk(*choice, Delta::default(), None, Some(finish_reason(stop)?), out)
            }
            Event::Usage(usage) => {
                self.usage = Some(*usage);
                Ok(())
            }
            Event::Seal { .. } | Event::Close { .. } => Ok(()),
            Event::Failed(_) => Err(Unwritable("a failure of the upstream".to_owned())),
            Event::End => self.end(out),
        }
    }

    /// Appends the error as an event, after which the stream is closed without `[DONE]`.
    pub fn error(&mut self, error: &ErrorBody, out: &mut Vec<u8>) {
        error_event(error, out);
    }

    fn start(&mut self, created: u64, usage: Option<Usage>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        self.usage = usage;
        self.render_head(if created == 0 { self.now } else { created })?;
        // The role goes out at once, so that the caller's time to first chunk is the upstream's.
        self.begin(0, out)
    }

    fn render_head(&mut self, created: u64) -> Result<(), Unwritable> {
        #[derive(Serialize)]
        struct Head<'a> {
            id: &'a str,
            object: &'static str,
            created: u64,
            model: &'a str,
        }
        let head = Head { id: &self.id, object: "chat.completion.chunk", created, model: &self.model };
        self.head.clear();
        self.head.extend_from_slice(b"data: ");
        append(&head, &mut self.head)?;
        // The closing brace makes way for the fields that differ.
        self.head.pop();
        Ok(())
    }

    /// Tells the role of a choice that is new.
    fn begin(&mut self, choice: u32, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if self.begun.contains(&choice) {
            return Ok(());
        }
        self.begun.push(choice);
        let delta = Delta { role: Some("assistant"), content: Some(""), ..Delta::default() };
        self.chunk(choice, delta, None, None, out)
    }

    fn open(&mut self, choice: u32, block: u32, kind: &Opened, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        self.begin(choice, out)?;
        let Opened::ToolCall { id, name, custom } = kind else { return Ok(()) };
        let before = self.tools.iter().filter(|tool| tool.choice == choice).count();
        let index = u32::try_from(before).map_err(|_| Unwritable("too many tool calls".to_owned()))?;
        self.tools.push(OpenTool { choice, block, index, custom: *custom });
        let mut tool = ToolDelta { index, id: Some(id), r#type: Some("function"), function: None, custom: None };
        if *custom {
            tool.r#type = Some("custom");
            tool.custom = Some(CustomDelta { name: Some(name), input: "" });
        } else {
            tool.function = Some(FunctionDelta { name: Some(name), arguments: "" });
        }
        self.chunk(choice, Delta { tool_calls: Some([tool]), ..Delta::default() }, None, None, out)
    }

    fn delta(
        &mut self,
        choice: u32,
        block: u32,
        channel: Channel,
        text: &str,
        logprobs: Option<&Value>,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        self.begin(choice, out)?;
        let mut delta = Delta::default();
        match channel {
            Channel::Text => delta.content = Some(text),
            Channel::Refusal => delta.refusal = Some(text),
            Channel::Reasoning | Channel::Summary => delta.reasoning_content = Some(text),
            Channel::Arguments => {
                let open = self.tools.iter().rev().find(|tool| tool.choice == choice && tool.block == block);
                let open = open.ok_or_else(|| Unwritable("arguments of no tool call".to_owned()))?;
                let mut tool = ToolDelta { index: open.index, id: None, r#type: None, function: None, custom: None };
                if open.custom {
                    tool.custom = Some(CustomDelta { name: None, input: text });
                } else {
                    tool.function = Some(FunctionDelta { name: None, arguments: text });
                }
                delta.tool_calls = Some([tool]);
            }
        }
        self.chunk(choice, delta, logprobs, None, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if self.with_usage {
            #[derive(Serialize)]
            struct Last {
                choices: [(); 0],
                usage: Option<Written>,
            }
            self.line(&Last { choices: [], usage: self.usage.map(Written::from) }, out)?;
        }
        crate::sse::write("", b"[DONE]", out);
        Ok(())
    }

    fn chunk(
        &self,
        index: u32,
        delta: Delta<'_>,
        logprobs: Option<&Value>,
        finish_reason: Option<&'static str>,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        #[derive(Serialize)]
        struct Chunk<'a> {
            choices: [Choice<'a>; 1],
        }
        self.line(&Chunk { choices: [Choice { index, delta, logprobs, finish_reason }] }, out)
    }

    /// Appends one event: the head, then the fields of `rest`.
    fn line(&self, rest: &impl Serialize, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.extend_from_slice(&self.head);
        let brace = out.len();
        append(rest, out)?;
        // The object goes on: the brace that opens `rest` becomes a comma.
        if let Some(byte) = out.get_mut(brace) {
            *byte = b',';
        }
        out.extend_from_slice(b"\n\n");
        Ok(())
    }
}

fn append(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    serde_json::to_writer(out, value).map_err(|_| Unwritable("something that is not JSON".to_owned()))
}

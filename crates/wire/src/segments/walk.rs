//! The walk over a call or an answer, written once and made twice: over shared references, to inspect, and over unique
//! ones, to edit. So both see the same strings in the same order. Structs are taken apart without `..` and matches have
//! no wildcard arm: whoever adds a field or a variant decides here what it is.

use super::{Content, ELSEWHERE_MEDIA_TYPE, NUMBERS_MAX, NUMBERS_MEDIA_TYPE, Origin, SEALED_MEDIA_TYPE, Segment};
use crate::json::Value;

/// Collects segments.
#[derive(Default)]
pub(super) struct Reading<'a> {
    pub(super) segments: Vec<Segment<'a>>,
}

impl<'a> Reading<'a> {
    fn text(&mut self, origin: Origin, text: &'a str) {
        self.segments.push(Segment { origin, content: Content::Text(text) });
    }

    fn fixed(&mut self, origin: Origin, text: &'a str) {
        self.text(origin, text);
    }

    fn opaque(&mut self, origin: Origin, media_type: &'a str, bytes: usize) {
        self.segments.push(Segment { origin, content: Content::Opaque { media_type, bytes, base64: None } });
    }

    fn inline(&mut self, origin: Origin, media_type: &'a str, base64: &'a str) {
        let bytes = decoded_bytes(base64);
        self.segments.push(Segment { origin, content: Content::Opaque { media_type, bytes, base64: Some(base64) } });
    }
}

/// Hands out texts, counting what [`Reading`] would collect.
pub(super) struct Editing<'a> {
    next: usize,
    edit: &'a mut dyn FnMut(usize, Origin, &mut String),
}

impl<'a> Editing<'a> {
    pub(super) fn new(edit: &'a mut dyn FnMut(usize, Origin, &mut String)) -> Self {
        Self { next: 0, edit }
    }

    fn text(&mut self, origin: Origin, text: &mut String) {
        (self.edit)(self.next, origin, text);
        self.next += 1;
    }

    fn fixed(&mut self, _origin: Origin, _text: &str) {
        self.next += 1;
    }

    fn opaque(&mut self, _origin: Origin, _media_type: &str, _bytes: usize) {
        self.next += 1;
    }

    fn inline(&mut self, _origin: Origin, _media_type: &str, _base64: &str) {
        self.next += 1;
    }
}

/// The decoded size of base64 text, without looking at it.
fn decoded_bytes(base64: &str) -> usize {
    base64.len() / 4 * 3
}

/// How many numbers `value` holds.
fn numbers(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => 0,
        Value::Number(_) => 1,
        Value::Array(items) => items.iter().map(numbers).sum(),
        Value::Object(entries) => entries.iter().map(|(_, value)| numbers(value)).sum(),
    }
}

macro_rules! walk {
    ($module:ident, $sink:ident $(, $mutable:tt)?) => {
        pub(super) mod $module {
            use super::{
                $sink as Sink, ELSEWHERE_MEDIA_TYPE, callers, NUMBERS_MAX, NUMBERS_MEDIA_TYPE, Origin, SEALED_MEDIA_TYPE,
                numbers,
            };
            use crate::answer::{Answer, Choice, Embedded, Generated, Stop};
            use crate::call::{
                AnthropicHints, Block, BlockKind, CacheControl, Call, Complete, Embed, Generate, OutputFormat, Reasoning,
                ReasoningBlock, Role, Sampling, Source, Task, Thinking, Tool, ToolChoice, ToolInput, Turn, Unmodelled,
            };
            use crate::json::Value;
            use crate::text::Text;
            use Origin::{Assistant, Attachment, Document, Parameter, System, User};

            pub(in crate::segments) fn call<'a>(call: &'a $($mutable)? Call, out: &mut Sink<'a>) {
                // The alias is not sent: a destination is asked for its own model. The door is not sent either.
                let Call { door: _, model: _, task, unmodelled } = call;
                match task {
                    Task::Generate(task) | Task::CountTokens(task) => generate(task, out),
                    Task::Complete(task) => complete(task, out),
                    Task::Embed(task) => embed(task, out),
                }
                for field in unmodelled {
                    let Unmodelled { path, value } = field;
                    out.fixed(Parameter, path);
                    let numbers = numbers(value);
                    if numbers > NUMBERS_MAX {
                        out.opaque(Parameter, NUMBERS_MEDIA_TYPE, numbers);
                    }
                    json(value, Parameter, out);
                }
            }

            fn generate<'a>(generate: &'a $($mutable)? Generate, out: &mut Sink<'a>) {
                let Generate {
                    turns,
                    tools,
                    tool_choice,
                    parallel_tool_calls: _,
                    sampling,
                    max_output_tokens: _,
                    n: _,
                    format,
                    reasoning,
                    verbosity,
                    logprobs: _,
                    stream: _,
                    stream_usage: _,
                    user,
                    metadata,
                    service_tier,
                    prompt_cache_key,
                    anthropic,
                } = generate;
                turns.into_iter().for_each(|turn| self::turn(turn, out));
                tools.into_iter().for_each(|tool| self::tool(tool, out));
                match tool_choice {
                    None | Some(ToolChoice::Auto | ToolChoice::None | ToolChoice::Required) => {}
                    Some(ToolChoice::Named(name)) => text(name, Parameter, out),
                    Some(ToolChoice::Allowed { names, required: _ }) => texts(names, Parameter, out),
                }
                self::sampling(sampling, out);
                self::format(format, out);
                if let Some(reasoning) = reasoning {
                    let Reasoning { effort, summary, thinking, sealed: _ } = reasoning;
                    word(effort, out);
                    word(summary, out);
                    match thinking {
                        None
                        | Some(
                            Thinking::Disabled
                            | Thinking::Enabled { budget_tokens: _ }
                            | Thinking::Adaptive
                            | Thinking::BetweenTools,
                        ) => {}
                    }
                }
                word(verbosity, out);
                maybe(user, Parameter, out);
                for (key, value) in metadata {
                    text(key, Parameter, out);
                    text(value, Parameter, out);
                }
                word(service_tier, out);
                maybe(prompt_cache_key, Parameter, out);
                let AnthropicHints { betas, cache, keep_thinking: _, thinking_display } = anthropic;
                betas.iter().for_each(|beta| out.fixed(Parameter, beta));
                self::cache(cache, out);
                word(thinking_display, out);
            }

            fn complete<'a>(complete: &'a $($mutable)? Complete, out: &mut Sink<'a>) {
                let Complete {
                    prompts,
                    suffix,
                    echo: _,
                    best_of: _,
                    n: _,
                    sampling,
                    max_output_tokens: _,
                    logprobs: _,
                    stream: _,
                    stream_usage: _,
                    user,
                } = complete;
                texts(prompts, User, out);
                maybe(suffix, User, out);
                self::sampling(sampling, out);
                maybe(user, Parameter, out);
            }

            fn embed<'a>(embed: &'a $($mutable)? Embed, out: &mut Sink<'a>) {
                let Embed { inputs, single: _, dimensions: _, base64: _, user } = embed;
                texts(inputs, User, out);
                maybe(user, Parameter, out);
            }

            fn turn<'a>(turn: &'a $($mutable)? Turn, out: &mut Sink<'a>) {
                let Turn { role, name, content } = turn;
                let origin = match role {
                    Role::System | Role::Developer => System,
                    Role::User => User,
                    Role::Assistant => Assistant,
                    Role::Tool => Origin::Tool,
                };
                maybe(name, Parameter, out);
                blocks(content, origin, out);
            }

            fn blocks<'a>(blocks: &'a $($mutable)? Vec<Block>, origin: Origin, out: &mut Sink<'a>) {
                for block in blocks {
                    let Block { kind, cache } = block;
                    self::kind(kind, origin, out);
                    self::cache(cache, out);
                }
            }

            fn kind<'a>(kind: &'a $($mutable)? BlockKind, origin: Origin, out: &mut Sink<'a>) {
                match kind {
                    BlockKind::Text(said) | BlockKind::Refusal(said) => text(said, origin, out),
                    BlockKind::Cited { text: said, citations } => {
                        text(said, origin, out);
                        citations.into_iter().for_each(|citation| json(citation, Document, out));
                    }
                    BlockKind::Image { source, detail } => {
                        self::source(source, out);
                        word(detail, out);
                    }
                    BlockKind::File { source, name, context, citations: _ } => {
                        let origin = match source {
                            Source::Text(_) | Source::Blocks(_) => Document,
                            Source::Base64 { .. } | Source::Url(_) | Source::ProviderFile(_) => Attachment,
                        };
                        maybe(name, origin, out);
                        maybe(context, Document, out);
                        self::source(source, out);
                    }
                    BlockKind::Audio { source } => self::source(source, out),
                    BlockKind::SearchResult { source, title, content, citations: _ } => {
                        text(source, Document, out);
                        text(title, Document, out);
                        texts(content, Document, out);
                    }
                    BlockKind::ToolCall { id, name, arguments, custom: _ } => {
                        out.text(Parameter, id);
                        text(name, Parameter, out);
                        text(arguments, origin, out);
                    }
                    BlockKind::ToolResult { call_id, content, is_error: _, custom: _ } => {
                        out.text(Parameter, call_id);
                        blocks(content, Origin::Tool, out);
                    }
                    BlockKind::Reasoning(reasoning) => {
                        let ReasoningBlock { id, text: said, summary, signature, sealed } = reasoning;
                        word(id, out);
                        maybe(said, origin, out);
                        texts(summary, origin, out);
                        for seal in [signature, sealed].into_iter().flatten() {
                            out.opaque(origin, SEALED_MEDIA_TYPE, seal.len());
                        }
                    }
                }
            }

            fn source<'a>(source: &'a $($mutable)? Source, out: &mut Sink<'a>) {
                match source {
                    Source::Base64 { media_type, data } => {
                        out.inline(Attachment, callers(media_type), data.0.as_str());
                        out.text(Parameter, media_type);
                    }
                    Source::Text(said) => text(said, Document, out),
                    Source::Blocks(content) => blocks(content, Document, out),
                    Source::Url(url) => {
                        text(url, Parameter, out);
                        out.opaque(Attachment, ELSEWHERE_MEDIA_TYPE, 0);
                    }
                    Source::ProviderFile(id) => {
                        out.text(Parameter, id);
                        out.opaque(Attachment, ELSEWHERE_MEDIA_TYPE, 0);
                    }
                }
            }

            fn tool<'a>(tool: &'a $($mutable)? Tool, out: &mut Sink<'a>) {
                let Tool { name, description, input, strict: _, cache } = tool;
                text(name, Parameter, out);
                maybe(description, Parameter, out);
                match input {
                    ToolInput::Schema(object) | ToolInput::Custom(object) => {
                        if let Some(object) = object {
                            json(object, Parameter, out);
                        }
                    }
                }
                self::cache(cache, out);
            }

            fn sampling<'a>(sampling: &'a $($mutable)? Sampling, out: &mut Sink<'a>) {
                let Sampling {
                    temperature: _,
                    top_p: _,
                    top_k: _,
                    presence_penalty: _,
                    frequency_penalty: _,
                    seed: _,
                    stop,
                    logit_bias,
                } = sampling;
                texts(stop, Parameter, out);
                logit_bias.iter().for_each(|(token, _)| out.fixed(Parameter, token));
            }

            fn format<'a>(format: &'a $($mutable)? OutputFormat, out: &mut Sink<'a>) {
                match format {
                    OutputFormat::Text | OutputFormat::JsonObject => {}
                    OutputFormat::JsonSchema { name, description, schema, strict: _ } => {
                        text(name, Parameter, out);
                        maybe(description, Parameter, out);
                        json(schema, Parameter, out);
                    }
                }
            }

            fn cache<'a>(cache: &'a $($mutable)? Option<CacheControl>, out: &mut Sink<'a>) {
                if let Some(CacheControl { ttl }) = cache {
                    word(ttl, out);
                }
            }

            pub(in crate::segments) fn answer<'a>(answer: &'a $($mutable)? Answer, out: &mut Sink<'a>) {
                match answer {
                    Answer::Generated(generated) => self::generated(generated, out),
                    // Numbers alone; the model is told to callers by its alias.
                    Answer::Embedded(Embedded { model: _, vectors: _, usage: _ }) => {}
                    Answer::Counted { input_tokens: _ } => {}
                }
            }

            fn generated<'a>(generated: &'a $($mutable)? Generated, out: &mut Sink<'a>) {
                // Callers get our id and their alias; names of dropped fields go into the record alone.
                let Generated {
                    id: _,
                    model: _,
                    created: _,
                    fingerprint,
                    service_tier,
                    choices,
                    usage: _,
                    unmodelled: _,
                } = generated;
                word(fingerprint, out);
                word(service_tier, out);
                for choice in choices {
                    let Choice { index: _, content, annotations, logprobs, stop } = choice;
                    blocks(content, Assistant, out);
                    annotations.into_iter().for_each(|(_, annotation)| json(annotation, Assistant, out));
                    if let Some(logprobs) = logprobs {
                        json(logprobs, Assistant, out);
                    }
                    match stop {
                        Some(Stop::StopText(said)) => maybe(said, Assistant, out),
                        None
                        | Some(
                            Stop::End
                            | Stop::Length
                            | Stop::ToolCalls
                            | Stop::Refused
                            | Stop::Paused
                            | Stop::ContextFull,
                        ) => {}
                    }
                }
            }

            fn json<'a>(value: &'a $($mutable)? Value, origin: Origin, out: &mut Sink<'a>) {
                match value {
                    Value::Null | Value::Bool(_) => {}
                    Value::Number(number) => {
                        if let Some(digits) = number.text() {
                            out.fixed(origin, digits);
                        }
                    }
                    Value::String(said) => out.text(origin, said),
                    Value::Array(items) => items.into_iter().for_each(|item| json(item, origin, out)),
                    Value::Object(entries) => {
                        for (key, value) in entries {
                            out.fixed(origin, key);
                            json(value, origin, out);
                        }
                    }
                }
            }

            fn text<'a>(text: &'a $($mutable)? Text, origin: Origin, out: &mut Sink<'a>) {
                out.text(origin, & $($mutable)? text.0);
            }

            fn maybe<'a>(maybe: &'a $($mutable)? Option<Text>, origin: Origin, out: &mut Sink<'a>) {
                maybe.into_iter().for_each(|said| text(said, origin, out));
            }

            fn texts<'a>(texts: &'a $($mutable)? Vec<Text>, origin: Origin, out: &mut Sink<'a>) {
                texts.into_iter().for_each(|said| text(said, origin, out));
            }

            /// A word of the format itself, mostly one of a known few.
            fn word<'a>(word: &'a $($mutable)? Option<String>, out: &mut Sink<'a>) {
                word.into_iter().for_each(|word| out.text(Parameter, word));
            }
        }
    };
}

walk!(read, Reading);
walk!(edit, Editing, mut);

/// A media type as its caller wrote it. The names of our own kinds are ours: an attachment that borrows one is opaque like
/// any other, and not what that name would make of it.
fn callers(media_type: &str) -> &str {
    match media_type {
        SEALED_MEDIA_TYPE | ELSEWHERE_MEDIA_TYPE | NUMBERS_MEDIA_TYPE => "application/octet-stream",
        other => other,
    }
}

//! Properties: what the chat dialect writes the chat front reads as the same call, answers likewise, and any chunking of
//! a stream gives the same events.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "a test over files")]

use std::path::Path;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use wire::answer::{Answer, Choice, Event, Generated, Stop, Usage};
use wire::call::{
    Block, BlockKind, Call, Door, Generate, OutputFormat, Reasoning, ReasoningBlock, Role, Sampling, Source, Task,
    Tool, ToolChoice, ToolInput, Turn,
};
use wire::dialect::{Dialect, Target, Whole};
use wire::front::{self, Echo, Encoder, Headers};
use wire::json::Value;
use wire::text::Text;

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![any::<String>().prop_map(Text), "[a-z\"\\\\\u{fc}\n\u{2028}]{0,12}".prop_map(Text)]
}

fn filled() -> impl Strategy<Value = Text> {
    text().prop_filter("not empty", |text| !text.is_empty())
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_-]{1,12}"
}

fn name() -> impl Strategy<Value = Text> {
    word().prop_map(Text)
}

/// Any JSON object, as callers' schemas are.
fn object() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Number(number.into())),
        any::<String>().prop_map(Value::String),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::Array), entries(inner).prop_map(Value::Object)]
    });
    entries(value).prop_map(Value::Object)
}

fn entries(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Vec<(String, Value)>> {
    vec((any::<String>(), value), 0..4).prop_map(|mut entries| {
        entries.sort_by(|left, right| left.0.cmp(&right.0));
        entries.dedup_by(|left, right| left.0 == right.0);
        entries
    })
}

fn base64(media_type: &'static str) -> impl Strategy<Value = Source> {
    "([A-Za-z0-9+/]{4}){0,4}([A-Za-z0-9+/]{2}==)?"
        .prop_map(move |data| Source::Base64 { media_type: media_type.to_owned(), data: Text(data) })
}

fn turn(role: Role, content: impl Strategy<Value = Vec<BlockKind>>) -> impl Strategy<Value = Turn> {
    (option::of(name()), content).prop_map(move |(name, kinds)| {
        let content = kinds.into_iter().map(Block::from).collect();
        Turn { role, name, content }
    })
}

fn texts() -> impl Strategy<Value = Vec<BlockKind>> {
    vec(text().prop_map(BlockKind::Text), 1..3)
}

fn asked() -> impl Strategy<Value = Vec<BlockKind>> {
    let detail = option::of(prop_oneof![Just("low".to_owned()), Just("original".to_owned())]);
    let file = (base64("application/pdf"), option::of(text()));
    let part = prop_oneof![
        text().prop_map(BlockKind::Text),
        (base64("image/png"), detail).prop_map(|(source, detail)| BlockKind::Image { source, detail }),
        base64("audio/wav").prop_map(|source| BlockKind::Audio { source }),
        file.prop_map(|(source, name)| BlockKind::File { source, name, context: None, citations: false }),
    ];
    vec(part, 1..4)
}

fn tool_call() -> impl Strategy<Value = BlockKind> {
    let arguments = prop_oneof![object().prop_map(|value| Text(value.to_text())), "[a-z{]{0,5}".prop_map(Text)];
    (word(), name(), arguments).prop_map(|(id, name, arguments)| BlockKind::ToolCall {
        id,
        name,
        arguments,
        custom: false,
    })
}

/// What a model said: perhaps reasoning, perhaps text, perhaps tool calls; never nothing but an empty text.
fn said() -> impl Strategy<Value = Vec<BlockKind>> {
    (option::of(filled()), vec(filled().prop_map(BlockKind::Text), 0..2), vec(tool_call(), 0..3)).prop_map(
        |(reasoning, texts, calls)| {
            let reasoning = reasoning.map(|text| ReasoningBlock { text: Some(text), ..ReasoningBlock::default() });
            reasoning.map(BlockKind::Reasoning).into_iter().chain(texts).chain(calls).collect()
        },
    )
}

fn result() -> impl Strategy<Value = Vec<BlockKind>> {
    (word(), texts()).prop_map(|(call_id, kinds)| {
        let content = kinds.into_iter().map(Block::from).collect();
        vec![BlockKind::ToolResult { call_id, content, is_error: false, custom: false }]
    })
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let any_turn = prop_oneof![
        turn(Role::System, texts()),
        turn(Role::User, asked()),
        turn(Role::Assistant, said()),
        turn(Role::Tool, result()),
    ];
    vec(any_turn, 1..6)
}

fn tools() -> impl Strategy<Value = Vec<Tool>> {
    let tool = (name(), option::of(text()), option::of(object()), option::of(any::<bool>()));
    let tool = tool.prop_map(|(name, description, schema, strict)| {
        let input = ToolInput::Schema(schema);
        Tool { name, description, input, strict, cache: None }
    });
    vec(tool, 0..3)
}

fn sampling() -> impl Strategy<Value = Sampling> {
    let bias = vec(("[0-9]{1,6}", -100_i32..=100), 0..3).prop_map(|mut biases| {
        biases.sort();
        biases.dedup_by(|left, right| left.0 == right.0);
        biases.into_iter().map(|(token, bias)| (token, f64::from(bias) / 2.0)).collect()
    });
    let penalty = || option::of(-2.0..=2.0);
    let numbers = (option::of(0.0..=2.0), option::of(0.0..=1.0), option::of(any::<u64>()), penalty(), penalty());
    (numbers, option::of(any::<i64>()), vec(text(), 0..4), bias).prop_map(|(numbers, seed, stop, logit_bias)| {
        let (temperature, top_p, top_k, presence_penalty, frequency_penalty) = numbers;
        Sampling { temperature, top_p, top_k, presence_penalty, frequency_penalty, seed, stop, logit_bias }
    })
}

fn format() -> impl Strategy<Value = OutputFormat> {
    let schema = (name(), option::of(text()), object(), option::of(any::<bool>()));
    let schema = schema.prop_map(|(name, description, schema, strict)| OutputFormat::JsonSchema {
        name,
        description,
        schema,
        strict,
    });
    prop_oneof![Just(OutputFormat::Text), Just(OutputFormat::JsonObject), schema]
}

fn call() -> impl Strategy<Value = Call> {
    let choice = prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Required),
        name().prop_map(ToolChoice::Named)
    ];
    let effort = option::of(Just("high".to_owned()));
    let numbers = (option::of(1..u64::MAX), option::of(1..=128_u32), option::of(0..=20_u32));
    let flags = (any::<bool>(), option::of(any::<bool>()), option::of(text()));
    (turns(), tools(), option::of(choice), sampling(), format(), effort, numbers, flags).prop_map(
        |(turns, tools, tool_choice, sampling, format, effort, (max_output_tokens, n, logprobs), flags)| {
            let (stream, parallel_tool_calls, user) = flags;
            let reasoning = effort.map(|effort| Reasoning { effort: Some(effort), ..Reasoning::default() });
            let generate = Generate {
                turns,
                tools,
                tool_choice,
                parallel_tool_calls,
                sampling,
                max_output_tokens,
                n,
                format,
                reasoning,
                logprobs,
                stream,
                stream_usage: stream,
                user,
                ..Generate::default()
            };
            let task = Task::Generate(Box::new(generate));
            Call { door: Door::ChatCompletions, model: "auto".to_owned(), task, unmodelled: Vec::new() }
        },
    )
}

fn answer() -> impl Strategy<Value = Generated> {
    let stop = prop_oneof![Just(Stop::End), Just(Stop::Length), Just(Stop::Refused)];
    let choice = (said(), stop).prop_map(|(kinds, stop)| {
        let calls_tools = kinds.iter().any(|kind| matches!(kind, BlockKind::ToolCall { .. }));
        let mut content: Vec<Block> = Vec::new();
        for kind in kinds {
            content.push(kind.into());
        }
        if content.iter().all(|block| matches!(block.kind, BlockKind::Reasoning(_))) {
            content.push(BlockKind::Text(Text::default()).into());
        }
        let stop = if calls_tools { Stop::ToolCalls } else { stop };
        Choice { content, stop: Some(stop), ..Choice::default() }
    });
    let usage = option::of((any::<u32>(), any::<u32>(), any::<u32>())).prop_map(|usage| {
        usage.map(|(input, output, cached)| Usage {
            input_tokens: input.into(),
            output_tokens: output.into(),
            cache_read_tokens: cached.into(),
            ..Usage::default()
        })
    });
    (vec(choice, 1..3), usage, 1..u64::MAX).prop_map(|(mut choices, usage, created)| {
        (0..).zip(&mut choices).for_each(|(index, choice)| choice.index = index);
        let (id, model) = ("chatcmpl-rec1".to_owned(), "auto".to_owned());
        Generated { id, model, created, choices, usage, ..Generated::default() }
    })
}

/// The events of `bytes` cut at `cuts`, and whether the stream ended well.
fn events(dialect: Dialect, call: &Call, bytes: &[u8], cuts: &[usize]) -> (Vec<Event>, bool) {
    let (mut decoder, mut events, mut start) = (dialect.decoder(call), Vec::new(), 0);
    for end in cuts.iter().copied().chain([bytes.len()]) {
        if decoder.push(&bytes[start..end], &mut events).is_err() {
            return (events, false);
        }
        start = end;
    }
    let ended = decoder.finish(&mut events).is_ok();
    (events, ended)
}

fn plain_call() -> Call {
    let task = Task::Generate(Box::default());
    Call { door: Door::ChatCompletions, model: "auto".to_owned(), task, unmodelled: Vec::new() }
}

/// The events that an answer would have been, had it been streamed.
fn streamed(answer: &Generated) -> Vec<Event> {
    let echo = Echo::of(&plain_call(), "rec1", answer.created);
    let (mut encoder, mut out) = (Encoder::new(&Echo { stream_usage: true, ..echo }).unwrap(), Vec::new());
    let (id, model, created) = (answer.id.clone(), answer.model.clone(), answer.created);
    encoder.event(&Event::Start { id, model, created, usage: None }, &mut out).unwrap();
    for choice in &answer.choices {
        for (block, content) in (0..).zip(&choice.content) {
            open_and_say(choice.index, block, &content.kind)
                .into_iter()
                .for_each(|event| encoder.event(&event, &mut out).unwrap());
        }
        let stop = choice.stop.clone().unwrap();
        encoder.event(&Event::Stop { choice: choice.index, stop }, &mut out).unwrap();
    }
    answer.usage.iter().for_each(|usage| encoder.event(&Event::Usage(*usage), &mut out).unwrap());
    encoder.event(&Event::End, &mut out).unwrap();
    let (events, ended) = events(Dialect::OpenAiChat, &plain_call(), &out, &[]);
    assert!(ended);
    events
}

fn open_and_say(choice: u32, block: u32, kind: &BlockKind) -> Vec<Event> {
    use wire::answer::{Channel, Opened};
    let (opened, channel, text) = match kind {
        BlockKind::Text(text) => (Opened::Text, Channel::Text, text.clone()),
        BlockKind::Reasoning(block) => {
            (Opened::Reasoning { id: None }, Channel::Reasoning, block.text.clone().unwrap())
        }
        BlockKind::ToolCall { id, name, arguments, custom } => {
            let opened = Opened::ToolCall { id: id.clone(), name: name.clone(), custom: *custom };
            (opened, Channel::Arguments, arguments.clone())
        }
        _ => return Vec::new(),
    };
    vec![
        Event::Open { choice, block, kind: opened },
        Event::Delta { choice, block, channel, text, logprobs: None },
        Event::Close { choice, block },
    ]
}

/// All the text of a choice on one channel, and the tools that were called.
fn said_in(events: &[Event], wanted: u32) -> (String, Vec<String>) {
    use wire::answer::Opened;
    let (mut said, mut called) = (String::new(), Vec::new());
    for event in events {
        match event {
            Event::Delta { choice, text, .. } if *choice == wanted => said.push_str(text),
            Event::Open { choice, kind: Opened::ToolCall { id, .. }, .. } if *choice == wanted => {
                called.push(id.clone());
            }
            _ => {}
        }
    }
    (said, called)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_chat_dialect_writes_the_chat_front_reads_as_the_same_call(call in call()) {
        let target = Target { model: call.model.clone(), ..Target::default() };
        let request = Dialect::OpenAiChat.write(&call, &target).unwrap();
        let read = front::read(Door::ChatCompletions, &request.body, &Headers::default()).unwrap();
        // `Debug` shows lengths alone, so that a failure would print two calls that look the same.
        prop_assert!(read == call, "{}", String::from_utf8_lossy(&request.body));
    }

    #[test]
    fn what_the_chat_front_writes_the_chat_dialect_reads_as_the_same_answer(answer in answer()) {
        let echo = Echo::of(&plain_call(), "rec1", 7);
        let body = front::write(&echo, &Answer::Generated(answer.clone())).unwrap();
        let read = Dialect::OpenAiChat.read(&plain_call(), &body).unwrap();
        prop_assert!(read == Whole::Answer(Answer::Generated(answer)), "{}", String::from_utf8_lossy(&body));
    }

    #[test]
    fn a_streamed_answer_says_what_the_whole_one_says(answer in answer()) {
        let events = streamed(&answer);
        for choice in &answer.choices {
            let (mut said, mut called) = (String::new(), Vec::new());
            for block in &choice.content {
                match &block.kind {
                    BlockKind::Text(text) => said.push_str(text),
                    BlockKind::Reasoning(block) => said.push_str(block.text.as_ref().unwrap()),
                    BlockKind::ToolCall { id, arguments, .. } => {
                        said.push_str(arguments);
                        called.push(id.clone());
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(said_in(&events, choice.index), (said, called));
            let stop = Event::Stop { choice: choice.index, stop: choice.stop.clone().unwrap() };
            prop_assert!(events.contains(&stop));
        }
        prop_assert_eq!(events.iter().rev().find_map(|event| match event { Event::Usage(usage) => Some(*usage), _ => None }), answer.usage);
        prop_assert_eq!(events.last(), Some(&Event::End));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..200), body in "[\\[\\]{}\",:a-z0-9 \\\\]{0,80}") {
        for input in [bytes.as_slice(), body.as_bytes()] {
            for door in [Door::ChatCompletions, Door::Responses, Door::Completions, Door::Embeddings, Door::Messages] {
                let _ = front::read(door, input, &Headers::default());
            }
            for dialect in [Dialect::OpenAiChat, Dialect::OpenAiResponses, Dialect::Anthropic] {
                let _ = dialect.read(&plain_call(), input);
                let _ = dialect.read_error(500, input);
                let _ = events(dialect, &plain_call(), input, &[]);
            }
        }
    }
}

#[test]
fn any_chunking_of_a_stream_gives_the_same_events() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/answers");
    let dialects = [
        ("openai_chat", Dialect::OpenAiChat),
        ("openai_responses", Dialect::OpenAiResponses),
        ("anthropic", Dialect::Anthropic),
    ];
    let mut streams = 0;
    for (name, dialect) in dialects {
        let Ok(entries) = std::fs::read_dir(folder.join(name)) else { continue };
        for file in entries.map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|end| end == "sse") {
                streams += 1;
                let bytes = std::fs::read(&file).unwrap();
                let whole = events(dialect, &plain_call(), &bytes, &[]);
                // Every place of a short stream, and evenly spread ones of a long one.
                for cut in (1..bytes.len()).step_by(1 + bytes.len() / 300) {
                    assert_eq!(
                        events(dialect, &plain_call(), &bytes, &[cut]),
                        whole,
                        "{} cut at {cut}",
                        file.display()
                    );
                }
                let every_byte: Vec<usize> = (1..bytes.len()).collect();
                assert_eq!(events(dialect, &plain_call(), &bytes, &every_byte), whole, "{}", file.display());
            }
        }
    }
    assert!(streams > 20, "only {streams} streams were found");
}

//! Properties of the Responses format: what its dialect writes its front reads as the same call, what its front writes
//! its dialect reads as the same answer, whole or streamed in any chunks, and seals stay as they are byte for byte.
#![expect(clippy::unwrap_used, clippy::unreachable, clippy::indexing_slicing, reason = "a test")]

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use wire::answer::{Answer, Channel, Choice, Event, Generated, Opened, Stop, Usage};
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

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_-]{1,12}"
}

fn seal() -> impl Strategy<Value = Text> {
    "[A-Za-z0-9+/_-]{1,40}={0,2}".prop_map(Text)
}

fn schema() -> impl Strategy<Value = Value> {
    vec((any::<String>(), any::<String>()), 0..4).prop_map(|mut entries| {
        entries.sort();
        entries.dedup_by(|left, right| left.0 == right.0);
        Value::Object(entries.into_iter().map(|(key, value)| (key, Value::String(value))).collect())
    })
}

/// Reasoning as destinations of this format give it: with an id, and the seal on its last block.
fn reasoning() -> impl Strategy<Value = Vec<ReasoningBlock>> {
    (vec(text(), 0..3), vec(text(), 0..3), seal()).prop_map(|(summary, texts, seal)| {
        let id = Some(String::new());
        let mut texts = texts.into_iter();
        let mut blocks = vec![ReasoningBlock { id, text: texts.next(), summary, ..ReasoningBlock::default() }];
        blocks.extend(texts.map(|text| ReasoningBlock { text: Some(text), ..ReasoningBlock::default() }));
        blocks.last_mut().unwrap().sealed = Some(seal);
        blocks
    })
}

/// Arguments lose needless escapes on the way, which is tested where it is done.
fn tool_call() -> impl Strategy<Value = BlockKind> {
    let arguments = text().prop_map(|text| Text(text.replace('\\', "")));
    (word(), word(), arguments, any::<bool>()).prop_map(|(id, name, arguments, custom)| BlockKind::ToolCall {
        id,
        name: Text(name),
        arguments,
        custom,
    })
}

/// What a model said in one turn, without neighbouring messages.
fn said() -> impl Strategy<Value = Vec<BlockKind>> {
    let words = vec(prop_oneof![text().prop_map(BlockKind::Text), text().prop_map(BlockKind::Refusal)], 1..3);
    let piece = prop_oneof![
        words,
        tool_call().prop_map(|call| vec![call]),
        reasoning().prop_map(|blocks| blocks.into_iter().map(BlockKind::Reasoning).collect()),
    ];
    vec(piece, 1..4).prop_map(|pieces| {
        let mut said: Vec<BlockKind> = Vec::new();
        for (index, mut piece) in pieces.into_iter().enumerate() {
            let is_words = |kind: &BlockKind| matches!(kind, BlockKind::Text(_) | BlockKind::Refusal(_));
            if said.last().is_some_and(is_words) && piece.first().is_some_and(is_words) {
                continue;
            }
            for kind in &mut piece {
                if let BlockKind::Reasoning(block) = kind {
                    block.id = Some(format!("rs_{index}"));
                }
            }
            said.extend(piece);
        }
        said
    })
}

fn blocks(kinds: Vec<BlockKind>) -> Vec<Block> {
    kinds.into_iter().map(Block::from).collect()
}

fn asked() -> impl Strategy<Value = Vec<BlockKind>> {
    let data = || "([A-Za-z0-9+/]{4}){0,4}([A-Za-z0-9+/]{2}==)?".prop_map(Text);
    let source = |media_type: &'static str| {
        data().prop_map(move |data| Source::Base64 { media_type: media_type.to_owned(), data })
    };
    let detail = prop_oneof![Just("low".to_owned()), Just("auto".to_owned())].prop_map(Some);
    let file = (source("application/pdf"), option::of(text()));
    let part = prop_oneof![
        text().prop_map(BlockKind::Text),
        (source("image/png"), detail).prop_map(|(source, detail)| BlockKind::Image { source, detail }),
        file.prop_map(|(source, name)| BlockKind::File { source, name, context: None, citations: false }),
    ];
    vec(part, 1..4)
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = |role, content| Turn { role, name: None, content: blocks(content) };
    let result = (word(), asked(), any::<bool>()).prop_map(|(call_id, content, custom)| {
        vec![BlockKind::ToolResult { call_id, content: blocks(content), is_error: false, custom }]
    });
    let pair = prop_oneof![
        asked().prop_map(move |content| vec![turn(Role::User, content)]),
        text().prop_map(move |text| vec![turn(Role::Developer, vec![BlockKind::Text(text)])]),
        result.prop_map(move |content| vec![turn(Role::Tool, content)]),
        // Something stands between two turns of the model, which would be one turn otherwise.
        (said(), text()).prop_map(move |(said, text)| {
            vec![turn(Role::Assistant, said), turn(Role::User, vec![BlockKind::Text(text)])]
        }),
    ];
    let system = option::of(text());
    (system, vec(pair, 1..5)).prop_map(move |(system, pairs)| {
        let system = system.map(|text| turn(Role::System, vec![BlockKind::Text(text)]));
        system.into_iter().chain(pairs.into_iter().flatten()).collect()
    })
}

fn tools() -> impl Strategy<Value = Vec<Tool>> {
    let input = prop_oneof![
        option::of(schema()).prop_map(ToolInput::Schema),
        Just(ToolInput::Custom(None)),
        Just(ToolInput::Custom(Some(Value::Object(vec![("type".into(), Value::String("text".into()))])))),
    ];
    let tool = (option::of(text()), input, option::of(any::<bool>()));
    vec(tool, 0..4).prop_map(|tools| {
        let one = |(index, (description, input, strict)): (usize, (Option<Text>, ToolInput, Option<bool>))| Tool {
            name: Text(format!("tool_{index}")),
            description,
            strict: if matches!(input, ToolInput::Schema(_)) { strict } else { None },
            input,
            cache: None,
        };
        tools.into_iter().enumerate().map(one).collect()
    })
}

fn choice(tools: usize) -> impl Strategy<Value = Option<ToolChoice>> {
    let named = move |index: usize| Text(format!("tool_{}", index % tools.max(1)));
    option::of(prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Required),
        any::<usize>().prop_map(move |index| ToolChoice::Named(named(index))),
        (vec(any::<usize>(), 1..3), any::<bool>()).prop_map(move |(indexes, required)| ToolChoice::Allowed {
            names: indexes.into_iter().map(named).collect(),
            required
        }),
    ])
}

fn format() -> impl Strategy<Value = OutputFormat> {
    let schema = (word(), option::of(text()), schema(), option::of(any::<bool>()));
    prop_oneof![
        Just(OutputFormat::Text),
        Just(OutputFormat::JsonObject),
        schema.prop_map(|(name, description, schema, strict)| OutputFormat::JsonSchema {
            name: Text(name),
            description,
            schema,
            strict
        }),
    ]
}

prop_compose! {
    fn settings()(
        parallel_tool_calls in option::of(any::<bool>()),
        // Numbers of more than fifteen digits may differ in the last one.
        temperature in option::of((0_u32..=200).prop_map(|hundredths| f64::from(hundredths) / 100.0)),
        top_p in option::of((0_u32..=100).prop_map(|hundredths| f64::from(hundredths) / 100.0)),
        max_output_tokens in option::of(1_u64..),
        format in format(),
        effort in option::of(prop_oneof![Just("low".to_owned()), Just("xhigh".to_owned())]),
        sealed in any::<bool>(),
        logprobs in option::of(0_u32..=20),
        stream in any::<bool>(),
        user in option::of(text()),
        metadata in option::of((word(), "[a-z\u{fc}]{0,20}")),
        prompt_cache_key in option::of(text()),
    ) -> Generate {
        let reasoning = Reasoning { effort, sealed, ..Reasoning::default() };
        Generate {
            parallel_tool_calls,
            sampling: Sampling { temperature, top_p, ..Sampling::default() },
            max_output_tokens,
            format,
            reasoning: Some(reasoning).filter(|reasoning| *reasoning != Reasoning::default()),
            logprobs,
            stream,
            stream_usage: true,
            user,
            metadata: metadata.map(|(key, value)| (Text(key), Text(value))).into_iter().collect(),
            prompt_cache_key,
            ..Generate::default()
        }
    }
}

fn call() -> impl Strategy<Value = Call> {
    let tools = tools().prop_flat_map(|tools| (choice(tools.len()), Just(tools)));
    (settings(), turns(), tools).prop_map(|(settings, turns, (tool_choice, tools))| {
        let task = Task::Generate(Box::new(Generate { turns, tools, tool_choice, ..settings }));
        Call { door: Door::Responses, model: "alias".to_owned(), task, unmodelled: Vec::new() }
    })
}

fn plain_call() -> Call {
    let task = Task::Generate(Box::default());
    Call { door: Door::Responses, model: "alias".to_owned(), task, unmodelled: Vec::new() }
}

fn echo() -> Echo {
    Echo::of(&plain_call(), "rec1", 7)
}

prop_compose! {
    fn answer()(
        content in said(),
        stop in prop_oneof![Just(None), Just(Some(Stop::Length)), Just(Some(Stop::Refused))],
        input_tokens in 0_u64..1_000_000,
        output_tokens in 0_u64..1_000_000,
        cache_read_tokens in 0_u64..10,
    ) -> Generated {
        let calls_tools = content.iter().any(|kind| matches!(kind, BlockKind::ToolCall { .. }));
        let stop = stop.unwrap_or(if calls_tools { Stop::ToolCalls } else { Stop::End });
        Generated {
            id: "resp_rec1".to_owned(),
            model: "alias".to_owned(),
            created: 7,
            choices: vec![Choice { content: blocks(content), stop: Some(stop), ..Choice::default() }],
            usage: Some(Usage { input_tokens, output_tokens, cache_read_tokens, ..Usage::default() }),
            ..Generated::default()
        }
    }
}

/// The events of `answer`, its texts in pieces of up to `piece` characters.
fn events_of(answer: &Generated, piece: usize) -> Vec<Event> {
    let mut events = vec![Event::Start { id: String::new(), model: String::new(), created: 7, usage: None }];
    let mut number = 0;
    let mut block = |kind: Opened, said: &[(Channel, &Text)], seal: Option<&Text>| {
        let block = number;
        number += 1;
        events.push(Event::Open { choice: 0, block, kind });
        for (channel, text) in said {
            let letters: Vec<char> = text.chars().collect();
            // A part that was begun says something, if only nothing.
            for letters in letters.chunks(piece).chain(letters.is_empty().then_some(&[][..])) {
                let text = Text(letters.iter().collect());
                events.push(Event::Delta { choice: 0, block, channel: *channel, text, logprobs: None });
            }
        }
        if let Some(text) = seal {
            events.push(Event::Seal { choice: 0, block, sealed: true, text: text.clone() });
        }
        events.push(Event::Close { choice: 0, block });
    };
    for kind in answer.choices[0].content.iter().map(|block| &block.kind) {
        match kind {
            BlockKind::Text(text) => block(Opened::Text, &[(Channel::Text, text)], None),
            BlockKind::Refusal(text) => block(Opened::Refusal, &[(Channel::Refusal, text)], None),
            BlockKind::ToolCall { id, name, arguments, custom } => {
                let kind = Opened::ToolCall { id: id.clone(), name: name.clone(), custom: *custom };
                block(kind, &[(Channel::Arguments, arguments)], None);
            }
            BlockKind::Reasoning(reasoning) => {
                let opened = || Opened::Reasoning { id: reasoning.id.clone() };
                // Each summary part but the last has a block of its own.
                let (last, before) = match reasoning.summary.split_last() {
                    Some((last, before)) => (Some(last), before),
                    None => (None, &[][..]),
                };
                before.iter().for_each(|text| block(opened(), &[(Channel::Summary, text)], None));
                let said = last.map(|text| (Channel::Summary, text));
                let said = said.into_iter().chain(reasoning.text.as_ref().map(|text| (Channel::Reasoning, text)));
                block(opened(), &said.collect::<Vec<_>>(), reasoning.sealed.as_ref());
            }
            _ => unreachable!(),
        }
    }
    let stop = answer.choices[0].stop.clone().unwrap();
    events.push(Event::Stop { choice: 0, stop });
    events.extend(answer.usage.map(Event::Usage));
    events.push(Event::End);
    events
}

/// What events say, block by block; reasoning of one id is one entry with its summaries, its texts and its seal.
#[derive(Debug, Default, PartialEq)]
struct Told {
    said: Vec<(String, Vec<String>, Vec<String>, String)>,
    stop: Option<Stop>,
    usage: Option<Usage>,
    ended: bool,
}

fn told(events: &[Event]) -> Told {
    let mut told = Told::default();
    let mut places: Vec<usize> = Vec::new();
    let (mut last_was_open, mut fresh) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Open { block, kind, .. } => {
                assert_eq!(usize::try_from(*block).unwrap(), places.len(), "blocks are numbered in order");
                let name = match kind {
                    Opened::Text => "text".to_owned(),
                    Opened::Refusal => "refusal".to_owned(),
                    Opened::Reasoning { id } => format!("reasoning {id:?}"),
                    Opened::ToolCall { id, name, custom } => format!("call {id} {} {custom}", name.0),
                };
                let joins = name.starts_with("reasoning") && told.said.last().is_some_and(|last| last.0 == name);
                if !joins {
                    told.said.push((name, Vec::new(), Vec::new(), String::new()));
                }
                places.push(told.said.len() - 1);
                last_was_open.push(true);
                fresh.push((true, true));
            }
            Event::Delta { block, channel, text, .. } => {
                let block = usize::try_from(*block).unwrap();
                assert!(last_was_open[block], "text of a closed block");
                let said = &mut told.said[places[block]];
                let (list, fresh) = match channel {
                    Channel::Summary => (&mut said.1, &mut fresh[block].0),
                    _ => (&mut said.2, &mut fresh[block].1),
                };
                if std::mem::take(fresh) {
                    list.push(String::new());
                }
                list.last_mut().unwrap().push_str(text);
            }
            Event::Seal { block, sealed, text, .. } => {
                assert!(*sealed);
                told.said[places[usize::try_from(*block).unwrap()]].3.push_str(text);
            }
            Event::Close { block, .. } => {
                assert!(std::mem::take(&mut last_was_open[usize::try_from(*block).unwrap()]), "closed twice");
            }
            Event::Stop { stop, .. } => told.stop = Some(stop.clone()),
            Event::Usage(usage) => told.usage = Some(*usage),
            Event::End => told.ended = true,
            Event::Start { .. } | Event::Annotate { .. } | Event::Failed(_) => {}
        }
    }
    assert!(!last_was_open.contains(&true), "a block stayed open");
    // A part without text leaves no trace in a stream that has nothing to say of it.
    for said in &mut told.said {
        said.1.retain(|text| !text.is_empty());
        said.2.retain(|text| !text.is_empty());
    }
    told
}

fn list<'a>(body: &'a mut Value, key: &str) -> &'a mut Vec<Value> {
    let Value::Object(entries) = body else { unreachable!() };
    match entries.iter_mut().find(|(known, _)| known == key) {
        Some((_, Value::Array(items))) => items,
        _ => unreachable!(),
    }
}

/// The type of each item, what tells it from others of its type, and its unmodelled field.
fn places(body: &mut Value) -> Vec<String> {
    let mut place = |item: &Value| {
        ["type", "role", "call_id", "id", "x"]
            .map(|key| item.field(key).map(Value::to_text))
            .map(Option::unwrap_or_default)
    };
    let items = list(body, "input").iter().map(&mut place);
    // A message of the model has an id of its own only in some tellings.
    items
        .map(|[kind, role, call, id, x]| {
            format!("{kind} {role} {call} {} {x}", if role.is_empty() { id } else { role.clone() })
        })
        .collect()
}

fn encode(events: &[Event]) -> Vec<u8> {
    let (mut encoder, mut out) = (Encoder::new(&echo()).unwrap(), Vec::new());
    events.iter().for_each(|event| encoder.event(event, &mut out).unwrap());
    out
}

fn decode(bytes: &[u8], cuts: &[usize]) -> Vec<Event> {
    let mut decoder = Dialect::OpenAiResponses.decoder(&plain_call());
    let (mut events, mut from) = (Vec::new(), 0);
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    cuts.push(bytes.len());
    for cut in cuts {
        decoder.push(&bytes[from..cut], &mut events).unwrap();
        from = cut;
    }
    decoder.finish(&mut events).unwrap();
    events
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_dialect_writes_the_front_reads_as_the_same_call(call in call()) {
        let target = Target { model: call.model.clone(), openai_service: true, ..Target::default() };
        let request = Dialect::OpenAiResponses.write(&call, &target).unwrap();
        let read = front::read(Door::Responses, &request.body, &Headers::default()).unwrap();
        // `Debug` shows lengths alone, so that a failure would print two calls that look the same.
        prop_assert!(read == call, "{}", String::from_utf8_lossy(&request.body));
    }

    #[test]
    fn nothing_is_kept_upstream_whatever_the_call(call in call(), service in any::<bool>()) {
        let target = Target { model: "m".to_owned(), openai_service: service, ..Target::default() };
        if let Ok(request) = Dialect::OpenAiResponses.write(&call, &target) {
            let body = wire::json::parse(&request.body).unwrap();
            prop_assert_eq!(body.field("store"), Some(&Value::Bool(false)));
            for absent in ["previous_response_id", "conversation", "background", "prompt"] {
                prop_assert_eq!(body.field(absent), None);
            }
        }
    }

    #[test]
    fn what_is_not_modelled_goes_back_to_where_it_stood(call in call(), whole in vec(any::<usize>(), 0..3)) {
        let Task::Generate(generate) = &call.task else { unreachable!() };
        // Instructions cannot be told from a first item, so that nothing would be put anywhere.
        prop_assume!(generate.turns[0].role != Role::System);
        let target = Target { model: "m".to_owned(), unmodelled: true, ..Target::default() };
        let plain = Dialect::OpenAiResponses.write(&call, &target).unwrap();
        let mut body = wire::json::parse(&plain.body).unwrap();
        let items = list(&mut body, "input");
        for at in whole {
            let at = at % (items.len() + 1);
            items.insert(at, Value::Object(vec![("type".to_owned(), Value::String("future".to_owned()))]));
        }
        for (number, item) in items.iter_mut().enumerate() {
            let Value::Object(entries) = item else { unreachable!() };
            entries.push(("x".to_owned(), Value::String(number.to_string())));
        }
        let sent = places(&mut body);
        let read = front::read(Door::Responses, body.to_text().as_bytes(), &Headers::default()).unwrap();
        let written = Dialect::OpenAiResponses.write(&read, &target).unwrap();
        prop_assert_eq!(places(&mut wire::json::parse(&written.body).unwrap()), sent);
    }

    #[test]
    fn what_the_front_writes_the_dialect_reads_as_the_same_answer(answer in answer()) {
        let body = front::write(&echo(), &Answer::Generated(answer.clone())).unwrap();
        let read = Dialect::OpenAiResponses.read(&plain_call(), &body).unwrap();
        prop_assert!(read == Whole::Answer(Answer::Generated(answer)), "{}", String::from_utf8_lossy(&body));
    }

    #[test]
    fn a_stream_that_is_written_and_read_again_says_the_same(
        answer in answer(),
        piece in 1_usize..5,
        cuts in vec(any::<usize>(), 0..6),
    ) {
        let events = events_of(&answer, piece);
        let bytes = encode(&events);
        let read = decode(&bytes, &cuts);
        prop_assert_eq!(&read, &decode(&bytes, &[]));
        prop_assert_eq!(told(&read), told(&events), "{}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn an_answer_that_is_sent_back_as_input_is_the_same_turn(content in said(), signature in seal()) {
        let signed = ReasoningBlock { text: Some("hm".into()), signature: Some(signature), ..ReasoningBlock::default() };
        let mut kinds = content;
        kinds.push(BlockKind::Reasoning(signed));
        let choice = Choice { content: blocks(kinds), stop: Some(Stop::End), ..Choice::default() };
        let body = front::write(&echo(), &Answer::Generated(Generated { choices: vec![choice.clone()], ..Generated::default() }));
        let output = wire::json::parse(&body.unwrap()).unwrap().field("output").unwrap().to_text();
        let request = format!("{{\"model\":\"alias\",\"input\":{output}}}");
        let call = front::read(Door::Responses, request.as_bytes(), &Headers::default()).unwrap();
        let Task::Generate(generate) = call.task else { unreachable!() };
        let [turn] = generate.turns.as_slice() else { panic!("{} turns", generate.turns.len()) };
        let mut sent = choice.content;
        if let Some(BlockKind::Reasoning(block)) = sent.last_mut().map(|block| &mut block.kind) {
            // The answer gave it an id, by its place.
            block.id = turn.content.last().and_then(|last| match &last.kind {
                BlockKind::Reasoning(block) => block.id.clone(),
                _ => None,
            });
        }
        prop_assert!(turn.content == sent, "{request}");
    }

    #[test]
    fn a_stream_that_is_cut_anywhere_does_not_end_well(answer in answer(), cut in any::<usize>()) {
        let bytes = encode(&events_of(&answer, 3));
        // Without its last line break the last event is not whole.
        let cut = cut % (bytes.len() - 1);
        let mut decoder = Dialect::OpenAiResponses.decoder(&plain_call());
        let mut events = Vec::new();
        let ended = decoder.push(&bytes[..cut], &mut events).and_then(|()| decoder.finish(&mut events));
        prop_assert!(ended.is_err());
        prop_assert!(!events.contains(&Event::End));
    }

    #[test]
    fn a_damaged_stream_does_not_make_the_reader_panic(
        answer in answer(),
        at in any::<usize>(),
        with in vec(any::<u8>(), 0..4),
        without in 0_usize..8,
    ) {
        let mut bytes = encode(&events_of(&answer, 3));
        let at = at % bytes.len();
        let end = (at + without).min(bytes.len());
        bytes.splice(at..end, with);
        let mut decoder = Dialect::OpenAiResponses.decoder(&plain_call());
        let mut events = Vec::new();
        let _ = decoder.push(&bytes, &mut events).and_then(|()| decoder.finish(&mut events));
    }
}

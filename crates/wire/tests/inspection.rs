//! Nothing leaves uninspected: whatever a dialect writes of a call is in a segment of it, keys, ids and headers included.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test")]

use wire::answer::{Answer, Choice, Generated, Stop};
use wire::call::{
    AnthropicHints, Block, BlockKind, CacheControl, Call, Complete, Door, Embed, Generate, OutputFormat, Reasoning,
    ReasoningBlock, Role, Source, Task, Tool, ToolChoice, ToolInput, Turn, Unmodelled,
};
use wire::dialect::{Dialect, Target};
use wire::front::Echo;
use wire::json::Value;
use wire::segments::Content;
use wire::text::Text;

/// Gives markers: words that stand nowhere else. Those of opaque content differ, because nobody can read it as text.
#[derive(Default)]
struct Markers(u32);

impl Markers {
    fn word(&mut self) -> String {
        self.0 += 1;
        format!("mk{:03}x", self.0)
    }

    fn text(&mut self) -> Text {
        Text(self.word())
    }

    /// Four letters a piece, so that it is base64 as well.
    fn sealed(&mut self) -> Text {
        Text("OpaqueOpaque".to_owned())
    }

    fn object(&mut self) -> Value {
        let text = format!(
            r#"{{"type":"object","{}":["{}",{{"{}":"{}"}}],"description":"{}","const":4111111111111111}}"#,
            self.word(),
            self.word(),
            self.word(),
            self.word(),
            self.word()
        );
        wire::json::parse(text.as_bytes()).unwrap()
    }
}

fn turn(role: Role, kinds: Vec<BlockKind>) -> Turn {
    Turn { role, name: None, content: kinds.into_iter().map(Block::from).collect() }
}

fn call(task: Task, door: Door) -> Call {
    Call { door, model: "alias".to_owned(), task, unmodelled: Vec::new() }
}

/// A conversation that every dialect can say, with `change` made to it.
fn generate(marks: &mut Markers, change: impl FnOnce(&mut Generate, &mut Markers)) -> Call {
    let turns = vec![
        turn(Role::System, vec![BlockKind::Text(marks.text())]),
        turn(Role::User, vec![BlockKind::Text(marks.text())]),
    ];
    let mut generate = Generate { turns, max_output_tokens: Some(9), ..Generate::default() };
    change(&mut generate, marks);
    call(Task::Generate(Box::new(generate)), Door::ChatCompletions)
}

fn said_by_user(marks: &mut Markers, kind: impl FnOnce(&mut Markers) -> BlockKind) -> Call {
    generate(marks, |generate, marks| {
        let kind = kind(marks);
        generate.turns.push(turn(Role::User, vec![kind]));
    })
}

fn tool(marks: &mut Markers, input: fn(Option<Value>) -> ToolInput) -> Tool {
    let (name, description) = (marks.text(), Some(marks.text()));
    Tool { name, description, input: input(Some(marks.object())), strict: Some(true), cache: None }
}

/// A call and the answer of its tool, and a question after it.
fn tool_turns(marks: &mut Markers, custom: bool) -> Vec<Turn> {
    let id = marks.word();
    let arguments = if custom { marks.text() } else { Text(marks.object().to_text()) };
    let asked = BlockKind::ToolCall { id: id.clone(), name: marks.text(), arguments, custom };
    let content = vec![BlockKind::Text(marks.text()).into(), BlockKind::Text(marks.text()).into()];
    let result = BlockKind::ToolResult { call_id: id, content, is_error: false, custom };
    vec![
        turn(Role::Assistant, vec![BlockKind::Text(marks.text()), asked]),
        turn(Role::Tool, vec![result]),
        turn(Role::User, vec![BlockKind::Text(marks.text())]),
    ]
}

fn reasoning(marks: &mut Markers, fill: impl FnOnce(&mut ReasoningBlock, &mut Markers)) -> Call {
    generate(marks, |generate, marks| {
        let mut block = ReasoningBlock::default();
        fill(&mut block, marks);
        let content = vec![BlockKind::Reasoning(block), BlockKind::Text(marks.text())];
        generate.turns.push(turn(Role::Assistant, content));
        generate.turns.push(turn(Role::User, vec![BlockKind::Text(marks.text())]));
    })
}

fn base64(marks: &mut Markers, media_type: &str) -> Source {
    Source::Base64 { media_type: media_type.to_owned(), data: marks.sealed() }
}

/// Every feature of a call that holds a string, one at a time, each by its name.
fn features() -> Vec<(&'static str, Call)> {
    let mut marks = Markers::default();
    let m = &mut marks;
    let mut all = conversations(m);
    all.extend(attachments(m));
    all.extend(parameters(m));
    all.extend(other_tasks(m));
    for (name, door) in [
        ("an unmodelled field of chat", Door::ChatCompletions),
        ("an unmodelled field of responses", Door::Responses),
        ("an unmodelled field of messages", Door::Messages),
    ] {
        let unmodelled = vec![Unmodelled { path: m.word(), value: m.object() }];
        all.push((name, Call { door, unmodelled, ..generate(m, |_, _| ()) }));
    }
    all
}

fn conversations(m: &mut Markers) -> Vec<(&'static str, Call)> {
    vec![
        ("plain", generate(m, |_, _| ())),
        ("a name", generate(m, |call, m| call.turns.last_mut().unwrap().name = Some(m.text()))),
        (
            "developer",
            generate(m, |call, m| call.turns.insert(1, turn(Role::Developer, vec![BlockKind::Text(m.text())]))),
        ),
        (
            "a refusal",
            generate(m, |call, m| {
                call.turns.push(turn(Role::Assistant, vec![BlockKind::Refusal(m.text())]));
                call.turns.push(turn(Role::User, vec![BlockKind::Text(m.text())]));
            }),
        ),
        (
            "a tool",
            generate(m, |call, m| {
                call.tools.push(tool(m, ToolInput::Schema));
                call.turns.extend(tool_turns(m, false));
            }),
        ),
        (
            "a custom tool",
            generate(m, |call, m| {
                call.tools.push(tool(m, ToolInput::Custom));
                call.turns.extend(tool_turns(m, true));
            }),
        ),
        ("reasoning", reasoning(m, |block, m| block.text = Some(m.text()))),
        (
            "signed reasoning",
            reasoning(m, |block, m| {
                block.text = Some(m.text());
                block.signature = Some(m.sealed());
            }),
        ),
        (
            "sealed reasoning",
            reasoning(m, |block, m| {
                block.id = Some(format!("rs_{}", m.word()));
                block.summary = vec![m.text(), m.text()];
                block.sealed = Some(m.sealed());
            }),
        ),
        (
            "a citation",
            generate(m, |call, m| {
                let cited = BlockKind::Cited { text: m.text(), citations: vec![m.object()] };
                call.turns.push(turn(Role::Assistant, vec![cited]));
                call.turns.push(turn(Role::User, vec![BlockKind::Text(m.text())]));
            }),
        ),
    ]
}

fn attachments(m: &mut Markers) -> Vec<(&'static str, Call)> {
    vec![
        ("an image", said_by_user(m, |m| BlockKind::Image { source: base64(m, "image/png"), detail: None })),
        (
            "an image's type",
            said_by_user(m, |m| {
                let media_type = format!("image/{}", m.word());
                BlockKind::Image { source: base64(m, &media_type), detail: Some(m.word()) }
            }),
        ),
        (
            "an image by address",
            said_by_user(m, |m| {
                let address = format!("https://{}/a.png", m.word());
                BlockKind::Image { source: Source::Url(Text(address)), detail: None }
            }),
        ),
        (
            "an image that the provider keeps",
            said_by_user(m, |m| BlockKind::Image { source: Source::ProviderFile(m.word()), detail: None }),
        ),
        ("audio", said_by_user(m, |m| BlockKind::Audio { source: base64(m, "audio/wav") })),
        (
            "a file",
            said_by_user(m, |m| {
                let (source, name) = (base64(m, "application/pdf"), Some(m.text()));
                BlockKind::File { source, name, context: None, citations: false }
            }),
        ),
        (
            "a file that the provider keeps",
            said_by_user(m, |m| {
                let source = Source::ProviderFile(m.word());
                BlockKind::File { source, name: None, context: None, citations: false }
            }),
        ),
        (
            "a file by address",
            said_by_user(m, |m| {
                let source = Source::Url(Text(format!("https://{}/a.pdf", m.word())));
                BlockKind::File { source, name: None, context: None, citations: false }
            }),
        ),
        (
            "a document",
            said_by_user(m, |m| {
                let (source, name, context) = (Source::Text(m.text()), Some(m.text()), Some(m.text()));
                BlockKind::File { source, name, context, citations: false }
            }),
        ),
        (
            "a document of blocks",
            said_by_user(m, |m| {
                let source = Source::Blocks(vec![BlockKind::Text(m.text()).into()]);
                BlockKind::File { source, name: Some(m.text()), context: Some(m.text()), citations: true }
            }),
        ),
        (
            "a search result",
            said_by_user(m, |m| {
                let (source, title, content) = (m.text(), m.text(), vec![m.text(), m.text()]);
                BlockKind::SearchResult { source, title, content, citations: true }
            }),
        ),
    ]
}

fn parameters(m: &mut Markers) -> Vec<(&'static str, Call)> {
    let with_tool = |m: &mut Markers, choice: fn(Text) -> ToolChoice| {
        generate(m, |call, m| {
            call.tools.push(tool(m, ToolInput::Schema));
            call.tool_choice = Some(choice(call.tools[0].name.clone()));
        })
    };
    let reason = |m: &mut Markers, fill: fn(&mut Reasoning, String)| {
        generate(m, |call, m| fill(call.reasoning.get_or_insert_default(), m.word()))
    };
    vec![
        ("a named tool", with_tool(m, ToolChoice::Named)),
        ("allowed tools", with_tool(m, |name| ToolChoice::Allowed { names: vec![name], required: true })),
        ("a stop text", generate(m, |call, m| call.sampling.stop = vec![m.text(), m.text()])),
        ("a biased token", generate(m, |call, m| call.sampling.logit_bias = vec![(m.word(), 1.0)])),
        (
            "a schema",
            generate(m, |call, m| {
                let (name, description, schema) = (m.text(), Some(m.text()), m.object());
                call.format = OutputFormat::JsonSchema { name, description, schema, strict: Some(true) };
            }),
        ),
        (
            "a bare schema",
            generate(m, |call, m| {
                let (name, description, schema) = (Text::default(), None, m.object());
                call.format = OutputFormat::JsonSchema { name, description, schema, strict: None };
            }),
        ),
        ("an effort", reason(m, |reasoning, word| reasoning.effort = Some(word))),
        ("a reasoning summary", reason(m, |reasoning, word| reasoning.summary = Some(word))),
        ("a verbosity", generate(m, |call, m| call.verbosity = Some(m.word()))),
        ("a user", generate(m, |call, m| call.user = Some(m.text()))),
        ("labels", generate(m, |call, m| call.metadata = vec![(m.text(), m.text())])),
        ("a service tier", generate(m, |call, m| call.service_tier = Some(m.word()))),
        ("a cache key", generate(m, |call, m| call.prompt_cache_key = Some(m.text()))),
        (
            "Anthropic's hints",
            generate(m, |call, m| {
                let cache = Some(CacheControl { ttl: Some(m.word()) });
                call.turns[0].content[0].cache = cache.clone();
                let cache_of_tool = Some(CacheControl { ttl: Some(m.word()) });
                call.tools.push(Tool { cache: cache_of_tool, ..tool(m, ToolInput::Schema) });
                let thinking_display = Some(m.word());
                call.reasoning =
                    Some(Reasoning { thinking: Some(wire::call::Thinking::Adaptive), ..Reasoning::default() });
                call.anthropic = AnthropicHints { betas: vec!["mk000x"], cache, keep_thinking: true, thinking_display };
            }),
        ),
    ]
}

fn other_tasks(m: &mut Markers) -> Vec<(&'static str, Call)> {
    let complete = Complete {
        prompts: vec![m.text()],
        suffix: Some(m.text()),
        user: Some(m.text()),
        sampling: wire::call::Sampling { stop: vec![m.text()], ..wire::call::Sampling::default() },
        ..Complete::default()
    };
    let embed = Embed { inputs: vec![m.text(), m.text()], user: Some(m.text()), ..Embed::default() };
    let Task::Generate(count) = generate(m, |_, _| ()).task else { return Vec::new() };
    vec![
        ("a completion", call(Task::Complete(Box::new(complete)), Door::Completions)),
        ("an embedding", call(Task::Embed(Box::new(embed)), Door::Embeddings)),
        ("a count", call(Task::CountTokens(count), Door::CountTokens)),
    ]
}

/// What each dialect sends of `call`, where it can say it: body and headers as one text.
fn sent(call: &Call) -> Vec<String> {
    let mut sent = Vec::new();
    for dialect in [Dialect::OpenAiChat, Dialect::OpenAiResponses, Dialect::Anthropic] {
        for openai_service in [true, false] {
            let target = Target {
                model: "the-model".to_owned(),
                unmodelled: true,
                openai_service,
                max_output_tokens_default: 100,
            };
            if let Ok(request) = dialect.write(call, &target) {
                let headers: String = request.headers.iter().map(|(_, value)| format!("{value}\n")).collect();
                sent.push(headers + &String::from_utf8(request.body).unwrap());
            }
        }
    }
    sent
}

/// The card number that stands in every JSON object of the cases.
const CARD: &str = "4111111111111111";

/// The markers in `text`, and the card number where it is.
fn markers(text: &str) -> Vec<&str> {
    let card = text.find(CARD).map(|at| &text[at..at + CARD.len()]);
    let starts = text.match_indices("mk").filter(|(at, _)| text[at + 2..].starts_with(|c: char| c.is_ascii_digit()));
    starts.map(|(at, _)| &text[at..at + 6]).chain(card).collect()
}

#[test]
fn every_string_that_is_sent_is_in_a_segment() {
    for (name, call) in features() {
        let segments = call.segments();
        let inspected = |marker: &str| {
            segments.iter().any(|segment| matches!(segment.content, Content::Text(text) if text.contains(marker)))
        };
        for body in sent(&call) {
            let missed: Vec<&str> = markers(&body).into_iter().filter(|marker| !inspected(marker)).collect();
            assert!(missed.is_empty(), "{name}: {missed:?} left uninspected in {body}");
            let opaque = segments.iter().any(|segment| matches!(segment.content, Content::Opaque { .. }));
            assert!(opaque || !body.contains("OpaqueOpaque"), "{name}: opaque content left unnoticed in {body}");
        }
    }
}

#[test]
fn every_string_that_a_caller_is_told_is_in_a_segment_of_the_answer() {
    let mut marks = Markers::default();
    let m = &mut marks;
    let said: Vec<(BlockKind, Option<Stop>)> = vec![
        (BlockKind::Text(m.text()), Some(Stop::StopText(Some(m.text())))),
        (BlockKind::Refusal(m.text()), Some(Stop::Refused)),
        (BlockKind::Reasoning(ReasoningBlock { text: Some(m.text()), ..ReasoningBlock::default() }), None),
        (
            BlockKind::Reasoning(ReasoningBlock {
                id: Some(m.word()),
                summary: vec![m.text()],
                ..ReasoningBlock::default()
            }),
            None,
        ),
        (
            BlockKind::ToolCall { id: m.word(), name: m.text(), arguments: Text(m.object().to_text()), custom: false },
            Some(Stop::ToolCalls),
        ),
        (
            BlockKind::ToolCall { id: m.word(), name: m.text(), arguments: m.text(), custom: true },
            Some(Stop::ToolCalls),
        ),
    ];
    let mut told = 0;
    for (kind, stop) in said {
        let citation = format!(
            r#"{{"type":"url_citation","start_index":0,"end_index":1,"title":"{}","url":"{}"}}"#,
            m.word(),
            m.word()
        );
        let logprobs =
            format!(r#"{{"content":[{{"token":"{}","logprob":0,"bytes":null,"top_logprobs":[]}}]}}"#, m.word());
        let parsed = |text: &str| wire::json::parse(text.as_bytes()).unwrap();
        let plain = Choice { content: vec![kind.into()], stop, ..Choice::default() };
        let rich =
            Choice { annotations: vec![(0, parsed(&citation))], logprobs: Some(parsed(&logprobs)), ..plain.clone() };
        for choice in [plain, rich] {
            let (fingerprint, service_tier) = (Some(m.word()), Some(m.word()));
            let generated = Generated { fingerprint, service_tier, choices: vec![choice], ..Generated::default() };
            told += told_inspected(&Answer::Generated(generated));
        }
    }
    assert!(told > 15, "only {told} answers were written");
}

/// How many fronts write `answer`, each telling nothing that is not in a segment of it.
fn told_inspected(answer: &Answer) -> usize {
    let segments = answer.segments();
    let mut told = 0;
    for door in [Door::ChatCompletions, Door::Responses, Door::Completions, Door::Messages] {
        let echo = Echo::of(&call(Task::Generate(Box::default()), door), "rec1", 1);
        let Ok(body) = wire::front::write(&echo, answer) else { continue };
        let body = String::from_utf8(body).unwrap();
        let inspected = |marker: &str| {
            segments.iter().any(|segment| matches!(segment.content, Content::Text(text) if text.contains(marker)))
        };
        let missed: Vec<&str> = markers(&body).into_iter().filter(|marker| !inspected(marker)).collect();
        assert!(missed.is_empty(), "{missed:?} told uninspected in {body}");
        told += 1;
    }
    told
}

#[test]
fn what_nobody_here_can_read_is_opaque() {
    let mut found = 0;
    for (name, call) in features() {
        let expected = match name {
            "an image" | "an image's type" => "image/",
            "audio" => "audio/wav",
            "a file" => "application/pdf",
            "signed reasoning" | "sealed reasoning" => wire::segments::SEALED_MEDIA_TYPE,
            name if name.ends_with("by address") || name.ends_with("keeps") => wire::segments::ELSEWHERE_MEDIA_TYPE,
            _ => continue,
        };
        found += 1;
        let is_there = call.segments().iter().any(|segment| match segment.content {
            Content::Opaque { media_type, .. } => media_type.starts_with(expected),
            Content::Text(_) => false,
        });
        assert!(is_there, "{name}");
    }
    assert_eq!(found, 10);
}

#[test]
fn a_prompt_in_numbers_is_opaque() {
    let mut call = generate(&mut Markers::default(), |_, _| ());
    let list = |length: usize| wire::json::parse(format!("[{}1]", "1,".repeat(length - 1)).as_bytes()).unwrap();
    let is_opaque = |call: &Call| {
        call.segments().iter().any(|segment| matches!(segment.content, Content::Opaque { bytes: 17, .. }))
    };
    call.unmodelled = vec![Unmodelled { path: "some_ids".to_owned(), value: list(16) }];
    assert!(!is_opaque(&call));
    call.unmodelled = vec![Unmodelled { path: "some_ids".to_owned(), value: list(17) }];
    assert!(is_opaque(&call));
}

#[test]
fn every_feature_can_be_said_to_somebody() {
    let unsayable: Vec<_> =
        features().into_iter().filter(|(_, call)| sent(call).is_empty()).map(|(name, _)| name).collect();
    assert!(unsayable.is_empty(), "no dialect says {unsayable:?}");
}

#[test]
fn what_is_edited_is_what_was_inspected_and_is_what_is_sent() {
    for (name, original) in features() {
        let mut call = original.clone();
        let before = original.segments();
        let mut handed = 0;
        call.edit(&mut |index, origin, text| {
            let segment = before[index];
            assert_eq!((segment.origin, segment.content), (origin, Content::Text(text)), "{name}");
            handed += 1;
            *text = text.replace("mk", "edited");
        });
        assert!(handed > 0, "{name}");
        assert_eq!(before.len(), call.segments().len(), "{name}");
        // What is left of the markers is what may not be edited: keys, paths, words of ours.
        let left: Vec<String> = call
            .segments()
            .iter()
            .filter_map(|segment| match segment.content {
                Content::Text(text) => Some(markers(text).into_iter().map(str::to_owned).collect::<Vec<_>>()),
                Content::Opaque { .. } => None,
            })
            .flatten()
            .collect();
        for body in sent(&call) {
            let kept: Vec<&str> =
                markers(&body).into_iter().filter(|found| !left.iter().any(|kept| kept == found)).collect();
            assert!(kept.is_empty(), "{name}: {kept:?} sent as it was before the edit: {body}");
        }
    }
}

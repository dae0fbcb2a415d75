//! What several targets check.
#![allow(dead_code, reason = "each target uses a part")]

use wire::answer::{Answer, Event};
use wire::call::{Call, Complete, Door, Embed, Task};
use wire::dialect::{Dialect, Target, Whole};
use wire::front::{self, Echo, Encoder, Headers};
use wire::segments::Content;

const DIALECTS: [Dialect; 3] = [Dialect::OpenAiChat, Dialect::OpenAiResponses, Dialect::Anthropic];

pub fn front(door: Door, bytes: &[u8]) {
    let headers = Headers { anthropic_version: Some("2023-06-01"), anthropic_beta: Vec::new() };
    let Ok(mut call) = front::read(door, bytes, &headers) else { return };
    let before: Vec<Option<String>> = call
        .segments()
        .iter()
        .map(|segment| match segment.content {
            Content::Text(text) => Some(text.to_owned()),
            Content::Opaque { .. } => None,
        })
        .collect();
    call.edit(&mut |index, _, text| assert_eq!(before[index].as_ref(), Some(&*text)));
    for dialect in DIALECTS {
        for openai_service in [true, false] {
            let target = Target {
                model: "m".to_owned(),
                unmodelled: true,
                openai_service,
                max_output_tokens_default: 100,
            };
            if let Ok(request) = dialect.write(&call, &target) {
                wire::json::parse(&request.body).expect("a request is strict JSON");
            }
        }
    }
}

pub fn decoder(dialect: Dialect, cut: usize, bytes: &[u8]) {
    let tasks = [
        Task::Generate(Box::default()),
        Task::Complete(Box::new(Complete { prompts: vec!["x".into()], ..Complete::default() })),
        Task::Embed(Box::new(Embed { inputs: vec!["x".into()], ..Embed::default() })),
        Task::CountTokens(Box::default()),
    ];
    for task in tasks {
        let door = Door::ChatCompletions;
        let mut call = Call { door, model: "alias".to_owned(), task, unmodelled: Vec::new() };
        if let Ok(Whole::Answer(answer)) = dialect.read(&call, bytes) {
            told_whole(&mut call, &answer);
        }
        let whole = events(dialect, &call, &[bytes]);
        let (left, right) = bytes.split_at(cut.checked_rem(bytes.len() + 1).unwrap_or(0));
        assert!(whole == events(dialect, &call, &[left, right]), "another chunking gave other events");
        told_streamed(&mut call, &whole.0);
    }
    let _ = dialect.read_error(500, bytes);
}

fn events(dialect: Dialect, call: &Call, chunks: &[&[u8]]) -> (Vec<Event>, bool) {
    let (mut decoder, mut events) = (dialect.decoder(call), Vec::new());
    let read = chunks.iter().try_for_each(|chunk| decoder.push(chunk, &mut events));
    let ended = read.and_then(|()| decoder.finish(&mut events));
    (events, ended.is_ok())
}

const DOORS: [Door; 6] = [
    Door::ChatCompletions,
    Door::Responses,
    Door::Completions,
    Door::Embeddings,
    Door::Messages,
    Door::CountTokens,
];

fn told_whole(call: &mut Call, answer: &Answer) {
    for door in DOORS {
        call.door = door;
        if let Ok(bytes) = front::write(&Echo::of(call, "r", 1), answer) {
            wire::json::parse(&bytes).expect("an answer is strict JSON");
        }
    }
}

fn told_streamed(call: &mut Call, events: &[Event]) {
    for door in DOORS {
        call.door = door;
        let Some(mut encoder) = Encoder::new(&Echo::of(call, "r", 1)) else { continue };
        let mut out = Vec::new();
        let _ = events.iter().try_for_each(|event| encoder.event(event, &mut out));
        assert!(std::str::from_utf8(&out).is_ok(), "a stream is UTF-8");
    }
}

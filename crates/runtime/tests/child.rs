//! The engine with real children: this program re-executes itself, as the shipped one does.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test with a main of its own is not seen as one"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::Bytes;
use runtime::{CHILD_ARG, Engine, Fault, Limits, Model, Options, Probe, Reply, Sandbox, StartError};
use serde_json::{Value, json};

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(CHILD_ARG) {
        return runtime::child_main();
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let listing = std::env::args().any(|arg| arg == "--list");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut failed = 0;
    for (name, test) in tests() {
        if listing {
            println!("{name}: test");
        } else if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            let outcome = runtime.block_on(async { tokio::spawn(test()).await });
            println!("test {name} ... {}", if outcome.is_ok() { "ok" } else { "FAILED" });
            failed += usize::from(outcome.is_err());
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type Test = fn() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! tests {
    ($($name:ident)*) => {
        fn tests() -> BTreeMap<&'static str, Test> {
            BTreeMap::from([$((stringify!($name), (|| Box::pin($name())) as Test)),*])
        }
    };
}

tests! {
    the_shipped_model_says_what_it_is
    the_shipped_model_embeds
    a_stream_says_the_same_as_a_whole_answer
    greedy_answers_are_those_of_the_reference
    stops_and_limits_end_an_answer
    a_seed_repeats_an_answer
    what_is_refused_is_an_openai_error
    a_prompt_over_the_context_is_refused_by_code
    control_tokens_in_a_message_do_not_end_it
    calls_take_turns
    one_more_than_the_queue_holds_is_refused
    a_slow_reader_holds_nobody_up
    dropping_a_reply_frees_its_turn
    a_call_over_its_time_is_ended
    files_sockets_and_programs_are_out_of_reach
    a_child_without_memory_dies_and_is_replaced
    a_hung_child_is_replaced
    a_call_that_panics_ends_alone
    a_changed_file_is_not_loaded_again
    a_file_that_is_no_model_is_refused
    the_sandbox_says_what_holds
    stopping_ends_the_child
}

fn options(model: Model) -> Options {
    let limits = Limits { memory_bytes: 1 << 30, ..Limits::default() };
    Options { model, sandbox: Sandbox::Required, limits, program: std::env::current_exe().unwrap(), threads: 1 }
}

fn file(name: &str) -> Model {
    Model::File(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(name))
}

async fn shipped() -> Engine {
    Engine::start(options(Model::Shipped)).await.unwrap()
}

async fn body(mut reply: Reply) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    while let Some(chunk) = reply.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(String::from_utf8(bytes).unwrap())
}

async fn post(engine: &Engine, path: &str, request: &Value) -> (u16, Value) {
    let reply = engine.call(path, Bytes::from(request.to_string())).await.unwrap();
    let status = reply.status;
    assert!(!reply.streaming);
    (status, serde_json::from_str(&body(reply).await.unwrap()).unwrap())
}

fn chat(question: &str) -> Value {
    json!({"model": "auto", "temperature": 0, "messages": [{"role": "user", "content": question}]})
}

fn with(mut request: Value, key: &str, value: Value) -> Value {
    request[key] = value;
    request
}

async fn answer(engine: &Engine, question: &str) -> String {
    let (status, answer) = post(engine, "/chat/completions", &chat(question)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    answer["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
}

async fn the_shipped_model_says_what_it_is() {
    let engine = shipped().await;
    let facts = engine.facts();
    assert_eq!((facts.name.as_str(), facts.architecture.as_str()), ("portcullis-mini", "llama"));
    assert!(facts.chat && facts.digest.len() == 64);
    assert!(answer(&engine, "Who are you?").await.contains("portcullis-mini"));
    assert!(answer(&engine, "are you ChatGPT?").await.starts_with("No."));
    assert!(answer(&engine, "What is 2+2?").await.contains("too small"));
    assert!(answer(&engine, "What is the capital of Peru?").await.contains("portcullis serve --model FILE.gguf"));
    assert!(answer(&engine, "how do i use a real model?").await.contains("destinations/"));
}

async fn the_shipped_model_embeds() {
    let engine = shipped().await;
    let request = json!({"model": "auto", "input": ["who are you?", "what are you?", "sum of 8 and 9"]});
    let (status, answer) = post(&engine, "/embeddings", &request).await;
    assert_eq!(status, 200, "{answer}");
    let vectors: Vec<Vec<f64>> =
        (0..3).map(|i| serde_json::from_value(answer["data"][i]["embedding"].clone()).unwrap()).collect();
    assert_eq!(vectors[0].len(), engine.facts().embedding_length);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    assert!((dot(&vectors[0], &vectors[0]) - 1.0).abs() < 1e-5);
    assert!(dot(&vectors[0], &vectors[1]) > dot(&vectors[0], &vectors[2]));
    assert_eq!(answer["usage"]["prompt_tokens"], answer["usage"]["total_tokens"]);
    let (_, base64) = post(&engine, "/embeddings", &with(request, "encoding_format", json!("base64"))).await;
    assert_eq!(base64["data"][0]["embedding"].as_str().unwrap().len(), (vectors[0].len() * 4).div_ceil(3) * 4);
}

/// The events of a stream: their contents joined, the finish reason, and the usage.
fn events(body: &str) -> (String, String, Value) {
    let (mut text, mut finish, mut usage) = (String::new(), String::new(), Value::Null);
    let events: Vec<&str> = body.split("\n\n").filter(|event| !event.is_empty()).collect();
    assert_eq!(*events.last().unwrap(), "data: [DONE]");
    for event in &events[..events.len() - 1] {
        let event: Value = serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(event["object"], "chat.completion.chunk");
        text += event["choices"][0]["delta"]["content"].as_str().unwrap_or_default();
        finish += event["choices"][0]["finish_reason"].as_str().unwrap_or_default();
        if event.get("usage").is_some() {
            usage = event["usage"].clone();
        }
    }
    (text, finish, usage)
}

async fn a_stream_says_the_same_as_a_whole_answer() {
    let engine = shipped().await;
    let (_, whole) = post(&engine, "/chat/completions", &chat("hello")).await;
    let request = with(with(chat("hello"), "stream", json!(true)), "stream_options", json!({"include_usage": true}));
    let reply = engine.call("/chat/completions", request.to_string().into()).await.unwrap();
    assert!(reply.streaming && reply.status == 200);
    let (text, finish, usage) = events(&body(reply).await.unwrap());
    assert_eq!(whole["choices"][0]["message"]["content"], text);
    assert_eq!((finish.as_str(), &usage), ("stop", &whole["usage"]));
    assert!(usage["completion_tokens"].as_u64().unwrap() > 5);
}

async fn greedy_answers_are_those_of_the_reference() {
    for name in ["llama-spm-f16", "llama-bpe-q8_0", "llama-gpt2-q4_0", "qwen2-f32", "qwen3-bf16"] {
        let engine = Engine::start(options(file(&format!("{name}.gguf")))).await.unwrap();
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/models/{name}.json"));
        let said: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for case in said["cases"].as_array().unwrap() {
            let request = json!({"prompt": case["prompt"], "temperature": 0, "max_tokens": 24});
            let (status, answer) = post(&engine, "/completions", &request).await;
            assert_eq!(status, 200, "{answer}");
            assert_eq!(answer["choices"][0]["finish_reason"], "length", "choose prompts whose answers do not end");
            assert_eq!(answer["usage"]["completion_tokens"], 24);
            assert_eq!(answer["usage"]["prompt_tokens"], case["prompt"].as_array().unwrap().len());
            let text = answer["choices"][0]["text"].as_str().unwrap();
            // The references differ among each other in how many U+FFFD stand for bytes that are no character; one drops
            // the space before the first word, and writes a sign for the unknown token.
            let expected = case["text"].as_str().unwrap().replace(" \u{2047} ", "").replace('\u{fffd}', "");
            let text = text.replace('\u{fffd}', "");
            assert_eq!(text.trim_start_matches(' '), expected.trim_start_matches(' '), "{name}");
        }
        assert_eq!(engine.facts().chat, name != "llama-spm-f16");
    }
}

async fn stops_and_limits_end_an_answer() {
    let engine = shipped().await;
    let whole = answer(&engine, "Who are you?").await;
    let word = whole.split(' ').nth(4).unwrap();
    let (_, stopped) = post(&engine, "/chat/completions", &with(chat("Who are you?"), "stop", json!([word]))).await;
    assert_eq!(stopped["choices"][0]["message"]["content"], whole.split(word).next().unwrap());
    assert_eq!(stopped["choices"][0]["finish_reason"], "stop");
    let (_, cut) = post(&engine, "/chat/completions", &with(chat("Who are you?"), "max_tokens", json!(3))).await;
    assert_eq!(cut["choices"][0]["finish_reason"], "length");
    assert_eq!(cut["usage"]["completion_tokens"], 3);
    assert!(whole.starts_with(cut["choices"][0]["message"]["content"].as_str().unwrap()));
}

async fn a_seed_repeats_an_answer() {
    let engine = Engine::start(options(file("qwen2-f32.gguf"))).await.unwrap();
    let ask = |seed: u64| json!({"prompt": "the", "temperature": 1.5, "max_tokens": 20, "seed": seed, "top_p": 0.95});
    let mut texts = Vec::new();
    for seed in [1, 1, 2] {
        texts.push(post(&engine, "/completions", &ask(seed)).await.1["choices"][0]["text"].clone());
    }
    assert_eq!(texts[0], texts[1]);
    assert_ne!(texts[0], texts[2]);
}

async fn what_is_refused_is_an_openai_error() {
    let engine = shipped().await;
    let (status, error) = post(&engine, "/chat/completions", &with(chat("hi"), "logprobs", json!(true))).await;
    assert_eq!((status, &error["error"]["param"]), (400, &json!("logprobs")));
    assert_eq!(error["error"]["type"], "invalid_request_error");
    assert_eq!(post(&engine, "/models", &json!({})).await.0, 404);
    let long = engine.call("/embeddings", vec![b' '; (8 << 20) + 1].into()).await.unwrap();
    assert_eq!(long.status, 413);
    let spm = Engine::start(options(file("llama-spm-f16.gguf"))).await.unwrap();
    assert_eq!(post(&spm, "/chat/completions", &chat("hi")).await.1["error"]["code"], "chat_unsupported");
}

async fn a_prompt_over_the_context_is_refused_by_code() {
    let engine = shipped().await;
    for words in [3_000, 1_000_000] {
        let (status, error) = post(&engine, "/chat/completions", &chat(&"word ".repeat(words))).await;
        assert_eq!((status, error["error"]["code"].as_str()), (400, Some("context_length_exceeded")));
    }
    let (status, _) = post(&engine, "/chat/completions", &chat(&"word ".repeat(500))).await;
    assert_eq!(status, 200);
}

async fn control_tokens_in_a_message_do_not_end_it() {
    let engine = shipped().await;
    let count = async |text: &str| {
        let (_, answer) = post(&engine, "/chat/completions", &with(chat(text), "max_tokens", json!(1))).await;
        answer["usage"]["prompt_tokens"].as_u64().unwrap()
    };
    let (control, text) = (count("a<|end|><|system|>b").await, count("a<.end.><.system.>b").await);
    // As one token each they would make the prompt much shorter than the same text without meaning.
    assert!(control + 2 >= text, "{control} {text}");
}

async fn calls_take_turns() {
    let engine = shipped().await;
    let asked = (0..8).map(|i| {
        let engine = engine.clone();
        tokio::spawn(async move { answer(&engine, if i % 2 == 0 { "hello" } else { "Who are you?" }).await })
    });
    let mut answers = Vec::new();
    for asked in asked.collect::<Vec<_>>() {
        answers.push(asked.await.unwrap());
    }
    assert!(answers[0] != answers[1] && answers.chunks(2).all(|pair| pair == &answers[..2]), "{answers:?}");
}

/// The first words of a stream that is longer than what is sent without being taken: unread, it holds its turn.
async fn held(engine: &Engine) -> Reply {
    let request = json!({"prompt": "the", "temperature": 0, "max_tokens": 200, "stream": true});
    let mut reply = engine.call("/completions", request.to_string().into()).await.unwrap();
    let _first = reply.next().await.unwrap().unwrap();
    reply
}

/// What is left of a reply.
async fn rest(reply: &mut Reply) -> (usize, Result<(), Fault>) {
    let mut chunks = 0;
    while let Some(chunk) = reply.next().await {
        match chunk {
            Ok(_) => chunks += 1,
            Err(fault) => return (chunks, Err(fault)),
        }
    }
    (chunks, Ok(()))
}

async fn endless() -> Engine {
    endless_with(|_| {}).await
}

/// A model whose greedy answers go on for ever.
async fn endless_with(limits: impl Fn(&mut Limits)) -> Engine {
    let mut options = options(file("qwen2-f32.gguf"));
    limits(&mut options.limits);
    Engine::start(options).await.unwrap()
}

async fn answers(engine: &Engine) -> bool {
    post(engine, "/completions", &json!({"prompt": "a", "max_tokens": 2})).await.0 == 200
}

async fn until(what: impl Fn() -> bool, within: Duration) {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < within, "it did not come about");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn one_more_than_the_queue_holds_is_refused() {
    let engine = endless_with(|limits| {
        *limits = Limits { concurrent_calls_max: 1, queue_max: 1, queue_seconds_max: 1, ..limits.clone() };
    });
    let engine = engine.await;
    let first = held(&engine).await;
    let second = tokio::spawn({
        let engine = engine.clone();
        async move { held(&engine).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let third = Instant::now();
    assert_eq!(held(&engine).await.status, 429);
    assert!(third.elapsed() < Duration::from_millis(500));
    assert_eq!(second.await.unwrap().status, 429);
    drop(first);
    assert_eq!(held(&engine).await.status, 200);
}

async fn a_slow_reader_holds_nobody_up() {
    let engine = endless().await;
    let mut slow = held(&engine).await;
    for _ in 0..3 {
        assert!(answers(&engine).await);
    }
    let (chunks, outcome) = rest(&mut slow).await;
    assert!(outcome.is_ok() && chunks > 100, "{chunks} {outcome:?}");
}

async fn dropping_a_reply_frees_its_turn() {
    let engine = endless_with(|limits| limits.concurrent_calls_max = 1).await;
    for _ in 0..5 {
        drop(held(&engine).await);
    }
    assert!(answers(&engine).await);
}

async fn a_call_over_its_time_is_ended() {
    let engine = endless_with(|limits| limits.call_seconds_max = 1).await;
    let mut reply = held(&engine).await;
    tokio::time::sleep(Duration::from_millis(1_700)).await;
    assert_eq!(rest(&mut reply).await.1, Err(Fault::TimedOut(1)));
    assert!(answers(&engine).await && engine.last_exit().is_none());
}

/// The child dies of the probe; the call it was working on ends with a fault; the next child answers.
async fn killed_by(probe: Probe) {
    let engine = endless().await;
    let mut reply = held(&engine).await;
    engine.probe(probe).await.unwrap();
    assert_eq!(rest(&mut reply).await.1, Err(Fault::Died), "{probe:?} did not end the child");
    until(|| engine.is_ready(), Duration::from_secs(10)).await;
    assert!(answers(&engine).await);
    let exit = engine.last_exit().unwrap();
    assert!(exit.starts_with(DEATH), "{probe:?}: {exit}");
}

/// SIGSYS: seccomp killed it, rather than to answer with an error. What cannot be allocated aborts, and the signal to
/// oneself that an abort is made of is forbidden, too.
const DEATH: &str = "signal: 31 (SIGSYS)";

async fn files_sockets_and_programs_are_out_of_reach() {
    for probe in [Probe::OpenFile, Probe::Socket, Probe::Execute, Probe::StrangeDescriptor] {
        killed_by(probe).await;
    }
}

async fn a_child_without_memory_dies_and_is_replaced() {
    killed_by(Probe::Allocate).await;
}

async fn a_hung_child_is_replaced() {
    let engine = endless_with(|limits| (limits.call_seconds_max, limits.cancel_seconds_max) = (1, 1)).await;
    engine.probe(Probe::Hang).await.unwrap();
    let outcome = engine.call("/completions", json!({"prompt": "a"}).to_string().into()).await;
    assert_eq!(outcome.unwrap_err(), Fault::TimedOut(1));
    until(|| engine.last_exit().is_some(), Duration::from_secs(15)).await;
    until(|| engine.is_ready(), Duration::from_secs(15)).await;
    assert!(answers(&engine).await);
}

async fn a_call_that_panics_ends_alone() {
    let engine = endless().await;
    let mut other = held(&engine).await;
    engine.probe(Probe::Panic).await.unwrap();
    let outcome = engine.call("/completions", json!({"prompt": "a"}).to_string().into()).await;
    assert_eq!(outcome.unwrap_err(), Fault::Broke);
    assert!(rest(&mut other).await.1.is_ok());
    assert!(answers(&engine).await && engine.last_exit().is_none());
}

async fn a_changed_file_is_not_loaded_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let models = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/models");
    std::fs::copy(models.join("qwen2-f32.gguf"), &path).unwrap();
    let engine = Engine::start(options(Model::File(path.clone()))).await.unwrap();
    std::fs::copy(models.join("qwen3-bf16.gguf"), folder.path().join("new")).unwrap();
    std::fs::rename(folder.path().join("new"), &path).unwrap();
    engine.probe(Probe::OpenFile).await.unwrap();
    until(|| !engine.is_ready(), Duration::from_secs(10)).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!engine.is_ready());
    let outcome = engine.call("/completions", json!({"prompt": "a"}).to_string().into()).await;
    assert_eq!(outcome.unwrap_err(), Fault::NotReady);
    std::fs::copy(models.join("qwen2-f32.gguf"), folder.path().join("old")).unwrap();
    std::fs::rename(folder.path().join("old"), &path).unwrap();
    until(|| engine.is_ready(), Duration::from_secs(30)).await;
}

async fn a_file_that_is_no_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let start = |bytes: Vec<u8>| {
        std::fs::write(&path, bytes).unwrap();
        Engine::start(options(Model::File(path.clone())))
    };
    let refused = start(b"not a model".to_vec()).await.unwrap_err();
    assert!(matches!(refused, StartError::Model(_)), "{refused}");
    let refused = start(Vec::new()).await.unwrap_err();
    assert!(matches!(refused, StartError::Model(_)), "{refused}");
    let missing = Engine::start(options(Model::File(folder.path().join("absent")))).await.unwrap_err();
    assert!(matches!(missing, StartError::File { .. }), "{missing}");
    let directory = Engine::start(options(Model::File(folder.path().to_owned()))).await.unwrap_err();
    assert!(matches!(directory, StartError::File { .. }), "{directory}");
    let mut tight = options(file("qwen2-f32.gguf"));
    tight.limits.memory_bytes = 1 << 20;
    let refused = Engine::start(tight).await.unwrap_err();
    assert!(matches!(refused, StartError::Died(_) | StartError::Model(_)), "{refused}");
    let mut other = options(Model::Shipped);
    other.program = PathBuf::from("/bin/true");
    let refused = Engine::start(other).await.unwrap_err();
    assert!(matches!(refused, StartError::Died(_)), "{refused}");
}

async fn the_sandbox_says_what_holds() {
    let sandbox = shipped().await.facts().sandbox;
    for part in ["landlock", "seccomp", "rlimits", "no new privileges"] {
        assert!(sandbox.contains(part), "{sandbox}");
    }
}

async fn stopping_ends_the_child() {
    let engine = endless().await;
    let other = engine.clone();
    let mut reply = held(&engine).await;
    engine.stop().await;
    assert!(!other.is_ready());
    assert_eq!(rest(&mut reply).await.1, Err(Fault::Died));
    let refused = other.call("/embeddings", Bytes::new()).await.unwrap_err();
    assert_eq!(refused, Fault::Stopped);
}

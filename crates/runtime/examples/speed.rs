//! Measures a model: `cargo run --release -p runtime --example speed -- [FILE.gguf] [THREADS]`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measuring program for people"
)]

use std::process::ExitCode;
use std::time::Instant;

use runtime::{CHILD_ARG, Engine, Limits, Model, Options, Sandbox};
use serde_json::{Value, json};

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(CHILD_ARG) {
        return runtime::child_main();
    }
    let model = std::env::args().nth(1).map_or(Model::Shipped, |path| Model::File(path.into()));
    let threads = std::env::args().nth(2).map_or(1, |threads| threads.parse().unwrap());
    let limits = Limits { memory_bytes: 4 << 30, ..Limits::default() };
    let program = std::env::current_exe().unwrap();
    let options = Options { model, sandbox: Sandbox::BestEffort, limits, program, threads };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(options));
    ExitCode::SUCCESS
}

async fn measure(options: Options) {
    let began = Instant::now();
    let engine = Engine::start(options).await.unwrap();
    println!("ready after {:.0} ms: {:?}", began.elapsed().as_secs_f64() * 1e3, engine.facts());
    let prompt: Vec<u32> = (0..128).map(|token| token % 300).collect();
    let _warm = complete(&engine, &prompt, 2).await;
    let (seconds, _) = complete(&engine, &prompt, 1).await;
    println!("prompt    {:8.1} tokens/s", 128.0 / seconds);
    let (longer, tokens) = complete(&engine, &prompt, 65).await;
    println!("generate  {:8.1} tokens/s, one call", f64::from(tokens - 1) / (longer - seconds));
    let began = Instant::now();
    let calls = (0..8).map(|_| {
        let (engine, prompt) = (engine.clone(), prompt.clone());
        tokio::spawn(async move { complete(&engine, &prompt, 65).await.1 })
    });
    let mut tokens = 0;
    for call in calls.collect::<Vec<_>>() {
        tokens += call.await.unwrap();
    }
    println!(
        "generate  {:8.1} tokens/s, eight calls, prompts included",
        f64::from(tokens) / began.elapsed().as_secs_f64()
    );
}

/// Seconds taken and tokens made.
async fn complete(engine: &Engine, prompt: &[u32], tokens: u32) -> (f64, u32) {
    let request = json!({"prompt": prompt, "max_tokens": tokens, "temperature": 0});
    let began = Instant::now();
    let mut reply = engine.call("/completions", request.to_string().into()).await.unwrap();
    let mut body = Vec::new();
    while let Some(chunk) = reply.next().await {
        body.extend_from_slice(&chunk.unwrap());
    }
    let answer: Value = serde_json::from_slice(&body).unwrap();
    (began.elapsed().as_secs_f64(), u32::try_from(answer["usage"]["completion_tokens"].as_u64().unwrap()).unwrap())
}

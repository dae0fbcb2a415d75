//! OpenAI `/v1/embeddings` as callers speak it.

use base64::Engine;
use serde::Serialize;

use crate::answer::Answer;
use crate::call::{Call, Door, Embed, Task};
use crate::fields::{Fields, Rejected, bad};
use crate::front::completions::texts_or_tokens;
use crate::front::{Echo, Unwritable, chat};
use crate::json::Value;

/// The most texts of one call, as the API states.
const INPUTS_MAX: usize = 2048;
/// The longest vector that can be asked for.
const DIMENSIONS_MAX: u32 = 65_536;

const KNOWN: &[&str] = &["model", "input", "dimensions", "encoding_format", "user"];

/// Reads the body of an embeddings request.
///
/// # Errors
/// [`Rejected`] names the place, the reason and the way out.
pub fn read(value: Value) -> Result<Call, Rejected> {
    let mut unmodelled = Vec::new();
    let mut body = Fields::open(value, "")?;
    let model = chat::model(&mut body)?;
    let (inputs, single) = texts_or_tokens(&mut body, "input", INPUTS_MAX)?;
    if inputs.iter().any(|input| input.is_empty()) {
        return Err(bad("input", "has an empty text", "leave empty texts out"));
    }
    let embed = Embed {
        inputs,
        single,
        dimensions: body.u32_within("dimensions", 1, DIMENSIONS_MAX)?,
        base64: body.one_of("encoding_format", &["float", "base64"])?.as_deref() == Some("base64"),
        user: body.text("user")?,
    };
    body.finish(KNOWN, &mut unmodelled)?;
    Ok(Call { door: Door::Embeddings, model, task: Task::Embed(Box::new(embed)), unmodelled })
}

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Embedding<'a>>,
    model: &'a str,
    usage: Tokens,
}

#[derive(Serialize)]
struct Embedding<'a> {
    object: &'static str,
    index: usize,
    embedding: Vector<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector<'a> {
    Floats(&'a [f32]),
    Base64(String),
}

/// Both are 0 when the upstream did not say: the format requires them.
#[derive(Serialize)]
struct Tokens {
    prompt_tokens: u64,
    total_tokens: u64,
}

/// Writes the vectors.
///
/// # Errors
/// The name of something that this format cannot say.
pub fn write(echo: &Echo, answer: &Answer) -> Result<Vec<u8>, Unwritable> {
    let Answer::Embedded(embedded) = answer else {
        return Err(Unwritable("something else than vectors".to_owned()));
    };
    let tokens = embedded.usage.map_or(0, |usage| usage.input_tokens);
    let mut data = Vec::with_capacity(embedded.vectors.len());
    for (index, floats) in embedded.vectors.iter().enumerate() {
        let embedding = if echo.base64 { Vector::Base64(base64_of(floats)) } else { Vector::Floats(floats) };
        data.push(Embedding { object: "embedding", index, embedding });
    }
    let list = List {
        object: "list",
        data,
        model: &echo.model,
        usage: Tokens { prompt_tokens: tokens, total_tokens: tokens },
    };
    serde_json::to_vec(&list).map_err(|_| Unwritable("something that is not JSON".to_owned()))
}

/// Base64 of the numbers as little-endian `f32`, as OpenAI writes them.
fn base64_of(floats: &[f32]) -> String {
    let bytes: Vec<u8> = floats.iter().flat_map(|number| number.to_le_bytes()).collect();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

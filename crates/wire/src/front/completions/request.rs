//! Reads a completions request.

use crate::call::{Call, Complete, Door, Task};
use crate::fields::{Fields, Rejected, bad, wrong};
use crate::front::{chat, sampling};
use crate::json::Value;
use crate::text::Text;

/// The most prompts of one call.
const PROMPTS_MAX: usize = 2048;
/// The most answers to one prompt, and the most drawn on the server, as the API states.
const N_MAX: u32 = 128;
const BEST_OF_MAX: u32 = 20;
/// The most alternatives for each token, as the API states.
const LOGPROBS_MAX: u32 = 5;

const KNOWN: &[&str] = &[
    "model",
    "prompt",
    "suffix",
    "echo",
    "best_of",
    "n",
    "max_tokens",
    "logprobs",
    "stream",
    "stream_options",
    "user",
];

/// Reads the body of a completions request.
///
/// # Errors
/// [`Rejected`] names the place, the reason and the way out.
pub fn read(value: Value) -> Result<Call, Rejected> {
    let mut unmodelled = Vec::new();
    let mut body = Fields::open(value, "")?;
    let model = chat::model(&mut body)?;
    let (stream, stream_usage) = sampling::stream(&mut body, &mut unmodelled)?;
    let complete = Complete {
        prompts: texts_or_tokens(&mut body, "prompt", PROMPTS_MAX)?.0,
        suffix: body.text("suffix")?,
        echo: body.bool("echo")?.unwrap_or(false),
        best_of: body.u32_within("best_of", 1, BEST_OF_MAX)?,
        n: body.u32_within("n", 1, N_MAX)?,
        sampling: sampling::read(&mut body)?,
        max_output_tokens: body.u64("max_tokens")?,
        logprobs: body.u32_within("logprobs", 0, LOGPROBS_MAX)?,
        stream,
        stream_usage,
        user: body.text("user")?,
    };
    let drawn = complete.best_of.unwrap_or(1);
    if stream && drawn > 1 {
        return Err(bad("best_of", "cannot be streamed", "leave out `stream` or `best_of`"));
    }
    if complete.best_of.is_some() && drawn < complete.n.unwrap_or(1) {
        return Err(bad("best_of", "is less than `n`", "ask for at least `n`"));
    }
    let known: Vec<&str> = KNOWN.iter().chain(sampling::KNOWN).copied().collect();
    body.finish(&known, &mut unmodelled)?;
    Ok(Call { door: Door::Completions, model, task: Task::Complete(Box::new(complete)), unmodelled })
}

/// A string or a list of strings, and whether it was one string alone. Lists of token ids are refused: what they say
/// can't be read without the tokenizer of the destination.
pub(in crate::front) fn texts_or_tokens(
    body: &mut Fields,
    key: &str,
    most: usize,
) -> Result<(Vec<Text>, bool), Rejected> {
    let items = match body.require(key)? {
        Value::String(text) => return Ok((vec![Text(text)], true)),
        Value::Array(items) => items,
        _ => return Err(wrong(&body.at(key), "a string or a list of strings")),
    };
    if items.iter().any(|item| matches!(item, Value::Number(_) | Value::Array(_))) {
        let path = body.at(key);
        return Err(Rejected::at(
            &path,
            "token_input_unsupported",
            format!("`{path}` holds token ids, which cannot be inspected as text"),
            "send text instead of token ids",
        ));
    }
    if items.is_empty() || items.len() > most {
        return Err(bad(&body.at(key), &format!("does not have 1 to {most} texts"), format!("send 1 to {most} texts")));
    }
    Ok((sampling::texts(items, &body.at(key))?, false))
}

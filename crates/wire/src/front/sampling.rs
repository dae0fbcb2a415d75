//! Reads the sampling fields that OpenAI chat completions and completions share.

use crate::call::Sampling;
use crate::fields::{Fields, Rejected, bad, wrong};
use crate::json::Value;
use crate::text::Text;

/// The fields read or refused here.
pub(super) const KNOWN: &[&str] = &[
    "temperature",
    "top_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "stop",
    "logit_bias",
    "prompt_token_ids",
    "prompt_embeds",
    "input_ids",
    "input_embeds",
];

/// Fields by which engines take a prompt as numbers.
pub(super) const TOKEN_FIELDS: &[&str] = &["prompt_token_ids", "prompt_embeds", "input_ids", "input_embeds"];

/// The most stop texts, as the API states.
const STOPS_MAX: usize = 4;
/// The most biased tokens that are read; the API states no limit.
const BIASES_MAX: usize = 4096;

pub(super) fn read(body: &mut Fields) -> Result<Sampling, Rejected> {
    refuse_tokens(body)?;
    Ok(Sampling {
        temperature: body.f64_within("temperature", 0.0, 2.0)?,
        top_p: body.f64_within("top_p", 0.0, 1.0)?,
        top_k: top_k(body)?,
        presence_penalty: body.f64_within("presence_penalty", -2.0, 2.0)?,
        frequency_penalty: body.f64_within("frequency_penalty", -2.0, 2.0)?,
        seed: body.i64("seed")?,
        stop: stop(body)?,
        logit_bias: logit_bias(body)?,
    })
}

/// `stream` and whether the stream ends with usage.
pub(super) fn stream(
    body: &mut Fields,
    unmodelled: &mut Vec<crate::call::Unmodelled>,
) -> Result<(bool, bool), Rejected> {
    let stream = body.bool("stream")?.unwrap_or(false);
    let Some(mut options) = body.object("stream_options")? else { return Ok((stream, false)) };
    if !stream {
        return Err(bad("stream_options", "is set without `stream`", "set `stream` to true, or leave it out"));
    }
    let usage = options.bool("include_usage")?.unwrap_or(false);
    options.refuse(
        "include_obfuscation",
        "unsupported_field",
        "is padding by the provider's service, which answers here don't have",
        "leave it out",
    )?;
    options.finish(&["include_usage", "include_obfuscation"], unmodelled)?;
    Ok((stream, usage))
}

/// Refuses [`TOKEN_FIELDS`]. No policy permits them: nobody could inspect what they say.
pub(super) fn refuse_tokens(body: &mut Fields) -> Result<(), Rejected> {
    for field in TOKEN_FIELDS {
        let why = "holds a prompt as numbers, which cannot be inspected as text";
        body.refuse(field, "token_input_unsupported", why, "send text instead")?;
    }
    Ok(())
}

/// Engines read -1 as "no limit", which is what absence says as well.
fn top_k(body: &mut Fields) -> Result<Option<u64>, Rejected> {
    match body.take("top_k") {
        None => Ok(None),
        Some(Value::Number(number)) if number.as_i64() == Some(-1) => Ok(None),
        Some(Value::Number(number)) if number.is_u64() => Ok(number.as_u64()),
        Some(_) => Err(wrong("top_k", "a whole number that is not negative, or -1")),
    }
}

fn stop(body: &mut Fields) -> Result<Vec<Text>, Rejected> {
    let stops = match body.take("stop") {
        None => Vec::new(),
        Some(Value::String(text)) => vec![Text(text)],
        Some(Value::Array(items)) => texts(items, "stop")?,
        Some(_) => return Err(wrong("stop", "a string or a list of strings")),
    };
    if stops.len() > STOPS_MAX {
        return Err(bad(
            "stop",
            &format!("has more than {STOPS_MAX} texts"),
            format!("send at most {STOPS_MAX} texts"),
        ));
    }
    Ok(stops)
}

/// A list of strings at `path`.
pub(super) fn texts(items: Vec<Value>, path: &str) -> Result<Vec<Text>, Rejected> {
    let text = |(index, item)| match item {
        Value::String(text) => Ok(Text(text)),
        _ => Err(wrong(&format!("{path}[{index}]"), "a string")),
    };
    items.into_iter().enumerate().map(text).collect()
}

fn logit_bias(body: &mut Fields) -> Result<Vec<(String, f64)>, Rejected> {
    let entries = match body.take("logit_bias") {
        None => return Ok(Vec::new()),
        Some(Value::Object(entries)) => entries,
        Some(_) => return Err(wrong("logit_bias", "an object of token ids and numbers")),
    };
    if entries.len() > BIASES_MAX {
        let help = format!("send at most {BIASES_MAX} tokens");
        return Err(bad("logit_bias", &format!("has more than {BIASES_MAX} tokens"), help));
    }
    let bias = |(token, value): (String, Value)| match value {
        // A token id is digits; anything else would be text in the place of a key.
        _ if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(bad("logit_bias", "has a key that is no token id", "use token ids, in digits, as keys"))
        }
        Value::Number(number) => match number.as_f64() {
            Some(value) if (-100.0..=100.0).contains(&value) => Ok((token, value)),
            _ => Err(bad("logit_bias", "has a number that is not from -100 to 100", "send numbers from -100 to 100")),
        },
        _ => Err(wrong("logit_bias", "an object of token ids and numbers")),
    };
    entries.into_iter().map(bias).collect()
}

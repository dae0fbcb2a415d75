//! Writes a whole answer as a text completion.

use serde::Serialize;

use crate::answer::{Answer, Choice, Stop};
use crate::call::BlockKind;
use crate::front::usage::Written;
use crate::front::{Echo, Unwritable, chat};
use crate::json::Value;

#[derive(Serialize)]
struct Completion<'a> {
    id: String,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<WrittenChoice<'a>>,
    usage: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_fingerprint: Option<&'a str>,
}

#[derive(Serialize)]
struct WrittenChoice<'a> {
    text: String,
    index: u32,
    logprobs: Option<&'a Value>,
    finish_reason: &'static str,
}

/// Writes a whole answer.
///
/// # Errors
/// The name of something that this format cannot say.
pub fn write(echo: &Echo, answer: &Answer) -> Result<Vec<u8>, Unwritable> {
    let Answer::Generated(generated) = answer else {
        return Err(Unwritable("something else than a completion".to_owned()));
    };
    let written = Completion {
        id: format!("cmpl-{}", echo.record),
        object: "text_completion",
        created: chat::created(echo, generated),
        model: &echo.model,
        choices: generated.choices.iter().map(choice).collect::<Result<_, _>>()?,
        usage: generated.usage.map(Written::from),
        system_fingerprint: generated.fingerprint.as_deref(),
    };
    serde_json::to_vec(&written).map_err(|_| Unwritable("something that is not JSON".to_owned()))
}

fn choice(choice: &Choice) -> Result<WrittenChoice<'_>, Unwritable> {
    let mut text = String::new();
    for block in &choice.content {
        match &block.kind {
            BlockKind::Text(more) => text.push_str(more),
            _ => return Err(Unwritable("more than text".to_owned())),
        }
    }
    if !choice.annotations.is_empty() {
        return Err(Unwritable("a citation".to_owned()));
    }
    let finish_reason = finish_reason(choice.stop.as_ref().unwrap_or(&Stop::End))?;
    Ok(WrittenChoice { text, index: choice.index, logprobs: choice.logprobs.as_ref(), finish_reason })
}

/// OpenAI's word for why a completion ended.
pub(super) fn finish_reason(stop: &Stop) -> Result<&'static str, Unwritable> {
    match stop {
        Stop::ToolCalls => Err(Unwritable("a tool call".to_owned())),
        other => chat::finish_reason(other),
    }
}

//! Writes a whole answer as a response object.

use std::borrow::Cow;

use serde::Serialize;

use super::SIGNATURE_PREFIX;
use super::item::{self, Item, Part, Written};
use super::repeat::Repeated;
use crate::answer::{Answer, Choice, Generated, Stop, Usage};
use crate::call::{BlockKind, ReasoningBlock};
use crate::front::{Echo, Unwritable};
use crate::json::Value;

/// The object without what it repeats of the request.
#[derive(Serialize)]
pub(super) struct Response<'a> {
    pub(super) id: &'a str,
    pub(super) object: &'static str,
    pub(super) created_at: u64,
    pub(super) status: &'static str,
    pub(super) error: Option<Failure<'a>>,
    pub(super) incomplete_details: Option<Incomplete>,
    pub(super) model: &'a str,
    pub(super) output: Vec<Written<'a>>,
    pub(super) usage: Option<Tokens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_tier: Option<&'a str>,
    pub(super) background: bool,
    pub(super) previous_response_id: Option<&'a str>,
    pub(super) store: bool,
    pub(super) truncation: &'static str,
}

#[derive(Serialize)]
pub(super) struct Failure<'a> {
    pub(super) code: &'static str,
    pub(super) message: &'a str,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct Incomplete {
    reason: &'static str,
}

/// Tokens in this format's words.
#[derive(Serialize)]
pub(super) struct Tokens {
    input_tokens: u64,
    input_tokens_details: InputTokens,
    output_tokens: u64,
    output_tokens_details: OutputTokens,
    total_tokens: u64,
}

#[derive(Serialize)]
struct InputTokens {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Serialize)]
struct OutputTokens {
    reasoning_tokens: u64,
}

impl From<Usage> for Tokens {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            input_tokens_details: InputTokens {
                cached_tokens: usage.cache_read_tokens,
                cache_write_tokens: usage.cache_write_tokens,
            },
            output_tokens: usage.output_tokens,
            output_tokens_details: OutputTokens { reasoning_tokens: usage.reasoning_tokens },
            total_tokens: usage.input_tokens.saturating_add(usage.output_tokens),
        }
    }
}

impl<'a> Response<'a> {
    /// One without output, in progress.
    pub(super) fn new(id: &'a str, model: &'a str, created_at: u64) -> Self {
        Self {
            id,
            object: "response",
            created_at,
            status: "in_progress",
            error: None,
            incomplete_details: None,
            model,
            output: Vec::new(),
            usage: None,
            service_tier: None,
            background: false,
            previous_response_id: None,
            store: false,
            truncation: "disabled",
        }
    }

    /// Appends its bytes, with what it repeats of the request.
    pub(super) fn append(&self, repeated: &Repeated, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        append(self, out)?;
        // The closing brace makes way for the repeated fields.
        out.pop();
        out.push(b',');
        out.extend_from_slice(repeated.inside().as_bytes());
        out.push(b'}');
        Ok(())
    }
}

pub(super) fn append(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    serde_json::to_writer(out, value).map_err(|_| Unwritable("something that is not JSON".to_owned()))
}

/// Writes a whole answer.
///
/// # Errors
/// The name of something that this format cannot say.
pub fn write(echo: &Echo, answer: &Answer) -> Result<Vec<u8>, Unwritable> {
    let Answer::Generated(generated) = answer else {
        return Err(Unwritable("something else than a conversation".to_owned()));
    };
    let choice = only_choice(generated)?;
    let items = items(choice, &echo.record)?;
    let id = format!("resp_{}", echo.record);
    let created = crate::front::chat::created(echo, generated);
    let mut response = Response::new(&id, &echo.model, created);
    (response.status, response.incomplete_details) = ending(choice.stop.as_ref().unwrap_or(&Stop::End))?;
    let last = items.len().saturating_sub(1);
    // Where an answer was cut off, it was in the last of its items.
    let status = |index| if index == last { response.status } else { "completed" };
    response.output = items.iter().enumerate().map(|(index, (id, item))| item.written(id, status(index))).collect();
    response.usage = generated.usage.map(Tokens::from);
    response.service_tier = generated.service_tier.as_deref();
    let mut out = Vec::new();
    match &echo.responses {
        Some(repeated) => response.append(repeated, &mut out)?,
        None => response.append(&Repeated::nothing(), &mut out)?,
    }
    Ok(out)
}

fn only_choice(generated: &Generated) -> Result<&Choice, Unwritable> {
    match generated.choices.as_slice() {
        [choice] => Ok(choice),
        [] => Err(Unwritable("no answer at all".to_owned())),
        _ => Err(Unwritable("more than one answer".to_owned())),
    }
}

/// The status, and the details of an answer that was cut off.
pub(super) fn ending(stop: &Stop) -> Result<(&'static str, Option<Incomplete>), Unwritable> {
    match stop {
        Stop::End | Stop::StopText(_) | Stop::ToolCalls => Ok(("completed", None)),
        Stop::Length | Stop::ContextFull => Ok(("incomplete", Some(Incomplete { reason: "max_output_tokens" }))),
        Stop::Refused => Ok(("incomplete", Some(Incomplete { reason: "content_filter" }))),
        Stop::Paused => Err(Unwritable("a pause of the provider".to_owned())),
    }
}

/// The items with their ids.
fn items<'a>(choice: &'a Choice, record: &str) -> Result<Vec<(String, Item<'a>)>, Unwritable> {
    let mut items: Vec<(String, Item<'a>)> = Vec::new();
    let mut tokens = item::logprobs(choice.logprobs.as_ref()).into_iter().peekable();
    let mut last_words = 0;
    for (index, block) in choice.content.iter().enumerate() {
        match &block.kind {
            BlockKind::Text(text) => {
                let logprobs = spelling(text, &mut tokens);
                let part =
                    Part::OutputText { text: Cow::Borrowed(text), annotations: annotations(choice, index)?, logprobs };
                last_words = say(&mut items, part, record);
            }
            BlockKind::Refusal(text) => {
                last_words = say(&mut items, Part::Refusal { refusal: Cow::Borrowed(text) }, record);
            }
            BlockKind::Reasoning(block) => reason(&mut items, block, record)?,
            BlockKind::ToolCall { id, name, arguments, custom } => {
                let (call_id, name, arguments) = (Cow::Borrowed(id.as_str()), name, Cow::Borrowed(arguments.as_str()));
                let name = Cow::Borrowed(name.as_str());
                let item = match custom {
                    true => Item::CustomToolCall { call_id, name, input: arguments },
                    false => Item::FunctionCall { call_id, name, arguments },
                };
                push(&mut items, item, record);
            }
            BlockKind::Cited { .. } => return Err(Unwritable("cited text".to_owned())),
            BlockKind::Image { .. } => return Err(Unwritable("an image".to_owned())),
            BlockKind::File { .. } => return Err(Unwritable("a file".to_owned())),
            BlockKind::Audio { .. } => return Err(Unwritable("audio".to_owned())),
            BlockKind::SearchResult { .. } => return Err(Unwritable("a search result".to_owned())),
            BlockKind::ToolResult { .. } => return Err(Unwritable("a tool result".to_owned())),
        }
    }
    // Screening may have shortened the text, so that tokens are left over; they stay with the last words.
    if let Some((_, Item::Message { parts })) = items.get_mut(last_words)
        && let Some(Part::OutputText { logprobs, .. }) = parts.last_mut()
    {
        logprobs.extend(tokens);
    }
    Ok(items)
}

fn push<'a>(items: &mut Vec<(String, Item<'a>)>, item: Item<'a>, record: &str) {
    items.push((item.id(record, items.len()), item));
}

/// Adds a part to the message that is being said; which item that is.
fn say<'a>(items: &mut Vec<(String, Item<'a>)>, part: Part<'a>, record: &str) -> usize {
    match items.last_mut() {
        Some((_, Item::Message { parts })) => parts.push(part),
        _ => push(items, Item::Message { parts: vec![part] }, record),
    }
    items.len().saturating_sub(1)
}

/// The tokens that spell `text`.
fn spelling(text: &str, tokens: &mut impl Iterator<Item = Value>) -> Vec<Value> {
    let (mut spelt, mut bytes) = (Vec::new(), 0);
    while bytes < text.len() {
        let Some(token) = tokens.next() else { break };
        bytes += token.field("token").and_then(Value::as_str).map_or(0, str::len);
        spelt.push(token);
    }
    spelt
}

fn annotations(choice: &Choice, block: usize) -> Result<Vec<Value>, Unwritable> {
    let here = choice.annotations.iter().filter(|(at, _)| usize::try_from(*at).is_ok_and(|at| at == block));
    here.map(|(_, value)| item::annotation(value)).collect()
}

/// Adds reasoning: to the item before, where that has the same id, or as an item of its own.
fn reason<'a>(items: &mut Vec<(String, Item<'a>)>, block: &'a ReasoningBlock, record: &str) -> Result<(), Unwritable> {
    let seal = sealed(block)?;
    if let (Some(id), Some((last, Item::Reasoning { summary, content, sealed }))) = (&block.id, items.last_mut())
        && id == last
    {
        summary.extend(block.summary.iter().map(|text| Cow::Borrowed(text.as_str())));
        content.extend(block.text.iter().map(|text| Cow::Borrowed(text.as_str())));
        *sealed = sealed.take().or(seal);
        return Ok(());
    }
    let item = Item::Reasoning {
        summary: block.summary.iter().map(|text| Cow::Borrowed(text.as_str())).collect(),
        content: block.text.iter().map(|text| Cow::Borrowed(text.as_str())).collect(),
        sealed: seal,
    };
    let id = block.id.clone().unwrap_or_else(|| item.id(record, items.len()));
    items.push((id, item));
    Ok(())
}

/// The sealed form, or the marked signature.
fn sealed(block: &ReasoningBlock) -> Result<Option<Cow<'_, str>>, Unwritable> {
    // An empty signature is none.
    match (&block.sealed, block.signature.as_ref().filter(|signature| !signature.is_empty())) {
        (Some(_), Some(_)) => Err(Unwritable("reasoning that is both signed and sealed".to_owned())),
        (Some(sealed), None) => Ok(Some(Cow::Borrowed(sealed))),
        (None, Some(signature)) => Ok(Some(Cow::Owned(format!("{SIGNATURE_PREFIX}{}", signature.as_str())))),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Embedded;
    use crate::call::{Block, Call, Door, Generate, Task};

    fn echo() -> Echo {
        let task = Task::Generate(Box::<Generate>::default());
        let call = Call { door: Door::Responses, model: "alias".to_owned(), task, unmodelled: Vec::new() };
        Echo::of(&call, "r", 7)
    }

    fn text(text: &str) -> Block {
        BlockKind::Text(text.into()).into()
    }

    #[track_caller]
    fn check(choice: Choice, expected: &str) {
        let generated = Generated { choices: vec![choice], ..Generated::default() };
        let body = write(&echo(), &Answer::Generated(generated)).unwrap();
        let output = crate::json::parse(&body).unwrap().field("output").unwrap().to_text();
        assert_eq!(output, expected);
    }

    #[track_caller]
    fn unwritable(choices: Vec<Choice>, what: &str) {
        let error = write(&echo(), &Answer::Generated(Generated { choices, ..Generated::default() })).unwrap_err();
        assert!(error.0.contains(what), "{error}");
    }

    #[test]
    fn log_probabilities_go_with_the_words_that_they_spell() {
        let tokens = r#"{"content":[{"token":"ab","logprob":-1},{"token":"c","logprob":-2,"bytes":null},{"token":"d","logprob":-3}]}"#;
        let logprobs = Some(crate::json::parse(tokens.as_bytes()).unwrap());
        let message = concat!(
            r#"[{"type":"message","id":"msg_r_0","status":"completed","role":"assistant","content":["#,
            r#"{"type":"output_text","text":"ab","annotations":[],"logprobs":["#,
            r#"{"token":"ab","bytes":[97,98],"logprob":-1,"top_logprobs":[]}]},"#,
            r#"{"type":"output_text","text":"c","annotations":[],"logprobs":["#,
            r#"{"token":"c","bytes":[99],"logprob":-2,"top_logprobs":[]},"#,
            r#"{"token":"d","bytes":[100],"logprob":-3,"top_logprobs":[]}]}]}]"#
        );
        check(Choice { content: vec![text("ab"), text("c")], logprobs, ..Choice::default() }, message);
    }

    #[test]
    fn a_web_citation_in_the_chat_shape_is_told_in_this_one() {
        let citation =
            r#"{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":0,"end_index":1}}"#;
        let annotations = vec![(0, crate::json::parse(citation.as_bytes()).unwrap())];
        let message = concat!(
            r#"[{"type":"message","id":"msg_r_0","status":"completed","role":"assistant","content":["#,
            r#"{"type":"output_text","text":"a","annotations":["#,
            r#"{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":1}],"logprobs":[]}]}]"#
        );
        check(Choice { content: vec![text("a")], annotations, ..Choice::default() }, message);
    }

    #[test]
    fn what_the_format_cannot_say_is_named() {
        unwritable(Vec::new(), "no answer");
        unwritable(vec![Choice::default(), Choice { index: 1, ..Choice::default() }], "more than one answer");
        unwritable(vec![Choice { stop: Some(Stop::Paused), ..Choice::default() }], "a pause");
        let annotations =
            vec![(0, Value::Object(vec![("type".to_owned(), Value::String("char_location".to_owned()))]))];
        unwritable(vec![Choice { content: vec![text("a")], annotations, ..Choice::default() }], "a citation");
        let both =
            ReasoningBlock { sealed: Some("a".into()), signature: Some("b".into()), ..ReasoningBlock::default() };
        let content = vec![BlockKind::Reasoning(both).into()];
        unwritable(vec![Choice { content, ..Choice::default() }], "signed and sealed");
        assert!(write(&echo(), &Answer::Embedded(Embedded::default())).is_err());
    }
}

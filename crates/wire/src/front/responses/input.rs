//! Reads the input of a Responses request: a string, or items, which become turns.
//!
//! INVARIANT (one item, one place): writing the turns as items again gives as many items in the same order, so that an
//! unmodelled item or field finds its place by its path.

use super::SIGNATURE_PREFIX;
use super::tools::{keep_whole, provider_run};
use crate::call::{Block, BlockKind, ReasoningBlock, Role, Source, Turn, Unmodelled};
use crate::dialect::openai_responses::reasoning::{self, must_be_id};
use crate::fields::{Fields, Rejected, bad, wrong};
use crate::front::chat::{data_url, is_web_address};
use crate::json::Value;
use crate::text::Text;

/// The most items of one call; the API states no limit.
const ITEMS_MAX: usize = 20_000;

const STATUSES: &[&str] = &["in_progress", "completed", "incomplete"];

/// Items of tools that the provider runs.
const PROVIDER_RUN: &[&str] = &[
    "file_search_call",
    "web_search_call",
    "code_interpreter_call",
    "computer_call",
    "computer_call_output",
    "image_generation_call",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "tool_search_call",
    "tool_search_output",
    "program",
    "program_output",
];

pub(super) fn read(value: Value, unmodelled: &mut Vec<Unmodelled>) -> Result<Vec<Turn>, Rejected> {
    let items = match value {
        Value::String(text) => return Ok(vec![turn(Role::User, vec![BlockKind::Text(Text(text)).into()])]),
        Value::Array(items) => items,
        _ => return Err(wrong("input", "a string or a list of items")),
    };
    if items.is_empty() {
        return Err(bad("input", "is empty", "send at least one item"));
    }
    if items.len() > ITEMS_MAX {
        return Err(bad("input", "has too many items", format!("send at most {ITEMS_MAX}")));
    }
    let mut turns = Vec::new();
    for (index, value) in items.into_iter().enumerate() {
        item(value, format!("input[{index}]"), &mut turns, unmodelled)?;
    }
    if unmodelled.is_empty() {
        leave_out_nothing(&mut turns);
    }
    Ok(turns)
}

/// Reasoning with nothing but an id refers to what nobody kept, and says nothing. It is left out, unless places count.
fn leave_out_nothing(turns: &mut Vec<Turn>) {
    let says_nothing = |block: &Block| match &block.kind {
        BlockKind::Reasoning(ReasoningBlock { id: _, text: None, summary, signature: None, sealed: None }) => {
            summary.is_empty()
        }
        _ => false,
    };
    turns.iter_mut().for_each(|turn| turn.content.retain(|block| !says_nothing(block)));
    turns.retain(|turn| !turn.content.is_empty());
}

fn turn(role: Role, content: Vec<Block>) -> Turn {
    Turn { role, name: None, content }
}

fn item(value: Value, path: String, turns: &mut Vec<Turn>, unmodelled: &mut Vec<Unmodelled>) -> Result<(), Rejected> {
    let kind = kind(&value, &path)?;
    match kind.as_str() {
        "message" => message(typed(value, path)?, turns, unmodelled),
        "reasoning" => {
            let blocks = reasoning::read(typed(value, path.clone())?, true, unmodelled)?;
            distinct(&blocks, turns, &path)?;
            say(turns, blocks.into_iter().map(|block| BlockKind::Reasoning(unsign(block)).into()).collect());
            Ok(())
        }
        "function_call" | "custom_tool_call" => {
            let call = tool_call(typed(value, path)?, kind == "custom_tool_call", unmodelled)?;
            say(turns, vec![call]);
            Ok(())
        }
        "function_call_output" | "custom_tool_call_output" => {
            let result = tool_result(typed(value, path)?, kind == "custom_tool_call_output", unmodelled)?;
            turns.push(turn(Role::Tool, vec![result]));
            Ok(())
        }
        "item_reference" => Err(kept(&path)),
        provider if PROVIDER_RUN.contains(&provider) => Err(provider_run(&format!("{path}.type"))),
        _ => keep_whole(value, path, unmodelled),
    }
}

/// Opens an object whose type is known.
fn typed(value: Value, path: String) -> Result<Fields, Rejected> {
    let mut fields = Fields::open(value, path)?;
    fields.take("type");
    Ok(fields)
}

/// Neighbours of one id would be taken for one item.
fn distinct(blocks: &[ReasoningBlock], turns: &[Turn], path: &str) -> Result<(), Rejected> {
    let before = turns.last().and_then(|turn| turn.content.last()).map(|block| &block.kind);
    if let (Some(BlockKind::Reasoning(before)), Some(first)) = (before, blocks.first())
        && first.id.is_some()
        && first.id == before.id
    {
        return Err(bad(&format!("{path}.id"), "is the id of the item before as well", "send each item once"));
    }
    Ok(())
}

/// The item's type. A message may leave its type out, and so may a reference, which is an item with nothing but an id.
fn kind(value: &Value, path: &str) -> Result<String, Rejected> {
    match (value, value.field("type")) {
        (Value::Object(_), Some(Value::String(kind))) => Ok(kind.clone()),
        (Value::Object(_), None | Some(Value::Null)) if value.field("role").is_some() => Ok("message".to_owned()),
        (Value::Object(_), None | Some(Value::Null)) if value.field("id").is_some() => Err(kept(path)),
        (Value::Object(_), None | Some(Value::Null)) => {
            let path = format!("{path}.type");
            Err(Rejected::at(&path, "missing_field", format!("`{path}` is missing"), "add the type of the item"))
        }
        (Value::Object(_), Some(_)) => Err(wrong(&format!("{path}.type"), "a string")),
        _ => Err(wrong(path, "an object")),
    }
}

fn kept(path: &str) -> Rejected {
    Rejected::at(
        path,
        "state_unsupported",
        format!("`{path}` refers to an item that the provider keeps"),
        "send the item itself; clients do so when `store` is set to false",
    )
}

/// Adds what the model said to its turn. Items of one answer are one turn, because other formats have one message for
/// them; two messages in a row stay two.
fn say(turns: &mut Vec<Turn>, blocks: Vec<Block>) {
    let is_words = |block: &Block| matches!(block.kind, BlockKind::Text(_) | BlockKind::Refusal(_));
    let starts_with_words = blocks.first().is_some_and(is_words);
    match turns.last_mut() {
        Some(last)
            if last.role == Role::Assistant && !(starts_with_words && last.content.last().is_some_and(is_words)) =>
        {
            last.content.extend(blocks);
        }
        _ => turns.push(turn(Role::Assistant, blocks)),
    }
}

/// A signature travels in the field for sealed reasoning, marked.
fn unsign(mut block: ReasoningBlock) -> ReasoningBlock {
    if let Some(signature) = block.sealed.as_ref().and_then(|sealed| sealed.strip_prefix(SIGNATURE_PREFIX)) {
        block.signature = Some(Text::new(signature));
        block.sealed = None;
    }
    block
}

fn message(mut message: Fields, turns: &mut Vec<Turn>, unmodelled: &mut Vec<Unmodelled>) -> Result<(), Rejected> {
    let role = match message.required_string("role")?.as_str() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return Err(bad(&message.at("role"), "is not a role", "use system, developer, user or assistant")),
    };
    let path = message.at("content");
    let content = content(message.require("content")?, &path, role, unmodelled)?;
    // Ids of items name what a provider keeps; ours keep nothing. A status tells how the answer once ended.
    message.string("id")?;
    message.one_of("status", STATUSES)?;
    message.finish(&["type", "role", "content", "id", "status"], unmodelled)?;
    if role == Role::Assistant {
        say(turns, content);
    } else {
        turns.push(turn(role, content));
    }
    Ok(())
}

fn content(value: Value, path: &str, role: Role, unmodelled: &mut Vec<Unmodelled>) -> Result<Vec<Block>, Rejected> {
    let parts = match value {
        Value::String(text) => return Ok(vec![BlockKind::Text(Text(text)).into()]),
        Value::Array(parts) => parts,
        _ => return Err(wrong(path, "a string or a list of parts")),
    };
    if parts.is_empty() {
        // An answer that was cut off before its first word says nothing.
        return match role {
            Role::Assistant => Ok(vec![BlockKind::Text(Text::default()).into()]),
            _ => Err(bad(path, "is an empty list", "send a string or at least one part")),
        };
    }
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, value) in parts.into_iter().enumerate() {
        blocks.extend(part(value, format!("{path}[{index}]"), role, unmodelled)?);
    }
    Ok(blocks)
}

/// One part; `None` where its type is one that we do not model, which is then kept whole in `unmodelled`.
fn part(value: Value, path: String, role: Role, unmodelled: &mut Vec<Unmodelled>) -> Result<Option<Block>, Rejected> {
    let mut part = match value.field("type").and_then(Value::as_str) {
        Some("input_text" | "input_image" | "input_file" | "output_text" | "refusal") => Fields::open(value, path)?,
        Some(_) => {
            keep_whole(value, path, unmodelled)?;
            return Ok(None);
        }
        None => {
            let path = format!("{path}.type");
            return Err(Rejected::at(&path, "missing_field", format!("`{path}` is missing"), "add the part's type"));
        }
    };
    let kind = part.required_string("type")?;
    let spoken = matches!(kind.as_str(), "output_text" | "refusal");
    if spoken != (role == Role::Assistant) {
        let help =
            "use output_text and refusal for the assistant, and input_text, input_image and input_file for others";
        return Err(bad(&part.at("type"), "is not a part that a message of this role may have", help));
    }
    let kind = match kind.as_str() {
        "input_text" => BlockKind::Text(plain(part, "text", unmodelled)?),
        "refusal" => BlockKind::Refusal(plain(part, "refusal", unmodelled)?),
        "output_text" => output_text(part, unmodelled)?,
        "input_image" => image(part, unmodelled)?,
        _ => file(part, unmodelled)?,
    };
    Ok(Some(kind.into()))
}

fn plain(mut part: Fields, key: &str, unmodelled: &mut Vec<Unmodelled>) -> Result<Text, Rejected> {
    let text = part.required_text(key)?;
    part.finish(&["type", key], unmodelled)?;
    Ok(text)
}

fn output_text(mut part: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<BlockKind, Rejected> {
    let text = part.required_text("text")?;
    // Callers send answers back as they got them; an empty list says nothing, anything else is unmodelled.
    for key in ["annotations", "logprobs"] {
        let path = part.at(key);
        if let Some(value) = part.take(key).filter(|value| *value != Value::Array(Vec::new())) {
            unmodelled.push(Unmodelled { path, value });
        }
    }
    part.finish(&["type", "text", "annotations", "logprobs"], unmodelled)?;
    Ok(BlockKind::Text(text))
}

fn image(mut part: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<BlockKind, Rejected> {
    let detail = part.one_of("detail", &["auto", "low", "high", "original"])?;
    let (path, url, id) = (part.at("image_url"), part.string("image_url")?, part.string("file_id")?);
    part.finish(&["type", "detail", "image_url", "file_id"], unmodelled)?;
    let source = match (url, id) {
        (Some(url), None) => address(url, &path)?,
        (None, Some(id)) => Source::ProviderFile(id),
        _ => return Err(bad(&path, "and `file_id` must not be both there or both absent", "send one of the two")),
    };
    Ok(BlockKind::Image { source, detail })
}

fn address(url: String, path: &str) -> Result<Source, Rejected> {
    match data_url(&url, path)? {
        Some(source) => Ok(source),
        None if is_web_address(&url) => Ok(Source::Url(Text(url))),
        None => Err(bad(path, "is neither a data: nor an http(s): address", "send it as a data: URL")),
    }
}

fn file(mut part: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<BlockKind, Rejected> {
    let name = part.text("filename")?;
    let (data, url, id) = (part.string("file_data")?, part.string("file_url")?, part.string("file_id")?);
    let (data_path, url_path) = (part.at("file_data"), part.at("file_url"));
    part.finish(&["type", "filename", "file_data", "file_url", "file_id"], unmodelled)?;
    let source = match (data, url, id) {
        (Some(data), None, None) => match data_url(&data, &data_path)? {
            Some(source) => source,
            None => return Err(bad(&data_path, "is not a data: URL with base64", "send data:TYPE;base64,…")),
        },
        (None, Some(url), None) => address(url, &url_path)?,
        (None, None, Some(id)) => Source::ProviderFile(id),
        _ => {
            let why = "and `file_url` and `file_id`: exactly one must be there";
            return Err(bad(&data_path, why, "send one of the three"));
        }
    };
    Ok(BlockKind::File { source, name, context: None, citations: false })
}

fn tool_call(mut call: Fields, custom: bool, unmodelled: &mut Vec<Unmodelled>) -> Result<Block, Rejected> {
    let key = if custom { "input" } else { "arguments" };
    let id = call_id(&mut call)?;
    let (name, arguments) = (call.required_text("name")?, call.required_text(key)?);
    call.string("id")?;
    call.one_of("status", STATUSES)?;
    call.finish(&["type", "call_id", "name", key, "id", "status"], unmodelled)?;
    Ok(BlockKind::ToolCall { id, name, arguments, custom }.into())
}

fn call_id(item: &mut Fields) -> Result<String, Rejected> {
    let id = item.required_string("call_id")?;
    must_be_id(&id, &item.at("call_id"))?;
    Ok(id)
}

fn tool_result(mut result: Fields, custom: bool, unmodelled: &mut Vec<Unmodelled>) -> Result<Block, Rejected> {
    let call_id = call_id(&mut result)?;
    let path = result.at("output");
    let content = match result.require("output")? {
        Value::Array(parts) if parts.is_empty() => Vec::new(),
        value => content(value, &path, Role::Tool, unmodelled)?,
    };
    result.string("id")?;
    result.one_of("status", STATUSES)?;
    result.finish(&["type", "call_id", "output", "id", "status"], unmodelled)?;
    Ok(BlockKind::ToolResult { call_id, content, is_error: false, custom }.into())
}

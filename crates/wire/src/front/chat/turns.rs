//! Reads the messages of a chat completions request.

use std::collections::HashSet;

use crate::call::{Block, BlockKind, ReasoningBlock, Role, Source, Turn, Unmodelled};
use crate::fields::{Fields, Rejected, bad, wrong};
use crate::json::Value;
use crate::text::Text;

/// The most messages of one call; the API states no limit.
const MESSAGES_MAX: usize = 20_000;

pub(super) fn read(messages: Option<Vec<Value>>, unmodelled: &mut Vec<Unmodelled>) -> Result<Vec<Turn>, Rejected> {
    let Some(messages) = messages else {
        return Err(Rejected::at(
            "messages",
            "missing_field",
            "`messages` is missing",
            "add `messages` to the request",
        ));
    };
    if messages.is_empty() {
        return Err(bad("messages", "is empty", "send at least one message"));
    }
    if messages.len() > MESSAGES_MAX {
        return Err(bad("messages", "has too many messages", format!("send at most {MESSAGES_MAX}")));
    }
    let message = |(index, value)| turn(Fields::open(value, format!("messages[{index}]"))?, unmodelled);
    let mut turns: Vec<Turn> = messages.into_iter().enumerate().map(message).collect::<Result<_, _>>()?;
    mark_custom_results(&mut turns);
    Ok(turns)
}

/// A tool message does not say whether its tool is free-form; the call that it answers does.
fn mark_custom_results(turns: &mut [Turn]) {
    let mut custom_ids = HashSet::new();
    for block in turns.iter_mut().flat_map(|turn| &mut turn.content) {
        match &mut block.kind {
            BlockKind::ToolCall { id, custom: true, .. } => {
                custom_ids.insert(id.clone());
            }
            BlockKind::ToolResult { call_id, custom, .. } => *custom = custom_ids.contains(call_id),
            _ => {}
        }
    }
}

fn turn(mut message: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Turn, Rejected> {
    let role = role(&mut message)?;
    let name = message.text("name")?;
    let content = match role {
        Role::System | Role::Developer | Role::User => required_content(&mut message, role, unmodelled)?,
        Role::Assistant => assistant(&mut message, unmodelled)?,
        Role::Tool => {
            let call_id = message.required_string("tool_call_id")?;
            let content = required_content(&mut message, role, unmodelled)?;
            vec![BlockKind::ToolResult { call_id, content, is_error: false, custom: false }.into()]
        }
    };
    let known: &[&str] = match role {
        Role::System | Role::Developer | Role::User => &["role", "name", "content"],
        Role::Assistant => ASSISTANT_KNOWN,
        Role::Tool => &["role", "name", "content", "tool_call_id"],
    };
    message.finish(known, unmodelled)?;
    Ok(Turn { role, name, content })
}

const ASSISTANT_KNOWN: &[&str] = &[
    "role",
    "name",
    "content",
    "refusal",
    "reasoning_content",
    "reasoning",
    "tool_calls",
    "function_call",
    "audio",
    "annotations",
];

fn role(message: &mut Fields) -> Result<Role, Rejected> {
    match message.required_string("role")?.as_str() {
        "system" => Ok(Role::System),
        "developer" => Ok(Role::Developer),
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        "tool" => Ok(Role::Tool),
        "function" => Err(Rejected::at(
            &message.at("role"),
            "unsupported_field",
            format!("`{}` is the legacy form of a tool result", message.at("role")),
            "use the role `tool` with `tool_call_id`",
        )),
        _ => Err(bad(&message.at("role"), "is not a role", "use system, developer, user, assistant or tool")),
    }
}

fn required_content(
    message: &mut Fields,
    role: Role,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<Vec<Block>, Rejected> {
    let path = message.at("content");
    content(message.require("content")?, &path, role, unmodelled)
}

fn content(value: Value, path: &str, role: Role, unmodelled: &mut Vec<Unmodelled>) -> Result<Vec<Block>, Rejected> {
    match value {
        Value::String(text) => Ok(vec![BlockKind::Text(Text(text)).into()]),
        Value::Array(parts) if parts.is_empty() && role != Role::Assistant => {
            Err(bad(path, "is an empty list", "send a string or at least one part"))
        }
        Value::Array(parts) => {
            let mut blocks = Vec::with_capacity(parts.len());
            for (index, value) in parts.into_iter().enumerate() {
                blocks.extend(part(value, format!("{path}[{index}]"), role, unmodelled)?);
            }
            Ok(blocks)
        }
        _ => Err(wrong(path, "a string or a list of parts")),
    }
}

/// The types of parts that are read.
const PARTS: &[&str] = &["text", "refusal", "image_url", "input_audio", "file"];

/// One part; `None` where its type is one that we do not model, which is then kept whole in `unmodelled`.
fn part(value: Value, path: String, role: Role, unmodelled: &mut Vec<Unmodelled>) -> Result<Option<Block>, Rejected> {
    let kind = value.field("type").and_then(Value::as_str).map(str::to_owned);
    let Some(kind) = kind else {
        let path = format!("{path}.type");
        return Err(Rejected::at(&path, "missing_field", format!("`{path}` is missing"), "add the part's type"));
    };
    let allowed = match kind.as_str() {
        "text" => true,
        "refusal" => role == Role::Assistant,
        "image_url" | "input_audio" | "file" => role == Role::User,
        // A lenient upstream could read it as the part that it resembles, unseen by those who look for that part.
        other if PARTS.iter().any(|known| known.eq_ignore_ascii_case(other)) => {
            return Err(bad(
                &format!("{path}.type"),
                "differs from a known type only in case",
                "write it in small letters",
            ));
        }
        _ => {
            unmodelled.push(Unmodelled { path, value });
            return Ok(None);
        }
    };
    if !allowed {
        let path = format!("{path}.type");
        return Err(bad(&path, "is not a part that a message of this role may have", "put it in a user message"));
    }
    let mut part = Fields::open(value, path)?;
    part.take("type");
    let block = match kind.as_str() {
        "text" => BlockKind::Text(part.required_text("text")?),
        "refusal" => BlockKind::Refusal(part.required_text("refusal")?),
        "image_url" => image(&mut part, unmodelled)?,
        "input_audio" => audio(&mut part, unmodelled)?,
        _ => file(&mut part, unmodelled)?,
    };
    part.finish(&["type", kind.as_str()], unmodelled)?;
    Ok(Some(block.into()))
}

fn inner(part: &mut Fields, key: &str) -> Result<Fields, Rejected> {
    let path = part.at(key);
    Fields::open(part.require(key)?, path)
}

fn image(part: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<BlockKind, Rejected> {
    let mut image = inner(part, "image_url")?;
    let url = image.required_string("url")?;
    let detail = image.one_of("detail", &["auto", "low", "high", "original"])?;
    let path = image.at("url");
    image.finish(&["url", "detail"], unmodelled)?;
    let source = match data_url(&url, &path)? {
        Some(Source::Base64 { media_type, .. }) if !media_type.starts_with("image/") => {
            return Err(bad(&path, "is not of an image type", "send data:image/TYPE;base64,…"));
        }
        Some(source) => source,
        None if is_web_address(&url) => Source::Url(Text(url)),
        None => return Err(bad(&path, "is neither a data: nor an http(s): address", "send the image as a data: URL")),
    };
    Ok(BlockKind::Image { source, detail })
}

fn audio(part: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<BlockKind, Rejected> {
    let mut audio = inner(part, "input_audio")?;
    let data = audio.required_text("data")?;
    must_be_base64(&data, &audio.at("data"))?;
    let path = audio.at("format");
    let media_type = match audio.required_string("format")?.as_str() {
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        _ => return Err(bad(&path, "is not a value that it can have", "send one of: wav, mp3")),
    };
    audio.finish(&["data", "format"], unmodelled)?;
    Ok(BlockKind::Audio { source: Source::Base64 { media_type: media_type.to_owned(), data } })
}

fn file(part: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<BlockKind, Rejected> {
    let mut file = inner(part, "file")?;
    let name = file.text("filename")?;
    let (data, id) = (file.string("file_data")?, file.string("file_id")?);
    let path = file.at("file_data");
    file.finish(&["filename", "file_data", "file_id"], unmodelled)?;
    let source = match (data, id) {
        (Some(data), None) => match data_url(&data, &path)? {
            Some(source) => source,
            None => return Err(bad(&path, "is not a data: URL with base64", "send data:TYPE;base64,…")),
        },
        (None, Some(id)) => Source::ProviderFile(id),
        _ => return Err(bad(&path, "and `file_id` must not be both there or both absent", "send one of the two")),
    };
    Ok(BlockKind::File { source, name, context: None, citations: false })
}

pub(in crate::front) fn is_web_address(url: &str) -> bool {
    let has = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    has("https://") || has("http://")
}

/// The content of a `data:` URL; `None` for any other address.
pub(in crate::front) fn data_url(url: &str, path: &str) -> Result<Option<Source>, Rejected> {
    let Some(rest) = url.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:")).and(url.get(5..)) else {
        return Ok(None);
    };
    let split = rest.split_once(',').and_then(|(head, data)| Some((head.strip_suffix(";base64")?, data)));
    let Some((media_type, data)) = split else {
        return Err(bad(path, "is a data: URL without base64", "send data:TYPE;base64,…"));
    };
    let data = Text::new(data);
    must_be_base64(&data, path)?;
    Ok(Some(Source::Base64 { media_type: media_type.to_owned(), data }))
}

/// Text that is not base64 could pass unread as an attachment.
pub(in crate::front) fn must_be_base64(data: &str, path: &str) -> Result<(), Rejected> {
    if crate::segments::base64_len(data).is_some() {
        return Ok(());
    }
    Err(bad(path, "is not base64", "encode the bytes in standard base64 with padding"))
}

fn assistant(message: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Vec<Block>, Rejected> {
    message.refuse(
        "audio",
        "state_unsupported",
        "refers to an answer that the provider keeps",
        "send its transcript",
    )?;
    message.refuse("function_call", "unsupported_field", "is the legacy form of a tool call", "use `tool_calls`")?;
    let mut blocks = Vec::new();
    if let Some(text) = reasoning(message)? {
        blocks.push(BlockKind::Reasoning(ReasoningBlock { text: Some(text), ..ReasoningBlock::default() }).into());
    }
    let path = message.at("content");
    if let Some(value) = message.take("content") {
        // Clients write "" beside tool calls where the API says null; neither says anything.
        if value.as_str() != Some("") {
            blocks.extend(content(value, &path, Role::Assistant, unmodelled)?);
        }
    }
    if let Some(refusal) = message.text("refusal")? {
        blocks.push(BlockKind::Refusal(refusal).into());
    }
    // Clients send answers back as they got them; an empty list says nothing, anything else is unmodelled.
    let path = message.at("annotations");
    if let Some(value) = message.take("annotations").filter(|value| *value != Value::Array(Vec::new())) {
        unmodelled.push(Unmodelled { path, value });
    }
    let calls = message.array("tool_calls")?.unwrap_or_default();
    for (index, value) in calls.into_iter().enumerate() {
        let call = Fields::open(value, format!("{}[{index}]", message.at("tool_calls")))?;
        blocks.push(tool_call(call, unmodelled)?.into());
    }
    Ok(blocks)
}

/// Open-weight engines name it `reasoning_content` or `reasoning`; both may be given when they agree.
fn reasoning(message: &mut Fields) -> Result<Option<Text>, Rejected> {
    match (message.text("reasoning_content")?, message.text("reasoning")?) {
        (Some(content), Some(reasoning)) if content != reasoning => {
            Err(bad(&message.at("reasoning"), "differs from `reasoning_content`", "send one of the two"))
        }
        (content, reasoning) => Ok(content.or(reasoning).filter(|text| !text.is_empty())),
    }
}

fn tool_call(mut call: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<BlockKind, Rejected> {
    let id = call.required_string("id")?;
    let kind = call.string("type")?.unwrap_or_else(|| "function".to_owned());
    // Streams number their calls, and clients send that number back; the order says the same.
    call.u64("index")?;
    let (custom, key, input) = match kind.as_str() {
        "function" => (false, "function", "arguments"),
        "custom" => (true, "custom", "input"),
        _ => return Err(bad(&call.at("type"), "is not a kind of tool call", "use function or custom")),
    };
    let mut inside = inner(&mut call, key)?;
    let (name, arguments) = (inside.required_text("name")?, inside.required_text(input)?);
    inside.finish(&["name", input], unmodelled)?;
    call.finish(&["id", "type", "index", key], unmodelled)?;
    Ok(BlockKind::ToolCall { id, name, arguments, custom })
}

//! Reads a request in OpenAI's formats. What it does not know it refuses by name: silence would change the meaning.

mod fields;

use serde_json::{Map, Value};

use super::sampler::Sampling;
use super::template::Message;
use fields::{boolean, count, count_or_all, is_neutral, known, number, present, tools, wrong};

/// What is asked of the model.
pub(super) enum Request {
    Generate(Generate),
    Embed(Embed),
}

pub(super) struct Generate {
    pub(super) prompt: Prompt,
    /// `None`: as much as fits for a chat, [`COMPLETION_TOKENS`] for a completion.
    pub(super) tokens_max: Option<usize>,
    pub(super) sampling: Sampling,
    pub(super) stops: Vec<String>,
    pub(super) stream: bool,
    /// Whether the stream ends with a chunk of counts.
    pub(super) stream_usage: bool,
}

pub(super) enum Prompt {
    Chat(Vec<Message>),
    Text(String),
    Tokens(Vec<u32>),
}

pub(super) struct Embed {
    pub(super) inputs: Vec<Prompt>,
    pub(super) base64: bool,
}

/// An answer that says no, in OpenAI's words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    /// The field at fault.
    pub(super) param: Option<String>,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, param: Option<&str>, message: impl Into<String>) -> Refusal {
        let param = param.map(|param| param.chars().take(PARAM_CHARS_MAX).collect());
        Refusal { status: 400, code, param, message: message.into() }
    }
}

type Read<T> = Result<T, Refusal>;

/// Reads the body that came for a path.
///
/// # Errors
/// A [`Refusal`] that names the field.
pub(super) fn read(path: &str, body: &[u8]) -> Read<Request> {
    let allowed: &[&str] = match path {
        "/chat/completions" => &["messages", "max_completion_tokens"],
        "/completions" => &["prompt"],
        "/embeddings" => return embed(&object(body)?).map(Request::Embed),
        _ => {
            let message = "the embedded model answers /chat/completions, /completions and /embeddings";
            return Err(Refusal { status: 404, ..Refusal::new("unknown_path", None, message) });
        }
    };
    generate(&object(body)?, allowed).map(Request::Generate)
}

fn object(body: &[u8]) -> Read<Map<String, Value>> {
    // Not the parser's own words: they can quote the body.
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refusal::new("invalid_json", None, "the body is not a JSON object")),
        Err(error) => {
            let place = format!("the body is not JSON at line {} column {}", error.line(), error.column());
            Err(Refusal::new("invalid_json", None, place))
        }
    }
}

fn generate(fields: &Map<String, Value>, own: &[&str]) -> Read<Generate> {
    known(fields, "", &[own, GENERATION_FIELDS].concat(), NEUTRAL_FIELDS)?;
    let prompt = match (fields.get("messages"), fields.get("prompt")) {
        (Some(messages), _) => Prompt::Chat(self::messages(messages)?),
        (None, Some(prompt)) => self::prompt(prompt, "prompt")?,
        (None, None) => {
            let missing = own.first().copied().unwrap_or_default();
            return Err(Refusal::new("missing_field", Some(missing), format!("`{missing}` is missing")));
        }
    };
    let stream = boolean(fields, "stream")?;
    let stream_usage = match present(fields, "stream_options") {
        None => false,
        Some(Value::Object(options)) if stream => {
            known(options, "stream_options.", &["include_usage"], &[("include_obfuscation", &["false"])])?;
            boolean(options, "include_usage")?
        }
        Some(_) => return Err(wrong("stream_options", "an object beside `stream: true`")),
    };
    let tokens_max = match (count(fields, "max_tokens")?, count(fields, "max_completion_tokens")?) {
        (Some(_), Some(_)) => return Err(wrong("max_tokens", "given once, not beside `max_completion_tokens`")),
        (given, None) | (None, given) => given,
    };
    let is_completion = !matches!(prompt, Prompt::Chat(_));
    Ok(Generate {
        prompt,
        tokens_max: tokens_max.or(is_completion.then_some(COMPLETION_TOKENS)),
        sampling: Sampling {
            temperature: number(fields, "temperature", 0.0, 2.0)?.unwrap_or(1.0),
            top_p: number(fields, "top_p", 0.0, 1.0)?.unwrap_or(1.0),
            top_k: count_or_all(fields, "top_k")?,
            seed: seed(fields)?,
        },
        stops: stops(fields)?,
        stream,
        stream_usage,
    })
}

fn embed(fields: &Map<String, Value>) -> Read<Embed> {
    known(fields, "", &["input", "model", "encoding_format", "user"], &[])?;
    let base64 = match present(fields, "encoding_format").map(Value::as_str) {
        None | Some(Some("float")) => false,
        Some(Some("base64")) => true,
        Some(_) => return Err(wrong("encoding_format", "`float` or `base64`")),
    };
    let input =
        present(fields, "input").ok_or_else(|| Refusal::new("missing_field", Some("input"), "`input` is missing"))?;
    let inputs = match input {
        Value::Array(items) if items.iter().all(|item| item.is_string() || item.is_array()) => {
            if items.is_empty() || items.len() > INPUTS_MAX {
                return Err(wrong("input", &format!("one to {INPUTS_MAX} texts")));
            }
            items.iter().map(|item| prompt(item, "input")).collect::<Read<_>>()?
        }
        one => vec![prompt(one, "input")?],
    };
    Ok(Embed { inputs, base64 })
}

/// A text, or token numbers.
fn prompt(value: &Value, name: &str) -> Read<Prompt> {
    match value {
        Value::String(text) => Ok(Prompt::Text(text.clone())),
        Value::Array(items) if items.len() == 1 && items.first().is_some_and(Value::is_string) => {
            Ok(Prompt::Text(items.first().and_then(Value::as_str).unwrap_or_default().to_owned()))
        }
        Value::Array(items) if !items.is_empty() => {
            let token = |item: &Value| item.as_u64().and_then(|number| u32::try_from(number).ok());
            let tokens: Option<Vec<u32>> = items.iter().map(token).collect();
            tokens.map(Prompt::Tokens).ok_or_else(|| wrong(name, "one text or an array of token numbers"))
        }
        _ => Err(wrong(name, "a text")),
    }
}

fn messages(value: &Value) -> Read<Vec<Message>> {
    match value {
        Value::Array(items) if (1..=MESSAGES_MAX).contains(&items.len()) => {
            items.iter().enumerate().map(|(at, item)| message(item, at)).collect()
        }
        _ => Err(wrong("messages", &format!("an array of one to {MESSAGES_MAX} messages"))),
    }
}

fn message(value: &Value, at: usize) -> Read<Message> {
    let place = format!("messages[{at}].");
    let Value::Object(fields) = value else { return Err(wrong(&format!("messages[{at}]"), "an object")) };
    let role = match fields.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => "system",
        Some("user") => "user",
        Some("assistant") => "assistant",
        Some("tool" | "function") => return Err(tools(&format!("{place}role"))),
        _ => return Err(wrong(&format!("{place}role"), "`system`, `developer`, `user` or `assistant`")),
    };
    if fields.get("tool_calls").is_some_and(|calls| !is_neutral(calls, &["[]"])) {
        return Err(tools(&format!("{place}tool_calls")));
    }
    known(fields, &place, &["role", "content", "name"], &[("refusal", &[]), ("tool_calls", &["[]"])])?;
    let name = match present(fields, "name") {
        None => None,
        Some(Value::String(name)) => Some(name.clone()),
        Some(_) => return Err(wrong(&format!("{place}name"), "a text")),
    };
    let content = match fields.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => self::parts(parts, &format!("{place}content"))?,
        None | Some(Value::Null) if role == "assistant" => String::new(),
        _ => return Err(wrong(&format!("{place}content"), "a text or an array of text parts")),
    };
    Ok(Message { role, content, name })
}

fn parts(parts: &[Value], place: &str) -> Read<String> {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        let place = format!("{place}[{at}]");
        match (part.get("type").and_then(Value::as_str), part.get("text").and_then(Value::as_str)) {
            (Some("text"), Some(more)) => text.push_str(more),
            (Some("text"), None) => return Err(wrong(&format!("{place}.text"), "a text")),
            _ => {
                let message = format!("the embedded model reads text only; `{place}` is something else");
                return Err(Refusal::new("unsupported_content", Some(&place), message));
            }
        }
        if let Value::Object(fields) = part {
            known(fields, &format!("{place}."), &["type", "text"], &[])?;
        }
    }
    Ok(text)
}

fn stops(fields: &Map<String, Value>) -> Read<Vec<String>> {
    let stops: Option<Vec<String>> = match present(fields, "stop") {
        None => return Ok(Vec::new()),
        Some(Value::String(stop)) => Some(vec![stop.clone()]),
        Some(Value::Array(items)) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    };
    let lawful = |stops: &Vec<String>| {
        stops.len() <= STOPS_MAX && stops.iter().all(|stop| (1..=STOP_BYTES_MAX).contains(&stop.len()))
    };
    stops
        .filter(lawful)
        .ok_or_else(|| wrong("stop", &format!("at most {STOPS_MAX} texts of 1 to {STOP_BYTES_MAX} bytes")))
}

fn seed(fields: &Map<String, Value>) -> Read<Option<u64>> {
    match present(fields, "seed") {
        None => Ok(None),
        Some(value) => match (value.as_u64(), value.as_i64()) {
            (Some(seed), _) => Ok(Some(seed)),
            (None, Some(seed)) => Ok(Some(seed.cast_unsigned())),
            _ => Err(wrong("seed", "an integer")),
        },
    }
}

/// What both ways of generating read. `model` was the door's business, `user` is a label for it.
const GENERATION_FIELDS: &[&str] =
    &["model", "user", "max_tokens", "temperature", "top_p", "top_k", "seed", "stop", "stream", "stream_options"];
/// Fields that are refused unless their value, in JSON, is one that changes nothing.
const NEUTRAL_FIELDS: &[(&str, &[&str])] = &[
    ("n", &["1"]),
    ("best_of", &["1"]),
    ("echo", &["false"]),
    ("suffix", &["\"\""]),
    ("presence_penalty", &["0"]),
    ("frequency_penalty", &["0"]),
    ("repetition_penalty", &["1"]),
    ("min_p", &["0"]),
    ("logit_bias", &["{}"]),
    ("logprobs", &["false"]),
    ("top_logprobs", &["0"]),
    ("response_format", &[r#"{"type":"text"}"#]),
    ("modalities", &[r#"["text"]"#]),
    ("tools", &["[]"]),
    ("tool_choice", &["\"none\"", "\"auto\""]),
    ("parallel_tool_calls", &["true", "false"]),
    ("store", &["false"]),
    ("metadata", &["{}"]),
    ("service_tier", &["\"auto\"", "\"default\""]),
];
/// What OpenAI's own completions give when nobody says how much.
const COMPLETION_TOKENS: usize = 16;
const INPUTS_MAX: usize = 256;
const MESSAGES_MAX: usize = 4_096;
const STOPS_MAX: usize = 16;
const STOP_BYTES_MAX: usize = 256;
const PARAM_CHARS_MAX: usize = 96;

#[cfg(test)]
mod tests {
    use super::*;

    /// The field and code of the refusal, or nothing.
    fn check(path: &str, body: &str, expected: Option<(&str, &str)>) {
        let refused =
            read(path, body.as_bytes()).err().map(|refusal| (refusal.param.unwrap_or_default(), refusal.code));
        assert_eq!(refused, expected.map(|(param, code)| (param.to_owned(), code)), "{body}");
    }

    /// A chat with more fields.
    fn chat(more: &str) -> String {
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}]{more}}}"#)
    }

    #[test]
    fn what_clients_send_is_read() {
        check("/chat/completions", &chat(""), None);
        check(
            "/chat/completions",
            &chat(r#","max_tokens":5,"temperature":0,"top_p":0.5,"top_k":3,"seed":-1,"stop":["a"]"#),
            None,
        );
        check(
            "/chat/completions",
            &chat(r#","stream":true,"stream_options":{"include_usage":true},"n":1,"user":"u""#),
            None,
        );
        check("/chat/completions", &chat(r#","presence_penalty":0.0,"tools":[],"logprobs":null,"store":false"#), None);
        check("/completions", r#"{"prompt":"a"}"#, None);
        check("/completions", r#"{"prompt":[1,2]}"#, None);
        check("/embeddings", r#"{"input":["a","b"],"encoding_format":"base64"}"#, None);
        check("/embeddings", r#"{"input":[[1,2],[3]]}"#, None);
    }

    #[test]
    fn what_is_not_built_is_refused_by_name() {
        check("/chat/completions", &chat(r#","n":2"#), Some(("n", "unsupported_field")));
        check("/chat/completions", &chat(r#","tools":[{"type":"function"}]"#), Some(("tools", "tools_unsupported")));
        check(
            "/chat/completions",
            &chat(r#","response_format":{"type":"json_object"}"#),
            Some(("response_format", "unsupported_field")),
        );
        check(
            "/chat/completions",
            &chat(r#","frequency_penalty":0.5"#),
            Some(("frequency_penalty", "unsupported_field")),
        );
        check("/chat/completions", &chat(r#","brand_new":1"#), Some(("brand_new", "unsupported_field")));
        check("/chat/completions", &chat(r#","Stream":true"#), Some(("Stream", "unsupported_field")));
        check("/completions", r#"{"prompt":"a","echo":true}"#, Some(("echo", "unsupported_field")));
        check("/embeddings", r#"{"input":"a","dimensions":3}"#, Some(("dimensions", "unsupported_field")));
        check("/models", "{}", Some(("", "unknown_path")));
    }

    #[test]
    fn messages_are_text_by_known_roles() {
        let with = |message: &str| format!(r#"{{"messages":[{message}]}}"#);
        check(
            "/chat/completions",
            &with(r#"{"role":"tool","content":"x"}"#),
            Some(("messages[0].role", "tools_unsupported")),
        );
        check(
            "/chat/completions",
            &with(r#"{"role":"root","content":"x"}"#),
            Some(("messages[0].role", "invalid_value")),
        );
        check(
            "/chat/completions",
            &with(r#"{"role":"user","content":null}"#),
            Some(("messages[0].content", "invalid_value")),
        );
        check(
            "/chat/completions",
            &with(r#"{"role":"user","content":"x","weight":1}"#),
            Some(("messages[0].weight", "unsupported_field")),
        );
        let image = r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}"#;
        check("/chat/completions", &with(image), Some(("messages[0].content[0]", "unsupported_content")));
        check("/chat/completions", &with(r#"{"role":"user","content":[{"type":"text","text":"x"}]}"#), None);
        check("/chat/completions", r#"{"messages":[]}"#, Some(("messages", "invalid_value")));
        check("/chat/completions", "{}", Some(("messages", "missing_field")));
    }

    #[test]
    fn values_out_of_their_bounds_are_refused() {
        check("/chat/completions", &chat(r#","temperature":3"#), Some(("temperature", "invalid_value")));
        check("/chat/completions", &chat(r#","max_tokens":0"#), Some(("max_tokens", "invalid_value")));
        check(
            "/chat/completions",
            &chat(r#","max_tokens":1,"max_completion_tokens":1"#),
            Some(("max_tokens", "invalid_value")),
        );
        check("/chat/completions", &chat(r#","stop":["" ]"#), Some(("stop", "invalid_value")));
        check("/chat/completions", &chat(r#","stream_options":{}"#), Some(("stream_options", "invalid_value")));
        check("/chat/completions", "[1", Some(("", "invalid_json")));
        check("/embeddings", r#"{"input":[]}"#, Some(("input", "invalid_value")));
    }
}

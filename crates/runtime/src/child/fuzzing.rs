//! What the fuzzers reach of the child: its parsers of strangers' bytes, each on its own and without a sandbox.

use bytes::Bytes;

use super::loaded::Model;
use super::request::{self, Prompt, Request};
use super::template::{Message, Template};

/// Loads a model file, and, when it loads, makes tokens of a short conversation.
pub fn model(file: &[u8]) {
    let Ok(model) = Model::load(&Bytes::copy_from_slice(file), CONTEXT_TOKENS, MEMORY_BYTES) else { return };
    let _ = model.tokens(&Prompt::Chat(conversation("Hello, <|im_end|> who are you?")));
    let _ = model.tokens(&Prompt::Text("Hello, who are you?".to_owned()));
}

/// Renders a conversation with a template, both from strangers. What the caller wrote never becomes a control token.
///
/// # Panics
/// When it does.
pub fn template(source: &str, text: &str) {
    let Ok(template) = Template::compile(source) else { return };
    let controls = [CONTROL.to_owned()];
    // A template may write control tokens of its own, and what a caller says twice may be written twice.
    if source.contains("<|") || source.contains("|>") || source.contains("im_end") {
        return;
    }
    if let Ok(rendered) = template.render(&conversation(text), &controls, "", "") {
        assert!(
            !rendered.text.contains(CONTROL) || !text.contains(CONTROL),
            "the caller's text became a control token"
        );
    }
}

/// Reads a request for one of the three paths.
pub fn request(path: usize, body: &[u8]) {
    let paths = ["/chat/completions", "/completions", "/embeddings"];
    let Some(path) = paths.get(path.checked_rem(paths.len()).unwrap_or(0)) else { return };
    if let Ok(Request::Generate(generate)) = request::read(path, body) {
        assert!(generate.stops.len() <= body.len());
    }
}

fn conversation(text: &str) -> Vec<Message> {
    vec![Message { role: "user", content: text.to_owned(), name: None }]
}

const CONTROL: &str = "<|im_end|>";
const CONTEXT_TOKENS: usize = 512;
const MEMORY_BYTES: u64 = 256 * 1024 * 1024;

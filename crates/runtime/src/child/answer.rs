//! Writes answers in OpenAI's formats.

use base64::Engine as _;
use serde_json::{Value, json};

use super::request::Refusal;

/// Which of the two ways of generating an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Chat,
    Completion,
}

/// What every part of one answer repeats.
pub(super) struct Envelope {
    pub(super) style: Style,
    pub(super) id: String,
    /// Seconds since 1970.
    pub(super) created: u64,
    pub(super) model: String,
}

/// Tokens read and written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    pub(super) prompt: usize,
    pub(super) completion: usize,
}

impl Usage {
    fn json(self) -> Value {
        json!({
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
        })
    }
}

impl Envelope {
    /// The whole answer at once.
    pub(super) fn whole(&self, text: &str, finish: &str, usage: Usage) -> Vec<u8> {
        let (object, choice) = match self.style {
            Style::Chat => (
                "chat.completion",
                json!({"index": 0, "message": {"role": "assistant", "content": text, "refusal": null}, "logprobs": null, "finish_reason": finish}),
            ),
            Style::Completion => {
                ("text_completion", json!({"index": 0, "text": text, "logprobs": null, "finish_reason": finish}))
            }
        };
        let mut body = self.json(object, &[choice]);
        self.put(&mut body, "usage", usage.json());
        body.to_string().into_bytes()
    }

    /// The first event of a stream, which says who speaks. Completions have none.
    pub(super) fn opening(&self) -> Option<Vec<u8>> {
        let choice =
            json!({"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": null, "finish_reason": null});
        (self.style == Style::Chat).then(|| event(&self.json("chat.completion.chunk", &[choice])))
    }

    /// An event with more text.
    pub(super) fn more(&self, text: &str) -> Vec<u8> {
        let (object, choice) = match self.style {
            Style::Chat => (
                "chat.completion.chunk",
                json!({"index": 0, "delta": {"content": text}, "logprobs": null, "finish_reason": null}),
            ),
            Style::Completion => {
                ("text_completion", json!({"index": 0, "text": text, "logprobs": null, "finish_reason": null}))
            }
        };
        event(&self.json(object, &[choice]))
    }

    /// The last events of a stream.
    pub(super) fn closing(&self, finish: &str, usage: Option<Usage>) -> Vec<u8> {
        let (object, choice) = match self.style {
            Style::Chat => {
                ("chat.completion.chunk", json!({"index": 0, "delta": {}, "logprobs": null, "finish_reason": finish}))
            }
            Style::Completion => {
                ("text_completion", json!({"index": 0, "text": "", "logprobs": null, "finish_reason": finish}))
            }
        };
        let mut out = event(&self.json(object, &[choice]));
        if let Some(usage) = usage {
            let mut counts = self.json(object, &[]);
            self.put(&mut counts, "usage", usage.json());
            out.extend(event(&counts));
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
        out
    }

    fn json(&self, object: &str, choices: &[Value]) -> Value {
        json!({"id": self.id, "object": object, "created": self.created, "model": self.model, "choices": choices})
    }

    fn put(&self, body: &mut Value, key: &str, value: Value) {
        if let Value::Object(fields) = body {
            fields.insert(key.to_owned(), value);
        }
    }
}

/// Embeddings, one for each input, in their order.
pub(super) fn embeddings(model: &str, vectors: &[Vec<f32>], base64: bool, tokens: usize) -> Vec<u8> {
    let data = vectors.iter().enumerate().map(|(index, vector)| {
        let embedding = if base64 {
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            json!(base64::engine::general_purpose::STANDARD.encode(bytes))
        } else {
            json!(vector)
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    });
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    let body = json!({"object": "list", "data": data.collect::<Vec<_>>(), "model": model, "usage": usage});
    body.to_string().into_bytes()
}

/// An answer that says no.
pub(super) fn refusal(refusal: &Refusal) -> Vec<u8> {
    let kind = if refusal.status >= 500 { "server_error" } else { "invalid_request_error" };
    let error = json!({"message": refusal.message, "type": kind, "param": refusal.param, "code": refusal.code});
    json!({"error": error}).to_string().into_bytes()
}

fn event(value: &Value) -> Vec<u8> {
    format!("data: {value}\n\n").into_bytes()
}

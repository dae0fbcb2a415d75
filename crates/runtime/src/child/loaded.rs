//! A model file, ready: its network, its words, its template; and what a request becomes with them.

use bytes::Bytes;

use super::attention::Memory;
use super::gguf::Gguf;
use super::model::Network;
use super::request::{Prompt, Refusal};
use super::template::{Template, Unrendered};
use super::tokenizer::Tokenizer;
use crate::options;

/// The model as the scheduler uses it.
pub(super) struct Model {
    pub(super) name: String,
    pub(super) network: Network,
    pub(super) tokenizer: Tokenizer,
    template: Option<Template>,
    /// Tokens of prompt and answer together.
    pub(super) context: usize,
    /// Tokens that all running calls together may remember, so that memory suffices.
    pub(super) tokens_remembered_max: usize,
    /// Tokens of a prompt that are read at a time: enough to use each unpacked weight often, few enough that other calls
    /// get their turn, and a cancelled one its end, within a second or two.
    pub(super) piece_tokens: usize,
    /// Whether embeddings are left as long as they come out.
    raw_embeddings: bool,
}

impl Model {
    /// Loads a file.
    ///
    /// # Errors
    /// What is wrong with it, or that its context does not fit the memory.
    pub(super) fn load(file: &Bytes, context_max: usize, memory_bytes: u64) -> Result<Model, String> {
        let gguf = Gguf::parse(file)?;
        let network = Network::load(file, &gguf)?;
        let tokenizer = Tokenizer::read(&gguf)?;
        if tokenizer.vocabulary() != network.hyper.vocabulary {
            return Err("vocabulary and network do not fit".to_owned());
        }
        let template = gguf.string("tokenizer.chat_template")?.map(Template::compile).transpose()?;
        let spare = usize::try_from(memory_bytes).unwrap_or(usize::MAX).saturating_sub(file.len()) / 2;
        let tokens_remembered_max = spare / Memory::bytes_per_token(&network.hyper);
        let context = network.hyper.context.min(context_max).min(tokens_remembered_max);
        if context < CONTEXT_LEAST {
            return Err("the memory limit leaves no room for a conversation; raise `memory_bytes`".to_owned());
        }
        let name = gguf.string("general.name")?.unwrap_or("unnamed");
        Ok(Model {
            name: name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect(),
            raw_embeddings: gguf.bool(&format!("{}.normalize_embeddings", network.hyper.architecture))? == Some(false),
            piece_tokens: (PIECE_BYTES / file.len().max(1)).clamp(4, 64),
            network,
            tokenizer,
            template,
            context,
            tokens_remembered_max,
        })
    }

    /// What the parent is told.
    pub(super) fn facts(&self) -> options::Loaded {
        options::Loaded {
            name: self.name.clone(),
            architecture: self.network.hyper.architecture.to_owned(),
            context_tokens: self.context,
            embedding_length: self.network.hyper.width,
            chat: self.template.is_some(),
        }
    }

    /// The tokens of a prompt, when they leave room for at least one more.
    pub(super) fn tokens(&self, prompt: &Prompt) -> Result<Vec<u32>, Refusal> {
        let unspeakable = |reason: String| Refusal::new("unspeakable_text", None, reason);
        let bytes: usize = match prompt {
            Prompt::Chat(messages) => messages.iter().map(|message| message.content.len()).sum(),
            Prompt::Text(text) => text.len(),
            Prompt::Tokens(_) => 0,
        };
        let at_least = self.tokenizer.tokens_at_least(bytes);
        if at_least >= self.context {
            return Err(self.too_long(at_least));
        }
        let tokens = match prompt {
            Prompt::Text(text) => self.tokenizer.document(text).map_err(unspeakable)?,
            Prompt::Tokens(tokens) => {
                if tokens.iter().any(|token| *token as usize >= self.tokenizer.vocabulary()) {
                    return Err(Refusal::new("invalid_value", None, "a token number is not in the model's vocabulary"));
                }
                tokens.clone()
            }
            Prompt::Chat(messages) => {
                let template = self.template.as_ref().ok_or_else(|| {
                    Refusal::new(
                        "chat_unsupported",
                        Some("messages"),
                        "this model has no chat template; use /completions or /embeddings",
                    )
                })?;
                let tokenizer = &self.tokenizer;
                let rendered = template
                    .render(messages, tokenizer.controls(), &tokenizer.begin_text, &tokenizer.end_text)
                    .map_err(unrendered)?;
                tokenizer.prompt(&rendered.text, rendered.guard).map_err(unspeakable)?
            }
        };
        match tokens.len() {
            0 => Err(Refusal::new("empty_prompt", None, "there is no token in the prompt")),
            length if length >= self.context => Err(self.too_long(length)),
            _ => Ok(tokens),
        }
    }

    /// The mean of what the network says of each token, made one long unless the file says otherwise.
    pub(super) fn embedding(&self, sum: &[f32], tokens: usize) -> Vec<f32> {
        #[expect(clippy::cast_precision_loss, reason = "a context is far below 2^24 tokens")]
        let mean = sum.iter().map(|sum| sum / tokens as f32);
        if self.raw_embeddings {
            return mean.collect();
        }
        let length = mean.clone().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        mean.map(|x| x / length).collect()
    }

    fn too_long(&self, tokens: usize) -> Refusal {
        let message = format!(
            "this model's context is {} tokens, prompt and answer together; the prompt has {tokens} or more",
            self.context
        );
        Refusal::new("context_length_exceeded", None, message)
    }
}

fn unrendered(why: Unrendered) -> Refusal {
    match why {
        Unrendered::Refused(reason) => {
            let message = format!("the model's chat template refuses these messages: {reason}");
            Refusal::new("template_refused", Some("messages"), message)
        }
        Unrendered::Failed(reason) => {
            let message = format!("the model's chat template failed: {reason}");
            Refusal { status: 500, ..Refusal::new("template_failed", Some("messages"), message) }
        }
        Unrendered::Unguardable => {
            Refusal::new("invalid_value", Some("messages"), "the messages use every noncharacter from U+FDD0 to U+FDEF")
        }
    }
}

/// Bytes of weights that are worked through for one piece of a prompt.
const PIECE_BYTES: usize = 16 << 30;
const CONTEXT_LEAST: usize = 16;
const NAME_CHARS_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::child::job::{Job, Step};
    use crate::child::request;

    const MEMORY_BYTES: u64 = 64 << 20;

    fn file(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/models/{name}.gguf", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    /// Some steps of a completion, if the file loads at all. Whatever the file, this has to come back without a panic.
    fn check(file: Vec<u8>) -> bool {
        let Ok(model) = Model::load(&Bytes::from(file), 64, MEMORY_BYTES) else { return false };
        let model = Arc::new(model);
        for (path, body) in [
            ("/completions", r#"{"prompt":"the other one","max_tokens":4}"#),
            ("/chat/completions", r#"{"messages":[{"role":"user","content":"hello"}],"max_tokens":4}"#),
            ("/embeddings", r#"{"input":"a"}"#),
        ] {
            let request = request::read(path, body.as_bytes()).ok().unwrap();
            let Ok(mut job) = Job::new(&model, request) else { continue };
            assert!((0..64).any(|_| matches!(job.step(), Step::Done(_))));
        }
        true
    }

    #[test]
    fn spoilt_files_are_refused_or_run_and_never_panic() {
        let mut state = 1u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let mut ran = 0;
        for name in ["llama-spm-f16", "llama-bpe-q8_0", "llama-gpt2-q4_0"] {
            let whole = file(name);
            assert!(check(whole.clone()));
            for _ in 0..400 {
                let mut spoilt = whole.clone();
                // Mostly the header, where the counts and the shapes are.
                let reach = if random(4) == 0 { spoilt.len() } else { spoilt.len().min(12_000) };
                for _ in 0..=random(3) {
                    spoilt[random(reach)] = [0, 1, 0x7f, 0x80, 0xff, random(256) as u8][random(6)];
                }
                ran += usize::from(check(spoilt));
            }
        }
        assert!(ran > 100, "{ran}: the spoiling is too coarse to reach the engine");
    }

    #[test]
    fn a_model_whose_context_does_not_fit_the_memory_is_refused() {
        let file = Bytes::from(file("llama-bpe-q8_0"));
        assert!(Model::load(&file, 64, file.len() as u64 + 4_096).err().unwrap().contains("memory_bytes"));
        let model = Model::load(&file, 64, MEMORY_BYTES).ok().unwrap();
        assert_eq!(model.context, 64);
    }
}

//! One call at work: a step at a time, so that calls take turns.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::answer::{self, Envelope, Style, Usage};
use super::attention::Memory;
use super::loaded::Model;
use super::request::{Embed, Generate, Prompt, Refusal, Request};
use super::sampler::Sampler;
use super::text::Text;

/// A call that was accepted.
pub(super) struct Job {
    model: Arc<Model>,
    /// Tokens that are not yet read.
    unread: Vec<u32>,
    memory: Memory,
    work: Work,
}

enum Work {
    Generate(Box<Generating>),
    Embed(Embedding),
}

struct Generating {
    envelope: Envelope,
    stream: bool,
    stream_usage: bool,
    sampler: Sampler,
    text: Text,
    /// The answer so far, when it does not stream.
    whole: String,
    tokens_max: usize,
    usage: Usage,
    /// The next text begins the answer, with a space that nobody wrote.
    unled: bool,
}

struct Embedding {
    base64: bool,
    /// Inputs that are not begun, the next one last.
    inputs: Vec<Vec<u32>>,
    sum: Vec<f32>,
    vectors: Vec<Vec<f32>>,
    tokens: usize,
}

/// What a step gives.
pub(super) enum Step {
    /// More to do; perhaps bytes of the body.
    More(Option<Vec<u8>>),
    /// The last bytes of the body.
    Done(Vec<u8>),
}

impl Job {
    /// Accepts a request, or refuses it.
    pub(super) fn new(model: &Arc<Model>, request: Request) -> Result<Job, Refusal> {
        match request {
            Request::Generate(generate) => Job::generate(model, generate),
            Request::Embed(embed) => Job::embed(model, &embed),
        }
    }

    fn generate(model: &Arc<Model>, generate: Generate) -> Result<Job, Refusal> {
        let unread = model.tokens(&generate.prompt)?;
        let is_chat = matches!(generate.prompt, Prompt::Chat(_));
        let room = model.context - unread.len();
        let tokens_max = generate.tokens_max.unwrap_or(room).min(room);
        let (style, prefix) = if is_chat { (Style::Chat, "chatcmpl") } else { (Style::Completion, "cmpl") };
        let generating = Generating {
            envelope: Envelope {
                style,
                id: format!("{prefix}-{:016x}", nonce()),
                created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
                model: model.name.clone(),
            },
            stream: generate.stream,
            stream_usage: generate.stream_usage,
            sampler: Sampler::new(generate.sampling),
            text: Text::new(generate.stops),
            whole: String::new(),
            tokens_max,
            usage: Usage { prompt: unread.len(), completion: 0 },
            unled: is_chat && model.tokenizer.leads_with_space(),
        };
        let memory = Memory::new(&model.network.hyper, unread.len() + tokens_max);
        Ok(Job { model: Arc::clone(model), unread, memory, work: Work::Generate(Box::new(generating)) })
    }

    fn embed(model: &Arc<Model>, embed: &Embed) -> Result<Job, Refusal> {
        let mut inputs = embed.inputs.iter().map(|input| model.tokens(input)).collect::<Result<Vec<_>, _>>()?;
        let tokens = inputs.iter().map(Vec::len).sum();
        let longest = inputs.iter().map(Vec::len).max().unwrap_or(0);
        inputs.reverse();
        let unread = inputs.pop().unwrap_or_default();
        let sum = vec![0.0; model.network.hyper.width];
        let work = Work::Embed(Embedding { base64: embed.base64, inputs, sum, vectors: Vec::new(), tokens });
        Ok(Job { model: Arc::clone(model), unread, memory: Memory::new(&model.network.hyper, longest), work })
    }

    /// Tokens that this call may come to remember.
    pub(super) fn tokens_reserved(&self) -> usize {
        self.memory.tokens_reserved
    }

    pub(super) fn streams(&self) -> bool {
        matches!(&self.work, Work::Generate(generating) if generating.stream)
    }

    /// The stream's first event, if it has one.
    pub(super) fn opening(&self) -> Option<Vec<u8>> {
        match &self.work {
            Work::Generate(generating) if generating.stream => generating.envelope.opening(),
            _ => None,
        }
    }

    /// Reads a piece of the prompt, or makes one token.
    pub(super) fn step(&mut self) -> Step {
        let piece = self.unread.len().min(self.model.piece_tokens);
        let rest = self.unread.split_off(piece);
        let piece = std::mem::replace(&mut self.unread, rest);
        let read = self.model.network.read(&piece, &mut self.memory);
        match &mut self.work {
            Work::Embed(embedding) => {
                for token in read.chunks_exact(embedding.sum.len()) {
                    embedding.sum.iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
                }
                if !self.unread.is_empty() {
                    return Step::More(None);
                }
                let vector = self.model.embedding(&embedding.sum, self.memory.tokens);
                embedding.vectors.push(vector);
                embedding.sum.fill(0.0);
                self.memory.forget();
                match embedding.inputs.pop() {
                    Some(next) => {
                        self.unread = next;
                        Step::More(None)
                    }
                    None => Step::Done(answer::embeddings(
                        &self.model.name,
                        &embedding.vectors,
                        embedding.base64,
                        embedding.tokens,
                    )),
                }
            }
            Work::Generate(_) if !self.unread.is_empty() => Step::More(None),
            Work::Generate(generating) => {
                let last = read.len().saturating_sub(self.model.network.hyper.width);
                let logits = self.model.network.logits(read.get(last..).unwrap_or_default());
                let token = generating.sampler.choose(&logits);
                self.unread.push(token);
                generating.take(token, &self.model)
            }
        }
    }
}

impl Generating {
    /// Says a token, or ends the answer with it.
    fn take(&mut self, token: u32, model: &Model) -> Step {
        if model.tokenizer.is_end(token) {
            self.usage.completion += 1;
            let rest = self.text.finish();
            return self.end(&rest, "stop");
        }
        self.usage.completion += 1;
        let mut says = model.tokenizer.says(token);
        if self.unled && !says.is_empty() {
            says = says.strip_prefix(b" ").unwrap_or(says);
            self.unled = false;
        }
        let (mut text, stopped) = self.text.push(says);
        if stopped {
            return self.end(&text, "stop");
        }
        if self.usage.completion >= self.tokens_max {
            text.push_str(&self.text.finish());
            return self.end(&text, "length");
        }
        if !self.stream {
            self.whole.push_str(&text);
            return Step::More(None);
        }
        Step::More((!text.is_empty()).then(|| self.envelope.more(&text)))
    }

    fn end(&mut self, text: &str, finish: &str) -> Step {
        if !self.stream {
            self.whole.push_str(text);
            return Step::Done(self.envelope.whole(&self.whole, finish, self.usage));
        }
        let mut last = if text.is_empty() { Vec::new() } else { self.envelope.more(text) };
        last.extend(self.envelope.closing(finish, self.stream_usage.then_some(self.usage)));
        Step::Done(last)
    }
}

/// A number that does not come twice, for an answer's id.
fn nonce() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

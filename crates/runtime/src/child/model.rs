//! The network: Llama, Qwen2 and Qwen3, which are one shape with three differences.

use bytes::Bytes;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::gguf::Gguf;
use super::hyper::Hyper;
use super::matrix::{Matrix, add_scaled, dot, read_vector};

/// A loaded network. Its weights stay packed, as they lie in the file.
pub(super) struct Network {
    pub(super) hyper: Hyper,
    embedding: Matrix,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    /// `None`: the embedding, used the other way round.
    output: Option<Matrix>,
    /// For each pair of a head: the angle that one position turns it by.
    turns: Vec<f32>,
}

struct Layer {
    attention_norm: Vec<f32>,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    /// Qwen3 normalises each head of queries and keys.
    query_norm: Option<Vec<f32>>,
    key_norm: Option<Vec<f32>>,
    ffn_norm: Vec<f32>,
    gate: Linear,
    up: Linear,
    down: Linear,
}

struct Linear {
    weight: Matrix,
    bias: Option<Vec<f32>>,
}

/// What a call has to remember of its earlier tokens.
pub(super) struct Memory {
    layers: Vec<Remembered>,
    /// Tokens seen so far.
    pub(super) tokens: usize,
    /// Tokens that there is room for.
    pub(super) tokens_reserved: usize,
}

impl Memory {
    /// Begins anew, keeping the room.
    pub(super) fn forget(&mut self) {
        for layer in &mut self.layers {
            layer.keys.clear();
            layer.values.clear();
        }
        self.tokens = 0;
    }
}

struct Remembered {
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl Network {
    /// Finds every weight that the architecture needs, in the shape it needs, and nothing else.
    ///
    /// # Errors
    /// The tensor that is missing, misshapen, or that nothing would use.
    pub(super) fn load(file: &Bytes, gguf: &Gguf) -> Result<Network, String> {
        let hyper = Hyper::read(gguf)?;
        let mut source = Source { file, gguf, used: Vec::new() };
        let embedding = source.matrix("token_embd.weight", hyper.width, hyper.vocabulary)?;
        let layers = (0..hyper.layers).map(|layer| Layer::load(&mut source, &hyper, layer)).collect::<Result<_, _>>()?;
        let norm = source.vector("output_norm.weight", hyper.width)?;
        let output = match gguf.tensor("output.weight") {
            Some(_) => Some(source.matrix("output.weight", hyper.width, hyper.vocabulary)?),
            None => None,
        };
        let factors = source.optional("rope_freqs.weight", hyper.turned / 2)?;
        source.all_used()?;
        let turns = hyper.turns(factors.as_deref());
        Ok(Network { hyper, embedding, layers, norm, output, turns })
    }

    /// Room for so many tokens. Growing later would take up to three times the memory for a moment.
    pub(super) fn memory(&self, tokens: usize) -> Memory {
        let room = || Vec::with_capacity(tokens * self.hyper.key_width());
        let layers = self.layers.iter().map(|_| Remembered { keys: room(), values: room() });
        Memory { layers: layers.collect(), tokens: 0, tokens_reserved: tokens }
    }

    /// Bytes that each token adds to a [`Memory`].
    pub(super) fn memory_bytes_per_token(&self) -> usize {
        2 * size_of::<f32>() * self.hyper.key_width() * self.hyper.layers
    }

    /// Reads more tokens; gives the last layer's output for each, normalised.
    pub(super) fn read(&self, tokens: &[u32], memory: &mut Memory) -> Vec<f32> {
        let width = self.hyper.width;
        let mut x = vec![0.0; tokens.len() * width];
        for (token, x) in tokens.iter().zip(x.chunks_exact_mut(width)) {
            self.embedding.row(*token as usize, x);
        }
        for (layer, remembered) in self.layers.iter().zip(&mut memory.layers) {
            let attended = self.attend(layer, &normed(&x, &layer.attention_norm, self.hyper.epsilon), remembered, memory.tokens);
            add(&mut x, &layer.output.apply(&attended));
            let y = normed(&x, &layer.ffn_norm, self.hyper.epsilon);
            let mut gate = layer.gate.apply(&y);
            for (gate, up) in gate.iter_mut().zip(layer.up.apply(&y)) {
                *gate = *gate / (1.0 + (-*gate).exp()) * up;
            }
            add(&mut x, &layer.down.apply(&gate));
        }
        memory.tokens += tokens.len();
        normed(&x, &self.norm, self.hyper.epsilon)
    }

    /// What comes next after each output of [`Network::read`]: one number for every word of the vocabulary.
    pub(super) fn logits(&self, read: &[f32]) -> Vec<f32> {
        self.output.as_ref().unwrap_or(&self.embedding).multiply(read)
    }

    fn attend(&self, layer: &Layer, x: &[f32], remembered: &mut Remembered, first: usize) -> Vec<f32> {
        let hyper = &self.hyper;
        let mut query = layer.query.apply(x);
        let mut key = layer.key.apply(x);
        self.place(&mut query, hyper.heads, layer.query_norm.as_deref(), first);
        self.place(&mut key, hyper.key_heads, layer.key_norm.as_deref(), first);
        remembered.keys.extend_from_slice(&key);
        remembered.values.extend_from_slice(&layer.value.apply(x));
        let mut out = vec![0.0; query.len()];
        let head = |(at, out): (usize, &mut [f32])| {
            let (token, head) = (at / hyper.heads, at % hyper.heads);
            let query = query.chunks_exact(hyper.head_width).nth(at).unwrap_or_default();
            let key_head = head / (hyper.heads / hyper.key_heads);
            let (width, from) = (hyper.key_width(), key_head * hyper.head_width);
            Arch::new().dispatch(Head { query, remembered, tokens: first + token + 1, width, from, out });
        };
        let work = out.len() * (first + x.len() / hyper.width);
        if work < PARALLEL_FROM || rayon::current_num_threads() == 1 {
            out.chunks_exact_mut(hyper.head_width).enumerate().for_each(head);
        } else {
            out.par_chunks_exact_mut(hyper.head_width).enumerate().for_each(head);
        }
        out
    }

    /// Normalises heads where the architecture does, and turns them by their positions.
    fn place(&self, x: &mut [f32], heads: usize, norm: Option<&[f32]>, first: usize) {
        let hyper = &self.hyper;
        for (token, x) in x.chunks_exact_mut(heads * hyper.head_width).enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "positions are far below the 2^24 that f32 holds exactly")]
            let position = (first + token) as f32;
            let angles: Vec<(f32, f32)> = self.turns.iter().map(|turn| (position * turn).sin_cos()).collect();
            for head in x.chunks_exact_mut(hyper.head_width) {
                if let Some(norm) = norm {
                    let normed = normed(head, norm, hyper.epsilon);
                    head.copy_from_slice(&normed);
                }
                let turned = head.get_mut(..hyper.turned).unwrap_or_default();
                if hyper.pairs_adjacent {
                    for (pair, (sin, cos)) in turned.as_chunks_mut::<2>().0.iter_mut().zip(&angles) {
                        let [a, b] = *pair;
                        *pair = [a * cos - b * sin, a * sin + b * cos];
                    }
                } else {
                    let (firsts, seconds) = turned.split_at_mut(hyper.turned / 2);
                    for ((first, second), (sin, cos)) in firsts.iter_mut().zip(seconds).zip(&angles) {
                        (*first, *second) = (*first * cos - *second * sin, *first * sin + *second * cos);
                    }
                }
            }
        }
    }
}

/// One head of attention for one token.
struct Head<'a> {
    query: &'a [f32],
    remembered: &'a Remembered,
    /// How many of the remembered tokens this one may look at: those before it, and itself.
    tokens: usize,
    /// Numbers remembered for each token, and where this head's begin among them.
    width: usize,
    from: usize,
    out: &'a mut [f32],
}

impl WithSimd for Head<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let length = self.query.len();
        let part = |all: &'_ [f32]| -> Option<(usize, usize)> { all.len().checked_sub(self.from + length).map(|_| (self.from, self.from + length)) };
        #[expect(clippy::cast_precision_loss, reason = "a head is some hundred numbers wide")]
        let scale = 1.0 / (length as f32).sqrt();
        let mut weights = Vec::with_capacity(self.tokens);
        let mut greatest = f32::NEG_INFINITY;
        for key in self.remembered.keys.chunks_exact(self.width).take(self.tokens) {
            let key = part(key).and_then(|(from, to)| key.get(from..to)).unwrap_or_default();
            let weight = dot(simd, self.query, key) * scale;
            greatest = greatest.max(weight);
            weights.push(weight);
        }
        let mut sum = 0.0;
        for weight in &mut weights {
            *weight = (*weight - greatest).exp();
            sum += *weight;
        }
        for (value, weight) in self.remembered.values.chunks_exact(self.width).zip(weights) {
            let value = part(value).and_then(|(from, to)| value.get(from..to)).unwrap_or_default();
            add_scaled(simd, self.out, weight / sum, value);
        }
    }
}

impl Layer {
    fn load(source: &mut Source<'_>, hyper: &Hyper, layer: usize) -> Result<Layer, String> {
        let name = |part: &str| format!("blk.{layer}.{part}");
        let (width, query, key) = (hyper.width, hyper.heads * hyper.head_width, hyper.key_width());
        Ok(Layer {
            attention_norm: source.vector(&name("attn_norm.weight"), width)?,
            query: source.linear(&name("attn_q"), width, query)?,
            key: source.linear(&name("attn_k"), width, key)?,
            value: source.linear(&name("attn_v"), width, key)?,
            output: source.linear(&name("attn_output"), query, width)?,
            query_norm: source.optional(&name("attn_q_norm.weight"), hyper.head_width)?,
            key_norm: source.optional(&name("attn_k_norm.weight"), hyper.head_width)?,
            ffn_norm: source.vector(&name("ffn_norm.weight"), width)?,
            gate: source.linear(&name("ffn_gate"), width, hyper.inner)?,
            up: source.linear(&name("ffn_up"), width, hyper.inner)?,
            down: source.linear(&name("ffn_down"), hyper.inner, width)?,
        })
    }
}

impl Linear {
    fn apply(&self, x: &[f32]) -> Vec<f32> {
        let mut y = self.weight.multiply(x);
        if let Some(bias) = &self.bias {
            y.chunks_exact_mut(bias.len()).for_each(|y| add(y, bias));
        }
        y
    }
}

/// The file's tensors, and which of them the network uses: one left over would mean a network that this is not.
struct Source<'a> {
    file: &'a Bytes,
    gguf: &'a Gguf,
    used: Vec<String>,
}

impl Source<'_> {
    fn matrix(&mut self, name: &str, columns: usize, rows: usize) -> Result<Matrix, String> {
        self.used.push(name.to_owned());
        Matrix::read(self.file, self.gguf, name, columns, rows)
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, String> {
        self.used.push(name.to_owned());
        read_vector(self.file, self.gguf, name, length)
    }

    fn optional(&mut self, name: &str, length: usize) -> Result<Option<Vec<f32>>, String> {
        self.gguf.tensor(name).is_some().then(|| self.vector(name, length)).transpose()
    }

    fn linear(&mut self, name: &str, columns: usize, rows: usize) -> Result<Linear, String> {
        let bias = self.optional(&format!("{name}.bias"), rows)?;
        Ok(Linear { weight: self.matrix(&format!("{name}.weight"), columns, rows)?, bias })
    }

    fn all_used(&self) -> Result<(), String> {
        let used: std::collections::HashSet<&str> = self.used.iter().map(String::as_str).collect();
        match self.gguf.tensor_names().find(|name| !used.contains(name)) {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().filter(char::is_ascii_graphic).take(64).collect();
                Err(format!("tensor `{name}` is not one that this architecture uses here"))
            }
        }
    }
}

fn add(sum: &mut [f32], x: &[f32]) {
    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
}

/// Each vector of `x` divided by its root mean square, times the weights.
fn normed(x: &[f32], weight: &[f32], epsilon: f32) -> Vec<f32> {
    let mut out = Vec::with_capacity(x.len());
    for x in x.chunks_exact(weight.len()) {
        #[expect(clippy::cast_precision_loss, reason = "vectors are some thousand numbers long")]
        let mean = x.iter().map(|x| x * x).sum::<f32>() / x.len() as f32;
        let factor = 1.0 / (mean + epsilon).sqrt();
        out.extend(x.iter().zip(weight).map(|(x, weight)| x * factor * weight));
    }
    out
}

/// Below this many multiplications, handing work to other threads costs more than it saves.
const PARALLEL_FROM: usize = 256 << 10;

//! The network: Llama, Qwen2 and Qwen3, which are one shape with three differences.

use bytes::Bytes;

use super::attention::{Memory, Remembered};
use super::gguf::Gguf;
use super::hyper::Hyper;
use super::matrix::{Matrix, read_vector};

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

impl Network {
    /// Finds every weight that the architecture needs, in the shape it needs, and nothing else.
    ///
    /// # Errors
    /// The tensor that is missing, misshapen, or that nothing would use.
    pub(super) fn load(file: &Bytes, gguf: &Gguf) -> Result<Network, String> {
        let hyper = Hyper::read(gguf)?;
        let mut source = Source { file, gguf, used: Vec::new() };
        let embedding = source.matrix("token_embd.weight", hyper.width, hyper.vocabulary)?;
        let layers =
            (0..hyper.layers).map(|layer| Layer::load(&mut source, &hyper, layer)).collect::<Result<_, _>>()?;
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

    /// Reads more tokens; gives the last layer's output for each, normalised.
    pub(super) fn read(&self, tokens: &[u32], memory: &mut Memory) -> Vec<f32> {
        let width = self.hyper.width;
        let mut x = vec![0.0; tokens.len() * width];
        for (token, x) in tokens.iter().zip(x.chunks_exact_mut(width)) {
            self.embedding.row(*token as usize, x);
        }
        for (layer, remembered) in self.layers.iter().zip(&mut memory.layers) {
            let attended =
                self.attend(layer, &normed(&x, &layer.attention_norm, self.hyper.epsilon), remembered, memory.tokens);
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
        let mut queries = layer.query.apply(x);
        let mut keys = layer.key.apply(x);
        self.place(&mut queries, hyper.heads, layer.query_norm.as_deref(), first);
        self.place(&mut keys, hyper.key_heads, layer.key_norm.as_deref(), first);
        remembered.add(&keys, &layer.value.apply(x));
        remembered.attend(hyper, &queries, first)
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The most by which a logit may differ from what `transformers` computes in f32. Logits here are between -5 and 5.
    const TOLERANCE: f32 = 1e-4;

    struct Case {
        prompt: Vec<u32>,
        logits: Vec<f32>,
        greedy: Vec<u32>,
        embedding: Vec<f32>,
    }

    fn load(name: &str) -> (Network, Vec<Case>) {
        let path = format!("{}/tests/models/{name}", env!("CARGO_MANIFEST_DIR"));
        let file = Bytes::from(std::fs::read(format!("{path}.gguf")).unwrap());
        let network = Network::load(&file, &Gguf::parse(&file).unwrap()).unwrap();
        let said: Value = serde_json::from_slice(&std::fs::read(format!("{path}.json")).unwrap()).unwrap();
        let read = |case: &Value, key: &str| case[key].as_array().unwrap().clone();
        let tokens = |values: Vec<Value>| values.iter().map(|v| u32::try_from(v.as_u64().unwrap()).unwrap()).collect();
        let floats = |values: Vec<Value>| values.iter().map(|v| v.as_f64().unwrap() as f32).collect();
        let cases = said["cases"].as_array().unwrap().iter().map(|case| Case {
            prompt: tokens(read(case, "prompt")),
            logits: floats(read(case, "logits")),
            greedy: tokens(read(case, "greedy")),
            embedding: floats(read(case, "embedding")),
        });
        (network, cases.collect())
    }

    fn greatest_difference(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    fn best(logits: &[f32]) -> u32 {
        (0..).zip(logits).max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0
    }

    /// Logits within the tolerance, the same greedy tokens, the same embedding; whether the prompt is read at once or
    /// token by token.
    fn check(name: &str) {
        let (network, cases) = load(name);
        assert_eq!(cases.len(), 3);
        let width = network.hyper.width;
        for case in cases {
            for piece in [1, 7, case.prompt.len()] {
                let mut memory = Memory::new(&network.hyper, case.prompt.len() + case.greedy.len());
                let read: Vec<f32> =
                    case.prompt.chunks(piece).flat_map(|piece| network.read(piece, &mut memory)).collect();
                let mut logits = network.logits(&read[read.len() - width..]);
                let difference = greatest_difference(&logits, &case.logits);
                assert!(difference < TOLERANCE, "{name}: {difference}");
                let mut mean = vec![0.0; width];
                read.chunks(width).for_each(|token| add(&mut mean, token));
                let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt();
                mean.iter_mut().for_each(|x| *x /= length);
                assert!(greatest_difference(&mean, &case.embedding) < TOLERANCE);
                for expected in &case.greedy {
                    let token = best(&logits);
                    assert_eq!(token, *expected, "{name}");
                    logits = network.logits(&network.read(&[token], &mut memory));
                }
            }
        }
    }

    #[test]
    fn llama_computes_what_transformers_computes() {
        check("llama-spm-f16");
        check("llama-bpe-q8_0");
        check("llama-gpt2-q4_0");
    }

    #[test]
    fn qwen2_computes_what_transformers_computes() {
        check("qwen2-f32");
    }

    #[test]
    fn qwen3_computes_what_transformers_computes() {
        check("qwen3-bf16");
    }

    #[test]
    fn a_tensor_that_nothing_would_use_is_refused() {
        let path = format!("{}/tests/models/qwen2-f32.gguf", env!("CARGO_MANIFEST_DIR"));
        let mut file = std::fs::read(path).unwrap();
        let bias = b"blk.0.attn_k.bias";
        let at = file.windows(bias.len()).position(|window| window == bias).unwrap();
        file[at..at + bias.len()].copy_from_slice(b"blk.0.attn_k.bite");
        let file = Bytes::from(file);
        let refused = Network::load(&file, &Gguf::parse(&file).unwrap()).err().unwrap();
        assert!(refused.contains("blk.0.attn_k.bite"), "{refused}");
    }
}

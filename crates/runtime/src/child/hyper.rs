//! The numbers that give a network its shape, read from a file and checked against each other.

use super::gguf::Gguf;

/// A network's shape.
#[derive(Debug, Clone)]
pub(super) struct Hyper {
    pub(super) architecture: &'static str,
    /// Numbers in a token's vector.
    pub(super) width: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    /// Heads of keys and values, shared by several heads of queries.
    pub(super) key_heads: usize,
    pub(super) head_width: usize,
    /// How many of a head's numbers are turned by position: all, in most models.
    pub(super) turned: usize,
    /// Whether the turned pairs lie next to each other (`llama`) or half a head apart (`qwen`).
    pub(super) pairs_adjacent: bool,
    /// Numbers inside the feed-forward part.
    pub(super) inner: usize,
    pub(super) epsilon: f32,
    pub(super) vocabulary: usize,
    pub(super) context: usize,
    turn_base: f32,
    turn_scale: f32,
}

impl Hyper {
    /// Reads the shape.
    ///
    /// # Errors
    /// The key that is missing, out of its bounds, or asks for something that is not built here.
    pub(super) fn read(gguf: &Gguf) -> Result<Hyper, String> {
        let named = gguf.string("general.architecture")?.ok_or("metadata `general.architecture` is missing")?;
        let architecture = *ARCHITECTURES.iter().find(|known| **known == named).ok_or_else(|| {
            let named: String = named.chars().filter(char::is_ascii_graphic).take(32).collect();
            format!("architecture `{named}` is not supported; supported are {}", ARCHITECTURES.join(", "))
        })?;
        let key = |part: &str| format!("{architecture}.{part}");
        let bounded = |part: &str, default: Option<usize>, most: usize| {
            let value =
                gguf.count(&key(part))?.or(default).ok_or_else(|| format!("metadata `{}` is missing", key(part)))?;
            if (1..=most).contains(&value) {
                Ok(value)
            } else {
                Err(format!("metadata `{}` is not from 1 to {most}", key(part)))
            }
        };
        unsupported(gguf, &key)?;
        let width = bounded("embedding_length", None, 65_536)?;
        let heads = bounded("attention.head_count", None, 1_024)?;
        let head_width = bounded("attention.key_length", Some((width / heads).max(1)), 1_024)?;
        let hyper = Hyper {
            architecture,
            width,
            layers: bounded("block_count", None, 1_024)?,
            heads,
            key_heads: bounded("attention.head_count_kv", Some(heads), 1_024)?,
            head_width,
            turned: bounded("rope.dimension_count", Some(head_width), head_width)?,
            pairs_adjacent: architecture == "llama",
            inner: bounded("feed_forward_length", None, 1 << 20)?,
            epsilon: gguf
                .float(&key("attention.layer_norm_rms_epsilon"))?
                .ok_or("metadata for the norm's epsilon is missing")?,
            vocabulary: gguf.strings("tokenizer.ggml.tokens")?.map_or(0, <[String]>::len),
            context: bounded("context_length", None, 1 << 24)?,
            turn_base: gguf.float(&key("rope.freq_base"))?.unwrap_or(10_000.0),
            turn_scale: match gguf.string(&key("rope.scaling.type"))? {
                Some("linear") => gguf.float(&key("rope.scaling.factor"))?.unwrap_or(1.0),
                _ => 1.0,
            },
        };
        hyper.checked()
    }

    fn checked(self) -> Result<Hyper, String> {
        let lawful = self.heads.is_multiple_of(self.key_heads)
            && self.turned.is_multiple_of(2)
            && self.vocabulary > 0
            && self.epsilon > 0.0
            && self.turn_base > 1.0
            && self.turn_scale >= 1.0;
        if lawful {
            Ok(self)
        } else {
            Err("the numbers of heads, vocabulary or rotation contradict each other".to_owned())
        }
    }

    /// Numbers remembered for each token and layer, as keys and again as values.
    pub(super) fn key_width(&self) -> usize {
        self.key_heads * self.head_width
    }

    /// The angle by which one position turns each pair of a head. `factors` stretch each pair's period.
    pub(super) fn turns(&self, factors: Option<&[f32]>) -> Vec<f32> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "small counts; rounded once, to f32"
        )]
        let turn = |pair: usize| {
            let exponent = 2.0 * pair as f64 / self.turned as f64;
            (1.0 / f64::from(self.turn_base).powf(exponent) / f64::from(self.turn_scale)) as f32
        };
        let factor = |pair: usize| factors.and_then(|factors| factors.get(pair)).copied().unwrap_or(1.0);
        (0..self.turned / 2).map(|pair| turn(pair) / factor(pair)).collect()
    }
}

/// Refuses by name what would change the result and is not built here, rather than to compute something else.
fn unsupported(gguf: &Gguf, key: &impl Fn(&str) -> String) -> Result<(), String> {
    if gguf.count(&key("expert_count"))?.unwrap_or(0) > 0 {
        return Err("mixtures of experts are not supported".to_owned());
    }
    if let Some(kind) = gguf.string(&key("rope.scaling.type"))?
        && kind != "none"
        && kind != "linear"
    {
        return Err("this kind of `rope.scaling.type` is not supported; supported are none and linear".to_owned());
    }
    let value_width = gguf.count(&key("attention.value_length"))?;
    if value_width.is_some() && value_width != gguf.count(&key("attention.key_length"))? {
        return Err("values of another width than keys are not supported".to_owned());
    }
    Ok(())
}

const ARCHITECTURES: [&str; 3] = ["llama", "qwen2", "qwen3"];

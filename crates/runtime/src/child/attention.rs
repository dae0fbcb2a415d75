//! What a call remembers of its earlier tokens, and how later ones look back at it.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::hyper::Hyper;
use super::matrix::{add_scaled, dot};

/// What a call has to remember of its earlier tokens.
pub(super) struct Memory {
    pub(super) layers: Vec<Remembered>,
    /// Tokens seen so far.
    pub(super) tokens: usize,
    /// Tokens that there is room for.
    pub(super) tokens_reserved: usize,
}

/// Keys and values of one layer, token after token.
pub(super) struct Remembered {
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl Memory {
    /// Room for so many tokens. Growing later would take up to three times the memory for a moment.
    pub(super) fn new(hyper: &Hyper, tokens: usize) -> Memory {
        let room = || Vec::with_capacity(tokens * hyper.key_width());
        let layers = (0..hyper.layers).map(|_| Remembered { keys: room(), values: room() });
        Memory { layers: layers.collect(), tokens: 0, tokens_reserved: tokens }
    }

    /// Bytes that each token takes.
    pub(super) fn bytes_per_token(hyper: &Hyper) -> usize {
        2 * size_of::<f32>() * hyper.key_width() * hyper.layers
    }

    /// Begins anew, keeping the room.
    pub(super) fn forget(&mut self) {
        for layer in &mut self.layers {
            layer.keys.clear();
            layer.values.clear();
        }
        self.tokens = 0;
    }
}

impl Remembered {
    pub(super) fn add(&mut self, keys: &[f32], values: &[f32]) {
        self.keys.extend_from_slice(keys);
        self.values.extend_from_slice(values);
    }

    /// For each token's queries, from the `first` one on: the values of the tokens up to it, weighed by how well their
    /// keys answer.
    pub(super) fn attend(&self, hyper: &Hyper, queries: &[f32], first: usize) -> Vec<f32> {
        let mut out = vec![0.0; queries.len()];
        let head = |(at, out): (usize, &mut [f32])| {
            let query = queries.chunks_exact(hyper.head_width).nth(at).unwrap_or_default();
            let key_head = at % hyper.heads / (hyper.heads / hyper.key_heads);
            let (width, from) = (hyper.key_width(), key_head * hyper.head_width);
            let tokens = first + at / hyper.heads + 1;
            Arch::new().dispatch(Head { query, remembered: self, tokens, width, from, out });
        };
        let work = queries.len() * (self.keys.len() / hyper.key_width());
        if work < PARALLEL_FROM || rayon::current_num_threads() == 1 {
            out.chunks_exact_mut(hyper.head_width).enumerate().for_each(head);
        } else {
            out.par_chunks_exact_mut(hyper.head_width).enumerate().for_each(head);
        }
        out
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
        let part = self.from..self.from + self.query.len();
        #[expect(clippy::cast_precision_loss, reason = "a head is some hundred numbers wide")]
        let scale = 1.0 / (self.query.len() as f32).sqrt();
        let mut weights = Vec::with_capacity(self.tokens);
        let mut greatest = f32::NEG_INFINITY;
        for keys in self.remembered.keys.chunks_exact(self.width).take(self.tokens) {
            let weight = dot(simd, self.query, keys.get(part.clone()).unwrap_or_default()) * scale;
            greatest = greatest.max(weight);
            weights.push(weight);
        }
        let mut sum = 0.0;
        for weight in &mut weights {
            *weight = (*weight - greatest).exp();
            sum += *weight;
        }
        for (values, weight) in self.remembered.values.chunks_exact(self.width).zip(weights) {
            add_scaled(simd, self.out, weight / sum, values.get(part.clone()).unwrap_or_default());
        }
    }
}

/// Below this many multiplications, handing work to other threads costs more than it saves.
const PARALLEL_FROM: usize = 256 << 10;

//! Products of packed weights with vectors: the place where the time goes.

use bytes::Bytes;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::gguf::{Gguf, Tensor};
use super::quant::Kind;

/// A matrix as it lies in the file: `rows` rows of `columns` packed weights.
pub(super) struct Matrix {
    kind: Kind,
    pub(super) rows: usize,
    pub(super) columns: usize,
    row_bytes: usize,
    data: Bytes,
}

impl Matrix {
    /// The tensor of this name and shape.
    pub(super) fn read(file: &Bytes, gguf: &Gguf, name: &str, columns: usize, rows: usize) -> Result<Matrix, String> {
        let tensor = find(gguf, name, &[columns, rows])?;
        let row_bytes = tensor.kind.bytes(&[columns]).ok_or("a row does not consist of whole blocks")?;
        Ok(Matrix { kind: tensor.kind, rows, columns, row_bytes, data: file.slice(tensor.bytes.clone()) })
    }

    /// One row as numbers: how a token's embedding is looked up.
    pub(super) fn row(&self, row: usize, out: &mut [f32]) {
        if let Some(bytes) = self.data.chunks_exact(self.row_bytes).nth(row) {
            self.kind.unpack(bytes, out);
        }
    }

    /// `y = W x` for each of the vectors in `x`, one after the other in `x` and in `y`.
    pub(super) fn multiply(&self, x: &[f32]) -> Vec<f32> {
        let vectors = x.len() / self.columns;
        let mut by_row = vec![0.0; self.rows * vectors];
        let rows_each = (ROWS_EACH_WEIGHTS / self.columns).max(1);
        let place = |(part, out): (usize, &mut [f32])| {
            let from = part * rows_each * self.row_bytes;
            let bytes = self.data.get(from..).unwrap_or_default();
            Arch::new().dispatch(Product { matrix: self, bytes, x, vectors, out });
        };
        if self.rows * self.columns * vectors < PARALLEL_FROM_WEIGHTS || rayon::current_num_threads() == 1 {
            by_row.chunks_mut(rows_each * vectors.max(1)).enumerate().for_each(place);
        } else {
            by_row.par_chunks_mut(rows_each * vectors.max(1)).enumerate().for_each(place);
        }
        if vectors == 1 { by_row } else { transposed(&by_row, vectors) }
    }
}

/// A vector of numbers by this name, whatever way it is packed.
pub(super) fn read_vector(file: &Bytes, gguf: &Gguf, name: &str, length: usize) -> Result<Vec<f32>, String> {
    let tensor = find(gguf, name, &[length])?;
    let mut out = vec![0.0; length];
    tensor.kind.unpack(file.get(tensor.bytes.clone()).unwrap_or_default(), &mut out);
    Ok(out)
}

fn find<'a>(gguf: &'a Gguf, name: &str, shape: &[usize]) -> Result<&'a Tensor, String> {
    let tensor = gguf.tensor(name).ok_or_else(|| format!("tensor `{name}` is missing"))?;
    if tensor.shape != shape {
        return Err(format!("tensor `{name}` has the shape {:?} where {shape:?} is due", tensor.shape));
    }
    Ok(tensor)
}

fn transposed(by_row: &[f32], vectors: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(by_row.len());
    for vector in 0..vectors {
        out.extend(by_row.chunks_exact(vectors).filter_map(|row| row.get(vector)));
    }
    out
}

/// Some rows of a product, computed with the widest vectors that this processor has.
struct Product<'a> {
    matrix: &'a Matrix,
    /// From the first of these rows on.
    bytes: &'a [u8],
    x: &'a [f32],
    vectors: usize,
    /// `vectors` numbers for each row.
    out: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Matrix { kind, columns, row_bytes, .. } = *self.matrix;
        let rows = self.bytes.chunks_exact(row_bytes).zip(self.out.chunks_exact_mut(self.vectors.max(1)));
        let mut unpacked = vec![0.0; columns];
        for (bytes, out) in rows {
            kind.unpack(bytes, &mut unpacked);
            for (x, out) in self.x.chunks_exact(columns).zip(out) {
                *out = dot(simd, &unpacked, x);
            }
        }
    }
}

/// The sum of the products of two vectors of one length.
#[inline(always)]
pub(super) fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = S::as_simd_f32s(a);
    let (b, b_rest) = S::as_simd_f32s(b);
    let ((a_fours, a_last), (b_fours, b_last)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [simd.splat_f32s(0.0); 4];
    // Four sums that do not wait for each other.
    for (a, b) in a_fours.iter().zip(b_fours) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum = simd.mul_add_e_f32s(*a, *b, *sum);
        }
    }
    let [mut sum, second, third, fourth] = sums;
    for (a, b) in a_last.iter().zip(b_last) {
        sum = simd.mul_add_e_f32s(*a, *b, sum);
    }
    sum = simd.add_f32s(simd.add_f32s(sum, second), simd.add_f32s(third, fourth));
    simd.reduce_sum_f32s(sum) + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

/// `sum += factor * x`.
#[inline(always)]
pub(super) fn add_scaled<S: Simd>(simd: S, sum: &mut [f32], factor: f32, x: &[f32]) {
    let (sum, sum_rest) = S::as_mut_simd_f32s(sum);
    let (x, x_rest) = S::as_simd_f32s(x);
    let factors = simd.splat_f32s(factor);
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum = simd.mul_add_e_f32s(factors, *x, *sum);
    }
    for (sum, x) in sum_rest.iter_mut().zip(x_rest) {
        *sum += factor * x;
    }
}

/// Weights in a piece of work that one thread takes at a time.
const ROWS_EACH_WEIGHTS: usize = 64 << 10;
/// Below this many multiplications, handing work to other threads costs more than it saves.
const PARALLEL_FROM_WEIGHTS: usize = 512 << 10;

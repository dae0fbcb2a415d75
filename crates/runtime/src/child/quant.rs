//! How weights are packed in a file, and how they become numbers again. The layouts are those of ggml.

use half::bf16;

/// A way of packing weights. The number is ggml's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q4K = 12,
    Q5K = 13,
    Q6K = 14,
    Bf16 = 30,
}

impl Kind {
    pub(super) fn read(number: u32) -> Option<Kind> {
        use Kind::{Bf16, F16, F32, Q4_0, Q4_1, Q4K, Q5_0, Q5_1, Q5K, Q6K, Q8_0};
        [F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4K, Q5K, Q6K, Bf16].into_iter().find(|kind| *kind as u32 == number)
    }

    /// Weights in a block, and bytes that it takes.
    pub(super) fn block(self) -> (usize, usize) {
        match self {
            Kind::F32 => (1, 4),
            Kind::F16 | Kind::Bf16 => (1, 2),
            Kind::Q4_0 => (32, 18),
            Kind::Q4_1 => (32, 20),
            Kind::Q5_0 => (32, 22),
            Kind::Q5_1 => (32, 24),
            Kind::Q8_0 => (32, 34),
            Kind::Q4K => (256, 144),
            Kind::Q5K => (256, 176),
            Kind::Q6K => (256, 210),
        }
    }

    /// Bytes of a tensor of this shape; `None` if they overflow or a row does not consist of whole blocks.
    pub(super) fn bytes(self, shape: &[usize]) -> Option<usize> {
        let (weights, bytes) = self.block();
        let row = shape.first().filter(|columns| columns.is_multiple_of(weights))?;
        let rows = shape.iter().skip(1).try_fold(1usize, |product, length| product.checked_mul(*length))?;
        (row / weights).checked_mul(bytes)?.checked_mul(rows).filter(|total| *total <= isize::MAX.unsigned_abs())
    }

    /// Unpacks whole blocks into `out`, as many as both hold.
    #[inline(always)]
    pub(super) fn unpack(self, bytes: &[u8], out: &mut [f32]) {
        match self {
            Kind::F32 => each(bytes, out, |b: &[u8; 4], o: &mut [f32; 1]| *o = [f32::from_le_bytes(*b)]),
            Kind::F16 => each(bytes, out, |b: &[u8; 2], o: &mut [f32; 1]| *o = [small_half(*b)]),
            Kind::Bf16 => each(bytes, out, |b: &[u8; 2], o: &mut [f32; 1]| *o = [bf16::from_le_bytes(*b).to_f32()]),
            Kind::Q4_0 => each(bytes, out, q4_0),
            Kind::Q4_1 => each(bytes, out, q4_1),
            Kind::Q5_0 => each(bytes, out, q5_0),
            Kind::Q5_1 => each(bytes, out, q5_1),
            Kind::Q8_0 => each(bytes, out, q8_0),
            Kind::Q4K => each(bytes, out, q4_k),
            Kind::Q5K => each(bytes, out, q5_k),
            Kind::Q6K => each(bytes, out, q6_k),
        }
    }
}

#[inline(always)]
fn each<const B: usize, const W: usize>(bytes: &[u8], out: &mut [f32], unpack: impl Fn(&[u8; B], &mut [f32; W])) {
    let (blocks, _) = bytes.as_chunks::<B>();
    let (places, _) = out.as_chunks_mut::<W>();
    for (block, place) in blocks.iter().zip(places) {
        unpack(block, place);
    }
}

/// `f16` to `f32` by arithmetic alone, which compilers turn into vector code; the library's own asks the processor
/// what it can do for every single number.
#[inline(always)]
fn small_half(bytes: [u8; 2]) -> f32 {
    let bits = u32::from(u16::from_le_bytes(bytes));
    let sign = (bits & 0x8000) << 16;
    let magnitude = (bits & 0x7fff) << 13;
    // Scaling by 2^112 moves the exponent's bias and makes subnormals normal; infinity and NaN need theirs put back.
    let scaled = f32::from_bits(magnitude) * f32::from_bits(0x7780_0000);
    let special = if magnitude >= 0x0f80_0000 { 0x7f80_0000 } else { 0 };
    f32::from_bits(scaled.to_bits() | special | sign)
}

/// The scale at the front of a block.
#[inline(always)]
fn scale<const B: usize>(block: &[u8; B], at: usize) -> f32 {
    match block.get(at..at + 2) {
        Some([low, high]) => small_half([*low, *high]),
        _ => 0.0,
    }
}

/// The part of a block from `at` on; blocks are longer than every `at` used here.
#[inline(always)]
fn tail(block: &[u8], at: usize) -> &[u8] {
    block.get(at..).unwrap_or_default()
}

/// One number for each byte. Eight are made before any is written: a compiler that need not ask whether writing one
/// changes the next byte makes vector code of it, which is most of this engine's speed.
#[inline(always)]
fn spread(bytes: &[u8], out: &mut [f32], value: impl Fn(u8) -> f32) {
    for (bytes, out) in bytes.as_chunks::<8>().0.iter().zip(out.as_chunks_mut::<8>().0) {
        let mut values = [0.0; 8];
        for (made, byte) in values.iter_mut().zip(bytes) {
            *made = value(*byte);
        }
        *out = values;
    }
}

/// One number for each pair of bytes, in the same way.
#[inline(always)]
fn spread_pairs(first: &[u8], second: &[u8], out: &mut [f32], value: impl Fn(u8, u8) -> f32) {
    let pairs = first.as_chunks::<8>().0.iter().zip(second.as_chunks::<8>().0);
    for ((first, second), out) in pairs.zip(out.as_chunks_mut::<8>().0) {
        let mut values = [0.0; 8];
        for ((made, first), second) in values.iter_mut().zip(first).zip(second) {
            *made = value(*first, *second);
        }
        *out = values;
    }
}

#[inline(always)]
fn q4_0(block: &[u8; 18], out: &mut [f32; 32]) {
    let d = scale(block, 0);
    let (low, high) = out.split_at_mut(16);
    spread(tail(block, 2), low, |byte| d * (f32::from(byte & 15) - 8.0));
    spread(tail(block, 2), high, |byte| d * (f32::from(byte >> 4) - 8.0));
}

#[inline(always)]
fn q4_1(block: &[u8; 20], out: &mut [f32; 32]) {
    let (d, m) = (scale(block, 0), scale(block, 2));
    let (low, high) = out.split_at_mut(16);
    spread(tail(block, 4), low, |byte| d * f32::from(byte & 15) + m);
    spread(tail(block, 4), high, |byte| d * f32::from(byte >> 4) + m);
}

/// The fifth bits of a block, one for each of its 32 weights.
#[inline(always)]
fn fifth_bits(block: &[u8], at: usize) -> u32 {
    tail(block, at).first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[inline(always)]
fn q5(bytes: &[u8], fifth: u32, out: &mut [f32; 32], value: impl Fn(u8) -> f32) {
    let (low, high) = out.split_at_mut(16);
    for (i, ((byte, low), high)) in bytes.iter().zip(low).zip(high).enumerate() {
        *low = value((byte & 15) | (((fifth >> i) & 1) as u8) << 4);
        *high = value((byte >> 4) | (((fifth >> (i + 16)) & 1) as u8) << 4);
    }
}

#[inline(always)]
fn q5_0(block: &[u8; 22], out: &mut [f32; 32]) {
    let d = scale(block, 0);
    q5(tail(block, 6), fifth_bits(block, 2), out, |q| d * (f32::from(q) - 16.0));
}

#[inline(always)]
fn q5_1(block: &[u8; 24], out: &mut [f32; 32]) {
    let (d, m) = (scale(block, 0), scale(block, 2));
    q5(tail(block, 8), fifth_bits(block, 4), out, |q| d * f32::from(q) + m);
}

#[inline(always)]
fn q8_0(block: &[u8; 34], out: &mut [f32; 32]) {
    let d = scale(block, 0);
    spread(tail(block, 2), out, |byte| d * f32::from(byte as i8));
}

/// The six-bit scales and minima of a K block's eight groups of 32.
#[inline(always)]
fn k_scales(packed: &[u8]) -> [(f32, f32); 8] {
    let mut pairs = [(0.0, 0.0); 8];
    let at = |i: usize| packed.get(i).copied().unwrap_or(0);
    for (i, pair) in pairs.iter_mut().enumerate() {
        let (scale, minimum) = if i < 4 {
            (at(i) & 63, at(i + 4) & 63)
        } else {
            ((at(i + 4) & 15) | (at(i - 4) >> 6) << 4, (at(i + 4) >> 4) | (at(i) >> 6) << 4)
        };
        *pair = (f32::from(scale), f32::from(minimum));
    }
    pairs
}

#[inline(always)]
fn q4_k(block: &[u8; 144], out: &mut [f32; 256]) {
    let (d, m) = (scale(block, 0), scale(block, 2));
    let scales = k_scales(tail(block, 4));
    let (pairs, _) = scales.as_chunks::<2>();
    for ((bytes, out), [first, second]) in tail(block, 16).chunks_exact(32).zip(out.chunks_exact_mut(64)).zip(pairs) {
        let (low, high) = out.split_at_mut(32);
        let (scales, minima) = ((d * first.0, d * second.0), (m * first.1, m * second.1));
        spread(bytes, low, |byte| scales.0 * f32::from(byte & 15) - minima.0);
        spread(bytes, high, |byte| scales.1 * f32::from(byte >> 4) - minima.1);
    }
}

#[inline(always)]
fn q5_k(block: &[u8; 176], out: &mut [f32; 256]) {
    let (d, m) = (scale(block, 0), scale(block, 2));
    let scales = k_scales(tail(block, 4));
    let fifth = tail(block, 16);
    let (pairs, _) = scales.as_chunks::<2>();
    let groups = tail(block, 48).chunks_exact(32).zip(out.chunks_exact_mut(64)).zip(pairs);
    for (group, ((bytes, out), [first, second])) in groups.enumerate() {
        let (low, high) = out.split_at_mut(32);
        let (scales, minima) = ((d * first.0, d * second.0), (m * first.1, m * second.1));
        let bit = 2 * group;
        spread_pairs(bytes, fifth, low, |byte, fifth| {
            scales.0 * f32::from((byte & 15) | (fifth >> bit & 1) << 4) - minima.0
        });
        spread_pairs(bytes, fifth, high, |byte, fifth| {
            scales.1 * f32::from((byte >> 4) | (fifth >> bit >> 1 & 1) << 4) - minima.1
        });
    }
}

#[inline(always)]
fn q6_k(block: &[u8; 210], out: &mut [f32; 256]) {
    let d = scale(block, 208);
    let (low_bits, high_bits, scales) = (block, tail(block, 128), tail(block, 192));
    let halves = low_bits.chunks_exact(64).zip(high_bits.chunks_exact(32)).zip(scales.chunks_exact(8));
    for (((low_bits, high_bits), scales), out) in halves.zip(out.chunks_exact_mut(128)) {
        for (quarter, out) in out.chunks_exact_mut(32).enumerate() {
            let nibbles = tail(low_bits, 32 * (quarter & 1));
            let (shift_low, shift_high) = (if quarter < 2 { 0 } else { 4 }, 2 * quarter);
            for (half, out) in out.chunks_exact_mut(16).enumerate() {
                let scale = d * f32::from(scales.get(2 * quarter + half).copied().unwrap_or(0) as i8);
                spread_pairs(tail(nibbles, 16 * half), tail(high_bits, 16 * half), out, |low, high| {
                    scale * (f32::from((low >> shift_low & 15) | (high >> shift_high & 3) << 4) - 32.0)
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    #[test]
    fn halves_are_what_the_library_says_for_every_bit_pattern() {
        for bits in 0..=u16::MAX {
            let (ours, theirs) = (small_half(bits.to_le_bytes()), f16::from_bits(bits).to_f32());
            assert!(
                ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(),
                "{bits:#x} {ours} {theirs}"
            );
        }
    }

    /// Random blocks, unpacked by the `gguf` package of PyPI (`models/make_test_models.py` wrote them).
    #[test]
    fn every_packing_gives_the_numbers_of_the_reference() {
        let cases: serde_json::Value = serde_json::from_str(include_str!("../../tests/models/quants.json")).unwrap();
        let cases = cases.as_array().unwrap();
        assert_eq!(cases.len(), 11);
        for case in cases {
            let kind = Kind::read(case["kind"].as_u64().unwrap().try_into().unwrap()).unwrap();
            let digits: Vec<u8> =
                case["bytes"].as_str().unwrap().chars().map(|c| c.to_digit(16).unwrap() as u8).collect();
            let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
            let expected: Vec<f32> = serde_json::from_value(case["weights"].clone()).unwrap();
            let mut out = vec![f32::NAN; expected.len()];
            assert_eq!(kind.bytes(&[expected.len()]), Some(bytes.len()));
            kind.unpack(&bytes, &mut out);
            for (out, expected) in out.iter().zip(&expected) {
                assert!((out - expected).abs() <= 1e-6 * expected.abs().max(1e-3), "{kind:?}: {out} {expected}");
            }
        }
    }
}

//! A Bloom filter in blocks of one cache line: says at once that a value is not there.

/// Hashes by membership. Of what is not in it, about one in two hundred passes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    blocks: Vec<[u64; 8]>,
}

impl Filter {
    pub(crate) fn new(hashes: impl ExactSizeIterator<Item = u64>) -> Self {
        let mut filter = Self { blocks: vec![[0; 8]; (hashes.len() * BITS_PER_VALUE).div_ceil(512).max(1)] };
        for hash in hashes {
            let at = filter.block(hash);
            if let Some(block) = filter.blocks.get_mut(at) {
                bits(hash).for_each(|(word, bit)| {
                    if let Some(word) = block.get_mut(word) {
                        *word |= bit;
                    }
                });
            }
        }
        filter
    }

    pub(crate) fn may_hold(&self, hash: u64) -> bool {
        self.blocks
            .get(self.block(hash))
            .is_some_and(|block| bits(hash).all(|(word, bit)| block.get(word).is_some_and(|word| word & bit != 0)))
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.blocks.len() * 64
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend((self.blocks.len() as u64).to_le_bytes());
        self.blocks.iter().flatten().for_each(|word| out.extend(word.to_le_bytes()));
    }

    /// What [`Self::write`] wrote, and what follows it.
    pub(crate) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (count, rest) = bytes.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*count)).ok()?.checked_mul(64)?;
        let (body, rest) = rest.split_at_checked(length)?;
        let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap_or_default());
        let mut blocks = Vec::with_capacity(length / 64);
        for chunk in body.chunks_exact(64) {
            let mut block = [0; 8];
            block.iter_mut().zip(chunk.chunks_exact(8)).for_each(|(to, from)| *to = word(from));
            blocks.push(block);
        }
        (!blocks.is_empty()).then_some((Self { blocks }, rest))
    }

    /// The upper half of the hash picks the block, the lower the bits in it.
    fn block(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.blocks.len() as u128) >> 64) as usize
    }
}

/// Seven bits of a block, by two hashes from one.
fn bits(hash: u64) -> impl Iterator<Item = (usize, u64)> {
    let (first, step) = (hash as u32, (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32 | 1);
    (0..7u32).map(move |i| {
        let bit = first.wrapping_add(step.wrapping_mul(i)) >> 23;
        ((bit / 64) as usize & 7, 1 << (bit % 64))
    })
}

const BITS_PER_VALUE: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::sip::siphash;

    #[test]
    fn all_members_pass_and_few_others() {
        let hash = |i: u64| siphash((1, 2), &i.to_le_bytes());
        let filter = Filter::new((0..10_000).map(hash).collect::<Vec<_>>().into_iter());
        assert!((0..10_000).all(|i| filter.may_hold(hash(i))));
        let wrong = (10_000..110_000).filter(|i| filter.may_hold(hash(*i))).count();
        assert!(wrong < 1_500, "{wrong} of 100000");
        let mut bytes = Vec::new();
        filter.write(&mut bytes);
        assert!(Filter::read(&bytes).is_some_and(|(other, rest)| other == filter && rest.is_empty()));
        assert!(Filter::read(bytes.get(..40).unwrap()).is_none());
    }
}

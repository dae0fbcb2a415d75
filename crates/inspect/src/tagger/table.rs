//! The trained tables that `models/tagger/train.py` writes: a gazetteer of fingerprints and two tables of weights.

/// Which lists a word is in, as bits.
pub(super) mod list {
    pub(crate) const GIVEN: u8 = 1;
    pub(crate) const SURNAME: u8 = 2;
    pub(crate) const PLACE: u8 = 4;
    pub(crate) const STREET: u8 = 8;
    /// Ordinary words that texts write small.
    pub(crate) const COMMON: u8 = 32;
    /// Words that a name follows: titles, greetings.
    pub(crate) const CUE: u8 = 64;
}

/// Weights of one feature: how much it speaks for each label but `O`.
pub(super) type Row = [i8; LABELS];

/// The scores of all labels but `O`, whose score is always zero.
pub(super) type Scores = [i16; LABELS];

/// The lists that a word is in. Of words that are in none, one in some two hundred is taken for one of a list.
#[inline]
pub(super) fn lists(word: u32) -> u8 {
    let bucket = (word >> (32 - BUCKET_BITS)) as usize * BUCKET_BYTES;
    let print = (word & FINGERPRINT_MASK) as u16;
    let slots = DATA.get(bucket..bucket + BUCKET_BYTES).unwrap_or(&[]);
    for slot in slots.chunks_exact(2) {
        let slot = u16::from_le_bytes([slot.first().copied().unwrap_or(0), slot.last().copied().unwrap_or(0)]);
        if slot != 0 && slot >> 7 == print {
            return (slot & 0x7f) as u8;
        }
    }
    0
}

/// The weights of a feature of the first look.
#[inline]
pub(super) fn first(hash: u32) -> Row {
    row(FIRST_AT, hash >> (32 - FIRST_BITS))
}

/// The weights of a feature of the second look.
#[inline]
pub(super) fn second(hash: u32) -> Row {
    row(SECOND_AT, hash >> (32 - SECOND_BITS))
}

/// Adds the weights of a feature.
#[inline]
pub(super) fn add(scores: &mut Scores, row: Row) {
    for (score, weight) in scores.iter_mut().zip(row) {
        *score += i16::from(weight);
    }
}

#[inline]
fn row(table: usize, index: u32) -> Row {
    let at = table + index as usize * LABELS;
    let bytes = DATA.get(at..at + LABELS).and_then(|row| <[u8; LABELS]>::try_from(row).ok());
    bytes.unwrap_or_default().map(|byte| i8::from_le_bytes([byte]))
}

/// Labels but `O`: person, address, place, organisation, date, nationality, job, other name.
pub(super) const LABELS: usize = 8;

const BUCKET_BITS: u32 = 15;
const BUCKET_BYTES: usize = 8;
const FINGERPRINT_MASK: u32 = 0x1ff;
const FIRST_BITS: u32 = 17;
const SECOND_BITS: u32 = 14;
const FIRST_AT: usize = BUCKET_BYTES << BUCKET_BITS;
const SECOND_AT: usize = FIRST_AT + (LABELS << FIRST_BITS);

/// The file as a whole.
pub(crate) static DATA: &[u8] = include_bytes!("tagger.bin");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_exactly_the_tables() {
        assert_eq!(DATA.len(), SECOND_AT + (LABELS << SECOND_BITS));
    }
}

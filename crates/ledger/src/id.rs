//! Record ids: `rec_` and 26 characters that sort by time.

use std::fmt;

/// Length of a record id's text in bytes.
pub const RECORD_ID_BYTES: usize = 30;

const PREFIX: &str = "rec_";
/// Crockford's base32: no i, l, o, u; sorts as the bytes do. Lower case, so that ids look like the others we show.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The name of a record, known before it is written so that an answer can carry it.
///
/// 48 bits of time and 80 random bits, as a ULID is. The time in an id is when the id was made; the record's own
/// `time` field is what the ledger's order rests on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(u128);

impl RecordId {
    /// Makes an id of a time in milliseconds since 1970 and 80 random bits.
    #[must_use]
    pub fn from_parts(unix_ms: u64, random: [u8; 10]) -> Self {
        let mut low = [0_u8; 16];
        for (place, byte) in low.iter_mut().skip(6).zip(random) {
            *place = byte;
        }
        Self((u128::from(unix_ms & 0xffff_ffff_ffff) << 80) | u128::from_be_bytes(low))
    }

    /// Reads an id as it is printed; anything else is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?.as_bytes();
        if digits.len() != RECORD_ID_BYTES - PREFIX.len() || !matches!(digits.first(), Some(b'0'..=b'7')) {
            return None;
        }
        let mut value = 0_u128;
        for digit in digits {
            let place = ALPHABET.iter().position(|known| known == digit)?;
            value = (value << 5) | u128::try_from(place).ok()?;
        }
        Some(Self(value))
    }

    /// The id as 16 bytes, which sort as ids do.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Reads [`Self::to_bytes`]. Any 16 bytes are an id.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// The time in the id, in milliseconds since 1970.
    #[must_use]
    pub fn unix_ms(self) -> u64 {
        u64::try_from(self.0 >> 80).unwrap_or_default()
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0_u8; RECORD_ID_BYTES];
        for (place, byte) in text.iter_mut().zip(PREFIX.bytes()) {
            *place = byte;
        }
        let mut rest = self.0;
        for place in text.iter_mut().skip(PREFIX.len()).rev() {
            *place = ALPHABET.get((rest & 31) as usize).copied().unwrap_or(b'0');
            rest >>= 5;
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<RecordId> for String {
    fn from(id: RecordId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_printed() {
        for (time, random) in [(0, [0; 10]), (1_795_000_000_000, [7; 10]), (0xffff_ffff_ffff, [0xff; 10])] {
            let id = RecordId::from_parts(time, random);
            assert_eq!(id.to_string().len(), RECORD_ID_BYTES);
            assert_eq!(RecordId::parse(&id.to_string()), Some(id));
            assert_eq!(id.unix_ms(), time);
        }
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let early = RecordId::from_parts(1_000, [0xff; 10]).to_string();
        let late = RecordId::from_parts(1_001, [0; 10]).to_string();
        assert!(early < late);
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        let good = RecordId::from_parts(5, [1; 10]).to_string();
        for bad in [
            "",
            "rec_",
            "rec_80000000000000000000000000",
            good.trim_start_matches('r'),
            &good.to_uppercase(),
            &format!("{good}0"),
        ] {
            assert_eq!(RecordId::parse(bad), None, "{bad}");
        }
    }
}

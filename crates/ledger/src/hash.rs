//! A SHA-256 value, printed as 64 hexadecimal digits.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// A SHA-256 value. In JSON: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first record names as the record before it.
    pub const ZERO: Self = Self([0; 32]);

    /// SHA-256 of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 64 hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        let mut text = String::with_capacity(64);
        push_hex(&self.0, |digit| text.push(char::from(digit)));
        text
    }

    /// Appends the 64 hexadecimal digits to `out`.
    pub fn push_hex(&self, out: &mut Vec<u8>) {
        push_hex(&self.0, |digit| out.push(digit));
    }

    /// Reads 64 lower-case hexadecimal digits; anything else is `None`.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        read_hex(text.as_bytes(), &mut bytes).then_some(Self(bytes))
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_hex(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_hex(deserializer).map(Self)
    }
}

/// SHA-256 of the parts, one after the other. What fits two blocks, and that is nearly everything that a ledger hashes,
/// goes to the compression function at once.
#[must_use]
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut blocks = [[0_u8; 64]; 2];
    let mut length = 0;
    for part in parts {
        let Some(room) = blocks.as_flattened_mut().get_mut(length..length + part.len()) else { return long(parts) };
        room.copy_from_slice(part);
        length += part.len();
    }
    let count = match length {
        0..56 => 1,
        56..120 => 2,
        _ => return long(parts),
    };
    let flat = blocks.as_flattened_mut();
    if let Some(end) = flat.get_mut(length) {
        *end = 0x80;
    }
    if let Some(bits) = flat.get_mut(count * 64 - 8..count * 64) {
        bits.copy_from_slice(&(length as u64 * 8).to_be_bytes());
    }
    let mut state = INITIAL;
    sha2::block_api::compress256(&mut state, blocks.get(..count).unwrap_or_default());
    let mut digest = [0; 32];
    for (place, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *place = word.to_be_bytes();
    }
    digest
}

fn long(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// SHA-256's initial state (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Writes 32 bytes as a JSON string of 64 digits, without an allocation.
pub(crate) fn serialize_hex<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    let mut digits = [0_u8; 64];
    let mut places = digits.iter_mut();
    push_hex(bytes, |digit| {
        if let Some(place) = places.next() {
            *place = digit;
        }
    });
    serializer.serialize_str(std::str::from_utf8(&digits).unwrap_or_default())
}

/// Reads a JSON string of exactly 64 lower-case hexadecimal digits.
pub(crate) fn deserialize_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    struct Digits;
    impl de::Visitor<'_> for Digits {
        type Value = [u8; 32];
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("64 lower-case hexadecimal digits")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<[u8; 32], E> {
            let mut bytes = [0; 32];
            if read_hex(text.as_bytes(), &mut bytes) {
                Ok(bytes)
            } else {
                Err(E::custom("expected 64 lower-case hexadecimal digits"))
            }
        }
    }
    deserializer.deserialize_str(Digits)
}

fn push_hex(bytes: &[u8], mut push: impl FnMut(u8)) {
    for byte in bytes {
        push(digit(byte >> 4));
        push(digit(byte & 15));
    }
}

fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

fn read_hex(text: &[u8], out: &mut [u8; 32]) -> bool {
    if text.len() != 64 {
        return false;
    }
    for (pair, byte) in text.chunks_exact(2).zip(out) {
        let &[high, low] = pair else { return false };
        let (Some(high), Some(low)) = (nibble(high), nibble(low)) else { return false };
        *byte = (high << 4) | low;
    }
    true
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_there_and_back() {
        let hash = Hash::of(b"abc");
        assert_eq!(hash.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Hash::from_hex(&hash.hex()), Some(hash));
        let json = serde_json::to_string(&hash).unwrap();
        assert_eq!(serde_json::from_str::<Hash>(&json).unwrap(), hash);
    }

    #[test]
    fn short_and_long_texts_hash_as_the_library_says() {
        let text: Vec<u8> = (0..=255).collect();
        for length in 0..=256 {
            let expected: [u8; 32] = Sha256::digest(&text[..length]).into();
            for cut in [0, length / 3, length] {
                assert_eq!(sha256(&[&text[..cut], &text[cut..length]]), expected, "{length}, {cut}");
            }
        }
    }

    #[test]
    fn anything_but_64_lower_case_digits_is_refused() {
        let good = Hash::of(b"").hex();
        for bad in
            [good.to_uppercase(), good.trim_start_matches('e').to_owned(), format!("{good}0"), good.replace('e', "g")]
        {
            assert_eq!(Hash::from_hex(&bad), None, "{bad}");
        }
    }
}

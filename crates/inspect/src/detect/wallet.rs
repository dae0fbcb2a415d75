//! Addresses of wallets: Bitcoin (base58check, bech32, bech32m) by checksum, Ethereum by form.

use sha2::{Digest, Sha256};

use crate::scan::Scan;

/// The address that `start..end` is, if it is one.
pub(super) fn address(scan: &mut Scan<'_>, start: usize, end: usize) -> bool {
    let text = scan.text;
    let code = text.cut(start, end);
    let is_address = match (code, code.len()) {
        ([b'1' | b'3', ..], 26..=35) => is_base58check(code),
        ([b'b' | b'B', b'c' | b'C', b'1', ..], 42 | 62) => is_bech32(code),
        // A hash has 64 digits; an address is told from it by its length alone.
        ([b'0', b'x', rest @ ..], 42) => rest.iter().all(u8::is_ascii_hexdigit) && is_spread(rest),
        _ => false,
    };
    if is_address {
        scan.hit(start, end, "pii.crypto_address", 0.95, "wallet");
    }
    is_address
}

/// Bitcoin, base58check: 25 bytes, the last four from a double SHA-256 of the others.
fn is_base58check(code: &[u8]) -> bool {
    let mut bytes = [0u8; 25];
    for sign in code {
        let Some(value) = BASE58.iter().position(|other| other == sign) else { return false };
        let mut carry = value as u32;
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry != 0 {
            return false;
        }
    }
    let Some((payload, check)) = bytes.split_at_checked(21) else { return false };
    Sha256::digest(Sha256::digest(payload)).starts_with(check) && matches!(payload.first(), Some(0 | 5))
}

/// Bitcoin, BIP 173 and BIP 350: a BCH code over the human-readable part and the data; one case throughout.
fn is_bech32(code: &[u8]) -> bool {
    if code.iter().any(u8::is_ascii_lowercase) && code.iter().any(u8::is_ascii_uppercase) {
        return false;
    }
    let mut sum = [3u32, 3, 0, 2, 3].iter().fold(1, |sum, value| polymod(sum, *value));
    for sign in code.iter().skip(3) {
        let Some(value) = BECH32.iter().position(|other| *other == sign.to_ascii_lowercase()) else { return false };
        sum = polymod(sum, value as u32);
    }
    matches!(sum, 1 | 0x2bc8_30a3)
}

fn polymod(sum: u32, value: u32) -> u32 {
    let top = sum >> 25;
    let shifted = (sum & 0x1ff_ffff) << 5 ^ value;
    let generators = [0x3b6a_57b2u32, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    generators
        .iter()
        .enumerate()
        .fold(shifted, |sum, (i, generator)| if top >> i & 1 == 1 { sum ^ generator } else { sum })
}

/// Not an address of zeros or of a pattern: at least eight different digits.
fn is_spread(digits: &[u8]) -> bool {
    let seen = digits.iter().fold(0u128, |seen, digit| seen | 1 << (digit.to_ascii_lowercase() & 0x7f));
    seen.count_ones() >= 8
}

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

#[cfg(test)]
mod tests {
    use crate::detect::tests::check;

    #[test]
    fn addresses_need_their_checksum() {
        check("send to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", &["pii.crypto_address"]);
        check("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", &["pii.crypto_address"]);
        check("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", &["pii.crypto_address"]);
        check("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", &["pii.crypto_address"]);
        check("0x52908400098527886E0F7030069857D2E4169EE7", &["pii.crypto_address"]);
        check("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", &[]);
        check("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", &[]);
        check("0x0000000000000000000000000000000000000000", &[]);
    }
}

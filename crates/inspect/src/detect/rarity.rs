//! How unlike an ordinary word, identifier or path a string is: a model of three symbols in a row, trained by `models/rarity`.

/// How many bits the string favours "random characters" over "ordinary text": above zero it is more likely random, and each
/// bit doubles the odds. The ordinary side is the trained table; the random side draws every character evenly from
/// the kinds of characters that the string uses.
pub(super) fn rarity(value: &[u8]) -> f32 {
    if value.is_empty() {
        return 0.0;
    }
    let ordinary = ordinary_sixteenths(value) as f32 / 16.0;
    ordinary - value.len() as f32 * bits_each(value)
}

/// The cost of a string as ordinary text, in sixteenths of a bit.
fn ordinary_sixteenths(value: &[u8]) -> u32 {
    let mut cost = 0;
    let (mut first, mut second) = (BORDER, BORDER);
    let mut step = |symbol: usize| {
        cost += u32::from(TABLE.get((first * SYMBOLS + second) * SYMBOLS + symbol).copied().unwrap_or(u8::MAX));
        (first, second) = (second, symbol);
    };
    let mut before = 0u8;
    for byte in value {
        if byte.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            step(HUMP);
        }
        step(match byte {
            b'a'..=b'z' => usize::from(byte - b'a'),
            b'A'..=b'Z' => usize::from(byte - b'A'),
            b'0'..=b'9' => usize::from(byte - b'0') + 26,
            _ => SEPARATOR,
        });
        before = *byte;
    }
    step(BORDER);
    cost
}

/// The bits of one character drawn evenly from the kinds of characters that occur.
fn bits_each(value: &[u8]) -> f32 {
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    let letters = has(u8::is_ascii_alphabetic);
    if letters && has(u8::is_ascii_digit) && value.iter().all(u8::is_ascii_hexdigit) {
        return 4.0;
    }
    let sign = |byte: &u8| !byte.is_ascii_alphanumeric();
    let size = 26.0 * f32::from(u8::from(has(u8::is_ascii_lowercase)))
        + 26.0 * f32::from(u8::from(has(u8::is_ascii_uppercase)))
        + 10.0 * f32::from(u8::from(has(u8::is_ascii_digit)))
        + 10.0 * f32::from(u8::from(value.iter().any(sign)));
    size.max(2.0).log2()
}

/// 26 letters, 10 digits, then these.
const SEPARATOR: usize = 36;
const HUMP: usize = 37;
const BORDER: usize = 38;
const SYMBOLS: usize = 39;
/// One byte for each three symbols: the cost of the third after the other two, in sixteenths of a bit.
static TABLE: &[u8] = include_bytes!("../../../../models/rarity/rarity.bin");

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, is_rare: bool) {
        let bits = rarity(value.as_bytes());
        assert_eq!(bits > 12.0, is_rare, "{value}: {bits}");
    }

    #[test]
    fn the_table_has_every_triple() {
        assert_eq!(TABLE.len(), SYMBOLS * SYMBOLS * SYMBOLS);
    }

    #[test]
    fn random_strings_are_rare() {
        for value in ["dkwuqpz", "aB3dE5fG7h", "d41d8cd98f00b204", "pqowieur", "Tr0ub4dor&3", "f7Gh2kLp9Q", "lwkejrnt"]
        {
            check(value, true);
        }
    }

    #[test]
    fn words_identifiers_and_paths_are_not() {
        for value in [
            "password",
            "getPassword",
            "hunter2",
            "kubernetes-dashboard-token",
            "SOME_LONG_CONSTANT_NAME",
            "users/password/reset",
            "changeit",
            "",
        ] {
            check(value, false);
        }
    }
}

//! What looks like a secret and is none: examples that vendors print, and values that are made up by their structure.

/// Whether a value is one of the published examples, or is marked as one.
pub(super) fn is_published(value: &[u8]) -> bool {
    EXAMPLES.iter().any(|example| value == example.as_bytes()) || value.windows(MARK.len()).any(|window| window == MARK)
}

/// Whether a value is made of rows (`abcdefgh`, `12345678`, `xxxxxxxx`) or of the same few characters again and again.
pub(super) fn is_made_up(value: &[u8]) -> bool {
    let value = value.get(..HEAD_BYTES).unwrap_or(value);
    in_rows(value) * 100 >= value.len() * ROWS_PERCENT_MIN || repeats(value)
}

/// How many bytes stand in rows of at least four that go up, go down or stay.
fn in_rows(value: &[u8]) -> usize {
    let (mut total, mut length, mut last_step) = (0, 1, None);
    for pair in value.windows(2) {
        let step = match pair {
            [a, b] if a.is_ascii_alphanumeric() || a == b => {
                Some(i16::from(*b) - i16::from(*a)).filter(|step| step.abs() <= 1)
            }
            _ => None,
        };
        if step.is_some() && (step == last_step || length == 1) {
            length += 1;
        } else {
            total += if length >= ROW_MIN { length } else { 0 };
            length = if step.is_some() { 2 } else { 1 };
        }
        last_step = step;
    }
    total + if length >= ROW_MIN { length } else { 0 }
}

/// The same stretch of up to eight bytes over and over, at least three times.
fn repeats(value: &[u8]) -> bool {
    (1..=REPEAT_BYTES_MAX).any(|width| {
        value.len() >= width * 3 && value.iter().zip(value.iter().skip(width)).all(|(here, there)| here == there)
    })
}

const MARK: &[u8] = b"EXAMPLE";
/// AWS, Stripe, jwt.io, GitHub and Google documentation, Azure's storage emulator.
const EXAMPLES: &[&str] = &[
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "sk_test_BQokikJOvBiI2HlWgH4olfQ2",
    "rk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    "AIzaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI",
    "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe",
    "dGhlIHNhbXBsZSBub25jZQ==",
    "correct-horse-battery-staple",
];
/// The shortest row.
const ROW_MIN: usize = 4;
/// From this share of bytes in rows on a value is made up.
const ROWS_PERCENT_MIN: usize = 75;
/// So much of a long value is looked at.
const HEAD_BYTES: usize = 96;
const REPEAT_BYTES_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, made_up: bool) {
        assert_eq!(is_made_up(value.as_bytes()), made_up, "{value}");
    }

    #[test]
    fn rows_and_repetitions_are_made_up() {
        check("abcdefghijklmnopqrstuvwxyz0123456789", true);
        check("1234567890abcdef1234567890abcdef", true);
        check("xxxxxxxxxxxx", true);
        check("000000000000", true);
        check("aaaabbbbccccdddd", true);
        check("deadbeefdeadbeefdeadbeef", true);
        check("AbCdAbCdAbCdAbCd", true);
        check("ABCDEFGHIJ-KLMNOPQRST", true);
    }

    #[test]
    fn random_values_are_not() {
        check("k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iO", false);
        check("d41d8cd98f00b204e9800998ecf8427e", false);
        check("hunter2", false);
        check("Summer2024!", false);
    }
}

//! Tokens that carry a checksum: the last six characters are the CRC-32 of what stands before them, in base 62.
//!
//! Source: GitHub's engineering blog, "Behind GitHub's new authentication token formats" (2021); npm uses the same form.

/// Whether the checksum of a token agrees; `None` where the service has none or the form is another one.
pub(super) fn agrees(prefix: &str, rest: &[u8]) -> Option<bool> {
    if !CHECKED.contains(&prefix) || rest.len() != 36 {
        return None;
    }
    let (random, sum) = rest.split_at_checked(30)?;
    Some(base62(crc32(random)) == *sum)
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

fn base62(mut value: u32) -> [u8; 6] {
    let mut out = [b'0'; 6];
    for digit in out.iter_mut().rev() {
        *digit = DIGITS.get((value % 62) as usize).copied().unwrap_or(b'0');
        value /= 62;
    }
    out
}

const CHECKED: &[&str] = &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_"];
const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_one_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(&base62(61), b"00000z");
    }

    #[test]
    fn a_changed_character_shows() {
        let random = "k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6";
        let sum = base62(crc32(random.as_bytes()));
        let token = format!("{random}{}", str::from_utf8(&sum).unwrap());
        assert_eq!(agrees("ghp_", token.as_bytes()), Some(true));
        assert_eq!(agrees("ghp_", token.replacen('k', "K", 1).as_bytes()), Some(false));
        assert_eq!(agrees("dop_v1_", token.as_bytes()), None);
    }
}

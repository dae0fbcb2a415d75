//! Values that stand for a secret: `<password>`, `${VAR}`, `your-key-here`, `changeme`, `****`, `test123`.

use super::has_any;

/// Whether a value stands for a secret, by its form or by the words in it.
pub(in crate::detect) fn is_placeholder(value: &[u8]) -> bool {
    let first = value.first().copied().unwrap_or(0);
    let last = value.last().copied().unwrap_or(0);
    let enclosed =
        matches!((first, last), (b'<', _) | (b'[', b']') | (b'{', b'}') | (b'(', b')') | (b'%', b'%') | (b'_', b'_'));
    let is_variable = first == b'$'
        && value.iter().skip(1).all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'))
        || value.starts_with(b"${")
        || value.starts_with(b"$(")
        || value.starts_with(b"{{")
        || first == b'$'
            && value.iter().skip(1).all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'>' | b'['));
    let is_masked = value.windows(3).any(|three| matches!(three, b"***" | b"..." | b"###" | b"___" | b"---"));
    enclosed
        || is_variable
        || is_masked
        || value.iter().all(|byte| Some(byte) == value.first())
        || has_any(value, WORDS)
        || (value.len() < SHORT && has_any(value, SHORT_WORDS))
        || PLAIN.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Whether all letters of a value are words that stand for any password (`test123`, `myPassword1!`).
pub(super) fn is_dull(value: &[u8]) -> bool {
    let letters: Vec<u8> = value.iter().filter(|byte| byte.is_ascii_alphabetic()).map(u8::to_ascii_lowercase).collect();
    let mut rest = letters.as_slice();
    while !rest.is_empty() {
        match DULL.iter().find_map(|word| rest.strip_prefix(*word)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// From so many bytes on a short word may stand in a value by chance.
const SHORT: usize = 40;
const WORDS: &[&[u8]] = &[
    b"example",
    b"placeholder",
    b"changeme",
    b"change_me",
    b"change-me",
    b"changeit",
    b"your_",
    b"your-",
    b"yourkey",
    b"yourpass",
    b"yoursecret",
    b"yourtoken",
    b"yourapi",
    b"_here",
    b"-here",
    b"keyhere",
    b"tokenhere",
    b"xxxx",
    b"insert",
    b"replace",
    b"redacted",
    b"dummy",
    b"not-a-real",
    b"notareal",
    b"not_a_real",
    b"not-real",
    b"not_real",
    b"fake-",
    b"fake_",
    b"foobar",
    b"lorem",
    b"sanitized",
    b"hidden",
    b"removed",
    b"1234567890abcdef",
    b"put-your",
    b"put_your",
    b"enter-your",
    b"enter_your",
    b"to-be-",
    b"goes-here",
    b"goes_here",
    b"<your",
    b"obfuscated",
    b"encrypted(",
];
const SHORT_WORDS: &[&[u8]] =
    &[b"fake", b"mock", b"sample", b"todo", b"tbd", b"fixme", b"undefined", b"null", b"yourself"];
const PLAIN: &[&[u8]] = &[
    b"password",
    b"passwd",
    b"passphrase",
    b"pass",
    b"secret",
    b"token",
    b"null",
    b"none",
    b"nil",
    b"undefined",
    b"string",
    b"true",
    b"false",
    b"required",
    b"optional",
    b"admin",
    b"test",
    b"xxx",
    b"root",
    b"user",
    b"username",
    b"default",
    b"empty",
    b"n/a",
];
/// Words that any password of an example is made of. Longer ones first.
const DULL: &[&[u8]] = &[
    b"passphrase",
    b"password",
    b"passwort",
    b"username",
    b"testing",
    b"example",
    b"default",
    b"passwd",
    b"string",
    b"invalid",
    b"correct",
    b"secret",
    b"sample",
    b"wrong",
    b"token",
    b"tests",
    b"valid",
    b"value",
    b"dummy",
    b"other",
    b"plain",
    b"login",
    b"hello",
    b"world",
    b"basic",
    b"test",
    b"pass",
    b"user",
    b"some",
    b"fake",
    b"mock",
    b"demo",
    b"your",
    b"text",
    b"name",
    b"data",
    b"temp",
    b"long",
    b"weak",
    b"null",
    b"none",
    b"auth",
    b"the",
    b"new",
    b"old",
    b"bad",
    b"pwd",
    b"foo",
    b"bar",
    b"baz",
    b"key",
    b"abc",
    b"xyz",
    b"asd",
    b"qwe",
    b"my",
    b"db",
    b"is",
    b"a",
    b"s",
    b"p",
    b"pw",
    b"x",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_secret_is_none() {
        for value in [
            "<password>",
            "${DB_PASSWORD}",
            "$PASSWORD",
            "$password",
            "{{ password }}",
            "your-api-key-here",
            "changeme",
            "********",
            "xxxxxxxx",
            "[REDACTED]",
            "%PASSWORD%",
            "REPLACE_ME",
            "sk-...",
            "insert_token",
            "__TOKEN__",
        ] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn what_people_choose_is_no_placeholder() {
        for value in ["hunter2", "Summer2024!", "$ecr3tPa55", "Tr0ub4dor&3", "admin123"] {
            assert!(!is_placeholder(value.as_bytes()) && !is_dull(value.as_bytes()), "{value}");
        }
        for value in ["test123", "myPassword1!", "password123", "abc123", "Passw0rd"] {
            assert!(is_dull(value.as_bytes()) || value == "Passw0rd", "{value}");
        }
    }
}

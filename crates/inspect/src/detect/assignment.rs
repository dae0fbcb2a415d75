//! Secrets by their name: `password = "…"`, `api_key: …`, `the password is …`. Precise before complete.

use super::published::is_published;
use crate::scan::{Mark, Scan};
use crate::text::{Text, is_varied, is_word};

/// The value assigned to a name such as `password` or `api_key`, whose literal stands at `start`.
pub(crate) fn assignment(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let name_start = text.run_back(start, 40, |byte| is_word(byte) || byte == b'-');
    let is_part = |byte: u8| is_word(byte) || byte == b'-' || (0x80..0xe0).contains(&byte);
    let literal_end =
        if text.has(start, "密码".as_bytes()) { start + "密码".len() } else { text.run(start, 24, is_part) };
    // Two words (`api key`, `mot de passe`) and what may follow a name (`password for the db`).
    let name_end = if text.at(literal_end) == b' ' && text.has(start, b"api key") || text.has(start, b"mot de passe") {
        text.run(literal_end, 24, |byte| byte.is_ascii_alphabetic() || byte == b' ').min(start + 12)
    } else {
        literal_end
    };
    let Some((mut from, sign)) = after_sign(text, name_end) else { return };
    let quote = text.run(from, 2, |byte| matches!(byte, b'\\' | b'"' | b'\'' | b'`'));
    let quoted = quote > from;
    from = quote;
    let end = text.run(from, VALUE_BYTES_MAX + 1, |byte| {
        byte > b' ' && byte < 0x7f && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b',' | b';')
    });
    if !(VALUE_BYTES_MIN..=VALUE_BYTES_MAX).contains(&(end - from)) {
        return;
    }
    let end = trimmed(text, from, end, quoted);
    let value = text.cut(from, end);
    let is_password = has_any(
        text.cut(name_start, name_end),
        &[b"pass", b"pwd", "contraseña".as_bytes(), "пароль".as_bytes(), "密码".as_bytes()],
    );
    let name = text.cut(name_start, literal_end);
    let is_fit = match (is_password, sign) {
        (true, Sign::Is) => value.len() >= 6 && is_mixed(value) && !looks_like_code(value),
        (true, Sign::Equals) => {
            value.len() >= 6
                && (is_mixed(value) || quoted && value.len() >= 8 && !is_plain_word(value))
                && !looks_like_code(value)
        }
        (false, _) => value.len() >= 12 && looks_secret(value) && !looks_like_code(value),
    };
    if is_fit && value.len() <= VALUE_BYTES_MAX && !is_placeholder(value) && !is_published(value) && !is_count(name) {
        let is_aws = value.len() == 40
            && (scan.is_marked(Mark::Aws, from, AWS_PAIR_BYTES)
                || scan.is_marked_after(Mark::Aws, end, AWS_PAIR_BYTES));
        let class = if is_aws { "secret.aws_secret_key" } else { "secret.generic" };
        scan.hit(from, end, class, if quoted { 0.85 } else { 0.75 }, "assignment");
    }
}

/// Letters and digits in the way of a random value: varied, and not words joined by dashes.
pub(super) fn looks_secret(value: &[u8]) -> bool {
    let parts = value.split(|byte| matches!(byte, b'-' | b'_' | b'.'));
    let longest_mixed = parts
        .filter(|part| part.iter().any(u8::is_ascii_digit) && part.iter().any(u8::is_ascii_alphabetic))
        .map(<[u8]>::len)
        .max();
    is_varied(value) && longest_mixed.unwrap_or(0) >= 8
}

/// Values that stand for a secret: `<password>`, `${VAR}`, `your-key-here`, `changeme`, `****`.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let first = value.first().copied().unwrap_or(0);
    let is_variable = matches!(first, b'$' | b'<' | b'{' | b'%' | b'[' | b'(')
        || value.starts_with(b"*")
        || value.starts_with(b"...");
    is_variable
        || value.iter().all(|byte| Some(byte) == value.first())
        || has_any(value, PLACEHOLDERS)
        || PLAIN.iter().any(|word| value.eq_ignore_ascii_case(word))
}

#[derive(Clone, Copy)]
enum Sign {
    /// `=`, `:`, `=>`, `:=`
    Equals,
    /// `is`
    Is,
}

/// Where the value begins after the name that ends at `at`, and what joins them.
fn after_sign(text: Text<'_>, at: usize) -> Option<(usize, Sign)> {
    let mut at = text.run(at, 4, |byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']' | b'*' | b')'));
    at = text.run(at, 3, |byte| matches!(byte, b' ' | b'\t'));
    if text.has(at, b"is ") || text.has(at, "是".as_bytes()) {
        return Some((text.run(at + 3, 3, |byte| matches!(byte, b':' | b' ')), Sign::Is));
    }
    let end = text.run(at, 3, |byte| matches!(byte, b'=' | b':' | b'>' | b'~'));
    // Comparison is no assignment.
    if end == at || text.cut(at, end).starts_with(b"==") || text.cut(at, end).starts_with(b"::") {
        return None;
    }
    Some((text.run(end, 3, |byte| matches!(byte, b' ' | b'\t' | b'*')), Sign::Equals))
}

/// Without the punctuation that ends a sentence or closes a bracket.
fn trimmed(text: Text<'_>, from: usize, end: usize, quoted: bool) -> usize {
    let mut end = end;
    while end > from
        && (text.before(end) == b'\\' || !quoted && matches!(text.before(end), b'.' | b',' | b')' | b']' | b'}' | b':'))
    {
        end -= 1;
    }
    end
}

/// At least two of letters, digits and signs, and not both only letters and dashes.
fn is_mixed(value: &[u8]) -> bool {
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    let digits = value.iter().any(u8::is_ascii_digit);
    let signs = value
        .iter()
        .any(|byte| matches!(byte, b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'?' | b'+' | b'~'));
    letters && (digits || signs)
}

/// A lower-case word or name (`password: "required"`), as in schemas and forms.
fn is_plain_word(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b' ' | b'.'))
}

/// Calls, paths, members and types, not literals.
fn looks_like_code(value: &[u8]) -> bool {
    let identifiers = value.iter().all(|byte| is_word(*byte) || *byte == b'.')
        && value.contains(&b'.')
        && !value.iter().any(u8::is_ascii_digit);
    has_any(value, &[b"(", b"::", b"->", b"=>", b"process.env", b"os.environ", b"://", b"${", b"{{"])
        || identifiers
        || value.starts_with(b"/")
        || value.starts_with(b"./")
}

/// `max_tokens`, `token_count`, `tokens_per_second`: numbers about tokens.
fn is_count(name: &[u8]) -> bool {
    has_any(
        name,
        &[
            b"tokens",
            b"token_count",
            b"token_limit",
            b"tokeniz",
            b"token_type",
            b"secretary",
            b"public",
            b"token_url",
            b"token_uri",
            b"endpoint",
        ],
    )
}

fn has_any(bytes: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|word| bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word)))
}

/// The shortest and the longest value that is recognised.
const VALUE_BYTES_MIN: usize = 6;
const VALUE_BYTES_MAX: usize = 256;
/// How near an access key id makes a secret of 40 characters its pair.
const AWS_PAIR_BYTES: usize = 160;
const PLACEHOLDERS: &[&[u8]] = &[
    b"example",
    b"placeholder",
    b"changeme",
    b"change_me",
    b"change-me",
    b"your_",
    b"your-",
    b"yourkey",
    b"yourpass",
    b"_here",
    b"-here",
    b"xxxx",
    b"****",
    b"....",
    b"insert",
    b"replace",
    b"redacted",
    b"dummy",
    b"1234567890abcdef",
];
const PLAIN: &[&[u8]] = &[
    b"password",
    b"passwd",
    b"pass",
    b"secret",
    b"token",
    b"null",
    b"none",
    b"undefined",
    b"string",
    b"true",
    b"false",
    b"required",
    b"optional",
    b"admin",
    b"test",
    b"xxx",
];

#[cfg(test)]
mod tests {
    use crate::detect::tests::{check, noise, spans};

    #[test]
    fn values_by_their_name() {
        spans("password = \"hunter2!\"", &[("secret.generic", "hunter2!")]);
        spans("DB_PASSWORD=s3cr3tValue9\n", &[("secret.generic", "s3cr3tValue9")]);
        spans("{\"password\": \"Tr0ub4dor&3\"}", &[("secret.generic", "Tr0ub4dor&3")]);
        spans(r#"{\"password\": \"Tr0ub4dor&3\"}"#, &[("secret.generic", "Tr0ub4dor&3")]);
        spans("The password is Winter2024!.", &[("secret.generic", "Winter2024!")]);
        check(&format!("api_key: {}", noise(32)), &["secret.generic"]);
        check(&format!("client_secret='{}'", noise(24)), &["secret.generic"]);
        check("密码是Winter2024", &["secret.generic"]);
    }

    #[test]
    fn a_pair_of_cloud_keys() {
        check(
            "aws_access_key_id = AKIA2J3K4L5M6N7P8Q9R\naws_secret_access_key = k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iO0pA9sD2f",
            &["secret.aws_access_key", "secret.aws_secret_key"],
        );
        check("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", &[]);
    }

    #[test]
    fn what_only_speaks_of_secrets_holds_none() {
        for text in [
            "password = os.environ[\"DB_PASSWORD\"]",
            "password: string;",
            "password == other.password",
            "password: <your password>",
            "API_KEY=your-api-key-here-12345",
            "api_key = config.get(\"api_key\")",
            "\"password\": \"********\"",
            "max_tokens: 4096000000000",
            "the secret is to keep calm",
            "token: ${{ secrets.GITHUB_TOKEN }}",
            "the password is required",
            "const token = useToken(\"abc12345\")",
            "secret_key: /run/secrets/key1",
        ] {
            check(text, &[]);
        }
    }
}

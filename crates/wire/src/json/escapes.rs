//! Takes needless escapes out of JSON that is kept as text, so that inspection reads what a model would read.

/// `text` with each `\uXXXX` and `\/` that need not be escaped written as its character, when `text` is JSON; any other
/// text as it is. `"\u0061nn"` and `"ann"` are the same JSON, and only one of them is found by who looks for a name.
pub fn plain(text: String) -> String {
    if !(text.contains("\\u") || text.contains("\\/")) || super::parse(text.as_bytes()).is_err() {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        // In JSON a backslash stands in a string and begins an escape.
        let (written, after) = escape(after);
        match written {
            Some(letter) => plain.push(letter),
            None => {
                let kept = rest.len() - before.len() - after.len();
                plain.extend(rest.get(before.len()..before.len() + kept));
            }
        }
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// The character that the escape at the start of `text`, after its backslash, stands for, unless it must stay escaped;
/// and what follows it.
fn escape(text: &str) -> (Option<char>, &str) {
    let mut letters = text.chars();
    match letters.next() {
        Some('/') => (Some('/'), letters.as_str()),
        Some('u') => match unit(letters.as_str()) {
            Some((high @ 0xd800..0xdc00, after)) => {
                let low = after.strip_prefix("\\u").and_then(unit);
                let Some((low @ 0xdc00..0xe000, after)) = low else { return (None, after) };
                (char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)), after)
            }
            Some((code, after)) => (char::from_u32(code).filter(may_stand), after),
            None => (None, letters.as_str()),
        },
        _ => (None, letters.as_str()),
    }
}

/// Four hexadecimal digits and what follows them.
fn unit(text: &str) -> Option<(u32, &str)> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    Some((u32::from_str_radix(digits, 16).ok()?, text.get(4..)?))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "`Option::filter` asks for this signature")]
fn may_stand(letter: &char) -> bool {
    *letter >= ' ' && *letter != '"' && *letter != '\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(plain(text.to_owned()), expected);
    }

    #[test]
    fn needless_escapes_are_taken_out() {
        check(r#"{"n":"\u0061nn\u002d1 M\u00fcller"}"#, r#"{"n":"ann-1 Müller"}"#);
        check(r#"["a\/b","\uD83D\uDE00"]"#, r#"["a/b","😀"]"#);
    }

    #[test]
    fn needed_escapes_stay() {
        for text in [r#"["\u0022","\u005c","\u0000","\u001F","\n\\u0061\"","\\\\u0061"]"#, r#"["\\/"]"#] {
            check(text, text);
        }
    }

    #[test]
    fn text_that_is_not_json_stays() {
        for text in [r"C:\users\u0061", r#"{"a":"\u0061""#, r#""\ud800""#, "plain", r"\u"] {
            check(text, text);
        }
    }
}

//! Takes needless escapes out of JSON that is kept as text, so that inspection reads what a model would read.
//!
//! `"\u0061nn"` and `"ann"` are the same JSON, and only one of them is found by who looks for a name.

/// `text` with each `\uXXXX` and `\/` that need not be escaped written as its character, when `text` is JSON; any other
/// text as it is.
pub fn plain(text: String) -> String {
    if !(text.contains("\\u") || text.contains("\\/")) || super::parse(text.as_bytes()).is_err() {
        return text;
    }
    let mut stream = Stream::default();
    let mut plain = stream.push(text);
    plain.push_str(&stream.finish());
    plain
}

/// Does the same to JSON that comes in pieces. An escape that a piece cuts waits for the next one; it is at most
/// `\uXXXX\uXXX` long. Text that turns out not to be JSON loses its needless escapes as well.
#[derive(Debug, Default)]
pub struct Stream {
    held: String,
}

impl Stream {
    /// Takes the next piece and returns what is certain by now.
    pub fn push(&mut self, piece: String) -> String {
        if self.held.is_empty() && !piece.contains('\\') {
            return piece;
        }
        let text = std::mem::take(&mut self.held) + &piece;
        let mut plain = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, escaped)) = rest.split_once('\\') {
            plain.push_str(before);
            // In JSON a backslash stands in a string and begins an escape.
            match escape(escaped) {
                Escape::Plain(letter, after) => {
                    plain.push(letter);
                    rest = after;
                }
                Escape::Kept(after) => {
                    plain.push('\\');
                    plain.extend(escaped.get(..escaped.len() - after.len()));
                    rest = after;
                }
                Escape::Unfinished => {
                    self.held = format!("\\{escaped}");
                    return plain;
                }
            }
        }
        plain.push_str(rest);
        plain
    }

    /// What was held when the text ended.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// What an escape is, and what follows it.
enum Escape<'a> {
    /// It stands for this character.
    Plain(char, &'a str),
    /// It must stay, or is none.
    Kept(&'a str),
    /// It is cut.
    Unfinished,
}

/// The escape at the start of `text`, after its backslash.
fn escape(text: &str) -> Escape<'_> {
    let mut letters = text.chars();
    match letters.next() {
        None => Escape::Unfinished,
        Some('/') => Escape::Plain('/', letters.as_str()),
        Some('u') => match unit(letters.as_str()) {
            Unit::Cut => Escape::Unfinished,
            Unit::None => Escape::Kept(letters.as_str()),
            Unit::Code(high @ 0xd800..0xdc00, after) => pair(high, after),
            Unit::Code(code, after) => match char::from_u32(code).filter(may_stand) {
                Some(letter) => Escape::Plain(letter, after),
                None => Escape::Kept(after),
            },
        },
        Some(_) => Escape::Kept(letters.as_str()),
    }
}

/// A high surrogate, which stands for a character together with the low one in `after`.
fn pair(high: u32, after: &str) -> Escape<'_> {
    if after.is_empty() || after == "\\" {
        return Escape::Unfinished;
    }
    match after.strip_prefix("\\u").map(unit) {
        Some(Unit::Cut) => Escape::Unfinished,
        Some(Unit::Code(low @ 0xdc00..0xe000, rest)) => {
            match char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)) {
                Some(letter) => Escape::Plain(letter, rest),
                None => Escape::Kept(rest),
            }
        }
        _ => Escape::Kept(after),
    }
}

enum Unit<'a> {
    Code(u32, &'a str),
    Cut,
    None,
}

/// Four hexadecimal digits and what follows them.
fn unit(text: &str) -> Unit<'_> {
    let digits = text.bytes().take(4).take_while(u8::is_ascii_hexdigit).count();
    let code = text.get(..digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match (code, text.get(digits..)) {
        (Some(code), Some(after)) if digits == 4 => Unit::Code(code, after),
        _ if digits == text.len() => Unit::Cut,
        _ => Unit::None,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "`Option::filter` asks for this signature")]
fn may_stand(letter: &char) -> bool {
    *letter >= ' ' && *letter != '"' && *letter != '\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks `text` whole, and cut at every place.
    fn check(text: &str, expected: &str) {
        assert_eq!(plain(text.to_owned()), expected);
        check_pieces(text, expected);
    }

    fn check_pieces(text: &str, expected: &str) {
        for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            let (left, right) = text.split_at(cut);
            let mut stream = Stream::default();
            let pieces = [stream.push(left.to_owned()), stream.push(right.to_owned()), stream.finish()];
            assert_eq!(pieces.concat(), expected, "cut at {cut}");
        }
    }

    #[test]
    fn needless_escapes_are_taken_out() {
        check(r#"{"n":"\u0061nn\u002d1 M\u00fcller"}"#, r#"{"n":"ann-1 Müller"}"#);
        check(r#"["a\/b","\uD83D\uDE00","ü\n\u00fc"]"#, r#"["a/b","😀","ü\nü"]"#);
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
            assert_eq!(plain(text.to_owned()), text);
        }
    }

    #[test]
    fn a_stream_that_ends_in_an_escape_loses_nothing() {
        for text in [r"\", r"\u", r"\u00", r"\ud83d", r"\ud83d\", r"\ud83d\ude0", r"\ud83dx", r"\ud83d\n", r"\uzz"] {
            check_pieces(text, text);
        }
    }
}

//! Characters of codes: `ToUnicode` maps (ISO 32000-2, 9.10.3), and about how wide letters are.

use std::collections::HashMap;

/// A `ToUnicode` map.
pub(super) struct CharacterMap(HashMap<u32, String>);

enum Token {
    Hex(Vec<u8>),
    Open,
    Close,
    Word(String),
}

impl CharacterMap {
    /// Reads what it can: codes that it misses stay unknown.
    pub(super) fn read(source: &[u8]) -> Self {
        let mut map = HashMap::new();
        let tokens = tokens(source);
        let mut rest = tokens.as_slice();
        while let Some((token, after)) = rest.split_first() {
            rest = match token {
                Token::Word(word) if word == "beginbfchar" => characters(after, &mut map),
                Token::Word(word) if word == "beginbfrange" => ranges(after, &mut map),
                _ => after,
            };
        }
        Self(map)
    }

    pub(super) fn get(&self, code: u32) -> Option<&str> {
        self.0.get(&code).map(String::as_str)
    }
}

/// `<code> <text>`
fn characters<'t>(mut rest: &'t [Token], map: &mut HashMap<u32, String>) -> &'t [Token] {
    while let [Token::Hex(code), Token::Hex(text), after @ ..] = rest {
        put(map, number(code), utf16(text));
        rest = after;
    }
    rest
}

/// `<first> <last> <text of the first>` or `<first> <last> [<text> …]`
fn ranges<'t>(mut rest: &'t [Token], map: &mut HashMap<u32, String>) -> &'t [Token] {
    while let [Token::Hex(first), Token::Hex(last), third, after @ ..] = rest {
        let codes = number(first)..=number(last);
        rest = after;
        match third {
            Token::Hex(text) => {
                let mut units: Vec<u16> = text.chunks(2).map(|unit| u16::try_from(number(unit)).unwrap_or(0)).collect();
                for code in codes.take(CODES_MAX) {
                    put(map, code, String::from_utf16_lossy(&units));
                    if let Some(last) = units.last_mut() {
                        *last = last.wrapping_add(1);
                    }
                }
            }
            Token::Open => {
                let mut codes = codes;
                while let [Token::Hex(text), after @ ..] = rest {
                    if let Some(code) = codes.next() {
                        put(map, code, utf16(text));
                    }
                    rest = after;
                }
                if let [Token::Close, after @ ..] = rest {
                    rest = after;
                }
            }
            Token::Close | Token::Word(_) => return rest,
        }
    }
    rest
}

fn put(map: &mut HashMap<u32, String>, code: u32, text: String) {
    if map.len() < CODES_MAX && !text.contains('\u{fffd}') {
        map.insert(code, text);
    }
}

fn tokens(source: &[u8]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'%' => {
                rest = rest.split_at(rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())).1
            }
            b'<' if after.first() != Some(&b'<') => {
                let end = after.iter().position(|byte| *byte == b'>').unwrap_or(after.len());
                let (digits, behind) = after.split_at(end);
                let digits: Vec<u8> = digits
                    .iter()
                    .filter_map(|digit| char::from(*digit).to_digit(16))
                    .filter_map(|digit| u8::try_from(digit).ok())
                    .collect();
                tokens.push(Token::Hex(
                    digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
                ));
                rest = behind.get(1..).unwrap_or_default();
            }
            b'[' => tokens.push(Token::Open),
            b']' => tokens.push(Token::Close),
            byte if byte.is_ascii_alphabetic() => {
                let more = after.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
                let (more, behind) = after.split_at(more);
                tokens.push(Token::Word([&[*byte], more].concat().iter().map(|byte| char::from(*byte)).collect()));
                rest = behind;
            }
            _ => {}
        }
    }
    tokens
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number: u32, byte| number.wrapping_shl(8) | u32::from(*byte))
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks(2).map(|unit| u16::try_from(number(unit)).unwrap_or(0)).collect();
    String::from_utf16_lossy(&units)
}

/// Codes that are UTF-16 themselves. Surrogates are left out: text in them stays unknown.
pub(super) fn basic_plane() -> HashMap<u32, String> {
    (0x20..=0xffff).filter_map(|code| Some((code, char::from_u32(code)?.to_string()))).collect()
}

/// About how wide a letter is, in parts of the font's size, where the document does not tell: after Helvetica.
pub(super) fn width(letter: Option<char>) -> f32 {
    match letter {
        Some(' ' | '.' | ',' | ':' | ';' | '!' | '/' | 't' | 'f' | 'I') => 0.28,
        Some('i' | 'j' | 'l' | '\'' | '|') => 0.22,
        Some('r' | '-' | '(' | ')') => 0.33,
        Some('m' | 'M' | 'W' | '@' | '%') => 0.86,
        Some('w') => 0.72,
        Some(upper) if upper.is_uppercase() => 0.69,
        Some(_) => 0.55,
        None => 0.5,
    }
}

const CODES_MAX: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, code: u32, expected: Option<&str>) {
        assert_eq!(CharacterMap::read(source.as_bytes()).get(code), expected);
    }

    #[test]
    fn characters_and_ranges_are_mapped() {
        check("2 beginbfchar <01> <0041> <0002><D83DDE00> endbfchar", 1, Some("A"));
        check("2 beginbfchar <01> <0041> <0002><D83DDE00> endbfchar", 2, Some("\u{1f600}"));
        check("beginbfrange <0010> <0012> <0061> endbfrange", 0x12, Some("c"));
        check("beginbfrange <10> <11> [<0061> <00660069>] <20> <20> <007a>", 0x11, Some("fi"));
        check("beginbfrange <10> <11> [<0061> <00660069>] <20> <20> <007a>", 0x20, Some("z"));
        check("% <01>\nbeginbfchar <01> endbfchar", 1, None);
    }

    #[test]
    fn a_range_over_everything_takes_bounded_memory() {
        assert!(CharacterMap::read(b"beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange").0.len() <= CODES_MAX);
    }
}

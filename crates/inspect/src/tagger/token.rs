//! Text to tokens: words with their shape, hash and lists, and signs; no token and no gap is looked over that is too long.

use super::table::{self, list};

/// A word, a run of one sign, or a pad: the edge of the text or of what is too long to look over.
#[derive(Clone, Copy)]
pub(super) struct Token {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Hash of the word in small letters, digits as zeros.
    pub(super) word: u32,
    /// The first three bytes of that form, its last three and its last four.
    pub(super) head: u32,
    pub(super) tail3: u32,
    pub(super) tail4: u32,
    pub(super) shape: u8,
    pub(super) lists: u8,
    pub(super) first: u8,
    /// Whether the token is the first of a line.
    pub(super) newline: bool,
}

/// What a token looks like.
pub(super) mod shape {
    pub(crate) const PAD: u8 = 0;
    pub(crate) const SIGN: u8 = 1;
    pub(crate) const OTHER_SCRIPT: u8 = 2;
    pub(crate) const LOWER: u8 = 3;
    pub(crate) const TITLE: u8 = 4;
    pub(crate) const UPPER: u8 = 5;
    pub(crate) const LETTER: u8 = 6;
    pub(crate) const MIXED: u8 = 7;
    pub(crate) const JOINED_TITLE: u8 = 8;
    pub(crate) const JOINED_LOWER: u8 = 9;
    pub(crate) const DOTTED: u8 = 10;
    /// One digit; then up to six and more.
    pub(crate) const DIGIT: u8 = 11;
    pub(crate) const DIGITS: u8 = 16;
    pub(crate) const DATE_LIKE: u8 = 17;
    pub(crate) const NUMBER: u8 = 18;
    pub(crate) const ORDINAL: u8 = 19;
    pub(crate) const CODE: u8 = 20;
    pub(crate) const IDENT: u8 = 21;
    pub(crate) const HANDLE: u8 = 22;
}

impl Token {
    pub(super) const PAD: Self = Self {
        start: 0,
        end: 0,
        word: 0,
        head: 0,
        tail3: 0,
        tail4: 0,
        shape: shape::PAD,
        lists: 0,
        first: 0,
        newline: false,
    };

    /// Shape, and whether a line begins here.
    #[inline]
    pub(super) fn form(&self) -> u32 {
        u32::from(self.shape) | u32::from(self.newline) << 5
    }

    /// Lists and form.
    #[inline]
    pub(super) fn kind(&self) -> u32 {
        u32::from(self.lists) | self.form() << 7
    }
}

/// The tokens of a text with [`PADS`] pads on either side and wherever something is too long.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::with_capacity(text.len() / 4 + 2 * PADS);
    pad(&mut out);
    let bytes = text.as_bytes();
    let (mut at, mut gap, mut newline) = (0, 0, true);
    while let Some(byte) = bytes.get(at) {
        let class = class_of(*byte);
        if class & SPACE != 0 {
            newline |= *byte == b'\n';
            at += 1;
            continue;
        }
        if at - gap > GAP_BYTES_MAX {
            pad(&mut out);
            newline = true;
        }
        let start = at;
        let mut token = if class & WORD != 0 || class & HIGH != 0 && is_word_at(text, at) > 0 {
            let (token, end) = word_at(text, start);
            at = end;
            token
        } else if class & HIGH == 0 {
            at += bytes.iter().skip(start).take_while(|other| *other == byte).count();
            sign(*byte, at - start)
        } else {
            while bytes.get(at).is_some_and(|byte| !byte.is_ascii()) && is_word_at(text, at) == 0 {
                at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            }
            other_script(text.get(start..at).unwrap_or(""))
        };
        gap = at;
        if at - start > TOKEN_BYTES_MAX {
            pad(&mut out);
            newline = true;
            continue;
        }
        (token.start, token.end) = (u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(at).unwrap_or(u32::MAX));
        token.newline = newline;
        newline = false;
        out.push(token);
    }
    pad(&mut out);
    out
}

/// The word at `start` and where it ends. Most words are ASCII letters throughout, and read eight bytes at a time.
fn word_at(text: &str, start: usize) -> (Token, usize) {
    let bytes = text.as_bytes();
    let (mut at, mut seen, mut uppers) = (start, 0, 0u8);
    let mut next = 0;
    while let Some(byte) = bytes.get(at) {
        let class = class_of(*byte);
        if class & WORD == 0 {
            next = class;
            break;
        }
        seen |= class;
        uppers = uppers.saturating_add(class >> 1 & 1);
        at += 1;
    }
    let goes_on = next & HIGH != 0 && is_word_at(text, at) > 0 || next & JOINER != 0 && joins(text, at, start);
    let is_simple = seen & !(WORD | UPPER | LETTER) == 0 && at - start <= 16 && !goes_on;
    if !is_simple {
        let end = if goes_on || seen == 0 { word_end(text, start) } else { at };
        return (word(text, start, end), end);
    }
    let count = at - start;
    let first_is_upper = bytes.get(start).is_some_and(u8::is_ascii_uppercase);
    let shape = match () {
        () if is_handle(bytes, start, at) => shape::HANDLE,
        () if count == 1 && uppers == 1 => shape::LETTER,
        () if uppers == 0 => shape::LOWER,
        () if usize::from(uppers) == count => shape::UPPER,
        () if uppers == 1 && first_is_upper => shape::TITLE,
        () => shape::MIXED,
    };
    (simple(bytes, start, count, shape), at)
}

/// A word of at most sixteen ASCII letters.
fn simple(bytes: &[u8], start: usize, count: usize, shape: u8) -> Token {
    // Letters differ from their small form in one bit; the mask drops what is beyond the word.
    let eight = |at: usize, count: usize| {
        let read = bytes.get(at..at + 8).and_then(|eight| <[u8; 8]>::try_from(eight).ok());
        let read = read.map_or_else(|| little_endian(bytes.get(at..).unwrap_or(&[])), u64::from_le_bytes);
        let mask = if count >= 8 { u64::MAX } else { (1u64 << (8 * count)) - 1 };
        (read | 0x2020_2020_2020_2020) & mask
    };
    let low = eight(start, count);
    let mut hash = (0x9E37_79B9_7F4A_7C15 ^ count as u64 ^ low).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash ^= hash >> 32;
    let end = if count > 8 {
        let high = eight(start + 8, count - 8);
        hash = (hash ^ high).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
        hash ^= hash >> 32;
        (u128::from(high) << 64 | u128::from(low)) >> (8 * (count - 4))
    } else {
        u128::from(low) >> (8 * count.saturating_sub(4))
    };
    let word = (hash & 0xffff_ffff) as u32;
    let tail4 = (end & 0xffff_ffff) as u32;
    Token {
        word,
        head: (low & 0xff_ffff) as u32,
        tail3: if count > 3 { tail4 >> 8 } else { tail4 },
        tail4,
        shape,
        lists: table::lists(word),
        first: (low & 0xff) as u8,
        ..Token::PAD
    }
}

fn is_handle(bytes: &[u8], start: usize, end: usize) -> bool {
    let before = |count: usize| start.checked_sub(count).and_then(|at| bytes.get(at)).copied();
    before(1) == Some(b'@') || bytes.get(end) == Some(&b'@') || before(1) == Some(b'/') && before(2) == Some(b'/')
}

fn pad(out: &mut Vec<Token>) {
    out.extend([Token::PAD; PADS]);
}

/// The hash of a word's bytes, eight at a time.
fn hash(word: &[u8]) -> u32 {
    let mut hash = 0x9E37_79B9_7F4A_7C15 ^ word.len() as u64;
    for chunk in word.chunks(8) {
        hash = (hash ^ little_endian(chunk)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
        hash ^= hash >> 32;
    }
    (hash & 0xffff_ffff) as u32
}

#[inline]
fn little_endian(bytes: &[u8]) -> u64 {
    let mut all = [0; 8];
    for (to, from) in all.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(all)
}

fn of_lower(lower: &[u8], shape: u8) -> Token {
    let part = |bytes: Option<&[u8]>| little_endian(bytes.unwrap_or(&[])) as u32;
    let tail = |count: usize| part(lower.get(lower.len().saturating_sub(count)..));
    Token {
        word: hash(lower),
        head: part(lower.get(..lower.len().min(3))),
        tail3: tail(3),
        tail4: tail(4),
        shape,
        first: lower.first().copied().unwrap_or(0),
        ..Token::PAD
    }
}

fn sign(byte: u8, count: usize) -> Token {
    if count == 1 {
        let own = u32::from(byte);
        let mut hash = (0x9E37_79B9_7F4A_7C15 ^ 1 ^ u64::from(byte)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
        hash ^= hash >> 32;
        let word = (hash & 0xffff_ffff) as u32;
        return Token { word, head: own, tail3: own, tail4: own, shape: shape::SIGN, first: byte, ..Token::PAD };
    }
    let run = [byte; TOKEN_BYTES_MAX];
    of_lower(run.get(..count).unwrap_or(&[]), shape::SIGN)
}

fn other_script(text: &str) -> Token {
    of_lower(text.as_bytes(), shape::OTHER_SCRIPT)
}

fn word(text: &str, start: usize, end: usize) -> Token {
    if end - start > TOKEN_BYTES_MAX {
        return Token::PAD;
    }
    let word = text.get(start..end).unwrap_or("");
    let shape = if is_handle(text.as_bytes(), start, end) { shape::HANDLE } else { shape_of(word) };
    let mut small = [0; TOKEN_BYTES_MAX];
    let mut token = match (word.is_ascii(), small.get_mut(..word.len())) {
        (true, Some(small)) => {
            for (to, from) in small.iter_mut().zip(word.bytes()) {
                *to = if from.is_ascii_digit() { b'0' } else { from.to_ascii_lowercase() };
            }
            listed(small, shape)
        }
        _ => {
            let lower: String = word.chars().flat_map(char::to_lowercase).map(zeroed).collect();
            listed(lower.as_bytes(), shape)
        }
    };
    token.shape = shape;
    token
}

/// With the lists of the word, or of its first part if it has a hyphen.
fn listed(lower: &[u8], shape: u8) -> Token {
    let mut token = of_lower(lower, shape);
    token.lists = table::lists(token.word);
    if token.lists == 0
        && let Some(part) = lower.iter().position(|byte| *byte == b'-').and_then(|hyphen| lower.get(..hyphen))
    {
        token.lists = table::lists(hash(part));
    }
    token
}

fn zeroed(c: char) -> char {
    if c.is_ascii_digit() { '0' } else { c }
}

fn shape_of(word: &str) -> u8 {
    let (mut digits, mut uppers, mut letters, mut count, mut dots, mut is_ident) = (0u8, 0u8, 0u8, 0u8, 0u8, false);
    let mut first_is_upper = false;
    for c in word.chars() {
        let is_upper = c.is_uppercase();
        first_is_upper |= count == 0 && is_upper;
        count += 1;
        digits += u8::from(c.is_ascii_digit());
        uppers += u8::from(is_upper);
        letters += u8::from(is_letter(c));
        dots += u8::from(c == '.');
        is_ident |= c == '_';
    }
    let starts_with_digit = word.as_bytes().first().is_some_and(u8::is_ascii_digit);
    match () {
        () if is_ident => shape::IDENT,
        () if letters == 0 => number_shape(word, digits, count),
        () if digits > 0 && starts_with_digit => shape::ORDINAL,
        () if digits > 0 && uppers == letters && count <= 4 => shape::CODE,
        () if digits > 0 => shape::IDENT,
        () if count == 1 && uppers == 1 => shape::LETTER,
        () if count == 1 => shape::LOWER,
        () if dots > 0 => shape::DOTTED,
        () if letters < count && first_is_upper => shape::JOINED_TITLE,
        () if letters < count => shape::JOINED_LOWER,
        () if uppers == 0 => shape::LOWER,
        () if uppers == letters => shape::UPPER,
        () if uppers == 1 && first_is_upper => shape::TITLE,
        () => shape::MIXED,
    }
}

fn number_shape(word: &str, digits: u8, count: u8) -> u8 {
    let mut signs = word.bytes().filter(|byte| !byte.is_ascii_digit());
    match (signs.next(), signs.next(), signs.next()) {
        (None, ..) => shape::DIGIT + digits.min(6) - 1,
        (Some(one), Some(two), None) if one == two && count <= 10 => shape::DATE_LIKE,
        _ => shape::NUMBER,
    }
}

/// The end of the word that begins at `start`.
fn word_end(text: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        let length = is_word_at(text, at);
        if length > 0 {
            at += length;
        } else if at > start && joins(text, at, start) {
            at += 1;
        } else {
            return at;
        }
    }
}

/// Whether the sign at `at`, inside a word that began at `start`, belongs to the word: `O'Brien`, `Anne-Marie`, `5/19/1937`, `P.O`.
fn joins(text: &str, at: usize, start: usize) -> bool {
    let Some(sign) = text.as_bytes().get(at).filter(|byte| matches!(byte, b'\'' | b'-' | b'/' | b'.' | b':' | b','))
    else {
        return false;
    };
    let Some(before) = text.get(..at).and_then(|head| head.chars().next_back()) else { return false };
    let mut rest = text.get(at + 1..).unwrap_or("").chars();
    let Some(after) = rest.next() else { return false };
    let further_is_word = rest.next().is_some_and(is_word_char);
    let between_letters = is_letter(before) && is_letter(after);
    let between_digits = before.is_ascii_digit() && after.is_ascii_digit();
    match sign {
        b'\'' => between_letters && (further_is_word || !matches!(after, 's' | 'S')),
        b'-' if between_letters => true,
        b'.' if between_letters => {
            let letter_at = at - before.len_utf8();
            let is_alone =
                letter_at == start || letter_at.checked_sub(1).and_then(|i| text.as_bytes().get(i)) == Some(&b'.');
            is_alone && !further_is_word
        }
        _ => between_digits,
    }
}

/// The length of the character at `at` if it is one of a word; zero otherwise.
#[inline]
fn is_word_at(text: &str, at: usize) -> usize {
    match text.as_bytes().get(at) {
        Some(byte) if byte.is_ascii() => usize::from(byte.is_ascii_alphanumeric() || *byte == b'_'),
        Some(_) => {
            text.get(at..).and_then(|rest| rest.chars().next()).filter(|c| is_letter(*c)).map_or(0, char::len_utf8)
        }
        None => 0,
    }
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || is_letter(c)
}

/// Letters of Latin, Greek and Cyrillic; other scripts are not tagged.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
        || matches!(c, '\u{c0}'..='\u{24f}' | '\u{386}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{1e00}'..='\u{1eff}' | '\u{aa}' | '\u{ba}')
            && !matches!(c, '\u{d7}' | '\u{f7}')
}

#[inline]
pub(super) fn is_name(lists: u8) -> bool {
    lists & (list::GIVEN | list::SURNAME | list::PLACE) != 0
}

#[inline]
fn class_of(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(0)
}

const WORD: u8 = 1;
const UPPER: u8 = 2;
const LETTER: u8 = 4;
const SPACE: u8 = 8;
const JOINER: u8 = 16;
const HIGH: u8 = 32;
/// Of words: a digit or an underscore.
const RARE: u8 = 64;

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse")]
        {
            classes[byte] = match byte as u8 {
                b'A'..=b'Z' => WORD | UPPER | LETTER,
                b'a'..=b'z' => WORD | LETTER,
                b'0'..=b'9' | b'_' => WORD | RARE,
                b' ' | b'\t' | b'\r' | b'\n' => SPACE,
                b'\'' | b'-' | b'/' | b'.' | b':' | b',' => JOINER,
                0x80..=0xff => HIGH,
                _ => 0,
            };
        }
        byte += 1;
    }
    classes
};

/// As many as a feature looks to either side.
pub(super) const PADS: usize = 3;
/// A longer token, or a longer gap, is not looked over: so the window of a token has a longest length in bytes.
const TOKEN_BYTES_MAX: usize = 40;
const GAP_BYTES_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, u8)]) {
        let tokens = tokens(text);
        let found: Vec<_> = tokens
            .iter()
            .filter(|token| token.shape != shape::PAD)
            .map(|token| (text.get(token.start as usize..token.end as usize).unwrap(), token.shape))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn words_keep_what_belongs_to_them() {
        check("O'Brien's", &[("O'Brien", shape::JOINED_TITLE), ("'", shape::SIGN), ("s", shape::LOWER)]);
        check("P.O. 5/19/1937", &[("P.O", shape::DOTTED), (".", shape::SIGN), ("5/19/1937", shape::DATE_LIKE)]);
        check("Škoda_x 12b A4", &[("Škoda_x", shape::IDENT), ("12b", shape::ORDINAL), ("A4", shape::CODE)]);
        check(
            "a@b 字 --",
            &[
                ("a", shape::HANDLE),
                ("@", shape::SIGN),
                ("b", shape::HANDLE),
                ("字", shape::OTHER_SCRIPT),
                ("--", shape::SIGN),
            ],
        );
    }

    #[test]
    fn what_is_too_long_is_a_pad() {
        check(&format!("{} John", "x".repeat(41)), &[("John", shape::TITLE)]);
        let gap = tokens(&format!("a{}b", " ".repeat(33)));
        assert_eq!(gap.iter().filter(|token| token.shape == shape::PAD).count(), 3 * PADS);
    }
}

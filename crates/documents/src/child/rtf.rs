//! Rich Text Format (Microsoft's "RTF Specification 1.9.1"): text, what is hidden in it, and what cannot be read.

use encoding_rs::{Encoding, WINDOWS_1252};

use super::collector::Collector;
use crate::extracted::Unread;
use crate::limits::NESTING_MAX;

/// Reads RTF.
pub(crate) fn read(bytes: &[u8], out: &mut Collector) {
    let mut page = Page::new();
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        rest = match byte {
            b'\\' => page.control(after, out),
            b'{' => {
                page.open(out);
                after
            }
            b'}' => {
                page.close(out);
                after
            }
            b'\r' | b'\n' => after,
            byte => {
                page.byte(*byte, out);
                after
            }
        };
        if page.nesting.len() > NESTING_MAX {
            break;
        }
    }
    page.flush(out);
    out.text("text", page.text);
    out.hidden("fields, comments and properties", page.aside);
}

#[derive(Clone)]
struct Group {
    into: Into,
    /// Characters after `\u` that stand for those who do not know it.
    fallback: usize,
    starred: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Into {
    Text,
    Aside,
    /// Hexadecimal of pictures and objects.
    Nowhere,
}

struct Page {
    text: String,
    aside: String,
    nesting: Vec<Group>,
    now: Group,
    /// Bytes of the code page whose character may not be whole yet.
    pending: Vec<u8>,
    encoding: Option<&'static Encoding>,
    /// A font has a character set of its own: bytes beyond ASCII may mean something else.
    mixed: bool,
    skip: usize,
    high_surrogate: Option<u16>,
}

impl Page {
    fn new() -> Self {
        Self {
            text: String::new(),
            aside: String::new(),
            nesting: Vec::new(),
            now: Group { into: Into::Text, fallback: 1, starred: false },
            pending: Vec::new(),
            encoding: Some(WINDOWS_1252),
            mixed: false,
            skip: 0,
            high_surrogate: None,
        }
    }

    fn open(&mut self, out: &mut Collector) {
        self.flush(out);
        self.skip = 0;
        if self.nesting.len() >= NESTING_MAX {
            out.unread(Unread::TooLarge);
        }
        self.nesting.push(self.now.clone());
        self.now.starred = false;
    }

    fn close(&mut self, out: &mut Collector) {
        self.flush(out);
        self.skip = 0;
        let was = self.now.into;
        if let Some(outer) = self.nesting.pop() {
            self.now = outer;
        }
        if was == Into::Aside && was != self.now.into && !self.aside.ends_with('\n') {
            self.aside.push('\n');
        }
    }

    /// Takes what follows a backslash, and gives what comes after it.
    fn control<'a>(&mut self, from: &'a [u8], out: &mut Collector) -> &'a [u8] {
        let [first, after @ ..] = from else { return from };
        match first {
            b'\'' => {
                let [high, low, after @ ..] = after else { return after };
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                if let (Some(high), Some(low)) = (digit(*high), digit(*low)) {
                    self.byte(high << 4 | low, out);
                }
                return after;
            }
            b'\\' | b'{' | b'}' => self.byte(*first, out),
            b'~' => self.push(' ', out),
            b'_' => self.push('-', out),
            b'*' => self.now.starred = true,
            b'\r' | b'\n' => self.push('\n', out),
            first if first.is_ascii_alphabetic() => return self.word(from, out),
            _ => {}
        }
        after
    }

    fn word<'a>(&mut self, from: &'a [u8], out: &mut Collector) -> &'a [u8] {
        let (word, rest) = from.split_at(from.iter().take_while(|byte| byte.is_ascii_alphabetic()).count());
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest.iter().skip(sign).take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = rest.split_at(if digits == 0 { 0 } else { sign + digits });
        let number: Option<i64> = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        if word == b"bin" {
            let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0).min(rest.len());
            out.unread(Unread::Other);
            return rest.split_at(length).1;
        }
        self.meaning(std::str::from_utf8(word).unwrap_or_default(), number, out);
        rest
    }

    fn meaning(&mut self, word: &str, number: Option<i64>, out: &mut Collector) {
        match word {
            "par" | "line" | "row" | "page" | "sect" | "column" => self.push('\n', out),
            "tab" | "cell" | "nestcell" => self.push('\t', out),
            "emdash" | "endash" => self.push('-', out),
            "lquote" | "rquote" => self.push('\'', out),
            "ldblquote" | "rdblquote" => self.push('"', out),
            "emspace" | "enspace" | "qmspace" => self.push(' ', out),
            "u" => self.unicode(number.unwrap_or(0), out),
            "uc" => self.now.fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(FALLBACK_MAX),
            "ansicpg" => self.encoding = code_page(number.unwrap_or(1252)),
            "mac" => self.encoding = Encoding::for_label(b"macintosh"),
            "pc" | "pca" => self.encoding = None,
            "fcharset" => self.mixed |= !matches!(number, Some(0..=2)),
            "pict" => {
                out.unread(Unread::Image);
                self.turn(Into::Nowhere, out);
            }
            "objdata" => {
                out.unread(Unread::Other);
                self.turn(Into::Nowhere, out);
            }
            // Themes and lists of styles, in hexadecimal or by name: what Word writes into every file.
            "themedata" | "colorschememapping" | "datastore" | "blipuid" => self.turn(Into::Nowhere, out),
            "header" | "footer" | "headerl" | "headerr" | "headerf" | "footerl" | "footerr" | "footerf"
            | "footnote" => {
                self.push_line();
            }
            "shptxt" | "shprslt" | "fldrslt" => self.turn(Into::Text, out),
            "fonttbl" | "colortbl" | "stylesheet" | "info" | "annotation" | "atnauthor" | "title" | "author" => {
                self.turn(Into::Aside, out);
            }
            _ if self.now.starred => {
                self.now.starred = false;
                self.turn(Into::Aside, out);
            }
            _ => {}
        }
    }

    fn turn(&mut self, into: Into, out: &mut Collector) {
        self.flush(out);
        // What is in a picture or an object stays there.
        if self.now.into != Into::Nowhere {
            self.now.into = into;
            if into == Into::Aside {
                self.push_line();
            }
        }
    }

    fn unicode(&mut self, number: i64, out: &mut Collector) {
        self.flush(out);
        let unit = u16::try_from(number.rem_euclid(0x1_0000)).unwrap_or(0);
        let high = self.high_surrogate.take();
        if (0xd800..0xdc00).contains(&unit) {
            self.high_surrogate = Some(unit);
        } else {
            let units: Vec<u16> = high.into_iter().chain([unit]).collect();
            String::from_utf16_lossy(&units).chars().for_each(|c| self.push(c, out));
        }
        self.skip = self.now.fallback;
    }

    fn byte(&mut self, byte: u8, out: &mut Collector) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if byte.is_ascii() && self.pending.is_empty() {
            self.push(char::from(byte), out);
        } else {
            self.pending.push(byte);
            // Characters of two bytes may have an ASCII byte second; a few bytes later all of them are whole.
            if byte.is_ascii() {
                self.flush(out);
            }
        }
    }

    fn push(&mut self, character: char, out: &mut Collector) {
        self.flush(out);
        match self.now.into {
            Into::Text => self.text.push(character),
            Into::Aside => self.aside.push(character),
            Into::Nowhere => {}
        }
    }

    fn push_line(&mut self) {
        let into = if self.now.into == Into::Text { &mut self.text } else { &mut self.aside };
        if !into.is_empty() && !into.ends_with('\n') {
            into.push('\n');
        }
    }

    /// Writes the pending bytes as text of the code page.
    fn flush(&mut self, out: &mut Collector) {
        if self.pending.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.pending);
        let (text, wrong) = match self.encoding {
            Some(encoding) => {
                let (text, _, wrong) = encoding.decode(&bytes);
                (text.into_owned(), wrong)
            }
            None => (String::from_utf8_lossy(&bytes).into_owned(), true),
        };
        if wrong || self.mixed {
            out.unread(Unread::Other);
        }
        match self.now.into {
            Into::Text => self.text.push_str(&text),
            Into::Aside => self.aside.push_str(&text),
            Into::Nowhere => {}
        }
    }
}

/// Code pages by their number in Windows.
fn code_page(number: i64) -> Option<&'static Encoding> {
    let label = match number {
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        10_000 => "macintosh".to_owned(),
        65_001 => "utf-8".to_owned(),
        number => format!("windows-{number}"),
    };
    Encoding::for_label(label.as_bytes())
}

const FALLBACK_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use crate::Unread;
    use crate::child::office::tests::said;

    #[track_caller]
    fn check(source: &str, text: &str, aside: &str, unread: &[Unread]) {
        let said = said("application/rtf", source.as_bytes());
        let of = |hidden: bool| {
            said.parts.iter().filter(|part| part.hidden == hidden).map(|part| part.text.trim()).collect::<String>()
        };
        assert_eq!((of(false).as_str(), of(true).as_str()), (text, aside));
        assert_eq!(said.unread.iter().copied().collect::<Vec<_>>(), unread);
    }

    #[test]
    fn text_is_read_without_its_dress() {
        check(r"{\rtf1\ansi Pat{\b ie}nt\par MRN\tab 1\~2}", "Patient\nMRN\t1 2", "", &[]);
        check(r"{\rtf1 a\{b\}\\c}", "a{b}\\c", "", &[]);
    }

    #[test]
    fn characters_beyond_ascii_are_read_by_their_code_page() {
        check(r"{\rtf1\ansicpg1252 Jos\'e9}", "José", "", &[]);
        check(r"{\rtf1\ansicpg1251 \'cf\'e5}", "Пе", "", &[]);
        check(r"{\rtf1\ansicpg932 \'93\'fa\'96\'7b}", "日本", "", &[]);
        check(r"{\rtf1\u26085?\u-10179?\u-8704?}", "日\u{1f600}", "", &[]);
        check(r"{\rtf1\uc2\u233xyz}", "éz", "", &[]);
        check(r"{\rtf1{\fonttbl{\f0\fcharset204 A;}}Jos\'e9}", "José", "A;", &[Unread::Other]);
        check(r"{\rtf1\pc \'82}", "\u{fffd}", "", &[Unread::Other]);
    }

    #[test]
    fn what_is_not_shown_is_read_as_well() {
        check(r"{\rtf1{\info{\author Ann}}{\v secret}{\*\annotation why?}x}", "secretx", "Ann\nwhy?", &[]);
    }

    #[test]
    fn pictures_and_objects_are_said_to_be_unread() {
        check(r"{\rtf1 a{\pict\pngblip 89504e47}b}", "ab", "", &[Unread::Image]);
        check(r"{\rtf1 a{\*\objdata 0105}b}", "ab", "", &[Unread::Other]);
        check(r"{\rtf1 a{\pict\bin4 }}}}b}", "ab", "", &[Unread::Image, Unread::Other]);
    }

    #[test]
    fn groups_in_groups_end_somewhere() {
        let deep = format!("{{\\rtf1 a{}", "{".repeat(1 << 20));
        check(&deep, "a", "", &[Unread::TooLarge]);
    }
}

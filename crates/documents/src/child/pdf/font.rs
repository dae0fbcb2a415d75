//! Fonts: which characters the codes of a string stand for, and how wide they are (ISO 32000-2, 9.5 to 9.10).

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Encoding, Object};

use super::glyphs::{self, CharacterMap};
use super::{name, number, unpacked};
use crate::child::collector::Collector;

/// What is known about a font.
pub(super) struct Font {
    /// Bytes of a code: one, or two in composite fonts.
    code_bytes: usize,
    to_unicode: Option<CharacterMap>,
    /// The table of a simple font.
    table: HashMap<u32, String>,
    utf16: bool,
    widths: HashMap<u32, f32>,
    width_default: Option<f32>,
    /// Filled where a code is its own UTF-16 character.
    direct: HashMap<u32, String>,
}

/// One character of a string.
pub(super) struct Glyph<'a> {
    /// What it says; `None` when the document does not tell.
    pub(super) text: Option<&'a str>,
    /// In parts of the font's size.
    pub(super) width: f32,
    /// Whether it is the code that word spacing is for.
    pub(super) is_space: bool,
}

impl Font {
    pub(super) fn read(font: &Dictionary, document: &Document, out: &mut Collector) -> Self {
        let to_unicode = font
            .get_deref(b"ToUnicode", document)
            .and_then(Object::as_stream)
            .ok()
            .and_then(|stream| unpacked(stream, out))
            .map(|bytes| CharacterMap::read(&bytes));
        let composite = name(font, b"Subtype") == b"Type0";
        let encoding = font.get_deref(b"Encoding", document).ok();
        let called =
            encoding.and_then(|encoding| encoding.as_name().ok()).map(String::from_utf8_lossy).unwrap_or_default();
        let utf16 = composite && (called.contains("UCS2") || called.contains("UTF16"));
        let (widths, width_default) =
            if composite { composite_widths(font, document) } else { simple_widths(font, document) };
        Self {
            code_bytes: if composite { 2 } else { 1 },
            to_unicode,
            table: if composite { HashMap::new() } else { simple_table(font, encoding, document) },
            utf16,
            widths,
            width_default,
            direct: if utf16 { glyphs::basic_plane() } else { HashMap::new() },
        }
    }

    pub(super) fn glyphs<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = Glyph<'a>> {
        bytes.chunks(self.code_bytes).map(|code| {
            let number = code.iter().fold(0, |number: u32, byte| number << 8 | u32::from(*byte));
            let text = self.to_unicode.as_ref().and_then(|map| map.get(number)).or_else(|| {
                if self.utf16 { self.direct.get(&number) } else { self.table.get(&number) }.map(String::as_str)
            });
            let width = self.widths.get(&number).copied().or(self.width_default);
            let width = width.unwrap_or_else(|| glyphs::width(text.and_then(|text| text.chars().next())));
            Glyph { text, width, is_space: self.code_bytes == 1 && number == 32 }
        })
    }
}

/// The characters of a simple font's codes: by its encoding and its differences. A font that brings its own letters and no
/// encoding says nothing.
fn simple_table(font: &Dictionary, encoding: Option<&Object>, document: &Document) -> HashMap<u32, String> {
    let mut table = HashMap::new();
    let dictionary = encoding.and_then(|encoding| encoding.as_dict().ok());
    let base = match (encoding, dictionary) {
        (_, Some(dictionary)) => dictionary.get_deref(b"BaseEncoding", document).ok(),
        (named, None) => named,
    };
    if base.is_some() || !brings_letters(font, document) {
        let mut plain = Dictionary::new();
        plain.set("Type", Object::Name(b"Font".to_vec()));
        if let Some(base) = base {
            plain.set("Encoding", base.clone());
        }
        if let Ok(encoding) = plain.get_font_encoding(document) {
            for code in 0..=u8::MAX {
                if let Ok(text) = encoding.bytes_to_string(&[code])
                    && !text.is_empty()
                {
                    table.insert(u32::from(code), text);
                }
            }
        }
    }
    let differences = dictionary.and_then(|dictionary| dictionary.get_deref(b"Differences", document).ok());
    let mut code = 0;
    for item in differences.and_then(|list| list.as_array().ok()).into_iter().flatten() {
        match item {
            Object::Integer(next) => code = u32::try_from(*next).unwrap_or(0),
            Object::Name(name) => {
                match named(name, document) {
                    Some(text) => table.insert(code, text),
                    None => table.remove(&code),
                };
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    table
}

/// The character of a glyph by its name: `uni20AC`, `u1F600`, or one of Adobe's list, which `lopdf` has.
fn named(name: &[u8], document: &Document) -> Option<String> {
    let text = std::str::from_utf8(name).ok()?;
    let base = text.split('.').next().unwrap_or_default();
    if base.is_empty() || base == "notdef" {
        return Some(String::new());
    }
    let hex = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).map(String::from);
    if let Some(digits) = base.strip_prefix("uni").filter(|digits| digits.len() == 4) {
        return hex(digits);
    }
    if let Some(digits) = base.strip_prefix('u').filter(|digits| (4..=6).contains(&digits.len()))
        && let Some(character) = hex(digits)
    {
        return Some(character);
    }
    let mut differences = Dictionary::new();
    differences.set("Differences", vec![Object::Integer(65), Object::Name(base.as_bytes().to_vec())]);
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", Object::Dictionary(differences));
    match font.get_font_encoding(document).ok()? {
        // Anything else is what it falls back to for a name that it does not know.
        encoding @ Encoding::Differences(_) => encoding.bytes_to_string(b"A").ok(),
        Encoding::OneByteEncoding(_) | Encoding::SimpleEncoding(_) | Encoding::UnicodeMapEncoding(_) => None,
    }
}

fn brings_letters(font: &Dictionary, document: &Document) -> bool {
    let descriptor = font.get_deref(b"FontDescriptor", document).and_then(Object::as_dict);
    let embedded =
        descriptor.is_ok_and(|one| [&b"FontFile"[..], b"FontFile2", b"FontFile3"].iter().any(|key| one.has(key)));
    embedded || name(font, b"Subtype") == b"Type3"
}

fn simple_widths(font: &Dictionary, document: &Document) -> (HashMap<u32, f32>, Option<f32>) {
    if name(font, b"Subtype") == b"Type3" {
        // Theirs are in units of their own.
        return (HashMap::new(), None);
    }
    let first = font.get_deref(b"FirstChar", document).and_then(Object::as_i64).unwrap_or(0);
    let first = u32::try_from(first).unwrap_or(0);
    let widths = font.get_deref(b"Widths", document).and_then(Object::as_array).map(Vec::as_slice).unwrap_or_default();
    let widths = widths.iter().take(CODES_MAX).filter_map(|width| document.dereference(width).ok());
    ((first..).zip(widths).map(|(code, (_, width))| (code, number(width) / 1000.0)).collect(), None)
}

/// `W` is runs of `first [widths]` and `first last width`.
fn composite_widths(font: &Dictionary, document: &Document) -> (HashMap<u32, f32>, Option<f32>) {
    let descendant = font
        .get_deref(b"DescendantFonts", document)
        .and_then(Object::as_array)
        .ok()
        .and_then(|list| list.first())
        .and_then(|one| document.dereference(one).ok())
        .and_then(|(_, one)| one.as_dict().ok());
    let Some(descendant) = descendant else { return (HashMap::new(), None) };
    let default = descendant.get_deref(b"DW", document).map_or(1.0, |width| number(width) / 1000.0);
    let mut widths = HashMap::new();
    let mut items =
        descendant.get_deref(b"W", document).and_then(Object::as_array).map(Vec::as_slice).unwrap_or_default();
    while let [first, second, rest @ ..] = items {
        let first = first.as_i64().ok().and_then(|code| u32::try_from(code).ok()).unwrap_or(0);
        let second = document.dereference(second).map_or(second, |(_, object)| object);
        if let Ok(list) = second.as_array() {
            widths.extend((first..).zip(list.iter().take(CODES_MAX).map(|width| number(width) / 1000.0)));
            items = rest;
        } else if let [width, rest @ ..] = rest {
            let last = second.as_i64().ok().and_then(|code| u32::try_from(code).ok()).unwrap_or(0);
            widths.extend((first..=last).take(CODES_MAX).map(|code| (code, number(width) / 1000.0)));
            items = rest;
        } else {
            break;
        }
    }
    (widths, Some(default))
}

/// Codes of two bytes.
const CODES_MAX: usize = 1 << 16;

//! From a name to its value: the signs, quotes and tags of configuration, code, markup, command lines and prose.

use super::has_any;
use super::name::Name;
use crate::text::{Text, is_space, is_word};

/// How a value is given to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// `=`, `:`, `=>`, `:=`
    Equals,
    /// `==`: only what is quoted counts.
    Compared,
    /// `name("…")`, `"name", "…"`
    Called,
    /// `<name>…</name>`
    Element,
    /// `--name …`
    Option,
    /// *is*, *was set to*, or nothing at all.
    Said,
}

/// Where a value begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    pub(super) from: usize,
    pub(super) sign: Sign,
    /// The quote that opened it.
    pub(super) quote: Option<u8>,
}

/// Where the value of a name begins; `None` if nothing gives it one.
pub(super) fn given(text: Text<'_>, name: &Name) -> Option<Given> {
    let closing = text.run(name.end, 4, |byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\'));
    let is_closed = closing > name.end;
    if let Some(from) = element(text, name, closing) {
        return Some(opened(text, from, Sign::Element));
    }
    if let Some(from) = labelled(text, closing) {
        return Some(opened(text, from, Sign::Equals));
    }
    if closing == name.end && text.at(closing) == b'(' {
        return Some(opened(text, closing + 1, Sign::Called)).filter(|given| given.quote.is_some());
    }
    let at = text.run(closing, 3, |byte| matches!(byte, b']' | b')' | b'[' | b'*' | b'?'));
    let spaced = text.run(at, SPACES_MAX, |byte| matches!(byte, b' ' | b'\t'));
    if is_closed && text.at(spaced) == b',' {
        return Some(opened(text, spaced + 1, Sign::Called)).filter(|given| given.quote.is_some());
    }
    if text.has(spaced, b"as string = ") {
        return Some(opened(text, spaced + 12, Sign::Equals));
    }
    if let Some((from, sign)) = operator(text, spaced) {
        return Some(opened(text, from, sign));
    }
    // `Unseal Key 1: …`
    let number = text.run(spaced, 2, |byte| byte.is_ascii_digit());
    if number > spaced && text.at(number) == b':' {
        return Some(opened(text, number + 1, Sign::Equals));
    }
    if let Some(said) = SAID.iter().find(|said| text.has(spaced, said.as_bytes())) {
        let from = text.run(spaced + said.len(), 3, |byte| matches!(byte, b':' | b' '));
        return Some(opened(text, from, Sign::Said));
    }
    let is_option = text.at(name.start) == b'-';
    (spaced > at).then(|| opened(text, spaced, if is_option { Sign::Option } else { Sign::Said }))
}

/// What stands in when nothing is set: `, "…")`, `|| "…"`, `?? "…"`, `or "…"`, `:-…}`.
pub(super) fn fallback(text: Text<'_>, given: Given) -> Option<Given> {
    let window = text.cut(given.from, given.from + FALLBACK_BYTES);
    let line = window.split(|byte| matches!(byte, b'\n' | b';')).next().unwrap_or(&[]);
    if line.starts_with(b"${") || line.starts_with(b"$(") {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let from = given.from + colon + 1 + usize::from(matches!(line.get(colon + 1), Some(b'-' | b'=')));
        return (text.at(from) != b'}').then_some(Given { from, sign: Sign::Equals, quote: Some(b'}') });
    }
    let after = FALLBACKS.iter().filter_map(|mark| {
        let at = line.windows(mark.len()).position(|window| window == *mark)?;
        Some(given.from + at + mark.len())
    });
    after.map(|from| opened(text, from, Sign::Called)).find(|given| given.quote.is_some())
}

/// The value of an element: `<name>…`, `<x key="name">…`, `<key>name</key><string>…`.
fn element(text: Text<'_>, name: &Name, at: usize) -> Option<usize> {
    let before = text.before(name.start);
    if text.at(at) == b'>' && (matches!(before, b'<' | b':') || at > name.end) {
        return Some(at + 1);
    }
    if text.cut(at, at + 2) != b"</" || before != b'>' {
        return None;
    }
    let close = text.run(at, TAG_BYTES_MAX, |byte| byte != b'>');
    let next = text.run(close + 1, SPACES_MAX * 3, is_space);
    let tag_end = text.run(next + 1, TAG_BYTES_MAX, is_word);
    (text.at(next) == b'<' && text.at(tag_end) == b'>').then_some(tag_end + 1)
}

/// The value beside a name in a list of pairs: `name: PASSWORD` and `value: …` on the next line, `key="password" value="…"`.
fn labelled(text: Text<'_>, at: usize) -> Option<usize> {
    let label = text.run(at, LABEL_BYTES, |byte| is_space(byte) || matches!(byte, b',' | b'"' | b'\''));
    if label == at || !text.has(label, b"value") && !text.has(label, b"default") {
        return None;
    }
    let end = text.run(label, 8, |byte| byte.is_ascii_alphabetic());
    let end = text.run(end, 2, |byte| matches!(byte, b'"' | b'\''));
    let end = text.run(end, SPACES_MAX, |byte| byte == b' ');
    matches!(text.at(end), b'=' | b':').then_some(end + 1)
}

/// `=`, `:`, `=>`, `:=`, `==`, and a type between name and value (`password: str = …`).
fn operator(text: Text<'_>, at: usize) -> Option<(usize, Sign)> {
    let end = text.run(at, 3, |byte| matches!(byte, b'=' | b':' | b'>' | b'~' | b'|' | b'!' | b'<' | b'-'));
    // `<-` assigns in R and Haskell; other dashes and angles belong to what follows.
    let end = if text.has(at, b"<-") {
        end
    } else {
        text.run(at, 3, |byte| matches!(byte, b'=' | b':' | b'>' | b'~' | b'|' | b'!'))
    };
    let sign = text.cut(at, end);
    match sign {
        b"=" | b":" | b"=>" | b":=" | b"|" | b"|=" | b"::=" | b"?=" | b":>" | b"<-" => {}
        b"==" | b"===" | b"!=" | b"!==" => return Some((end, Sign::Compared)),
        _ => return None,
    }
    let value = text.run(end, SPACES_MAX, |byte| matches!(byte, b' ' | b'\t'));
    let kind_end = text.run(value, KIND_BYTES_MAX, |byte| {
        is_word(byte) || matches!(byte, b'&' | b'<' | b'>' | b'[' | b']' | b'?' | b' ' | b'\'' | b'.')
    });
    let is_typed = sign == b":" && text.at(kind_end) == b'=' && text.at(kind_end + 1) == b' ';
    if is_typed && has_any(text.cut(value, kind_end), &[b"str", b"char", b"any", b"text", b"bytes"]) {
        return Some((kind_end + 1, Sign::Equals));
    }
    Some((value, Sign::Equals))
}

/// Past spaces, a prefix of the quote (`b"`, `@"`), a wrapping call (`Secret("`) and the quote itself.
fn opened(text: Text<'_>, from: usize, sign: Sign) -> Given {
    let from = text.run(from, SPACES_MAX, |byte| matches!(byte, b' ' | b'\t'));
    if text.has_exactly(from, b"~s(") {
        return Given { from: from + 3, sign, quote: Some(b')') };
    }
    let quoted = |at: usize| {
        let at =
            text.run(at, 2, |byte| matches!(byte, b'b' | b'B' | b'u' | b'U' | b'r' | b'R' | b'f' | b'L' | b'@' | b'$'));
        let slash = usize::from(text.at(at) == b'\\');
        let quote = text.at(at + slash);
        matches!(quote, b'"' | b'\'' | b'`').then(|| {
            // Three quotes open a long string.
            let run = text.run(at + slash, 3, |byte| byte == quote);
            (if run - at - slash == 3 { run } else { at + slash + 1 }, quote)
        })
    };
    if let Some((from, quote)) = quoted(from) {
        return Given { from, sign, quote: Some(quote) };
    }
    let call = text.run(from, CALL_BYTES_MAX, |byte| is_word(byte) || matches!(byte, b'.' | b':' | b'!' | b' '));
    if text.at(call) == b'('
        && !has_any(text.cut(from, call), GETTERS)
        && !CODERS.iter().any(|coder| text.cut(from, call).ends_with(coder))
        && let Some((from, quote)) = quoted(call + 1)
    {
        return Given { from, sign, quote: Some(quote) };
    }
    Given { from: scheme(text, from), sign, quote: None }
}

/// Past the scheme of an `Authorization` header.
fn scheme(text: Text<'_>, from: usize) -> usize {
    SCHEMES.iter().find(|scheme| text.has(from, scheme.as_bytes())).map_or(from, |scheme| from + scheme.len())
}

const SPACES_MAX: usize = 16;
const TAG_BYTES_MAX: usize = 24;
const LABEL_BYTES: usize = 40;
const KIND_BYTES_MAX: usize = 24;
const CALL_BYTES_MAX: usize = 40;
const FALLBACK_BYTES: usize = 96;
const FALLBACKS: &[&[u8]] = &[b"|| ", b"?? ", b" or ", b"?: ", b", ", b"default: ", b"default="];
const SCHEMES: &[&str] = &["bearer ", "basic ", "token ", "apikey ", "api-key ", "key ", "ssws ", "bot ", "oauth "];
const SAID: &[&str] = &[
    "is ", "is:", "equ ", "by ", "was ", "ist ", "es ", "est ", "to ", "lautet ", "è ", "é ", "is now ", "=", "是",
    "为", "は", ":", "—", "- ",
];
/// Methods that are told an encoding.
const CODERS: &[&[u8]] = &[b".encode", b".decode", b".getbytes", b".getBytes"];
/// Calls that look a value up by the name in them.
const GETTERS: &[&[u8]] = &[
    b"get",
    b"env",
    b"config",
    b"read",
    b"prompt",
    b"input",
    b"fetch",
    b"lookup",
    b"find",
    b"argv",
    b"request",
    b"query",
    b"param",
    b"header",
    b"translate",
    b"i18n",
    b"gettext",
    b"select",
    b"require",
    b"import",
    b"file",
    b"load",
    b"resolve",
    b"secretmanager",
    b"ssm",
    b"vault",
    b"keyring",
    b"option",
    b"add",
    b"format",
    b"print",
    b"has",
    b"test",
    b"match",
    b"error",
    b"exception",
    b"element",
    b"by",
    b"regex",
    b"path",
    b"column",
    b"field",
    b"label",
    b"property",
];

//! What a PDF holds beside its pages: metadata, annotations, form fields, bookmarks, scripts, files; and what of it
//! nobody can read.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::content::Canvas;
use super::{contains, unpacked};
use crate::child::collector::Collector;
use crate::child::{read, xml};
use crate::extracted::Unread;
use crate::kind::{self, Kind};
use crate::limits::OBJECT_DEPTH_MAX;

/// Reads every string and every stream that no page drew.
pub(super) fn read<'a>(document: &'a Document, canvas: &mut Canvas<'a>, out: &mut Collector) {
    let info = document.trailer.get(b"Info").and_then(Object::as_reference).ok();
    let mut texts: BTreeMap<&'static str, String> = BTreeMap::new();
    for (id, object) in &document.objects {
        let place = if Some(*id) == info { "metadata" } else { "structure" };
        strings(object, place, 0, &mut texts, out);
        if let Object::Stream(stream) = object
            && !canvas.drawn.contains(id)
        {
            self::stream(document, *id, stream, canvas, out);
        }
    }
    strings(&Object::Dictionary(document.trailer.clone()), "metadata", 0, &mut texts, out);
    for (place, text) in texts {
        out.hidden(place, text);
    }
}

fn strings(
    object: &Object,
    place: &'static str,
    depth: usize,
    texts: &mut BTreeMap<&'static str, String>,
    out: &mut Collector,
) {
    if depth > OBJECT_DEPTH_MAX {
        return out.unread(Unread::TooLarge);
    }
    match object {
        Object::String(bytes, _) => {
            let Ok(text) = lopdf::decode_text_string(object) else { return out.unread(Unread::Other) };
            // Ids, digests and signatures are bytes; a date says only when.
            let is_binary = bytes.contains(&0) && !bytes.starts_with(&[0xfe, 0xff]);
            let is_date = text
                .strip_prefix("D:")
                .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || "+-Z'".contains(c)));
            if !is_binary && !is_date {
                let texts = texts.entry(place).or_default();
                if texts.len() < out.text_left() {
                    texts.push_str(&text);
                    texts.push('\n');
                } else {
                    out.unread(Unread::TooLarge);
                }
            }
        }
        Object::Array(items) => items.iter().for_each(|item| strings(item, place, depth + 1, texts, out)),
        Object::Dictionary(dictionary) => entries(dictionary, place, depth, texts, out),
        Object::Stream(stream) => entries(&stream.dict, place, depth, texts, out),
        Object::Null
        | Object::Boolean(_)
        | Object::Integer(_)
        | Object::Real(_)
        | Object::Name(_)
        | Object::Reference(_) => {}
    }
}

fn entries(
    dictionary: &Dictionary,
    place: &'static str,
    depth: usize,
    texts: &mut BTreeMap<&'static str, String>,
    out: &mut Collector,
) {
    let is = |kind: &[u8]| super::name(dictionary, b"Type") == kind;
    let place = match place {
        "metadata" => "metadata",
        _ if dictionary.has(b"FT") || dictionary.has(b"TU") => "form field",
        _ if is(b"Annot") || dictionary.has(b"QuadPoints") => "annotation",
        _ if dictionary.has(b"JS") => "script",
        _ => place,
    };
    // Digests of the file and the bytes of signatures and encryption are no text.
    let is_signature = is(b"Sig") || is(b"DocTimeStamp");
    for (key, value) in dictionary.iter() {
        if key != b"ID" && !(is_signature && key == b"Contents") {
            strings(value, place, depth + 1, texts, out);
        }
    }
}

fn stream<'a>(document: &'a Document, id: ObjectId, stream: &'a Stream, canvas: &mut Canvas<'a>, out: &mut Collector) {
    let name = |key: &[u8]| stream.dict.get_deref(key, document).and_then(Object::as_name).unwrap_or_default();
    let size = |key: &[u8]| stream.dict.get_deref(key, document).and_then(Object::as_i64).unwrap_or(i64::MAX);
    match (name(b"Type"), name(b"Subtype")) {
        (b"XRef" | b"ObjStm" | b"CMap", _) => {}
        (_, b"Image") => {
            if size(b"Width").saturating_mul(size(b"Height")) > SPACER_PIXELS_MAX {
                out.unread(Unread::Image);
            }
        }
        (_, b"Form") => canvas.form(stream, "form", out),
        (b"Pattern", _) if stream.dict.has(b"PaintType") => canvas.form(stream, "pattern", out),
        (b"Metadata", _) => {
            if let Some(bytes) = unpacked(stream, out) {
                let inner = format!("{}metadata, ", out.within);
                let within = std::mem::replace(&mut out.within, inner);
                xml::read(&bytes, out);
                out.within = within;
            }
        }
        (b"EmbeddedFile", subtype) => {
            let claim = String::from_utf8_lossy(subtype).into_owned();
            if let Some(bytes) = unpacked(stream, out) {
                read::nested(&format!("attached file {}", id.0), &claim, &bytes, out);
            }
        }
        (_, b"Type1C" | b"CIDFontType0C" | b"OpenType") => {}
        (b"", b"") => unnamed(stream, out),
        _ => out.unread(Unread::Other),
    }
}

/// A stream that does not say what it is: letters of a font, colours and functions by their keys, text by its bytes.
fn unnamed(stream: &Stream, out: &mut Collector) {
    let has = |keys: &[&[u8]]| keys.iter().any(|key| stream.dict.has(key));
    if has(&[b"FunctionType", b"ShadingType", b"Length1", b"N", b"Alternate"]) {
        return;
    }
    let Some(bytes) = unpacked(stream, out) else { return };
    if contains(&bytes, b"begincmap") || bytes.is_empty() {
        return;
    }
    match kind::of("", &bytes) {
        Kind::Text | Kind::Html | Kind::Mail | Kind::Rtf => match String::from_utf8(bytes) {
            Ok(text) => out.hidden("stream", text),
            Err(_) => out.unread(Unread::Other),
        },
        Kind::Xml => xml::read(&bytes, out),
        Kind::Image => out.unread(Unread::Image),
        Kind::Audio => out.unread(Unread::Audio),
        Kind::Pdf | Kind::Zip | Kind::Compound | Kind::Unknown => out.unread(Unread::Other),
    }
}

/// Lines and gaps are drawn with pictures of a few points; no word fits into them.
const SPACER_PIXELS_MAX: i64 = 64;

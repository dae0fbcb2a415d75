//! XML, one node after another: entities of its own are not followed, so nothing in it grows.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::collector::Collector;
use super::plain::decode_xml;
use crate::extracted::Unread;
use crate::limits::NESTING_MAX;

/// What a walk over XML comes by.
pub(crate) enum Node<'a> {
    /// An element begins; its name without prefix, its attributes with theirs.
    Open(&'a str, &'a [(String, String)]),
    /// Text in it.
    Text(&'a str),
    /// A comment or an instruction.
    Aside(&'a str),
    /// It ends.
    Close(&'a str),
}

/// Reads XML of no kind that we know: all texts, all attributes, all comments.
pub(crate) fn read(bytes: &[u8], out: &mut Collector) {
    let source = decode_xml(bytes, out);
    let (mut text, mut attributes, mut comments) = (String::new(), String::new(), String::new());
    walk(&source, out, &mut |node| match node {
        Node::Open(name, pairs) => {
            // A drawing: what its lines show, nobody has read.
            if matches!(name, "path" | "image" | "polyline" | "polygon") {
                attributes.push_str(PICTURE);
            }
            for (_, value) in pairs {
                attributes.push_str(value);
                attributes.push('\n');
            }
        }
        Node::Text(said) => text.push_str(said),
        Node::Aside(said) => {
            comments.push_str(said);
            comments.push('\n');
        }
        Node::Close(_) => {
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
    });
    if attributes.contains(PICTURE) {
        out.unread(Unread::Image);
        attributes = attributes.replace(PICTURE, "");
    }
    out.text("text", text);
    out.hidden("attributes", attributes);
    out.hidden("comments", comments);
}

/// Walks over XML. What is broken, nests too deep or brings entities of its own makes the document unread.
pub(crate) fn walk(source: &str, out: &mut Collector, visit: &mut dyn FnMut(Node<'_>)) {
    let mut reader = Reader::from_str(source);
    reader.config_mut().check_end_names = false;
    let mut depth = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                depth += 1;
                if depth > NESTING_MAX {
                    return out.unread(Unread::TooLarge);
                }
                open(&start, out, visit);
            }
            Ok(Event::Empty(start)) => {
                open(&start, out, visit);
                visit(Node::Close(start.local_name().as_ref()));
            }
            Ok(Event::End(end)) => {
                depth = depth.saturating_sub(1);
                visit(Node::Close(end.local_name().as_ref()));
            }
            Ok(Event::Text(text)) => visit(Node::Text(&text)),
            Ok(Event::CData(text)) => visit(Node::Text(&text)),
            Ok(Event::Comment(text)) => visit(Node::Aside(&text)),
            Ok(Event::PI(text)) => visit(Node::Aside(&text)),
            Ok(Event::GeneralRef(entity)) => {
                if let Ok(Some(character)) = entity.resolve_char_ref() {
                    visit(Node::Text(character.encode_utf8(&mut [0; 4])));
                } else if let Some(text) = resolve_predefined_entity(&entity) {
                    visit(Node::Text(text));
                } else {
                    out.unread(Unread::Other);
                }
            }
            Ok(Event::DocType(kind)) => {
                if kind.contains('[') {
                    out.unread(Unread::Other);
                }
            }
            Ok(Event::Decl(_)) => {}
            Ok(Event::Eof) => return,
            Err(_) => return out.unread(Unread::Other),
        }
    }
}

fn open(start: &BytesStart<'_>, out: &mut Collector, visit: &mut dyn FnMut(Node<'_>)) {
    let mut pairs = Vec::new();
    for attribute in start.html_attributes().with_checks(false) {
        let Ok(attribute) = attribute else {
            out.unread(Unread::Other);
            break;
        };
        let mut value = String::new();
        super::html::unescape(&attribute.value, &mut value);
        pairs.push((attribute.key.as_ref().to_owned(), value));
    }
    visit(Node::Open(start.local_name().as_ref(), &pairs));
}

/// The value of an attribute, whatever its prefix.
pub(crate) fn attribute<'a>(pairs: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    pairs.iter().find(|(name, _)| name.rsplit(':').next() == Some(wanted)).map(|(_, value)| value.as_str())
}

const PICTURE: &str = "\u{1}picture\u{1}\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &[&str], complete: bool) {
        let mut out = Collector::new(1 << 20);
        read(source.as_bytes(), &mut out);
        let said = out.finish();
        assert_eq!(said.parts.iter().map(|part| part.text.trim()).collect::<Vec<_>>(), expected);
        assert_eq!(said.is_complete(), complete, "{:?}", said.unread);
    }

    #[test]
    fn texts_attributes_and_comments_are_read() {
        check("<a b='Jane &amp; &#74;oe'>x&lt;&#x79;<!-- c --></a>", &["x<y", "Jane & Joe", "c"], true);
        check("<svg><text>a</text><path d='M0 0'/></svg>", &["a", "M0 0"], false);
    }

    #[test]
    fn entities_of_its_own_are_not_followed_and_said_to_be_unread() {
        let laughs = "<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '&l;&l;&l;&l;'>]><a>x&m;y</a>";
        check(laughs, &["xy"], false);
        check("<a>&nosuch;</a>", &[], false);
    }

    #[test]
    fn what_is_broken_or_too_deep_is_said_to_be_unread() {
        check("<a>x<b", &["x"], false);
        check(&"<a>".repeat(3_000), &[], false);
    }
}

//! Word, PowerPoint and OpenDocument: the text of every part, shown or not (ECMA-376, ISO/IEC 26300).

use super::archive::{self, Archive, Document};
use super::collector::Collector;
use super::labels::Labels;
use super::plain::decode_xml;
use super::sheet;
use super::xml::{Node, attribute, walk};

/// Reads every entry of a document.
pub(crate) fn read(document: Document, archive: &mut Archive<'_>, names: &[String], out: &mut Collector) {
    let mut labels = Labels::default();
    let taken = if document == Document::Sheet { sheet::read(archive, names, out) } else { Vec::new() };
    let mut names: Vec<&String> = names.iter().filter(|name| !taken.contains(*name) && !name.ends_with('/')).collect();
    // Pages in their order: `slide2` before `slide10`.
    names.sort_by_key(|name| (rank(name), name.len(), name.as_str()));
    for name in names {
        let Some(bytes) = archive::entry(archive, name, out) else { continue };
        if is_xml(name) {
            part(name, &bytes, &mut labels, out);
        } else if name != "mimetype" {
            archive::other(name, &bytes, out);
        }
    }
    labels.finish(out);
}

/// What a part of a document holds.
#[derive(Default)]
struct Flow {
    text: String,
    deleted: String,
    /// Names, descriptions, addresses, field codes.
    aside: String,
    in_text: bool,
    in_deleted: bool,
    in_code: bool,
}

fn part(name: &str, bytes: &[u8], labels: &mut Labels, out: &mut Collector) {
    let source = decode_xml(bytes, out);
    if name == "docProps/custom.xml" {
        properties(&source, labels, out);
    }
    let mut flow = Flow::default();
    walk(&source, out, &mut |node| flow.node(&node));
    let (place, is_shown) = place(name);
    if is_shown {
        out.text(&place, flow.text);
    } else {
        out.hidden(&place, flow.text);
    }
    out.hidden(&format!("{place}, deleted text"), flow.deleted);
    out.hidden(&format!("{place}, names and links"), flow.aside);
}

impl Flow {
    fn node(&mut self, node: &Node<'_>) {
        match node {
            Node::Open(name, pairs) => {
                self.open(name, pairs);
            }
            Node::Text(said) => {
                let into = if self.in_deleted {
                    &mut self.deleted
                } else if self.in_code {
                    &mut self.aside
                } else {
                    &mut self.text
                };
                // Between elements white space is only for the eye of whoever reads the XML.
                if self.in_text || !said.trim().is_empty() {
                    into.push_str(said);
                }
            }
            Node::Aside(said) => {
                self.aside.push_str(said);
                self.aside.push('\n');
            }
            Node::Close(name) => match *name {
                "t" => self.in_text = false,
                "delText" => (self.in_deleted, self.in_text) = (false, false),
                "instrText" | "delInstrText" => {
                    self.in_code = false;
                    self.aside.push('\n');
                }
                "tc" | "table-cell" => self.text.push('\t'),
                "p" | "h" | "tr" | "row" | "table-row" | "si" | "comment" | "footnote" | "endnote" => self.line(),
                // Properties stand one to an element.
                _ if !self.in_text && !INLINE.contains(name) => self.line(),
                _ => {}
            },
        }
    }

    fn open(&mut self, name: &str, pairs: &[(String, String)]) {
        match name {
            "t" => self.in_text = true,
            "delText" => (self.in_deleted, self.in_text) = (true, true),
            "instrText" | "delInstrText" => self.in_code = true,
            "tab" | "ptab" => self.text.push('\t'),
            "br" | "cr" | "line-break" => self.text.push('\n'),
            "noBreakHyphen" => self.text.push('-'),
            "s" => self.text.push(' '),
            _ => {}
        }
        let says_value = VALUES.contains(&name);
        for (key, value) in pairs {
            let key = key.rsplit(':').next().unwrap_or_default();
            if (SAID.contains(&key) || (says_value && key == "val")) && !value.trim().is_empty() {
                self.aside.push_str(value);
                self.aside.push('\n');
            }
        }
    }

    fn line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}

/// Custom properties: a name in an attribute, its value as text.
fn properties(source: &str, labels: &mut Labels, out: &mut Collector) {
    let (mut name, mut value, mut said) = (String::new(), String::new(), String::new());
    walk(source, out, &mut |node| match node {
        Node::Open("property", pairs) => {
            name = attribute(pairs, "name").unwrap_or_default().to_owned();
            value.clear();
        }
        Node::Text(text) => value.push_str(text.trim()),
        Node::Close("property") => {
            labels.take(&name, &value);
            said.push_str(&format!("{name}: {value}\n"));
        }
        Node::Open(..) | Node::Aside(_) | Node::Close(_) => {}
    });
    out.hidden("metadata", said);
}

fn is_xml(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".xml", ".rels", ".vml", ".rdf"].iter().any(|end| name.ends_with(end))
}

/// Where a part stands, in words, and whether a reader of the document sees it.
fn place(name: &str) -> (String, bool) {
    let file = name.rsplit('/').next().unwrap_or_default().trim_end_matches(".xml");
    let number = file.trim_start_matches(|c: char| !c.is_ascii_digit());
    let numbered = |word: &str| if number.is_empty() { word.to_owned() } else { format!("{word} {number}") };
    if name.ends_with(".rels") {
        return ("links".to_owned(), false);
    }
    match file.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "document" | "content" => ("text".to_owned(), true),
        "slide" => (numbered("slide"), true),
        "header" => (numbered("header"), true),
        "footer" => (numbered("footer"), true),
        "footnotes" => ("footnotes".to_owned(), true),
        "endnotes" => ("endnotes".to_owned(), true),
        "notesSlide" => (numbered("notes of slide"), false),
        start if start.starts_with("comment") || name.contains("/comments") => ("comments".to_owned(), false),
        "core" | "app" | "custom" | "meta" => ("metadata".to_owned(), false),
        _ => (file.to_owned(), false),
    }
}

fn rank(name: &str) -> u8 {
    match place(name) {
        (_, true) => 0,
        (_, false) => 1,
    }
}

/// Elements of text that do not end a line.
const INLINE: &[&str] =
    &["r", "span", "a", "hyperlink", "ins", "smartTag", "sdt", "sdtContent", "rPr", "bookmark", "s", "tab"];
/// Attributes that people fill.
const SAID: &[&str] = &[
    "descr",
    "title",
    "alt",
    "author",
    "name",
    "Target",
    "displayText",
    "instr",
    "tooltip",
    "href",
    "string",
    "userId",
    "displayName",
    "subject",
    "string-value",
    "text",
    "cmd",
];
/// Elements whose `val` people fill.
const VALUES: &[&str] = &["default", "listItem", "statusText", "helpText", "alias", "tag", "docVar", "result"];

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use crate::child::collector::Collector;
    use crate::child::read::document;
    use crate::{Extracted, Unread};

    /// An archive of these entries.
    pub(crate) fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        for (name, bytes) in entries {
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    pub(crate) fn said(claim: &str, bytes: &[u8]) -> Extracted {
        let mut out = Collector::new(1 << 20);
        document(claim, bytes, &mut out);
        out.finish()
    }

    #[track_caller]
    fn check(entries: &[(&str, &[u8])], expected: &[(&str, &str)], unread: &[Unread]) {
        let mut all: Vec<(&str, &[u8])> = vec![("[Content_Types].xml", b"<Types/>")];
        all.extend_from_slice(entries);
        let said = said("", &archive(&all));
        let found: Vec<_> = said.parts.iter().map(|part| (part.place.as_str(), part.text.trim())).collect();
        assert_eq!(found, expected);
        assert_eq!(said.unread.into_iter().collect::<Vec<_>>(), unread);
    }

    const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

    #[test]
    fn a_word_document_is_read_with_what_is_not_shown() {
        check(
            &[
                (
                    "word/document.xml",
                    b"<w:p><w:r><w:t>Pat</w:t></w:r><w:r><w:t xml:space='preserve'>ient </w:t></w:r><w:del><w:r><w:delText>Jane Doe</w:delText></w:r></w:del></w:p>
                      <w:tbl><w:tr><w:tc><w:p><w:r><w:t>MRN</w:t></w:r></w:p></w:tc></w:tr></w:tbl><wp:docPr id='1' descr='a scan'/>
                      <w:r><w:instrText>HYPERLINK \"http://a.example\"</w:instrText></w:r>",
                ),
                ("word/comments.xml", b"<w:comment w:author='Ann'><w:p><w:r><w:t>why?</w:t></w:r></w:p></w:comment>"),
                ("word/header1.xml", b"<w:p><w:r><w:t>HEAD</w:t></w:r></w:p>"),
                ("docProps/core.xml", b"<cp><dc:creator>Bob</dc:creator><dc:title>T &amp; U</dc:title></cp>"),
            ],
            &[
                ("header 1", "HEAD"),
                ("text", "Patient \nMRN"),
                ("text, deleted text", "Jane Doe"),
                ("text, names and links", "a scan\nHYPERLINK \"http://a.example\""),
                ("metadata", "Bob\nT & U"),
                ("comments", "why?"),
                ("comments, names and links", "Ann"),
            ],
            &[],
        );
    }

    #[test]
    fn labels_in_properties_are_told() {
        let custom = b"<Properties><property name='MSIP_Label_7f-2_Enabled'><vt:lpwstr>true</vt:lpwstr></property><property name='MSIP_Label_7f-2_Name'><vt:lpwstr>Highly Confidential</vt:lpwstr></property></Properties>";
        let bytes = archive(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("word/document.xml", b"<w:p/>"),
            ("docProps/custom.xml", custom),
        ]);
        let said = said(WORD, &bytes);
        assert_eq!(said.labels.len(), 1);
        assert!(said.parts.iter().any(|part| part.text.starts_with("HIGHLY CONFIDENTIAL\n")));
        assert!(said.is_complete());
    }

    #[test]
    fn slides_come_in_order_with_their_notes() {
        check(
            &[
                ("ppt/slides/slide10.xml", b"<a:p><a:t>ten</a:t></a:p>"),
                ("ppt/slides/slide2.xml", b"<a:p><a:t>two</a:t></a:p>"),
                ("ppt/notesSlides/notesSlide2.xml", b"<a:p><a:t>do not say</a:t></a:p>"),
            ],
            &[("slide 2", "two"), ("slide 10", "ten"), ("notes of slide 2", "do not say")],
            &[],
        );
    }

    #[test]
    fn what_is_in_a_document_and_no_text_is_said_to_be_unread() {
        let text: (&str, &[u8]) = ("word/document.xml", b"<w:p><w:t>a</w:t></w:p>");
        check(&[text, ("word/media/image1.png", b"\x89PNG\r\n")], &[("text", "a")], &[Unread::Image]);
        check(
            &[text, ("word/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")],
            &[("text", "a")],
            &[Unread::Other],
        );
        check(&[("word/document.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")], &[], &[Unread::Other]);
    }

    #[test]
    fn documents_in_documents_are_read_to_a_depth() {
        let mut inner = archive(&[("[Content_Types].xml", b""), ("word/document.xml", b"<w:p><w:t>deep</w:t></w:p>")]);
        for depth in 1..=4 {
            inner = archive(&[
                ("[Content_Types].xml", b""),
                ("word/document.xml", b""),
                ("word/embeddings/a.docx", &inner),
            ]);
            let said = said(WORD, &inner);
            assert_eq!(
                (said.parts.len(), said.is_complete()),
                if depth <= 3 { (1, true) } else { (0, false) },
                "{depth}"
            );
        }
    }

    #[test]
    fn bombs_are_not_unpacked_beyond_the_limit() {
        let megabytes = vec![b' '; 70 << 20];
        let bytes =
            archive(&[("[Content_Types].xml", b""), ("word/document.xml", &megabytes), ("word/more.xml", &megabytes)]);
        assert!(bytes.len() < 1 << 20);
        assert!(said(WORD, &bytes).unread.contains(&Unread::TooLarge));
    }

    #[test]
    fn an_archive_that_is_no_document_or_hides_entries_stays_unread() {
        assert_eq!(said("", &archive(&[("a.txt", b"a")])).unread.into_iter().collect::<Vec<_>>(), [Unread::Other]);
        let mut two = archive(&[("b.xml", b"<a>secret</a>")]);
        two.extend(archive(&[("[Content_Types].xml", b""), ("word/document.xml", b"<w:t>a</w:t>")]));
        assert!(!said(WORD, &two).is_complete());
        let sheet = archive(&[("[Content_Types].xml", b""), ("xl/workbook.xml", b"<workbook/>")]);
        assert_eq!(said(WORD, &sheet).unread.into_iter().collect::<Vec<_>>(), [Unread::Mismatch]);
    }
}

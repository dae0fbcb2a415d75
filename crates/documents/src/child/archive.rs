//! Office documents as archives: which document, and every entry of it read, or said to be unread.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::collector::Collector;
use super::{office, read};
use crate::extracted::Unread;
use crate::kind::{self, Kind, essence};
use crate::limits::ENTRIES_MAX;

/// A document's archive.
pub(crate) type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Which document an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    Word,
    Sheet,
    Slides,
    /// OpenDocument of any kind.
    Open,
}

/// Reads an Office document. An archive that is none stays unread.
pub(crate) fn read(claim: &str, bytes: &[u8], out: &mut Collector) {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return out.unread(Unread::Other) };
    if archive.len() > ENTRIES_MAX {
        return out.unread(Unread::TooLarge);
    }
    let Ok(names) = archive.file_names().map(|name| name.map(|name| name.into_owned())).collect::<Result<Vec<_>, _>>()
    else {
        return out.unread(Unread::Other);
    };
    let Some(document) = document(&names) else { return out.unread(Unread::Other) };
    if !fits(claim, document) {
        out.unread(Unread::Mismatch);
    }
    // Two entries of one name, and entries that the directory does not list, are read by some programs and not by others.
    if archive.len() != local_headers(bytes) {
        out.unread(Unread::Other);
    }
    office::read(document, &mut archive, &names, out);
}

/// An entry of the archive, unpacked within what may still be unpacked. What cannot be had is said to be unread.
pub(crate) fn entry(archive: &mut Archive<'_>, name: &str, out: &mut Collector) -> Option<Vec<u8>> {
    let left = out.unpack_left();
    let unpacked = match archive.by_name(name) {
        Ok(file) if file.encrypted() => Err(Unread::Encrypted),
        Ok(file) => {
            let mut bytes = Vec::new();
            // One more than may be: what is over is seen without being unpacked.
            match file.take(left as u64 + 1).read_to_end(&mut bytes) {
                Ok(_) if bytes.len() > left => Err(Unread::TooLarge),
                Ok(_) => Ok(bytes),
                Err(_) => Err(Unread::Other),
            }
        }
        Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => Err(Unread::Encrypted),
        Err(_) => Err(Unread::Other),
    };
    match unpacked {
        Ok(bytes) => {
            out.unpacked(bytes.len());
            Some(bytes)
        }
        Err(why) => {
            if why == Unread::TooLarge {
                out.unpacked(left);
            }
            out.unread(why);
            None
        }
    }
}

/// Reads an entry that is no XML of the format: a picture, a document in the document, anything.
pub(crate) fn other(name: &str, bytes: &[u8], out: &mut Collector) {
    match kind::of("", bytes) {
        Kind::Image => out.unread(Unread::Image),
        Kind::Audio => out.unread(Unread::Audio),
        Kind::Unknown if bytes.is_empty() => {}
        _ => read::nested(name, "", bytes, out),
    }
}

fn document(names: &[String]) -> Option<Document> {
    let has = |start: &str| names.iter().any(|name| name.starts_with(start));
    if !names.iter().any(|name| name == "[Content_Types].xml") {
        let open = names.iter().any(|name| name == "mimetype") && names.iter().any(|name| name == "content.xml");
        return open.then_some(Document::Open);
    }
    match (has("word/"), has("xl/"), has("ppt/")) {
        (true, false, false) => Some(Document::Word),
        (false, true, false) => Some(Document::Sheet),
        (false, false, true) => Some(Document::Slides),
        _ => None,
    }
}

fn fits(claim: &str, document: Document) -> bool {
    let claim = essence(claim);
    let named = |words: &[&str]| words.iter().any(|word| claim.contains(word));
    match document {
        _ if !named(&["officedocument", "opendocument", "macroenabled"]) => true,
        Document::Word => named(&["wordprocessingml", "word."]),
        Document::Sheet => named(&["spreadsheetml", "excel."]),
        Document::Slides => named(&["presentationml", "powerpoint."]),
        Document::Open => named(&["opendocument"]),
    }
}

/// How many entries stand in the file itself, by their signatures; more or fewer than the directory lists is a trick, or
/// chance in compressed bytes, and then the document is opaque by bad luck.
fn local_headers(bytes: &[u8]) -> usize {
    bytes.windows(4).filter(|window| *window == b"PK\x03\x04").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entries_say_which_document_it_is() {
        let of = |names: &[&str]| document(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["[Content_Types].xml", "word/document.xml"]), Some(Document::Word));
        assert_eq!(of(&["[Content_Types].xml", "xl/workbook.xml"]), Some(Document::Sheet));
        assert_eq!(of(&["[Content_Types].xml", "xl/workbook.xml", "word/document.xml"]), None);
        assert_eq!(of(&["mimetype", "content.xml"]), Some(Document::Open));
        assert_eq!(of(&["a.txt"]), None);
    }
}

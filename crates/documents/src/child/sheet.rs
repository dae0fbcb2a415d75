//! Excel workbooks: sheets row by row, with the shared strings in their cells (ECMA-376 part 1, 18.3 and 18.4).

use std::collections::HashMap;

use super::archive::{self, Archive};
use super::collector::Collector;
use super::plain::decode_xml;
use super::xml::{Node, attribute, walk};
use crate::extracted::Unread;

/// Reads the sheets, and says which entries need not be read again.
pub(crate) fn read(archive: &mut Archive<'_>, names: &[String], out: &mut Collector) -> Vec<String> {
    let mut taken = Vec::new();
    let mut take = |archive: &mut Archive<'_>, name: &str, out: &mut Collector| {
        let name = names.iter().find(|one| one.as_str() == name)?;
        taken.push(name.clone());
        let bytes = archive::entry(archive, name, out)?;
        Some(decode_xml(&bytes, out))
    };
    let strings = take(archive, "xl/sharedStrings.xml", out).map(|source| shared(&source, out)).unwrap_or_default();
    let mut used = vec![false; strings.len()];
    let known = known_sheets(archive, names, out);
    let mut sheets: Vec<&String> =
        names.iter().filter(|name| name.starts_with("xl/worksheets/") && name.ends_with(".xml")).collect();
    sheets.sort_by_key(|name| (name.len(), name.as_str()));
    for path in sheets {
        let Some(source) = take(archive, path, out) else { continue };
        let sheet = known.get(path.as_str());
        let name = sheet.map_or_else(|| path.rsplit('/').next().unwrap_or_default(), |sheet| sheet.name.as_str());
        let place = format!("sheet {name}");
        let mut table = Table::new(&strings, &mut used, out.text_left());
        walk(&source, out, &mut |node| table.node(&node));
        let (text, asides, is_cut) = (table.text, table.asides, table.room == 0);
        if is_cut {
            out.unread(Unread::TooLarge);
        }
        if sheet.is_some_and(|sheet| sheet.hidden) {
            out.hidden(&place, text);
        } else {
            out.text(&place, text);
        }
        out.hidden(&format!("{place}, formulas and notes"), asides);
    }
    let unused = strings.iter().zip(&used).filter(|(_, used)| !**used);
    out.hidden("strings that no cell shows", unused.map(|(string, _)| format!("{string}\n")).collect::<String>());
    taken
}

struct Sheet {
    name: String,
    hidden: bool,
}

/// Sheets by the path of their entry. The workbook itself is read once more like any other part.
fn known_sheets(archive: &mut Archive<'_>, names: &[String], out: &mut Collector) -> HashMap<String, Sheet> {
    let mut source = |name: &str, out: &mut Collector| {
        let is_there = names.iter().any(|one| one == name);
        is_there
            .then(|| archive::entry(archive, name, out))
            .flatten()
            .map(|bytes| decode_xml(&bytes, out))
            .unwrap_or_default()
    };
    let (links, workbook) = (source("xl/_rels/workbook.xml.rels", out), source("xl/workbook.xml", out));
    let mut targets = HashMap::new();
    walk(&links, out, &mut |node| {
        if let Node::Open("Relationship", pairs) = node
            && let (Some(id), Some(target)) = (attribute(pairs, "Id"), attribute(pairs, "Target"))
        {
            let target = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            targets.insert(id.to_owned(), target);
        }
    });
    let mut sheets = HashMap::new();
    walk(&workbook, out, &mut |node| {
        if let Node::Open("sheet", pairs) = node
            && let Some(path) = attribute(pairs, "id").and_then(|id| targets.get(id))
        {
            let name = attribute(pairs, "name").unwrap_or_default().to_owned();
            let hidden = attribute(pairs, "state").is_some_and(|state| state != "visible");
            sheets.insert(path.clone(), Sheet { name, hidden });
        }
    });
    sheets
}

/// The shared strings, in their order. What is said of a string's sound (`rPh`) belongs to it.
fn shared(source: &str, out: &mut Collector) -> Vec<String> {
    let (mut strings, mut string, mut within) = (Vec::new(), String::new(), false);
    walk(source, out, &mut |node| match node {
        Node::Open("si", _) => string.clear(),
        Node::Open("t", _) => within = true,
        Node::Text(text) if within => string.push_str(text),
        Node::Close("t") => within = false,
        Node::Close("si") => strings.push(std::mem::take(&mut string)),
        Node::Open(..) | Node::Text(_) | Node::Aside(_) | Node::Close(_) => {}
    });
    strings
}

/// A sheet as lines of cells.
struct Table<'a> {
    strings: &'a [String],
    used: &'a mut [bool],
    /// Bytes that may still be written: one string may stand in a million cells.
    room: usize,
    text: String,
    asides: String,
    is_shared: bool,
    value: String,
    within: Within,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Value,
    Formula,
    Other,
}

impl<'a> Table<'a> {
    fn new(strings: &'a [String], used: &'a mut [bool], room: usize) -> Self {
        let (text, asides, value) = (String::new(), String::new(), String::new());
        Self { strings, used, room, text, asides, is_shared: false, value, within: Within::Other }
    }

    fn node(&mut self, node: &Node<'_>) {
        match node {
            Node::Open("c", pairs) => {
                self.is_shared = attribute(pairs, "t") == Some("s");
                self.value.clear();
            }
            Node::Open("v" | "t", _) => self.within = Within::Value,
            Node::Open("f" | "formula" | "formula1" | "formula2", _) => self.within = Within::Formula,
            Node::Open(_, pairs) => {
                for name in ["display", "tooltip", "prompt", "promptTitle", "error", "errorTitle", "location"] {
                    if let Some(value) = attribute(pairs, name) {
                        self.asides.push_str(value);
                        self.asides.push('\n');
                    }
                }
            }
            Node::Text(text) => match self.within {
                Within::Value => self.value.push_str(text),
                // Headers and footers of the printed page, and what else has text.
                Within::Formula | Within::Other => self.asides.push_str(text.trim()),
            },
            Node::Close("v" | "t") => self.within = Within::Other,
            Node::Close("c") => self.cell(),
            Node::Close("row") => {
                self.text.truncate(self.text.trim_end_matches('\t').len());
                self.text.push('\n');
            }
            Node::Close(_) => {
                self.within = Within::Other;
                if !self.asides.is_empty() && !self.asides.ends_with('\n') {
                    self.asides.push('\n');
                }
            }
            Node::Aside(said) => self.asides.push_str(said),
        }
    }

    fn cell(&mut self) {
        let shown = if self.is_shared {
            let index = self.value.trim().parse::<usize>().ok();
            if let Some(used) = index.and_then(|index| self.used.get_mut(index)) {
                *used = true;
            }
            index.and_then(|index| self.strings.get(index)).map_or("", String::as_str)
        } else {
            self.value.as_str()
        };
        if shown.len() + 2 > self.room {
            self.room = 0;
            return;
        }
        self.room -= shown.len() + 2;
        self.text.push_str(shown);
        self.text.push('\t');
    }
}

#[cfg(test)]
mod tests {
    use crate::child::office::tests::{archive, said};

    const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

    #[test]
    fn sheets_are_read_row_by_row_hidden_ones_too() {
        let bytes = archive(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("xl/workbook.xml", b"<workbook><sheets><sheet name='Staff' sheetId='1' state='hidden' r:id='r1'/></sheets><definedName name='x'>\"salary\"</definedName></workbook>"),
            ("xl/_rels/workbook.xml.rels", b"<R><Relationship Id='r1' Target='worksheets/sheet1.xml'/></R>"),
            ("xl/sharedStrings.xml", b"<sst><si><t>Name</t></si><si><r><t>Jane </t></r><r><t>Doe</t></r></si><si><t>left over</t></si></sst>"),
            ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row><c t='s'><v>0</v></c><c t='inlineStr'><is><t>MRN</t></is></c></row><row><c t='s'><v>1</v></c><c><f>1+1</f><v>2</v></c></row></sheetData></worksheet>"),
            ("xl/comments1.xml", b"<comments><authors><author>Ann</author></authors><comment><text><t>fired</t></text></comment></comments>"),
        ]);
        let said = said(SHEET, &bytes);
        let found: Vec<_> =
            said.parts.iter().map(|part| (part.place.as_str(), part.text.trim(), part.hidden)).collect();
        assert_eq!(
            found,
            [
                ("sheet Staff", "Name\tMRN\nJane Doe\t2", true),
                ("sheet Staff, formulas and notes", "1+1", true),
                ("strings that no cell shows", "left over", true),
                ("workbook", "\"salary\"", true),
                ("workbook, names and links", "Staff\nx", true),
                ("comments", "Ann\nfired", true),
                ("links, names and links", "worksheets/sheet1.xml", true),
            ]
        );
        assert!(said.is_complete());
    }

    #[test]
    fn one_long_string_in_many_cells_is_cut_and_said_to_be() {
        let strings = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(1 << 16));
        let sheet = format!("<worksheet><row>{}</row></worksheet>", "<c t='s'><v>0</v></c>".repeat(100_000));
        let bytes = archive(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("xl/workbook.xml", b"<workbook/>"),
            ("xl/sharedStrings.xml", strings.as_bytes()),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ]);
        let said = said(SHEET, &bytes);
        assert!(!said.is_complete() && said.parts.iter().map(|part| part.text.len()).sum::<usize>() <= 1 << 20);
    }
}

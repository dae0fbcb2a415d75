//! Content streams: what text stands where, drawn in words and lines.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::font::Font;
use super::{number, unpacked};
use crate::child::collector::Collector;
use crate::extracted::Unread;
use crate::limits::FORM_DEPTH_MAX;

/// Draws pages and forms as text.
pub(super) struct Canvas<'a> {
    document: &'a Document,
    fonts: HashMap<ObjectId, Rc<Font>>,
    /// Streams that were drawn: what is left over is read on its own.
    pub(super) drawn: HashSet<ObjectId>,
    operations_left: usize,
}

/// Where names of fonts and forms are looked up, nearest first.
type Resources<'a> = Vec<&'a Dictionary>;

/// An affine map `[a b c d e f]`.
type Matrix = [f32; 6];

const UNIT: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

#[derive(Clone)]
struct State {
    map: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    between_characters: f32,
    between_words: f32,
    stretch: f32,
    leading: f32,
}

/// One page or form on its way to text.
struct Sheet {
    text: String,
    /// Texts that stand for others (`ActualText`, `Alt`).
    aside: String,
    /// Where the last text ended, on the page.
    pen: Option<(f32, f32)>,
    painted: bool,
    curves: usize,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(document: &'a Document, operations_max: usize) -> Self {
        Self { document, fonts: HashMap::new(), drawn: HashSet::new(), operations_left: operations_max }
    }

    pub(super) fn page(&mut self, page: ObjectId, place: &str, out: &mut Collector) {
        let document = self.document;
        let mut resources: Resources<'a> = Vec::new();
        match document.get_page_resources(page) {
            Ok((own, inherited)) => {
                resources.extend(own);
                resources.extend(inherited.into_iter().filter_map(|id| document.get_dictionary(id).ok()));
            }
            Err(_) => out.unread(Unread::Other),
        }
        let mut bytes = Vec::new();
        for id in document.get_page_contents(page) {
            self.drawn.insert(id);
            match document.get_object(id).and_then(Object::as_stream) {
                // The streams of a page are one, and a word may go on in the next.
                Ok(stream) => bytes.extend(unpacked(stream, out).unwrap_or_default().into_iter().chain([b'\n'])),
                Err(_) => out.unread(Unread::Other),
            }
        }
        let mut sheet = Sheet::new();
        self.draw(&bytes, &resources, UNIT, 0, &mut sheet, out);
        sheet.finish(place, false, out);
    }

    /// A form that no page drew: how an annotation looks, a pattern.
    pub(super) fn form(&mut self, stream: &'a Stream, place: &str, out: &mut Collector) {
        let mut sheet = Sheet::new();
        self.draw_form(stream, &Vec::new(), UNIT, 0, &mut sheet, out);
        sheet.finish(place, true, out);
    }

    fn draw_form(
        &mut self,
        stream: &'a Stream,
        resources: &Resources<'a>,
        map: Matrix,
        depth: usize,
        sheet: &mut Sheet,
        out: &mut Collector,
    ) {
        let Some(bytes) = unpacked(stream, out) else { return };
        let own = stream.dict.get_deref(b"Resources", self.document).and_then(Object::as_dict);
        let all: Resources<'a> = own.into_iter().chain(resources.iter().copied()).collect();
        self.draw(&bytes, &all, map, depth, sheet, out);
    }

    fn draw(
        &mut self,
        bytes: &[u8],
        resources: &Resources<'a>,
        map: Matrix,
        depth: usize,
        sheet: &mut Sheet,
        out: &mut Collector,
    ) {
        let mut pen = Pen {
            state: State {
                map,
                font: None,
                size: 0.0,
                between_characters: 0.0,
                between_words: 0.0,
                stretch: 1.0,
                leading: 0.0,
            },
            saved: Vec::new(),
            line: UNIT,
            text: UNIT,
        };
        match Content::decode_strict(bytes) {
            Ok(content) => {
                for operation in &content.operations {
                    if !self.operate(operation, resources, depth, &mut pen, sheet, out) {
                        return;
                    }
                }
            }
            Err(_) => {
                // To where it is broken; others may read on.
                out.unread(Unread::Other);
                for operation in Content::decode_iter(bytes).map_while(Result::ok) {
                    if !self.operate(&operation, resources, depth, &mut pen, sheet, out) {
                        return;
                    }
                }
            }
        }
    }

    /// Carries out one operator. False when there were too many.
    fn operate(
        &mut self,
        operation: &Operation,
        resources: &Resources<'a>,
        depth: usize,
        pen: &mut Pen,
        sheet: &mut Sheet,
        out: &mut Collector,
    ) -> bool {
        if self.operations_left == 0 || sheet.text.len() > out.text_left() {
            out.unread(Unread::TooLarge);
            return false;
        }
        self.operations_left -= 1;
        let operands = operation.operands.as_slice();
        match operation.operator.as_str() {
            "Tf" => {
                let name = operands.first().and_then(|name| name.as_name().ok()).unwrap_or_default();
                pen.state.font = self.font(name, resources, out);
                pen.state.size = operands.get(1).map_or(0.0, number);
            }
            "Do" => {
                let name = operands.first().and_then(|name| name.as_name().ok()).unwrap_or_default();
                self.draw_object(name, resources, depth, pen.state.map, sheet, out);
            }
            "BI" => out.unread(Unread::Image),
            "BDC" | "DP" => operands.iter().for_each(|operand| aside(operand, sheet)),
            "c" | "v" | "y" => sheet.curves += 1,
            "f" | "F" | "f*" | "B" | "B*" | "b" | "b*" | "S" | "s" | "sh" => sheet.painted = true,
            name => pen.operate(name, operands, sheet, out),
        }
        true
    }

    fn draw_object(
        &mut self,
        name: &[u8],
        resources: &Resources<'a>,
        depth: usize,
        map: Matrix,
        sheet: &mut Sheet,
        out: &mut Collector,
    ) {
        let Some((id, object)) = self.resource(b"XObject", name, resources) else { return out.unread(Unread::Other) };
        let Ok(stream) = object.as_stream() else { return out.unread(Unread::Other) };
        if super::name(&stream.dict, b"Subtype") != b"Form" {
            sheet.painted = true;
            // Pictures are looked at among all streams, drawn or not.
            return;
        }
        self.drawn.extend(id);
        if depth >= FORM_DEPTH_MAX {
            return out.unread(Unread::TooLarge);
        }
        let own = stream
            .dict
            .get_deref(b"Matrix", self.document)
            .and_then(Object::as_array)
            .map_or(UNIT, |array| matrix(array));
        self.draw_form(stream, resources, multiply(&own, &map), depth + 1, sheet, out);
    }

    fn font(&mut self, name: &[u8], resources: &Resources<'a>, out: &mut Collector) -> Option<Rc<Font>> {
        let (id, object) = self.resource(b"Font", name, resources)?;
        if let Some(known) = id.and_then(|id| self.fonts.get(&id)) {
            return Some(Rc::clone(known));
        }
        let font = Rc::new(Font::read(object.as_dict().ok()?, self.document, out));
        if let Some(id) = id {
            self.fonts.insert(id, Rc::clone(&font));
        }
        Some(font)
    }

    fn resource(&self, kind: &[u8], name: &[u8], resources: &Resources<'a>) -> Option<(Option<ObjectId>, &'a Object)> {
        let document = self.document;
        resources
            .iter()
            .filter_map(|one| one.get_deref(kind, document).and_then(Object::as_dict).ok())
            .find_map(|names| names.get(name).ok())
            .and_then(|object| document.dereference(object).ok())
    }
}

/// The text state of one stream, and where it writes.
struct Pen {
    state: State,
    saved: Vec<State>,
    line: Matrix,
    text: Matrix,
}

impl Pen {
    fn operate(&mut self, name: &str, operands: &[Object], sheet: &mut Sheet, out: &mut Collector) {
        let at = |index: usize| operands.get(index).map_or(0.0, number);
        match name {
            "q" if self.saved.len() < SAVED_MAX => self.saved.push(self.state.clone()),
            "Q" => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            "cm" => self.state.map = multiply(&matrix(operands), &self.state.map),
            "BT" => (self.line, self.text) = (UNIT, UNIT),
            "Tm" => self.begin(matrix(operands)),
            "Td" => self.next_line(at(0), at(1)),
            "TD" => {
                self.state.leading = -at(1);
                self.next_line(at(0), at(1));
            }
            "TL" => self.state.leading = at(0),
            "T*" => self.next_line(0.0, -self.state.leading),
            "Tc" => self.state.between_characters = at(0),
            "Tw" => self.state.between_words = at(0),
            "Tz" => self.state.stretch = at(0) / 100.0,
            "Tj" => self.show(operands.first(), sheet, out),
            "'" => {
                self.next_line(0.0, -self.state.leading);
                self.show(operands.first(), sheet, out);
            }
            "\"" => {
                (self.state.between_words, self.state.between_characters) = (at(0), at(1));
                self.next_line(0.0, -self.state.leading);
                self.show(operands.get(2), sheet, out);
            }
            "TJ" => {
                for item in operands.first().and_then(|list| list.as_array().ok()).into_iter().flatten() {
                    if matches!(item, Object::String(..)) {
                        self.show(Some(item), sheet, out);
                    } else {
                        self.advance(-number(item) / 1000.0 * self.state.size * self.state.stretch);
                    }
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, at: Matrix) {
        (self.line, self.text) = (at, at);
    }

    fn next_line(&mut self, x: f32, y: f32) {
        self.begin(multiply(&[1.0, 0.0, 0.0, 1.0, x, y], &self.line));
    }

    fn advance(&mut self, by: f32) {
        self.text = multiply(&[1.0, 0.0, 0.0, 1.0, by, 0.0], &self.text);
    }

    fn show(&mut self, string: Option<&Object>, sheet: &mut Sheet, out: &mut Collector) {
        let Some(bytes) = string.and_then(|string| string.as_str().ok()) else { return };
        let Some(font) = self.state.font.clone() else { return out.unread(Unread::Other) };
        let on_page = multiply(&self.text, &self.state.map);
        let [a, b, .., e, f] = on_page;
        let length = (a * a + b * b).sqrt().max(f32::MIN_POSITIVE);
        sheet.move_to((e, f), (a / length, b / length), self.state.size.abs() * length);
        let mut width = 0.0;
        for glyph in font.glyphs(bytes) {
            match glyph.text {
                Some(text) => sheet.text.push_str(text),
                None => {
                    sheet.text.push('\u{fffd}');
                    out.unread(Unread::Other);
                }
            }
            width += glyph.width * self.state.size + self.state.between_characters;
            if glyph.is_space {
                width += self.state.between_words;
            }
        }
        self.advance(width * self.state.stretch);
        let [.., e, f] = multiply(&self.text, &self.state.map);
        sheet.pen = Some((e, f));
    }
}

impl Sheet {
    fn new() -> Self {
        Self { text: String::new(), aside: String::new(), pen: None, painted: false, curves: 0 }
    }

    /// Before text at `to`, written in `direction`, `size` high: what stands between it and the text before.
    fn move_to(&mut self, to: (f32, f32), direction: (f32, f32), size: f32) {
        let Some(from) = self.pen else { return };
        let (x, y) = (to.0 - from.0, to.1 - from.1);
        let along = x * direction.0 + y * direction.1;
        let across = (x * direction.1 - y * direction.0).abs();
        if across > LINE * size {
            self.text.push('\n');
        } else if !(-BACK * size..=GAP * size).contains(&along) && !self.text.ends_with([' ', '\n']) {
            self.text.push(' ');
        }
    }

    fn finish(self, place: &str, hidden: bool, out: &mut Collector) {
        // A page that shows something and says nothing is a picture, and so is one of outlined letters.
        let says_nothing = self.text.trim().is_empty();
        if (self.painted && says_nothing && !hidden) || self.curves > CURVES_MAX {
            out.unread(Unread::Image);
        }
        if hidden {
            out.hidden(place, self.text);
        } else {
            out.text(place, self.text);
        }
        out.hidden(&format!("{place}, in other words"), self.aside);
    }
}

/// The strings of a marked piece of content.
fn aside(operand: &Object, sheet: &mut Sheet) {
    if let Ok(dictionary) = operand.as_dict() {
        for (_, value) in dictionary.iter() {
            if let Ok(text) = lopdf::decode_text_string(value) {
                sheet.aside.push_str(&text);
                sheet.aside.push('\n');
            }
        }
    }
}

fn matrix(numbers: &[Object]) -> Matrix {
    let at = |index: usize| numbers.get(index).map_or(0.0, number);
    [at(0), at(1), at(2), at(3), at(4), at(5)]
}

/// `first`, then `then` (ISO 32000-2, 8.3.4).
fn multiply(first: &Matrix, then: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = *first;
    let [g, h, i, j, k, l] = *then;
    [a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l]
}

/// Parts of the letters' size: up or down is another line, ahead is another word, back is another column.
const LINE: f32 = 0.5;
const GAP: f32 = 0.18;
const BACK: f32 = 0.6;
/// Letters drawn as outlines take ten to twenty curves each; charts and logos stay below this.
const CURVES_MAX: usize = 1_500;
const SAVED_MAX: usize = 256;

//! Where in an answer a value may be put back: not in an address, an image, or a tag, from where it could travel.

/// Follows an answer byte by byte and knows whether the next byte stands in running text.
///
/// Errs towards no: whatever may be the target of a link (Markdown inline or reference, autolink, a bare address), an image with its
/// description, or an HTML tag with its attributes is not running text.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    last: [u8; 2],
    word: Word,
    line: Line,
    /// Parentheses open in a link's target.
    target_depth: u32,
    in_target: bool,
    /// Brackets open in an image's description.
    in_image: u32,
    tag: Tag,
}

/// What the present run without spaces has shown.
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    is_address: bool,
    has_dot: bool,
    has_colon: bool,
}

/// Whether the present line defines a reference (`[label]: address`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Start,
    Label,
    LabelEnd,
    Definition,
    Text,
}

/// Whether a tag is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Tag {
    #[default]
    Outside,
    Opening,
    Inside,
    Quoted(u8),
}

impl Place {
    /// Whether a value may be put back here.
    pub(super) fn is_running_text(&self) -> bool {
        let in_link = self.in_target || self.in_image > 0 || self.line == Line::Definition;
        // Something with a colon close before (`mailto:`, `data:`) addresses, too.
        let is_address = self.word.is_address || self.word.has_colon;
        !in_link && !is_address && matches!(self.tag, Tag::Outside)
    }

    pub(super) fn feed(&mut self, text: &str) {
        for byte in text.bytes() {
            self.step(byte);
        }
    }

    /// A value was put back: a word like any other.
    pub(super) fn pass_value(&mut self) {
        self.step(b'x');
    }

    fn step(&mut self, byte: u8) {
        let is_blank_line = byte == b'\n' && self.last[1] == b'\n';
        if is_blank_line {
            // A paragraph ends every Markdown construct; an HTML tag may go on.
            (self.in_target, self.target_depth, self.in_image) = (false, 0, 0);
        }
        self.step_word(byte);
        self.step_line(byte);
        self.step_link(byte);
        self.step_tag(byte);
        self.last = [self.last[1], byte];
    }

    fn step_word(&mut self, byte: u8) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => self.word = Word::default(),
            b'/' if self.last == [b':', b'/'] || self.word.has_dot => self.word.is_address = true,
            b'?' | b'=' | b'#' | b'&' if self.word.has_dot => self.word.is_address = true,
            b'.' if self.last == [b'w', b'w'] => self.word.is_address = true,
            b'.' => self.word.has_dot = true,
            b':' => self.word.has_colon = self.last[1].is_ascii_alphanumeric(),
            // `Name:**[…]` and `"mail":"[…]"` are no schemes.
            b'*' | b'"' | b'_' | b'`' => self.word.has_colon = false,
            _ => {}
        }
    }

    fn step_line(&mut self, byte: u8) {
        self.line = match (self.line, byte) {
            (_, b'\n') => Line::Start,
            (Line::Start, b' ' | b'\t' | b'>' | b'*' | b'-') => Line::Start,
            (Line::Start, b'[') => Line::Label,
            (Line::Label, b']') => Line::LabelEnd,
            (Line::Label, _) => Line::Label,
            (Line::LabelEnd, b':') => Line::Definition,
            (Line::Definition, _) => Line::Definition,
            _ => Line::Text,
        };
    }

    fn step_link(&mut self, byte: u8) {
        match byte {
            b'(' if self.in_target => self.target_depth += 1,
            b')' if self.in_target && self.target_depth > 0 => self.target_depth -= 1,
            b')' if self.in_target => (self.in_target, self.in_image) = (false, 0),
            b'(' if self.last[1] == b']' => self.in_target = true,
            b'[' if self.in_image > 0 || self.last[1] == b'!' => self.in_image = self.in_image.saturating_add(1),
            // The description of an image has ended, unless `(` or `[` follow at once.
            _ if self.in_image == 1 && self.last[1] == b']' && !self.in_target && byte != b'[' => self.in_image = 0,
            b']' if self.in_image > 1 => self.in_image -= 1,
            _ => {}
        }
    }

    fn step_tag(&mut self, byte: u8) {
        self.tag = match (self.tag, byte) {
            (Tag::Outside | Tag::Opening, b'<') => Tag::Opening,
            (Tag::Opening, byte) if byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?') => Tag::Inside,
            (Tag::Opening | Tag::Outside, _) => Tag::Outside,
            (Tag::Inside, b'>') => Tag::Outside,
            (Tag::Inside, b'"' | b'\'') if self.last[1] == b'=' || self.last[1] == b' ' => Tag::Quoted(byte),
            (Tag::Quoted(quote), byte) if byte == quote => Tag::Inside,
            (tag, _) => tag,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, expected: bool) {
        let mut place = Place::default();
        place.feed(before);
        assert_eq!(place.is_running_text(), expected, "{before}");
    }

    #[test]
    fn running_text() {
        for before in [
            "Dear ",
            "",
            "a < b and ",
            "f(x) ",
            "(see ",
            "[note] ",
            "line\n",
            "**Name:** ",
            "Name: ",
            "\"mail\":\"",
            "<b>bold</b> ",
            "<p class=\"x\">",
            "see https://a.test then ",
            "[a](https://b.test) ",
            "![x](https://b.test/i.png) then ",
            "3 > 2, ",
            "1.5 m, ",
            "wow! ",
            "and/or ",
            "![logo] then ",
        ] {
            check(before, true);
        }
    }

    #[test]
    fn places_that_carry_values_away() {
        for before in [
            "https://evil.test/",
            "http://",
            "www.evil.test/?q=",
            "evil.test/p/",
            "evil.test?d=",
            "[a](",
            "[a](https://evil.test/?d=",
            "[a](<https://evil.test/ ",
            "[a](/x (y) ",
            "![",
            "![alt ",
            "![a](",
            "![a][",
            "<https://evil.test/",
            "<img src=\"https://evil.test/",
            "<img alt='a>b' src=",
            "<a href=",
            "</",
            "[x]: ",
            "  [x]: https://evil.test/",
            "> [x]: ",
            "mailto:",
            "data:text/html,",
            "![a](https://b.test \"t ",
            "<style>p{background:url(https://evil.test/",
        ] {
            check(before, false);
        }
    }
}

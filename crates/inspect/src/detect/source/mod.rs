//! Source code: a rough count of lines that only code has. Needs the whole text.

mod language;
mod licence;

use std::ops::Range;

use crate::text::Text;

pub(crate) use licence::{LICENCES, licence};

/// The stretch of the text that is source code, if enough of it is, and the detector that names its language.
pub(crate) fn source_code(text: Text<'_>) -> Option<(Range<usize>, &'static str)> {
    let place = coded(text)?;
    let language = language::language(text.cut(place.start, place.end));
    Some((place, language))
}

fn coded(text: Text<'_>) -> Option<Range<usize>> {
    let (mut lines, mut coded, mut strong) = (0u32, 0u32, 0u32);
    let mut place: Option<Range<usize>> = None;
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text.bytes()).chain(std::iter::once(text.len())) {
        let line = text.cut(start, end).trim_ascii();
        if !line.is_empty() {
            lines += 1;
            let weight = weight(line);
            if weight > 0 {
                coded += 1;
                strong += u32::from(weight > 1);
                let from = place.as_ref().map_or(start, |place| place.start);
                place = Some(from..end);
            }
        }
        start = end + 1;
    }
    let is_code = coded >= CODED_LINES_MIN
        && strong >= 1
        && (coded * 100 >= lines * CODED_PERCENT_MIN || coded >= CODED_LINES_ALWAYS);
    place.filter(|_| is_code)
}

/// 2 for a line that opens a definition or imports, 1 for one that ends as statements do, 0 for prose.
fn weight(line: &[u8]) -> u8 {
    let last = line.last().copied().unwrap_or(0);
    if OPENINGS.iter().any(|opening| opening.first() == line.first() && line.starts_with(opening)) && has_sign(line) {
        return 2;
    }
    let ends =
        matches!(last, b';' | b'{' | b'}') || line.ends_with(b");") || line.ends_with(b"},") || line.ends_with(b") {");
    let calls = last == b')' && line.contains(&b'(') && line.contains(&b'=')
        || line.starts_with(b"return ") && !line.ends_with(b".");
    u8::from(ends || calls || line.starts_with(b"//") || line.ends_with(b"):"))
}

/// Prose may begin with `import` or `from`, too: code has a sign of its own in the line.
fn has_sign(line: &[u8]) -> bool {
    let last = line.last().copied().unwrap_or(0);
    let words = line.split(|byte| *byte == b' ').count();
    matches!(last, b'{' | b';' | b':' | b')' | b'>' | b'"' | b'\'' | b'(' | b',')
        || words <= 4 && last != b'.' && last != b'?'
}

const CODED_LINES_MIN: u32 = 3;
const CODED_PERCENT_MIN: u32 = 30;
/// So many coded lines are code, however much prose is around them.
const CODED_LINES_ALWAYS: u32 = 12;
const OPENINGS: &[&[u8]] = &[
    b"fn ",
    b"pub fn ",
    b"pub(crate) ",
    b"impl ",
    b"use ",
    b"struct ",
    b"def ",
    b"async def ",
    b"class ",
    b"import ",
    b"from ",
    b"#include",
    b"package ",
    b"func ",
    b"function ",
    b"const ",
    b"let ",
    b"var ",
    b"public ",
    b"private ",
    b"protected ",
    b"static ",
    b"void ",
    b"int main",
    b"export ",
    b"namespace ",
    b"using ",
    b"SELECT ",
    b"INSERT INTO ",
    b"CREATE TABLE ",
    b"if (",
    b"for (",
    b"while (",
    b"#!/",
    b"@Override",
    b"type ",
    b"interface ",
    b"module.exports",
    b"require ",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: bool) {
        assert_eq!(source_code(Text::new(text)).is_some(), expected, "{text}");
    }

    #[test]
    fn code_is_told_from_prose() {
        check("fn main() {\n    let x = 1;\n    println!(\"{x}\");\n}", true);
        check("import os\n\ndef main():\n    return os.getcwd()\n", true);
        check("#include <stdio.h>\nint main(void) {\n  return 0;\n}", true);
        check("Look at this:\n```js\nconst a = 1;\nfunction f() {\n  return a;\n}\n```", true);
        check("Dear team,\n\nimport duties rise; from May on they double.\nWe should talk.\n\nBest", false);
        check("- one;\n- two;\n- three;", false);
        check("", false);
    }

    #[test]
    fn the_place_is_the_coded_part() {
        let text = "Hello\nuse std::fs;\nfn a() {\n    b();\n}\nBye";
        assert_eq!(
            source_code(Text::new(text)).and_then(|(place, _)| text.get(place)),
            Some("use std::fs;\nfn a() {\n    b();\n}")
        );
    }
}

//! HTML to text: everything a person or a program could read in it, shown or not.
//!
//! A tolerant tokenizer after those states of the HTML standard (13.2.5) that matter for text: tags with their
//! attributes, comments, raw text. No tree is built, so nothing nests and nothing is put out of sight by style.

use quick_xml::escape::resolve_html5_entity;

use super::collector::Collector;

/// Reads a page.
pub(crate) fn read(page: &str, out: &mut Collector) {
    let mut read = Page::default();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        unescape(text, &mut read.text);
        rest = read.markup(tag);
    }
    unescape(rest, &mut read.text);
    out.text("page", read.text);
    out.hidden("attributes", read.attributes);
    out.hidden("comments", read.comments);
    out.hidden("scripts and styles", read.scripts);
}

/// Text with its entities undone, those of numbers and of names; what is no entity stays.
pub(crate) fn unescape(text: &str, into: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        into.push_str(before);
        let body = entity.get(1..).unwrap_or_default();
        let name_bytes = body
            .bytes()
            .take(ENTITY_BYTES_MAX)
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#')
            .count();
        let name = body.get(..name_bytes).unwrap_or_default();
        let Some(meaning) = meaning(name) else {
            into.push('&');
            rest = body;
            continue;
        };
        into.push_str(&meaning);
        let after = body.get(name_bytes..).unwrap_or_default();
        rest = after.strip_prefix(';').unwrap_or(after);
    }
    into.push_str(rest);
}

fn meaning(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else {
        return resolve_html5_entity(name).map(str::to_owned);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?).map(String::from)
}

#[derive(Default)]
struct Page {
    text: String,
    attributes: String,
    comments: String,
    scripts: String,
}

impl Page {
    /// Takes what begins with `<`, and gives what comes after it.
    fn markup<'a>(&mut self, from: &'a str) -> &'a str {
        if let Some(comment) = from.strip_prefix("<!--") {
            let (comment, rest) = comment.split_once("-->").unwrap_or((comment, ""));
            push_line(&mut self.comments, comment);
            return rest;
        }
        if let Some(data) = from.strip_prefix("<![CDATA[") {
            let (data, rest) = data.split_once("]]>").unwrap_or((data, ""));
            self.text.push_str(data);
            return rest;
        }
        let inside = from.get(1..).unwrap_or_default();
        let is_markup = inside.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        if !is_markup {
            self.text.push('<');
            return inside;
        }
        let name: String = inside
            .trim_start_matches('/')
            .chars()
            .take(NAME_CHARS_MAX)
            .take_while(|c| c.is_ascii_alphanumeric())
            .collect::<String>()
            .to_ascii_lowercase();
        let rest = self.attributes(inside);
        if INLINE.contains(&name.as_str()) {
            // Within a line: words may go on over it.
        } else if matches!(name.as_str(), "td" | "th") {
            self.text.push('\t');
        } else if !self.text.is_empty() {
            self.text.push('\n');
        }
        if !inside.starts_with('/') && RAW.contains(&name.as_str()) {
            return self.raw(&name, rest);
        }
        rest
    }

    /// The attributes of a tag, to its end; quoted values may hold `>`.
    fn attributes<'a>(&mut self, tag: &'a str) -> &'a str {
        let mut rest = tag;
        loop {
            let Some(at) = rest.find(['>', '=']) else { return "" };
            let (_, from) = rest.split_at(at);
            let after = from.get(1..).unwrap_or_default();
            if from.starts_with('>') {
                return after;
            }
            let value = after.trim_start();
            let (value, next) = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let inside = value.get(1..).unwrap_or_default();
                    inside.split_once(quote).unwrap_or((inside, ""))
                }
                _ => value.split_at(value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len())),
            };
            let mut plain = String::new();
            unescape(value, &mut plain);
            push_line(&mut self.attributes, &plain);
            rest = next;
        }
    }

    /// Scripts and styles: no tags in them but their own end. Titles and fields have entities, and are text.
    fn raw<'a>(&mut self, name: &str, from: &'a str) -> &'a str {
        let end = format!("</{name}");
        let at = from
            .match_indices("</")
            .map(|(at, _)| at)
            .find(|at| from.get(*at..at + end.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(&end)))
            .unwrap_or(from.len());
        let (inside, rest) = from.split_at(at);
        if matches!(name, "title" | "textarea") {
            unescape(inside, &mut self.text);
        } else {
            push_line(&mut self.scripts, inside);
        }
        rest
    }
}

fn push_line(into: &mut String, line: &str) {
    if !line.trim().is_empty() {
        into.push_str(line.trim());
        into.push('\n');
    }
}

const ENTITY_BYTES_MAX: usize = 32;
const NAME_CHARS_MAX: usize = 24;
const RAW: &[&str] = &["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "template"];
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark", "q",
    "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(page: &str, expected: &[(&str, &str)]) {
        let mut out = Collector::new(1 << 20);
        read(page, &mut out);
        let said = out.finish();
        let found: Vec<(&str, &str)> = said.parts.iter().map(|part| (part.place.as_str(), part.text.trim())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn words_go_on_over_tags_within_a_line_and_end_at_blocks() {
        check("<p>Pat<b>ie</b><!-- x -->nt</p><p>MRN 1", &[("page", "Patient\n\nMRN 1"), ("comments", "x")]);
        check("<tr><td>a<td>b", &[("page", "a\tb")]);
    }

    #[test]
    fn what_is_not_shown_is_read_as_well() {
        let page = "<img alt='Jane &amp; Doe' src=x.png><p style=\"display:none\" title='a>b'>hidden</p><script>let s='</p>';</script>";
        check(
            page,
            &[
                ("page", "hidden"),
                ("attributes", "Jane & Doe\nx.png\ndisplay:none\na>b"),
                ("scripts and styles", "let s='</p>';"),
            ],
        );
        check("<title>A &lt; B</title>", &[("page", "A < B")]);
    }

    #[test]
    fn entities_are_undone_once() {
        check("&#74;&#x61;ne&nbsp;&eacute;&amp;lt; &nosuch; a & b", &[("page", "Jane\u{a0}é&lt; &nosuch; a & b")]);
    }

    #[test]
    fn broken_pages_are_read_to_their_end() {
        check("<!-- never closed", &[("comments", "never closed")]);
        check("<a href='never closed", &[("attributes", "never closed")]);
        check("<script>never closed", &[("scripts and styles", "never closed")]);
        check("1 < 2 and a<", &[("page", "1 < 2 and a<")]);
    }
}

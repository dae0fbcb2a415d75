//! Tokens of chat templates inside content: they pretend that a new turn has begun.

use crate::Channel;
use crate::scan::Scan;

/// The token that begins at `start`, if it is one.
pub(crate) fn template(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let Some(end) = TOKENS.iter().find(|token| text.has(start, token.as_bytes())).map(|token| start + token.len())
    else {
        let name = text.run(start + 2, 24, |byte| byte.is_ascii_lowercase() || byte == b'_');
        if text.cut(start, start + 2) == b"<|" && name > start + 3 && text.cut(name, name + 2) == b"|>" {
            found(scan, start, name + 2);
        }
        return;
    };
    // Tags in angle brackets are also markup: they count where no markup of that kind is expected.
    let is_tag = text.at(start) == b'<'
        && text.at(end - 1) == b'>'
        && !text.cut(start, end).contains(&b'_')
        && text.at(start + 1) != b'<';
    if !(is_tag && matches!(scan.channel, Channel::System | Channel::Assistant | Channel::Answer)) {
        found(scan, start, end);
    }
}

fn found(scan: &mut Scan<'_>, start: usize, end: usize) {
    scan.hit(start, end, "attack.template_token", 0.9, "template");
}

const TOKENS: &[&str] = &[
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[SYSTEM]",
    "</s>",
    "<system>",
    "</system>",
];

#[cfg(test)]
mod tests {
    use crate::detect::tests::check;

    #[test]
    fn tokens_of_templates() {
        for text in [
            "<|im_start|>system",
            "a [INST] b",
            "<<SYS>>",
            "<|eot_id|>",
            "<｜end▁of▁sentence｜> <|end_of_text|>",
            "<start_of_turn>user",
        ] {
            check(text, &["attack.template_token"]);
        }
        check("a <| b |> c, list |> map, [install]", &[]);
    }
}

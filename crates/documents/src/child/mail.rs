//! Mails: headers, bodies, what stands between the parts, and every attachment.

use mail_parser::{Address, Header, HeaderValue, Message, MessageParser, MimeHeaders, PartType};

use super::collector::Collector;
use super::labels::Labels;
use super::{html, read};
use crate::extracted::Unread;
use crate::limits::DEPTH_MAX;

/// Reads a mail.
pub(crate) fn read(bytes: &[u8], out: &mut Collector) {
    match MessageParser::default().parse(bytes) {
        Some(message) => {
            self::message(&message, out);
            between(&message, bytes, out);
        }
        None => out.unread(Unread::Other),
    }
}

fn message(message: &Message<'_>, out: &mut Collector) {
    for (number, part) in message.parts.iter().enumerate() {
        let mut said = String::new();
        let mut labels = Labels::default();
        for header in &part.headers {
            self::header(header, &mut said, &mut labels);
        }
        let name = part.attachment_name().map_or_else(|| format!("attachment {number}"), str::to_owned);
        if number == 0 {
            out.text("headers", said);
        } else {
            out.hidden(&format!("headers of {name}"), said);
        }
        labels.finish(out);
        if part.is_encoding_problem {
            out.unread(Unread::Other);
        }
        let claim = part.content_type().map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()));
        let claim = claim.unwrap_or_default().to_ascii_lowercase();
        match &part.body {
            PartType::Text(text) => {
                let plain = matches!(
                    claim.as_str(),
                    "" | "text/plain" | "text/csv" | "text/markdown" | "message/delivery-status"
                );
                if plain {
                    encrypted(text, out);
                    out.text(if part.attachment_name().is_some() { &name } else { "body" }, text.as_ref());
                } else {
                    read::nested(&name, &claim, text.as_bytes(), out);
                }
            }
            PartType::Html(page) => html::read(page, out),
            PartType::Binary(_) | PartType::InlineBinary(_)
                if ["encrypted", "pkcs7-mime", "x-pkcs7"].iter().any(|word| claim.contains(word)) =>
            {
                out.unread(Unread::Encrypted);
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                encrypted(&String::from_utf8_lossy(bytes), out);
                read::nested(&name, &claim, bytes, out);
            }
            PartType::Message(inner) => nested(&name, inner, out),
            PartType::Multipart(_) if claim.contains("encrypted") => out.unread(Unread::Encrypted),
            PartType::Multipart(_) => {}
        }
    }
}

fn nested(name: &str, inner: &Message<'_>, out: &mut Collector) {
    if out.depth >= DEPTH_MAX {
        return out.unread(Unread::TooLarge);
    }
    let within = out.within.clone();
    out.within = format!("{within}{name}, ");
    out.depth += 1;
    message(inner, out);
    out.depth -= 1;
    out.within = within;
}

/// What stands before, between and after the parts: mail programs do not show it, and models that are given the file do.
fn between(message: &Message<'_>, bytes: &[u8], out: &mut Collector) {
    let mut at = None;
    let mut said = String::new();
    for part in message.parts.iter().filter(|part| !matches!(part.body, PartType::Multipart(_))) {
        let start = part.offset_header as usize;
        let from =
            at.unwrap_or_else(|| message.parts.first().map_or(start, |root| (root.offset_body as usize).min(start)));
        said.push_str(&String::from_utf8_lossy(bytes.get(from..start).unwrap_or_default()));
        at = Some(part.offset_end as usize);
    }
    if let Some(end) = at {
        said.push_str(&String::from_utf8_lossy(bytes.get(end..).unwrap_or_default()));
    }
    let lines = said.lines().filter(|line| !line.starts_with("--") && !line.trim().is_empty());
    out.hidden("between the parts", lines.collect::<Vec<_>>().join("\n"));
}

fn encrypted(text: &str, out: &mut Collector) {
    if text.contains("-----BEGIN PGP MESSAGE-----") {
        out.unread(Unread::Encrypted);
    }
}

fn header(header: &Header<'_>, said: &mut String, labels: &mut Labels) {
    let name = header.name();
    let mut line = |value: &str| {
        if name.eq_ignore_ascii_case("msip_labels") {
            labels.take_header(value);
        }
        said.push_str(name);
        said.push_str(": ");
        said.push_str(value);
        said.push('\n');
    };
    match &header.value {
        HeaderValue::Text(text) => line(text),
        HeaderValue::TextList(texts) => texts.iter().for_each(|text| line(text)),
        HeaderValue::Address(Address::List(list)) => list.iter().for_each(|one| line(&address(one))),
        HeaderValue::Address(Address::Group(groups)) => {
            for group in groups {
                line(group.name.as_deref().unwrap_or_default());
                group.addresses.iter().for_each(|one| line(&address(one)));
            }
        }
        HeaderValue::ContentType(kind) => {
            for one in kind.attributes().unwrap_or_default() {
                if !one.name.eq_ignore_ascii_case("boundary") {
                    line(&one.value);
                }
            }
        }
        HeaderValue::Received(received) => line(&format!("{received:?}")),
        HeaderValue::DateTime(_) | HeaderValue::Empty => {}
    }
}

fn address(one: &mail_parser::Addr<'_>) -> String {
    format!("{} <{}>", one.name.as_deref().unwrap_or_default(), one.address.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use crate::Unread;
    use crate::child::office::tests::{archive, said};

    #[track_caller]
    fn check(mail: &str, wanted: &[&str], unread: &[Unread]) {
        let said = said("message/rfc822", mail.as_bytes());
        let all: String = said.parts.iter().map(|part| format!("[{}] {}\n", part.place, part.text)).collect();
        for text in wanted {
            assert!(all.contains(text), "no `{text}` in:\n{all}");
        }
        assert_eq!(said.unread.iter().copied().collect::<Vec<_>>(), unread, "{all}");
    }

    #[test]
    fn headers_and_bodies_are_read() {
        let mail = "From: =?utf-8?B?SmFuZSBEb2U=?= <jane@corp.example>\r\nSubject: =?utf-8?Q?r=C3=A9sum=C3=A9?=\r\nX-Note: hidden\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nPati=\r\nent";
        check(mail, &["Jane Doe <jane@corp.example>", "résumé", "hidden", "[body] Patient"], &[]);
    }

    #[test]
    fn every_part_is_read_and_what_stands_between() {
        let word = archive(&[("[Content_Types].xml", b""), ("word/document.xml", b"<w:p><w:t>inside</w:t></w:p>")]);
        let encoded = base64(&word);
        let mail = format!(
            "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\npreamble\r\n--bb\r\nContent-Type: text/html\r\n\r\n<p>Hel<b>lo</b><!-- c -->\r\n--bb\r\nContent-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document; name=a.docx\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--bb--\r\nepilogue\r\n"
        );
        check(&mail, &["[page] Hello", "[a.docx, text] inside", "preamble", "epilogue"], &[]);
    }

    #[test]
    fn mails_in_mails_are_read() {
        let mail = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: b@c.example\r\n\r\ndeep\r\n--bb--\r\n";
        check(mail, &["Subject: inner", "deep"], &[]);
    }

    #[test]
    fn encrypted_mails_and_pictures_are_said_to_be_unread() {
        let start = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: ";
        check(
            &format!("{start}application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB"),
            &["x"],
            &[Unread::Encrypted],
        );
        check(&format!("{start}text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nhQ"), &["x"], &[Unread::Encrypted]);
        check(
            &format!("{start}image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo="),
            &["x"],
            &[Unread::Image],
        );
    }

    #[test]
    fn a_label_in_a_header_is_told() {
        let mail = "Subject: x\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nmsip_labels: MSIP_Label_1f_Enabled=true; MSIP_Label_1f_Name=Secret;\r\n\r\nbody";
        check(mail, &["[sensitivity label] SECRET\n"], &[]);
    }

    fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for three in bytes.chunks(3) {
            let number =
                three.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
            for index in 0..4 {
                let digit = DIGITS[(number >> (18 - 6 * index) & 63) as usize];
                text.push(if index > three.len() { '=' } else { char::from(digit) });
            }
        }
        text
    }
}

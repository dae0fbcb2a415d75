//! Secrets of services: a prefix (or a mark in the middle), an alphabet and a length. A new service is one row of data.

mod ai;
mod chat;
mod checksum;
mod cloud;
mod data;
mod forge;
mod identity;
mod infix;
mod mail;
mod monitoring;
mod other;
mod payment;
mod registry;

use super::published::{is_made_up, is_published};
use super::rarity::rarity;
use crate::scan::Scan;
use crate::text::{Text, is_base64_url, is_varied, is_word};

pub(crate) use infix::{INFIXES, Infix, infix};

/// How a service writes its tokens.
pub(crate) struct Token {
    pub(crate) prefix: &'static str,
    pub(crate) class: &'static str,
    pub(crate) alphabet: Alphabet,
    /// Shortest and longest rest after the prefix, in bytes.
    pub(crate) rest: (usize, usize),
    pub(crate) confidence: f32,
}

/// The characters of a token after its prefix.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// `0-9`
    Digits,
    /// `0-9a-fA-F`
    Hex,
    /// `0-9a-fA-F-`
    Uuid,
    /// `a-z0-9`
    Lower,
    /// `A-Z0-9`
    Upper,
    /// `A-Z0-9-`
    UpperDashed,
    /// `A-Za-z0-9`
    Alphanumeric,
    /// `A-Za-z0-9_-`
    Url,
    /// `A-Za-z0-9_`
    Word,
    /// `A-Za-z0-9-`
    Dashed,
    /// `A-Za-z0-9_.-`
    Dotted,
    /// `A-Za-z0-9_.~-`
    Tilde,
    /// `A-Za-z0-9+/=_-`
    Base64,
    /// `A-Za-z0-9/_-`: path of a web hook
    Path,
    /// `A-Za-z0-9:_-`
    Colons,
    /// `a-z0-9$`
    Dollars,
    /// `A-Za-z0-9+/=_.-`: base64 in parts
    Dotted64,
    /// `A-Za-z0-9%_.+/=-`: as in an address
    Percent,
    /// `A-Za-z0-9@/-`: path of a web hook of Teams
    Hook,
    /// `A-Za-z0-9@!._=-`: user, token name and value
    Proxmox,
}

/// All rows of all kinds of services.
pub(crate) fn tokens() -> impl Iterator<Item = &'static Token> {
    let tables = [
        cloud::TOKENS,
        forge::TOKENS,
        payment::TOKENS,
        chat::TOKENS,
        mail::TOKENS,
        monitoring::TOKENS,
        ai::TOKENS,
        registry::TOKENS,
        data::TOKENS,
        identity::TOKENS,
        other::TOKENS,
    ];
    tables.into_iter().flatten()
}

/// Reads the token whose prefix stands at `start`.
pub(crate) fn token(scan: &mut Scan<'_>, start: usize, token: &Token) {
    let text = scan.text;
    if !begins(text, start) {
        return;
    }
    let from = start + token.prefix.len();
    let end = text.run(from, token.rest.1 + 1, |byte| token.alphabet.has(byte));
    // A sentence may end after a token.
    let end = if text.before(end) == b'.' { end - 1 } else { end };
    let rest = text.cut(from, end);
    let fits = (token.rest.0..=token.rest.1).contains(&rest.len());
    // A token of one length is followed by nothing that could be part of it; others end where their alphabet does.
    let ends = token.rest.0 != token.rest.1 || text.ends_word(end);
    if !fits || !ends || !is_varied(rest) || is_made_up(rest) || is_published(text.cut(start, end)) {
        return;
    }
    if token.confidence < SURE && rarity(rest) < WEAK_RARITY_BITS {
        return;
    }
    let confidence = match checksum::agrees(token.prefix, rest) {
        Some(true) => 0.99,
        Some(false) => token.confidence.min(0.8),
        None => token.confidence,
    };
    scan.hit(start, end, token.class, confidence, "token");
}

/// Whether a token can begin here: not inside a word, nor in one that goes on after a dash. The `n` of an escaped line end (`\n`)
/// is no word.
fn begins(text: Text<'_>, start: usize) -> bool {
    let is_after_escape =
        matches!(text.before(start), b'n' | b't' | b'r') && text.before(start.saturating_sub(1)) == b'\\';
    let is_dashed = text.before(start) == b'-' && is_word(text.before(start.saturating_sub(1)));
    is_after_escape || text.starts_word(start) && !is_dashed
}

impl Alphabet {
    pub(crate) fn has(self, byte: u8) -> bool {
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Uuid => byte.is_ascii_hexdigit() || byte == b'-',
            Self::Lower => byte.is_ascii_lowercase() || byte.is_ascii_digit(),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::UpperDashed => byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-',
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Url => is_base64_url(byte),
            Self::Word => is_word(byte),
            Self::Dashed => byte.is_ascii_alphanumeric() || byte == b'-',
            Self::Dotted => is_base64_url(byte) || byte == b'.',
            Self::Tilde => is_base64_url(byte) || matches!(byte, b'.' | b'~'),
            Self::Base64 => is_base64_url(byte) || matches!(byte, b'+' | b'/' | b'='),
            Self::Path => is_base64_url(byte) || byte == b'/',
            Self::Colons => is_base64_url(byte) || byte == b':',
            Self::Dotted64 => is_base64_url(byte) || matches!(byte, b'+' | b'/' | b'=' | b'.'),
            Self::Percent => is_base64_url(byte) || matches!(byte, b'+' | b'/' | b'=' | b'.' | b'%'),
            Self::Hook => byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'/' | b'-'),
            Self::Proxmox => is_base64_url(byte) || matches!(byte, b'@' | b'!' | b'.' | b'='),
            Self::Dollars => byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'$',
        }
    }
}

/// A row whose prefix alone tells the service.
const fn row(prefix: &'static str, class: &'static str, alphabet: Alphabet, rest: (usize, usize)) -> Token {
    Token { prefix, class, alphabet, rest, confidence: 0.95 }
}

/// A row whose prefix other things have too: the rest must be rare as well.
const fn weak(prefix: &'static str, class: &'static str, alphabet: Alphabet, rest: (usize, usize)) -> Token {
    Token { prefix, class, alphabet, rest, confidence: 0.75 }
}

/// The longest rest of any token.
const REST_MAX: usize = 255;
/// From here on a prefix is enough.
const SURE: f32 = 0.9;
/// How rare the rest after a weak prefix must be.
const WEAK_RARITY_BITS: f32 = 16.0;

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Channel;
    use crate::detect::tests::{check, found};

    /// Letters and digits that do not repeat, always the same: a linear congruential generator.
    pub(crate) fn random(length: usize) -> String {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut state = 12_345u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        (0..length).map(|_| char::from(letters[next() % letters.len()])).collect()
    }

    #[track_caller]
    fn finds(text: &str, class: &str) {
        let found = found(Channel::User, text);
        assert!(found.findings.iter().any(|finding| finding.class.as_str() == class), "{class}: {text} {found:?}");
    }

    /// Characters of an alphabet, always the same.
    fn rest(alphabet: Alphabet, length: usize) -> String {
        let noise = random(length * 8);
        let cased: String = match alphabet {
            Alphabet::Digits => "8305917264".chars().cycle().take(length).collect(),
            Alphabet::Upper | Alphabet::UpperDashed => noise.to_uppercase(),
            Alphabet::Lower | Alphabet::Dollars => noise.to_lowercase(),
            _ => noise,
        };
        cased.bytes().filter(|byte| alphabet.has(*byte)).take(length).map(char::from).collect()
    }

    #[test]
    fn every_row_finds_a_token_of_its_kind() {
        for row in tokens() {
            let rest = rest(row.alphabet, row.rest.0.max(20).min(row.rest.1));
            finds(&format!("v={}{rest};", row.prefix), row.class);
            finds(&format!("see {}{rest}", row.prefix), row.class);
        }
    }

    #[test]
    fn every_infix_finds_a_token_of_its_kind() {
        for row in INFIXES {
            let text = format!("{}{}{}", rest(row.before.0, row.before.1), row.mark, rest(row.after.0, row.after.1));
            finds(&format!("at {text} here"), row.class);
        }
    }

    #[test]
    fn the_tables_know_their_services_once() {
        let prefixes: Vec<_> = tokens().map(|row| row.prefix).collect();
        assert_eq!(prefixes.iter().collect::<BTreeSet<_>>().len(), prefixes.len());
        assert!(tokens().all(|row| row.prefix.len() >= 3 && row.class.starts_with("secret.") && row.rest.0 >= 8));
    }

    #[test]
    fn too_short_too_even_or_glued_is_no_token() {
        check("AKIA2J3K4L5M", &[]);
        check("xAKIA2J3K4L5M6N7P8Q9R", &[]);
        check("AKIA2J3K4L5M6N7P8Q9RAB", &[]);
        check("sk-proj-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", &[]);
        check("ghp_your-token-here", &[]);
        check("ghp_abcdefghijklmnopqrstuvwxyz0123456789", &[]);
        check("task-force and risk-based-approach-to-everything-in-2024", &[]);
    }

    #[test]
    fn an_escaped_line_end_is_no_part_of_a_word() {
        check("\"keys:\\nAKIA2J3K4L5M6N7P8Q9R\\n\"", &["secret.aws_access_key"]);
    }

    #[test]
    fn published_examples_are_no_secrets() {
        check("AKIAIOSFODNN7EXAMPLE", &[]);
        check("sk_test_4eC39HqLyjWDarjtT1zdp7dc", &[]);
    }
}

//! Text as a reader sees it: compatibility forms folded, invisible characters dropped, look-alikes unmasked.

use std::ops::Range;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use crate::view::{Rewrite, View};

/// A normalised text and what was odd about its characters.
pub(crate) struct Normal<'t> {
    pub(crate) view: View<'t>,
    pub(crate) unseen: Vec<Unseen>,
    /// Text hidden in tag characters, and where.
    pub(crate) hidden: Option<(String, Range<usize>)>,
}

/// Characters that change what is read but not what is seen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unseen {
    pub(crate) place: Range<usize>,
    pub(crate) kind: UnseenKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnseenKind {
    /// Characters of the tag block, which spell ASCII unseen.
    Tags,
    /// Characters that turn the direction of text over.
    Bidi,
    /// Embeddings and isolates where nothing is written from right to left.
    Embedding,
    /// Several characters without width in a row.
    ZeroWidth,
    /// Several variation selectors in a row, which can carry bytes.
    Selectors,
}

/// Normalises a text that begins at `offset` of what places shall refer to. ASCII is returned as it is.
///
/// Works character by character, so that a place in the result maps back and a prefix of the text gives a prefix of
/// the result (look-alikes apart, which are judged by their word).
pub(crate) fn normalise(text: &str, offset: usize) -> Normal<'_> {
    let mut state = State { rewrite: Rewrite::new(text, offset), word_end: 0, mixed: false };
    let mut unseen = UnseenRuns::default();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(ahead) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| !byte.is_ascii())) {
        at += ahead;
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        unseen.note(c, at + offset);
        state.fold(text, at, c);
        at += c.len_utf8();
    }
    let (unseen, hidden) = unseen.finish();
    Normal { view: state.rewrite.finish(), unseen, hidden }
}

struct State<'t> {
    rewrite: Rewrite<'t>,
    /// Up to where `mixed` has been judged.
    word_end: usize,
    /// Whether the present word has ASCII letters or digits among others.
    mixed: bool,
}

impl State<'_> {
    fn fold(&mut self, text: &str, at: usize, c: char) {
        let end = at + c.len_utf8();
        if is_plain_letter(c) {
            return;
        }
        if is_invisible(c) || is_combining(c) {
            self.rewrite.replace(at, end, "");
        } else if let Some(plain) = plain(c) {
            self.rewrite.replace(at, end, plain.encode_utf8(&mut [0; 4]));
        } else if let Some(twin) = look_alike(c) {
            if self.is_mixed(text, at) {
                self.rewrite.replace(at, end, twin.encode_utf8(&mut [0; 4]));
            }
        } else if is_nfkc_quick(std::iter::once(c)) != IsNormalized::Yes {
            let folded: String = std::iter::once(c).nfkc().take(FOLD_CHARS_MAX).collect();
            if folded.chars().ne(std::iter::once(c)) {
                self.rewrite.replace(at, end, &folded);
            }
        }
    }

    /// Whether the word around `at` mixes ASCII with something else. Each word is judged once.
    fn is_mixed(&mut self, text: &str, at: usize) -> bool {
        if at >= self.word_end {
            let rest = text.get(at..).unwrap_or("");
            let word: usize = rest.chars().take(WORD_CHARS_MAX).take_while(|c| in_word(*c)).map(char::len_utf8).sum();
            self.word_end = at + word.max(1);
            let has_ascii = rest.get(..word).unwrap_or("").bytes().any(|byte| byte.is_ascii_alphanumeric());
            self.mixed = has_ascii || self.rewrite.last_byte(at).is_ascii_alphanumeric();
        }
        self.mixed
    }
}

#[derive(Default)]
struct UnseenRuns {
    found: Vec<Unseen>,
    run: Option<(UnseenKind, Range<usize>, usize)>,
    tags: String,
    tags_place: Range<usize>,
    /// How many tags may still follow as part of a flag.
    flag_tags: u8,
    right_to_left: bool,
}

impl UnseenRuns {
    fn note(&mut self, c: char, at: usize) {
        let end = at + c.len_utf8();
        self.right_to_left |= matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
        let kind = match c {
            // A black flag and tags after it are a flag of a region.
            '\u{e0000}'..='\u{e007f}' if self.flag_tags > 0 => {
                self.flag_tags -= 1;
                return;
            }
            '\u{e0000}'..='\u{e007f}' => UnseenKind::Tags,
            // Overrides have no use in running text; embeddings and isolates do, in right-to-left text.
            '\u{202d}' | '\u{202e}' => UnseenKind::Bidi,
            '\u{202a}'..='\u{202c}' | '\u{2066}'..='\u{2069}' => UnseenKind::Embedding,
            '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{180e}' => UnseenKind::ZeroWidth,
            '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => UnseenKind::Selectors,
            _ => {
                self.flag_tags = if c == '\u{1f3f4}' { FLAG_TAGS_MAX } else { 0 };
                return;
            }
        };
        self.flag_tags = 0;
        self.extend(kind, at..end);
        if let (UnseenKind::Tags, Some(spelt)) = (kind, char::from_u32(c as u32 & 0x7f)) {
            if self.tags.is_empty() {
                self.tags_place = at..end;
            }
            self.tags_place.end = end;
            self.tags.extend((' '..='~').contains(&spelt).then_some(spelt));
        }
    }

    fn extend(&mut self, kind: UnseenKind, place: Range<usize>) {
        match &mut self.run {
            Some((open, run, count)) if *open == kind && run.end == place.start => {
                run.end = place.end;
                *count += 1;
            }
            _ => {
                self.close();
                self.run = Some((kind, place, 1));
            }
        }
    }

    fn close(&mut self) {
        let Some((kind, place, count)) = self.run.take() else { return };
        let is_odd_alone = !matches!(kind, UnseenKind::ZeroWidth | UnseenKind::Selectors);
        if is_odd_alone || count >= UNSEEN_RUN_MIN {
            self.found.push(Unseen { place, kind });
        }
    }

    fn finish(mut self) -> (Vec<Unseen>, Option<(String, Range<usize>)>) {
        self.close();
        if self.right_to_left {
            self.found.retain(|unseen| unseen.kind != UnseenKind::Embedding);
        }
        let hidden = (!self.tags.is_empty()).then_some((self.tags, self.tags_place));
        (self.found, hidden)
    }
}

/// Characters that draw nothing and that a matcher must not stumble over.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Letters that are what they look like: most of what is not ASCII, so they are judged first.
fn is_plain_letter(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{ac00}'..='\u{d7a3}' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{130}')
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// The ASCII character that punctuation, spaces and digits of other kinds stand for.
fn plain(c: char) -> Option<char> {
    Some(match c {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '\u{2043}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{ff07}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{ff02}' => '"',
        '\u{2024}' | '\u{3002}' | '\u{ff61}' => '.',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{2236}' | '\u{a789}' => ':',
        _ => {
            let zero = DIGIT_ZEROS.iter().find(|zero| (0..10).contains(&(c as i64 - i64::from(**zero))))?;
            char::from_digit(c as u32 - zero, 10)?
        }
    })
}

/// The ASCII letter that a Cyrillic, Greek or other letter looks like.
fn look_alike(c: char) -> Option<char> {
    if !matches!(c, '\u{131}'..='\u{1c3}' | '\u{251}'..='\u{28f}' | '\u{370}'..='\u{58f}' | '\u{1d00}'..='\u{1d22}') {
        return None;
    }
    LOOK_ALIKES.iter().find_map(|(twin, others)| others.contains(c).then_some(*twin))
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_invisible(c) || is_combining(c)
}

/// One character never folds into more (U+FDFA gives 18).
const FOLD_CHARS_MAX: usize = 18;
/// How far a word is looked at to judge whether it mixes scripts.
const WORD_CHARS_MAX: usize = 64;
/// One zero-width character joins emoji and breaks lines; so many in a row carry something.
const UNSEEN_RUN_MIN: usize = 3;

/// The longest flag of a region: five or six letters and the closing tag.
const FLAG_TAGS_MAX: u8 = 7;

/// The zeros of decimal digits that are in use, beyond ASCII and beyond what NFKC folds.
const DIGIT_ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
    0x17e0, 0x1810,
];

const LOOK_ALIKES: &[(char, &str)] = &[
    ('a', "аα\u{251}ᴀ"),
    ('b', "ЬʙƄ"),
    ('c', "сϲᴄ"),
    ('d', "ԁᴅ"),
    ('e', "еєҽᴇ"),
    ('g', "ɡԍɢ"),
    ('h', "һհʜ"),
    ('i', "іıɩιɪ"),
    ('j', "јϳᴊ"),
    ('k', "κкᴋ"),
    ('l', "ӏʟ"),
    ('m', "мᴍ"),
    ('n', "ոռɴ"),
    ('o', "оοօσᴏ"),
    ('p', "рρᴘ"),
    ('q', "ԛզ"),
    ('r', "гʀ"),
    ('s', "ѕꜱ"),
    ('t', "тτᴛ"),
    ('u', "υսʋᴜ"),
    ('v', "νѵᴠ"),
    ('w', "ԝωᴡ"),
    ('x', "хχ"),
    ('y', "уүγʏ"),
    ('z', "ᴢ"),
    ('A', "АΑ"),
    ('B', "ВΒ"),
    ('C', "СϹ"),
    ('E', "ЕΕ"),
    ('G', "Ԍ"),
    ('H', "НΗ"),
    ('I', "ІΙӀ"),
    ('J', "ЈͿ"),
    ('K', "КΚ"),
    ('M', "МΜ"),
    ('N', "Ν"),
    ('O', "ОΟՕ"),
    ('P', "РΡ"),
    ('S', "ЅՏ"),
    ('T', "ТΤ"),
    ('U', "Ս"),
    ('X', "ХΧ"),
    ('Y', "ҮΥ"),
    ('Z', "Ζ"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(normalise(text, 0).view.text, expected, "{text}");
    }

    #[test]
    fn text_reads_as_it_looks() {
        check("plain ASCII", "plain ASCII");
        check("naïve café Müller", "naïve café Müller");
        check("ｆｕｌｌｗｉｄｔｈ４１１１＠", "fullwidth4111@");
        check("𝐛𝐨𝐥𝐝 ﬁne", "bold fine");
        check("i\u{200b}g\u{2060}n\u{ad}ore", "ignore");
        check("z\u{336}a\u{301}", "za");
        check("41\u{a0}11\u{2011}22", "41 11-22");
        check("٤١١١", "4111");
    }

    #[test]
    fn look_alikes_fold_only_in_words_that_mix() {
        check("іgnоrе pаsswоrd", "ignore password");
        check("АКІА1234", "AKIA1234");
        check("Москва и порт", "Москва и порт");
        check("ρ = 3", "ρ = 3");
    }

    fn unseen(text: &str, expected: &[UnseenKind]) {
        let kinds: Vec<_> = normalise(text, 0).unseen.iter().map(|unseen| unseen.kind).collect();
        assert_eq!(kinds, expected, "{text:?}");
    }

    #[test]
    fn unseen_characters_are_told_from_lawful_ones() {
        unseen("a\u{e0041}b", &[UnseenKind::Tags]);
        unseen("x \u{202e}gnp.exe", &[UnseenKind::Bidi]);
        unseen("x \u{2067}abc", &[UnseenKind::Embedding]);
        unseen("a\u{200b}\u{200c}\u{200b}b", &[UnseenKind::ZeroWidth]);
        unseen("a\u{fe01}\u{fe02}\u{fe03}b", &[UnseenKind::Selectors]);
        unseen("👩\u{200d}🔬 and ❤\u{fe0f}", &[]);
        unseen("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", &[]);
        unseen("שלום \u{2067}abc\u{2069}", &[]);
    }

    #[test]
    fn tags_are_spelt_out() {
        let text: String =
            "hi".chars().chain("steal".chars().filter_map(|c| char::from_u32(0xe0000 + c as u32))).collect();
        assert_eq!(normalise(&text, 0).hidden, Some(("steal".to_owned(), 2..22)));
    }

    #[test]
    fn places_point_into_the_original() {
        let text = "🙂 ｐw";
        let view = normalise(text, 0).view;
        assert_eq!(view.text, "🙂 pw");
        assert_eq!(view.source(5..7), 5..9);
    }
}

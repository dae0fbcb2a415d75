//! What a proof shows, what it takes to forge one, and what it gives away.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a failure is what it is for"
)]

mod samples;

use std::collections::BTreeMap;

use ledger::{
    Entry, Hash, Intent, Refusal, Salt,
    cosign::WitnessSigner,
    encode::{Encoded, Place},
    envelope::erase,
    frame,
    note::{Checkpoint, LogKey},
    proof::{Broken, Claim, Proof, ProveError, Proved, Prover, Trust, Verdict, check},
    salts::Seed,
    segment,
    tree::Tree,
};
use samples::{act, intent, outcome};

const ORIGIN: &str = "portcullis.test/ledger";
const START: u64 = 1_795_000_000_000;
const NEVER: &str = "level>=restricted and jurisdiction!=EU";

/// A ledger in memory: header and record payloads, segment by segment, and a checkpoint over all of them.
#[derive(Clone)]
struct Ledger {
    segments: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
    note: String,
}

#[test]
fn a_proof_holds_for_every_range() {
    let ledger = ledger(40, attempt);
    for from in 0..40 {
        for to in [from + 1, from + 7, 40, 45] {
            let proved = prove(&ledger, Claim::Never, NEVER, from, to).unwrap();
            let proof = holds(&proved.file);
            let last = to.min(40) - 1;
            assert_eq!(proof.range, Some((from, last)), "{from} to {to}");
            assert_eq!(proof.attempts, (from..=last).filter(|n| n % 3 == 0).count() as u64);
            assert_eq!((proof.statement.before, proof.statement.after), (from > 0, to < 40));
            assert!(!proof.witnessed && proof.matches.is_empty());
        }
    }
}

#[test]
fn a_proof_says_which_detectors_looked_and_how_much_they_could_not_read() {
    let proof = holds(&prove(&ledger(40, attempt), Claim::Never, NEVER, 0, 40).unwrap().file);
    let count = |version: &str| proof.detectors[version];
    assert_eq!((count("d1").attempts, count("d1").with_opaque), (7, 1));
    assert_eq!((count("d2").attempts, count("d2").with_opaque), (7, 1));
}

#[test]
fn an_attempt_that_is_as_the_question_says_contradicts_the_proof() {
    let ledger = ledger(40, |n| if n == 21 { leak(n) } else { attempt(n) });
    let proved = prove(&ledger, Claim::Never, NEVER, 0, 40).unwrap();
    assert_eq!(proved.matches, [21]);
    let Verdict::Contradicts(proof) = check(&proved.file, &trust()).unwrap() else { panic!("it is contradicted") };
    assert_eq!(proof.matches.len(), 1);
    assert_eq!((proof.matches[0].seq, proof.matches[0].shown["jurisdiction"].as_str()), (21, "US"));
    // Before it and after it nothing is wrong.
    for (from, to) in [(0, 21), (22, 40)] {
        holds(&prove(&ledger, Claim::Never, NEVER, from, to).unwrap().file);
    }
}

#[test]
fn any_changed_byte_breaks_a_proof() {
    let proved = prove(&ledger(40, attempt), Claim::Never, NEVER, 5, 20).unwrap();
    let sound = check(&proved.file, &trust()).unwrap();
    for at in 0..proved.file.len() {
        for bit in [0, 3, 7] {
            let mut bad = proved.file.clone();
            bad[at] ^= 1 << bit;
            match check(&bad, &trust()) {
                Err(_) => {}
                // A range said to be a little longer or shorter, with the same records in it, is as true as it was.
                // Nothing else may differ.
                Ok(Verdict::Holds(mut proof)) => {
                    let Verdict::Holds(sound) = &sound else { panic!("it holds") };
                    proof.statement.from_ms = sound.statement.from_ms;
                    proof.statement.to_ms = sound.statement.to_ms;
                    assert_eq!(proof, *sound, "byte {at}, bit {bit}");
                }
                Ok(Verdict::Contradicts(_)) => panic!("byte {at} makes it say the opposite"),
            }
        }
    }
    for cut in [0, 1, 50, proved.file.len() - 1] {
        assert!(check(&proved.file[..cut], &trust()).is_err(), "cut at {cut}");
    }
    let mut longer = proved.file;
    longer.push(0);
    assert!(check(&longer, &trust()).is_err());
}

#[test]
fn a_leak_cannot_be_left_out_of_the_range() {
    // The operator says that the range ends before the leak, or begins after it, and writes the statement to fit.
    let ledger = ledger(40, |n| if n == 21 { leak(n) } else { attempt(n) });
    for (from, to) in [(0, 21), (22, 40)] {
        let proved = prove(&ledger, Claim::Never, NEVER, from, to).unwrap();
        let text = String::from_utf8_lossy(&proved.file).into_owned();
        let line = text.lines().nth(1).unwrap();
        for (key, time) in [("from_ms", START), ("to_ms", START + 40_000)] {
            let statement = &proved.statement;
            let old = if key == "from_ms" { statement.from_ms } else { statement.to_ms };
            let forged = line.replace(&format!("\"{key}\":{old}"), &format!("\"{key}\":{time}"));
            if forged == line {
                continue;
            }
            let file = splice(&proved.file, line.as_bytes(), forged.as_bytes());
            assert!(matches!(check(&file, &trust()), Err(Broken::Untrue(_))), "{key}");
            // Nor by saying that the neighbour is not there.
            for edge in ["before", "after"] {
                let forged = forged.replace(&format!("\"{edge}\":true"), &format!("\"{edge}\":false"));
                let file = splice(&proved.file, line.as_bytes(), forged.as_bytes());
                assert!(check(&file, &trust()).is_err(), "{key}, {edge}");
            }
        }
    }
}

#[test]
fn another_question_is_not_answered_by_it() {
    let ledger = ledger(40, |n| if n == 21 { leak(n) } else { attempt(n) });
    let question = "level>=restricted and jurisdiction=KP";
    let proved = prove(&ledger, Claim::Never, question, 0, 40).unwrap();
    holds(&proved.file);
    let forged = splice(&proved.file, question.as_bytes(), b"level>=restricted and jurisdiction=US");
    assert_eq!(
        check(&forged, &trust()),
        Err(Broken::Untrue("an attempt is as the question says and is not shown to be, or the reverse"))
    );
}

#[test]
fn a_proof_of_another_ledger_or_key_convinces_nobody() {
    let proved = prove(&ledger(40, attempt), Claim::Never, NEVER, 0, 40).unwrap();
    let other = LogKey::new(ORIGIN, &[8; 32]).unwrap().verifier();
    assert_eq!(check(&proved.file, &Trust { logs: vec![other], ..Trust::default() }), Err(Broken::Untrusted));
    assert_eq!(check(&proved.file, &Trust::default()), Err(Broken::Untrusted));
}

#[test]
fn witnesses_come_from_the_reader_and_never_from_the_proof() {
    let mut ledger = ledger(40, attempt);
    let witness = WitnessSigner::new("witness.test/w1", &[1; 32]);
    let text = ledger.note.split_once("\n\n").unwrap().0.to_owned();
    ledger.note = format!("{}\n{}", ledger.note.trim_end(), witness.line(&text, 1_795_000_100));
    let file = prove(&ledger, Claim::Never, NEVER, 0, 40).unwrap().file;
    assert!(!holds(&file).witnessed, "nobody trusts this witness");
    let believed = |quorum, witnesses| {
        let trust = Trust { witnesses, quorum, ..trust() };
        let Verdict::Holds(proof) = check(&file, &trust).unwrap() else { panic!("it holds") };
        (proof.witnessed, proof.witnessed_s)
    };
    assert_eq!(believed(1, vec![witness.key()]), (true, Some(1_795_000_100)));
    assert_eq!(believed(2, vec![witness.key()]), (false, Some(1_795_000_100)));
    assert_eq!(believed(1, vec![WitnessSigner::new("witness.test/w1", &[2; 32]).key()]), (false, None));
}

#[test]
fn a_proof_opens_what_the_question_needs_and_nothing_else() {
    let file = prove(&ledger(40, attempt), Claim::Never, NEVER, 0, 40).unwrap().file;
    let gives = |file: &[u8], text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
    for open in ["restricted", "EU", "d1"] {
        assert!(gives(&file, open), "{open}");
    }
    for closed in ["ward", "key:", "phi.mrn", "qwen", "call_", "eu-central", "screen.strict"] {
        assert!(!gives(&file, closed), "{closed}");
    }
    let file = prove(&ledger(40, attempt), Claim::Never, "jurisdiction=US", 0, 40).unwrap().file;
    assert!(!gives(&file, "restricted") && !gives(&file, "d1"));
}

#[test]
fn who_and_reached_show_the_attempts_and_no_others() {
    let ledger = ledger(40, |n| if n == 21 { leak(n) } else { attempt(n) });
    let proof = holds(&prove(&ledger, Claim::Who, "jurisdiction=US and level=restricted", 0, 40).unwrap().file);
    assert_eq!(proof.matches.len(), 1);
    assert!(proof.matches[0].shown["who"].contains("key:4fJ2kQ0aPz1b"));
    assert!(!proof.matches[0].shown.contains_key("classes"));
    let proof = holds(&prove(&ledger, Claim::Reached, "destination=us-llm", 0, 40).unwrap().file);
    assert_eq!(proof.matches.len(), 1);
    assert!(proof.matches[0].shown["classes"].contains("phi.mrn"));
    assert!(!proof.matches[0].shown.contains_key("who"));
}

#[test]
fn after_an_erasure_proofs_stand_and_new_ones_are_made() {
    let mut ledger = ledger(40, |n| if n == 21 { leak(n) } else { attempt(n) });
    let before = prove(&ledger, Claim::Never, "level=public", 0, 40).unwrap().file;
    for (_, records) in &mut ledger.segments {
        records.iter_mut().for_each(|record| assert!(erase(record)));
    }
    assert_eq!(prove(&ledger, Claim::Never, "level=public", 0, 40).unwrap().file, before);
    let proof = holds(&prove(&ledger, Claim::Who, "jurisdiction=US and level=restricted", 0, 40).unwrap().file);
    assert!(proof.matches[0].erased && !proof.matches[0].shown.contains_key("who"));
}

#[test]
fn a_record_costs_less_than_64_bytes() {
    let ledger = ledger(6_000, |n| if n % 2 == 0 { level(n, "restricted", "EU") } else { outcome(n, n - 1) });
    for question in [NEVER, "class=phi.* and jurisdiction!=EU", "jurisdiction=US", "destination=other", "region=us-*"] {
        let file = prove(&ledger, Claim::Never, question, 100, 5_900).unwrap().file;
        holds(&file);
        let bytes = file.len() as f64 / 5_800.0;
        assert!(bytes < 64.0, "{question}: {bytes} bytes a record");
    }
}

#[test]
fn what_cannot_be_proved_is_refused() {
    let ledger = ledger(40, attempt);
    assert!(matches!(prove(&ledger, Claim::Never, NEVER, 50, 60), Err(ProveError::Empty)));
    assert!(matches!(prove(&ledger, Claim::Never, "caller=x", 0, 40), Err(ProveError::Question(_))));
    let mut altered = ledger.clone();
    altered.segments[0].1[3][14] ^= 1;
    assert!(matches!(prove(&altered, Claim::Never, NEVER, 0, 40), Err(ProveError::NotSigned)));
    let mut short = ledger;
    short.segments.last_mut().unwrap().1.pop();
    assert!(matches!(prove(&short, Claim::Never, NEVER, 0, 40), Err(ProveError::NotSigned)));
}

/// Every third record is an attempt: restricted in the EU, or public in the US.
fn attempt(n: u64) -> Entry {
    match n % 3 {
        0 if n.is_multiple_of(2) => level(n, "restricted", "EU"),
        0 => level(n, "internal", "US"),
        1 => outcome(n, n - 1),
        _ if n.is_multiple_of(4) => refusal(n),
        _ => act(n),
    }
}

fn leak(n: u64) -> Entry {
    let Entry::Intent(mut leak) = level(n, "restricted", "US") else { panic!("an intent") };
    leak.destination.name = "us-llm".to_owned();
    Entry::Intent(leak)
}

fn level(n: u64, level: &str, jurisdiction: &str) -> Entry {
    let Entry::Intent(intent) = intent(n) else { panic!("an intent") };
    let mut destination = intent.destination.clone();
    destination.jurisdiction = jurisdiction.to_owned();
    let mut findings = intent.findings.clone();
    if n == 9 || n == 12 {
        findings.insert("opaque.image".to_owned(), 1);
    }
    let detector_version = if n.is_multiple_of(2) { "d1" } else { "d2" }.to_owned();
    Entry::Intent(Intent { level: level.to_owned(), destination, findings, detector_version, ..intent })
}

fn refusal(n: u64) -> Entry {
    Entry::Refusal(Refusal {
        id: samples::id(n),
        call: format!("call_{n}"),
        caller: "key:4fJ2kQ0aPz1b".to_owned(),
        tenant: "ward-7".to_owned(),
        use_case: None,
        front_door: "openai.chat".to_owned(),
        alias: Some("auto".to_owned()),
        step: "decide".to_owned(),
        code: "no_destination".to_owned(),
        status: 403,
        findings: BTreeMap::new(),
        detector_version: Some("d1".to_owned()),
        level: Some("restricted".to_owned()),
        injection_permille: None,
        policy_input: None,
        policy_hash: "sha256:00".to_owned(),
        config_hash: "sha256:00".to_owned(),
        determining_policies: Vec::new(),
        destinations: BTreeMap::new(),
        prompt: None,
        salt: None,
    })
}

/// Records a second apart, in segments of 7, 70, 700 … records.
fn ledger(records: u64, entry: impl Fn(u64) -> Entry) -> Ledger {
    let mut segments: Vec<(Vec<u8>, Vec<Vec<u8>>)> = Vec::new();
    let (mut tree, mut prev, mut first, mut next) = (Tree::default(), Hash::ZERO, 0, 0);
    let mut salts = Seed::new([0; 32]).salts();
    for n in 0..records {
        if n == next {
            let seed = Seed::new([n as u8 | 1; 32]);
            let mut header = Vec::new();
            segment::Header::new(ORIGIN, n, prev, &seed).push(&mut header);
            segments.push((header.split_off(frame::HEADER_BYTES), Vec::new()));
            (first, salts, next) = (n, seed.salts(), if n == 0 { 7 } else { n * 10 });
        }
        let encoded = Encoded::of(entry(n), &Salt::new([n as u8; 32])).unwrap();
        let ends = encoded.ends().map(|_| n - 1);
        let place = Place { seq: n, time_ms: START + n * 1_000, prev, durable: n - n % 5, ends };
        let mut out = Vec::new();
        prev = encoded.seal(&place, &salts.at((n - first) as u32), &mut out);
        segments.last_mut().unwrap().1.push(out.split_off(frame::HEADER_BYTES));
        tree.push(prev);
    }
    let note = Checkpoint { origin: ORIGIN.to_owned(), size: records, root: tree.root() }.sign(&log_key());
    Ledger { segments, note }
}

/// A proof about the records `from` to `to`, by their times.
fn prove(ledger: &Ledger, claim: Claim, question: &str, from: u64, to: u64) -> Result<Proved, ProveError> {
    let mut prover = Prover::new(claim, question, START + from * 1_000, START + to * 1_000, &ledger.note)?;
    for (header, records) in &ledger.segments {
        prover.segment(header)?;
        for record in records {
            prover.record(record)?;
        }
    }
    prover.finish()
}

fn holds(file: &[u8]) -> Proof {
    match check(file, &trust()).unwrap() {
        Verdict::Holds(proof) => *proof,
        Verdict::Contradicts(proof) => panic!("contradicted: {:?}", proof.matches),
    }
}

fn splice(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = file.windows(from.len()).position(|window| window == from).unwrap();
    [&file[..at], to, &file[at + from.len()..]].concat()
}

fn trust() -> Trust {
    Trust { logs: vec![log_key().verifier()], ..Trust::default() }
}

fn log_key() -> LogKey {
    LogKey::new(ORIGIN, &[7; 32]).unwrap()
}

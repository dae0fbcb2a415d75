//! What verification says of a ledger that was tampered with, and of one that a crash cut short.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a failure is what it is for"
)]

mod samples;

use ledger::{
    Entry, Hash, Intent, Problem, Salt, Verdict, Verifier, Wrong,
    encode::{Encoded, Place, hash_of, leaf_hash},
    envelope::{ENVELOPE_BYTES, erase},
    frame::{self, Found},
    note::{Checkpoint, LogKey},
    salts::Seed,
    segment,
    tree::Tree,
};
use samples::{act, id, intent, outcome};

const ORIGIN: &str = "portcullis.test/ledger";

/// A ledger in memory: one payload a frame, so that tests can pull it apart.
#[derive(Clone)]
struct Files {
    segments: Vec<(String, Vec<Vec<u8>>)>,
    /// Bytes after the last frame of the last segment.
    tail: Vec<u8>,
    checkpoints: Vec<String>,
}

#[test]
fn a_ledger_as_it_was_written_is_sound() {
    let verdict = verify(&ledger());
    assert_eq!(verdict.problem, None);
    assert!(verdict.sound);
    assert_eq!((verdict.records, verdict.segments, verdict.signed_records, verdict.checkpoints), (20, 3, 18, 3));
    assert_eq!(verdict.trust, "operator-signed only");
    assert_eq!(verdict.open_intents, 1);
    assert_eq!(verdict.open_intents_listed[0].id, id(18));
    assert_eq!(verdict.torn_tail, None);
}

#[test]
fn the_format_does_not_change_by_accident() {
    // Whoever changes this changes the format: a new version, in `docs/ledger-format.md` and in both verifiers.
    let verdict = verify(&ledger());
    assert_eq!(verdict.root.hex(), "827a7e2fac4b92edfe5be88ff75b923c8069e6011c7b1e38fe17cc6968b6c924");
    let first: String = payload(&mut ledger(), 0).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        first,
        "50434c32040000000000000000005e56eea10100000000000000000000ffffffffffffffff0000000000000000000000\
         0000000000000000000000000000000000000000000fa3f919c1361db53ff5cbfb41bb50e57789b9184b2b19a2955337\
         b5b547b4cd0001a1ee565e00000000000000000000000000000000000000000000000000000000000000000000000000\
         0000000000000000530000007b22616374696f6e223a22636f6e6669672e6c6f61646564222c226163746f72223a2270\
         6f727463756c6c6973222c2264657461696c223a7b2268617368223a227368613235363a3630333033616532227d7d"
    );
}

#[test]
fn pieces_of_any_size_give_the_same_verdict() {
    let mut tampered = ledger();
    *payload(&mut tampered, 9) = tampered_text(&tampered, 9);
    for files in [ledger(), tampered] {
        let whole = verify(&files);
        for piece in [1, 7, 64, 1_000, 65_536] {
            assert_eq!(verify_in_pieces(&files, piece, Some(key())), whole, "pieces of {piece}");
        }
    }
}

#[test]
fn without_the_key_the_chain_verifies_and_says_that_signatures_were_not_checked() {
    let verdict = verify_in_pieces(&ledger(), 4_096, None);
    assert!(verdict.sound);
    assert_eq!(verdict.trust, "signatures not checked");
    let mut tampered = ledger();
    *payload(&mut tampered, 9) = tampered_text(&tampered, 9);
    assert_eq!(found(&verify_in_pieces(&tampered, 4_096, None)), Some((Wrong::Altered, Some(9))));
}

#[test]
fn any_flipped_byte_is_found_at_its_record() {
    let files = ledger();
    for record in 0..18 {
        let frame_bytes = payload(&mut files.clone(), record).len() + frame::HEADER_BYTES;
        for at in (0..frame_bytes).step_by(41).chain([0, 3, 4, 7, 8]) {
            let mut bytes = raw(&files);
            let (segment, offset) = place_of(&files, record);
            bytes[segment][offset + at] ^= 0x20;
            let verdict = verify_raw(&files, &bytes);
            let problem = verdict.problem.unwrap_or_else(|| panic!("record {record}, byte {at} went unseen"));
            assert_eq!((problem.what, problem.seq), (Wrong::Altered, Some(record as u64)), "byte {at}: {problem}");
            assert_eq!((problem.segment, problem.offset), (files.segments[segment].0.clone(), offset as u64));
        }
    }
}

#[test]
fn a_change_with_its_checksum_mended_is_found_at_its_record() {
    for record in 0..18 {
        check(|files| *payload(files, record) = tampered_text(files, record), Wrong::Altered, record as u64);
    }
}

#[test]
fn a_changed_salt_is_found() {
    check(
        |files| {
            payload(files, 4)[ENVELOPE_BYTES + 17] ^= 1;
        },
        Wrong::Altered,
        4,
    );
}

#[test]
fn a_missing_record_is_named() {
    for record in 0..17 {
        check(|files| drop(remove(files, record)), Wrong::Missing, record as u64);
    }
}

#[test]
fn several_missing_records_are_named_by_their_first() {
    check(|files| (0..3).for_each(|_| drop(remove(files, 3))), Wrong::Missing, 3);
}

#[test]
fn a_missing_segment_is_missing_records() {
    check(|files| drop(files.segments.remove(1)), Wrong::Missing, 8);
    check(|files| drop(files.segments.remove(0)), Wrong::Missing, 0);
}

#[test]
fn exchanged_records_are_reordered() {
    check(
        |files| {
            let moved = remove(files, 4);
            files.segments[0].1.insert(1 + 5, moved);
        },
        Wrong::Reordered,
        4,
    );
}

#[test]
fn a_record_put_in_twice_is_reordered() {
    check(
        |files| {
            let copy = payload(files, 4).clone();
            files.segments[0].1.insert(1 + 5, copy);
        },
        Wrong::Reordered,
        5,
    );
}

#[test]
fn a_signed_end_that_is_gone_is_truncated() {
    for left in 1..9 {
        check(|files| files.segments[2].1.truncate(left), Wrong::Truncated, 8 + 1 + left as u64);
    }
    check(|files| drop(files.segments.pop()), Wrong::Truncated, 10);
    check(|files| files.segments.clear(), Wrong::Truncated, 0);
}

#[test]
fn a_signed_record_cut_in_the_middle_is_truncated() {
    let files = ledger();
    let mut bytes = raw(&files);
    let (segment, offset) = place_of(&files, 16);
    bytes[segment].truncate(offset + 100);
    assert_eq!(found(&verify_raw(&files, &bytes)), Some((Wrong::Truncated, Some(16))));
}

#[test]
fn an_end_above_the_last_checkpoint_may_be_torn() {
    let files = ledger();
    let (segment, offset) = place_of(&files, 19);
    for cut in [1, 8, 100] {
        let mut bytes = raw(&files);
        bytes[segment].truncate(offset + cut);
        let verdict = verify_raw(&files, &bytes);
        assert!(verdict.sound, "{:?}", verdict.problem);
        assert_eq!(verdict.torn_tail.unwrap().offset, offset as u64);
        assert_eq!(verdict.records, 19);
    }
}

#[test]
fn a_torn_place_below_a_durable_record_is_damage() {
    // Record 19 says that everything before it was durable: what is wrong with 18 is no crash's doing.
    let files = ledger();
    let mut bytes = raw(&files);
    let (segment, offset) = place_of(&files, 18);
    bytes[segment][offset + 20] ^= 1;
    assert_eq!(found(&verify_raw(&files, &bytes)), Some((Wrong::Altered, Some(18))));
}

#[test]
fn zeros_in_the_middle_are_damage() {
    let files = ledger();
    let mut bytes = raw(&files);
    let (segment, offset) = place_of(&files, 12);
    bytes[segment][offset..offset + 300].fill(0);
    assert_eq!(found(&verify_raw(&files, &bytes)), Some((Wrong::Altered, Some(12))));
}

#[test]
fn space_taken_ahead_is_no_torn_tail() {
    let mut files = ledger();
    files.tail = vec![0; 5_000];
    let verdict = verify(&files);
    assert!(verdict.sound);
    assert_eq!(verdict.torn_tail, None);
    files.tail[4_000] = 1;
    assert!(verify(&files).torn_tail.is_some());
}

#[test]
fn rewritten_history_is_forked() {
    // Everything from record 12 on is written anew, chained and framed as it should be: only signatures tell.
    let rewritten = |n| match (n, entry(n)) {
        (12, Entry::Intent(intent)) => Entry::Intent(Intent { level: "public".to_owned(), ..intent }),
        (_, entry) => entry,
    };
    check(|files| *files = written(rewritten, files.checkpoints.clone()), Wrong::Forked, 10);
}

#[test]
fn a_rewritten_end_is_forked() {
    check(
        |files| {
            *files = written(|n| if n == 17 { act(500) } else { entry(n) }, files.checkpoints.clone());
            files.segments[2].1.truncate(9);
        },
        Wrong::Forked,
        10,
    );
}

#[test]
fn two_checkpoints_that_contradict_each_other_are_a_fork() {
    let other = Checkpoint { origin: ORIGIN.to_owned(), size: 18, root: Hash::of(b"another history") };
    let mut files = ledger();
    files.checkpoints.push(other.sign(&log_key()));
    assert_eq!(found(&verify(&files)), Some((Wrong::Forked, Some(18))));
}

#[test]
fn a_checkpoint_signed_by_somebody_else_is_a_bad_signature() {
    let mut files = ledger();
    let root = Hash::of(b"whatever");
    let forged = Checkpoint { origin: ORIGIN.to_owned(), size: 20, root };
    files.checkpoints.push(forged.sign(&LogKey::new(ORIGIN, &[9; 32]).unwrap()));
    assert_eq!(found(&verify(&files)), Some((Wrong::BadSignature, None)));
}

#[test]
fn time_must_not_go_back() {
    check_written(
        |place| {
            if place.seq == 6 {
                place.time_ms -= 5_000;
            }
        },
        entry,
        Wrong::TimeWentBack,
        6,
    );
}

#[test]
fn an_outcome_needs_its_intent() {
    check_written(|_| {}, |n| if n == 7 { outcome(7, 400) } else { entry(n) }, Wrong::OutcomeWithoutIntent, 7);
}

#[test]
fn an_intent_has_one_outcome() {
    check_written(|_| {}, |n| if n == 11 { outcome(11, 8) } else { entry(n) }, Wrong::SecondOutcome, 11);
}

#[test]
fn an_open_intents_id_is_not_used_again() {
    check_written(|_| {}, |n| if n == 9 { intent(8) } else { entry(n) }, Wrong::RepeatedIntent, 9);
}

#[test]
fn a_segment_of_another_ledger_is_refused() {
    check(
        |files| {
            let text = String::from_utf8(files.segments[1].1[0].clone()).unwrap();
            files.segments[1].1[0] = text.replace(ORIGIN, "portcullis.best/ledger").into_bytes();
        },
        Wrong::OtherLedger,
        8,
    );
}

#[test]
fn a_later_version_is_said_to_be_one() {
    check(
        |files| {
            payload(files, 13)[3] = b'3';
            files.segments[2].1.truncate(1 + 4);
        },
        Wrong::LaterVersion,
        13,
    );
}

#[test]
fn bytes_that_nothing_commits_to_are_found() {
    check(|files| payload(files, 13).push(0), Wrong::Altered, 13);
    check(|files| assert!(payload(files, 13).pop().is_some()), Wrong::Altered, 13);
}

#[test]
fn an_erased_record_verifies_and_holds_nothing_of_what_was_erased() {
    let mut files = ledger();
    for record in 0..20 {
        let before = hash_of(payload(&mut files, record));
        assert!(erase(payload(&mut files, record)));
        assert!(!erase(payload(&mut files, record)), "twice");
        assert_eq!(hash_of(payload(&mut files, record)), before);
    }
    let verdict = verify(&files);
    assert!(verdict.sound, "{:?}", verdict.problem);
    assert_eq!((verdict.records, verdict.erased), (20, 20));
    assert_eq!(verdict.root, verify(&ledger()).root);
    for bytes in raw(&files) {
        for gone in ["key:4fJ2kQ0aPz1b", "ward-7", "discharge-letters", "call_", "clinicians"] {
            assert!(!bytes.windows(gone.len()).any(|window| window == gone.as_bytes()), "{gone}");
        }
    }
}

#[test]
fn what_was_erased_cannot_be_written_over() {
    check(
        |files| {
            erase(payload(files, 4));
            *payload(files, 4).last_mut().unwrap() = b'x';
        },
        Wrong::Altered,
        4,
    );
    check(
        |files| {
            erase(payload(files, 4));
            payload(files, 4)[ENVELOPE_BYTES + 17] ^= 1;
        },
        Wrong::Altered,
        4,
    );
}

#[test]
fn a_fact_cannot_be_exchanged_for_another() {
    for (from, to) in [("\"restricted\"", "\"publicised\""), ("\x02\0EU", "\x02\0US"), ("phi.mrn\":2", "phi.mrn\":1")] {
        check(|files| *payload(files, 6) = replaced(payload(files, 6), from, to), Wrong::Altered, 6);
    }
}

#[test]
fn another_seed_opens_no_fact() {
    check(
        |files| {
            let text = String::from_utf8(files.segments[1].1[0].clone()).unwrap();
            files.segments[1].1[0] = text.replace("\"seed\":\"05", "\"seed\":\"06").into_bytes();
        },
        Wrong::Altered,
        8,
    );
}

#[test]
fn a_record_of_another_version_than_its_segment_is_malformed() {
    let verdict = {
        let mut files = ledger();
        let header = "{\"v\":1,\"format\":\"portcullis-ledger\",\"origin\":\"ORIGIN\",\"first\":0,\"prev\":\"";
        let header = format!("{}{}\"}}\n", header.replace("ORIGIN", ORIGIN), Hash::ZERO);
        files.segments[0].1[0] = header.into_bytes();
        verify(&files)
    };
    assert_eq!(found(&verdict), Some((Wrong::Malformed, Some(0))), "{:?}", verdict.problem);
}

/// Tampers with a sound ledger, and compares what verification finds first.
fn check(tamper: impl FnOnce(&mut Files), what: Wrong, seq: u64) {
    let mut files = ledger();
    tamper(&mut files);
    let verdict = verify(&files);
    assert_eq!(found(&verdict), Some((what, Some(seq))), "{:?}", verdict.problem);
}

/// Writes and signs a ledger that should never have been written, and compares what verification finds first.
fn check_written(adjust: impl Fn(&mut Place), entry: impl Fn(u64) -> Entry, what: Wrong, seq: u64) {
    let verdict = verify(&write(entry, adjust));
    assert_eq!(found(&verdict), Some((what, Some(seq))), "{:?}", verdict.problem);
}

fn found(verdict: &Verdict) -> Option<(Wrong, Option<u64>)> {
    assert_eq!(verdict.sound, verdict.problem.is_none());
    verdict.problem.as_ref().map(|Problem { what, seq, .. }| (*what, *seq))
}

/// Twenty records in three segments (8, 2, 10), checkpoints of size 5, 10 and 18; the intent of record 18 is open.
fn ledger() -> Files {
    write(entry, |_| {})
}

fn entry(n: u64) -> Entry {
    match n {
        0 | 19 => act(n),
        n if n % 2 == 0 => intent(n),
        n if n == 1 => act(n),
        n => outcome(n, n - 1),
    }
}

fn written(entry: impl Fn(u64) -> Entry, checkpoints: Vec<String>) -> Files {
    Files { checkpoints, ..write(entry, |_| {}) }
}

fn write(entry: impl Fn(u64) -> Entry, adjust: impl Fn(&mut Place)) -> Files {
    let mut files = Files { segments: Vec::new(), tail: Vec::new(), checkpoints: Vec::new() };
    let mut tree = Tree::default();
    let mut prev = Hash::ZERO;
    let (seed, mut first) = (Seed::new([5; 32]), 0);
    for n in 0..20 {
        if [0, 8, 10].contains(&n) {
            let mut header = Vec::new();
            segment::Header::new(ORIGIN, n, prev, &seed).push(&mut header);
            first = n;
            files.segments.push((segment::name(n), vec![header.split_off(frame::HEADER_BYTES)]));
        }
        let entry = Encoded::of(entry(n), &Salt::new([n as u8; 32])).unwrap();
        let ends = entry.ends().map(|of| (0..n).find(|n| of.to_string() == id(*n)).unwrap_or(400));
        let mut place = Place { seq: n, time_ms: 1_795_000_000_000 + n * 1_000, prev, durable: n, ends };
        adjust(&mut place);
        let mut out = Vec::new();
        prev = entry.seal(&place, &seed.salts().at((n - first) as u32), &mut out);
        let Found::Payload(payload) = frame::read(&out) else { panic!("a frame") };
        assert_eq!(leaf_hash(&payload[..ENVELOPE_BYTES]), prev);
        files.segments.last_mut().unwrap().1.push(payload.to_vec());
        tree.push(prev);
        if [5, 10, 18].contains(&(n + 1)) {
            let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: n + 1, root: tree.root() };
            files.checkpoints.push(checkpoint.sign(&log_key()));
        }
    }
    files
}

fn verify(files: &Files) -> Verdict {
    verify_in_pieces(files, 1 << 20, Some(key()))
}

fn verify_in_pieces(files: &Files, piece: usize, key: Option<ledger::note::VerifierKey>) -> Verdict {
    verify_bytes(files, &raw(files), piece, key)
}

fn verify_raw(files: &Files, bytes: &[Vec<u8>]) -> Verdict {
    verify_bytes(files, bytes, 1 << 20, Some(key()))
}

fn verify_bytes(files: &Files, bytes: &[Vec<u8>], piece: usize, key: Option<ledger::note::VerifierKey>) -> Verdict {
    let mut verifier = Verifier::new(&files.checkpoints.concat(), key);
    for (index, ((name, _), bytes)) in files.segments.iter().zip(bytes).enumerate() {
        verifier.begin_segment(name, index + 1 == bytes_in(files));
        for piece in bytes.chunks(piece) {
            verifier.push(piece);
        }
    }
    verifier.finish().verdict
}

fn bytes_in(files: &Files) -> usize {
    files.segments.len()
}

fn raw(files: &Files) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = files
        .segments
        .iter()
        .map(|(_, payloads)| {
            let mut bytes = Vec::new();
            payloads.iter().for_each(|payload| frame::push(payload, &mut bytes));
            bytes
        })
        .collect();
    if let Some(last) = all.last_mut() {
        last.extend_from_slice(&files.tail);
    }
    all
}

/// Segment and offset of a record's frame.
fn place_of(files: &Files, record: usize) -> (usize, usize) {
    let (segment, index) = slot(record);
    let before = &files.segments[segment].1[..index];
    (segment, before.iter().map(|payload| payload.len() + frame::HEADER_BYTES).sum())
}

fn payload(files: &mut Files, record: usize) -> &mut Vec<u8> {
    let (segment, index) = slot(record);
    &mut files.segments[segment].1[index]
}

fn remove(files: &mut Files, record: usize) -> Vec<u8> {
    let (segment, index) = slot(record);
    files.segments[segment].1.remove(index)
}

fn slot(record: usize) -> (usize, usize) {
    match record {
        0..8 => (0, 1 + record),
        8..10 => (1, 1 + record - 8),
        _ => (2, 1 + record - 10),
    }
}

/// The record with one letter of its body changed, of the same length.
fn tampered_text(files: &Files, record: usize) -> Vec<u8> {
    let before = payload(&mut files.clone(), record).clone();
    let changed = replaced(&before, "restricted-stays", "restricted-slays");
    let changed = replaced(&replaced(&changed, "qwen3-8b-2026", "qwen3-9b-2026"), "config.loaded", "config.leaded");
    assert_ne!(changed, before, "record {record}");
    changed
}

/// The first place that reads `from` reads `to`.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    if let Some(at) = bytes.windows(from.len()).position(|window| window == from.as_bytes()) {
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

fn log_key() -> LogKey {
    LogKey::new(ORIGIN, &[7; 32]).unwrap()
}

fn key() -> ledger::note::VerifierKey {
    log_key().verifier()
}

//! A store as the program uses it: opened, written to by many tasks, read, verified, closed, opened again.
#![expect(clippy::unwrap_used, reason = "test code: a failure is what it is for")]

#[path = "../../ledger/tests/samples/mod.rs"]
mod samples;

use std::{collections::BTreeSet, fs, os::unix::fs::MetadataExt, path::Path, sync::Arc};

use ledger::{Entry, Kind, Wrong};
use samples::{act, id, intent, outcome};
use store::{Filter, OpenError, Options, Store, Unwritten, read_dir, verify_dir, verify_dir_with_key};

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_write_and_each_receipt_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut tasks = Vec::new();
    for n in 0..100 {
        let ledger = store.ledger();
        tasks.push(tokio::spawn(async move {
            let sent = ledger.append(intent(2 * n)).await.unwrap();
            let ended = ledger.append(outcome(2 * n + 1, 2 * n)).await.unwrap();
            assert!(sent.seq < ended.seq);
            [sent, ended]
        }));
    }
    let mut seqs = BTreeSet::new();
    for task in tasks {
        for receipt in task.await.unwrap() {
            let record = one(&store, &receipt.id);
            assert_eq!((record.seq, record.hash, record.time), (receipt.seq, receipt.hash, receipt.time_ms));
            seqs.insert(receipt.seq);
        }
    }
    assert_eq!(seqs, (0..200).collect());
    store.close();
    let verdict = verify_dir(dir.path(), &mut |_, _| {}).unwrap();
    assert!(verdict.sound, "{:?}", verdict.problem);
    assert_eq!((verdict.records, verdict.signed_records, verdict.open_intents), (200, 200, 0));
}

#[tokio::test]
async fn a_record_whose_caller_went_away_is_written_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    drop(store.ledger().append(intent(0)));
    store.ledger().append(act(1)).await.unwrap();
    assert_eq!(one(&store, &id(0)).kind, Kind::Intent);
}

#[test]
fn what_was_written_is_read_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let entries = [intent(0), outcome(1, 0), act(2), intent(3)];
    for entry in &entries {
        store.ledger().append_blocking(entry.clone()).unwrap();
    }
    let read: Vec<Entry> = store.ledger().read(Filter::default()).unwrap().map(|record| record.unwrap().body).collect();
    assert_eq!(read, entries);
    let seqs =
        |filter| -> Vec<u64> { store.ledger().read(filter).unwrap().map(|record| record.unwrap().seq).collect() };
    assert_eq!(seqs(Filter { call: Some("call_0".to_owned()), ..Filter::default() }), [0, 1]);
    assert_eq!(seqs(Filter { caller: Some("key:4fJ2kQ0aPz1b".to_owned()), ..Filter::default() }), [0, 3]);
    assert_eq!(seqs(Filter { kind: Some(Kind::Act), ..Filter::default() }), [2]);
    assert_eq!(seqs(Filter { to_ms: Some(1), ..Filter::default() }), [0_u64; 0]);
    // Without the lock as well.
    assert_eq!(read_dir(dir.path(), Filter::default()).unwrap().count(), 4);
}

#[test]
fn a_store_is_open_in_one_place_only() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert!(matches!(Store::open(dir.path(), options()), Err(OpenError::Locked(_))));
    assert!(verify_dir(dir.path(), &mut |_, _| {}).unwrap().sound);
    drop(store);
    open(dir.path());
}

#[test]
fn intents_left_open_are_ended_as_unknown_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.ledger().append_blocking(intent(0)).unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.recovered().unknown_outcomes, 1);
    let records: Vec<_> = store.ledger().read(Filter::default()).unwrap().map(Result::unwrap).collect();
    let Entry::Act(recovered) = &records[1].body else { panic!("an act") };
    assert_eq!(recovered.action, "recovered");
    let Entry::Outcome(unknown) = &records[2].body else { panic!("an outcome") };
    assert_eq!((unknown.intent.as_str(), unknown.call.as_str()), (id(0).as_str(), "call_0"));
    assert_eq!(unknown.ended, ledger::Ended::Unknown);
    let late = store.ledger().append_blocking(outcome(9, 0)).unwrap_err();
    assert_eq!(late, Unwritten::NoSuchIntent(id(0)));
}

#[test]
fn segments_rotate_and_the_chain_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Options { segment_bytes_max: 20_000, ..options() }).unwrap();
    for n in 0..40 {
        store.ledger().append_blocking(intent(n)).unwrap();
    }
    assert_eq!(store.ledger().read(Filter::default()).unwrap().count(), 40);
    drop(store);
    let verdict = verify_dir(dir.path(), &mut |_, _| {}).unwrap();
    assert!(verdict.sound, "{:?}", verdict.problem);
    assert!(verdict.segments >= 4, "{}", verdict.segments);
    assert_eq!(verdict.open_intents, 40);
}

#[test]
fn a_flipped_byte_in_a_copy_is_found_and_the_original_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for n in 0..10 {
        store.ledger().append_blocking(intent(n)).unwrap();
    }
    store.close();
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(dir.path().join("ledger")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let segment = copy.path().join(ledger::segment::name(0));
    let mut bytes = fs::read(&segment).unwrap();
    let fourth = find(&bytes, b"\"call\":\"call_4\"").unwrap();
    bytes[fourth + 200] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let problem = verify_dir(copy.path(), &mut |_, _| {}).unwrap().problem.unwrap();
    assert_eq!((problem.what, problem.seq), (Wrong::Altered, Some(4)));
    assert!(verify_dir(dir.path(), &mut |_, _| {}).unwrap().sound);
}

#[test]
fn a_key_from_elsewhere_does_not_verify_this_ledger() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for dir in [&ours, &theirs] {
        open(dir.path()).ledger().append_blocking(act(0)).unwrap();
    }
    let key = |dir: &tempfile::TempDir| fs::read_to_string(dir.path().join("ledger/key.pub")).unwrap();
    assert!(verify_dir_with_key(ours.path(), &key(&ours), &mut |_, _| {}).unwrap().sound);
    let verdict = verify_dir_with_key(ours.path(), &key(&theirs), &mut |_, _| {}).unwrap();
    assert_eq!(verdict.problem.unwrap().what, Wrong::BadSignature);
    assert!(verify_dir_with_key(ours.path(), "nonsense", &mut |_, _| {}).is_err());
}

#[test]
fn failed_authentications_make_one_record_however_many_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for _ in 0..50_000 {
        store.ledger().count_stranger("unknown");
    }
    store.ledger().count_stranger("malformed");
    store.close();
    let records: Vec<_> = read_dir(dir.path(), Filter::default()).unwrap().map(Result::unwrap).collect();
    let mut unknown = 0;
    for record in &records {
        let Entry::Aggregate(aggregate) = &record.body else { panic!("only aggregates") };
        unknown += aggregate.counts.get("unknown").copied().unwrap_or(0);
    }
    assert_eq!(unknown, 50_000);
    assert!(records.len() <= 4, "{} records", records.len());
}

#[test]
fn over_the_queue_limit_calls_are_refused_and_outcomes_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Options { queue_max: 0, ..options() }).unwrap();
    assert_eq!(store.ledger().append_blocking(intent(0)), Err(Unwritten::Overloaded));
    // It gets as far as the writer, which knows of no such intent.
    assert_eq!(store.ledger().append_blocking(outcome(1, 0)), Err(Unwritten::NoSuchIntent(id(0))));
}

#[test]
fn a_closed_store_takes_no_more_records() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ledger = store.ledger();
    store.close();
    assert_eq!(ledger.append_blocking(act(0)), Err(Unwritten::Stopped));
}

#[test]
fn secrets_are_their_owners_alone_and_are_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    drop(open(&state));
    let mode = |name: &str| fs::metadata(state.join(name)).unwrap().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for name in ["ledger.key", "pepper", "lock", "state.sqlite3"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    for name in ["ledger.key", "pepper"] {
        let kept = fs::read(state.join(name)).unwrap();
        fs::remove_file(state.join(name)).unwrap();
        assert!(matches!(Store::open(&state, options()), Err(OpenError::Secret { .. })), "{name} is gone");
        let other = if name == "pepper" { vec![1; 31] } else { b"portcullis-ledger-key-v1 a b".to_vec() };
        write_private(&state.join(name), &other);
        assert!(matches!(Store::open(&state, options()), Err(OpenError::Secret { .. })), "{name} is another");
        write_private(&state.join(name), &kept);
        open(&state);
    }
}

#[test]
fn outcomes_of_any_length_are_written_shortened() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.ledger().append_blocking(intent(0)).unwrap();
    let Entry::Outcome(mut long) = outcome(1, 0) else { panic!("an outcome") };
    long.upstream_model = Some("\"\\\u{1}é".repeat(50_000));
    long.screening = (0..5_000).map(|n| (format!("class.{n}\""), n)).collect();
    long.cut = vec!["x".repeat(1_000); 1_000];
    store.ledger().append_blocking(Entry::Outcome(long)).unwrap();
    let record = one(&store, &id(1));
    let Entry::Outcome(read) = record.body else { panic!("an outcome") };
    assert!(read.shortened);
    assert_eq!(read.upstream_request_id.as_deref(), Some("chatcmpl-9f86d081884c7d65"));
    let Entry::Intent(mut large) = intent(2) else { panic!("an intent") };
    large.permitted = vec!["x".repeat(1_000); 100];
    assert!(matches!(store.ledger().append_blocking(Entry::Intent(large)), Err(Unwritten::Unfit(_))));
}

#[test]
fn reading_goes_on_beside_a_writer() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(dir.path(), Options { segment_bytes_max: 50_000, ..options() }).unwrap());
    let writing = {
        let store = Arc::clone(&store);
        std::thread::spawn(move || {
            for n in 0..80 {
                store.ledger().append_blocking(intent(n)).unwrap();
            }
        })
    };
    loop {
        let done = writing.is_finished();
        let size = store.ledger().size();
        let seqs: Vec<u64> =
            store.ledger().read(Filter::default()).unwrap().map(|record| record.unwrap().seq).collect();
        assert!(seqs.len() as u64 >= size && seqs.iter().copied().eq(0..seqs.len() as u64));
        assert!(verify_dir(dir.path(), &mut |_, _| {}).unwrap().sound);
        if done {
            break;
        }
    }
    writing.join().unwrap();
}

fn options() -> Options {
    Options::default()
}

fn open(dir: &Path) -> Store {
    Store::open(dir, options()).unwrap()
}

fn one(store: &Store, id: &str) -> ledger::encode::Record {
    let filter = Filter { id: Some(id.to_owned()), ..Filter::default() };
    let mut found: Vec<_> = store.ledger().read(filter).unwrap().map(Result::unwrap).collect();
    assert_eq!(found.len(), 1, "one record of id {id}");
    found.remove(0)
}

fn write_private(path: &Path, bytes: &[u8]) {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

//! The log over a disk that drops and reorders unsynced writes and dies at each step: nothing acknowledged is lost,
//! everything verifies, no checkpoint is contradicted.

use std::{collections::BTreeMap, path::Path, sync::Arc, thread};

use ledger::{
    Entry, Hash, Verdict, Verifier,
    encode::{Encoded, Record},
    frame::{self, Found},
    note::LogKey,
    segment,
    verify::CHECKPOINTS_FILE,
};

use crate::{
    Ledger, OpenError, Options, Recovered, Unwritten,
    ledger_handle::Shared,
    log::{Fault, Log, Sizes},
    recover,
    samples::{act, id, intent, outcome},
    test_storage::{Dice, TestDisk},
    writer::Writer,
};

const SIZES: Sizes = Sizes { segment_bytes_max: 16_000, extent_bytes: 8_192 };

/// What callers were told.
#[derive(Default)]
struct Told {
    receipts: BTreeMap<u64, Hash>,
    next_id: u64,
}

#[test]
fn no_step_of_a_crash_loses_what_was_acknowledged() {
    let steps = {
        let disk = TestDisk::default();
        work(&disk, &mut Told::default(), 11).unwrap();
        disk.steps()
    };
    assert!(steps > 45, "the work covers rotation and checkpoints: {steps} steps");
    for step in 0..steps {
        for seed in 0..2 {
            crash_at(step, seed);
        }
    }
}

fn crash_at(step: u64, seed: u64) {
    let what = format!("step {step}, seed {seed}");
    let disk = TestDisk::default();
    let mut dice = Dice::new(seed * 10_007 + step + 1);
    let mut told = Told::default();
    disk.die_after(step);
    assert!(work(&disk, &mut told, 11).is_err(), "{what}: the disk died");
    disk.power_cut(&mut dice);
    // A second crash, at some step of recovery or of the work after it.
    disk.die_after(dice.below(25));
    let _died_or_not = work(&disk, &mut told, 3);
    if dice.below(2) == 0 {
        disk.power_cut(&mut dice);
    } else {
        disk.kill();
    }

    let (log, _) = open(&disk).unwrap_or_else(|error| panic!("{what}: {error}"));
    let records = read(&disk);
    assert_eq!(records.len() as u64, log.size(), "{what}");
    for (seq, hash) in &told.receipts {
        assert_eq!(records.get(*seq as usize).map(|record| record.hash), Some(*hash), "{what}: record {seq}");
    }
    let verdict = verify(&disk);
    assert!(verdict.sound, "{what}: {:?}", verdict.problem);
    assert_eq!((verdict.open_intents, verdict.torn_tail), (0, None), "{what}");
}

#[test]
fn a_kill_loses_nothing_that_was_written() {
    let disk = TestDisk::default();
    let mut told = Told::default();
    work(&disk, &mut told, 5).unwrap();
    disk.kill();
    let before = verify(&disk);
    let (log, recovered) = open(&disk).unwrap();
    assert_eq!(recovered, Recovered { torn_tail: false, unknown_outcomes: before.open_intents as usize });
    assert_eq!(log.size(), before.records + before.open_intents + 1);
}

#[test]
fn what_a_killed_process_left_in_memory_is_synced_before_it_is_signed() {
    for (step, seed) in (0..4).flat_map(|step| (0..8).map(move |seed| (step, seed))) {
        let disk = TestDisk::default();
        let (mut log, _) = open(&disk).unwrap();
        disk.die_after(step);
        let batch: Vec<Encoded> = (0..3).map(|n| sealed(act(n)).unwrap()).collect();
        let _died_or_not = log.commit(&batch, 0);
        disk.kill();
        let (mut log, _) = open(&disk).unwrap();
        log.checkpoint().unwrap();
        disk.power_cut(&mut Dice::new(seed));
        open(&disk).unwrap_or_else(|error| panic!("step {step}, seed {seed}: {error}"));
    }
}

#[test]
fn opening_again_changes_nothing() {
    let disk = TestDisk::default();
    work(&disk, &mut Told::default(), 6).unwrap();
    let size = open(&disk).unwrap().0.size();
    let (log, recovered) = open(&disk).unwrap();
    assert_eq!((log.size(), recovered), (size, Recovered::default()));
}

#[test]
fn a_failed_sync_is_a_fault_and_the_next_start_tells_the_truth() {
    let disk = TestDisk::default();
    let (mut log, _) = open(&disk).unwrap();
    let mut told = Told::default();
    batch(&mut log, &mut told).unwrap();
    disk.fail_syncs();
    assert!(batch(&mut log, &mut told).is_err());
    disk.power_cut(&mut Dice::new(3));
    let (log, _) = open(&disk).unwrap();
    assert!(log.size() > told.receipts.len() as u64);
    let records = read(&disk);
    for (seq, hash) in &told.receipts {
        assert_eq!(records[*seq as usize].hash, *hash);
    }
}

#[test]
fn a_fault_seals_the_ledger_for_everybody() {
    let disk = TestDisk::default();
    let (log, _) = open(&disk).unwrap();
    let shared = Arc::new(Shared::new(Path::new(""), &Options::default(), 0));
    let ledger = Ledger::new(Arc::clone(&shared));
    let writer = Writer::new(Arc::clone(&shared), log, 60_000);
    let thread = thread::spawn(|| writer.run());
    assert!(ledger.append_blocking(intent(0)).is_ok());
    assert_eq!(ledger.sealed(), None);
    disk.fail_syncs();
    assert!(matches!(ledger.append_blocking(outcome(1, 0)), Err(Unwritten::Sealed(_))));
    thread.join().unwrap();
    // The disk works again, and the ledger stays sealed: nobody knows what is on it.
    assert!(matches!(ledger.append_blocking(act(2)), Err(Unwritten::Sealed(_))));
    assert!(ledger.sealed().unwrap().contains("cannot sync"));
    assert_eq!(ledger.size(), 1);
}

#[test]
fn on_a_full_disk_calls_are_refused_outcomes_are_not_and_space_comes_back() {
    let disk = TestDisk::default();
    let (mut log, _) = open(&disk).unwrap();
    let mut open_ids = Vec::new();
    disk.set_space(Some(60_000));
    let refused = (0..).find_map(|n| match commit_one(&mut log, intent(n)) {
        Ok(()) => {
            open_ids.push(n);
            None
        }
        Err(unwritten) => Some(unwritten),
    });
    assert_eq!(refused, Some(Unwritten::Full));
    assert!(open_ids.len() > 5);
    // Every outcome finds the space that was taken with its intent.
    disk.set_space(Some(disk.used()));
    for n in &open_ids {
        assert_eq!(commit_one(&mut log, outcome(10_000 + n, *n)), Ok(()), "outcome of intent {n}");
    }
    log.checkpoint().unwrap();
    let refused = (20_000..30_000).find_map(|n| commit_one(&mut log, act(n)).err());
    assert_eq!(refused, Some(Unwritten::Full));
    disk.set_space(None);
    assert_eq!(commit_one(&mut log, act(30_000)), Ok(()));
    log.checkpoint().unwrap();
    drop(log);
    let verdict = verify(&disk);
    assert!(verdict.sound, "{:?}", verdict.problem);
    assert_eq!(verdict.signed_records, verdict.records);
}

#[test]
fn open_intents_take_their_space_along_to_the_next_segment() {
    let disk = TestDisk::default();
    disk.greedy_neighbours();
    let (mut log, _) = open(&disk).unwrap();
    let open_ids: Vec<u64> = (0..8).collect();
    open_ids.iter().for_each(|n| commit_one(&mut log, intent(*n)).unwrap());
    for n in 100..160 {
        // Enough for another segment and too little for the outcomes: then it is not begun.
        disk.set_space(Some(disk.used() + SIZES.extent_bytes + 500));
        let _written_or_full = commit_one(&mut log, act(n));
        // The reserve holds at every moment, also right after a new segment was begun.
        let reserve = (log.tip.open.len() * frame::OUTCOME_FRAME_BYTES_MAX) as u64;
        assert!(log.allocated - log.position >= reserve, "after act {n}");
        disk.set_space(None);
        commit_one(&mut log, act(1_000 + n)).unwrap();
    }
    assert!(recover::segments(&disk).unwrap().len() > 1);
    disk.set_space(Some(disk.used()));
    open_ids.iter().for_each(|n| commit_one(&mut log, outcome(10_000 + n, *n)).unwrap());
}

#[test]
fn a_copy_on_write_disk_that_fills_up_loses_nothing() {
    let disk = TestDisk::default();
    disk.copy_on_write();
    let (mut log, _) = open(&disk).unwrap();
    let mut written = 0;
    disk.set_space(Some(20_000));
    while commit_one(&mut log, act(written)).is_ok() {
        written += 1;
    }
    assert!(written > 10);
    assert_eq!(commit_one(&mut log, intent(70_000)), Err(Unwritten::Full));
    disk.set_space(None);
    assert_eq!(commit_one(&mut log, intent(80_000)), Ok(()));
    assert_eq!(commit_one(&mut log, outcome(80_001, 80_000)), Ok(()));
    let verdict = verify(&disk);
    assert!(verdict.sound, "{:?}", verdict.problem);
    assert_eq!(verdict.records, written + 2);
}

#[test]
fn damage_refuses_the_start_and_changes_nothing() {
    let disk = TestDisk::default();
    work(&disk, &mut Told::default(), 6).unwrap();
    drop(open(&disk).unwrap());
    let first = segment::name(0);
    for at in [100, 2_000, 5_000] {
        disk.flip(&first, at);
        let before = disk.bytes(&first);
        assert!(matches!(open(&disk), Err(OpenError::Damaged(_))), "byte {at}");
        assert_eq!(disk.bytes(&first), before);
        disk.flip(&first, at);
    }
    assert!(open(&disk).is_ok());
}

#[test]
fn an_outcome_without_intent_is_never_written() {
    let disk = TestDisk::default();
    let (mut log, _) = open(&disk).unwrap();
    assert_eq!(commit_one(&mut log, outcome(1, 0)), Err(Unwritten::NoSuchIntent(id(0))));
    commit_one(&mut log, intent(0)).unwrap();
    assert_eq!(commit_one(&mut log, intent(0)), Err(Unwritten::RepeatedId(id(0))));
    commit_one(&mut log, outcome(1, 0)).unwrap();
    assert_eq!(commit_one(&mut log, outcome(2, 0)), Err(Unwritten::NoSuchIntent(id(0))));
    assert!(verify(&disk).sound);
}

#[test]
fn an_intent_and_its_outcome_fit_one_batch_also_when_it_cannot_be_written() {
    let disk = TestDisk::default();
    disk.copy_on_write();
    let (mut log, _) = open(&disk).unwrap();
    commit_one(&mut log, intent(5)).unwrap();
    let batch: Vec<Encoded> =
        [intent(0), outcome(1, 0), outcome(6, 5)].into_iter().map(|entry| sealed(entry).unwrap()).collect();
    disk.set_space(Some(disk.used()));
    assert!(log.commit(&batch, 0).unwrap().iter().all(|answer| *answer == Err(Unwritten::Full)));
    disk.set_space(None);
    assert!(log.commit(&batch, 0).unwrap().iter().all(Result::is_ok));
    assert!(log.tip.open.is_empty());
    assert!(verify(&disk).sound);
}

#[test]
fn time_never_goes_back_though_the_clock_does() {
    let disk = TestDisk::default();
    let (mut log, _) = open(&disk).unwrap();
    for now_ms in [5_000, 4_000, 6_000] {
        let encoded = sealed(act(now_ms)).unwrap();
        assert!(log.commit(&[encoded], now_ms).unwrap()[0].is_ok());
    }
    let times: Vec<u64> = read(&disk).iter().map(|record| record.time).collect();
    assert_eq!(times, [5_000, 5_000, 6_000]);
}

fn open(disk: &TestDisk) -> Result<(Log<TestDisk>, Recovered), OpenError> {
    recover::open(disk.clone(), LogKey::new("portcullis.test/ledger", &[7; 32]).unwrap(), SIZES)
}

/// Opens, writes batches of intents, outcomes and acts, signs now and then.
fn work(disk: &TestDisk, told: &mut Told, batches: u64) -> Result<(), OpenError> {
    let (mut log, _) = open(disk)?;
    for n in 0..batches {
        batch(&mut log, told).map_err(OpenError::from)?;
        if n % 4 == 3 {
            log.checkpoint().map_err(OpenError::from)?;
        }
    }
    Ok(())
}

/// One batch: ends the last batch's intents, opens two more, ends one of them, does something else.
fn batch(log: &mut Log<TestDisk>, told: &mut Told) -> Result<(), Fault> {
    let base = told.next_id;
    told.next_id += 10;
    let mut entries = vec![intent(base), intent(base + 1), outcome(base + 2, base + 1), act(base + 3)];
    let open: Vec<u64> = (0..base).filter(|n| log.tip.open.contains_key(&number(*n))).collect();
    entries.extend(open.iter().zip(base + 4..).map(|(of, n)| outcome(n, *of)));
    let encoded: Vec<Encoded> = entries.into_iter().map(|entry| sealed(entry).unwrap()).collect();
    for answer in log.commit(&encoded, 1_795_000_000_000)? {
        let receipt = answer.unwrap();
        told.receipts.insert(receipt.seq, receipt.hash);
    }
    Ok(())
}

fn commit_one(log: &mut Log<TestDisk>, entry: Entry) -> Result<(), Unwritten> {
    let answers = log.commit(&[sealed(entry).unwrap()], 1_795_000_000_000).unwrap();
    answers.into_iter().next().unwrap().map(drop)
}

fn number(n: u64) -> ledger::RecordId {
    ledger::RecordId::parse(&id(n)).unwrap()
}

/// All records, by nothing but their frames.
fn read(disk: &TestDisk) -> Vec<Record> {
    let mut records = Vec::new();
    for name in recover::segments(disk).unwrap() {
        let bytes = disk.bytes(&name);
        let mut at = 0;
        while let Found::Payload(payload) = frame::read(&bytes[at..]) {
            records.extend(Record::decode(payload));
            at += frame::HEADER_BYTES + payload.len();
        }
    }
    records
}

/// The verdict on the whole disk, all checkpoints included.
fn verify(disk: &TestDisk) -> Verdict {
    let key = LogKey::new("portcullis.test/ledger", &[7; 32]).unwrap().verifier();
    let mut verifier = Verifier::new(&String::from_utf8(disk.bytes(CHECKPOINTS_FILE)).unwrap(), Some(key));
    let names = recover::segments(disk).unwrap();
    for (index, name) in names.iter().enumerate() {
        verifier.begin_segment(name, index + 1 == names.len());
        verifier.push(&disk.bytes(name));
    }
    verifier.finish().verdict
}

fn sealed(entry: Entry) -> Result<Encoded, ledger::encode::EncodeError> {
    Encoded::of(entry, &crate::fresh_salt())
}

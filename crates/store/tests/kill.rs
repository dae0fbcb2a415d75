//! Kills a writing process again and again: nothing it acknowledged is lost, and what is left verifies.
#![expect(clippy::unwrap_used, reason = "test code: a failure is what it is for")]

#[path = "../../ledger/tests/samples/mod.rs"]
mod samples;

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use samples::{act, intent, outcome};
use store::{Filter, Options, Store, read_dir, verify_dir};

const ROUNDS: u64 = 30;
const WRITERS: u64 = 16;
/// Tells the test executable that it is the child, and where to write.
const DIR: &str = "STORE_KILL_TEST_DIR";
const ROUND: &str = "STORE_KILL_TEST_ROUND";

#[test]
fn killed_again_and_again_no_acknowledged_record_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    for round in 0..ROUNDS {
        let before = acknowledged.len();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writes_until_killed", "--ignored", "--nocapture", "--test-threads=1"])
            .env(DIR, dir.path())
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Killed at another moment each time, counted from the first acknowledgement.
        let first = lines.by_ref().map(Result::unwrap).find(|line| line.starts_with("ack ")).expect("it writes");
        let killer = thread::spawn(move || {
            thread::sleep(Duration::from_micros((round * 1_733) % 30_000));
            child.kill().unwrap();
            child.wait().unwrap()
        });
        for line in std::iter::once(first).chain(lines.map_while(Result::ok)) {
            // The last line may be cut short by the kill: then nobody was told.
            if let Some((seq, id)) = line.strip_prefix("ack ").and_then(|ack| ack.strip_suffix('.')?.split_once(' ')) {
                acknowledged.insert(seq.parse::<u64>().unwrap(), id.to_owned());
            }
        }
        assert!(!killer.join().unwrap().success(), "it was killed");
        assert!(acknowledged.len() > before, "round {round} wrote something");
        check(dir.path(), &acknowledged, round);
    }
    assert!(Store::open(dir.path(), Options::default()).is_ok());
    let verdict = verify_dir(dir.path(), &mut |_, _| {}).unwrap();
    assert_eq!((verdict.open_intents, verdict.torn_tail), (0, None));
}

#[test]
#[ignore = "the process that the other test kills"]
fn writes_until_killed() {
    let dir = std::env::var(DIR).expect("run by the test that kills it");
    let round: u64 = std::env::var(ROUND).unwrap().parse().unwrap();
    let options = Options { segment_bytes_max: 200_000, checkpoint_ms: 5, ..Options::default() };
    let store = Store::open(Path::new(&dir), options).unwrap();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let store = &store;
            scope.spawn(move || {
                for n in 0_u64.. {
                    let base = ((round * WRITERS + writer) << 32) + 3 * n;
                    for entry in [intent(base), outcome(base + 1, base), act(base + 2)] {
                        let receipt = store.ledger().append_blocking(entry).unwrap();
                        let line = format!("ack {} {}.\n", receipt.seq, receipt.id);
                        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                    }
                }
            });
        }
    });
}

fn check(dir: &Path, acknowledged: &BTreeMap<u64, String>, round: u64) {
    let verdict = verify_dir(dir, &mut |_, _| {}).unwrap();
    assert!(verdict.sound, "round {round}: {:?}", verdict.problem);
    let found: BTreeMap<u64, String> =
        read_dir(dir, Filter::default()).unwrap().map(Result::unwrap).map(|record| (record.seq, record.id)).collect();
    for (seq, id) in acknowledged {
        assert_eq!(found.get(seq), Some(id), "round {round}: record {seq} was acknowledged");
    }
}

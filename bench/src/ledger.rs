//! The benchmark of the ledger: durable records beside a bare loop of write and fdatasync, CPU, proofs, verification.
//!
//! `bench-ledger [DIR] [SECONDS] [RECORDS]` writes in fresh folders in DIR (a disk, or a memory-backed file system), each
//! row for SECONDS, and proves and verifies over RECORDS. Nothing is asserted: read the ratios.
#![expect(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, reason = "a benchmark prints, and may stop")]

#[path = "../../crates/ledger/tests/samples/mod.rs"]
mod samples;

use std::{
    fs::{self, File, OpenOptions},
    hint::black_box,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use ledger::{
    Entry, Hash,
    encode::{Encoded, Place},
    note::VerifierKey,
    proof::{Claim, Trust, Verdict, check},
    salts::Seed,
};
use samples::{act, intent, outcome};
use store::{Options, Store, fresh_salt, verify_dir};

/// One row of the table.
struct Row {
    tasks: u64,
    seconds: f64,
    records: u64,
    batches: u64,
    frame_bytes: u64,
    cpu_us_per_call: f64,
    latencies: Vec<u64>,
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let dir = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let seconds = arguments.next().map_or(3.0, |text| text.parse().expect("SECONDS is a number"));
    let records = arguments.next().map_or(1_000_000, |text| text.parse().expect("RECORDS is a number"));
    encoding();
    println!("\nin {}, {seconds} s a row; latency is of one append\n", dir.display());
    println!(
        "{:>6} {:>11} {:>9} {:>8} {:>8} {:>10} | bare loop, same batch: {:>11} {:>8} {:>8} | {:>6}",
        "tasks", "records/s", "per sync", "p50 ms", "p99 ms", "CPU µs", "records/s", "p50 ms", "p99 ms", "ratio"
    );
    for tasks in [1, 50, 500] {
        let folder = tempfile::tempdir_in(&dir).unwrap();
        let row = append(folder.path(), tasks, Duration::from_secs_f64(seconds));
        let batch = (row.records / row.batches.max(1)).max(1);
        let (bare, bare_latencies) =
            bare(&folder.path().join("bare"), batch * row.frame_bytes, Duration::from_secs_f64(seconds));
        print(&row, batch, bare * batch as f64, &bare_latencies);
    }
    let folder = tempfile::tempdir_in(&dir).unwrap();
    fill(folder.path(), records);
    verification(folder.path());
    proofs(folder.path());
}

/// Writes records without forcing them to the disk: what follows is about reading them.
fn fill(dir: &Path, records: u64) {
    const TASKS: u64 = 256;
    let store = Arc::new(Store::open(dir, Options { sync: false, ..Options::default() }).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let work: Vec<_> = (0..TASKS)
        .map(|task| {
            let ledger = store.ledger();
            runtime.spawn(async move {
                for n in (0..records / TASKS).step_by(2) {
                    let n = (task << 32) + n;
                    ledger.append(intent(n)).await.unwrap();
                    ledger.append(outcome(n + 1, n)).await.unwrap();
                }
            })
        })
        .collect();
    runtime.block_on(async {
        for task in work {
            task.await.unwrap();
        }
    });
}

fn proofs(dir: &Path) {
    let question = "level>=restricted and jurisdiction!=EU";
    let start = Instant::now();
    let proved = store::prove_dir(dir, Claim::Never, question, (0, u64::MAX), &mut |_, _| {}).unwrap();
    let took = start.elapsed().as_secs_f64();
    let (bytes, records) = (proved.file.len() as f64, proved.statement.records as f64);
    println!("prove --never `{question}`: {records} records in {took:.2} s, {:.1} bytes a record", bytes / records);
    let key = fs::read_to_string(dir.join("ledger/key.pub")).unwrap();
    let trust = Trust { logs: vec![VerifierKey::parse(&key).unwrap()], ..Trust::default() };
    let start = Instant::now();
    assert!(matches!(check(&proved.file, &trust).unwrap(), Verdict::Holds(_)));
    println!("checking that proof: {:.2} s", start.elapsed().as_secs_f64());
}

fn print(row: &Row, batch: u64, bare_per_second: f64, bare_latencies: &[u64]) {
    let per_second = row.records as f64 / row.seconds;
    println!(
        "{:>6} {:>11.0} {:>9} {:>8.2} {:>8.2} {:>10.1} | {:>35.0} {:>8.2} {:>8.2} | {:>5.0}%",
        row.tasks,
        per_second,
        batch,
        percentile_ms(&row.latencies, 50),
        percentile_ms(&row.latencies, 99),
        row.cpu_us_per_call,
        bare_per_second,
        percentile_ms(bare_latencies, 50),
        percentile_ms(bare_latencies, 99),
        100.0 * per_second / bare_per_second
    );
}

/// CPU of making a call's two records into frames, on one thread, without waiting for anything.
fn encoding() {
    const CALLS: u64 = 50_000;
    let (intent, outcome) = (intent(0), outcome(1, 0));
    let place = Place { seq: 1_000_000, time_ms: 1_795_000_000_000, prev: Hash::ZERO, durable: 999_999, ends: None };
    let copied = per_call(CALLS, || {
        black_box((intent.clone(), outcome.clone()));
    });
    let mut out = Vec::new();
    let (mut salts, mut index) = (Seed::new([1; 32]).salts(), 0);
    let all = per_call(CALLS, || {
        out.clear();
        for entry in [intent.clone(), outcome.clone()] {
            index += 1;
            black_box(Encoded::of(entry, &fresh_salt()).unwrap().seal(&place, &salts.at(index), &mut out));
        }
    });
    let content = vec![b'x'; 4_096];
    let committed = per_call(CALLS, || {
        let salt = fresh_salt();
        black_box((salt.commit("prompt", &content), salt.commit("sent", &content)));
    });
    println!("encode intent and outcome ({} bytes): {:.1} µs", out.len(), all - copied);
    println!("salt, and commit to a prompt and a body of 4 KiB: {committed:.1} µs");
}

/// CPU microseconds of a call, on this thread: other people's load does not count.
fn per_call(calls: u64, mut call: impl FnMut()) -> f64 {
    let start = thread_cpu_ns();
    (0..calls).for_each(|_| call());
    (thread_cpu_ns() - start) as f64 / 1e3 / calls as f64
}

/// Tasks that each write an intent, wait, write its outcome, wait, and begin again.
fn append(dir: &Path, tasks: u64, time: Duration) -> Row {
    let store = Arc::new(Store::open(dir, Options::default()).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let (cpu, start) = (cpu_seconds(), Instant::now());
    let work: Vec<_> = (0..tasks)
        .map(|task| {
            let ledger = store.ledger();
            runtime.spawn(async move {
                let mut latencies = Vec::new();
                for n in (task << 32..).step_by(2) {
                    for entry in [intent(n), outcome(n + 1, n)] {
                        let begun = Instant::now();
                        ledger.append(entry).await.unwrap();
                        latencies.push(begun.elapsed().as_micros() as u64);
                    }
                    if start.elapsed() > time {
                        break;
                    }
                }
                latencies
            })
        })
        .collect();
    let mut latencies: Vec<u64> = runtime.block_on(async { futures(work).await }).into_iter().flatten().collect();
    let (cpu, seconds) = (cpu_seconds() - cpu, start.elapsed().as_secs_f64());
    latencies.sort_unstable();
    let records = store.ledger().size();
    let batches = store.ledger().batches();
    store.ledger().append_blocking(act(u64::MAX)).unwrap();
    drop(store);
    // Making the entries is the caller's work, but costs CPU all the same: taken off.
    let making = per_call(10_000, || {
        black_box((intent(1), outcome(2, 1)));
    });
    Row {
        tasks,
        seconds,
        records,
        batches,
        frame_bytes: frame_bytes(intent(1), outcome(2, 1)),
        cpu_us_per_call: cpu * 1e6 / (records as f64 / 2.0) - making,
        latencies,
    }
}

async fn futures(work: Vec<tokio::task::JoinHandle<Vec<u64>>>) -> Vec<Vec<u64>> {
    let mut all = Vec::new();
    for task in work {
        all.push(task.await.unwrap());
    }
    all
}

/// Writes `bytes` and syncs, again and again; gives writes a second, and their latencies.
fn bare(path: &Path, bytes: u64, time: Duration) -> (f64, Vec<u64>) {
    let file: File = OpenOptions::new().write(true).create_new(true).open(path).unwrap();
    let batch = vec![b'x'; bytes as usize];
    let mut latencies = Vec::new();
    let start = Instant::now();
    let mut at = 0;
    while start.elapsed() < time {
        let begun = Instant::now();
        file.write_all_at(&batch, at).unwrap();
        file.sync_data().unwrap();
        at += bytes;
        latencies.push(begun.elapsed().as_micros() as u64);
    }
    let per_second = latencies.len() as f64 / start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    fs::remove_file(path).unwrap();
    (per_second, latencies)
}

fn verification(dir: &Path) {
    let start = thread_cpu_ns();
    let verdict = verify_dir(dir, &mut |_, _| {}).unwrap();
    let seconds = (thread_cpu_ns() - start) as f64 / 1e9;
    assert!(verdict.sound, "{:?}", verdict.problem);
    println!(
        "\nverify: {} records in {seconds:.2} s of CPU, {:.0} records/s on one core",
        verdict.records,
        verdict.records as f64 / seconds
    );
}

/// Mean length of the two records' frames.
fn frame_bytes(intent: Entry, outcome: Entry) -> u64 {
    let place = Place { seq: 1_000_000, time_ms: 1_795_000_000_000, prev: Hash::ZERO, durable: 999_999, ends: None };
    let mut out = Vec::new();
    for entry in [intent, outcome] {
        Encoded::of(entry, &fresh_salt()).unwrap().seal(&place, &Seed::new([1; 32]).salts().at(0), &mut out);
    }
    out.len() as u64 / 2
}

fn percentile_ms(sorted_us: &[u64], percent: usize) -> f64 {
    let index = (sorted_us.len() * percent / 100).min(sorted_us.len().saturating_sub(1));
    sorted_us.get(index).map_or(0.0, |us| *us as f64 / 1e3)
}

/// CPU nanoseconds of this thread so far.
fn thread_cpu_ns() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

/// CPU seconds of this process so far, user and system.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).unwrap().parse::<f64>().unwrap();
    // utime and stime are the 14th and 15th field, in ticks of 10 ms.
    (ticks(11) + ticks(12)) / 100.0
}

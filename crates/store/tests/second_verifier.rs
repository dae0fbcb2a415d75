//! The second verifier, in Python, says of the same files what the first one says.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test code: a failure is what it is for"
)]

#[path = "../../ledger/tests/samples/mod.rs"]
mod samples;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use ledger::{
    Verdict,
    envelope::{Envelope, erase},
    frame::{self, Found},
};
use samples::{act, id, intent, outcome};
use serde_json::Value;
use store::{Options, Store, verify_dir};

/// A frame as tampering sees it: payloads of one segment.
type Payloads = Vec<Vec<u8>>;

#[test]
fn both_verifiers_agree() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: there is no python3; the second verifier was not tested");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let original = home.path().join("original");
    write(&original);
    let mut folders = tampered(&original, home.path(), "v2");
    // A ledger as version 1 wrote it, and the same, gone on with.
    let (earlier, upgraded) = (home.path().join("v1"), home.path().join("v1-and-v2"));
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/v1/ledger"), &earlier);
    folders.extend(tampered(&earlier, home.path(), "v1"));
    upgrade(&earlier, &upgraded);
    folders.extend(tampered(&upgraded, home.path(), "both"));
    assert!(folders.len() > 200, "{} cases", folders.len());

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/verify_ledger.py");
    let output = Command::new(python).arg(script).arg("--json").args(&folders).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), folders.len(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut sound, mut kinds) = (0, std::collections::BTreeSet::new());
    for (folder, line) in folders.iter().zip(lines.lines()) {
        let theirs: Value = serde_json::from_str(line).unwrap();
        let ours = verify_dir(folder, &mut |_, _| {}).unwrap();
        compare(folder, &ours, &theirs);
        sound += u32::from(ours.sound);
        kinds.extend(ours.problem.map(|problem| problem.what.to_string()));
    }
    assert!(sound >= 3 && kinds.len() >= 12, "{sound} sound, {kinds:?}");
}

#[test]
fn without_the_cryptography_package_it_verifies_the_chain_and_says_so() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: there is no python3; the second verifier was not tested");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let original = home.path().join("original");
    write(&original);
    // A package of that name that cannot be imported from, found first.
    fs::create_dir(home.path().join("cryptography")).unwrap();
    fs::write(home.path().join("cryptography/__init__.py"), "raise ImportError").unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/verify_ledger.py");
    let output =
        Command::new(python).env("PYTHONPATH", home.path()).arg(script).arg("--json").arg(&original).output().unwrap();
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&verdict["sound"], &verdict["trust"]), (&true.into(), &"signatures not checked".into()));
    assert_eq!(verdict["records"], 36);
}

#[test]
fn a_ledger_of_version_1_verifies_and_is_gone_on_with() {
    let home = tempfile::tempdir().unwrap();
    let (earlier, upgraded) = (home.path().join("v1"), home.path().join("v1-and-v2"));
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/v1/ledger"), &earlier);
    let before = verify_dir(&earlier, &mut |_, _| {}).unwrap();
    assert!(before.sound, "{:?}", before.problem);
    assert_eq!((before.records, before.open_intents), (36, 1));
    upgrade(&earlier, &upgraded);
    let after = verify_dir(&upgraded, &mut |_, _| {}).unwrap();
    assert!(after.sound, "{:?}", after.problem);
    // What recovery wrote about the open intent, and three of our own.
    assert_eq!((after.records, after.open_intents, after.origin), (36 + 2 + 3, 0, before.origin));
    assert_eq!(after.segments, before.segments + 1);
    let records: Vec<_> = store::read_dir(&upgraded, store::Filter::default()).unwrap().map(Result::unwrap).collect();
    assert_eq!(records.len(), 41);
    assert_eq!(records[35].hash, records[36].prev);
}

/// Opens a state folder with this ledger in it, writes three records, and copies what came of it.
fn upgrade(ledger: &Path, to: &Path) {
    let state = to.with_extension("state");
    fs::create_dir(&state).unwrap();
    copy(ledger, &state.join("ledger"));
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/v1/ledger.key"), state.join("ledger.key")).unwrap();
    fs::set_permissions(state.join("ledger.key"), fs::Permissions::from_mode(0o600)).unwrap();
    let store = Store::open(&state, Options { checkpoint_ms: 0, ..Options::default() }).unwrap();
    for entry in [intent(100), outcome(101, 100), act(102)] {
        store.ledger().append_blocking(entry).unwrap();
    }
    store.close();
    copy(&state.join("ledger"), to);
}

fn compare(folder: &Path, ours: &Verdict, theirs: &Value) {
    let mut ours = serde_json::to_value(ours).unwrap();
    let name = folder.file_name().unwrap().to_string_lossy();
    if theirs["trust"] == "signatures not checked" {
        // Without `cryptography` a bad signature goes unseen; everything else must be as it is with it.
        eprintln!("SKIPPED for {name}: signatures, for python3 has no `cryptography`");
        if ours["problem"]["what"] == "bad_signature" {
            return;
        }
        ours["trust"] = theirs["trust"].clone();
    }
    for key in [
        "sound",
        "trust",
        "origin",
        "records",
        "signed_records",
        "checkpoints",
        "head",
        "root",
        "open_intents",
        "torn_tail",
    ] {
        assert_eq!(ours[key], theirs[key], "{name}: {key}\nours: {ours}\ntheirs: {theirs}");
    }
    for key in ["what", "seq", "id", "segment", "offset"] {
        assert_eq!(ours["problem"][key], theirs["problem"][key], "{name}: {key}\nours: {ours}\ntheirs: {theirs}");
    }
}

/// Thirty-six records in several segments, with checkpoints; the last intent is open.
fn write(ledger: &Path) {
    let state = ledger.with_file_name("state");
    let options = Options { segment_bytes_max: 16_000, checkpoint_ms: 0, ..Options::default() };
    let store = Store::open(&state, options).unwrap();
    for n in 0..36 {
        let entry = match n % 3 {
            0 => intent(n),
            1 => outcome(n, n - 1),
            _ if n == 35 => intent(n),
            _ => act(n),
        };
        store.ledger().append_blocking(entry).unwrap();
    }
    store.close();
    copy(&state.join("ledger"), ledger);
}

/// The ledger as it is, and in many ways as it should not be.
fn tampered(original: &Path, home: &Path, version: &str) -> Vec<PathBuf> {
    let mut folders = vec![original.to_path_buf()];
    let names = segments(original);
    let mut case = |name: String, tamper: &dyn Fn(&Path)| {
        let folder = home.join(format!("{version}-{name}"));
        copy(original, &folder);
        tamper(&folder);
        folders.push(folder);
    };
    for (index, name) in names.iter().enumerate() {
        for at in [0, 5, 60, 700, 2_345, 5_000, 11_111] {
            case(format!("flip-{index}-{at}"), &|folder| edit(folder, name, |bytes| flip(bytes, at)));
        }
        for at in [0, 5, 700, 9_000] {
            case(format!("cut-{index}-{at}"), &|folder| edit(folder, name, |bytes| bytes.truncate(at)));
        }
        for at in [1, 3] {
            case(format!("mended-{index}-{at}"), &|folder| frames(folder, name, |all| soften(all.get_mut(at))));
            if frame_count(original, name) <= at + 1 {
                continue;
            }
            case(format!("gone-{index}-{at}"), &|folder| frames(folder, name, |all| drop(all.remove(at))));
            case(format!("swapped-{index}-{at}"), &|folder| frames(folder, name, |all| swap(all, at)));
            case(format!("twice-{index}-{at}"), &|folder| frames(folder, name, |all| all.insert(at, all[at].clone())));
        }
        case(format!("headless-{index}"), &|folder| frames(folder, name, |all| drop(all.remove(0))));
        case(format!("deleted-{index}"), &|folder| fs::remove_file(folder.join(name)).unwrap());
        case(format!("zeros-{index}"), &|folder| edit(folder, name, |bytes| bytes.resize(bytes.len() + 9_999, 0)));
        case(format!("noise-{index}"), &|folder| edit(folder, name, |bytes| bytes.extend_from_slice(&[7; 999])));
    }
    for (name, from, to) in [
        ("later", "{\"v\":1,\"seq\":2,", "{\"v\":2,\"seq\":2,"),
        ("doubled", "{\"v\":1,\"seq\":1,", "{\"v\":1,\"v\":1,\"seq\":1,"),
        ("stranger", "{\"v\":1,\"seq\":2,", "{\"v\":1,\"x\":1,\"seq\":2,"),
        ("null", "\"private\":\"", "\"private\":null,\"x\":\""),
        ("salt", "{\"salt\":\"", "{ \"salt\":\""),
        ("origin", "\"origin\":\"portcullis/", "\"origin\":\"portcullix/"),
        ("later-envelope", "PCL2\x02", "PCL3\x02"),
        ("no-envelope", "PCL2\x04", "PCL1\x04"),
        ("no-kind", "PCL2\x01", "PCL2\x06"),
        ("other-kind", "PCL2\x01", "PCL2\x03"),
        ("ends-nothing", "PCL2\x04", "PCL2\x02"),
        ("level", "{\"level\":\"restricted\"", "{\"level\":\"publicised\""),
        ("jurisdiction", "\x02\0EU", "\x02\0US"),
        ("caller", "{\"caller\":\"key", "{\"caller\":\"kex"),
        ("rest", "\"call\":\"call_", "\"call\":\"cull_"),
        ("seed", "\"seed\":\"", "\"seed\":\"0"),
        ("no-seed", "\"seed\":\"", "\"seeds\":\""),
        ("trailing", "\"actor\":\"portcullis\"", "\"actor\":\"portcullis\" "),
    ] {
        let replace = |payload: &mut Vec<u8>| replace_first(payload, from.as_bytes(), to.as_bytes());
        for name in [name.to_owned(), format!("{name}-and-nothing-after")] {
            let last = name.ends_with("after");
            case(name, &|folder| {
                frames(folder, &segments(folder).swap_remove(0), |all| {
                    all.iter_mut().for_each(replace);
                    all.truncate(if last { 4 } else { usize::MAX });
                });
            });
        }
    }
    for record in [1, 2, 3] {
        case(format!("erased-{record}"), &|folder| {
            frames(folder, &segments(folder).pop().unwrap(), |all| {
                all.get_mut(record).into_iter().for_each(|one| assert_eq!(erase(one), one.starts_with(b"PCL2")));
            });
        });
        case(format!("erased-and-written-over-{record}"), &|folder| {
            frames(folder, &segments(folder).pop().unwrap(), |all| {
                if let Some(one) = all.get_mut(record)
                    && erase(one)
                    && let Some(last) = one.last_mut()
                {
                    *last = 1;
                }
            });
        });
    }
    let without = |count: usize| {
        move |notes: &mut Vec<u8>| {
            let text = String::from_utf8(notes.clone()).unwrap();
            let all: Vec<&str> = text.split_inclusive("\n\n").collect();
            *notes = all[..all.len() - 2 * count].concat().into_bytes();
        }
    };
    for count in [1, 2, 3] {
        case(format!("notes-less-{count}"), &|folder| edit(folder, "checkpoints", without(count)));
    }
    case("notes-none".to_owned(), &|folder| fs::remove_file(folder.join("checkpoints")).unwrap());
    case("notes-cut".to_owned(), &|folder| edit(folder, "checkpoints", |notes| notes.truncate(notes.len() - 9)));
    for at in [3, 25, 40, 90, 150] {
        case(format!("notes-flip-{at}"), &|folder| edit(folder, "checkpoints", |notes| flip(notes, at)));
    }
    case("notes-back".to_owned(), &|folder| {
        edit(folder, "checkpoints", |notes| {
            let first = without_all_but_first(notes);
            notes.extend_from_slice(&first);
        });
    });
    for (name, from, to) in [
        ("time", "\"seq\":7,\"time\":17", "\"seq\":7,\"time\":16"),
        ("durable", "\"seq\":7,\"time", "\"seq\":7,\"durable\":8,\"time"),
        ("level", "restricted", "public"),
        ("orphan", &format!("\"intent\":\"{}", id(30)), &format!("\"intent\":\"{}", id(999))),
        ("second", &format!("\"intent\":\"{}", id(30)), &format!("\"intent\":\"{}", id(27))),
        (
            "repeated",
            &format!("\"id\":\"{}\",\"kind\":\"outcome\"", id(31)),
            &format!("\"id\":\"{}\",\"kind\":\"intent\"", id(30)),
        ),
    ] {
        if version == "v1" {
            case(format!("rechained-{name}-unsigned"), &|folder| {
                rechain(folder, from, to);
                fs::remove_file(folder.join("checkpoints")).unwrap();
            });
            case(format!("rechained-{name}"), &|folder| rechain(folder, from, to));
        }
    }
    type Change = fn(&mut Envelope, &mut Vec<u8>);
    let changes: [(&str, Change); 8] = [
        ("time", |envelope, _| envelope.time_ms -= if envelope.seq == 7 { 1 << 33 } else { 0 }),
        ("durable", |envelope, _| envelope.durable += if envelope.seq == 7 { 2 } else { 0 }),
        ("later", |envelope, _| envelope.time_ms += if envelope.seq == 7 { 1 << 33 } else { 0 }),
        ("orphan", |envelope, _| envelope.ends = envelope.ends.map(|seq| if seq == 30 { 29 } else { seq })),
        ("second", |envelope, _| envelope.ends = envelope.ends.map(|seq| if seq == 30 { 27 } else { seq })),
        ("content", |envelope, _| envelope.content.0[3] ^= u8::from(envelope.seq == 8)),
        ("id", |envelope, opening| opening[5] ^= u8::from(envelope.seq == 8)),
        ("erased", |envelope, opening| {
            let mut payload = Vec::new();
            envelope.push(&mut payload);
            payload.append(opening);
            erase(&mut payload);
            *opening = payload.split_off(ledger::envelope::ENVELOPE_BYTES);
        }),
    ];
    for (name, change) in changes {
        if version == "v2" {
            case(format!("rechained-{name}-unsigned"), &|folder| {
                rechain_envelopes(folder, change);
                fs::remove_file(folder.join("checkpoints")).unwrap();
            });
            case(format!("rechained-{name}"), &|folder| rechain_envelopes(folder, change));
        }
    }
    folders
}

/// Changes text in all records and mends the chain after it, as an operator could.
fn rechain(folder: &Path, from: &str, to: &str) {
    let prev = std::cell::RefCell::new("0".repeat(64));
    for name in segments(folder) {
        frames(folder, &name, |payloads| {
            for (index, payload) in payloads.iter_mut().enumerate() {
                let text = String::from_utf8(payload.clone()).unwrap().replace(from, to);
                let (before, after) = text.split_once("\"prev\":\"").unwrap();
                let mended = format!("{before}\"prev\":\"{}{}", prev.borrow(), after.split_at(64).1);
                if index > 0 {
                    let public = mended.split('\n').next().unwrap();
                    *prev.borrow_mut() = ledger::encode::leaf_hash(public.as_bytes()).hex();
                }
                *payload = mended.into_bytes();
            }
        });
    }
}

/// The same with envelopes.
fn rechain_envelopes(folder: &Path, change: fn(&mut Envelope, &mut Vec<u8>)) {
    let prev = std::cell::Cell::new(ledger::Hash::ZERO);
    for name in segments(folder) {
        frames(folder, &name, |payloads| {
            let header = String::from_utf8(payloads[0].clone()).unwrap();
            let (before, after) = header.split_once("\"prev\":\"").unwrap();
            payloads[0] = format!("{before}\"prev\":\"{}{}", prev.get(), after.split_at(64).1).into_bytes();
            for payload in payloads.iter_mut().skip(1) {
                let (mut envelope, opening) = Envelope::read(payload).unwrap();
                let mut opening = opening.to_vec();
                change(&mut envelope, &mut opening);
                envelope.prev = prev.get();
                prev.set(envelope.hash());
                payload.clear();
                envelope.push(payload);
                payload.extend_from_slice(&opening);
            }
        });
    }
}

fn replace_first(bytes: &mut Vec<u8>, from: &[u8], to: &[u8]) {
    if let Some(at) = bytes.windows(from.len()).position(|window| window == from) {
        bytes.splice(at..at + from.len(), to.iter().copied());
    }
}

fn without_all_but_first(notes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(notes.to_vec()).unwrap();
    text.split_inclusive("\n\n").take(2).collect::<String>().into_bytes()
}

fn frames(folder: &Path, name: &str, change: impl Fn(&mut Payloads)) {
    edit(folder, name, |bytes| {
        let mut payloads = Payloads::new();
        let mut at = 0;
        while let Found::Payload(payload) = frame::read(&bytes[at..]) {
            payloads.push(payload.to_vec());
            at += frame::HEADER_BYTES + payload.len();
        }
        change(&mut payloads);
        bytes.clear();
        payloads.iter().for_each(|payload| frame::push(payload, bytes));
    });
}

fn frame_count(folder: &Path, name: &str) -> usize {
    let bytes = fs::read(folder.join(name)).unwrap();
    let (mut at, mut count) = (0, 0);
    while let Found::Payload(payload) = frame::read(&bytes[at..]) {
        at += frame::HEADER_BYTES + payload.len();
        count += 1;
    }
    count
}

fn swap(payloads: &mut Payloads, at: usize) {
    let last = payloads.len() - 1;
    payloads.swap(at.min(last - 1), (at + 1).min(last));
}

fn soften(payload: Option<&mut Vec<u8>>) {
    let Some(payload) = payload else { return };
    for (from, to) in [("restricted", "internal__"), ("qwen", "gwen"), ("loaded", "leaded"), ("unknown", "finishd")] {
        replace_first(payload, from.as_bytes(), to.as_bytes());
    }
}

fn edit(folder: &Path, name: &str, change: impl Fn(&mut Vec<u8>)) {
    let mut bytes = fs::read(folder.join(name)).unwrap();
    change(&mut bytes);
    fs::write(folder.join(name), bytes).unwrap();
}

fn flip(bytes: &mut [u8], at: usize) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 0x10;
    }
}

fn segments(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| ledger::segment::first_of(name).is_some())
        .collect();
    names.sort_unstable();
    names
}

/// Copies a ledger, without the space taken ahead: Python is slow enough.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let mut bytes = fs::read(file.path()).unwrap();
        if ledger::segment::first_of(&file.file_name().to_string_lossy()).is_some() {
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            bytes.truncate(end);
        }
        fs::write(to.join(file.file_name()), bytes).unwrap();
    }
}

fn python() -> Option<&'static str> {
    Command::new("python3").arg("--version").output().ok().filter(|output| output.status.success()).map(|_| "python3")
}

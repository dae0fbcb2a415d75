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
    path::{Path, PathBuf},
    process::Command,
};

use ledger::{
    Verdict,
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
    let folders = tampered(&original, home.path());
    assert!(folders.len() > 60, "{} cases", folders.len());

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
fn tampered(original: &Path, home: &Path) -> Vec<PathBuf> {
    let mut folders = vec![original.to_path_buf()];
    let names = segments(original);
    let mut case = |name: String, tamper: &dyn Fn(&Path)| {
        let folder = home.join(name);
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
    ] {
        let replace = |payload: &mut Vec<u8>| {
            *payload = String::from_utf8(payload.clone()).unwrap().replacen(from, to, 1).into_bytes();
        };
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
        case(format!("rechained-{name}-unsigned"), &|folder| {
            rechain(folder, from, to);
            fs::remove_file(folder.join("checkpoints")).unwrap();
        });
        case(format!("rechained-{name}"), &|folder| rechain(folder, from, to));
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

fn swap(payloads: &mut Payloads, at: usize) {
    let last = payloads.len() - 1;
    payloads.swap(at.min(last - 1), (at + 1).min(last));
}

fn soften(payload: Option<&mut Vec<u8>>) {
    let payload = payload.unwrap();
    let text = String::from_utf8(payload.clone()).unwrap();
    *payload =
        text.replace("restricted", "internal__").replace("qwen", "gwen").replace("loaded", "leaded").into_bytes();
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

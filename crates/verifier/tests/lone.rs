//! The lone binary says of a real ledger and of real proofs what is so, and of tampered ones what is wrong.
#![expect(clippy::unwrap_used, reason = "test code: a failure is what it is for")]

#[path = "../../ledger/tests/samples/mod.rs"]
mod samples;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use ledger::{Entry, proof::Claim};
use samples::{act, intent, outcome};
use store::{Options, Store, prove_dir};

const NEVER: &str = "level>=restricted and jurisdiction!=EU";

#[test]
fn a_proof_verifies_on_another_computer_and_a_changed_one_does_not() {
    let home = tempfile::tempdir().unwrap();
    let (state, policy) = written(home.path(), false);
    let proved = prove_dir(&state, Claim::Never, NEVER, (0, u64::MAX), &mut |_, _| {}).unwrap();
    assert!(proved.matches.is_empty());
    let file = home.path().join("q3.proof");
    fs::write(&file, &proved.file).unwrap();
    let said = run(&[&file, Path::new("--policy"), &policy]);
    assert_eq!(said.status.code(), Some(0), "{}", text(&said));
    for expected in [
        "HOLDS: no recorded attempt in these records was `level>=restricted and jurisdiction!=EU`",
        "30 in all, 10 of them attempts",
        "found by  detectors-2026.11: 10 attempts",
        "operator-signed only",
        "its measured recall is phi 0.93",
        "unwitnessed",
        "round the door",
    ] {
        assert!(text(&said).contains(expected), "`{expected}` is not in:\n{}", text(&said));
    }

    let mut changed = proved.file.clone();
    let last = changed.len() - 20;
    changed[last] ^= 1;
    fs::write(&file, &changed).unwrap();
    let said = run(&[&file, Path::new("--policy"), &policy]);
    assert_eq!(said.status.code(), Some(1));
    assert!(text(&said).contains("PROVES NOTHING"), "{}", text(&said));

    // Another ledger's key, and no key at all.
    fs::write(&file, &proved.file).unwrap();
    let (_, other) = written(&home.path().join("other"), false);
    assert_eq!(run(&[&file, Path::new("--policy"), &other]).status.code(), Some(1));
    assert_eq!(run(&[&file]).status.code(), Some(3));
}

#[test]
fn a_leak_contradicts_and_who_made_it_is_shown() {
    let home = tempfile::tempdir().unwrap();
    let (state, policy) = written(home.path(), true);
    let file = home.path().join("a.proof");
    for (claim, code) in [(Claim::Never, 1), (Claim::Who, 0), (Claim::Reached, 0)] {
        let proved = prove_dir(&state, claim, NEVER, (0, u64::MAX), &mut |_, _| {}).unwrap();
        assert_eq!(proved.matches, [30]);
        fs::write(&file, &proved.file).unwrap();
        let said = run(&[&file, Path::new("--policy"), &policy]);
        assert_eq!(said.status.code(), Some(code), "{}", text(&said));
        assert_eq!(text(&said).contains("key:4fJ2kQ0aPz1b"), claim == Claim::Who);
        assert_eq!(text(&said).contains("phi.mrn"), claim == Claim::Reached);
    }
}

#[test]
fn a_ledger_verifies_and_a_changed_one_does_not() {
    let home = tempfile::tempdir().unwrap();
    let (state, policy) = written(home.path(), false);
    for arguments in [vec![state.as_path()], vec![state.as_path(), Path::new("--policy"), &policy]] {
        let said = run(&arguments);
        assert_eq!(said.status.code(), Some(0), "{}", text(&said));
        assert!(text(&said).contains("Sound: 30 records verified"), "{}", text(&said));
    }
    let segment = state.join("ledger").join(ledger::segment::name(0));
    let mut bytes = fs::read(&segment).unwrap();
    bytes[3_000] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let said = run(&[&state]);
    assert_eq!(said.status.code(), Some(1));
    assert!(text(&said).contains("NOT SOUND") && text(&said).contains("altered"), "{}", text(&said));
    // A policy that does not know the ledger.
    let (_, other) = written(&home.path().join("other"), false);
    assert_eq!(run(&[&state, Path::new("--policy"), &other]).status.code(), Some(3));
}

#[test]
fn misuse_is_said_to_be_one() {
    for arguments in [vec![], vec![Path::new("a"), Path::new("b")], vec![Path::new("--nonsense"), Path::new("a")]] {
        assert_eq!(run(&arguments).status.code(), Some(2));
    }
    assert_eq!(
        run(&[Path::new("/nowhere/at/all"), Path::new("--policy"), Path::new("/nowhere")]).status.code(),
        Some(3)
    );
}

/// A state folder of thirty records (and a thirty-first that leaks), and a policy that trusts its key.
fn written(home: &Path, leak: bool) -> (PathBuf, PathBuf) {
    let state = home.join("state");
    fs::create_dir_all(&state).unwrap();
    let store = Store::open(&state, Options::default()).unwrap();
    for n in (0..30).step_by(3) {
        for entry in [intent(n), outcome(n + 1, n), act(n + 2)] {
            store.ledger().append_blocking(entry).unwrap();
        }
    }
    if leak && let Entry::Intent(mut leaked) = intent(30) {
        leaked.destination.jurisdiction = "US".to_owned();
        store.ledger().append_blocking(Entry::Intent(leaked)).unwrap();
    }
    store.close();
    let key = fs::read_to_string(state.join("ledger/key.pub")).unwrap();
    let policy = home.join("auditor.toml");
    let recall = "[recall]\n\"detectors-2026.11\" = \"phi 0.93\"\n";
    fs::write(&policy, format!("logs = [\"{}\"]\n{recall}", key.trim())).unwrap();
    (state, policy)
}

fn run(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis-verify")).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

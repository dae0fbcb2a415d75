//! Keys: what opens, what does not, and from when on.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code: a failure is what it is for")]

use std::{collections::BTreeSet, path::Path};

use ledger::Entry;
use store::{Denied, Filter, KeysError, NewKey, Options, Store};

const NOW: u64 = 1_795_000_000_000;
const DAY: u64 = 24 * 3_600 * 1_000;

#[test]
fn a_key_opens_with_what_it_was_made_with() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert!(store.keys().is_empty());
    let created = store.keys().create(NewKey { floor: "public".to_owned(), ..new("letters") }, NOW).unwrap();
    assert_eq!(created.expires_at_ms, NOW + 30 * DAY);
    let facts = store.keys().verify(created.key.expose(), NOW).unwrap();
    assert_eq!((facts.id.as_str(), facts.name.as_str()), (created.id.as_str(), "letters"));
    assert_eq!((facts.floor.as_str(), facts.tenant.as_str(), facts.admin), ("public", "ward-7", false));
    assert!(facts.is_live(NOW) && store.keys().is_live(&created.id, NOW) && !store.keys().is_empty());
}

#[test]
fn keys_outlive_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let (kept, revoked) = {
        let store = open(dir.path());
        let kept = store.keys().create(new("kept"), NOW).unwrap();
        let revoked = store.keys().create(new("revoked"), NOW).unwrap();
        assert!(store.keys().revoke(&revoked.id, "soc", NOW + 5).unwrap());
        (kept, revoked)
    };
    let store = open(dir.path());
    assert_eq!(store.keys().verify(kept.key.expose(), NOW).unwrap().id, kept.id);
    assert_eq!(store.keys().verify(revoked.key.expose(), NOW).unwrap_err(), Denied::Revoked);
    let listed = store.keys().list();
    assert_eq!(listed.len(), 2);
    let ended = listed.iter().find(|key| key.facts.id == revoked.id).unwrap().revocation.clone().unwrap();
    assert_eq!((ended.at_ms, ended.by.as_str()), (NOW + 5, "soc"));
}

#[test]
fn a_state_folder_behind_a_link_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("private"), dir.path().join("state"));
    std::fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let created = open(&link).keys().create(new("a"), NOW).unwrap();
    assert!(open(&real).keys().verify(created.key.expose(), NOW).is_ok());
}

#[test]
fn a_revoked_key_is_dead_at_once_in_calls_that_run() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let created = store.keys().create(new("a"), NOW).unwrap();
    let facts = store.keys().verify(created.key.expose(), NOW).unwrap();
    assert!(store.keys().revoke(&created.id, "soc", NOW).unwrap());
    assert!(!facts.is_live(NOW));
    assert!(!store.keys().is_live(&created.id, NOW));
    assert_eq!(store.keys().verify(created.key.expose(), NOW).unwrap_err(), Denied::Revoked);
    assert!(store.keys().revoke(&created.id, "soc", NOW).unwrap(), "a second time changes nothing");
    assert!(!store.keys().revoke("nosuchkey000", "soc", NOW).unwrap());
}

#[test]
fn an_expired_key_is_dead_also_in_calls_that_run() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let created = store.keys().create(NewKey { ttl_seconds: Some(60), ..new("a") }, NOW).unwrap();
    let facts = store.keys().verify(created.key.expose(), NOW + 59_999).unwrap();
    assert!(facts.is_live(NOW + 59_999) && !facts.is_live(NOW + 60_000));
    assert_eq!(store.keys().verify(created.key.expose(), NOW + 60_000).unwrap_err(), Denied::Expired);
}

#[test]
fn only_the_owner_of_the_secret_learns_anything() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let a = store.keys().create(new("a"), NOW).unwrap();
    let b = store.keys().create(new("b"), NOW).unwrap();
    store.keys().revoke(&a.id, "soc", NOW).unwrap();
    // The id of one with the secret of the other, well-formed.
    let crossed = well_formed(&format!("pck_live_{}_{}", a.id, b.key.expose().split('_').nth(3).unwrap()));
    assert_eq!(store.keys().verify(&crossed, NOW).unwrap_err(), Denied::Unknown);
    let nobody = well_formed(&format!("pck_live_{}_{}", "A".repeat(12), "B".repeat(28)));
    assert_eq!(store.keys().verify(&nobody, NOW).unwrap_err(), Denied::Unknown);
    for bad in ["", "sk-abc", "pck_live_x_y_z", a.key.expose().trim_start_matches('p'), &format!("{} ", a.key.expose())]
    {
        assert_eq!(store.keys().verify(bad, NOW).unwrap_err(), Denied::Malformed, "{bad}");
    }
}

#[test]
fn no_file_holds_the_secret() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let created = store.keys().create(new("a"), NOW).unwrap();
    store.close();
    let secret = created.key.expose().split('_').nth(3).unwrap().as_bytes();
    for folder in [dir.path().to_path_buf(), dir.path().join("ledger")] {
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{}", file.display());
        }
    }
}

#[test]
fn creation_and_revocation_are_records() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let created = store.keys().create(new("a"), NOW).unwrap();
    store.keys().revoke(&created.id, "soc", NOW).unwrap();
    let acts: Vec<_> = store
        .ledger()
        .read(Filter::default())
        .unwrap()
        .map(|record| match record.unwrap().body {
            Entry::Act(act) => (act.action, act.actor, act.subject),
            other => panic!("{other:?}"),
        })
        .collect();
    let subject = Some(created.id);
    let expected = [("key.created", "tests", &subject), ("key.revoked", "soc", &subject)];
    assert!(acts.iter().map(|(action, actor, subject)| (action.as_str(), actor.as_str(), subject)).eq(expected));
}

#[test]
fn a_sealed_or_closed_ledger_makes_no_keys_and_still_revokes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let created = store.keys().create(new("a"), NOW).unwrap();
    let keys = store.keys();
    store.close();
    assert!(matches!(keys.create(new("b"), NOW), Err(KeysError::Unrecorded(_))));
    assert!(matches!(keys.revoke(&created.id, "soc", NOW), Err(KeysError::Unrecorded(_))));
    assert_eq!(keys.verify(created.key.expose(), NOW).unwrap_err(), Denied::Revoked);
    drop(keys);
    let store = open(dir.path());
    assert_eq!(store.keys().verify(created.key.expose(), NOW).unwrap_err(), Denied::Revoked);
}

#[test]
fn keys_of_another_installation_or_environment_open_nothing() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let created = open(dir.path()).keys().create(new("a"), NOW).unwrap();
    assert_eq!(open(other.path()).keys().verify(created.key.expose(), NOW).unwrap_err(), Denied::Unknown);
    let test = Store::open(dir.path(), Options { environment: "test".to_owned(), ..Options::default() }).unwrap();
    assert_eq!(test.keys().verify(created.key.expose(), NOW).unwrap_err(), Denied::Malformed);
    for bad in ["", "Live", "a_b", "ninechars"] {
        let options = Options { environment: bad.to_owned(), ..Options::default() };
        assert!(Store::open(&dir.path().join("other"), options).is_err(), "{bad}");
    }
}

#[test]
fn fields_and_lifetimes_have_limits() {
    let dir = tempfile::tempdir().unwrap();
    let keys = open(dir.path()).keys();
    let long = "x".repeat(129);
    for bad in [
        NewKey { name: String::new(), ..new("a") },
        NewKey { name: long.clone(), ..new("a") },
        NewKey { tenant: "a\nb".to_owned(), ..new("a") },
        NewKey { use_case: Some(long), ..new("a") },
        NewKey { ttl_seconds: Some(0), ..new("a") },
        NewKey { ttl_seconds: Some(365 * 24 * 3_600 + 1), ..new("a") },
        NewKey { ttl_seconds: Some(u64::MAX), ..new("a") },
    ] {
        assert!(matches!(keys.create(bad.clone(), NOW), Err(KeysError::Field { .. })), "{bad:?}");
    }
    assert!(keys.list().is_empty());
}

#[test]
fn ids_do_not_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ids: BTreeSet<String> =
        (0..20).map(|n| store.keys().create(new(&format!("key {n}")), NOW).unwrap().id).collect();
    assert_eq!(ids.len(), 20);
}

fn open(dir: &Path) -> Store {
    Store::open(dir, Options::default()).unwrap()
}

fn new(name: &str) -> NewKey {
    NewKey {
        name: name.to_owned(),
        floor: "internal".to_owned(),
        ttl_seconds: None,
        tenant: "ward-7".to_owned(),
        use_case: None,
        admin: false,
        created_by: "tests".to_owned(),
    }
}

/// Adds the checksum, as anybody can.
fn well_formed(text: &str) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = Vec::new();
    for _ in 0..6 {
        digits.insert(0, char::from(ALPHABET[(rest % 62) as usize]));
        rest /= 62;
    }
    format!("{text}_{}", digits.into_iter().collect::<String>())
}

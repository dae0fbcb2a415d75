//! Records as a busy afternoon makes them, for tests here and in `store`.

use std::collections::BTreeMap;

use ledger::{Act, AttemptKind, Destination, Ended, Entry, Intent, Json, Outcome, RecordId, Salt, commit::field};

/// Record id number `n`.
pub(crate) fn id(n: u64) -> String {
    let mut random = [0; 10];
    for (place, byte) in random.iter_mut().zip(n.to_be_bytes()) {
        *place = byte;
    }
    RecordId::from_parts(1_795_000_000_000 + n, random).to_string()
}

/// An intent under record id number `n`, of the size that they have in real life.
pub(crate) fn intent(n: u64) -> Entry {
    let salt = Salt::new([n as u8; 32]);
    Entry::Intent(Intent {
        id: id(n),
        call: format!("call_{n}"),
        caller: "key:4fJ2kQ0aPz1b".to_owned(),
        on_behalf_of: None,
        tenant: "ward-7".to_owned(),
        use_case: Some("discharge-letters".to_owned()),
        front_door: "openai.chat".to_owned(),
        alias: "auto".to_owned(),
        findings: BTreeMap::from([("phi.mrn".to_owned(), 2), ("pii.person".to_owned(), 1)]),
        detector_version: "detectors-2026.11".to_owned(),
        level: "restricted".to_owned(),
        injection_permille: 12,
        policy_input: policy_input(),
        policy_hash: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        config_hash: "sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".to_owned(),
        determining_policies: vec!["restricted-stays-in-eu".to_owned(), "base".to_owned()],
        obligations: vec!["screen.strict".to_owned()],
        permitted: vec!["ward-llm".to_owned(), "eu-hosted".to_owned()],
        attempt: 1,
        attempt_kind: AttemptKind::First,
        destination: Destination {
            name: "ward-llm".to_owned(),
            kind: "openai".to_owned(),
            hosting: "self_hosted".to_owned(),
            region: "eu-central-1".to_owned(),
            jurisdiction: "EU".to_owned(),
            vendor: None,
            vendor_assessment: None,
            model: "qwen3-8b".to_owned(),
            digest: Some("sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".to_owned()),
        },
        parameters: Json::of(&BTreeMap::from([("max_tokens", 512), ("n", 1)])).unwrap_or_default(),
        prompt: salt.commit(field::PROMPT, b"the caller's prompt"),
        sent: salt.commit(field::SENT, b"the bytes sent"),
        sent_bytes: 4_096,
        body: "digest".to_owned(),
        salt: Some(salt),
    })
}

/// The outcome, under record id number `n`, of the intent under id number `of`.
pub(crate) fn outcome(n: u64, of: u64) -> Entry {
    let salt = Salt::new([!(n as u8); 32]);
    Entry::Outcome(Outcome {
        id: id(n),
        intent: id(of),
        call: format!("call_{of}"),
        ended: Ended::Finished,
        status: Some(200),
        upstream_request_id: Some("chatcmpl-9f86d081884c7d65".to_owned()),
        upstream_model: Some("qwen3-8b-2026-04".to_owned()),
        received: Some(salt.commit(field::RECEIVED, b"the answer")),
        released: Some(salt.commit(field::RELEASED, b"the answer")),
        received_bytes: 2_048,
        released_bytes: 2_048,
        input_tokens: Some(900),
        output_tokens: Some(310),
        cached_tokens: None,
        charged_tokens: None,
        cost_micros: None,
        queue_us: 40,
        first_byte_us: Some(180_000),
        total_us: 2_400_000,
        screening: BTreeMap::new(),
        cut: Vec::new(),
        error: None,
        shortened: false,
        salt: Some(salt),
    })
}

/// An administrative act under record id number `n`.
pub(crate) fn act(n: u64) -> Entry {
    Entry::Act(Act {
        id: id(n),
        action: "config.loaded".to_owned(),
        actor: "portcullis".to_owned(),
        subject: None,
        detail: BTreeMap::from([("hash".to_owned(), "sha256:60303ae2".to_owned())]),
    })
}

fn policy_input() -> Json {
    let mut input = BTreeMap::new();
    for (name, value) in [
        ("action", "chat"),
        ("assessment", "current"),
        ("environment", "production"),
        ("groups", "clinicians,ward-7,night-shift"),
        ("level", "restricted"),
        ("principal", "key:4fJ2kQ0aPz1b"),
        ("roles", "author"),
        ("sources", "record-store,letters"),
        ("tools", "lookup_patient,find_bed"),
    ] {
        input.insert(name, value);
    }
    Json::of(&input).unwrap_or_default()
}

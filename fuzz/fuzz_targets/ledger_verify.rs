//! The verifier: no bytes of a segment make it panic, and where the pieces break makes no difference to its verdict.
#![no_main]

use ledger::Verifier;
use libfuzzer_sys::fuzz_target;

fn verdict(pieces: &[&[u8]]) -> String {
    let mut verifier = Verifier::new("", None);
    verifier.begin_segment(&ledger::segment::name(0), true);
    pieces.iter().for_each(|piece| verifier.push(piece));
    format!("{:?}", verifier.finish().verdict)
}

fuzz_target!(|input: (usize, &[u8])| {
    let (cut, bytes) = input;
    let (left, right) = bytes.split_at(cut.checked_rem(bytes.len() + 1).unwrap_or(0));
    assert_eq!(verdict(&[bytes]), verdict(&[left, right]));
    // The parts by themselves.
    let _ = ledger::encode::Record::decode(bytes);
    let _ = ledger::segment::Header::decode(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = ledger::note::split(text);
    }
});

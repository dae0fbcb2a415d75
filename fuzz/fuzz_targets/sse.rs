//! Server-sent events: any chunking of the same bytes gives the same events.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::sse::Reader;

fn events(chunks: &[&[u8]]) -> (Vec<(String, String)>, bool, bool) {
    let (mut reader, mut found) = (Reader::default(), Vec::new());
    let read = chunks.iter().try_for_each(|chunk| {
        reader.push(chunk, &mut |name, data| {
            found.push((name.to_owned(), data.to_owned()));
            Ok(())
        })
    });
    (found, read.is_ok(), reader.is_midway())
}

fuzz_target!(|input: (usize, &[u8])| {
    let (cut, bytes) = input;
    let whole = events(&[bytes]);
    let (left, right) = bytes.split_at(cut.checked_rem(bytes.len() + 1).unwrap_or(0));
    let halves = events(&[left, right]);
    assert_eq!((&whole.0, whole.1), (&halves.0, halves.1));
    if whole.1 {
        assert_eq!(whole.2, halves.2);
    }
});

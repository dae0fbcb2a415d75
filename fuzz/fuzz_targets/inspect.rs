//! Inspection: no text makes it panic, every finding lies in its own piece at character borders, twice gives the same, and
//! a screen that masks releases the same at any cut.
#![no_main]

use std::sync::LazyLock;

use inspect::{Channel, Inspector, Piece, ScreenRules, Settings, Verdict};
use libfuzzer_sys::fuzz_target;

static INSPECTOR: LazyLock<Inspector> = LazyLock::new(|| Inspector::new(&Settings::default()).unwrap());

fn screened(pieces: &[&str]) -> (String, bool) {
    let rules = ScreenRules { mask: ["secret".to_owned(), "pci".to_owned()].into(), ..ScreenRules::default() };
    let (mut screen, mut released) = (INSPECTOR.screen(rules), String::new());
    let going = pieces.iter().all(|piece| screen.push(piece, &mut released) == Verdict::Go);
    let ended = screen.finish(&mut released) == Verdict::Go;
    (released, going && ended)
}

fuzz_target!(|input: (usize, &str)| {
    let (cut, text) = input;
    let pieces = [Piece::text(Channel::User, text), Piece::text(Channel::Tool, text)];
    let found = INSPECTOR.inspect(&pieces);
    for finding in &found.findings {
        assert!(finding.piece < pieces.len());
        assert!(text.get(finding.start..finding.end).is_some(), "{finding:?}");
    }
    assert_eq!(found, INSPECTOR.inspect(&pieces));
    let cut = text.floor_char_boundary(cut.checked_rem(text.len() + 1).unwrap_or(0));
    assert_eq!(screened(&[text]), screened(&[&text[..cut], &text[cut..]]));
});

//! The scores that the training script computed for its own sentences are the scores that ship.

#![expect(clippy::unwrap_used, reason = "tests")]

use inspect::{Channel, Inspector, Piece, Settings};

#[derive(serde::Deserialize)]
struct Golden {
    text: String,
    user: f32,
    document: f32,
}

#[test]
fn the_shipped_tables_give_the_scripts_own_scores() {
    let golden: Vec<Golden> = serde_json::from_str(include_str!("injection_golden.json")).unwrap();
    let inspector = Inspector::new(&Settings::default()).unwrap();
    assert!(golden.len() > 40);
    for Golden { text, user, document } in &golden {
        for (channel, expected) in [(Channel::User, user), (Channel::Document, document)] {
            let score = inspector.inspect(&[Piece::text(channel, text)]).injection;
            assert!((score - expected).abs() < 0.002, "{channel}: {score} for {expected}: {text}");
        }
    }
}

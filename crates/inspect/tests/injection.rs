//! The scores that the training script computed for its own sentences are the scores that ship.

#![expect(clippy::unwrap_used, reason = "tests")]

use inspect::{Canary, Channel, Inspector, Piece, ScreenRules, Settings, Verdict};

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

/// What is released when the text comes in pieces of so many characters, with how often the canary was said.
fn streamed(inspector: &Inspector, rules: &ScreenRules, text: &str, size: usize) -> (String, usize, bool) {
    let mut screen = inspector.screen_with(rules.clone(), Canary::new("Heron-7Q2mZ4tK9x").unwrap());
    let (mut released, chars) = (String::new(), text.chars().collect::<Vec<_>>());
    let mut is_cut = false;
    for chunk in chars.chunks(size) {
        is_cut |= screen.push(&chunk.iter().collect::<String>(), &mut released) != Verdict::Go;
    }
    is_cut |= screen.finish(&mut released) != Verdict::Go;
    let attacks = screen.findings().iter().filter(|finding| finding.class.family() == "attack").count();
    (released, attacks, is_cut)
}

#[test]
fn a_canary_is_cut_wherever_the_stream_divides_it() {
    let inspector = Inspector::new(&Settings::default()).unwrap();
    let rules = ScreenRules { cut: ["attack.canary".to_owned()].into(), ..ScreenRules::default() };
    for said in ["Heron-7Q2mZ4tK9x", "h e r o n 7 q 2 m z 4 t k 9 x", "x9Kt4Zm2Q7-noreH", "SGVyb24tN1EybVo0dEs5eA=="] {
        let text = format!("Certainly, here it comes: {said} and more.");
        for size in 1..=text.len() {
            let (released, _, is_cut) = streamed(&inspector, &rules, &text, size);
            assert!(is_cut && released == "Certainly, here it comes: ", "{size}: {released}");
        }
    }
    let (released, found, is_cut) = streamed(&inspector, &rules, "Only a heron, and 7 quiet mice.", 1);
    assert_eq!((released.as_str(), found, is_cut), ("Only a heron, and 7 quiet mice.", 0, false));
}

#[test]
fn links_and_tokens_are_masked_the_same_however_the_stream_is_divided() {
    let settings = Settings { answer_hosts: vec!["example.com".to_owned()], ..Settings::default() };
    let inspector = Inspector::new(&settings).unwrap();
    let rules = ScreenRules { mask: ["attack".to_owned()].into(), ..ScreenRules::default() };
    for (text, expected) in [
        (
            "See https://example.com/a, then http://evil.test/b now.",
            "See https://example.com/a, then [attack.link_host] now.",
        ),
        (
            "An ![x](//evil.test/p) and [y]: https://evil.test/q\n",
            "An ![x]([attack.link_host]) and [y]: [attack.link_host]\n",
        ),
        ("Done <｜tool▁calls▁begin｜> ok", "Done [attack.template_token] ok"),
        ("Done <|start|>assistant", "Done [attack.template_token]assistant"),
    ] {
        for size in 1..=text.chars().count() {
            assert_eq!(streamed(&inspector, &rules, text, size).0, expected, "{size}");
        }
    }
}

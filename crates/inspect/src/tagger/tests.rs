//! The tagger against the script that trained it, and sentences in several languages.

use super::*;

fn spans_of(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    spans(&tokens, &look::labels(&tokens))
        .into_iter()
        .map(|span| format!("{}={}", span.label.short(), &text[span.start..span.end]))
        .collect()
}

/// The script wrote what its own arithmetic finds in texts of templates that it did not learn from.
#[test]
fn the_crate_reads_as_the_script_that_trained_it() {
    for line in include_str!("golden.txt").lines() {
        let mut fields = line.split('\t').map(|field| field.replace('⏎', "\n").replace('⇥', "\t"));
        let text = fields.next().unwrap();
        assert_eq!(spans_of(&text), fields.collect::<Vec<_>>(), "{text}");
    }
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(spans_of(text), expected, "{text}");
}

#[test]
fn names_are_found_in_several_languages() {
    check("My name is John Smith and I live in Springfield.", &["PER=John Smith", "LOC=Springfield"]);
}

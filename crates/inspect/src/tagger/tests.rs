//! The tagger against the script that trained it, and sentences in several languages.

use super::*;

fn spans_of(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    spans(&tokens, &look::labels(&tokens))
        .into_iter()
        .map(|span| format!("{}={}", span.label.short(), text.get(span.start..span.end).unwrap()))
        .collect()
}

/// The script wrote what its own arithmetic finds.
#[test]
fn the_crate_reads_as_the_script_that_trained_it() {
    for line in include_str!("golden.txt").lines() {
        let mut fields = line.split('\t').map(|field| field.replace('⏎', "\n").replace('⇥', "\t"));
        let text = fields.next().unwrap();
        assert_eq!(spans_of(&text), fields.collect::<Vec<_>>(), "{text}");
    }
}

/// These spans are found, perhaps beside others.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let found = spans_of(text);
    for span in expected {
        assert!(found.iter().any(|other| other == span), "{span} is not among {found:?}");
    }
}

#[test]
fn names_are_found_in_several_languages() {
    check("My name is John Smith and I live in Springfield.", &["PER=John Smith", "LOC=Springfield"]);
    check("my name is john smith", &["PER=john smith"]);
    check("PLEASE CALL MARIA GONZALEZ", &["PER=MARIA GONZALEZ"]);
    check("Sehr geehrte Frau Schneider, Ihr Vertrag läuft aus.", &["PER=Schneider"]);
    check("Je m'appelle Camille Durand et j'habite à Lyon.", &["PER=Camille Durand", "LOC=Lyon"]);
    check("Me llamo Carmen Ortega y vivo en Madrid.", &["PER=Carmen Ortega", "LOC=Madrid"]);
    check("Mi chiamo Giulia Rossi e abito a Torino.", &["PER=Giulia Rossi"]);
    check("Met vriendelijke groet,\nSanne de Vries", &["PER=Sanne de Vries"]);
}

#[test]
fn addresses_are_found_as_one_span_a_line() {
    check("Ship it to 4819 Fourth Street, Apt 12 please", &["ADR=4819 Fourth Street, Apt 12"]);
    check("wohnhaft Bahnhofstraße 12, 50667 Köln", &["ADR=Bahnhofstraße 12, 50667"]);
}

#[test]
fn ordinary_text_names_nobody() {
    for text in [
        "The committee met to discuss the new library.",
        "How do I reset my password?",
        "let mut out = vec![]; out.push(left[i]);",
        "Please read the text below and answer in short sentences.",
    ] {
        assert_eq!(spans_of(text), Vec::<String>::new(), "{text}");
    }
}

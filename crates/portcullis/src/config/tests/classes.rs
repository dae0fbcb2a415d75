//! Combinations and exceptions: what holds, until when, and what is refused.

use inspect::Level;
use judge::Mode;

use super::{check_mode, load};

#[test]
fn classes_that_stand_together_have_a_level_of_their_own() {
    let rows = "[[combinations]]\nall = [\"pii.email\"]\ncount = 2\nlevel = \"restricted\"\n";
    let config = load(&[("classes/own.toml", rows)]);
    let level = |text| config.inspector.inspect(&[inspect::Piece::text(inspect::Channel::User, text)]).level;
    assert_eq!(level("to ann@ward.example"), Level::Confidential);
    assert_eq!(level("to ann@ward.example and bob@ward.example"), Level::Restricted);
    for (text, expected) in [
        ("[[combinations]]\nlevel = \"restricted\"\n", "`all` is missing"),
        ("[[combinations]]\nall = [\"pii\"]\n", "`level` is missing"),
    ] {
        check_mode("classes/own.toml", text, Mode::Development, expected, true);
    }
}

fn exception(more: &str) -> String {
    format!("[[exceptions]]\nname = \"desk\"\nclass = \"pii.email\"\nowner = \"privacy\"\nreason = \"public\"\n{more}")
}

#[test]
fn exceptions_hold_until_their_day_is_over() {
    let emails = |expires: &str| {
        let text = exception(&format!("pattern = \"[a-z]{{1,20}}@ward\\\\.example\"\nexpires = {expires}\n"));
        let config = load(&[("classes/own.toml", &text)]);
        let piece = inspect::Piece::text(inspect::Channel::User, "to desk@ward.example");
        (config.inspector.inspect(&[piece]).findings.len(), config.exceptions_end_unix, config.warnings.len())
    };
    let (found, end, warnings) = emails("2126-11-20");
    assert_eq!((found, end.is_some(), warnings), (0, true, 0));
    assert_eq!(emails("2020-11-20"), (1, None, 1));
}

#[test]
fn an_exception_without_owner_reason_end_or_digest_is_refused() {
    let digest = format!("hmac-sha256:{}:{}", "5a".repeat(16), "c3".repeat(32));
    assert_eq!(
        load(&[("classes/own.toml", &exception(&format!("value = \"{digest}\"\nexpires = 2126-11-20\n")))])
            .inspection
            .exceptions
            .len(),
        1
    );
    for (text, expected) in [
        (exception("pattern = \"a\"\n"), "`expires` is missing"),
        (exception("expires = 2126-11-20\n"), "`value` is missing"),
        (exception("value = \"desk@ward.example\"\nexpires = 2126-11-20\n"), "`value` is not a salted digest"),
        (exception("value = \"hmac-sha256:5a:c3\"\nexpires = 2126-11-20\n"), "`value` is not a salted digest"),
        (exception("pattern = \"a+\"\nexpires = 2126-11-20\n"), "can match more than 256 bytes"),
        (
            exception("pattern = \"a\"\nexpires = 2126-11-20\n").replace("owner = \"privacy\"\n", ""),
            "`owner` is missing",
        ),
    ] {
        check_mode("classes/own.toml", &text, Mode::Development, expected, true);
    }
}

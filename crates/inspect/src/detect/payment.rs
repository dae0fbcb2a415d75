//! What goes with a card: verification code, expiry, and the data of its magnetic stripe.

use super::card::luhn;
use super::digits::Chain;
use super::labelled::after;
use crate::scan::Scan;
use crate::text::{Text, is_word};

/// Three or four digits after `CVV`, `CVC`, `security code`.
pub(super) fn cvv(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if text.before(start).is_ascii_alphanumeric() {
        return;
    }
    // `CVV2` is a name of its own.
    let label = text.run(start, 16, |byte| byte.is_ascii_alphabetic());
    let skipped = usize::from(text.at(label) == b'2' && !text.at(label + 1).is_ascii_digit());
    let at = after(text, label + skipped);
    let end = text.run(at, 5, |byte| byte.is_ascii_digit());
    let goes_on =
        is_word(text.at(end)) || matches!(text.at(end), b'-' | b'.' | b'/') && text.at(end + 1).is_ascii_digit();
    if (3..=4).contains(&(end - at)) && !goes_on {
        scan.hit(at, end, "pci.cvv", 0.85, "cvv");
    }
}

/// Month and year soon after a card's number.
pub(super) fn expiry(scan: &mut Scan<'_>) {
    let cards: Vec<usize> = scan.hits.iter().filter(|hit| hit.detector == "card").map(|hit| hit.end).collect();
    for card_end in cards {
        let text = scan.text;
        let reach = card_end + EXPIRY_BYTES;
        let mut at = card_end;
        while at < reach {
            at = text.run(at, reach - at, |byte| !byte.is_ascii_digit());
            if let Some(end) = expiry_end(text, at).filter(|_| text.starts_word(at)) {
                scan.hit(at, end, "pci.expiry", 0.85, "expiry");
                break;
            }
            at = text.run(at, EXPIRY_BYTES, |byte| byte.is_ascii_digit()).max(at + 1);
        }
    }
}

/// `12/27`, `12/2027`, `12-27`.
fn expiry_end(text: Text<'_>, at: usize) -> Option<usize> {
    let month = match text.cut(at, at + 3) {
        [tens @ (b'0' | b'1'), ones @ b'0'..=b'9', b'/' | b'-'] => (tens - b'0') * 10 + ones - b'0',
        _ => return None,
    };
    let end = text.run(at + 3, 5, |byte| byte.is_ascii_digit());
    let is_year = match text.cut(at + 3, end) {
        [tens, _] => (b'1'..=b'5').contains(tens),
        [b'2', b'0', _, _] => true,
        _ => false,
    };
    let goes_on = is_word(text.at(end)) || matches!(text.at(end), b'/' | b'-') && text.at(end + 1).is_ascii_digit();
    ((1..=12).contains(&month) && is_year && !goes_on).then_some(end)
}

/// ISO/IEC 7813: track 1 (`%B4111111111111111^DOE/JOHN^2712…?`) and track 2 (`;4111111111111111=2712…?`) around a number.
pub(super) fn track(scan: &mut Scan<'_>, chain: &Chain) {
    let text = scan.text;
    let Some(group) = chain.groups().first().filter(|group| (12..=19).contains(&group.len())) else { return };
    let digits = chain.digits(group.len());
    let start = match (text.at(group.end), text.cut(group.start.saturating_sub(2), group.start)) {
        (b'^', [b'%', b'B' | b'b']) => group.start - 2,
        (b'=', [.., b';']) => group.start - 1,
        _ => return,
    };
    let body = text.run(group.end, TRACK_BYTES_MAX, |byte| (b' '..=b'~').contains(&byte) && byte != b'?');
    let end = body + usize::from(text.at(body) == b'?');
    // Track 2 has no spaces, so that its end is known as it comes.
    let end = if text.at(group.end) == b'=' {
        text.run(group.end, TRACK_BYTES_MAX, |byte| byte > b' ' && byte <= b'~')
    } else {
        end
    };
    if luhn(digits) {
        scan.hit(start, end, "pci.track", 0.98, "track");
    }
}

/// From where on the first track of a stripe may still be under way at the end of the text: names in it have spaces.
pub(crate) fn open_track(text: Text<'_>) -> usize {
    let end = text.len();
    let floor = end.saturating_sub(TRACK_BYTES_MAX + 22);
    let tail = text.cut(floor, end);
    let Some(at) = memchr::memrchr(b'%', tail) else { return end };
    let is_open = matches!(tail.get(at + 1..at + 3), Some([b'B' | b'b', b'0'..=b'9']))
        && !tail.iter().skip(at).any(|byte| matches!(byte, b'?' | b'\n'));
    if is_open { floor + at } else { end }
}

/// How far after a card's number its expiry may begin.
const EXPIRY_BYTES: usize = 32;
/// A track has at most 79 signs; the number is read before.
const TRACK_BYTES_MAX: usize = 79;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::tests::{check, spans};

    #[test]
    fn what_goes_with_a_card() {
        check("Card 4111 1111 1111 1111 exp 12/27 CVV 123", &["pci.card", "pci.cvv", "pci.expiry"]);
        check("CVV2: 1234", &["pci.cvv"]);
        check("security code is 123.", &["pci.cvv"]);
        check("your security code is 123456", &[]);
        check("fraction 12/27 of 13/27", &[]);
    }

    #[test]
    fn stripes() {
        spans(
            "%B4111111111111111^DOE/JOHN A^2712101000000000000?x",
            &[("pci.track", "%B4111111111111111^DOE/JOHN A^2712101000000000000?")],
        );
        check(";4111111111111111=27121010000012345678?", &["pci.card", "pci.track"]);
        check("%B4111111111111112^DOE/JOHN^2712101?", &[]);
        check("a=b;12=4", &[]);
    }

    #[test]
    fn a_stripe_is_held_to_its_end() {
        for (text, open) in [("x %B4111111111111111^DOE/JOHN A", 2), ("%B41111^A^1? x", 14), ("50% B4", 6)] {
            assert_eq!(open_track(Text::new(text)), open, "{text}");
        }
    }
}

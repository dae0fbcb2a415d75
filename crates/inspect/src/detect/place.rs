//! Where somebody is: coordinates beside a word for them or with their hemisphere, and addresses of network cards.

use super::context::topic::{DEVICE, PLACE};
use super::digits::Chain;
use crate::scan::Scan;
use crate::text::{Text, is_word};

/// Latitude and longitude: `48.8566, 2.3522` beside `coordinates` and the like.
pub(super) fn coordinates(scan: &mut Scan<'_>, chain: &Chain) {
    let text = scan.text;
    let digits = chain.start();
    let start = digits - usize::from(text.before(digits) == b'-');
    let Some((latitude, middle)) = decimal(text, start).filter(|(degrees, _)| *degrees <= 90) else { return };
    let gap = text.run(middle, 3, |byte| matches!(byte, b',' | b' ' | b';'));
    let Some((_, end)) = decimal(text, gap).filter(|(degrees, _)| gap > middle && *degrees <= 180) else { return };
    let before = text.before(start);
    let is_inside = is_word(before)
        || before == b'.'
        || is_word(text.at(end))
        || text.at(end) == b'.' && text.at(end + 1).is_ascii_digit();
    // `@48.8566,2.3522` is how maps link to a place.
    if !is_inside && latitude <= 90 && (before == b'@' || scan.context.is_before(text, start, PLACE)) {
        scan.hit(start, end, "pii.coordinates", 0.85, "coordinates");
    }
}

/// Degrees with their hemisphere: `48°51'24"N`, `48.8566°N`. Each on its own, as they come. `start` is the place of a byte 0xC2.
pub(super) fn degrees(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if text.at(start + 1) != 0xb0 {
        return;
    }
    let from = text.run_back(start, 12, |byte| byte.is_ascii_digit() || byte == b'.');
    let is_sign = |byte: u8| {
        byte.is_ascii_digit() || matches!(byte, b'.' | b'\'' | b'"' | 0xc2 | 0xb0 | 0xe2 | 0x80 | 0xb2 | 0xb3)
    };
    let end = text.run(start, DEGREES_BYTES_MAX, is_sign);
    let has_fraction = text.cut(from, start).contains(&b'.') || text.cut(start + 2, end).iter().any(u8::is_ascii_digit);
    let is_hemisphere = matches!(text.at(end), b'N' | b'S' | b'E' | b'W' | b'O') && !is_word(text.at(end + 1));
    if from < start && has_fraction && is_hemisphere && text.starts_word(from) {
        scan.hit(from, end + 1, "pii.coordinates", 0.85, "coordinates");
    }
}

/// `d0:50:99:84:a2:a0`, around the first `:`. Returns up to where the text has been read.
pub(super) fn mac(scan: &mut Scan<'_>, at: usize) -> usize {
    let text = scan.text;
    let Some(start) = at.checked_sub(2) else { return at + 1 };
    let sign = text.at(at);
    let is_pair = |from: usize| text.cut(from, from + 2).iter().filter(|byte| byte.is_ascii_hexdigit()).count() == 2;
    let end = start + 17;
    let is_address =
        (0..6).all(|pair| is_pair(start + pair * 3) && (pair == 5 || text.at(start + pair * 3 + 2) == sign));
    if !is_address
        || !text.starts_word(start)
        || text.before(start) == sign
        || is_word(text.at(end))
        || text.at(end) == sign
    {
        return at + 1;
    }
    let octets = text.cut(start, end);
    let is_nobody = octets.iter().all(|byte| matches!(byte, b'0' | b':' | b'-'))
        || octets.iter().all(|byte| matches!(byte, b'f' | b'F' | b':' | b'-'));
    // Times and durations have digits alone; an address of digits alone needs its word.
    let is_telling = octets.iter().any(u8::is_ascii_alphabetic) || scan.context.is_before(text, start, DEVICE);
    if !is_nobody && is_telling {
        scan.hit(start, end, "pii.mac", 0.9, "mac");
    }
    end
}

/// A number with three to eight decimals: its degrees, and where it ends.
fn decimal(text: Text<'_>, at: usize) -> Option<(u32, usize)> {
    let digits = at + usize::from(matches!(text.at(at), b'-' | b'+'));
    let point = text.run(digits, 4, |byte| byte.is_ascii_digit());
    let end = text.run(point + 1, 16, |byte| byte.is_ascii_digit());
    let degrees = text.cut(digits, point).iter().fold(0, |degrees, digit| degrees * 10 + u32::from(digit - b'0'));
    ((1..=3).contains(&(point - digits)) && text.at(point) == b'.' && (3..=15).contains(&(end - point - 1)))
        .then_some((degrees, end))
}

/// `°51'24.123"` with signs of up to three bytes.
const DEGREES_BYTES_MAX: usize = 24;

#[cfg(test)]
mod tests {
    use crate::detect::tests::{check, spans};

    #[test]
    fn coordinates_in_context() {
        spans("GPS coordinates: 48.8566, 2.3522 now", &[("pii.coordinates", "48.8566, 2.3522")]);
        check("lat/lon -33.8688,151.2093", &["pii.coordinates"]);
        check("https://maps.example.com/@48.85661,2.35222,15z", &["pii.coordinates"]);
        check("48°51'24\"N", &["pii.coordinates"]);
        check("at 48.8566°N 2.3522°E", &["pii.coordinates"]);
        check("vector 48.8566, 2.3522", &[]);
        check("coordinates 148.8566, 2.3522", &[]);
        check("20°C and 451°F, 90° N", &[]);
    }

    #[test]
    fn network_cards() {
        check("d0:50:99:84:a2:a0", &["pii.mac"]);
        check("MAC 00:11:22:33:44:55", &["pii.mac"]);
        check("00:11:22:33:44:55 and 12:34:56", &[]);
        check("D0-50-99-84-A2-A0", &["pii.mac"]);
        check("ff:ff:ff:ff:ff:ff d0:50:99:84:a2", &[]);
        check("fingerprint d0:50:99:84:a2:a0:11", &[]);
    }
}

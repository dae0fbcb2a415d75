//! Vehicles: identification numbers (VIN) by check digit, or by form beside a word for them.

use super::context::topic::VEHICLE;
use super::national::Written;
use crate::scan::Scan;

/// ISO 3779 and 49 CFR 565.15: seventeen signs without I, O and Q. The check digit in the ninth place is only kept in America and China.
pub(super) fn vin(scan: &mut Scan<'_>, written: &Written<'_>) {
    let code = written.code;
    let digits = code.iter().filter(|byte| byte.is_ascii_digit()).count();
    let ends_in_digits = code.iter().rev().take(4).all(u8::is_ascii_digit);
    if code.len() != 17
        || !(5..=15).contains(&digits)
        || !ends_in_digits
        || code.iter().any(|byte| b"IOQ".contains(byte))
    {
        return;
    }
    let text = scan.text;
    let sum: u32 = code.iter().zip(WEIGHTS).map(|(byte, weight)| value(*byte) * weight).sum();
    let check = b"0123456789X".get((sum % 11) as usize);
    let is_checked = code.get(8) == check && written.is_capital;
    let is_told = scan.context.is_before(text, written.start, VEHICLE);
    if is_checked || is_told {
        scan.hit(written.start, written.end, "pii.vehicle", if is_told { 0.95 } else { 0.8 }, "vin");
    }
}

/// Letters count 1 to 8, 1 to 5, 7, 9, 2 to 9.
fn value(byte: u8) -> u32 {
    let place = b"ABCDEFGH\0JKLMN\0P\0R\0STUVWXYZ".iter().position(|letter| *letter == byte);
    match (byte, place) {
        (b'0'..=b'9', _) => u32::from(byte - b'0'),
        (b'S'..=b'Z', _) => u32::from(byte - b'S') + 2,
        (_, Some(place)) => place as u32 % 9 + 1,
        _ => 0,
    }
}

const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

#[cfg(test)]
mod tests {
    use crate::detect::tests::check;

    #[test]
    fn vins_need_their_check_digit_or_a_word() {
        check("1M8GDM9AXKP042788", &["pii.vehicle"]);
        check("1HGCM82633A004352", &["pii.vehicle"]);
        check("1M8GDM9A1KP042788", &[]);
        check("VIN: WVWZZZ1JZ3W386752", &["pii.vehicle"]);
        check("Fahrgestellnummer WVWZZZ1JZ3W386752", &["pii.vehicle"]);
        check("WVWZZZ1JZ3W386752", &[]);
        check("1M8GDM9AXKP0427881", &[]);
    }
}

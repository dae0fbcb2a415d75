//! Passwords given to functions by place: `login("user", "…")`, `auth=("user", "…")`.

use super::placeholder::{is_dull, is_placeholder};
use super::{is_made_up, is_published, rarity};
use crate::scan::Scan;
use crate::text::Text;

/// Reads the last quoted argument of the call whose name ends where the literal does.
pub(crate) fn call(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let open = text.run(start, 48, |byte| byte != b'(');
    let Some((from, end)) = last_argument(text, open + 1) else { return };
    let value = text.cut(from, end);
    let rare = rarity(value);
    let is_chosen =
        value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic) && !is_dull(value);
    let is_free = !is_placeholder(value) && !is_published(value) && !is_made_up(value);
    if value.len() >= 5 && is_free && (rare >= 10.0 || is_chosen && rare >= 0.0) && !value.contains(&b'/') {
        scan.hit(from, end, "secret.generic", 0.7, "call");
    }
}

/// The last of at least two arguments, if it is one quoted word.
fn last_argument(text: Text<'_>, open: usize) -> Option<(usize, usize)> {
    let close = text.run(open, ARGUMENTS_BYTES_MAX, |byte| !matches!(byte, b')' | b'\n' | b';' | b'('));
    if text.at(close) != b')' {
        return None;
    }
    let arguments = text.cut(open, close);
    let trimmed = arguments.trim_ascii_end();
    let (quote, body) = trimmed.split_last().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let from = body.iter().rposition(|byte| byte == quote)? + 1;
    let before = body.get(..from - 1)?;
    let is_second = before.contains(&b',') && !body.get(from..)?.contains(&b' ');
    is_second.then_some((open + from, open + body.len()))
}

const ARGUMENTS_BYTES_MAX: usize = 160;

pub(crate) const CALLS: &[&str] = &[
    "login(",
    "signin(",
    "sign_in(",
    "authenticate(",
    "basicauth(",
    "basic_auth(",
    "auth=(",
    ".auth(",
    "getconnection(",
    "mysqli(",
    "mysql_connect(",
    "mysqli_connect(",
    "credentials(",
    "credential(",
    "authentication(",
    "set_basic_auth(",
    "setcredentials(",
    "basicauthentication(",
    "passwordtoken(",
    ".connect(",
    "new pdo(",
    "createuser(",
    "create_user(",
    "withbasicauth(",
];

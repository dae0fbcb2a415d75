//! Hashes of passwords: crypt, bcrypt, Argon2, PBKDF2, LDAP. Whoever has one can guess at leisure.

use crate::scan::Scan;
use crate::text::{is_base64, is_varied};

/// Reads the hash whose mark stands at `start`.
pub(crate) fn hash(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let end = text
        .run(start, BYTES_MAX + 1, |byte| is_base64(byte) || matches!(byte, b'$' | b'.' | b'=' | b',' | b'{' | b'}'));
    let end = end - text.cut(start, end).iter().rev().take_while(|byte| matches!(byte, b',' | b'}')).count();
    let value = text.cut(start, end);
    let last = value.rsplit(|byte| matches!(byte, b'$' | b'}')).next().unwrap_or(&[]);
    let is_glued = text.before(start).is_ascii_alphanumeric();
    if value.len() <= BYTES_MAX && last.len() >= LAST_BYTES_MIN && is_varied(last) && !is_glued {
        scan.hit(start, end, "secret.password_hash", 0.9, "password_hash");
    }
}

/// The marks, written so by all who make them (a digit of costs may follow).
pub(crate) const HASHES: &[&str] = &[
    "$2a$",
    "$2b$",
    "$2y$",
    "$2x$",
    "$1$",
    "$5$",
    "$6$",
    "$y$",
    "$P$",
    "$H$",
    "$apr1$",
    "$argon2",
    "$pbkdf2",
    "$scrypt$",
    "$sha1$",
    "pbkdf2_sha",
    "bcrypt_sha",
    "$krb5tgs$",
    "$krb5asrep$",
    "$DCC2$",
    "$S$",
    "{SSHA",
    "{PBKDF2",
    "{CRYPT}",
    "{bcrypt}",
];

const BYTES_MAX: usize = 256;
/// The shortest digest: 22 characters of MD5.
const LAST_BYTES_MIN: usize = 20;

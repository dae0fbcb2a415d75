//! Tokens that are known by a mark in their middle or at their end: a bot's number and `:AA`, a key and `-us12`.

use super::super::published::is_made_up;
use super::Alphabet::{self, Alphanumeric, Base64, Digits, Dollars, Dotted, Hex, Tilde, Url, Uuid, Word};
use crate::scan::Scan;
use crate::text::is_varied;

/// How a service marks its tokens inside.
pub(crate) struct Infix {
    pub(crate) mark: &'static str,
    pub(crate) class: &'static str,
    /// The alphabet before the mark, and the shortest and longest stretch of it, in bytes.
    pub(crate) before: (Alphabet, usize, usize),
    /// The same after the mark.
    pub(crate) after: (Alphabet, usize, usize),
}

/// Reads the token whose mark stands at `at`.
pub(crate) fn infix(scan: &mut Scan<'_>, at: usize, row: &Infix) {
    let text = scan.text;
    let (before, before_min, before_max) = row.before;
    let (after, after_min, after_max) = row.after;
    let start = text.run_back(at, before_max + 1, |byte| before.has(byte));
    let mark_end = at + row.mark.len();
    let end = text.run(mark_end, after_max + 1, |byte| after.has(byte));
    let fits = (before_min..=before_max).contains(&(at - start)) && (after_min..=after_max).contains(&(end - mark_end));
    let token = text.cut(start, end);
    if fits && text.ends_word(end) && is_varied(token) && !is_made_up(token) {
        scan.hit(start, end, row.class, 0.95, "token");
    }
}

const fn row(
    mark: &'static str,
    class: &'static str,
    before: (Alphabet, usize, usize),
    after: (Alphabet, usize, usize),
) -> Infix {
    Infix { mark, class, before, after }
}

#[rustfmt::skip]
pub(crate) const INFIXES: &[Infix] = &[
    row(":AAE", "secret.telegram_token", (Digits, 8, 10), (Url, 32, 32)),
    row(":AAF", "secret.telegram_token", (Digits, 8, 10), (Url, 32, 32)),
    row(":AAG", "secret.telegram_token", (Digits, 8, 10), (Url, 32, 32)),
    row(":AAH", "secret.telegram_token", (Digits, 8, 10), (Url, 32, 32)),
    row("7Q~", "secret.azure_client_secret", (Tilde, 3, 3), (Tilde, 31, 34)),
    row("8Q~", "secret.azure_client_secret", (Tilde, 3, 3), (Tilde, 31, 34)),
    row("JQQJ99", "secret.azure_key", (Alphanumeric, 52, 52), (Alphanumeric, 26, 26)),
    row("AZDO", "secret.azure_devops_token", (Alphanumeric, 76, 76), (Alphanumeric, 4, 4)),
    row("+ASt", "secret.azure_storage_key", (Base64, 76, 76), (Base64, 6, 8)),
    row("+ACDb", "secret.azure_cosmos_key", (Base64, 74, 76), (Base64, 6, 8)),
    row(".atlasv1.", "secret.terraform_token", (Alphanumeric, 14, 14), (Url, 60, 70)),
    row("-us", "secret.mailchimp_key", (Hex, 32, 32), (Digits, 1, 2)),
    row("_mmk", "secret.maxmind_key", (Word, 36, 36), (Digits, 0, 0)),
    row(":APA91b", "secret.firebase_key", (Url, 11, 22), (Url, 100, 160)),
    row("FFFFNRAL", "secret.newrelic_key", (Hex, 28, 36), (Digits, 0, 0)),
    row("NRAL", "secret.newrelic_key", (Hex, 36, 36), (Digits, 0, 0)),
    row("$production$", "secret.braintree_token", (Word, 12, 12), (Dollars, 49, 49)),
    row("$sandbox$", "secret.braintree_token", (Word, 12, 12), (Dollars, 49, 49)),
    row("!AQEA", "secret.salesforce_token", (Alphanumeric, 15, 18), (Dotted, 78, 120)),
    row("!AQMA", "secret.salesforce_token", (Alphanumeric, 15, 18), (Dotted, 78, 120)),
    row("!AQQA", "secret.salesforce_token", (Alphanumeric, 15, 18), (Dotted, 78, 120)),
    row("!ARQA", "secret.salesforce_token", (Alphanumeric, 15, 18), (Dotted, 78, 120)),
    row("!ARMA", "secret.salesforce_token", (Alphanumeric, 15, 18), (Dotted, 78, 120)),
    row(":fx", "secret.deepl_key", (Uuid, 36, 36), (Digits, 0, 0)),
];

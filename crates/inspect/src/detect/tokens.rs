//! Secrets of services: a prefix, an alphabet and a length. A new service is one row.

use super::published::is_published;
use crate::scan::Scan;
use crate::text::{is_base64_url, is_varied, is_word};

/// How a service writes its tokens.
pub(crate) struct Token {
    pub(crate) prefix: &'static str,
    pub(crate) class: &'static str,
    pub(crate) alphabet: Alphabet,
    /// Shortest and longest rest after the prefix, in bytes.
    pub(crate) rest: (usize, usize),
    pub(crate) confidence: f32,
}

/// The characters of a token after its prefix.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// `A-Z0-9`
    Upper,
    /// `A-Za-z0-9`
    Alphanumeric,
    /// `A-Za-z0-9_-`
    Url,
    /// `A-Za-z0-9_`
    Word,
    /// `A-Za-z0-9-`
    Dashed,
    /// `A-Za-z0-9/`: path of a web hook
    Path,
}

/// Reads the token whose prefix stands at `start`.
pub(crate) fn token(scan: &mut Scan<'_>, start: usize, token: &Token) {
    let text = scan.text;
    if !text.starts_word(start) || text.before(start) == b'-' && is_word(text.before(start.saturating_sub(1))) {
        return;
    }
    let from = start + token.prefix.len();
    let end = text.run(from, token.rest.1 + 1, |byte| token.alphabet.has(byte));
    let rest = text.cut(from, end);
    let fits = (token.rest.0..=token.rest.1).contains(&rest.len());
    // A token of one length is followed by nothing that could be part of it; others end where their alphabet does.
    let ends = token.rest.0 != token.rest.1 || text.ends_word(end);
    if fits && ends && is_varied(rest) && !is_published(text.cut(start, end)) {
        scan.hit(start, end, token.class, token.confidence, "token");
    }
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Url => is_base64_url(byte),
            Self::Word => is_word(byte),
            Self::Dashed => byte.is_ascii_alphanumeric() || byte == b'-',
            Self::Path => byte.is_ascii_alphanumeric() || byte == b'/',
        }
    }
}

const fn row(prefix: &'static str, class: &'static str, alphabet: Alphabet, rest: (usize, usize)) -> Token {
    Token { prefix, class, alphabet, rest, confidence: 0.95 }
}

const fn weak(prefix: &'static str, class: &'static str, alphabet: Alphabet, rest: (usize, usize)) -> Token {
    Token { prefix, class, alphabet, rest, confidence: 0.75 }
}

/// The longest rest of any token.
const REST_MAX: usize = 255;

/// From the services' own documentation. Where a length has changed over the years the range covers both.
pub(crate) const TOKENS: &[Token] = &[
    row("AKIA", AWS, Alphabet::Upper, (16, 16)),
    row("ASIA", AWS, Alphabet::Upper, (16, 16)),
    row("ABIA", AWS, Alphabet::Upper, (16, 16)),
    row("ACCA", AWS, Alphabet::Upper, (16, 16)),
    row("ghp_", GITHUB, Alphabet::Alphanumeric, (36, REST_MAX)),
    row("gho_", GITHUB, Alphabet::Alphanumeric, (36, REST_MAX)),
    row("ghu_", GITHUB, Alphabet::Alphanumeric, (36, REST_MAX)),
    row("ghs_", GITHUB, Alphabet::Alphanumeric, (36, REST_MAX)),
    row("ghr_", GITHUB, Alphabet::Alphanumeric, (36, REST_MAX)),
    row("github_pat_", GITHUB, Alphabet::Word, (36, REST_MAX)),
    row("sk-proj-", OPENAI, Alphabet::Url, (20, REST_MAX)),
    row("sk-svcacct-", OPENAI, Alphabet::Url, (20, REST_MAX)),
    row("sk-admin-", OPENAI, Alphabet::Url, (20, REST_MAX)),
    row("sk-None-", OPENAI, Alphabet::Url, (20, REST_MAX)),
    weak("sk-", OPENAI, Alphabet::Alphanumeric, (32, 64)),
    row("sk-ant-", ANTHROPIC, Alphabet::Url, (24, REST_MAX)),
    row("AIza", GOOGLE, Alphabet::Url, (35, 35)),
    row("xoxb-", SLACK, Alphabet::Dashed, (10, REST_MAX)),
    row("xoxp-", SLACK, Alphabet::Dashed, (10, REST_MAX)),
    row("xoxa-", SLACK, Alphabet::Dashed, (10, REST_MAX)),
    row("xoxr-", SLACK, Alphabet::Dashed, (10, REST_MAX)),
    row("xoxs-", SLACK, Alphabet::Dashed, (10, REST_MAX)),
    row("xoxe.", SLACK, Alphabet::Dashed, (20, REST_MAX)),
    row("xapp-", SLACK, Alphabet::Dashed, (20, REST_MAX)),
    row("hooks.slack.com/services/", SLACK, Alphabet::Path, (30, 80)),
    row("sk_live_", STRIPE, Alphabet::Alphanumeric, (16, REST_MAX)),
    row("rk_live_", STRIPE, Alphabet::Alphanumeric, (16, REST_MAX)),
    row("sk_test_", STRIPE, Alphabet::Alphanumeric, (16, REST_MAX)),
    row("rk_test_", STRIPE, Alphabet::Alphanumeric, (16, REST_MAX)),
    row("whsec_", STRIPE, Alphabet::Alphanumeric, (24, REST_MAX)),
    row("pck_", "secret.portcullis_key", Alphabet::Url, (16, REST_MAX)),
    row("glpat-", "secret.gitlab_token", Alphabet::Url, (20, REST_MAX)),
    row("npm_", "secret.npm_token", Alphabet::Alphanumeric, (36, 36)),
    row("pypi-AgEIcHlwaS5vcmc", "secret.pypi_token", Alphabet::Url, (40, REST_MAX)),
    row("hf_", "secret.huggingface_token", Alphabet::Alphanumeric, (30, 40)),
    row("SG.", "secret.sendgrid_key", Alphabet::Url, (20, 24)),
    row("dop_v1_", "secret.digitalocean_token", Alphabet::Alphanumeric, (64, 64)),
    row("shpat_", "secret.shopify_token", Alphabet::Alphanumeric, (32, 32)),
    row("dapi", "secret.databricks_token", Alphabet::Alphanumeric, (32, 32)),
    row("hvs.", "secret.vault_token", Alphabet::Url, (24, REST_MAX)),
    row("ya29.", "secret.google_oauth_token", Alphabet::Url, (30, REST_MAX)),
    row("GOCSPX-", "secret.google_oauth_secret", Alphabet::Url, (28, 28)),
];

const AWS: &str = "secret.aws_access_key";
const GITHUB: &str = "secret.github_token";
const OPENAI: &str = "secret.openai_key";
const ANTHROPIC: &str = "secret.anthropic_key";
const GOOGLE: &str = "secret.google_api_key";
const SLACK: &str = "secret.slack_token";
const STRIPE: &str = "secret.stripe_key";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::tests::{check, noise};

    #[test]
    fn every_row_finds_a_token_of_its_kind() {
        for row in TOKENS {
            let rest = noise(row.rest.0.max(20).min(row.rest.1));
            let rest = if row.alphabet == Alphabet::Upper { rest.to_uppercase() } else { rest };
            check(&format!("key={}{rest};", row.prefix), &[row.class]);
            check(&format!("key={}{rest}", row.prefix), &[row.class]);
        }
    }

    #[test]
    fn too_short_too_even_or_glued_is_no_token() {
        check("AKIA2J3K4L5M", &[]);
        check("xAKIA2J3K4L5M6N7P8Q9R", &[]);
        check("AKIA2J3K4L5M6N7P8Q9RAB", &[]);
        check("sk-proj-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", &[]);
        check("ghp_your-token-here", &[]);
        check("task-force and risk-based-approach-to-everything-in-2024", &[]);
    }

    #[test]
    fn published_examples_are_no_secrets() {
        check("AKIAIOSFODNN7EXAMPLE", &[]);
        check("sk_test_4eC39HqLyjWDarjtT1zdp7dc", &[]);
    }
}

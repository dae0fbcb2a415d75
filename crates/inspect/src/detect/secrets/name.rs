//! Names that announce a secret: a keyword, the words around it, and how much they promise.

use crate::text::{Text, is_word};

/// A word that names secrets, found by the gate.
pub(crate) struct Keyword {
    pub(crate) word: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Password,
    Secret,
    /// `key`: the words before it tell.
    Key,
    /// Names secrets, and much else.
    Weak,
}

/// How much a name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// What people choose: words with digits and signs count.
    Password,
    /// What machines draw: must be rare.
    Secret,
    /// Much else has such names: must be long and rare.
    Weak,
}

/// A name in a text.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) strength: Strength,
    /// Whether prose says it of secrets only: *pass* and *key* it says of much else.
    pub(super) spoken: bool,
}

/// Reads the name around the keyword that stands at `start`.
pub(super) fn read(text: Text<'_>, start: usize, keyword: &Keyword) -> Option<Name> {
    let keyword_end = start + keyword.word.len();
    let name_start = text.run_back(start, NAME_BYTES_MAX, |byte| is_word(byte) || byte == b'-');
    let end = text.run(keyword_end, NAME_BYTES_MAX, |byte| is_word(byte) || byte == b'-');
    // A comment's or an option's dashes may follow; they are no part of the name.
    let end = end - text.cut(keyword_end, end).iter().rev().take_while(|byte| **byte == b'-').count();
    let glued = glued(text, start);
    let tail = text.cut(keyword_end, end);
    let goes_on = tail.first().is_some_and(u8::is_ascii_lowercase) && text.before(keyword_end).is_ascii_lowercase();
    let plural = tail.first() == Some(&b's') && !tail.get(1).is_some_and(u8::is_ascii_alphabetic);
    if goes_on && !plural && is_whole(keyword) || words(tail).any(|word| is_in(word, DULL_TAILS)) {
        return None;
    }
    let mut head = text.cut(name_start, start - glued.len());
    if head.is_empty() && glued.is_empty() && text.before(start) == b' ' {
        // Two words in prose: `api key`, `access token`.
        let before = text.run_back(start - 1, SPACED_BYTES_MAX, |byte| byte.is_ascii_alphabetic());
        head = text.cut(before, start - 1);
    }
    if words(head).any(|word| is_in(word, DULL_HEADS)) || is_in(glued, DULL_HEADS) {
        return None;
    }
    // A type's name (`AWS::IAM::AccessKey`) is followed by anything.
    if text.before(name_start) == b':' && text.before(name_start.saturating_sub(1)) == b':' {
        return None;
    }
    let spoken = keyword.word.len() > 4 || keyword.kind == Kind::Key || keyword.word == "pwd";
    Some(Name { start: name_start, end, strength: strength(keyword, head, glued)?, spoken })
}

fn strength(keyword: &Keyword, head: &[u8], glued: &[u8]) -> Option<Strength> {
    match keyword.kind {
        Kind::Password if is_in(glued, NO_PASSWORDS) => None,
        Kind::Password => Some(Strength::Password),
        Kind::Secret => Some(Strength::Secret),
        Kind::Key if !glued.is_empty() => is_in(glued, KEY_HEADS).then_some(Strength::Secret),
        Kind::Key if words(head).any(|word| is_in(word, KEY_HEADS)) => Some(Strength::Secret),
        Kind::Key => Some(Strength::Weak),
        Kind::Weak if glued.is_empty() => Some(Strength::Weak),
        Kind::Weak => None,
    }
}

/// The letters that stand before a keyword in the same word: `api` of `apikey`, nothing of `apiKey`.
fn glued(text: Text<'_>, start: usize) -> &[u8] {
    let first = text.at(start);
    let before = text.before(start);
    let is_hump = first.is_ascii_uppercase() && before.is_ascii_lowercase();
    if is_hump || !first.is_ascii() {
        return &[];
    }
    let from = text.run_back(start, SPACED_BYTES_MAX, |byte| {
        if first.is_ascii_uppercase() { byte.is_ascii_uppercase() } else { byte.is_ascii_lowercase() }
    });
    text.cut(from, start)
}

/// Short keywords are parts of other words (`passenger`, `author`).
fn is_whole(keyword: &Keyword) -> bool {
    keyword.word.len() <= 6 || matches!(keyword.kind, Kind::Weak)
}

/// The words of a name: at signs, digits and humps.
fn words(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while name.get(at).is_some_and(|byte| !byte.is_ascii_alphabetic()) {
            at += 1;
        }
        let start = at;
        while let Some(byte) = name.get(at).filter(|byte| byte.is_ascii_alphabetic()) {
            let is_hump =
                at > start && byte.is_ascii_uppercase() && name.get(at - 1).is_some_and(u8::is_ascii_lowercase);
            if is_hump {
                break;
            }
            at += 1;
        }
        (at > start).then(|| name.get(start..at).unwrap_or(&[]))
    })
}

fn is_in(word: &[u8], list: &[&str]) -> bool {
    list.iter().any(|other| word.eq_ignore_ascii_case(other.as_bytes()))
}

const fn word(word: &'static str, kind: Kind) -> Keyword {
    Keyword { word, kind }
}

/// The longest name that is read on either side of its keyword.
const NAME_BYTES_MAX: usize = 48;
const SPACED_BYTES_MAX: usize = 16;

#[rustfmt::skip]
pub(crate) const KEYWORDS: &[Keyword] = &[
    word("password", Kind::Password), word("passwd", Kind::Password), word("passwort", Kind::Password),
    word("passphrase", Kind::Password), word("passcode", Kind::Password), word("passwrd", Kind::Password),
    word("pwd", Kind::Password), word("pass", Kind::Password), word("passw", Kind::Password),
    word("kennwort", Kind::Password), word("contraseña", Kind::Password), word("contrasena", Kind::Password),
    word("mot de passe", Kind::Password), word("motdepasse", Kind::Password), word("senha", Kind::Password),
    word("wachtwoord", Kind::Password), word("parola", Kind::Password), word("hasło", Kind::Password),
    word("haslo", Kind::Password), word("heslo", Kind::Password), word("lösenord", Kind::Password),
    word("adgangskode", Kind::Password), word("salasana", Kind::Password), word("şifre", Kind::Password),
    word("пароль", Kind::Password), word("密码", Kind::Password), word("密碼", Kind::Password),
    word("パスワード", Kind::Password), word("비밀번호", Kind::Password),
    word("secret", Kind::Secret), word("token", Kind::Secret), word("credential", Kind::Secret),
    word("authorization", Kind::Secret), word("hmac", Kind::Secret), word("geheimnis", Kind::Secret),
    word("auth", Kind::Secret), word("sharedaccess", Kind::Secret),
    word("identified by", Kind::Password), word("convertto-securestring", Kind::Password),
    word("secret_id", Kind::Secret), word("secretid", Kind::Secret), word("api_pat", Kind::Secret), word("bearer", Kind::Secret),
    word("key", Kind::Key),
    word("salt", Kind::Weak), word("nonce", Kind::Weak), word("signature", Kind::Weak),
    word("cookie", Kind::Weak), word("sessionid", Kind::Weak), word("session_id", Kind::Weak), word("jwt", Kind::Weak),
];

/// Words that make a `key` a secret one.
const KEY_HEADS: &[&str] = &[
    "api",
    "access",
    "secret",
    "auth",
    "private",
    "priv",
    "account",
    "encryption",
    "encrypt",
    "crypt",
    "crypto",
    "cipher",
    "master",
    "pass",
    "license",
    "licence",
    "client",
    "app",
    "application",
    "user",
    "admin",
    "service",
    "ssh",
    "sign",
    "signing",
    "shared",
    "session",
    "consumer",
    "aes",
    "hmac",
    "jwt",
    "token",
    "server",
    "storage",
    "deploy",
    "deployment",
    "write",
    "read",
    "subscription",
    "integration",
    "webhook",
    "developer",
    "dev",
    "prod",
    "live",
    "rest",
    "push",
    "psk",
    "pre",
    "wpa",
    "django",
    "flask",
    "rails",
    "base",
    "security",
    "sec",
    "authentication",
    "authorization",
    "xapi",
    "instrumentation",
    "project",
    "host",
    "function",
    "functions",
    "credential",
    "management",
    "wallet",
    "root",
    "sas",
    "decryption",
    "decrypt",
    "symmetric",
    "ingest",
    "ingestion",
    "upload",
    "backup",
    "recovery",
    "maps",
    "billing",
    "org",
];
/// A public half, a place in a table, a page: no secrets.
const DULL_HEADS: &[&str] = &[
    "public",
    "pub",
    "publishable",
    "next",
    "page",
    "continuation",
    "pagination",
    "cursor",
    "primary",
    "foreign",
    "partition",
    "sort",
    "cache",
    "idempotency",
    "max",
    "min",
    "num",
    "total",
    "csrf",
    "xsrf",
    "forgot",
    "hot",
    "short",
    "translation",
    "sync",
    "cancellation",
    "cancel",
    "resume",
    "pad",
    "bos",
    "eos",
    "unk",
    "cls",
    "sep",
    "object",
    "site",
    "fastcgi",
    "uwsgi",
    "scgi",
];
/// What is said about a secret and is none itself.
const DULL_TAILS: &[&str] = &[
    "name",
    "id",
    "ids",
    "field",
    "label",
    "file",
    "path",
    "url",
    "uri",
    "type",
    "types",
    "length",
    "len",
    "size",
    "count",
    "min",
    "max",
    "policy",
    "regex",
    "pattern",
    "expires",
    "expiry",
    "expiration",
    "ttl",
    "timeout",
    "hint",
    "title",
    "placeholder",
    "error",
    "message",
    "msg",
    "invalid",
    "required",
    "prompt",
    "version",
    "index",
    "column",
    "class",
    "manager",
    "provider",
    "store",
    "endpoint",
    "limit",
    "input",
    "box",
    "form",
    "page",
    "link",
    "reset",
    "strength",
    "usage",
    "izer",
    "arn",
    "ref",
    "template",
    "description",
    "desc",
    "host",
    "port",
    "dir",
    "directory",
    "format",
    "encoding",
    "algorithm",
    "algo",
    "alg",
    "method",
    "mode",
    "status",
    "enabled",
    "location",
    "server",
    "scope",
    "config",
    "validator",
    "generator",
    "factory",
    "handler",
    "service",
    "request",
    "response",
    "event",
    "date",
    "time",
    "at",
    "age",
    "user",
    "username",
    "email",
    "header",
    "prefix",
    "suffix",
    "param",
    "parameter",
    "pair",
    "pairs",
    "fingerprint",
    "code",
    "codes",
    "code_path",
    "word",
    "words",
    "board",
    "down",
    "up",
    "press",
    "frame",
    "frames",
    "space",
    "chain",
    "ring",
    "checksum",
    "sha",
    "md",
    "view",
    "button",
    "icon",
    "text",
    "set",
    "properties",
    "property",
    "admins",
    "history",
    "change",
    "lockout",
    "mgr",
    "getter",
    "setter",
    "callback",
    "listener",
];
/// Words that end as passwords do.
const NO_PASSWORDS: &[&str] =
    &["by", "com", "sur", "tres", "over", "under", "en", "two", "one", "mini", "multi", "single", "ask"];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, keyword: &str, expected: Option<(&str, Strength)>) {
        let keyword = KEYWORDS.iter().find(|other| other.word == keyword).unwrap();
        let start = text.to_ascii_lowercase().find(keyword.word).unwrap();
        let name = read(Text::new(text), start, keyword);
        let read = name.map(|name| (text.get(name.start..name.end).unwrap(), name.strength));
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn names_are_read_whole() {
        check("spring.datasource.password=x", "password", Some(("password", Strength::Password)));
        check("DB_PASSWORD_1=x", "password", Some(("DB_PASSWORD_1", Strength::Password)));
        check("awsSecretKey: x", "key", Some(("awsSecretKey", Strength::Secret)));
        check("apikey: x", "key", Some(("apikey", Strength::Secret)));
        check("the api key is", "key", Some(("key", Strength::Secret)));
        check("key = x", "key", Some(("key", Strength::Weak)));
    }

    #[test]
    fn names_about_secrets_name_none() {
        for (text, keyword) in [
            ("password_field", "password"),
            ("tokenUrl", "token"),
            ("tokenizer", "token"),
            ("public_key", "key"),
            ("primaryKey", "key"),
            ("monkey ", "key"),
            ("bypass=", "pass"),
            ("passenger", "pass"),
            ("author", "auth"),
            ("secretary", "secret"),
            ("next_token", "token"),
            ("secretName", "secret"),
        ] {
            check(text, keyword, None);
        }
    }
}

//! Secrets that vendors print in their documentation: known to everybody, so no secrets. The list is explicit.

/// Whether a value is one of the published examples, or ends in `EXAMPLE` as AWS marks all of its own.
pub(super) fn is_published(value: &[u8]) -> bool {
    EXAMPLES.iter().any(|example| value == example.as_bytes())
        || value.ends_with(b"EXAMPLE")
        || value.ends_with(b"EXAMPLEKEY")
}

/// AWS, Stripe, jwt.io, GitHub and Google documentation.
const EXAMPLES: &[&str] = &[
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "AKIAI44QH8DHBEXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "sk_test_BQokikJOvBiI2HlWgH4olfQ2",
    "rk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    "AIzaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
];

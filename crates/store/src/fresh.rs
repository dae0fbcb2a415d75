//! Time, random numbers, and what is made of them.

use std::time::{SystemTime, UNIX_EPOCH};

use ledger::Salt;

/// Makes record ids.
pub struct RecordId;

impl RecordId {
    /// A fresh record id: `rec_` and 26 characters, sortable by time.
    #[must_use]
    #[expect(clippy::new_ret_no_self, reason = "records hold ids as text; the type is only the name of the maker")]
    pub fn new() -> String {
        fresh_id().to_string()
    }
}

/// A fresh salt for a record's commitments.
#[must_use]
pub fn fresh_salt() -> Salt {
    Salt::new(random())
}

pub(crate) fn fresh_id() -> ledger::RecordId {
    ledger::RecordId::from_parts(now_ms(), random())
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Random bytes from the operating system.
#[expect(clippy::expect_used, reason = "without randomness there are no keys and no salts: going on would be worse")]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

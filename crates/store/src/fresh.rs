//! Time, random numbers, and what is made of them.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use ledger::Salt;
use zeroize::{Zeroize, Zeroizing};

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

/// Random bytes from the operating system, fetched a page at a time for each thread: a call needs five small pieces, and
/// five questions to the kernel would cost it more than its salts do. What was given out is wiped.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    RESERVE.with_borrow_mut(|reserve| {
        let mut bytes = [0; N];
        if let Some(taken) = reserve.take(N) {
            bytes.copy_from_slice(taken);
            taken.zeroize();
        } else {
            fill(&mut bytes);
        }
        bytes
    })
}

/// Random bytes that nobody has seen yet.
struct Reserve {
    bytes: Zeroizing<[u8; RESERVE_BYTES]>,
    used: usize,
}

impl Reserve {
    /// The next `count` bytes; `None` when that is more than a whole reserve.
    fn take(&mut self, count: usize) -> Option<&mut [u8]> {
        if self.used + count > RESERVE_BYTES {
            fill(self.bytes.as_mut_slice());
            self.used = 0;
        }
        let taken = self.bytes.get_mut(self.used..self.used + count)?;
        self.used += count;
        Some(taken)
    }
}

#[expect(clippy::expect_used, reason = "without randomness there are no keys and no salts: going on would be worse")]
fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

thread_local! {
    static RESERVE: RefCell<Reserve> =
        RefCell::new(Reserve { bytes: Zeroizing::new([0; RESERVE_BYTES]), used: RESERVE_BYTES });
}

const RESERVE_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_piece_comes_twice_and_none_is_left_empty() {
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            assert!(seen.insert(random::<16>()), "a piece came twice");
        }
        assert!(!seen.contains(&[0; 16]));
        assert_ne!(random::<{ RESERVE_BYTES + 1 }>(), [0; RESERVE_BYTES + 1]);
    }
}

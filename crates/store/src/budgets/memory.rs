//! Counters in the memory of this process, sharded; rebuilt from the ledger at start.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Account, Amount, Budget, Counters, Exceeded, Parties, Reserved};

/// Counters in memory. An attempt takes the locks of its accounts' shards, in their order, for as long as it takes to add.
#[derive(Debug)]
pub struct Memory {
    shards: [Mutex<HashMap<Account, Count>>; SHARDS],
}

/// What is counted in one account.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// When the period began that this counts.
    begin_ms: u64,
    used: Amount,
    reserved: Amount,
}

type Shard<'a> = MutexGuard<'a, HashMap<Account, Count>>;

impl Default for Memory {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()) }
    }
}

impl Counters for Memory {
    fn reserve(&self, budgets: &[Budget], parties: &Parties, most: Amount, now_ms: u64) -> Result<Reserved, Exceeded> {
        let concerned: Vec<(&Budget, Account)> =
            budgets.iter().filter_map(|budget| Some((budget, budget.account(parties)?))).collect();
        let mut accounts: Vec<Account> = concerned.iter().map(|(_, account)| account.clone()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let mut shards = self.lock(&accounts);
        for (budget, account) in &concerned {
            let count = count(&mut shards, account, now_ms);
            let Some(count) = count else { continue };
            if let Some(what) = budget.exceeded(count.used.plus(count.reserved), most) {
                let wait = match budget.exceeded(count.used, most) {
                    // Only what is on its way stands in the way.
                    None => Some(1),
                    Some(_) if budget.exceeded(Amount::default(), most).is_some() => None,
                    Some(_) => Some(seconds(budget.per.end_ms(now_ms).saturating_sub(now_ms))),
                };
                return Err(Exceeded { budget: budget.name.clone(), what, per: budget.per, retry_after_s: wait });
            }
        }
        let mut reserved = Reserved { accounts: Vec::with_capacity(accounts.len()), most };
        for account in accounts {
            if let Some(count) = count(&mut shards, &account, now_ms) {
                count.reserved = count.reserved.plus(most);
                reserved.accounts.push((account, count.begin_ms));
            }
        }
        Ok(reserved)
    }

    fn settle(&self, reserved: Reserved, used: Amount) {
        let Reserved { accounts, most } = reserved;
        for (account, begin_ms) in accounts {
            let mut shard = self.shard(index(&account));
            // A period that is over took its reservations with it.
            if let Some(count) = shard.get_mut(&account).filter(|count| count.begin_ms == begin_ms) {
                count.reserved = count.reserved.minus(most);
                count.used = count.used.plus(used);
            }
        }
    }

    fn remember(&self, budgets: &[Budget], parties: &Parties, used: Amount, at_ms: u64, now_ms: u64) {
        let mut accounts: Vec<Account> = budgets.iter().filter_map(|budget| budget.account(parties)).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts.retain(|account| account.per.begin_ms(at_ms) == account.per.begin_ms(now_ms));
        let mut shards = self.lock(&accounts);
        for account in &accounts {
            if let Some(count) = count(&mut shards, account, now_ms) {
                count.used = count.used.plus(used);
            }
        }
    }

    fn committed(&self, budget: &Budget, parties: &Parties, now_ms: u64) -> Option<Amount> {
        let account = budget.account(parties)?;
        let begin_ms = budget.per.begin_ms(now_ms);
        let shard = self.shard(index(&account));
        let count = shard.get(&account).filter(|count| count.begin_ms == begin_ms).copied().unwrap_or_default();
        Some(count.used.plus(count.reserved))
    }
}

impl Memory {
    /// The shards of these accounts, each once, in ascending order: so two attempts never wait for each other in a circle.
    fn lock(&self, accounts: &[Account]) -> Vec<(usize, Shard<'_>)> {
        let mut indices: Vec<usize> = accounts.iter().map(index).collect();
        indices.sort_unstable();
        indices.dedup();
        indices.into_iter().map(|index| (index, self.shard(index))).collect()
    }

    /// A panic elsewhere while it was held cannot have left it half changed: each change is one addition.
    #[expect(clippy::indexing_slicing, reason = "the index is taken modulo the number of shards, which is not 0")]
    fn shard(&self, index: usize) -> Shard<'_> {
        self.shards[index % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The count of an account for the period of `now_ms`, begun anew where the last one is over.
fn count<'a>(shards: &'a mut [(usize, Shard<'_>)], account: &Account, now_ms: u64) -> Option<&'a mut Count> {
    let wanted = index(account);
    let shard = shards.iter_mut().find(|(index, _)| *index == wanted).map(|(_, shard)| shard)?;
    let begin_ms = account.per.begin_ms(now_ms);
    if shard.len() >= ACCOUNTS_A_SHARD_MAX && !shard.contains_key(account) {
        shard.retain(|account, count| count.begin_ms == account.per.begin_ms(now_ms));
    }
    let count = shard.entry(account.clone()).or_default();
    if count.begin_ms != begin_ms {
        *count = Count { begin_ms, ..Count::default() };
    }
    Some(count)
}

fn index(account: &Account) -> usize {
    let mut hasher = DefaultHasher::new();
    account.hash(&mut hasher);
    usize::try_from(hasher.finish() % SHARDS as u64).unwrap_or(0)
}

fn seconds(ms: u64) -> u32 {
    u32::try_from(ms.div_ceil(1000)).unwrap_or(u32::MAX).max(1)
}

const SHARDS: usize = 64;
/// Accounts in one shard before those of past periods are forgotten. Keys bound how many can be alive.
const ACCOUNTS_A_SHARD_MAX: usize = 4_096;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::super::{Limited, Of, Per};
    use super::*;

    const NOW: u64 = 1_795_206_896_789;

    fn parties(caller: &str) -> Parties {
        Parties {
            caller: caller.to_owned(),
            tenant: "t".to_owned(),
            use_case: None,
            destination: "d".to_owned(),
            vendor: Some("acme".to_owned()),
        }
    }

    fn budget(of: Of, per: Per, tokens: u64) -> Budget {
        Budget {
            name: of.name().to_owned(),
            of,
            who: None,
            per,
            requests: None,
            tokens: Some(tokens),
            money_micros: None,
        }
    }

    fn tokens(tokens: u64) -> Amount {
        Amount { requests: 1, tokens, money_micros: 0 }
    }

    #[test]
    fn two_hundred_callers_at_the_same_time_use_the_budget_exactly() {
        let budgets = [budget(Of::Tenant, Per::Day, 100_000), budget(Of::Caller, Per::Month, 900)];
        let (memory, granted) = (Arc::new(Memory::default()), Arc::new(AtomicU64::new(0)));
        std::thread::scope(|scope| {
            for caller in 0..200 {
                let (memory, granted, budgets) = (Arc::clone(&memory), Arc::clone(&granted), &budgets);
                scope.spawn(move || {
                    let parties = parties(&format!("c{caller}"));
                    for round in 0..50_u64 {
                        // Reserves more than it uses, and every third call uses nothing.
                        let Ok(reserved) = memory.reserve(budgets, &parties, tokens(30), NOW) else { continue };
                        let used = if round % 3 == 0 { 0 } else { 20 };
                        granted.fetch_add(used, Ordering::Relaxed);
                        if round % 7 == 0 {
                            std::thread::yield_now();
                        }
                        memory.settle(reserved, tokens(used));
                    }
                });
            }
        });
        let granted = granted.load(Ordering::Relaxed);
        assert_eq!(memory.committed(&budgets[0], &parties("c0"), NOW).unwrap().tokens, granted);
        assert!(granted <= 100_000, "{granted}");
        // The rest is too little for one more reservation: nothing was left lying.
        assert!(granted > 100_000 - 30, "{granted}");
    }

    #[test]
    fn reservations_count_until_they_are_settled() {
        let (memory, budgets) = (Memory::default(), [budget(Of::Caller, Per::Hour, 100)]);
        let first = memory.reserve(&budgets, &parties("a"), tokens(80), NOW).unwrap();
        let refused = memory.reserve(&budgets, &parties("a"), tokens(30), NOW).unwrap_err();
        // Only what is on its way stands in the way, so it is worth trying again soon.
        assert_eq!((refused.what, refused.retry_after_s), (Limited::Tokens, Some(1)));
        // Another caller has a limit of its own.
        memory.settle(memory.reserve(&budgets, &parties("b"), tokens(100), NOW).unwrap(), tokens(100));
        memory.settle(first, tokens(75));
        let refused = memory.reserve(&budgets, &parties("a"), tokens(30), NOW).unwrap_err();
        assert_eq!(refused.retry_after_s, Some(1504));
        assert_eq!(memory.reserve(&budgets, &parties("a"), tokens(101), NOW).unwrap_err().retry_after_s, None);
        memory.settle(memory.reserve(&budgets, &parties("a"), tokens(25), NOW).unwrap(), tokens(25));
    }

    #[test]
    fn all_budgets_have_room_or_none_is_touched() {
        let memory = Memory::default();
        let budgets = [budget(Of::Caller, Per::Hour, 1_000), budget(Of::Vendor, Per::Day, 50)];
        assert_eq!(memory.reserve(&budgets, &parties("a"), tokens(60), NOW).unwrap_err().budget, "vendor");
        assert_eq!(memory.committed(&budgets[0], &parties("a"), NOW), Some(Amount::default()));
    }

    #[test]
    fn a_new_period_starts_anew_and_late_settlements_of_the_last_one_do_not_count() {
        let (memory, budgets) = (Memory::default(), [budget(Of::Everybody, Per::Minute, 100)]);
        let late = memory.reserve(&budgets, &parties("a"), tokens(100), NOW).unwrap();
        let next = NOW + 60_000;
        memory.settle(memory.reserve(&budgets, &parties("a"), tokens(100), next).unwrap(), tokens(40));
        memory.settle(late, tokens(100));
        assert_eq!(memory.committed(&budgets[0], &parties("a"), next).unwrap().tokens, 40);
    }

    #[test]
    fn what_the_ledger_tells_counts_if_it_is_of_this_period() {
        let memory = Memory::default();
        let budgets = [budget(Of::Tenant, Per::Day, 100), budget(Of::Tenant, Per::Month, 100)];
        memory.remember(&budgets, &parties("a"), tokens(10), NOW - 1_000, NOW);
        memory.remember(&budgets, &parties("a"), tokens(20), NOW - 3 * 24 * 3_600_000, NOW);
        memory.remember(&budgets, &parties("a"), tokens(40), NOW - 60 * 24 * 3_600_000, NOW);
        let committed = |index: usize| memory.committed(&budgets[index], &parties("a"), NOW).unwrap().tokens;
        assert_eq!((committed(0), committed(1)), (10, 30));
    }

    #[test]
    fn a_budget_for_one_concerns_nobody_else() {
        let (memory, mut only) = (Memory::default(), budget(Of::Caller, Per::Day, 0));
        only.who = Some("a".to_owned());
        let budgets = [only];
        assert!(memory.reserve(&budgets, &parties("a"), tokens(1), NOW).is_err());
        memory.settle(memory.reserve(&budgets, &parties("b"), tokens(1), NOW).unwrap(), tokens(1));
    }
}

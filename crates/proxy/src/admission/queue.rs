//! The fair queue: start-time fair queueing over tenants (Goyal, Vin and Cheng 1996).

use std::collections::{BTreeMap, HashMap};

/// Those that wait, in the order in which they are taken.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: BTreeMap<(u64, u64), Waiter<T>>,
    /// The start tag of the last one taken.
    now: u64,
    /// The finish tag of each tenant's last one.
    finished: HashMap<String, u64>,
    of_tenant: HashMap<String, usize>,
    next: u64,
}

#[derive(Debug)]
struct Waiter<T> {
    tenant: String,
    tokens: u64,
    wake: T,
}

/// A place in the queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ticket((u64, u64));

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), now: 0, finished: HashMap::new(), of_tenant: HashMap::new(), next: 0 }
    }
}

impl<T> Queue<T> {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many of one tenant wait.
    pub(super) fn of_tenant(&self, tenant: &str) -> usize {
        self.of_tenant.get(tenant).copied().unwrap_or(0)
    }

    pub(super) fn push(&mut self, tenant: &str, weight: u32, tokens: u64, wake: T) -> Ticket {
        let start = self.finished.get(tenant).copied().unwrap_or(0).max(self.now);
        let cost = tokens.max(1).saturating_mul(SCALE) / u64::from(weight.max(1));
        self.finished.insert(tenant.to_owned(), start.saturating_add(cost));
        *self.of_tenant.entry(tenant.to_owned()).or_default() += 1;
        let key = (start, self.next);
        self.next = self.next.wrapping_add(1);
        self.waiting.insert(key, Waiter { tenant: tenant.to_owned(), tokens, wake });
        Ticket(key)
    }

    /// Tokens of the one that is next.
    pub(super) fn next_tokens(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(_, waiter)| waiter.tokens)
    }

    pub(super) fn pop(&mut self) -> Option<(u64, T)> {
        let ((start, _), waiter) = self.waiting.pop_first()?;
        self.now = start;
        self.leaves(&waiter.tenant);
        Some((waiter.tokens, waiter.wake))
    }

    /// Takes one out before its turn; false when it had its turn already.
    pub(super) fn remove(&mut self, ticket: &Ticket) -> bool {
        let Some(waiter) = self.waiting.remove(&ticket.0) else { return false };
        self.leaves(&waiter.tenant);
        true
    }

    fn leaves(&mut self, tenant: &str) {
        if let Some(count) = self.of_tenant.get_mut(tenant) {
            *count -= 1;
            if *count == 0 {
                self.of_tenant.remove(tenant);
            }
        }
        if self.waiting.is_empty() {
            // A busy period is over: nobody owes anybody anything.
            self.finished.clear();
            self.now = 0;
        }
    }
}

/// Tags are in tokens by weight, this finely.
const SCALE: u64 = 1 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    /// Who is taken, in order.
    fn order(pushes: &[(&'static str, u32, u64)]) -> Vec<&'static str> {
        let mut queue = Queue::default();
        for (tenant, weight, tokens) in pushes {
            queue.push(tenant, *weight, *tokens, *tenant);
        }
        std::iter::from_fn(|| queue.pop().map(|(_, tenant)| tenant)).collect()
    }

    #[test]
    fn one_who_sends_much_does_not_delay_one_who_sends_little() {
        let many = [("a", 1, 10); 6];
        let few = [("b", 1, 10); 2];
        assert_eq!(order(&[many.as_slice(), &few].concat()), ["a", "b", "a", "b", "a", "a", "a", "a"]);
    }

    #[test]
    fn tokens_count_not_calls() {
        let large = [("a", 1, 40); 3];
        let small = [("b", 1, 10); 6];
        assert_eq!(order(&[large.as_slice(), &small].concat())[..6], ["a", "b", "b", "b", "b", "a"]);
    }

    #[test]
    fn weights_are_shares() {
        let heavy = [("a", 4, 10); 9];
        let light = [("b", 1, 10); 3];
        let taken = order(&[light.as_slice(), &heavy].concat());
        assert_eq!(taken[..10].iter().filter(|tenant| **tenant == "b").count(), 2, "{taken:?}");
    }

    #[test]
    fn who_leaves_is_not_taken() {
        let mut queue = Queue::default();
        let ticket = queue.push("a", 1, 1, 1);
        queue.push("a", 1, 1, 2);
        assert!(queue.remove(&ticket) && !queue.remove(&ticket));
        assert_eq!((queue.of_tenant("a"), queue.pop(), queue.len()), (1, Some((1, 2)), 0));
    }
}

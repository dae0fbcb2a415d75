//! Budgets: hard limits of requests, tokens and money, reserved before use and settled after.
//!
//! [`Counters`] is what the door asks; [`Memory`] counts in this process. A fleet can put a shared store behind the same
//! interface, one that leases each node a part of what is left, so that asking stays as quick as it is here.

mod memory;
mod period;

pub use memory::Memory;
pub use period::Per;

/// A hard limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What refusals and reports call it.
    pub name: String,
    /// Whose use is counted.
    pub of: Of,
    /// The one it is for; `None`: each one has a limit of its own.
    pub who: Option<String>,
    /// When it starts anew.
    pub per: Per,
    /// The most attempts.
    pub requests: Option<u64>,
    /// The most tokens, read and generated together.
    pub tokens: Option<u64>,
    /// The most money, in millionths of the currency of the prices.
    pub money_micros: Option<u64>,
}

/// Whose use is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Of {
    /// Who calls.
    Caller,
    /// The tenant it belongs to.
    Tenant,
    /// What the call is for.
    UseCase,
    /// Where it goes.
    Destination,
    /// Who runs that.
    Vendor,
    /// All together.
    Everybody,
}

/// Everybody that an attempt is counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    /// Who calls.
    pub caller: String,
    /// The tenant it belongs to.
    pub tenant: String,
    /// What the call is for.
    pub use_case: Option<String>,
    /// Where it goes.
    pub destination: String,
    /// Who runs that.
    pub vendor: Option<String>,
}

/// How much was, or may be, used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Attempts.
    pub requests: u64,
    /// Tokens, read and generated together.
    pub tokens: u64,
    /// Millionths of the currency of the prices.
    pub money_micros: u64,
}

/// Where the use of one party in one kind of period is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Account {
    of: Of,
    per: Per,
    who: String,
}

/// What a budget limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Attempts.
    Requests,
    /// Tokens.
    Tokens,
    /// Money.
    Money,
}

/// A budget that has no room for an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// The budget's name.
    pub budget: String,
    /// What of it there is too little of.
    pub what: Limited,
    /// When it starts anew.
    pub per: Per,
    /// Seconds after which the same attempt may find room: a moment where only calls that are on their way stand in its way,
    /// else until the budget starts anew. `None` when it asks for more than the whole of it.
    pub retry_after_s: Option<u32>,
}

/// What was reserved. It must be settled, once, with what was used.
#[derive(Debug)]
#[must_use]
pub struct Reserved {
    accounts: Vec<(Account, u64)>,
    most: Amount,
}

/// Counts the use of everybody.
pub trait Counters: Send + Sync {
    /// Reserves `most` with each of these budgets that concerns `parties`, or with none of them.
    ///
    /// # Errors
    /// The first budget, in their order, that has no room.
    fn reserve(&self, budgets: &[Budget], parties: &Parties, most: Amount, now_ms: u64) -> Result<Reserved, Exceeded>;

    /// Puts what was used in the place of what was reserved.
    fn settle(&self, reserved: Reserved, used: Amount);

    /// Counts what was used at `at_ms`, of which the ledger tells, without asking whether there was room.
    fn remember(&self, budgets: &[Budget], parties: &Parties, used: Amount, at_ms: u64, now_ms: u64);

    /// What `parties` have used of a budget, with what is reserved; `None` when it does not concern them.
    fn committed(&self, budget: &Budget, parties: &Parties, now_ms: u64) -> Option<Amount>;
}

impl Of {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Caller, Self::Tenant, Self::UseCase, Self::Destination, Self::Vendor, Self::Everybody];

    /// Its name in configuration and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Tenant => "tenant",
            Self::UseCase => "use_case",
            Self::Destination => "destination",
            Self::Vendor => "vendor",
            Self::Everybody => "everybody",
        }
    }

    /// The party of that kind.
    #[must_use]
    pub fn party(self, parties: &Parties) -> Option<&str> {
        match self {
            Self::Caller => Some(&parties.caller),
            Self::Tenant => Some(&parties.tenant),
            Self::UseCase => parties.use_case.as_deref(),
            Self::Destination => Some(&parties.destination),
            Self::Vendor => parties.vendor.as_deref(),
            Self::Everybody => Some(""),
        }
    }
}

impl Budget {
    /// Whether it concerns `parties`, and the account that it counts them in.
    pub fn account(&self, parties: &Parties) -> Option<Account> {
        let party = self.of.party(parties)?;
        if self.who.as_deref().is_some_and(|who| who != party) {
            return None;
        }
        Some(Account { of: self.of, per: self.per, who: party.to_owned() })
    }

    /// The parties of a budget that counts one party alone: everybody, or the one that it is for.
    pub fn parties_of_one(&self) -> Option<Parties> {
        let who = match self.of {
            Of::Everybody => String::new(),
            _ => self.who.clone()?,
        };
        let is = |of: Of| if self.of == of { who.clone() } else { String::new() };
        Some(Parties {
            caller: is(Of::Caller),
            tenant: is(Of::Tenant),
            use_case: Some(is(Of::UseCase)),
            destination: is(Of::Destination),
            vendor: Some(is(Of::Vendor)),
        })
    }

    /// What of this budget `committed` and `most` together exceed.
    fn exceeded(&self, committed: Amount, most: Amount) -> Option<Limited> {
        let over = |limit: Option<u64>, committed: u64, most: u64| {
            limit.is_some_and(|limit| committed.saturating_add(most) > limit)
        };
        if over(self.requests, committed.requests, most.requests) {
            return Some(Limited::Requests);
        }
        if over(self.tokens, committed.tokens, most.tokens) {
            return Some(Limited::Tokens);
        }
        over(self.money_micros, committed.money_micros, most.money_micros).then_some(Limited::Money)
    }
}

impl Amount {
    fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            tokens: self.tokens.saturating_add(other.tokens),
            money_micros: self.money_micros.saturating_add(other.money_micros),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(other.requests),
            tokens: self.tokens.saturating_sub(other.tokens),
            money_micros: self.money_micros.saturating_sub(other.money_micros),
        }
    }
}

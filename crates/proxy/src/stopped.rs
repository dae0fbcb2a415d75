//! Why a call was not answered: a refusal says no, a fault is breakage. They are never one type.

/// A call that ends without an answer.
#[derive(Clone, Debug)]
pub enum Stopped {
    /// The answer is no.
    Refusal(Refusal),
    /// Something broke.
    Fault(Fault),
}

/// An answer that says no, with what to do about it.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// HTTP status, 4xx.
    pub status: u16,
    /// Stable, for programs.
    pub code: &'static str,
    /// The place in the request, where there is one.
    pub param: Option<String>,
    /// One plain sentence of why, without content.
    pub why: String,
    /// One plain sentence of what to do.
    pub help: String,
    /// Seconds after which the same call may pass; `None`: retrying is pointless.
    pub retry_after_s: Option<u32>,
    /// The policies that said no.
    pub policies: Vec<String>,
}

/// Who must do something about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The door or its host.
    Door,
    /// The destination.
    Upstream,
    /// The caller: the destination understood the call and found it wrong.
    Caller,
}

/// Breakage: ours, the upstream's or the caller's.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Whose it is.
    pub blame: Blame,
    /// HTTP status.
    pub status: u16,
    /// Stable, for programs.
    pub code: &'static str,
    /// What the caller reads: no addresses, no keys.
    pub why: String,
    /// What the caller can do.
    pub help: String,
    /// What the operator reads in the log: no content, no keys.
    pub internal: String,
    /// Seconds after which a retry makes sense.
    pub retry_after_s: Option<u32>,
}

impl Refusal {
    /// A refusal that retrying does not change.
    pub fn new(status: u16, code: &'static str, why: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            status,
            code,
            param: None,
            why: why.into(),
            help: help.into(),
            retry_after_s: None,
            policies: Vec::new(),
        }
    }
}

impl Fault {
    /// Our own breakage. The caller learns nothing of the inside.
    pub fn door(code: &'static str, internal: impl Into<String>) -> Self {
        Self {
            blame: Blame::Door,
            status: 500,
            code,
            why: "the door could not finish this call".to_owned(),
            help: "try again; if it persists, give the record id to the people who run Portcullis".to_owned(),
            internal: internal.into(),
            retry_after_s: None,
        }
    }

    /// The ledger cannot make records durable, so nothing may leave.
    pub fn ledger(internal: impl Into<String>) -> Self {
        Self {
            status: 503,
            why: "the ledger cannot record calls at the moment, and nothing is sent unrecorded".to_owned(),
            help: "try again later; the people who run Portcullis see this as `ledger_unavailable`".to_owned(),
            retry_after_s: Some(5),
            ..Self::door("ledger_unavailable", internal)
        }
    }

    /// A destination that did not answer, or not in its format.
    pub fn upstream(status: u16, code: &'static str, why: impl Into<String>, internal: impl Into<String>) -> Self {
        Self {
            blame: Blame::Upstream,
            status,
            code,
            why: why.into(),
            help: "try again later, or ask for another model".to_owned(),
            internal: internal.into(),
            retry_after_s: None,
        }
    }
}

impl Stopped {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refusal(refusal) => refusal.code,
            Self::Fault(fault) => fault.code,
        }
    }

    /// Seconds after which the same call may pass.
    pub fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::Refusal(refusal) => refusal.retry_after_s,
            Self::Fault(fault) => fault.retry_after_s,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Refusal(refusal) => refusal.status,
            Self::Fault(fault) => fault.status,
        }
    }
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<wire::fields::Rejected> for Stopped {
    fn from(rejected: wire::fields::Rejected) -> Self {
        Self::Refusal(Refusal {
            status: 400,
            code: rejected.code,
            param: rejected.param,
            why: rejected.message,
            help: rejected.help,
            retry_after_s: None,
            policies: Vec::new(),
        })
    }
}

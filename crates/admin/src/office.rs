//! The office: carries out administrative operations over the store and records each of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::operation::{AnswerApproval, CreateKey, Operation, SearchLedger};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor(String);

impl Actor {
    /// Somebody on this machine who may read the state folder, by user id.
    pub fn local(uid: u32) -> Self {
        Self(format!("local:uid={uid}"))
    }

    /// The holder of an administrative key.
    pub fn key(id: &str) -> Self {
        Self(format!("key:{id}"))
    }
}

/// An operation that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Declined {
    /// HTTP status: 400, 404, 409 or 503.
    pub status: u16,
    /// Stable, for programs.
    pub code: &'static str,
    /// Why, in one sentence.
    pub why: String,
    /// What to do.
    pub help: String,
}

/// What the office asks of the running program, which alone knows both planes.
pub trait Program: Send + Sync {
    /// How the door is doing, as JSON.
    fn status(&self) -> Value;
    /// Loads the configuration again, all or nothing.
    ///
    /// # Errors
    /// Every problem, as text.
    fn reload(&self) -> Result<Value, String>;
    /// Metrics in the Prometheus text format.
    fn metrics(&self) -> String;
    /// Calls that wait for a person's yes, as JSON.
    fn approvals(&self) -> Value;
    /// Counts a person's answer; with `really` false only says whether it would count.
    ///
    /// # Errors
    /// It does not count.
    fn answer_approval(&self, answer: &Answer<'_>, really: bool) -> Result<Value, Declined>;
}

/// A person's answer to a call that waits, with what the office knows of the person.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The question's id.
    pub id: &'a str,
    /// Who answers, as records name it.
    pub actor: &'a str,
    /// The id of the administrative key with which they answer; `None` for somebody on this machine.
    pub key: Option<&'a str>,
    /// In which role; `None`: in the only one that is asked for.
    pub role: Option<&'a str>,
    /// Yes or no.
    pub yes: bool,
}

/// Carries out operations.
#[derive(Clone)]
pub struct Office {
    ledger: Arc<store::Ledger>,
    keys: Arc<store::Keys>,
    program: Arc<dyn Program>,
    now_ms: fn() -> u64,
}

impl Office {
    /// An office over a store. `now_ms` gives unix milliseconds.
    pub fn new(store: &store::Store, program: Arc<dyn Program>, now_ms: fn() -> u64) -> Self {
        Self { ledger: store.ledger(), keys: store.keys(), program, now_ms }
    }

    /// The program's metrics.
    pub fn metrics(&self) -> String {
        self.program.metrics()
    }

    /// Who presents this key, when it is an administrative one.
    ///
    /// # Errors
    /// 401 for a key that is not valid, 403 for one that may not administer.
    pub fn admit(&self, key: &str) -> Result<Actor, Declined> {
        let facts = self.keys.verify(key, (self.now_ms)()).map_err(|denied| {
            self.ledger.count_stranger(denied.reason());
            Declined {
                status: 401,
                code: "unauthenticated",
                why: "the key is not valid".to_owned(),
                help: "send an administrative key as `Authorization: Bearer …`; `portcullis key create NAME --admin` makes one".to_owned(),
            }
        })?;
        if facts.admin {
            return Ok(Actor::key(&facts.id));
        }
        Err(Declined {
            status: 403,
            code: "not_an_administrator",
            why: "this key may call models and may not administer the door".to_owned(),
            help: "use a key made with `portcullis key create NAME --admin`".to_owned(),
        })
    }

    /// Carries out `operation` for `actor`; the store records what it does to keys itself. Blocking: it waits for the disk.
    ///
    /// # Errors
    /// [`Declined`] with what to do.
    pub fn perform(&self, actor: &Actor, operation: Operation) -> Result<Value, Declined> {
        match operation {
            Operation::CreateKey(wanted) => self.create_key(actor, wanted),
            Operation::ListKeys {} => Ok(self.list_keys()),
            Operation::RevokeKey { id } => self.revoke_key(actor, &id),
            Operation::Status {} => Ok(self.program.status()),
            Operation::Reload {} => self.reload(actor),
            Operation::SearchLedger(wanted) => self.search(actor, &wanted),
            Operation::ListApprovals {} => Ok(self.program.approvals()),
            Operation::AnswerApproval(answer) => self.answer_approval(actor, &answer),
        }
    }

    fn create_key(&self, actor: &Actor, wanted: CreateKey) -> Result<Value, Declined> {
        let ttl_seconds = wanted.days.map(|days| u64::from(days) * DAY_SECONDS);
        let new = store::NewKey {
            name: wanted.name,
            floor: wanted.floor,
            ttl_seconds,
            tenant: wanted.tenant,
            use_case: wanted.use_case,
            admin: wanted.admin,
            created_by: actor.0.clone(),
        };
        let created = self.keys.create(new, (self.now_ms)()).map_err(|error| Declined {
            status: 400,
            code: "key_not_made",
            why: error.to_string(),
            help: "change the request as the message says".to_owned(),
        })?;
        Ok(json!({
            "id": created.id,
            "key": created.key.expose(),
            "expires_at": rfc3339(created.expires_at_ms),
        }))
    }

    fn list_keys(&self) -> Value {
        let now_ms = (self.now_ms)();
        let list: Vec<Value> = self
            .keys
            .list()
            .into_iter()
            .map(|listing| {
                let facts = &listing.facts;
                let state = match &listing.revocation {
                    Some(_) => "revoked",
                    None if facts.expires_at_ms <= now_ms => "expired",
                    None => "live",
                };
                json!({
                    "id": facts.id, "name": facts.name, "floor": facts.floor, "tenant": facts.tenant,
                    "use_case": facts.use_case, "admin": facts.admin, "state": state,
                    "created_at": rfc3339(facts.created_at_ms), "created_by": facts.created_by,
                    "expires_at": rfc3339(facts.expires_at_ms),
                    "revoked_at": listing.revocation.as_ref().map(|gone| rfc3339(gone.at_ms)),
                    "revoked_by": listing.revocation.as_ref().map(|gone| gone.by.clone()),
                })
            })
            .collect();
        json!({ "keys": list })
    }

    fn revoke_key(&self, actor: &Actor, id: &str) -> Result<Value, Declined> {
        let gone = self.keys.revoke(id, &actor.0, (self.now_ms)()).map_err(|error| Declined {
            status: 503,
            code: "key_not_revoked",
            why: error.to_string(),
            help: "try again".to_owned(),
        })?;
        if !gone {
            return Err(Declined {
                status: 404,
                code: "no_such_key",
                why: format!("there is no live key `{id}`"),
                help: "see `portcullis key list`".to_owned(),
            });
        }
        Ok(json!({ "id": id, "state": "revoked" }))
    }

    /// The program records a reload itself, also one that a signal or a file change caused.
    fn reload(&self, _actor: &Actor) -> Result<Value, Declined> {
        self.program.reload().map_err(|problems| Declined {
            status: 409,
            code: "configuration_refused",
            why: problems,
            help: "the configuration in force stays; repair the files and reload again (`portcullis check` explains)"
                .to_owned(),
        })
    }

    /// What would not count is not recorded as an answer; what could not be recorded does not count.
    fn answer_approval(&self, actor: &Actor, wanted: &AnswerApproval) -> Result<Value, Declined> {
        let key = actor.0.strip_prefix("key:");
        let name = key.and_then(|id| self.keys.list().into_iter().find(|one| one.facts.id == id));
        let name = name.map(|listing| listing.facts.name.clone());
        if key.is_some() && wanted.role.is_some() && wanted.role != name {
            return Err(Declined {
                status: 403,
                code: "role_not_yours",
                why: "an administrative key answers in the role of its own name".to_owned(),
                help: "leave out the role, or use the key that is named so".to_owned(),
            });
        }
        let role = if key.is_some() { name.as_deref() } else { wanted.role.as_deref() };
        let answer = Answer { id: &wanted.id, actor: &actor.0, key, role, yes: wanted.yes };
        self.program.answer_approval(&answer, false)?;
        let mut detail = BTreeMap::new();
        detail.extend(role.map(|role| ("role".to_owned(), role.to_owned())));
        let action = if wanted.yes { "approval.approved" } else { "approval.denied" };
        self.record(actor, action, Some(&wanted.id), detail)?;
        self.program.answer_approval(&answer, true)
    }

    fn search(&self, actor: &Actor, wanted: &SearchLedger) -> Result<Value, Declined> {
        let kind = wanted.kind.as_deref().map(kind).transpose()?;
        let filter = store::Filter {
            id: wanted.id.clone(),
            call: wanted.call.clone(),
            caller: wanted.caller.clone(),
            kind,
            ..store::Filter::default()
        };
        let unreadable = |error: store::ReadError| Declined {
            status: 503,
            code: "ledger_unreadable",
            why: error.to_string(),
            help: "run `portcullis ledger verify`".to_owned(),
        };
        let limit = usize::try_from(wanted.limit.unwrap_or(SEARCH_DEFAULT).min(SEARCH_MAX)).unwrap_or(0);
        let mut newest = std::collections::VecDeque::with_capacity(limit.min(1024));
        for record in self.ledger.read(filter).map_err(unreadable)? {
            if newest.len() == limit {
                newest.pop_front();
            }
            newest.push_back(record.map_err(unreadable)?);
        }
        // Reading the ledger is an act of its own.
        self.record(
            actor,
            "ledger.searched",
            None,
            BTreeMap::from([("records".to_owned(), newest.len().to_string())]),
        )?;
        let records: Vec<Value> =
            newest.iter().map(|record| serde_json::to_value(record).unwrap_or_default()).collect();
        Ok(json!({ "records": records }))
    }

    fn record(
        &self,
        actor: &Actor,
        action: &str,
        subject: Option<&str>,
        detail: BTreeMap<String, String>,
    ) -> Result<(), Declined> {
        let act = ledger::Act {
            id: store::RecordId::new(),
            action: action.to_owned(),
            actor: actor.0.clone(),
            subject: subject.map(str::to_owned),
            detail,
        };
        self.ledger.append_blocking(ledger::Entry::Act(act)).map(|_| ()).map_err(|unwritten| Declined {
            status: 503,
            code: "ledger_unavailable",
            why: format!("the act could not be recorded: {unwritten}"),
            help: "nothing is done unrecorded; repair the ledger's disk and try again".to_owned(),
        })
    }
}

fn kind(name: &str) -> Result<ledger::Kind, Declined> {
    let all = [
        ledger::Kind::Intent,
        ledger::Kind::Outcome,
        ledger::Kind::Refusal,
        ledger::Kind::Act,
        ledger::Kind::Aggregate,
    ];
    all.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| Declined {
        status: 400,
        code: "unknown_kind",
        why: format!("there are no records of kind `{name}`"),
        help: "use intent, outcome, refusal, act or aggregate".to_owned(),
    })
}

/// A moment as RFC 3339 in UTC, to the second (days from civil, Howard Hinnant's algorithm turned round).
pub fn rfc3339(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, rest) = (seconds / DAY_SECONDS, seconds % DAY_SECONDS);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

const DAY_SECONDS: u64 = 86_400;
const SEARCH_DEFAULT: u32 = 100;
const SEARCH_MAX: u32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_rfc_3339() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_795_132_799_999), "2026-11-19T23:59:59Z");
    }
}

//! Approvals: calls that policy lets go only after a person's yes, and the answers that people gave.
//!
//! A yes is for one content, one caller and one destination, and is spent by the next call that is exactly these. Held are
//! facts and a fingerprint of the content, never the content, and in memory alone: a restart forgets questions and answers,
//! and what was not answered is not sent. Asking, answering and spending are records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// All open questions and unspent answers.
#[derive(Debug, Default)]
pub struct Approvals(Mutex<BTreeMap<String, Held>>);

/// A call that needs a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The caller's id.
    pub caller: String,
    /// The caller's name.
    pub caller_name: String,
    /// The caller's tenant.
    pub tenant: String,
    /// Where it would go.
    pub destination: String,
    /// The model that it asks for.
    pub alias: String,
    /// Its level.
    pub level: String,
    /// What was found in it, and how often.
    pub findings: BTreeMap<String, u64>,
    /// Everyone whose yes it needs.
    pub who: BTreeSet<String>,
    /// SHA-256 of what the destination would be sent before any obligation is carried out. It is not shown to anybody.
    pub content: [u8; 32],
    /// The call; what it spent, its later attempts at the same destination may use.
    pub call: String,
}

/// What is known of a wanted yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Everybody said yes; this call spends it.
    Granted(String),
    /// Nobody, or not everybody, has answered.
    Pending {
        /// The question's id.
        id: String,
        /// Whether this call is the first to ask it.
        new: bool,
    },
    /// Somebody said no.
    Denied(String),
    /// Too many questions are open.
    Full,
}

/// A person's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who answers, as records name it.
    pub actor: String,
    /// The id of the key with which they answer, if they do so with one.
    pub key: Option<String>,
    /// In which role, one of those that policy names.
    pub role: String,
    /// Yes or no.
    pub yes: bool,
}

/// Why an answer does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncounted {
    /// There is no such open question.
    Unknown,
    /// Nobody approves their own call.
    Own,
    /// The role was not asked for.
    NotAsked,
    /// The same person has answered in another role.
    Twice,
}

/// A question, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// `pending`, `approved`, `denied` or `spent`.
    pub state: &'static str,
    /// The caller's id and name.
    pub caller: String,
    /// The caller's name.
    pub caller_name: String,
    /// Where it would go.
    pub destination: String,
    /// The model that it asks for.
    pub alias: String,
    /// Its level.
    pub level: String,
    /// What was found in it.
    pub findings: BTreeMap<String, u64>,
    /// Roles that have not answered.
    pub waits_for: Vec<String>,
    /// Unix milliseconds when question and answers expire.
    pub expires_ms: u64,
}

#[derive(Debug)]
struct Held {
    wanted: Wanted,
    expires_ms: u64,
    /// Role → who said yes in it.
    yes: BTreeMap<String, String>,
    no: bool,
    spent_by: Option<String>,
}

impl Approvals {
    /// Looks for a yes to `wanted`, and spends it; asks for one where nobody has asked.
    pub fn seek(&self, wanted: &Wanted, now_ms: u64) -> Sought {
        let mut all = self.open(now_ms);
        let same = |held: &Held| held.is_for(wanted) && held.spent_by.as_ref().is_none_or(|call| *call == wanted.call);
        if let Some((id, held)) = all.iter_mut().find(|(_, held)| same(held)) {
            return match held.state() {
                "approved" | "spent" => {
                    held.spent_by = Some(wanted.call.clone());
                    Sought::Granted(id.clone())
                }
                "denied" => Sought::Denied(id.clone()),
                _ => Sought::Pending { id: id.clone(), new: false },
            };
        }
        let of_caller = all.values().filter(|held| held.wanted.caller == wanted.caller).count();
        if all.len() >= HELD_MAX || of_caller >= HELD_OF_CALLER_MAX {
            return Sought::Full;
        }
        let id = store::RecordId::new().replacen("rec_", "apr_", 1);
        let held = Held {
            wanted: wanted.clone(),
            expires_ms: now_ms.saturating_add(EXPIRES_MS),
            yes: BTreeMap::new(),
            no: false,
            spent_by: None,
        };
        all.insert(id.clone(), held);
        Sought::Pending { id, new: true }
    }

    /// Undoes that `call` spent a yes, because nothing was sent after all.
    pub fn give_back(&self, id: &str, call: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = all.get_mut(id).filter(|held| held.spent_by.as_deref() == Some(call)) {
            held.spent_by = None;
        }
    }

    /// Counts an answer, or with `really` false only says whether it would count.
    ///
    /// # Errors
    /// [`Uncounted`].
    pub fn answer(&self, id: &str, answer: &Answer, really: bool, now_ms: u64) -> Result<Listed, Uncounted> {
        let mut all = self.open(now_ms);
        let held = all.get_mut(id).filter(|held| held.spent_by.is_none() && !held.no).ok_or(Uncounted::Unknown)?;
        if answer.key.as_ref() == Some(&held.wanted.caller) {
            return Err(Uncounted::Own);
        }
        if !held.wanted.who.contains(&answer.role) {
            return Err(Uncounted::NotAsked);
        }
        if held.yes.iter().any(|(role, actor)| *actor == answer.actor && *role != answer.role) {
            return Err(Uncounted::Twice);
        }
        if really && answer.yes {
            held.yes.insert(answer.role.clone(), answer.actor.clone());
        } else if really {
            held.no = true;
        }
        Ok(held.listed(id))
    }

    /// Every question, oldest first.
    pub fn list(&self, now_ms: u64) -> Vec<Listed> {
        self.open(now_ms).iter().map(|(id, held)| held.listed(id)).collect()
    }

    fn open(&self, now_ms: u64) -> MutexGuard<'_, BTreeMap<String, Held>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, held| held.expires_ms > now_ms);
        all
    }
}

impl Held {
    fn is_for(&self, wanted: &Wanted) -> bool {
        let own = &self.wanted;
        own.content == wanted.content
            && own.caller == wanted.caller
            && own.tenant == wanted.tenant
            && own.destination == wanted.destination
            && own.who == wanted.who
    }

    fn state(&self) -> &'static str {
        if self.no {
            "denied"
        } else if self.spent_by.is_some() {
            "spent"
        } else if self.wanted.who.iter().all(|role| self.yes.contains_key(role)) {
            "approved"
        } else {
            "pending"
        }
    }

    fn listed(&self, id: &str) -> Listed {
        let wanted = &self.wanted;
        Listed {
            id: id.to_owned(),
            state: self.state(),
            caller: wanted.caller.clone(),
            caller_name: wanted.caller_name.clone(),
            destination: wanted.destination.clone(),
            alias: wanted.alias.clone(),
            level: wanted.level.clone(),
            findings: wanted.findings.clone(),
            waits_for: wanted.who.iter().filter(|role| !self.yes.contains_key(*role)).cloned().collect(),
            expires_ms: self.expires_ms,
        }
    }
}

/// How long a question stands, its answers included: a working day.
const EXPIRES_MS: u64 = 24 * 60 * 60 * 1000;
/// The most questions at a time.
const HELD_MAX: usize = 1000;
/// The most questions of one caller at a time.
const HELD_OF_CALLER_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(call: &str) -> Wanted {
        Wanted {
            caller: "k1".to_owned(),
            caller_name: "billing".to_owned(),
            tenant: "t".to_owned(),
            destination: "cloud".to_owned(),
            alias: "auto".to_owned(),
            level: "restricted".to_owned(),
            findings: BTreeMap::new(),
            who: ["privacy".to_owned()].into(),
            content: [1; 32],
            call: call.to_owned(),
        }
    }

    fn answer(actor: &str, role: &str, yes: bool) -> Answer {
        Answer {
            actor: actor.to_owned(),
            key: actor.strip_prefix("key:").map(str::to_owned),
            role: role.to_owned(),
            yes,
        }
    }

    fn asked(approvals: &Approvals, wanted: &Wanted) -> String {
        match approvals.seek(wanted, 0) {
            Sought::Pending { id, new: true } => id,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_yes_is_spent_once_by_the_identical_call() {
        let approvals = Approvals::default();
        let id = asked(&approvals, &wanted("c1"));
        assert_eq!(approvals.seek(&wanted("c2"), 0), Sought::Pending { id: id.clone(), new: false });
        approvals.answer(&id, &answer("key:p", "privacy", true), true, 0).unwrap();
        assert_eq!(approvals.seek(&wanted("c3"), 0), Sought::Granted(id.clone()));
        assert_eq!(approvals.seek(&wanted("c3"), 0), Sought::Granted(id), "the same call's next attempt");
        assert!(matches!(approvals.seek(&wanted("c4"), 0), Sought::Pending { new: true, .. }), "spent");
    }

    #[test]
    fn a_yes_that_led_to_nothing_is_given_back_by_its_own_call_alone() {
        let approvals = Approvals::default();
        let id = asked(&approvals, &wanted("c1"));
        approvals.answer(&id, &answer("key:p", "privacy", true), true, 0).unwrap();
        assert_eq!(approvals.seek(&wanted("c2"), 0), Sought::Granted(id.clone()));
        approvals.give_back(&id, "c3");
        assert!(matches!(approvals.seek(&wanted("c3"), 0), Sought::Pending { new: true, .. }), "it is not c3's");
        approvals.give_back(&id, "c2");
        assert_eq!(
            approvals.answer(&id, &answer("key:p", "privacy", true), false, 0).map(|held| held.state),
            Ok("approved")
        );
    }

    #[test]
    fn a_yes_is_for_one_content_caller_destination_and_set_of_people() {
        let approvals = Approvals::default();
        let id = asked(&approvals, &wanted("c1"));
        approvals.answer(&id, &answer("key:p", "privacy", true), true, 0).unwrap();
        for other in [
            Wanted { content: [2; 32], ..wanted("c") },
            Wanted { caller: "k2".to_owned(), ..wanted("c") },
            Wanted { tenant: "u".to_owned(), ..wanted("c") },
            Wanted { destination: "other".to_owned(), ..wanted("c") },
            Wanted { who: ["privacy".to_owned(), "security".to_owned()].into(), ..wanted("c") },
        ] {
            assert!(matches!(approvals.seek(&other, 0), Sought::Pending { new: true, .. }), "{other:?}");
        }
    }

    #[test]
    fn everybody_who_is_asked_must_say_yes_and_one_person_is_one() {
        let approvals = Approvals::default();
        let both = Wanted { who: ["privacy".to_owned(), "security".to_owned()].into(), ..wanted("c1") };
        let id = asked(&approvals, &both);
        approvals.answer(&id, &answer("key:p", "privacy", true), true, 0).unwrap();
        assert_eq!(approvals.answer(&id, &answer("key:p", "security", true), true, 0), Err(Uncounted::Twice));
        assert!(matches!(approvals.seek(&both, 0), Sought::Pending { new: false, .. }));
        approvals.answer(&id, &answer("key:s", "security", true), true, 0).unwrap();
        assert!(matches!(approvals.seek(&both, 0), Sought::Granted(_)));
    }

    #[test]
    fn nobody_approves_their_own_call_or_in_a_role_that_was_not_asked() {
        let approvals = Approvals::default();
        let id = asked(&approvals, &wanted("c1"));
        assert_eq!(approvals.answer(&id, &answer("key:k1", "privacy", true), true, 0), Err(Uncounted::Own));
        assert_eq!(approvals.answer(&id, &answer("key:p", "cleaning", true), true, 0), Err(Uncounted::NotAsked));
        assert_eq!(approvals.answer("apr_x", &answer("key:p", "privacy", true), true, 0), Err(Uncounted::Unknown));
        approvals.answer(&id, &answer("key:p", "privacy", true), false, 0).unwrap();
        assert!(matches!(approvals.seek(&wanted("c2"), 0), Sought::Pending { new: false, .. }), "only asked whether");
    }

    #[test]
    fn a_no_stands_until_it_expires() {
        let approvals = Approvals::default();
        let id = asked(&approvals, &wanted("c1"));
        approvals.answer(&id, &answer("key:p", "privacy", false), true, 0).unwrap();
        assert_eq!(approvals.seek(&wanted("c2"), 0), Sought::Denied(id.clone()));
        assert_eq!(approvals.answer(&id, &answer("key:q", "privacy", true), true, 0), Err(Uncounted::Unknown));
        assert!(matches!(approvals.seek(&wanted("c3"), EXPIRES_MS), Sought::Pending { new: true, .. }));
    }

    #[test]
    fn a_yes_expires() {
        let approvals = Approvals::default();
        let id = asked(&approvals, &wanted("c1"));
        approvals.answer(&id, &answer("key:p", "privacy", true), true, 0).unwrap();
        assert!(matches!(approvals.seek(&wanted("c2"), EXPIRES_MS), Sought::Pending { new: true, .. }));
    }

    #[test]
    fn one_caller_cannot_ask_without_bound() {
        let approvals = Approvals::default();
        for n in 0..HELD_OF_CALLER_MAX {
            let content = [u8::try_from(n).unwrap() + 10; 32];
            asked(&approvals, &Wanted { content, ..wanted("c") });
        }
        assert_eq!(approvals.seek(&wanted("c"), 0), Sought::Full);
        let other = Wanted { caller: "k2".to_owned(), ..wanted("c") };
        assert!(matches!(approvals.seek(&other, 0), Sought::Pending { new: true, .. }));
    }
}

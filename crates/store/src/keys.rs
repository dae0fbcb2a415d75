//! Expiring keys for clients that can do nothing better: created, checked in memory, revoked at once.
//!
//! Only a keyed hash of a secret is stored. A check looks up by public id, compares in constant time, does the same
//! work for ids that do not exist, and never touches the database.

mod table;
mod text;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use hmac::{Hmac, KeyInit, Mac};
use ledger::Act;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use self::table::Table;
pub use self::text::KeyText;
pub(crate) use self::text::is_environment;
use crate::{
    Ledger, Unwritten, fresh,
    options::{KEY_FIELD_BYTES_MAX, KEY_TTL_SECONDS, KEY_TTL_SECONDS_MAX, KEYS_MAX},
};

/// The keys of an open store.
pub struct Keys {
    environment: String,
    pepper: Zeroizing<[u8; 32]>,
    ledger: Arc<Ledger>,
    known: RwLock<HashMap<String, Entry>>,
    /// Also held while a key is created or revoked, so that one change is whole before the next begins.
    table: Mutex<Table>,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What it is called.
    pub name: String,
    /// The level below which nothing its caller sends is taken to be.
    pub floor: String,
    /// How long it lasts, in seconds; 30 days if `None`, at most 365 days.
    pub ttl_seconds: Option<u64>,
    /// The tenant its caller belongs to.
    pub tenant: String,
    /// The use case its caller is bound to.
    pub use_case: Option<String>,
    /// Whether it opens the admin plane.
    pub admin: bool,
    /// Who made it.
    pub created_by: String,
}

/// A key that was made. The only time that its text is known.
#[derive(Debug)]
pub struct Created {
    /// Its public id.
    pub id: String,
    /// The key itself.
    pub key: KeyText,
    /// When it expires, in milliseconds since 1970.
    pub expires_at_ms: u64,
}

/// What is known of a key.
#[derive(Clone, Debug)]
pub struct KeyFacts {
    /// Its public id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The level below which nothing its caller sends is taken to be.
    pub floor: String,
    /// The tenant its caller belongs to.
    pub tenant: String,
    /// The use case its caller is bound to.
    pub use_case: Option<String>,
    /// Whether it opens the admin plane.
    pub admin: bool,
    /// Who made it.
    pub created_by: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at_ms: u64,
    /// When it expires, in milliseconds since 1970.
    pub expires_at_ms: u64,
    live: Arc<AtomicBool>,
}

/// A key in a list.
#[derive(Clone, Debug)]
pub struct KeyListing {
    /// What is known of it.
    pub facts: Arc<KeyFacts>,
    /// When and by whom it was revoked.
    pub revocation: Option<Revocation>,
}

/// The end of a key before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// By whom.
    pub by: String,
}

/// Why a key opens nothing. Callers are told no more than that it does not; the reason is for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It is not a key of this installation by its form.
    #[error("the key is malformed")]
    Malformed,
    /// No such key, or another secret.
    #[error("the key is unknown")]
    Unknown,
    /// Its time is over.
    #[error("the key has expired")]
    Expired,
    /// It was revoked.
    #[error("the key was revoked")]
    Revoked,
}

/// Why a key was not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A field will not do.
    #[error("the key's {field} {reason}")]
    Field {
        /// Which field.
        field: &'static str,
        /// Why.
        reason: String,
    },
    /// Too many keys.
    #[error("there are {KEYS_MAX} keys already; the register holds no more")]
    TooMany,
    /// The ledger would not record it.
    #[error("it could not be recorded: {0}")]
    Unrecorded(#[from] Unwritten),
    /// The database failed.
    #[error("the key database failed: {0}")]
    Database(#[from] rusqlite::Error),
}

pub(crate) struct Entry {
    pub(crate) facts: Arc<KeyFacts>,
    pub(crate) mac: [u8; 32],
    pub(crate) revocation: Option<Revocation>,
}

impl KeyFacts {
    /// The id, name and tenant of the program itself. No key that is made can have it: ids of keys are random.
    pub const PROGRAM: &str = "portcullis";

    /// What stands in the place of a key where the program calls by itself. No text opens anything as it.
    #[must_use]
    pub fn program() -> Self {
        let name = Self::PROGRAM.to_owned();
        Self {
            id: name.clone(),
            name: name.clone(),
            floor: "public".to_owned(),
            tenant: name.clone(),
            use_case: None,
            admin: false,
            created_by: name,
            created_at_ms: 0,
            expires_at_ms: u64::MAX,
            live: Arc::new(AtomicBool::new(true)),
        }
    }

    /// False from the moment of revocation on, and after expiry. Costs next to nothing: ask at send and between chunks.
    #[must_use]
    pub fn is_live(&self, now_ms: u64) -> bool {
        now_ms < self.expires_at_ms && self.live.load(Ordering::Acquire)
    }
}

impl Denied {
    /// A word for counting.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl Keys {
    pub(crate) fn open(
        path: &Path,
        pepper: Zeroizing<[u8; 32]>,
        environment: String,
        ledger: Arc<Ledger>,
    ) -> Result<Self, KeysError> {
        let table = Table::open(path)?;
        let known = table.load()?.into_iter().map(|entry| (entry.facts.id.clone(), entry)).collect();
        Ok(Self { environment, pepper, ledger, known: RwLock::new(known), table: Mutex::new(table) })
    }

    /// Makes a key: recorded first, then stored, then valid. Blocks.
    ///
    /// # Errors
    /// See [`KeysError`]. If storing fails, the record of a key that never was stays, and does no harm.
    pub fn create(&self, new: NewKey, now_ms: u64) -> Result<Created, KeysError> {
        let ttl_seconds = check_fields(&new)?;
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if self.known.read().unwrap_or_else(PoisonError::into_inner).len() >= KEYS_MAX {
            return Err(KeysError::TooMany);
        }
        let key = KeyText::fresh(&self.environment);
        let parts = text::parse(key.expose(), &self.environment)
            .ok_or(KeysError::Field { field: "text", reason: "did not come out well-formed".to_owned() })?;
        let facts = KeyFacts {
            id: parts.id.to_owned(),
            name: new.name,
            floor: new.floor,
            tenant: new.tenant,
            use_case: new.use_case,
            admin: new.admin,
            created_by: new.created_by,
            created_at_ms: now_ms,
            expires_at_ms: now_ms.saturating_add(ttl_seconds.saturating_mul(1_000)),
            live: Arc::new(AtomicBool::new(true)),
        };
        let mac = self.mac(parts.id, parts.secret);
        self.ledger.append_blocking(ledger::Entry::Act(created(&facts)))?;
        let (id, expires_at_ms) = (facts.id.clone(), facts.expires_at_ms);
        let entry = Entry { facts: Arc::new(facts), mac, revocation: None };
        table.insert(&entry)?;
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), entry);
        Ok(Created { id, key, expires_at_ms })
    }

    /// Checks a key, in memory alone.
    ///
    /// # Errors
    /// See [`Denied`]; only the owner of the secret learns whether a key expired or was revoked.
    pub fn verify(&self, key: &str, now_ms: u64) -> Result<Arc<KeyFacts>, Denied> {
        let parts = text::parse(key, &self.environment).ok_or(Denied::Malformed)?;
        let (facts, stored) = match self.known.read().unwrap_or_else(PoisonError::into_inner).get(parts.id) {
            Some(entry) => (Some(Arc::clone(&entry.facts)), entry.mac),
            None => (None, [0; 32]),
        };
        let same = self.mac(parts.id, parts.secret).ct_eq(&stored);
        match facts {
            Some(facts) if bool::from(same) => {
                if !facts.live.load(Ordering::Acquire) {
                    Err(Denied::Revoked)
                } else if now_ms >= facts.expires_at_ms {
                    Err(Denied::Expired)
                } else {
                    Ok(facts)
                }
            }
            _ => Err(Denied::Unknown),
        }
    }

    /// All keys, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<KeyListing> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut keys: Vec<KeyListing> = known
            .values()
            .map(|entry| KeyListing { facts: Arc::clone(&entry.facts), revocation: entry.revocation.clone() })
            .collect();
        keys.sort_by(|a, b| (a.facts.created_at_ms, &a.facts.id).cmp(&(b.facts.created_at_ms, &b.facts.id)));
        keys
    }

    /// Revokes a key: at once in this process, then in the record, then on the disk. Blocks. `false` if there is no
    /// such key; revoking a second time changes nothing.
    ///
    /// # Errors
    /// If recording or storing fails. The key is dead in this process all the same; revoke again to store it.
    pub fn revoke(&self, id: &str, by: &str, now_ms: u64) -> Result<bool, KeysError> {
        check_text("revoker", by)?;
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let Some(entry) = known.get(id) else { return Ok(false) };
            entry.facts.live.store(false, Ordering::Release);
        }
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let already = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known.get(id).is_some_and(|entry| entry.revocation.is_some())
        };
        if already {
            return Ok(true);
        }
        let revocation = Revocation { at_ms: now_ms, by: by.to_owned() };
        let recorded = self.ledger.append_blocking(ledger::Entry::Act(Act {
            id: fresh::RecordId::new(),
            action: "key.revoked".to_owned(),
            actor: by.to_owned(),
            subject: Some(id.to_owned()),
            detail: BTreeMap::new(),
        }));
        // Stored even if it could not be recorded: a key that comes back to life at the next start would be worse.
        table.revoke(id, &revocation)?;
        recorded?;
        if let Some(entry) = self.known.write().unwrap_or_else(PoisonError::into_inner).get_mut(id) {
            entry.revocation = Some(revocation);
        }
        Ok(true)
    }

    /// Whether the key of this id may still be used. [`KeyFacts::is_live`] is cheaper where the facts are at hand.
    #[must_use]
    pub fn is_live(&self, id: &str, now_ms: u64) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(id).is_some_and(|entry| entry.facts.is_live(now_ms))
    }

    /// True if no key was ever made: the first start.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The keyed hash that is stored. The id goes in, so that rows cannot be exchanged.
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length; the error type exists for other MACs")]
    fn mac(&self, id: &str, secret: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.pepper).expect("HMAC takes any key");
        mac.update(id.as_bytes());
        mac.update(b"_");
        mac.update(secret.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.known.read().unwrap_or_else(PoisonError::into_inner).len())
    }
}

fn created(facts: &KeyFacts) -> Act {
    let mut detail = BTreeMap::from([
        ("name".to_owned(), facts.name.clone()),
        ("floor".to_owned(), facts.floor.clone()),
        ("tenant".to_owned(), facts.tenant.clone()),
        ("admin".to_owned(), facts.admin.to_string()),
        ("expires_ms".to_owned(), facts.expires_at_ms.to_string()),
    ]);
    if let Some(use_case) = &facts.use_case {
        detail.insert("use_case".to_owned(), use_case.clone());
    }
    Act {
        id: fresh::RecordId::new(),
        action: "key.created".to_owned(),
        actor: facts.created_by.clone(),
        subject: Some(facts.id.clone()),
        detail,
    }
}

/// Checks the fields of a new key, and gives how long it lasts.
fn check_fields(new: &NewKey) -> Result<u64, KeysError> {
    check_text("name", &new.name)?;
    check_text("floor", &new.floor)?;
    check_text("tenant", &new.tenant)?;
    check_text("creator", &new.created_by)?;
    if let Some(use_case) = &new.use_case {
        check_text("use case", use_case)?;
    }
    let ttl_seconds = new.ttl_seconds.unwrap_or(KEY_TTL_SECONDS);
    if !(1..=KEY_TTL_SECONDS_MAX).contains(&ttl_seconds) {
        let reason = format!("must last from 1 to {KEY_TTL_SECONDS_MAX} seconds (365 days)");
        return Err(KeysError::Field { field: "time to live", reason });
    }
    Ok(ttl_seconds)
}

fn check_text(field: &'static str, text: &str) -> Result<(), KeysError> {
    if text.is_empty() || text.len() > KEY_FIELD_BYTES_MAX || text.chars().any(char::is_control) {
        let reason = format!("must have 1 to {KEY_FIELD_BYTES_MAX} bytes and no control characters");
        return Err(KeysError::Field { field, reason });
    }
    Ok(())
}

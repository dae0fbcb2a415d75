//! The keys' table: SQLite, read once at start and written at creation and revocation. Never touched by a call.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path, sync::Arc};

use rusqlite::{Connection, OpenFlags, params};

use super::{Entry, KeyFacts, Revocation};

/// Version of the tables. Later versions migrate from it, one step at a time.
const VERSION: i64 = 1;

const CREATE: &str = "
    CREATE TABLE keys (
        id TEXT PRIMARY KEY,
        mac BLOB NOT NULL CHECK (length(mac) = 32),
        name TEXT NOT NULL,
        floor TEXT NOT NULL,
        tenant TEXT NOT NULL,
        use_case TEXT,
        admin INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        revoked_ms INTEGER,
        revoked_by TEXT
    ) STRICT;
    PRAGMA user_version = 1;";

pub(crate) struct Table(Connection);

impl Table {
    pub(crate) fn open(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        // Made first, so that nobody else may read it; the files that SQLite puts beside it get the same mode.
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(|error| unopened(&error))?;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "trusted_schema", false)?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match version {
            0 => {
                let transaction = connection.transaction()?;
                transaction.execute_batch(CREATE)?;
                transaction.commit()?;
            }
            VERSION => {}
            // A later program's table is not ours to guess at.
            _ => return Err(rusqlite::Error::InvalidQuery),
        }
        Ok(Self(connection))
    }

    pub(crate) fn load(&self) -> rusqlite::Result<Vec<Entry>> {
        let mut statement = self.0.prepare(
            "SELECT id, mac, name, floor, tenant, use_case, admin, created_by, created_ms, expires_ms, revoked_ms,
                    revoked_by FROM keys",
        )?;
        let rows = statement.query_map([], |row| {
            let revoked_ms: Option<u64> = row.get(10)?;
            let revoked_by: Option<String> = row.get(11)?;
            let facts = KeyFacts {
                id: row.get(0)?,
                name: row.get(2)?,
                floor: row.get(3)?,
                tenant: row.get(4)?,
                use_case: row.get(5)?,
                admin: row.get(6)?,
                created_by: row.get(7)?,
                created_at_ms: row.get(8)?,
                expires_at_ms: row.get(9)?,
                live: Arc::new(revoked_ms.is_none().into()),
            };
            let revocation = revoked_ms.map(|at_ms| Revocation { at_ms, by: revoked_by.unwrap_or_default() });
            Ok(Entry { facts: Arc::new(facts), mac: row.get(1)?, revocation })
        })?;
        rows.collect()
    }

    pub(crate) fn insert(&self, entry: &Entry) -> rusqlite::Result<()> {
        let facts = &entry.facts;
        self.0.execute(
            "INSERT INTO keys (id, mac, name, floor, tenant, use_case, admin, created_by, created_ms, expires_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                facts.id,
                entry.mac,
                facts.name,
                facts.floor,
                facts.tenant,
                facts.use_case,
                facts.admin,
                facts.created_by,
                facts.created_at_ms,
                facts.expires_at_ms
            ],
        )?;
        Ok(())
    }

    pub(crate) fn revoke(&self, id: &str, revocation: &Revocation) -> rusqlite::Result<()> {
        self.0.execute(
            "UPDATE keys SET revoked_ms = ?2, revoked_by = ?3 WHERE id = ?1 AND revoked_ms IS NULL",
            params![id, revocation.at_ms, revocation.by],
        )?;
        Ok(())
    }
}

fn unopened(error: &io::Error) -> rusqlite::Error {
    let failure = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
    rusqlite::Error::SqliteFailure(failure, Some(error.to_string()))
}

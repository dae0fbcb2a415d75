//! What a store may be told, and every limit it keeps.

/// How a store is opened. The defaults are what production runs with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether writes are forced to the disk before they are acknowledged. False only for tests and for measuring on
    /// memory-backed file systems: without it, a power cut loses acknowledged records.
    pub sync: bool,
    /// A new segment file is begun when the next records would make one longer than this, in bytes.
    pub segment_bytes_max: u64,
    /// Records that may wait to be written; more are refused with [`crate::Unwritten::Overloaded`]. Outcomes are not
    /// refused: there is at most one for each intent, and [`OPEN_INTENTS_MAX`] bounds those.
    pub queue_max: usize,
    /// Longest time that written records stay without a signed checkpoint, in milliseconds.
    pub checkpoint_ms: u64,
    /// The word after `pck_` in keys: which installation they belong to. 1 to 8 lower-case letters and digits.
    pub environment: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sync: true,
            segment_bytes_max: SEGMENT_BYTES_MAX,
            queue_max: QUEUE_MAX,
            checkpoint_ms: CHECKPOINT_MS,
            environment: "live".to_owned(),
        }
    }
}

/// Default of [`Options::segment_bytes_max`].
pub const SEGMENT_BYTES_MAX: u64 = 256 << 20;
/// Default of [`Options::queue_max`].
pub const QUEUE_MAX: usize = 16_384;
/// Default of [`Options::checkpoint_ms`].
pub const CHECKPOINT_MS: u64 = 5_000;
/// Written records after which a checkpoint is signed, however little time has passed.
pub const CHECKPOINT_RECORDS: u64 = 50_000;
/// Encoded bytes that may wait to be written.
pub const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Records in one batch.
pub const BATCH_RECORDS_MAX: usize = 4_096;
/// Bytes in one batch, but for its last record.
pub const BATCH_BYTES_MAX: usize = 4 << 20;
/// Intents that may be without outcome at one time. Each has space for its outcome reserved on the disk.
pub const OPEN_INTENTS_MAX: usize = 8_192;
/// Space is taken from the file system in steps of this many bytes.
pub const EXTENT_BYTES: u64 = 4 << 20;
/// Aggregates of strangers' doings are at least this far apart, in milliseconds.
pub const STRANGERS_MS: u64 = 1_000;
/// Different reasons counted in one aggregate; further ones are counted together.
pub const STRANGER_REASONS_MAX: usize = 16;
/// Checkpoints looked at when a store is opened. `verify_dir` looks at all.
pub const CHECKPOINTS_AT_OPEN: usize = 64;
/// Keys that may exist, revoked and expired ones included.
pub const KEYS_MAX: usize = 100_000;
/// How long a key lasts if nobody says, in seconds: 30 days.
pub const KEY_TTL_SECONDS: u64 = 30 * 24 * 3_600;
/// How long a key may last, in seconds: 365 days.
pub const KEY_TTL_SECONDS_MAX: u64 = 365 * 24 * 3_600;
/// Longest name, tenant, use case or creator of a key, in bytes.
pub const KEY_FIELD_BYTES_MAX: usize = 128;
/// Longest text that is looked at as a key, in bytes.
pub const KEY_TEXT_BYTES_MAX: usize = 96;

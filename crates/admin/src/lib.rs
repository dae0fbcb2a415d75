//! The control plane: an authenticated API over the store and the ledger.
//!
//! It does not know the data plane; what it must ask of the running program goes through [`Program`].

mod api;
mod office;
mod operation;

pub use api::{Peer, Row, TABLE, openapi, serve};
pub use office::{Actor, Answer, Declined, Office, Program, rfc3339};
pub use operation::{AnswerApproval, CreateKey, Operation, SearchLedger, TENANT_DEFAULT};

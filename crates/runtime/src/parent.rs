//! The parent's side: an [`Engine`] that calls go to, and the keeper that keeps its child alive.

mod engine;
mod keeper;
mod link;
mod reply;
mod spawn;

pub use engine::{Engine, Probe};
pub use reply::Reply;

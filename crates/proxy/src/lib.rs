//! The data plane: the pipeline, its attempts and its answers.
//!
//! Start at [`pipeline::answer`]: every call runs through it, and each of its lines is a file in [`steps`].

pub mod admission;
pub mod approvals;
mod attached;
pub mod body;
mod budget;
pub mod connect;
pub mod destination;
pub mod explain;
pub mod gate;
pub mod head;
pub mod health;
pub mod limits;
mod memo;
pub mod metrics;
pub mod pipeline;
pub mod probes;
mod screening;
pub mod sealed;
pub mod server;
pub mod steps;
pub mod stopped;
mod surface;
#[cfg(test)]
mod testing;

pub use surface::{looked_at, readiness};

/// What a caller would read of `why`.
pub fn error_body(why: &stopped::Stopped) -> wire::front::ErrorBody {
    steps::respond::error_body(why, None)
}

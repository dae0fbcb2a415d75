//! Tests that go through the public functions alone.

mod compile;
mod decide;
mod facts;
mod slices;

//! Tests that go through the public functions alone.

mod by_cedar;
mod compile;
mod decide;
mod facts;
mod observe;
mod slices;
mod tools;

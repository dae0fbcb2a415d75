//! PLACEHOLDER
use crate::answer::Answer;
use crate::call::Call;
use crate::fields::Rejected;
use crate::front::{Echo, Unwritable};
use crate::json::Value;
pub fn read(_value: Value) -> Result<Call, Rejected> { Err(crate::fields::wrong("", "something else")) }
pub fn write(_echo: &Echo, _answer: &Answer) -> Result<Vec<u8>, Unwritable> { Err(Unwritable("everything".to_owned())) }

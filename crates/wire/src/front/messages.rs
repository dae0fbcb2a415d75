//! PLACEHOLDER
use crate::answer::{Answer, Event};
use crate::call::Call;
use crate::fields::Rejected;
use crate::front::{Echo, ErrorBody, Headers, Unwritable};
use crate::json::Value;
pub fn read(_value: Value, _headers: &Headers<'_>) -> Result<Call, Rejected> { Err(crate::fields::wrong("", "something else")) }
pub fn write(_echo: &Echo, _answer: &Answer) -> Result<Vec<u8>, Unwritable> { Err(Unwritable("everything".to_owned())) }
pub fn read_count(_value: Value, _headers: &Headers<'_>) -> Result<Call, Rejected> { Err(crate::fields::wrong("", "something else")) }
pub fn write_count(_answer: &Answer) -> Result<Vec<u8>, Unwritable> { Err(Unwritable("everything".to_owned())) }
pub fn error(_error: &ErrorBody) -> Vec<u8> { Vec::new() }
#[derive(Debug)]
pub struct Encoder;
impl Encoder {
    pub fn new(_echo: &Echo) -> Self { Self }
    pub fn event(&mut self, _event: &Event, _out: &mut Vec<u8>) -> Result<(), Unwritable> { Err(Unwritable("everything".to_owned())) }
    pub fn error(&mut self, _error: &ErrorBody, _out: &mut Vec<u8>) {}
}

//! PLACEHOLDER
use crate::answer::Event;
use crate::call::Call;
use crate::dialect::{Garbled, Request, Target, Unsayable, Whole};
pub fn write(_call: &Call, _target: &Target) -> Result<Request, Unsayable> { Err(Unsayable { what: "everything".to_owned() }) }
pub fn read_answer(_call: &Call, _body: &[u8]) -> Result<Whole, Garbled> { Err(Garbled("not done".to_owned())) }
#[derive(Debug)]
pub struct Decoder;
impl Decoder {
    pub fn new(_call: &Call) -> Self { Self }
    pub fn push(&mut self, _bytes: &[u8], _events: &mut Vec<Event>) -> Result<(), Garbled> { Err(Garbled("not done".to_owned())) }
    pub fn finish(&mut self, _events: &mut Vec<Event>) -> Result<(), Garbled> { Err(Garbled("not done".to_owned())) }
}

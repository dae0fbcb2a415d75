//! A random case: who calls with what, what upstreams, ledger and clients do, and when the configuration is swapped.

use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{BADGE, BADGE_TEXT, IMAGE, SLIP, SLIP_TEXT, TOOLS, VAULT, VAULT_TEXT};

/// One case.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// The configuration in force when it begins.
    pub(super) world: usize,
    /// When another one comes into force.
    pub(super) reloads: Vec<(When, usize)>,
    /// The calls, at the same time.
    pub(super) calls: Vec<Call>,
    /// What upstreams do, in the order in which they are asked; the last one again and again.
    pub(super) behaviours: Vec<Behaviour>,
    /// What becomes of intents, in their order; the last one again and again.
    pub(super) fates: Vec<Fate>,
    /// Failures that each destination begins with.
    pub(super) failures: Vec<u32>,
}

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// The intent of that number is handed to the ledger.
    Intent(usize),
    /// The request of that number has reached an upstream, which has not answered yet.
    Request(usize),
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) caller: usize,
    pub(super) alias: String,
    /// What is in it: bits of [`super::world`].
    pub(super) kinds: u8,
    pub(super) stream: bool,
    pub(super) anthropic: bool,
    pub(super) client: Client,
    /// How much the caller's connection holds.
    pub(super) pipe_bytes: usize,
}

/// How a client behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    Patient,
    /// Sends its body in pieces, with pauses.
    Dribbles,
    /// Sends half of its body and goes.
    LeavesHalfway,
    /// Goes some milliseconds after its request.
    LeavesAfter(u64),
    /// Goes as soon as something of the answer is there.
    LeavesAtFirstByte,
    /// Reads a few bytes at a time.
    Sips,
}

/// What an upstream does with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    Answers,
    AnswersLate,
    /// With an error status; of 302 with the address of another destination.
    Says(u16),
    /// Takes no connection.
    Refuses,
    /// Closes the connection without a word.
    HangsUp,
    /// Breaks off in the middle of its answer.
    BreaksOff,
    /// Answers with something that is not its format.
    Babbles,
    /// An error in the body of a 200.
    FailsInside,
    /// Never answers.
    Sleeps,
    /// Answers with a word of the vault, which screening takes out or refuses.
    Blurts,
}

/// What becomes of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Durable,
    /// Durable after some milliseconds.
    Later(u64),
    /// The ledger refuses it.
    Refused,
}

/// Configurations that cases choose from.
pub(super) const WORLDS: usize = 160;

/// Any case.
pub(super) fn any() -> impl Strategy<Value = Case> {
    let reload = (when(), 0..WORLDS);
    (
        0..WORLDS,
        vec(reload, 0..3),
        vec(call(), 1..3),
        vec(behaviour(), 1..5),
        vec(fate(), 1..4),
        vec(prop_oneof![5 => Just(0_u32), 1 => Just(5_u32)], 6),
    )
        .prop_map(|(world, reloads, calls, behaviours, fates, failures)| Case {
            world,
            reloads,
            calls,
            behaviours,
            fates,
            failures,
        })
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![(0..3_usize).prop_map(When::Intent), (0..3_usize).prop_map(When::Request)]
}

fn call() -> impl Strategy<Value = Call> {
    let kinds =
        prop_oneof![3 => Just(0_u8), 2 => Just(BADGE), 2 => Just(TOOLS), 2 => Just(BADGE | TOOLS), 3 => 0..32_u8];
    let alias = prop_oneof![4 => Just("model-0"), 2 => Just("model-1"), 1 => Just("model-2"), 1 => Just("any-name")];
    let client = prop_oneof![
        10 => Just(Client::Patient),
        1 => Just(Client::Dribbles),
        1 => Just(Client::LeavesHalfway),
        2 => (0..4000_u64).prop_map(Client::LeavesAfter),
        1 => Just(Client::LeavesAtFirstByte),
        1 => Just(Client::Sips),
    ];
    (0..4_usize, alias, kinds, any_bool(), any_bool(), client, prop_oneof![Just(48_usize), Just(65_536)]).prop_map(
        |(caller, alias, kinds, stream, anthropic, client, pipe_bytes)| Call {
            caller,
            alias: alias.to_owned(),
            kinds,
            stream,
            anthropic,
            client,
            pipe_bytes,
        },
    )
}

fn any_bool() -> impl Strategy<Value = bool> {
    proptest::bool::ANY
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    let statuses = prop_oneof![Just(500_u16), Just(503), Just(429), Just(401), Just(302), Just(400), Just(529),];
    prop_oneof![
        6 => Just(Behaviour::Answers),
        1 => Just(Behaviour::AnswersLate),
        5 => statuses.prop_map(Behaviour::Says),
        2 => Just(Behaviour::Refuses),
        2 => Just(Behaviour::HangsUp),
        1 => Just(Behaviour::BreaksOff),
        1 => Just(Behaviour::Babbles),
        1 => Just(Behaviour::FailsInside),
        1 => Just(Behaviour::Sleeps),
        1 => Just(Behaviour::Blurts),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![8 => Just(Fate::Durable), 3 => (1..3000_u64).prop_map(Fate::Later), 1 => Just(Fate::Refused)]
}

impl Call {
    /// Its request, as bytes on the wire.
    pub(super) fn request(&self, number: usize, key: &str) -> (String, String) {
        let body = self.body(number);
        let (path, version) = if self.anthropic {
            ("/v1/messages", "anthropic-version: 2023-06-01\r\n")
        } else {
            ("/v1/chat/completions", "")
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: door\r\nauthorization: Bearer {key}\r\n{version}connection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        (head, body)
    }

    fn body(&self, number: usize) -> String {
        let mut words = vec![marker(number)];
        for (kind, text) in [(BADGE, BADGE_TEXT), (SLIP, SLIP_TEXT), (VAULT, VAULT_TEXT)] {
            if self.kinds & kind != 0 {
                words.push(text.to_owned());
            }
        }
        let text = format!("{{\"type\":\"text\",\"text\":\"Say something, {}.\"}}", words.join(", "));
        let (limit, image, tool) = if self.anthropic {
            (
                "max_tokens",
                format!(
                    "{{\"type\":\"image\",\"source\":{{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"{PNG}\"}}}}"
                ),
                "{\"name\":\"look\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}",
            )
        } else {
            (
                "max_completion_tokens",
                format!("{{\"type\":\"image_url\",\"image_url\":{{\"url\":\"data:image/png;base64,{PNG}\"}}}}"),
                "{\"type\":\"function\",\"function\":{\"name\":\"look\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}",
            )
        };
        let image = if self.kinds & IMAGE != 0 { format!(",{image}") } else { String::new() };
        let tools = if self.kinds & TOOLS != 0 { format!(",\"tools\":[{tool}]") } else { String::new() };
        format!(
            "{{\"model\":\"{}\",\"{limit}\":100,\"stream\":{},\"messages\":[{{\"role\":\"user\",\"content\":[{text}{image}]}}]{tools}}}",
            self.alias, self.stream
        )
    }
}

/// The word by which an upstream knows which call of a case it got.
pub(super) fn marker(number: usize) -> String {
    format!("call-{number}")
}

/// The first bytes of an image.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ";

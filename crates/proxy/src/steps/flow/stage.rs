//! The stage: what is true at each moment of a case, what reached whom, and everything that was wrong with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use store::memory::{Desk, Receiver};

use super::case::{Behaviour, Case, Fate, When, marker};
use super::world::{BADGE, BADGE_TEXT, CALLERS, World, credential, name};
use crate::gate::Gate;

/// What all parts of a case share.
#[derive(Default)]
pub(super) struct Stage {
    state: Mutex<State>,
    /// Whether receipts are given before records are durable: a leak on purpose.
    lies: bool,
    pub(super) gate: OnceLock<Arc<Gate>>,
    pub(super) worlds: OnceLock<Vec<World>>,
}

#[derive(Default)]
struct State {
    case: Option<Case>,
    /// Counts cases, so that what is left of one does not disturb the next.
    turn: u64,
    /// Configurations in force since the case began.
    in_force: Vec<usize>,
    intents: Vec<Seen>,
    /// Outcomes by the intent they end.
    outcomes: HashMap<String, u32>,
    asked: usize,
    requests: usize,
    wrong: Vec<String>,
    tally: Tally,
}

/// An intent, as it came to the ledger.
struct Seen {
    id: String,
    destination: String,
    config: String,
    call: String,
    salt: ledger::Salt,
    sent: ledger::Commitment,
    durable: bool,
    spent: bool,
}

/// What happened in all cases together.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) answered: u64,
    pub(super) refused: u64,
    pub(super) hung_up: u64,
    pub(super) requests: u64,
    pub(super) later_attempts: u64,
    pub(super) reloads: u64,
    pub(super) undurable: u64,
    pub(super) obliged: u64,
}

impl Stage {
    pub(super) fn new(lies: bool) -> Self {
        Self { lies, ..Self::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A case begins.
    pub(super) fn begin(&self, case: &Case) {
        let mut state = self.lock();
        let (turn, tally) = (state.turn + 1, state.tally.clone());
        *state = State { case: Some(case.clone()), in_force: vec![case.world], turn, tally, ..State::default() };
        self.put_in_force(case.world);
    }

    /// A case is over: everything that was wrong with it.
    pub(super) fn end(&self) -> Vec<String> {
        let mut state = self.lock();
        for intent in &state.intents {
            let outcomes = state.outcomes.get(&intent.id).copied().unwrap_or(0);
            if intent.durable && outcomes != 1 {
                let wrong = format!("an intent at {} has {outcomes} outcomes", intent.destination);
                state.wrong.push(wrong);
                break;
            }
        }
        std::mem::take(&mut state.wrong)
    }

    pub(super) fn tally(&self) -> Tally {
        self.lock().tally.clone()
    }

    /// A client got this status, or none because it went.
    pub(super) fn answered(&self, status: Option<u16>) {
        let tally = &mut self.lock().tally;
        match status {
            None => tally.hung_up += 1,
            Some(200) => tally.answered += 1,
            Some(_) => tally.refused += 1,
        }
    }

    /// What the upstream that is asked next does; `Refuses` takes effect before there is a connection.
    pub(super) fn refuses_connection(&self) -> bool {
        let mut state = self.lock();
        let refuses = state.behaviour() == Behaviour::Refuses;
        if refuses {
            state.asked += 1;
        }
        refuses
    }

    /// The first bytes of a request are at a destination.
    pub(super) fn bytes_came(&self, world: usize, index: usize) {
        let mut state = self.lock();
        let name = name(world, index);
        if !state.intents.iter().any(|intent| intent.durable && !intent.spent && intent.destination == name) {
            state.complain(format!("bytes reached {name} before a durable intent"));
        }
    }

    /// A whole request is at a destination: everything about it is looked at.
    pub(super) fn request_came(&self, world: usize, index: usize, head: &str, body: &[u8]) -> Behaviour {
        let mut state = self.lock();
        let number = state.requests;
        state.requests += 1;
        state.tally.requests += 1;
        self.judge(&mut state, world, index, head, body);
        self.reload(&mut state, When::Request(number));
        let behaviour = state.behaviour();
        state.asked += 1;
        // Too late for that: there is a connection.
        if behaviour == Behaviour::Refuses { Behaviour::HangsUp } else { behaviour }
    }

    fn judge(&self, state: &mut State, world: usize, index: usize, head: &str, body: &[u8]) {
        let name = name(world, index);
        if !head.contains(&format!("authorization: Bearer {}\r\n", credential(&name))) {
            state.complain(format!("{name} got another credential than its own"));
        }
        let found = state.intents.iter_mut().find(|intent| {
            !intent.spent && intent.destination == name && intent.salt.commit("sent", body) == intent.sent
        });
        let Some(intent) = found else {
            return state.complain(format!("{name} got bytes that no intent of its own commits to"));
        };
        intent.spent = true;
        if !intent.durable {
            return state.complain(format!("bytes reached {name} before a durable intent"));
        }
        let (config, call) = (intent.config.clone(), intent.call.clone());
        if config != world.to_string() {
            state.complain(format!("{name} got a call that was decided under configuration {config}"));
        }
        if !state.in_force.contains(&world) {
            state.complain(format!("configuration {config} was not in force"));
        }
        if state.intents.iter().any(|intent| intent.call == call && intent.config != config) {
            state.complain("one call was decided under two configurations".to_owned());
        }
        self.judge_content(state, world, index, &String::from_utf8_lossy(body));
    }

    fn judge_content(&self, state: &mut State, world: usize, index: usize, body: &str) {
        let name = name(world, index);
        let call = state.case.as_ref().and_then(|case| {
            case.calls.iter().enumerate().find(|(number, _)| body.contains(&marker(*number))).map(|(_, call)| call)
        });
        let (Some(call), Some(world)) = (call.cloned(), self.worlds.get().and_then(|worlds| worlds.get(world))) else {
            return state.complain(format!("{name} got something that nobody sent"));
        };
        let rule = &world.rules[index];
        if !rule.allows(CALLERS[call.caller], call.kinds) {
            state.complain(format!("{name} is not permitted for this call"));
        }
        state.tally.obliged += u64::from(rule.obliges());
        if rule.pseudonymise && call.kinds & BADGE != 0 && body.contains(BADGE_TEXT) {
            state.complain(format!("{name} may see pseudonyms only"));
        }
        if rule.drop_tools && body.contains("\"tools\"") {
            state.complain(format!("{name} may see no tools"));
        }
        let value: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let asked = ["max_tokens", "max_completion_tokens"].iter().find_map(|key| value.get(key)?.as_u64());
        if rule.tokens_max.is_some_and(|most| asked.is_none_or(|asked| asked > most)) {
            state.complain(format!("{name} may not be asked for so many tokens"));
        }
    }

    fn reload(&self, state: &mut State, now: When) {
        let due: Vec<usize> = match &state.case {
            Some(case) => case.reloads.iter().filter(|(when, _)| *when == now).map(|(_, world)| *world).collect(),
            None => Vec::new(),
        };
        for world in due {
            state.in_force.push(world);
            state.tally.reloads += 1;
            self.put_in_force(world);
        }
    }

    fn put_in_force(&self, world: usize) {
        if let (Some(gate), Some(worlds)) = (self.gate.get(), self.worlds.get()) {
            gate.snapshot.store(Arc::clone(&worlds[world].snapshot));
        }
    }

    fn now_durable(&self, turn: u64, id: &str) {
        let mut state = self.lock();
        if state.turn == turn
            && let Some(intent) = state.intents.iter_mut().find(|intent| intent.id == id)
        {
            intent.durable = true;
        }
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            answered: sum.answered + one.answered,
            refused: sum.refused + one.refused,
            hung_up: sum.hung_up + one.hung_up,
            requests: sum.requests + one.requests,
            later_attempts: sum.later_attempts + one.later_attempts,
            reloads: sum.reloads + one.reloads,
            undurable: sum.undurable + one.undurable,
            obliged: sum.obliged + one.obliged,
        })
    }
}

impl State {
    fn behaviour(&self) -> Behaviour {
        let Some(case) = &self.case else { return Behaviour::HangsUp };
        case.behaviours[self.asked.min(case.behaviours.len() - 1)]
    }

    fn complain(&mut self, wrong: String) {
        self.wrong.push(wrong);
    }
}

/// A desk at which intents take their time.
pub(super) struct Clerk(pub(super) Arc<Stage>);

impl Desk for Clerk {
    fn take(&self, entry: ledger::Entry, receiver: Receiver) {
        match entry {
            ledger::Entry::Intent(intent) => self.intent(intent, receiver),
            ledger::Entry::Outcome(outcome) => {
                *self.0.lock().outcomes.entry(outcome.intent).or_default() += 1;
                receiver.durable(0, outcome.id);
            }
            other => receiver.durable(0, other.id().to_owned()),
        }
    }
}

impl Clerk {
    fn intent(&self, intent: ledger::Intent, receiver: Receiver) {
        let stage = &self.0;
        let id = intent.id.clone();
        let (turn, fate) = {
            let mut state = stage.lock();
            let number = state.intents.len();
            state.tally.later_attempts += u64::from(intent.attempt > 1);
            state.intents.push(Seen {
                id: intent.id,
                destination: intent.destination.name,
                config: intent.config_hash,
                call: intent.call,
                salt: intent.salt.unwrap(),
                sent: intent.sent,
                durable: false,
                spent: false,
            });
            let fate = state.case.as_ref().map_or(Fate::Refused, |case| case.fates[number.min(case.fates.len() - 1)]);
            state.tally.undurable += u64::from(fate == Fate::Refused);
            stage.reload(&mut state, When::Intent(number));
            (state.turn, fate)
        };
        match fate {
            Fate::Durable => {
                stage.now_durable(turn, &id);
                receiver.durable(0, id);
            }
            Fate::Refused => receiver.refuse(store::Unwritten::Full),
            Fate::Later(ms) => {
                let stage = Arc::clone(stage);
                let waits = if stage.lies {
                    receiver.durable(0, id.clone());
                    None
                } else {
                    Some(receiver)
                };
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    stage.now_durable(turn, &id);
                    if let Some(receiver) = waits {
                        receiver.durable(0, id);
                    }
                });
            }
        }
    }
}

/// How long records that come later take at most.
pub(super) const SETTLED: Duration = Duration::from_secs(60);

//! Screening of answers: one screen for each streamed text, so that whole and streamed answers are held to the same rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use inspect::pseudonym::{Pseudonyms, Restorer};
use inspect::{Inspector, Screen, ScreenRules, Verdict};
use wire::answer::Channel;

/// The screens of one answer.
pub(crate) struct Screening {
    inspector: Arc<Inspector>,
    rules: ScreenRules,
    pseudonyms: Option<Arc<Pseudonyms>>,
    lanes: Vec<Lane>,
    counts: BTreeMap<String, u64>,
}

/// One text of the answer: a channel of a block of a choice.
struct Lane {
    place: Place,
    screen: Screen,
    restorer: Option<Restorer>,
    pushed: usize,
    cleared: usize,
    altered: bool,
}

/// Which text of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) choice: u32,
    pub(crate) block: u32,
    pub(crate) channel: Channel,
}

/// The answer holds something that must not be released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CutShort {
    pub(crate) class: String,
}

impl Screening {
    /// Screens under the strict or the normal rules.
    pub(crate) fn new(inspector: Arc<Inspector>, strict: bool, pseudonyms: Option<Arc<Pseudonyms>>) -> Self {
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let rules = if strict {
            ScreenRules { cut: named(&SCREENED), mask: named(&[]) }
        } else {
            ScreenRules { cut: named(&[]), mask: named(&SCREENED) }
        };
        Self { inspector, rules, pseudonyms, lanes: Vec::new(), counts: BTreeMap::new() }
    }

    /// Screens the next piece of one text and gives what may be released now.
    pub(crate) fn push(&mut self, place: Place, text: &str) -> Result<String, CutShort> {
        let lane = self.lane(place);
        let mut screened = String::with_capacity(text.len());
        let verdict = lane.screen.push(text, &mut screened);
        lane.pushed += text.len();
        lane.release(verdict, screened, false)
    }

    /// The text is over: what was held is released, or the verdict falls.
    pub(crate) fn finish(&mut self, place: Place) -> Result<String, CutShort> {
        let Some(at) = self.lanes.iter().position(|lane| lane.place == place) else { return Ok(String::new()) };
        let mut lane = self.lanes.swap_remove(at);
        let mut screened = String::new();
        let verdict = lane.screen.finish(&mut screened);
        for (class, count) in lane.screen.counts() {
            *self.counts.entry(class.as_str().to_owned()).or_default() += u64::from(*count);
        }
        lane.release(verdict, screened, true)
    }

    /// Screens one whole text that is not streamed.
    pub(crate) fn whole(&mut self, place: Place, text: &str) -> Result<String, CutShort> {
        let mut released = self.push(place, text)?;
        released.push_str(&self.finish(place)?);
        Ok(released)
    }

    /// The texts of a block that are still open.
    pub(crate) fn open_of_block(&self, choice: u32, block: u32) -> Vec<Place> {
        self.lanes
            .iter()
            .map(|lane| lane.place)
            .filter(|place| place.choice == choice && place.block == block)
            .collect()
    }

    /// All texts that are still open.
    pub(crate) fn open(&self) -> Vec<Place> {
        self.lanes.iter().map(|lane| lane.place).collect()
    }

    /// Whether everything pushed to this text so far was released as it came, so that token details may go along.
    pub(crate) fn is_verbatim(&self, place: Place) -> bool {
        self.lanes
            .iter()
            .find(|lane| lane.place == place)
            .is_none_or(|lane| !lane.altered && lane.pushed == lane.cleared)
    }

    /// Whether any string in `value` holds what is screened.
    pub(crate) fn is_clean(&self, value: &wire::json::Value) -> bool {
        let mut clean = true;
        value.strings(&mut |text| {
            let found = self.inspector.inspect(&[inspect::Piece::text(inspect::Channel::Answer, text)]);
            clean &= !found.findings.iter().any(|finding| is_screened(finding.class.as_str()));
        });
        clean
    }

    /// Classes found so far, of texts that are over.
    pub(crate) fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    fn lane(&mut self, place: Place) -> &mut Lane {
        let at = match self.lanes.iter().position(|lane| lane.place == place) {
            Some(at) => at,
            None => {
                let restorer = match (&self.pseudonyms, place.channel) {
                    // A tool may send its arguments anywhere, so they keep their pseudonyms.
                    (None, _) | (_, Channel::Arguments) => None,
                    (Some(pseudonyms), Channel::Text | Channel::Refusal | Channel::Reasoning | Channel::Summary) => {
                        Some(pseudonyms.restorer())
                    }
                };
                let screen = self.inspector.screen(self.rules.clone());
                self.lanes.push(Lane { place, screen, restorer, pushed: 0, cleared: 0, altered: false });
                self.lanes.len() - 1
            }
        };
        #[expect(clippy::indexing_slicing, reason = "found or pushed just above")]
        &mut self.lanes[at]
    }
}

impl Lane {
    /// Screened text is restored after screening, never before: a restored value is the caller's own.
    fn release(&mut self, verdict: Verdict, screened: String, over: bool) -> Result<String, CutShort> {
        if let Verdict::Cut { class } = verdict {
            return Err(CutShort { class: class.as_str().to_owned() });
        }
        self.cleared += screened.len();
        self.altered |= self.cleared > self.pushed || self.restorer.is_some() || !self.screen.findings().is_empty();
        let Some(restorer) = &mut self.restorer else { return Ok(screened) };
        let mut restored = String::with_capacity(screened.len());
        restorer.push(&screened, &mut restored);
        if over {
            restorer.finish(&mut restored);
        }
        Ok(restored)
    }
}

fn is_screened(class: &str) -> bool {
    SCREENED
        .iter()
        .any(|prefix| class.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// What no answer may carry: secrets, links that carry data away or lead where answers may not lead, and planted words. Masked; under `@screen("strict")` the answer is cut.
const SCREENED: [&str; 4] = ["secret", "attack.exfil_link", "attack.link_host", "attack.canary"];

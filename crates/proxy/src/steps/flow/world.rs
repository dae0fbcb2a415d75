//! Random configurations whose meaning the test knows by heart: what each destination may see, and under which obligations.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use ::inspect::{Inspector, Level, Settings};
use judge::choose::Strategy;
use store::budgets::{Budget, Of, Per};
use wire::dialect::{Dialect, Target};
use zeroize::Zeroizing;

use super::stage::Stage;
use super::upstream::Pipe;
use crate::destination::{Credential, Destination, Health, HttpWay, Price, Timeouts, Way};
use crate::gate::{Alias, Snapshot};
use crate::limits::Limits;

/// One configuration.
pub(super) struct World {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) rules: Vec<Rule>,
}

/// What the policies of a world say of one of its destinations.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Some policy permits it.
    permitted: bool,
    /// A policy that speaks of it cannot be evaluated, so that it is closed.
    errors: bool,
    /// Kinds of content that a policy forbids.
    forbids: u8,
    /// The highest level it may see.
    level_max: usize,
    /// A tenant that it is closed to.
    closed_to: Option<usize>,
    /// It waits for somebody's approval, which nobody gives.
    approval: bool,
    pub(super) pseudonymise: bool,
    pub(super) drop_tools: bool,
    pub(super) tokens_max: Option<u64>,
    strict: bool,
}

/// A caller, as the test knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who {
    pub(super) tenant: usize,
    pub(super) floor: usize,
}

/// Everybody who calls.
pub(super) const CALLERS: [Who; 4] = [
    Who { tenant: 0, floor: 0 },
    Who { tenant: 0, floor: 2 },
    Who { tenant: 1, floor: 1 },
    Who { tenant: 1, floor: 3 },
];

/// A badge number: personal, `confidential`, and can be replaced by a pseudonym.
pub(super) const BADGE: u8 = 1;
/// A payment slip: `restricted`.
pub(super) const SLIP: u8 = 2;
/// A word of the vault: a secret, `restricted`.
pub(super) const VAULT: u8 = 4;
/// An image, which nobody can inspect: `restricted`.
pub(super) const IMAGE: u8 = 8;
/// The call offers a tool.
pub(super) const TOOLS: u8 = 16;

pub(super) const BADGE_TEXT: &str = "badge-qx-4711";
pub(super) const SLIP_TEXT: &str = "slip-zr-2207";
pub(super) const VAULT_TEXT: &str = "vault-word-ky";
/// The most tokens that an obligation leaves.
const TOKENS_MAX: u64 = 40;

impl Rule {
    /// Whether policy lets this content of this caller go there.
    pub(super) fn allows(&self, who: Who, kinds: u8) -> bool {
        self.permitted
            && !self.errors
            && !self.approval
            && self.forbids & kinds == 0
            && level(kinds).max(who.floor) <= self.level_max
            && self.closed_to != Some(who.tenant)
    }

    /// Whether it gets anything else than what was inspected.
    pub(super) fn obliges(&self) -> bool {
        self.pseudonymise || self.drop_tools || self.tokens_max.is_some()
    }

    fn random(dice: &mut Dice) -> Self {
        Self {
            permitted: dice.once_in(5) != 0,
            errors: dice.once_in(12) == 0,
            forbids: if dice.once_in(2) == 0 { 0 } else { dice.below(32) as u8 & dice.below(32) as u8 },
            level_max: if dice.once_in(2) == 0 { 3 } else { dice.below(4) },
            closed_to: (dice.once_in(6) == 0).then(|| dice.below(2)),
            approval: dice.once_in(15) == 0,
            pseudonymise: dice.once_in(3) == 0,
            drop_tools: dice.once_in(4) == 0,
            tokens_max: (dice.once_in(4) == 0).then_some(TOKENS_MAX),
            strict: dice.once_in(6) == 0,
        }
    }

    /// The same as Cedar.
    fn write(&self, name: &str, out: &mut String) {
        let resource = format!("principal, action, resource == Destination::\"{name}\"");
        if self.permitted {
            let mut duties = String::new();
            for (holds, duty) in [
                (self.pseudonymise, "@pseudonymise(\"pii\")".to_owned()),
                (self.drop_tools, "@drop_tools".to_owned()),
                (self.strict, "@screen(\"strict\")".to_owned()),
                (self.approval, "@approval(\"privacy-office\")".to_owned()),
                (self.tokens_max.is_some(), format!("@max_output_tokens(\"{TOKENS_MAX}\")")),
            ] {
                if holds {
                    duties.push_str(&duty);
                }
            }
            writeln!(out, "@id(\"{name}-permit\") {duties} permit ({resource});").unwrap();
        }
        let mut forbid = |id: &str, when: String| {
            writeln!(out, "@id(\"{name}-{id}\") forbid ({resource}) when {{ {when} }};").unwrap();
        };
        for (kind, group) in [(BADGE, "pii"), (SLIP, "pci"), (VAULT, "secret"), (IMAGE, "opaque")] {
            if self.forbids & kind != 0 {
                forbid(group, format!("context.groups.contains(\"{group}\")"));
            }
        }
        if self.forbids & TOOLS != 0 {
            forbid("tools", "context.tools".to_owned());
        }
        if self.level_max < 3 {
            forbid("level", format!("context.level > {}", self.level_max));
        }
        if let Some(tenant) = self.closed_to {
            forbid("tenant", format!("principal.tenant == \"t{tenant}\""));
        }
        if self.errors {
            forbid("error", "context.now * context.now * context.now > 0".to_owned());
        }
    }
}

/// What the contents of a call lift it to.
fn level(kinds: u8) -> usize {
    match kinds {
        _ if kinds & (SLIP | VAULT | IMAGE) != 0 => 3,
        _ if kinds & BADGE != 0 => 2,
        _ => 0,
    }
}

/// A destination's name says which world it belongs to, and where it stands in it.
pub(super) fn name(world: usize, index: usize) -> String {
    format!("w{world}-d{index}")
}

/// The one credential of a destination.
pub(super) fn credential(name: &str) -> String {
    format!("credential-of-{name}")
}

/// The detectors of every world: those that ship and three words.
pub(super) fn inspector() -> Arc<Inspector> {
    let word = |class: &str, text: &str, level| ::inspect::Custom {
        name: class.to_owned(),
        class: class.to_owned(),
        matches: ::inspect::Matches::Dictionary(vec![text.to_owned()]),
        level: Some(level),
        examples: Vec::new(),
        counterexamples: Vec::new(),
    };
    let custom = vec![
        word("pii.badge", BADGE_TEXT, Level::Confidential),
        word("pci.slip", SLIP_TEXT, Level::Restricted),
        word("secret.vault_word", VAULT_TEXT, Level::Restricted),
    ];
    Arc::new(Inspector::new(&Settings { custom, ..Settings::default() }).unwrap())
}

impl World {
    /// The world of that number: always the same one.
    pub(super) fn new(number: usize, stage: &Arc<Stage>, inspector: &Arc<Inspector>) -> Self {
        let mut dice = Dice(number as u64 + 1);
        let count = 2 + dice.below(4);
        let rules: Vec<Rule> = (0..count).map(|_| Rule::random(&mut dice)).collect();
        let mut text = String::new();
        rules.iter().enumerate().for_each(|(index, rule)| rule.write(&name(number, index), &mut text));
        let source = judge::Source { name: "flow.cedar".to_owned(), text };
        let policies = judge::Policies::compile(&[source]).unwrap();
        let destinations: Vec<_> =
            (0..count).map(|index| Arc::new(destination(number, index, stage, &mut dice))).collect();
        let aliases = (0..3).map(|alias| {
            let members = destinations.iter().filter(|_| alias == 0 || dice.once_in(3) != 0).map(Arc::clone).collect();
            let strategy = Strategy::ALL[dice.below(Strategy::ALL.len())];
            (format!("model-{alias}"), Arc::new(Alias::ordered_by(strategy, members)))
        });
        let aliases: HashMap<_, _> = aliases.filter(|(_, alias)| !alias.destinations.is_empty()).collect();
        let limits = Limits {
            attempts_max: 1 + dice.below(4) as u32,
            breaker_failures: 1 + dice.below(4) as u32,
            breaker_open: Duration::from_secs(10),
            keepalive_after: Duration::from_secs(1),
            ..Limits::default()
        };
        let snapshot = Snapshot {
            loaded_unix: 0,
            config_hash: number.to_string(),
            mode: judge::Mode::Development,
            patterns: aliases.get("model-0").map(|all| ("any-".to_owned(), Arc::clone(all))).into_iter().collect(),
            aliases,
            destinations,
            probed: Vec::new(),
            policies,
            inspector: Arc::clone(inspector),
            limits,
            budgets: budgets(&mut dice),
            use_cases: HashMap::new(),
            purposes: HashMap::new(),
            observed: HashMap::new(),
            candidate: None,
        };
        Self { snapshot: Arc::new(snapshot), rules }
    }
}

/// None, or some that are large enough for a whole run, and one that is not.
fn budgets(dice: &mut Dice) -> Vec<Budget> {
    let budget = |of: Of, tokens: u64| Budget {
        name: of.name().to_owned(),
        of,
        who: None,
        per: Per::Day,
        requests: None,
        tokens: Some(tokens),
        money_micros: None,
    };
    match dice.below(6) {
        0 => vec![budget(Of::Tenant, u64::MAX), budget(Of::Destination, u64::MAX)],
        1 => vec![budget(Of::Destination, 5_000)],
        _ => Vec::new(),
    }
}

fn destination(world: usize, index: usize, stage: &Arc<Stage>, dice: &mut Dice) -> Destination {
    let name = name(world, index);
    let hosted = dice.once_in(2) == 0;
    let dialect = if dice.once_in(3) == 0 { Dialect::Anthropic } else { Dialect::OpenAiChat };
    let pipe = Pipe { stage: Arc::clone(stage), world, index };
    let credential = Credential::bearer(&Zeroizing::new(credential(&name))).unwrap();
    let base = format!("http://{name}.test/v1");
    Destination {
        facts: judge::DestinationFacts {
            kind: "openai".to_owned(),
            hosting: if hosted { judge::Hosting::Hosted } else { judge::Hosting::SelfHosted },
            host: format!("{name}.test"),
            region: "eu-central-1".to_owned(),
            jurisdiction: "EU".to_owned(),
            vendor: hosted.then(|| "acme".to_owned()),
            model: "m".to_owned(),
            digest: None,
            owned: true,
            allow_unmodelled: false,
            assessment: judge::Assessment::NotRequired,
            provenance: judge::Provenance::NotApplicable,
            service: String::new(),
            floating: false,
            assessed: judge::Assessed::default(),
            name,
        },
        dialect,
        target: Target {
            model: "m".to_owned(),
            unmodelled: false,
            openai_service: false,
            max_output_tokens_default: 20,
        },
        callers_model: dice.once_in(4) == 0,
        way: Way::Http(Box::new(HttpWay::new(pipe, &base, Some(credential), Duration::from_secs(55)))),
        timeouts: Timeouts {
            connect: Duration::from_secs(1),
            first_byte: Duration::from_secs(5),
            between_bytes: Duration::from_secs(2),
            total: Duration::from_secs(20),
        },
        health: Arc::new(Health::default()),
        priority: dice.below(3) as u32,
        weight: dice.below(4) as u32,
        price: (dice.once_in(3) != 0).then(|| Price { input_micros: 1 + dice.below(9) as u64, output_micros: 5 }),
        admission: None,
        probing: None,
    }
}

/// Numbers that look random and are always the same (SplitMix64, Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// 0 once in so many times.
    fn once_in(&mut self, times: usize) -> usize {
        self.below(times)
    }
}

#[test]
fn the_inspector_finds_what_the_table_says() {
    let inspector = inspector();
    let found = |text: &str| {
        let found = inspector.inspect(&[::inspect::Piece::text(::inspect::Channel::User, text)]);
        let classes: BTreeMap<String, u32> =
            found.counts().into_iter().map(|(class, count)| (class.as_str().to_owned(), count)).collect();
        (found.level, classes.into_keys().collect::<Vec<_>>())
    };
    assert_eq!(found("Say something, call-0."), (Level::Public, vec![]));
    assert_eq!(found(BADGE_TEXT), (Level::Confidential, vec!["pii.badge".to_owned()]));
    assert_eq!(found(SLIP_TEXT), (Level::Restricted, vec!["pci.slip".to_owned()]));
    assert_eq!(found(VAULT_TEXT), (Level::Restricted, vec!["secret.vault_word".to_owned()]));
}

//! Reads what decides where among the permitted a call goes: strategies of aliases, probes, prices.

use std::collections::BTreeMap;
use std::time::Duration;

use judge::Hosting;
use judge::choose::Strategy;
use proxy::admission::Rules;
use proxy::destination::{Price, ProbeWith, Probing};

use super::destination::{Destination, Kind, Model};
use super::document::{At, Document, Table};
use super::fields;
use super::problem::{File, Problems};

/// Strategies by alias as written, and the place where each stands.
pub(super) type Strategies = BTreeMap<String, Strategy>;

/// `[[alias]]` of the main file.
pub(super) fn strategies(main: &Table<'_>) -> Strategies {
    let mut strategies = Strategies::new();
    for table in main.tables("alias", &fields::ALIAS) {
        let name = table.required("name");
        let words = Strategy::ALL.map(|strategy| (strategy.name(), strategy));
        let strategy = table.choice("strategy", &words).map(|at| at.value).unwrap_or_default();
        if strategies.insert(name.value.clone(), strategy).is_some() {
            table.error(name.at, format!("the alias `{}` is there twice", name.value), "remove one");
        }
    }
    strategies
}

/// `[health]` of a destination.
pub(super) fn probing(table: &Table<'_>, kind: Option<Kind>, hosting: Option<Hosting>) -> Option<Probing> {
    let table = table.table("health", &fields::HEALTH)?;
    let words = [("chat", Some(ProbeWith::Chat)), ("embed", Some(ProbeWith::Embed)), ("off", None)];
    let with = table.choice("probe", &words);
    let every = table.whole("every_ms", EVERY_MS, EVERY_MS_LEAST..=EVERY_MS_MOST);
    let with = with.and_then(|at| Some(At { value: at.value?, at: at.at }))?;
    if hosting == Some(Hosting::Hosted) {
        let help = "permit `Action::\"probe\"` for `Workload::\"portcullis\"` there, or remove `probe`";
        table.warn(with.at.clone(), "probes of a hosted destination cost money, and policy must permit them", help);
    }
    if kind == Some(Kind::Anthropic) && with.value == ProbeWith::Embed {
        table.error(with.at, "Anthropic's format has no embeddings", "write `probe = \"chat\"`");
        return None;
    }
    Some(Probing { with: with.value, every: Duration::from_millis(every) })
}

/// `[admission]` of a destination.
pub(super) fn admission(table: &Table<'_>) -> Option<Rules> {
    let table = table.table("admission", &fields::ADMISSION)?;
    let whole = |name, default: u64| table.whole(name, default, 1..=1_000_000);
    Some(Rules {
        calls_max: u32::try_from(whole("calls_max", 64)).unwrap_or(64),
        tokens_max: table.has("tokens_max").then(|| table.whole("tokens_max", 0, 1..=1_000_000_000)),
        queue_max: usize::try_from(whole("queue_max", 64)).unwrap_or(64),
        wait: Duration::from_millis(table.whole("wait_ms", 2_000, 0..=600_000)),
    })
}

/// Prices as configured.
#[derive(Debug, Default)]
pub(super) struct Prices(Vec<Listed>);

#[derive(Debug)]
struct Listed {
    model: String,
    vendor: Option<String>,
    price: Price,
}

impl Prices {
    /// Reads one file.
    pub(super) fn read(&mut self, file: &File, problems: &Problems) {
        let document = Document::parse(file, problems);
        let table = document.root(&fields::PRICES, problems);
        table.required("source");
        if !table.has("date") {
            table.missing("date");
        }
        table.end_of_day("date");
        for table in table.tables("price", &fields::PRICE) {
            let model = table.required("model");
            let vendor = table.text("vendor").map(|at| at.value);
            let (input, output) = (money(&table, "input", true), money(&table, "output", true));
            if self.0.iter().any(|listed| listed.model == model.value && listed.vendor == vendor) {
                table.error(model.at, format!("the model `{}` has a price already", model.value), "remove one");
                continue;
            }
            if let (Some(input_micros), Some(output_micros)) = (input, output) {
                self.0.push(Listed { model: model.value, vendor, price: Price { input_micros, output_micros } });
            }
        }
    }

    /// What each of these destinations costs, in their order.
    pub(super) fn of_all(&self, destinations: &[Destination]) -> Vec<Option<Price>> {
        destinations.iter().map(|destination| self.of(destination)).collect()
    }

    /// What a destination costs; nothing where the organisation runs it and nobody says otherwise.
    fn of(&self, destination: &Destination) -> Option<Price> {
        let named = match &destination.model {
            Model::Named(name) => Some(name),
            Model::Callers => None,
        };
        let of_model = || self.0.iter().filter(|listed| Some(&listed.model) == named);
        let vendor = destination.facts.vendor.as_ref();
        let own = of_model().find(|listed| listed.vendor.is_some() && listed.vendor.as_ref() == vendor);
        let listed = own.or_else(|| of_model().find(|listed| listed.vendor.is_none()));
        let free = Price { input_micros: 0, output_micros: 0 };
        let unlisted = (destination.facts.hosting == Hosting::SelfHosted).then_some(free);
        listed.map(|listed| listed.price).or(unlisted)
    }
}

/// A decimal number in millionths.
pub(super) fn money(table: &Table<'_>, name: &str, required: bool) -> Option<u64> {
    let required = if required { Some(table.required(name)) } else { table.text(name) };
    let text = required.filter(|at| !at.value.is_empty())?;
    let micros = micros(&text.value);
    if micros.is_none() {
        let help = "write a decimal number in quotes, with at most six places, for example `\"2.50\"`";
        table.error(text.at, format!("`{name}` is not an amount"), help);
    }
    micros
}

fn micros(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 6 {
        return None;
    }
    let part: u64 = format!("{part:0<6}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(part)
}

const EVERY_MS: u64 = 10_000;
const EVERY_MS_LEAST: u64 = 100;
const EVERY_MS_MOST: u64 = 60 * 60 * 1000;

#[cfg(test)]
mod unit {
    use super::micros;

    #[test]
    fn amounts_are_decimal_and_exact() {
        for (text, expected) in [
            ("2.50", Some(2_500_000)),
            ("0.000001", Some(1)),
            ("10", Some(10_000_000)),
            ("", None),
            (".5", None),
            ("1.", None),
            ("-1", None),
            ("1e3", None),
            ("0.0000001", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(micros(text), expected, "{text}");
        }
    }
}

//! Active probes: destinations that are configured so are asked, again and again, whether they are well.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::gate::Gate;
use crate::metrics::{DestinationLabels, ProbeLabels};
use crate::steps::{Probed, probe};

/// Probes what is due until it is dropped, and keeps the gauges of destinations current.
pub async fn run(gate: Arc<Gate>) {
    let mut due: HashMap<String, Instant> = HashMap::new();
    let mut running: JoinSet<()> = JoinSet::new();
    loop {
        let snapshot = gate.snapshot.load_full();
        let now = Instant::now();
        due.retain(|name, _| snapshot.destinations.iter().any(|destination| destination.facts.name == *name));
        for alias in &snapshot.probed {
            let Some(destination) = alias.destinations.first() else { continue };
            let Some(probing) = destination.probing else { continue };
            let name = &destination.facts.name;
            if running.len() >= AT_ONCE_MAX || due.get(name).is_some_and(|due| now < *due) {
                continue;
            }
            // The next one is due when this one has ended, at the earliest: none is sent while another one waits.
            due.insert(name.clone(), now + probing.every);
            let (gate, snapshot, alias) = (Arc::clone(&gate), Arc::clone(&snapshot), Arc::clone(alias));
            let name = name.clone();
            running.spawn(async move {
                let limit = probing.every.min(LONGEST);
                // One that takes longer than the time to the next is as good as no answer; dropping it records that.
                let probed = tokio::time::timeout(limit, probe(&gate, snapshot, Arc::clone(&alias), probing.with));
                let probed = probed.await.unwrap_or_else(|_| too_slow(&gate, &alias));
                tell(&gate, name, probed);
            });
        }
        show(&gate);
        tokio::time::sleep(LOOK_EVERY).await;
        while running.try_join_next().is_some() {}
    }
}

fn too_slow(gate: &Gate, alias: &crate::gate::Alias) -> Probed {
    alias.destinations.iter().for_each(|destination| destination.health.probed(gate.clock_ms(), false));
    Probed::Sick
}

fn tell(gate: &Gate, destination: String, probed: Probed) {
    let result = match probed {
        Probed::Well => "well",
        Probed::Sick => "sick",
        Probed::NotSent => "not_sent",
    };
    if probed != Probed::Well {
        tracing::info!(destination, result, "a probe");
    }
    gate.metrics.probes.get_or_create(&ProbeLabels { destination, result }).inc();
}

fn show(gate: &Gate) {
    let now = gate.clock_ms();
    for destination in &gate.snapshot.load().destinations {
        let up = destination.health.passes_probes() && destination.health.rests_ms(now) == 0;
        let labels = DestinationLabels { destination: destination.facts.name.clone() };
        gate.metrics.destination_up.get_or_create(&labels).set(i64::from(up));
    }
}

/// How often it is looked who is due.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Probes on their way at the same time.
const AT_ONCE_MAX: usize = 64;
/// The longest that a probe is waited for.
const LONGEST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;

//! What the worker counts, for those who watch the program.

use std::time::Duration;

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::{Handled, Progress};

/// The bounds of how long jobs take, in seconds.
const SECONDS: [f64; 8] = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0];

/// What became of the jobs that this program tried, by topic.
#[derive(Clone, Debug)]
pub struct Measures {
    attempts: Family<Attempted, Counter>,
    took: Family<OfTopic, Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Attempted {
    topic: &'static str,
    outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTopic {
    topic: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Outcome {
    Done,
    Postponed,
    Failed,
}

impl Default for Measures {
    fn default() -> Self {
        Self {
            attempts: Family::default(),
            took: Family::new_with_constructor(|| Histogram::new(SECONDS)),
        }
    }
}

impl Measures {
    /// Has them told with all others.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "municipio_outbox_attempts",
            "Attempts at jobs of the outbox",
            self.attempts.clone(),
        );
        registry.register_with_unit(
            "municipio_outbox_job",
            "How long jobs of the outbox took",
            Unit::Seconds,
            self.took.clone(),
        );
    }

    pub(super) fn attempted(&self, topic: &'static str, handled: &Handled, took: Duration) {
        let outcome = match handled {
            Ok(Progress::Done | Progress::Finished | Progress::More) => Outcome::Done,
            Ok(Progress::Postponed(_)) => Outcome::Postponed,
            Err(_) => Outcome::Failed,
        };
        let attempted = Attempted { topic, outcome };
        self.attempts.get_or_create(&attempted).inc();
        let of_topic = OfTopic { topic };
        self.took
            .get_or_create(&of_topic)
            .observe(took.as_secs_f64());
    }
}

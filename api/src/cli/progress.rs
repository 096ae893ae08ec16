//! How far a long command has come.

use std::{
    io::Write,
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// How often a line is written where a bar cannot be drawn.
const EVERY: Duration = Duration::from_secs(5);

/// A bar on the terminal; where there is none, a line every few seconds. Both go to standard error.
pub(super) struct Progress {
    bar: ProgressBar,
    what: &'static str,
    said: Mutex<Instant>,
}

impl Progress {
    pub(super) fn new(total: u64, what: &'static str) -> Self {
        let bar = ProgressBar::new(total);
        let template =
            format!("{{bar:40}} {{human_pos}} of {{human_len}} {what}, {{per_sec}}, {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self {
            bar,
            what,
            said: Mutex::new(Instant::now()),
        }
    }

    /// So many more are done.
    pub(super) fn add(&self, done: u64) {
        self.bar.inc(done);
        if self.bar.is_hidden() {
            self.say_now_and_then();
        }
    }

    fn say_now_and_then(&self) {
        let Ok(mut said) = self.said.lock() else {
            return;
        };
        if said.elapsed() >= EVERY {
            *said = Instant::now();
            let done = HumanCount(self.bar.position());
            let total = HumanCount(self.bar.length().unwrap_or_default());
            // It is not worth failing for.
            let _ = writeln!(std::io::stderr(), "{done} of {total} {}", self.what);
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

//! A bar on the terminal: sent, failed, left.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::report::Tally;
use crate::context::Context;

/// The bar; nothing where nobody watches.
#[derive(Clone)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many lines, or for an unknown number of them.
    pub fn new(context: &Context, total: Option<u64>, pace: Option<String>) -> Self {
        if !context.output.shows_progress() {
            return Self(ProgressBar::hidden());
        }
        let pace = pace.map_or_else(String::new, |pace| format!(" · {pace}"));
        let (bar, template) = match total {
            Some(total) => (
                ProgressBar::new(total),
                format!("{{bar:30}} {{pos}}/{{len}} {{msg}} · {{eta}} left{pace}"),
            ),
            None => (
                ProgressBar::new_spinner(),
                format!("{{spinner}} {{pos}} lines {{msg}}{pace}"),
            ),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// One line more.
    pub fn advance(&self, tally: Tally) {
        self.0
            .set_message(format!("{} sent, {} failed", tally.good(), tally.failed()));
        self.0.inc(1);
    }

    /// The end: the bar goes, the summary comes.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

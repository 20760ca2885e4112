//! A bar on the terminal: sent, failed, left.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::report::Tally;
use crate::output::Output;
use crate::pace::Rate;
use crate::text::{Text, text};

/// The bar; nothing where nobody watches.
#[derive(Clone)]
pub struct Progress {
    bar: ProgressBar,
    output: Output,
}

impl Progress {
    /// A bar for so many lines, or for an unknown number of them.
    pub fn new(output: &Output, total: Option<u64>, rate: Option<Rate>) -> Self {
        let bar = match (output.shows_progress(), total) {
            (false, _) => ProgressBar::hidden(),
            (true, Some(total)) => ProgressBar::new(total),
            (true, None) => ProgressBar::new_spinner(),
        };
        if !bar.is_hidden() {
            let pace = rate.map_or_else(String::new, |rate| {
                format!(" · {}", output.words(&rate.words()))
            });
            let template = output.words(&template(total)) + &pace;
            bar.set_draw_target(ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self {
            bar,
            output: output.clone(),
        }
    }

    /// One line more.
    pub fn advance(&self, tally: Tally) {
        let (good, failed) = (tally.good(), tally.failed());
        let text = text!("{good} sent, {failed} failed", good, failed);
        self.bar.set_position(good + failed);
        self.bar.set_message(self.output.words(&text));
    }

    /// Does something that prints, the bar out of its way: stdout may be the same terminal.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match self.bar.is_hidden() {
            true => print(),
            false => self.bar.suspend(print),
        }
    }

    /// The end: the bar goes, the summary comes.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// The bar's own template, in which `{pos}` and its like are the bar's.
fn template(total: Option<u64>) -> Text {
    match total {
        Some(_) => text!(
            "{bar} {pos}/{len} {msg} · {eta} left",
            bar = "{wide_bar}",
            pos = "{pos}",
            len = "{len}",
            msg = "{msg}",
            eta = "{eta}"
        ),
        None => text!(
            "{spinner} {pos} lines {msg}",
            spinner = "{spinner}",
            pos = "{pos}",
            msg = "{msg}"
        ),
    }
}

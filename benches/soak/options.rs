//! What is to be done, and for how long.

use std::time::Duration;

use jiff::fmt::friendly::SpanParser;

const HELP: &str = "cargo bench --bench soak -- [--for 1h] [--part listen|exec|watch|sandbox|million]... \
                    [--rate CALLBACKS_A_SECOND] [--callbacks N]";

/// One of the things that are soaked. All but the last run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Listen,
    Exec,
    Watch,
    Sandbox,
    Million,
}

pub struct Options {
    pub time: Duration,
    /// Whether somebody asked for this time: then the result is kept.
    pub is_kept: bool,
    /// Callbacks a second for `listen`; the sandbox gets an eighth of it in messages.
    pub rate: f64,
    /// Callbacks as fast as they are taken.
    pub callbacks: u64,
    parts: Vec<Part>,
}

impl Options {
    pub fn read(mut args: impl Iterator<Item = String>) -> Self {
        let mut options = Self {
            time: Duration::from_secs(10),
            is_kept: false,
            rate: 400.0,
            callbacks: 100_000,
            parts: Vec::new(),
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().unwrap_or_else(|| panic!("{HELP}"));
            match arg.as_str() {
                // Cargo itself says so.
                "--bench" => {}
                "--for" => {
                    let time = SpanParser::new().parse_unsigned_duration(value());
                    options.time = time.expect(HELP);
                    options.is_kept = true;
                    options.callbacks = 1_000_000;
                }
                "--part" => options.parts.push(part(&value())),
                "--rate" => options.rate = value().parse().expect(HELP),
                "--callbacks" => options.callbacks = value().parse().expect(HELP),
                _ => panic!("{HELP}"),
            }
        }
        options
    }

    pub fn has(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}

fn part(name: &str) -> Part {
    match name {
        "listen" => Part::Listen,
        "exec" => Part::Exec,
        "watch" => Part::Watch,
        "sandbox" => Part::Sandbox,
        "million" => Part::Million,
        _ => panic!("{HELP}"),
    }
}

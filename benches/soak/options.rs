//! Command line of the soak test.

use std::time::Duration;

use jiff::fmt::friendly::SpanParser;

const HELP: &str = "cargo bench --bench soak -- [--for 1h] [--part listen|exec|watch|sandbox|full-speed]... \
                    [--rate CALLBACKS_PER_SECOND] [--callbacks N]";

/// A part of the test. All but [`Part::FullSpeed`] run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Listen,
    Exec,
    Watch,
    Sandbox,
    FullSpeed,
}

pub struct Options {
    pub duration: Duration,
    /// Whether to write the results to a file. Set by `--for`.
    pub save: bool,
    /// Callbacks per second for `listen`. The sandbox receives an eighth of it in messages.
    pub rate: f64,
    /// Number of callbacks in [`Part::FullSpeed`].
    pub callbacks: u64,
    parts: Vec<Part>,
}

impl Options {
    pub fn parse(mut args: impl Iterator<Item = String>) -> Self {
        let mut options = Self {
            duration: Duration::from_secs(10),
            save: false,
            rate: 400.0,
            callbacks: 100_000,
            parts: Vec::new(),
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().unwrap_or_else(|| panic!("{HELP}"));
            match arg.as_str() {
                // Added by cargo.
                "--bench" => {}
                "--for" => {
                    let duration = SpanParser::new().parse_unsigned_duration(value());
                    options.duration = duration.expect(HELP);
                    options.save = true;
                    options.callbacks = 1_000_000;
                }
                "--part" => options.parts.push(parse_part(&value())),
                "--rate" => options.rate = value().parse().expect(HELP),
                "--callbacks" => options.callbacks = value().parse().expect(HELP),
                _ => panic!("{HELP}"),
            }
        }
        options
    }

    pub fn includes(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}

fn parse_part(name: &str) -> Part {
    match name {
        "listen" => Part::Listen,
        "exec" => Part::Exec,
        "watch" => Part::Watch,
        "sandbox" => Part::Sandbox,
        "full-speed" => Part::FullSpeed,
        _ => panic!("{HELP}"),
    }
}

//! The table of results.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use super::common::{machine, mebibytes, today};
use super::process::Usage;

/// The part of a [`Usage`] that is compared.
#[derive(Clone, Copy)]
pub enum Metric {
    WallTime,
    Cpu,
    Memory,
}

/// Rows of the table: what, qiwei, other, ratio, goal.
pub struct Report(Vec<[String; 5]>);

impl Report {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a comparison in which a lower ratio is better.
    pub fn lower_is_better(&mut self, what: &str, ours: f64, other: f64, unit: &str, goal: f64) {
        self.compare(what, ours, other, unit, &format!("≤ {goal}"));
    }

    /// Adds a comparison in which a higher ratio is better.
    pub fn higher_is_better(&mut self, what: &str, ours: f64, other: f64, unit: &str, goal: f64) {
        self.compare(what, ours, other, unit, &format!("≥ {goal}"));
    }

    /// Compares one metric of two programs; a lower ratio is better. Without a goal the row is for
    /// information.
    pub fn compare_usage(
        &mut self,
        (name, ours): (&str, &Usage),
        (other_name, other): (&str, &Usage),
        metric: Metric,
        goal: Option<f64>,
    ) {
        let (metric_name, value, unit): (_, fn(&Usage) -> f64, _) = match metric {
            Metric::WallTime => ("wall time", |usage| millis(usage.wall_time), "ms"),
            Metric::Cpu => ("CPU", |usage| millis(usage.cpu), "ms"),
            Metric::Memory => ("memory", |usage| mebibytes(usage.memory), "MiB"),
        };
        let goal = goal.map_or_else(|| "–".to_owned(), |goal| format!("≤ {goal}"));
        let what = format!("{name}, {metric_name} / {other_name}");
        self.compare(&what, value(ours), value(other), unit, &goal);
    }

    fn compare(&mut self, what: &str, ours: f64, other: f64, unit: &str, goal: &str) {
        let row = [
            what.to_owned(),
            format!("{ours:.2} {unit}"),
            format!("{other:.2} {unit}"),
            format!("{:.2}", ours / other),
            goal.to_owned(),
        ];
        println!("{}", row.join(" | "));
        self.0.push(row);
    }

    /// Adds a value that is compared with nothing.
    pub fn value(&mut self, what: &str, value: String, goal: &str) {
        println!("{what} | {value} | {goal}");
        let dash = || "–".to_owned();
        self.0
            .push([what.to_owned(), value, dash(), dash(), goal.to_owned()]);
    }

    /// Writes `benches/RESULTS.md`.
    pub fn write(self) {
        let mut text = format!(
            "# Results of `cargo bench --bench compare`\n\n{} · {}\n\n\
             Median of several interleaved runs, everything on the loopback interface of one machine. \
             Compare the ratios; absolute figures depend on the machine.\n\n\
             | measurement | qiwei | other | ratio | goal |\n|---|---|---|---|---|\n",
            today(),
            machine(),
        );
        for row in &self.0 {
            writeln!(text, "| {} |", row.join(" | ")).unwrap();
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/RESULTS.md");
        std::fs::write(path, text).unwrap();
    }
}

/// Converts a duration to milliseconds.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

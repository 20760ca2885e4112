//! The table of results.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use super::common::machine::{machine, mebibytes, today};
use super::run::Cost;

/// What is compared of two runs.
#[derive(Clone, Copy)]
pub enum Measure {
    Wall,
    Cpu,
    Memory,
}

/// Rows as they come.
pub struct Report(Vec<[String; 5]>);

impl Report {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// A row in which less is better: ours, the other's, the ratio, and what it should be.
    pub fn less(&mut self, what: &str, ours: f64, other: f64, unit: &str, at_most: f64) {
        self.row(what, ours, other, unit, &format!("≤ {at_most}"));
    }

    /// A row in which more is better.
    pub fn more(&mut self, what: &str, ours: f64, other: f64, unit: &str, at_least: f64) {
        self.row(what, ours, other, unit, &format!("≥ {at_least}"));
    }

    /// A row for one measure of two runs, in which less is better; without an aim it is there to
    /// compare others with.
    pub fn costs(
        &mut self,
        (what, one): (&str, &Cost),
        (beside, other): (&str, &Cost),
        measure: Measure,
        at_most: Option<f64>,
    ) {
        let (name, of, unit): (_, fn(&Cost) -> f64, _) = match measure {
            Measure::Wall => ("wall", |cost| millis(cost.wall), "ms"),
            Measure::Cpu => ("CPU", |cost| millis(cost.cpu), "ms"),
            Measure::Memory => ("memory", |cost| mebibytes(cost.memory), "MiB"),
        };
        let aim = at_most.map_or_else(|| "–".to_owned(), |aim| format!("≤ {aim}"));
        let what = format!("{what}, {name} / {beside}");
        self.row(&what, of(one), of(other), unit, &aim);
    }

    fn row(&mut self, what: &str, ours: f64, other: f64, unit: &str, aim: &str) {
        let row = [
            what.to_owned(),
            format!("{ours:.2} {unit}"),
            format!("{other:.2} {unit}"),
            format!("{:.2}", ours / other),
            aim.to_owned(),
        ];
        println!("{}", row.join(" | "));
        self.0.push(row);
    }

    /// A single figure.
    pub fn figure(&mut self, what: &str, value: String, aim: &str) {
        println!("{what} | {value} | {aim}");
        let dash = || "–".to_owned();
        self.0
            .push([what.to_owned(), value, dash(), dash(), aim.to_owned()]);
    }

    /// Writes `benches/RESULTS.md`.
    pub fn finish(self) {
        let mut text = format!(
            "# Results of `cargo bench`\n\n{} · {}\n\n\
             The median of several runs in turn, everything on loopback of one machine. Ratios are \
             what counts; single figures change with the machine.\n\n\
             | what | qiwei | other | ratio | aim |\n|---|---|---|---|---|\n",
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

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

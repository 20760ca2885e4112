//! The tables of results.

use std::fmt::Write;
use std::path::Path;
use std::sync::Mutex;

use super::common::{machine, mebibytes, today};
use super::delivery_check::DeliveryCheck;
use super::options::Options;
use super::usage::{Trend, Usage, UsageSamples};

/// Name of a metric, how to read it, and how much growth is tolerated.
type Metric = (&'static str, fn(&Usage) -> f64, f64);

const METRICS: [Metric; 3] = [
    ("memory, MiB", |usage| mebibytes(usage.memory), 1.0),
    ("descriptors", |usage| usage.descriptors as f64, 8.0),
    ("threads", |usage| usage.threads as f64, 8.0),
];

/// Collects the rows of both tables while the parts run.
#[derive(Default)]
pub struct Report {
    trends: Mutex<Vec<String>>,
    values: Mutex<Vec<String>>,
}

impl Report {
    /// Adds the trend of each metric, and the CPU use.
    pub fn usage(&self, samples: &UsageSamples) {
        let process = &samples.process;
        let mut rows = self.trends.lock().unwrap();
        for (name, metric, tolerance) in METRICS {
            let trend = samples.trend(metric);
            let result = match trend.is_flat(tolerance) {
                true => "flat",
                false => "**not flat**",
            };
            let Trend {
                start,
                middle,
                end,
                maximum,
                slope,
            } = trend;
            rows.push(format!(
                "| {process} | {name} | {start:.1} | {middle:.1} | {end:.1} | {maximum:.1} | {slope:+.2} | {result} |",
            ));
        }
        drop(rows);
        let cpu = format!("{:.1} % of a core", samples.cpu() * 100.0);
        self.value(process, "CPU", cpu);
    }

    /// Adds how many messages came out at one place.
    pub fn deliveries(&self, process: &str, name: &str, check: &DeliveryCheck) {
        self.value(process, name, check.total);
        self.value(process, "… lost", check.lost);
        self.value(process, "… duplicates", check.duplicates);
    }

    /// Adds a count or another value.
    pub fn value(&self, process: &str, name: &str, value: impl ToString) {
        let row = format!("| {process} | {name} | {} |", value.to_string());
        println!("{row}");
        self.values.lock().unwrap().push(row);
    }

    /// Prints the tables, and writes them to a file if a duration was given.
    pub fn finish(self, options: &Options) {
        let mut text = format!(
            "# Results of `cargo bench --bench soak`\n\n{} · {} · {}\n\n\
             Start, middle and end are the medians of the second, sixth and last tenth of the samples; \
             the first tenth is warm-up. Flat: the end is at most 5 % plus 1 MiB (or 8 descriptors or \
             threads) above the start. The sandbox keeps the last 100,000 requests, messages and \
             callbacks, at most 32 MiB of each. glibc's allocator retains additional memory, in one \
             arena per few threads; `MALLOC_ARENA_MAX=1` in the environment avoids that.\n\n\
             | process | metric | start | middle | end | maximum | slope/h | |\n\
             |---|---|---|---|---|---|---|---|\n",
            today(),
            machine(),
            jiff::fmt::friendly::SpanPrinter::new().unsigned_duration_to_string(&options.duration),
        );
        let (mut trends, mut values) = (
            self.trends.into_inner().unwrap(),
            self.values.into_inner().unwrap(),
        );
        // The parts end in any order. The sort is stable, so rows of one process stay in order.
        let process = |row: &String| row.split('|').nth(1).map(str::to_owned);
        trends.sort_by_key(process);
        values.sort_by_key(process);
        for row in trends {
            writeln!(text, "{row}").unwrap();
        }
        text += "\n| process | what | value |\n|---|---|---|\n";
        for row in values {
            writeln!(text, "{row}").unwrap();
        }
        println!("\n{text}");
        if options.save {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/SOAK.md");
            std::fs::write(path, text).unwrap();
        }
    }
}

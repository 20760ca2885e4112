//! The tables.

use std::fmt::Write;
use std::path::Path;
use std::sync::Mutex;

use super::common::machine::{machine, mebibytes, today};
use super::options::Options;
use super::process::Use;
use super::series::{Course, Series};

/// A measure: its name, how it is taken, and how much of it is no growth.
type Measure = (&'static str, fn(&Use) -> f64, f64);

const MEASURES: [Measure; 3] = [
    ("memory, MiB", |u| mebibytes(u.memory), 1.0),
    ("descriptors", |u| u.descriptors as f64, 8.0),
    ("threads", |u| u.threads as f64, 8.0),
];

/// Rows as the parts end.
#[derive(Default)]
pub struct Report {
    courses: Mutex<Vec<String>>,
    works: Mutex<Vec<String>>,
}

impl Report {
    /// What a process used: growth beyond a twentieth and a little is not flat.
    pub fn course(&self, series: &Series) {
        let mut rows = self.courses.lock().unwrap();
        for (what, measure, slack) in MEASURES {
            let course = series.course(measure);
            let verdict = match course.is_flat(slack) {
                true => "flat",
                false => "**not flat**",
            };
            let Course {
                start,
                middle,
                end,
                most,
                slope,
            } = course;
            rows.push(format!(
                "| {} | {what} | {start:.1} | {middle:.1} | {end:.1} | {most:.1} | {slope:+.2} | {verdict} |",
                series.name
            ));
        }
        drop(rows);
        let cpu = format!("{:.1} % of a core", series.cpu() * 100.0);
        self.work(&series.name, "CPU", cpu);
    }

    /// What was done, or what came of it.
    pub fn work(&self, who: &str, what: &str, value: impl ToString) {
        let row = format!("| {who} | {what} | {} |", value.to_string());
        println!("{row}");
        self.works.lock().unwrap().push(row);
    }

    /// Prints the tables, and keeps them when the time was asked for.
    pub fn finish(self, options: &Options) {
        let mut text = format!(
            "# Results of `cargo bench --bench soak`\n\n{} · {} · {}\n\n\
             Start, middle and end are medians of a tenth of the time, the first tenth (warm-up) left \
             out. Flat: the end is no more than a twentieth (and 1 MiB, or 8 descriptors or threads) \
             above the start. The sandbox keeps the last 100,000 requests, messages and callbacks, at \
             most 32 MiB of each; what glibc's allocator holds back beside that, in an arena for \
             every few threads, is gone with `MALLOC_ARENA_MAX=1` in the environment.\n\n\
             | process | measure | start | middle | end | most | slope/h | |\n\
             |---|---|---|---|---|---|---|---|\n",
            today(),
            machine(),
            jiff::fmt::friendly::SpanPrinter::new().unsigned_duration_to_string(&options.time),
        );
        let (mut courses, mut works) = (
            self.courses.into_inner().unwrap(),
            self.works.into_inner().unwrap(),
        );
        // Parts end in any order; the rows of one keep theirs.
        let process = |row: &String| row.split('|').nth(1).map(str::to_owned);
        courses.sort_by_key(process);
        works.sort_by_key(process);
        for row in courses {
            writeln!(text, "{row}").unwrap();
        }
        text += "\n| process | what | how much |\n|---|---|---|\n";
        for row in works {
            writeln!(text, "{row}").unwrap();
        }
        println!("\n{text}");
        if options.is_kept {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/SOAK.md");
            std::fs::write(path, text).unwrap();
        }
    }
}

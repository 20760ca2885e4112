//! Memory, descriptors, threads and CPU of a process over time.

use std::time::Duration;

use super::timing::Period;

/// Clock ticks per second in `/proc`, independent of the kernel's own timer.
const TICKS_PER_SECOND: f64 = 100.0;

/// Resources a process uses at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Resident memory in bytes.
    pub memory: u64,
    pub descriptors: u64,
    pub threads: u64,
    /// CPU time since the start, in seconds.
    pub cpu: f64,
}

impl Usage {
    /// Reads the usage of a process from `/proc`; returns `None` once it has ended.
    fn read(pid: u32) -> Option<Self> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let field = |name: &str| -> Option<u64> {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The process name in parentheses may contain anything, so the fields are read after it.
        let mut ticks = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut seconds = || Some(ticks.next()?.parse::<f64>().ok()? / TICKS_PER_SECOND);
        Some(Self {
            memory: field("VmRSS:")? * 1024,
            descriptors: std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64,
            threads: field("Threads:")?,
            cpu: seconds()? + seconds()?,
        })
    }
}

/// The usage of a process, sampled over a period.
pub struct UsageSamples {
    pub process: String,
    samples: Vec<(Duration, Usage)>,
}

/// The development of one metric over a period.
pub struct Trend {
    /// Median of the second tenth of the samples; the first tenth is warm-up.
    pub start: f64,
    /// Median of the sixth tenth.
    pub middle: f64,
    /// Median of the last tenth.
    pub end: f64,
    pub maximum: f64,
    /// Slope per hour of a linear fit without the warm-up.
    pub slope: f64,
}

impl UsageSamples {
    /// Samples a process until the period is over or the process has ended.
    pub fn collect(process: &str, pid: u32, period: &Period) -> Self {
        let mut samples = Vec::new();
        let interval = period.interval(100).min(Duration::from_secs(5));
        while let Some(usage) = Usage::read(pid) {
            samples.push((period.elapsed(), usage));
            if !period.sleep(interval) {
                break;
            }
        }
        let process = process.to_owned();
        Self { process, samples }
    }

    /// Returns the CPU use as a fraction of one core.
    pub fn cpu(&self) -> f64 {
        match (self.samples.first(), self.samples.last()) {
            (Some((start, first)), Some((end, last))) if end > start => {
                (last.cpu - first.cpu) / (*end - *start).as_secs_f64()
            }
            _ => 0.0,
        }
    }

    /// Returns the trend of one metric.
    pub fn trend(&self, metric: impl Fn(&Usage) -> f64) -> Trend {
        let tenth = self.samples.len() / 10;
        let points: Vec<(f64, f64)> = self
            .samples
            .iter()
            .map(|(time, usage)| (time.as_secs_f64() / 3600.0, metric(usage)))
            .collect();
        let median_of_tenth = |index: usize| -> f64 {
            let start = index * tenth;
            median(points[start..(start + tenth.max(1)).min(points.len())].iter())
        };
        Trend {
            start: median_of_tenth(1),
            middle: median_of_tenth(5),
            end: median_of_tenth(9),
            maximum: points.iter().map(|(_, value)| *value).fold(0.0, f64::max),
            slope: slope(&points[tenth..]),
        }
    }
}

impl Trend {
    /// Returns whether the end is at most 5 % plus `tolerance` above the start.
    pub fn is_flat(&self, tolerance: f64) -> bool {
        self.end <= self.start * 1.05 + tolerance
    }
}

fn median<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> f64 {
    let mut values: Vec<f64> = points.map(|(_, value)| *value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Returns the slope of a least-squares fit.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |coordinate: fn(&(f64, f64)) -> f64| -> f64 {
        points.iter().map(coordinate).sum::<f64>() / count
    };
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let covariance: f64 = points
        .iter()
        .map(|(x, y)| (x - mean_x) * (y - mean_y))
        .sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    covariance / variance
}

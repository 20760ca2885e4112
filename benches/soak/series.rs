//! Looks at a process over time, and whether what they show is flat.

use std::time::Duration;

use super::pace::Span;
use super::process::{Use, look};

/// What a process used over time.
pub struct Series {
    pub name: String,
    looks: Vec<(Duration, Use)>,
}

/// One measure of a process over the whole time.
pub struct Course {
    /// Medians of the tenth after the warm-up, of the middle and of the last tenth.
    pub start: f64,
    pub middle: f64,
    pub end: f64,
    pub most: f64,
    /// Change per hour of the line that fits best, without the warm-up.
    pub slope: f64,
}

impl Series {
    /// Looks until the time is over or the process has gone.
    pub fn follow(name: &str, pid: u32, span: &Span) -> Self {
        let mut looks = Vec::new();
        let step = span.part(100).min(Duration::from_secs(5));
        while let Some(now) = look(pid) {
            looks.push((span.elapsed(), now));
            if !span.rest(step) {
                break;
            }
        }
        let name = name.to_owned();
        Self { name, looks }
    }

    /// Share of one core that it took.
    pub fn cpu(&self) -> f64 {
        match (self.looks.first(), self.looks.last()) {
            (Some((from, first)), Some((to, last))) if to > from => {
                (last.cpu - first.cpu) / (*to - *from).as_secs_f64()
            }
            _ => 0.0,
        }
    }

    /// The course of one measure. The first tenth is warm-up.
    pub fn course(&self, measure: impl Fn(&Use) -> f64) -> Course {
        let tenth = self.looks.len() / 10;
        let points: Vec<(f64, f64)> = self
            .looks
            .iter()
            .map(|(at, used)| (at.as_secs_f64() / 3600.0, measure(used)))
            .collect();
        let part = |number: usize| -> f64 {
            let from = number * tenth;
            median(points[from..(from + tenth.max(1)).min(points.len())].iter())
        };
        Course {
            start: part(1),
            middle: part(5),
            end: part(9),
            most: points.iter().map(|(_, value)| *value).fold(0.0, f64::max),
            slope: slope(&points[tenth..]),
        }
    }
}

impl Course {
    /// Whether the end is no higher than the start, but for a twentieth and `slack`.
    pub fn is_flat(&self, slack: f64) -> bool {
        self.end <= self.start * 1.05 + slack
    }
}

fn median<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> f64 {
    let mut values: Vec<f64> = points.map(|(_, value)| *value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |f: fn(&(f64, f64)) -> f64| points.iter().map(f).sum::<f64>() / count;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let over: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let under: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    over / under
}

//! Output of `-v`: requests and responses, with `-vv` their redacted bodies.

use super::Output;
use crate::api::{Trace, Tracer};
use crate::redact::{self, BodyKind};
use crate::text::{Text, text};
use crate::time::show_duration;

/// Prints HTTP events to stderr; created only with `-v`.
pub struct HttpTrace(pub Output);

impl Tracer for HttpTrace {
    fn trace(&self, event: &Trace<'_>) {
        let (line, body) = describe(event);
        self.0.note(&line);
        if self.0.verbosity() >= 2
            && let Some(body) = body
        {
            self.0.note(&Text::verbatim(format!(
                "  {}",
                redact::body(body, kind_of(event))
            )));
        }
    }
}

fn kind_of(event: &Trace<'_>) -> BodyKind {
    match event {
        Trace::Request { .. } => BodyKind::Request,
        _ => BodyKind::Response,
    }
}

fn describe<'t>(event: &Trace<'t>) -> (Text, Option<&'t [u8]>) {
    match event {
        Trace::Request { method, url, body } => {
            let size = body.map_or(0, <[u8]>::len);
            (
                text!("> {method} {url} ({size} bytes)", method, url, size),
                *body,
            )
        }
        Trace::Response(response) => {
            let millis = response.latency.as_secs_f64() * 1000.0;
            let line = text!(
                "< HTTP {status} in {millis} ms ({size} bytes)",
                status = response.status,
                millis = format!("{millis:.1}"),
                size = response.body.len()
            );
            (line, Some(&response.body))
        }
        Trace::Failure(error, elapsed) => {
            let millis = elapsed.as_secs_f64() * 1000.0;
            let millis = format!("{millis:.1}");
            (
                text!(
                    "! after {millis} ms: {error}",
                    millis,
                    error = error.summary()
                ),
                None,
            )
        }
        Trace::Retry(wait) => (
            text!("~ trying again in {wait}", wait = show_duration(*wait)),
            None,
        ),
    }
}

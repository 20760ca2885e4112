//! What `-v` prints of the wire: requests and answers, and with `-vv` their bodies, redacted.

use super::Output;
use crate::api::{Trace, Tracer};
use crate::redact;
use crate::time::show_duration;

/// Prints wire events to stderr. Made only when `-v` was given.
pub struct WireLog(pub Output);

impl Tracer for WireLog {
    fn trace(&self, event: &Trace<'_>) {
        let (line, body) = describe(event);
        self.0.note(&line);
        if self.0.verbosity() >= 2
            && let Some(body) = body
        {
            self.0.note(&format!("  {}", redact::body(body)));
        }
    }
}

fn describe<'t>(event: &Trace<'t>) -> (String, Option<&'t [u8]>) {
    match event {
        Trace::Request { method, url, body } => {
            let size = body.map_or(0, <[u8]>::len);
            (format!("> {method} {url} ({size} bytes)"), *body)
        }
        Trace::Reply(reply) => {
            let millis = reply.latency.as_secs_f64() * 1000.0;
            let line = format!(
                "< HTTP {} in {millis:.1} ms ({} bytes)",
                reply.status,
                reply.body.len()
            );
            (line, Some(&reply.body))
        }
        Trace::Failure(error, elapsed) => {
            let millis = elapsed.as_secs_f64() * 1000.0;
            (format!("! after {millis:.1} ms: {}", error.summary()), None)
        }
        Trace::Retry(wait) => (format!("~ trying again in {}", show_duration(*wait)), None),
    }
}

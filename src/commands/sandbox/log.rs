//! The sandbox's log of requests.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::files;
use crate::output::Output;
use crate::sandbox::{Exchange, Observer};
use crate::text::{Text, text};

/// Logs a line per request on the terminal and, if requested, in a file.
pub struct Log {
    output: Output,
    record: Option<Mutex<File>>,
    /// Whether stdout is free for JSON events.
    owns_stdout: bool,
}

#[derive(Serialize)]
struct Event<'a> {
    event: &'static str,
    #[serde(flatten)]
    exchange: &'a Exchange,
}

impl Log {
    /// A log that also writes to `record`.
    ///
    /// # Errors
    /// A usage error when the file cannot be created.
    pub fn new(context: &Context, record: Option<&Path>, owns_stdout: bool) -> Result<Self, Error> {
        let record = record
            .map(|path| {
                files::create(path).map(Mutex::new).map_err(|e| {
                    Error::usage(text!(
                        "cannot write the record {path}: {error}",
                        path = path.display(),
                        error = e
                    ))
                })
            })
            .transpose()?;
        Ok(Self {
            output: context.output.clone(),
            record,
            owns_stdout,
        })
    }

    /// The log as a callback of the sandbox, called before each response, so that the record contains
    /// everything a client has seen.
    pub fn observer(self) -> Observer {
        Arc::new(move |exchange| {
            self.record(exchange);
            self.show(exchange);
        })
    }

    fn record(&self, exchange: &Exchange) {
        let Some(record) = &self.record else { return };
        let line = serde_json::to_string(exchange).unwrap_or_default() + "\n";
        let mut file = record.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(e) = file.write_all(line.as_bytes()) {
            self.output.warn(&text!(
                "a request could not be written to the record: {error}",
                error = e
            ));
        }
    }

    fn show(&self, exchange: &Exchange) {
        if self.owns_stdout && self.output.is_json() {
            let event = "request";
            // The server continues when the output is closed.
            let _ = self.output.json(&Event { event, exchange });
        } else {
            self.output.note(&Text::verbatim(line(exchange)));
        }
    }
}

/// `POST /msg/send_text 200 message 1066173 to R:10001: "text"`
fn line(exchange: &Exchange) -> String {
    let status = exchange
        .http_status
        .map_or_else(|| "---".to_owned(), |status| status.to_string());
    let fault = exchange
        .fault
        .as_ref()
        .map_or_else(String::new, |fault| format!(" [fault {fault}]"));
    format!(
        "{} {} {status} {}{fault}",
        exchange.method, exchange.path, exchange.note
    )
}

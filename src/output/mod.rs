//! All output of the program.
//!
//! stdout is for data, stderr for everything else. Text from the server is sanitised on a terminal and
//! on stderr, and byte-exact in a pipe. A closed stdout ends the program quietly.
//!
//! Only this module renders texts in a language. JSON is the same in all languages.

mod http_trace;
mod json_format;
mod page;
#[cfg(any(test, fuzzing))]
pub mod properties;
mod sanitize;
mod secret_mask;
mod status_line;
mod streams;
pub mod table;
mod table_layout;
mod table_stream;

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::env::{self, Env};
use crate::error::{Error, Kind};
use crate::text::{Lang, Text, text};
pub use http_trace::HttpTrace;
pub use json_format::JsonFormat;
pub use page::Page;
use sanitize::{for_terminal, json_for_terminal};
use secret_mask::SecretMask;
use status_line::Stderr;
pub use streams::{OutputStream, StdinStream, Streams};
use table::TableStyle;
pub use table_stream::TableStream;

/// When to use color.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal that can show it
    #[default]
    Auto,
    /// Always, even in a pipe
    Always,
    /// Never
    Never,
}

/// Output options from the command line and the environment.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputOptions {
    /// How results are printed as JSON; `None` for people.
    pub json: Option<JsonFormat>,
    /// Whether notes are suppressed.
    pub quiet: bool,
    /// 0, 1 for requests, 2 for bodies as well.
    pub verbosity: u8,
    /// When to use color.
    pub color: ColorChoice,
    /// Whether the environment disables color.
    pub no_color: bool,
    /// Whether the terminal cannot move the cursor.
    pub dumb: bool,
    /// Whether the locale's encoding is UTF-8.
    pub utf8: bool,
    /// The language.
    pub lang: Lang,
}

impl OutputOptions {
    /// Whether the environment disables color.
    pub fn is_colorless(env: &Env) -> bool {
        env.get(env::NO_COLOR).is_some()
            || env.get(env::CLICOLOR).is_some_and(|value| value == "0")
            || Self::is_dumb(env)
    }

    /// Whether the terminal cannot move the cursor.
    pub fn is_dumb(env: &Env) -> bool {
        env.get(env::TERM).is_some_and(|term| term == "dumb")
    }

    fn colors(self, terminal: bool) -> bool {
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !self.no_color,
        }
    }
}

/// What a stream can display.
#[derive(Clone, Copy, Debug)]
pub struct TerminalCapabilities {
    /// Whether it is a terminal.
    pub terminal: bool,
    /// Whether color may be used.
    pub color: bool,
    /// Its width, if known.
    pub columns: Option<usize>,
}

/// Output of results, notes and errors. Cheap to clone; usable from every thread.
#[derive(Clone)]
pub struct Output {
    options: OutputOptions,
    out: Arc<Mutex<OutputStream>>,
    err: Arc<Mutex<Stderr>>,
    stdout_style: TableStyle,
    stderr_style: TableStyle,
    mask: SecretMask,
}

impl Output {
    /// Output with these options.
    pub fn new(options: OutputOptions, stdout: OutputStream, stderr: OutputStream) -> Self {
        let style = |sink: &OutputStream| TableStyle {
            terminal: sink.terminal,
            color: options.colors(sink.terminal),
            utf8: options.utf8,
            columns: None,
        };
        Self {
            options,
            stdout_style: style(&stdout),
            stderr_style: style(&stderr),
            mask: SecretMask::default(),
            out: Arc::new(Mutex::new(stdout)),
            err: Arc::new(Mutex::new(Stderr::new(stderr))),
        }
    }

    /// Adds a secret that is masked in all notes and errors.
    pub fn hide(&self, secret: &str) {
        self.mask.hide(secret);
    }

    /// The error with secrets masked.
    pub fn masked(&self, error: &Error) -> Error {
        let mask = |text: &str| self.mask.mask(text).into_owned();
        Error {
            message: error.message.map_verbatim(&mask),
            hint: error.hint.as_ref().map(|hint| hint.map_verbatim(&mask)),
            ..error.clone()
        }
    }

    /// Whether results are JSON.
    pub fn is_json(&self) -> bool {
        self.options.json.is_some()
    }

    /// The level of `-v`.
    pub fn verbosity(&self) -> u8 {
        self.options.verbosity
    }

    /// Whether stderr is a terminal.
    pub fn stderr_is_terminal(&self) -> bool {
        self.stderr_style.terminal
    }

    /// The table style on stdout.
    pub fn stdout_style(&self) -> TableStyle {
        self.stdout_style
    }

    /// Prints a command's result: `view` as JSON, or the text made by `human`.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn result<T: Serialize, P: Into<Page>>(
        &self,
        view: &T,
        human: impl FnOnce(&T) -> P,
    ) -> Result<(), Error> {
        if self.is_json() {
            self.json(view)
        } else {
            self.page(human(view))
        }
    }

    /// Prints one JSON document on one line, or a list on one line for each element; flushed.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn json<T: Serialize>(&self, view: &T) -> Result<(), Error> {
        let json = serde_json::to_string(view).map_err(not_json)?;
        if self.options.json == Some(JsonFormat::Ndjson) && json.starts_with('[') {
            let mut array = self.json_array();
            for element in serde_json::from_str::<Vec<&RawValue>>(&json).map_err(not_json)? {
                array.push(element)?;
            }
            return array.end();
        }
        let shown = if self.stdout_style.terminal {
            json_for_terminal(&json)
        } else {
            Cow::Borrowed(json.as_str())
        };
        self.write_out(format!("{shown}\n").as_bytes())
    }

    /// Starts a JSON array whose elements are printed as they come.
    pub fn json_array(&self) -> JsonArray<'_> {
        let in_lines = self.options.json == Some(JsonFormat::Ndjson);
        JsonArray {
            output: self,
            in_lines,
            pending: match in_lines {
                true => String::new(),
                false => String::from("["),
            },
            is_empty: true,
        }
    }

    /// Starts a table whose rows are printed as they come.
    pub fn table_stream<const N: usize>(&self, header: [Text; N]) -> TableStream<'_, N> {
        TableStream::new(self, header)
    }

    /// Prints text of this program, which includes its line breaks.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn text(&self, text: &str) -> Result<(), Error> {
        self.write_out(text.as_bytes())
    }

    /// The width of stdout, if it is a terminal and known.
    pub fn stdout_columns(&self) -> Option<usize> {
        match self.stdout_style.terminal {
            true => columns_of(io::stdout()),
            false => None,
        }
    }

    /// Prints a text result.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn page(&self, page: impl Into<Page>) -> Result<(), Error> {
        let style = TableStyle {
            columns: self.stdout_columns(),
            ..self.stdout_style
        };
        self.text(&page.into().render(style, self.options.lang))
    }

    /// Prints a line of text from outside.
    fn line(&self, text: &str) -> Result<(), Error> {
        self.write_out(format!("{}\n", self.shown(text)).as_bytes())
    }

    /// `text` from outside, sanitised if stdout is a terminal.
    fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.stdout_style.terminal {
            for_terminal(text)
        } else {
            Cow::Borrowed(text)
        }
    }

    /// Prints bytes unchanged; on a terminal, sanitised and with a final line break.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), Error> {
        if self.stdout_style.terminal {
            self.line(&String::from_utf8_lossy(bytes))
        } else {
            self.write_out(bytes)
        }
    }

    /// Prints a note; suppressed by `--quiet`.
    pub fn note(&self, text: &Text) {
        if !self.options.quiet {
            self.write_err(&self.render(text), Style::new());
        }
    }

    /// Prints one of several input errors, before the error that sums them up.
    pub fn input_error(&self, text: &Text) {
        self.write_err(&self.render(text), AnsiColor::Red.on_default());
    }

    /// Whether a status line may be drawn.
    pub fn shows_progress(&self) -> bool {
        self.stderr_style.terminal
            && !self.options.dumb
            && !self.options.quiet
            && self.options.verbosity == 0
    }

    /// Draws a status line, which stays until the next output. Only if [`Output::shows_progress`].
    pub fn status(&self, text: &Text) {
        let text = self.render(text);
        let columns = self.stderr_capabilities().columns.unwrap_or(80);
        let room = columns.saturating_sub(1);
        let line = table_layout::cut(&for_terminal(&text), room, self.stderr_style.utf8);
        self.stderr().status(&line);
    }

    /// Erases the line drawn by [`Output::status`].
    pub fn clear_status(&self) {
        self.stderr().clear();
    }

    /// Renders a text in the language of this run.
    fn render(&self, text: &Text) -> String {
        text.render(self.options.lang)
    }

    /// Prints a warning, also with `--quiet`.
    pub fn warn(&self, text: &Text) {
        let text = text!("warning: {text}", text);
        self.write_err(&self.render(&text), AnsiColor::Yellow.on_default());
    }

    /// What stderr can display.
    pub fn stderr_capabilities(&self) -> TerminalCapabilities {
        TerminalCapabilities {
            terminal: self.stderr_style.terminal,
            color: self.stderr_style.color,
            columns: match self.stderr_style.terminal {
                true => columns_of(io::stderr()),
                false => None,
            },
        }
    }

    /// Renders a text for stderr, with text from outside sanitised.
    fn render_sanitized(&self, text: &Text) -> String {
        for_terminal(&self.render(text)).into_owned()
    }

    /// Prints a drawing of this program to stderr unchanged, also with `--quiet`, below its caption.
    pub fn drawing(&self, drawing: &str, caption: Option<&Text>) {
        let caption = caption.map_or_else(String::new, |text| self.render_sanitized(text) + "\n");
        let mut err = self.stderr();
        let err = err.writer();
        // The drawing comes last, so that it stays visible on a small screen.
        let _ = err.write_all(caption.as_bytes());
        let _ = err.write_all(drawing.as_bytes());
        let _ = err.flush();
    }

    /// Prints a prompt to stderr, without a line break.
    pub fn prompt(&self, text: &Text) {
        let text = self.render_sanitized(text);
        let mut err = self.stderr();
        let err = err.writer();
        let _ = err.write_all(text.as_bytes());
        let _ = err.flush();
    }

    /// Ends the line of a prompt.
    pub fn end_line(&self) {
        let mut err = self.stderr();
        let err = err.writer();
        let _ = err.write_all(b"\n");
        let _ = err.flush();
    }

    /// Prints an error as the last line on stderr; as JSON when results are JSON.
    pub fn error(&self, error: &Error) {
        if error.kind == Kind::ClosedPipe {
            return;
        }
        if self.is_json() {
            // A struct of plain fields always serialises.
            let json = serde_json::to_string(error).unwrap_or_default();
            self.write_err(&format!("{{\"error\":{json}}}"), Style::new());
            return;
        }
        let message = text!("error: {message}", message = &error.message);
        self.write_err(&self.render(&message), AnsiColor::Red.on_default());
        if let Some(hint) = &error.hint {
            let hint = text!("hint: {hint}", hint);
            self.write_err(&self.render(&hint), AnsiColor::Cyan.on_default());
        }
    }

    fn stderr(&self) -> MutexGuard<'_, Stderr> {
        self.err.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes one line to stderr, with its label up to the colon in color.
    fn write_err(&self, text: &str, label: Style) {
        // Sanitised also in a file: logs are read on terminals.
        let text = self.mask.mask(text);
        let text = match text.starts_with('{') {
            true => json_for_terminal(&text),
            false => for_terminal(&text),
        };
        let colon = text.char_indices().find(|(_, c)| matches!(c, ':' | '：'));
        let parts = colon.and_then(|(at, c)| text.split_at_checked(at + c.len_utf8()));
        let painted = match parts {
            Some((word, rest)) if self.stderr_style.color && label != Style::new() => {
                format!("{label}{word}{label:#}{rest}\n")
            }
            _ => format!("{text}\n"),
        };
        let mut err = self.stderr();
        let err = err.writer();
        let _ = err.write_all(painted.as_bytes());
        let _ = err.flush();
    }

    fn write_out(&self, bytes: &[u8]) -> Result<(), Error> {
        // Both streams may be the same terminal, so stderr is locked while a status line is drawn; otherwise
        // not, because a blocked stderr would then block stdout.
        let _undrawn = self.shows_progress().then(|| {
            let mut err = self.stderr();
            err.clear();
            err
        });
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.writer
            .write_all(bytes)
            .and_then(|()| out.writer.flush())
            .map_err(|e| match e.kind() {
                io::ErrorKind::BrokenPipe => Error::closed_pipe(),
                _ => Error::io_after_change(text!("cannot write the result to stdout"), &e),
            })
    }
}

/// Unreachable: the views have string keys only.
fn not_json(error: serde_json::Error) -> Error {
    Error::internal(Text::verbatim(error.to_string()))
}

/// A JSON array on stdout that is not kept in memory.
pub struct JsonArray<'o> {
    output: &'o Output,
    /// One line for each element, without brackets.
    in_lines: bool,
    pending: String,
    is_empty: bool,
}

impl JsonArray<'_> {
    /// Printed at once.
    const CHUNK: usize = 32 * 1024;

    /// Adds an element.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Error> {
        let json = serde_json::to_string(element).map_err(not_json)?;
        if !self.is_empty && !self.in_lines {
            self.pending.push(',');
        }
        self.is_empty = false;
        self.pending.push_str(&json);
        if self.in_lines {
            self.pending.push('\n');
        }
        if self.pending.len() >= Self::CHUNK {
            self.print()?;
        }
        Ok(())
    }

    /// Ends the array and its line.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn end(mut self) -> Result<(), Error> {
        if !self.in_lines {
            self.pending.push_str("]\n");
        }
        self.print()
    }

    fn print(&mut self) -> Result<(), Error> {
        let shown = match self.output.stdout_style.terminal {
            true => json_for_terminal(&self.pending),
            false => Cow::Borrowed(self.pending.as_str()),
        };
        self.output.write_out(shown.as_bytes())?;
        self.pending.clear();
        Ok(())
    }
}

/// A terminal of unknown width reports 0.
#[cfg(unix)]
fn columns_of(stream: impl std::os::fd::AsFd) -> Option<usize> {
    terminal_size::terminal_size_of(stream).map(|(width, _)| width.0.into())
}

#[cfg(windows)]
fn columns_of(stream: impl std::os::windows::io::AsHandle) -> Option<usize> {
    terminal_size::terminal_size_of(stream).map(|(width, _)| width.0.into())
}

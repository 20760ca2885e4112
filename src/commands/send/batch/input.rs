//! Reads a batch line by line, in constant memory.

use std::fs::{File, FileType};
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::line::{self, BadLine, Item};
use crate::commands::targets::ResolveTarget;
use crate::context::Context;
use crate::error::Error;
use crate::input;
use crate::text::{Text, text};

/// Longest accepted line in bytes.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;
/// Lines of a stream read ahead.
const READ_AHEAD: usize = 16;
/// Poll interval of the stop condition while waiting for input.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The source of the lines, and the current position.
pub struct Input {
    source: InputSource,
    number: u64,
    /// Whether files are sent without checks.
    no_check: bool,
}

enum InputSource {
    /// A file that can be read twice: validated whole before anything is sent.
    File(BufReader<File>, PathBuf),
    /// A stream that can be read once: validated line by line. Read on a thread, because a blocking read
    /// cannot be interrupted.
    Stream(Receiver<io::Result<Vec<u8>>>, Text),
}

impl Input {
    /// Opens a file, or standard input for `-`.
    ///
    /// # Errors
    /// A usage error when the file cannot be opened.
    pub fn open(context: &Context, path: &Path) -> Result<Self, Error> {
        let source = if path == Path::new("-") {
            let lines = in_background(BufReader::new(context.take_stdin()?.reader))?;
            InputSource::Stream(lines, text!("standard input"))
        } else {
            let path = input::named_file(path);
            let file = File::open(path).map_err(|e| unreadable(&shown(path), &e))?;
            let kind = file.metadata().map(|meta| meta.file_type());
            if kind.as_ref().is_ok_and(FileType::is_dir) {
                // The message of the system, before anything is asked of the server.
                (&file)
                    .read(&mut [0])
                    .map_err(|e| unreadable(&shown(path), &e))?;
            }
            let is_file = kind.is_ok_and(|kind| kind.is_file());
            let reader = BufReader::new(file);
            match is_file {
                true => InputSource::File(reader, path.to_owned()),
                false => InputSource::Stream(in_background(reader)?, shown(path)),
            }
        };
        Ok(Self {
            source,
            number: 0,
            no_check: false,
        })
    }

    /// The same input, whose files are checked or not.
    pub fn unchecked(self, no_check: bool) -> Self {
        Self { no_check, ..self }
    }

    /// Validates a file and returns its number of lines; `None` for a stream. With `skip_bad`, bad lines
    /// are counted too.
    ///
    /// # Errors
    /// A usage error when lines are invalid: all are listed, and nothing is sent.
    pub fn validate(
        &mut self,
        context: &Context,
        targets: &dyn ResolveTarget,
        skip_bad: bool,
    ) -> Result<Option<u64>, Error> {
        if matches!(self.source, InputSource::Stream(..)) {
            return Ok(None);
        }
        let (mut lines, mut bad, mut names) = (0, 0, 0);
        while let Some(line) = self.next(targets, || false)? {
            lines += 1;
            if let Err(line) = line
                && !skip_bad
            {
                bad += 1;
                names += u64::from(line.is_name);
                line.report(&context.output);
            }
        }
        if bad > 0 {
            return Err(bad_lines(bad, names));
        }
        self.rewind()?;
        Ok(Some(lines))
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.number = 0;
        match &mut self.source {
            InputSource::File(reader, path) => {
                reader.rewind().map_err(|e| unreadable(&shown(path), &e))
            }
            InputSource::Stream(..) => Ok(()),
        }
    }

    /// The next non-empty line; `None` at the end, or when `stopped` returns true while waiting.
    ///
    /// # Errors
    /// A usage error when the input cannot be read; when names of targets cannot be looked up.
    pub fn next(
        &mut self,
        targets: &dyn ResolveTarget,
        stopped: impl Fn() -> bool,
    ) -> Result<Option<Result<Item, BadLine>>, Error> {
        loop {
            let line = match &mut self.source {
                InputSource::File(reader, path) => {
                    read_line(reader).map_err(|e| unreadable(&shown(path), &e))?
                }
                InputSource::Stream(lines, name) => {
                    receive(lines, &stopped).map_err(|e| unreadable(name, &e))?
                }
            };
            let Some(bytes) = line else {
                return Ok(None);
            };
            self.number += 1;
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                let line = self.parse(&bytes, targets);
                // That names cannot be looked up is no fault of the line.
                return match targets.failure() {
                    Some(error) => Err(error),
                    None => Ok(Some(line)),
                };
            }
        }
    }
}

impl Input {
    /// Parses a line and checks its file.
    fn parse(&self, bytes: &[u8], targets: &dyn ResolveTarget) -> Result<Item, BadLine> {
        let mut item = line::parse(self.number, bytes.trim_ascii(), targets)?;
        if self.no_check {
            item.skip_file_checks();
        }
        item.check_file()?;
        Ok(item)
    }
}

/// Reads lines on a thread that ends with the input or the process.
fn in_background(
    mut reader: impl BufRead + Send + 'static,
) -> Result<Receiver<io::Result<Vec<u8>>>, Error> {
    let (lines, received) = sync_channel(READ_AHEAD);
    let read = move || {
        while let Some(line) = read_line(&mut reader).transpose() {
            let ended = line.is_err();
            if lines.send(line).is_err() || ended {
                return;
            }
        }
    };
    let thread = thread::Builder::new().name("input".into());
    thread
        .spawn(read)
        .map_err(|e| Error::io_before_change(text!("cannot read the batch"), &e))?;
    Ok(received)
}

fn receive(
    lines: &Receiver<io::Result<Vec<u8>>>,
    stopped: impl Fn() -> bool,
) -> io::Result<Option<Vec<u8>>> {
    loop {
        match lines.recv_timeout(POLL_INTERVAL) {
            Ok(line) => return line.map(Some),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) if stopped() => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// The error for a batch with invalid lines, `names` of them only because a name has no or
/// several conversations.
pub fn bad_lines(count: u64, names: u64) -> Error {
    let message = match count {
        1 => text!("1 invalid line; nothing was sent"),
        count => text!("{count} invalid lines; nothing was sent", count),
    };
    let error = match names == count {
        true => Error::config(message),
        false => Error::usage(message),
    };
    error.hint(text!(
        "fix them, or send only the valid lines with --skip-bad"
    ))
}

fn read_line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let read = reader.take(LONGEST_LINE).read_until(b'\n', &mut bytes)?;
    if read as u64 == LONGEST_LINE && !bytes.ends_with(b"\n") {
        return Err(io::Error::other("a line is longer than 16 MiB"));
    }
    Ok((read > 0).then_some(bytes))
}

fn shown(path: &Path) -> Text {
    Text::verbatim(path.display().to_string())
}

fn unreadable(what: &Text, error: &io::Error) -> Error {
    Error::usage(text!("cannot read the batch {what}: {error}", what, error))
}

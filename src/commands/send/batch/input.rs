//! The lines of a batch, read one at a time: a million of them take no more memory than one.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use super::line::{self, BadLine, Item};
use crate::config::Settings;
use crate::context::Context;
use crate::error::Error;

/// The longest line that is read.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// Where the lines come from, and how far we are.
pub struct Input {
    from: From,
    number: u64,
}

enum From {
    /// Can be read twice: validated whole before anything is sent.
    File(BufReader<File>, PathBuf),
    /// Can be read once: validated as it comes.
    Stream(Box<dyn BufRead + Send>),
}

impl Input {
    /// Opens a file, or standard input for `-`.
    ///
    /// # Errors
    /// A usage error when the file cannot be opened.
    pub fn open(context: &Context, source: &Path) -> Result<Self, Error> {
        let from = if source == Path::new("-") {
            From::Stream(Box::new(BufReader::new(context.take_stdin()?.reader)))
        } else {
            let file = File::open(source).map_err(|e| unreadable(source, &e))?;
            let is_file = file.metadata().is_ok_and(|meta| meta.is_file());
            let reader = BufReader::new(file);
            match is_file {
                true => From::File(reader, source.to_owned()),
                false => From::Stream(Box::new(reader)),
            }
        };
        Ok(Self { from, number: 0 })
    }

    /// Reads a file to its end and says how many lines it has; `None` for a stream. With
    /// `skip_bad` bad lines are counted too.
    ///
    /// # Errors
    /// A usage error when there are bad lines: all of them are listed, and nothing is sent.
    pub fn validate(&mut self, context: &Context, skip_bad: bool) -> Result<Option<u64>, Error> {
        if matches!(self.from, From::Stream(_)) {
            return Ok(None);
        }
        let settings = context.settings()?;
        let (mut lines, mut bad) = (0, 0);
        while let Some(line) = self.next(settings)? {
            lines += 1;
            if let Err(line) = line
                && !skip_bad
            {
                bad += 1;
                context
                    .output
                    .complain(&format!("line {}: {}", line.line, line.why));
            }
        }
        if bad > 0 {
            let plural = if bad == 1 { "" } else { "s" };
            return Err(
                Error::usage(format!("{bad} bad line{plural}; nothing was sent"))
                    .hint("correct them, or send only the others with --skip-bad"),
            );
        }
        self.rewind()?;
        Ok(Some(lines))
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.number = 0;
        match &mut self.from {
            From::File(reader, path) => reader.rewind().map_err(|e| unreadable(path, &e)),
            From::Stream(_) => Ok(()),
        }
    }

    /// The next line that is not empty; `None` at the end.
    ///
    /// # Errors
    /// A usage error when the input cannot be read.
    pub fn next(&mut self, settings: &Settings) -> Result<Option<Result<Item, BadLine>>, Error> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = match &mut self.from {
                From::File(reader, path) => {
                    read_line(reader, &mut bytes).map_err(|e| unreadable(path, &e))?
                }
                From::Stream(reader) => read_line(reader, &mut bytes)
                    .map_err(|e| unreadable(Path::new("standard input"), &e))?,
            };
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(line::parse(self.number, bytes.trim_ascii(), settings)));
            }
        }
    }
}

fn read_line(reader: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let read = reader.take(LONGEST_LINE).read_until(b'\n', bytes)?;
    if read as u64 == LONGEST_LINE && !bytes.ends_with(b"\n") {
        return Err(io::Error::other("a line is longer than 16 MiB"));
    }
    Ok(read)
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::usage(format!("cannot read the batch {}: {error}", path.display()))
}

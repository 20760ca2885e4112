//! Reads user input: standard input and files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use crate::error::{Error, Kind, Outcome};
use crate::output::StdinStream;
use crate::text::{Text, text};
use crate::time::{Deadline, show_duration};

/// Most bytes read from a file or standard input.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Reads standard input to its end.
///
/// # Errors
/// `deadline` when it does not end in time, a usage error when it cannot be read or is too long.
pub fn stdin_bytes(stdin: StdinStream, deadline: Deadline) -> Result<Vec<u8>, Error> {
    in_time(deadline, text!("standard input did not end"), move || {
        read_limited(stdin.reader)
    })
}

/// Reads one line of standard input.
///
/// # Errors
/// As [`stdin_bytes`].
pub fn stdin_line(stdin: StdinStream, deadline: Deadline) -> Result<String, Error> {
    in_time(deadline, text!("no answer was typed"), move || {
        let mut line = String::new();
        BufReader::new(stdin.reader.take(4096)).read_line(&mut line)?;
        Ok(line)
    })
}

/// A blocking read cannot be interrupted, so it runs on a thread that ends with the process.
fn in_time<T: Send + 'static>(
    deadline: Deadline,
    otherwise: Text,
    read: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let (done, result) = mpsc::channel();
    let reader = thread::Builder::new().name("stdin".into());
    reader
        .spawn(move || done.send(read()))
        .map_err(|e| Error::io_before_change(text!("cannot read standard input"), &e))?;
    match result.recv_timeout(deadline.remaining()) {
        Ok(read) => {
            read.map_err(|e| Error::usage(text!("cannot read standard input: {error}", error = e)))
        }
        Err(_) => Err(Error::new(
            Kind::Deadline,
            text!(
                "{otherwise} within {timeout}",
                otherwise,
                timeout = show_duration(deadline.timeout())
            ),
        )
        .hint(text!(
            "allow more time with --timeout, for example --timeout 10min"
        ))
        .outcome(Outcome::NotSent)),
    }
}

/// The file that an option names: `@FILE` is FILE, as with curl, unless there is a file of that name.
pub fn named_file(path: &Path) -> &Path {
    let without = path.to_str().and_then(|text| text.strip_prefix('@'));
    match without {
        Some(file) if !path.exists() => Path::new(file),
        _ => path,
    }
}

/// Reads a whole file.
///
/// # Errors
/// A usage error that names the file.
pub fn file_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    File::open(path).and_then(read_limited).map_err(|e| {
        Error::usage(text!(
            "cannot read {path}: {error}",
            path = path.display(),
            error = e
        ))
    })
}

/// Converts bytes to text.
///
/// # Errors
/// A usage error with the position at which `what` stops being UTF-8.
pub fn utf8(bytes: Vec<u8>, what: &Text) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Error::usage(text!("{what} is not UTF-8 text (at byte {at})", what, at)).hint(text!(
            "convert it first, for example with `iconv -f GB18030 -t UTF-8`"
        ))
    })
}

fn read_limited(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("longer than 16 MiB"));
    }
    Ok(bytes)
}

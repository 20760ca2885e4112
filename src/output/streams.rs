//! The standard streams, replaceable in tests.

use std::io::{self, IsTerminal, Read, Write};

/// A writable stream.
pub struct OutputStream {
    /// The writer.
    pub writer: Box<dyn Write + Send>,
    /// Whether it is a terminal.
    pub terminal: bool,
}

/// Standard input. Nothing is read until a command asks for it.
pub struct StdinStream {
    /// The reader.
    pub reader: Box<dyn Read + Send>,
    /// Whether it is a terminal.
    pub terminal: bool,
}

/// The three standard streams.
pub struct Streams {
    /// Standard input.
    pub stdin: StdinStream,
    /// Standard output, for data.
    pub stdout: OutputStream,
    /// Standard error, for everything else.
    pub stderr: OutputStream,
}

impl Streams {
    /// The streams of this process.
    pub fn of_process() -> Self {
        Self {
            stdin: StdinStream {
                terminal: io::stdin().is_terminal(),
                reader: Box::new(io::stdin()),
            },
            stdout: OutputStream {
                terminal: io::stdout().is_terminal(),
                writer: Box::new(io::stdout()),
            },
            stderr: OutputStream {
                terminal: io::stderr().is_terminal(),
                writer: Box::new(io::stderr()),
            },
        }
    }
}

//! The streams a process has, in a form tests and a second run can replace.

use std::io::{self, IsTerminal, Read, Write};

/// Somewhere to write, and whether a person looks at it.
pub struct Sink {
    /// Where bytes go.
    pub writer: Box<dyn Write + Send>,
    /// Whether it is a terminal.
    pub terminal: bool,
}

/// Standard input. Nothing is read from it until a command asks.
pub struct Source {
    /// Where bytes come from.
    pub reader: Box<dyn Read + Send>,
    /// Whether it is a terminal.
    pub terminal: bool,
}

/// Standard input, output and error.
pub struct Streams {
    /// Standard input.
    pub stdin: Source,
    /// Standard output: data.
    pub stdout: Sink,
    /// Standard error: everything else.
    pub stderr: Sink,
}

impl Streams {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self {
            stdin: Source {
                terminal: io::stdin().is_terminal(),
                reader: Box::new(io::stdin()),
            },
            stdout: Sink {
                terminal: io::stdout().is_terminal(),
                writer: Box::new(io::stdout()),
            },
            stderr: Sink {
                terminal: io::stderr().is_terminal(),
                writer: Box::new(io::stderr()),
            },
        }
    }
}

//! Standard error, and the one line on it that changes while something takes long.

use std::io::Write;

use super::streams::Sink;

/// Back to the start of the line, and nothing on it.
const ERASE: &str = "\r\x1b[K";

/// Standard error. Whatever is written to it takes the changing line away first.
pub struct Stderr {
    sink: Sink,
    has_status: bool,
}

impl Stderr {
    pub(super) fn new(sink: Sink) -> Self {
        Self {
            sink,
            has_status: false,
        }
    }

    /// Where to write. A stderr that cannot be written to is no reason to fail: there is nobody
    /// to tell.
    pub(super) fn writer(&mut self) -> &mut dyn Write {
        self.clear();
        &mut self.sink.writer
    }

    /// Draws the changing line, over the one before it. It must leave a column free, or it would be
    /// continued on the next line, where erasing does not reach.
    pub(super) fn status(&mut self, line: &str) {
        // Back to its start: what another program on this terminal prints stands in its place then,
        // and not behind it.
        let _ = write!(self.sink.writer, "{ERASE}{line}\r");
        let _ = self.sink.writer.flush();
        self.has_status = true;
    }

    /// Takes the changing line away, if there is one.
    pub(super) fn clear(&mut self) {
        if self.has_status {
            let _ = self.sink.writer.write_all(ERASE.as_bytes());
            let _ = self.sink.writer.flush();
            self.has_status = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was written, shared with the sink that writes it.
    #[derive(Clone, Default)]
    struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

    impl Write for SharedBuffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn write_clears_status_line_first() {
        let paper = SharedBuffer::default();
        let mut stderr = Stderr::new(Sink {
            writer: Box::new(paper.clone()),
            terminal: true,
        });
        stderr.status("1/2");
        stderr.status("2/2");
        stderr.writer().write_all(b"note\n").unwrap();
        stderr.writer().write_all(b"note\n").unwrap();
        stderr.clear();
        let written = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            written,
            "\r\u{1b}[K1/2\r\r\u{1b}[K2/2\r\r\u{1b}[Knote\nnote\n"
        );
    }
}

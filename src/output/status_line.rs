//! Standard error and its status line, which is redrawn while something takes long.

use std::io::Write;

use super::streams::OutputStream;

/// Moves to the start of the line and erases it.
const ERASE: &str = "\r\x1b[K";

/// Standard error. Any other output clears the status line first.
pub struct Stderr {
    sink: OutputStream,
    has_status: bool,
}

impl Stderr {
    pub(super) fn new(sink: OutputStream) -> Self {
        Self {
            sink,
            has_status: false,
        }
    }

    /// The writer. Errors of stderr are ignored: they could not be reported anywhere.
    pub(super) fn writer(&mut self) -> &mut dyn Write {
        self.clear();
        &mut self.sink.writer
    }

    /// Draws the status line over the previous one. It must leave one column free, because erasing does not
    /// reach a wrapped line.
    pub(super) fn status(&mut self, line: &str) {
        // Leaves the cursor at the start, so that output of other programs overwrites the line.
        let _ = write!(self.sink.writer, "{ERASE}{line}\r");
        let _ = self.sink.writer.flush();
        self.has_status = true;
    }

    /// Erases the status line, if there is one.
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

    /// Written bytes, shared with the sink.
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
        let buffer = SharedBuffer::default();
        let mut stderr = Stderr::new(OutputStream {
            writer: Box::new(buffer.clone()),
            terminal: true,
        });
        stderr.status("1/2");
        stderr.status("2/2");
        stderr.writer().write_all(b"note\n").unwrap();
        stderr.writer().write_all(b"note\n").unwrap();
        stderr.clear();
        let written = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            written,
            "\r\u{1b}[K1/2\r\r\u{1b}[K2/2\r\r\u{1b}[Knote\nnote\n"
        );
    }
}

//! One WebSocket connection, written to by two threads: its own, and the one that sends events.

use crate::sandbox::lock;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};

/// Time allowed for writing one frame.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// A frame with reserved bits and a reserved type, which every client must reject.
const INVALID_FRAME: &[u8] = &[0xf3, 0x02, 0x00, 0xff];

/// A connection. Each write is one whole frame.
#[derive(Debug)]
pub(super) struct Peer {
    stream: Arc<TcpStream>,
    /// Held while a frame is written, or several that belong together.
    writing: Mutex<()>,
}

impl Peer {
    pub(super) fn new(stream: Arc<TcpStream>) -> io::Result<Self> {
        stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
        Ok(Peer {
            stream,
            writing: Mutex::new(()),
        })
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Starts a sequence of frames that no other thread interrupts.
    pub(super) fn frames(&self) -> FrameWriter<'_> {
        FrameWriter {
            stream: &self.stream,
            _writing: lock(&self.writing),
        }
    }

    /// Ends the connection; a thread that reads from it notices.
    pub(super) fn close(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Writes frames of a connection.
pub(super) struct FrameWriter<'a> {
    stream: &'a TcpStream,
    _writing: MutexGuard<'a, ()>,
}

impl FrameWriter<'_> {
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        let data = text.as_bytes().to_vec();
        self.frame(Frame::message(data, OpCode::Data(Data::Text), true))
    }

    pub(super) fn ping(&mut self) -> io::Result<()> {
        self.frame(Frame::ping(Vec::new()))
    }

    pub(super) fn close(&mut self) -> io::Result<()> {
        self.frame(Frame::close(None))
    }

    /// Writes bytes that are not a frame.
    pub(super) fn invalid_frame(&mut self) -> io::Result<()> {
        self.stream.write_all(INVALID_FRAME)
    }

    fn frame(&mut self, frame: Frame) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(frame.len());
        frame.format(&mut bytes).map_err(io::Error::other)?;
        self.stream.write_all(&bytes)
    }
}

/// The connection for the WebSocket library, which reads it and answers pings.
pub(super) struct PeerStream(pub(super) Arc<Peer>);

impl Read for PeerStream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.stream().read(out)
    }
}

impl Write for PeerStream {
    /// Writes everything: the library passes whole frames.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _writing = lock(&self.0.writing);
        self.0.stream().write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

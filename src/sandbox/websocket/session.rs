//! Serves one WebSocket connection: authentication, acknowledgements, keep-alive, faults.

use super::message::{self, ClientMessage};
use super::peer::{Peer, PeerStream};
use crate::sandbox::endpoint_result::Failure;
use crate::sandbox::fault::{Fault, Kind};
use crate::sandbox::gateway::Refusal;
use crate::sandbox::http::writer;
use crate::sandbox::server::Server;
use crate::secret::Secret;
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

/// Largest message of a client, in bytes.
const MESSAGE_CAP: usize = 64 * 1024;
/// Time for a client to read a refusal before the connection is cut.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// What happens after a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Read,
    /// The client is told that the connection ends.
    Close,
    /// The connection is cut.
    Drop,
    /// Nothing is answered any more.
    Hang,
}

struct Session<'a> {
    server: &'a Server,
    peer: Arc<Peer>,
    /// The instance, once the client has authenticated.
    guid: Option<String>,
    /// The fault of the authentication.
    fault: Option<Fault>,
}

/// Serves a connection to its end; `read` are bytes that came with the handshake.
pub(in crate::sandbox) fn serve(
    server: &Server,
    stream: Arc<TcpStream>,
    read: Vec<u8>,
    fault: Option<Fault>,
) {
    let Ok(peer) = Peer::new(stream).map(Arc::new) else {
        return;
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_message_size(Some(MESSAGE_CAP))
        .max_frame_size(Some(MESSAGE_CAP));
    let stream = PeerStream(peer.clone());
    let mut socket = WebSocket::from_partially_read(stream, read, Role::Server, Some(config));
    let mut session = Session {
        server,
        peer: peer.clone(),
        guid: None,
        fault,
    };
    match session.run(&mut socket) {
        Ok(Next::Close) => close(&peer, &mut socket),
        Ok(Next::Hang) => writer::hang(peer.stream()),
        _ => {}
    }
    session.leave();
    peer.close();
}

/// Sends a close frame and waits briefly for the client's: cutting a connection with unread bytes would
/// lose what was sent last.
fn close(peer: &Peer, socket: &mut WebSocket<PeerStream>) {
    let end = Instant::now() + SHUTDOWN_TIMEOUT;
    let _ = peer.stream().set_read_timeout(Some(SHUTDOWN_TIMEOUT));
    if peer.frames().close().is_ok() {
        while Instant::now() < end && socket.read().is_ok() {}
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

impl Session<'_> {
    /// Reads messages until the connection ends. A silent client is sent a ping, and given up if it stays
    /// silent.
    fn run(&mut self, socket: &mut WebSocket<PeerStream>) -> io::Result<Next> {
        let mut is_pinged = false;
        loop {
            let next = match socket.read() {
                Ok(Message::Text(text)) => self.receive(&text)?,
                Ok(Message::Binary(_)) => self.refuse("the message is not text")?,
                Ok(_) => Next::Read,
                Err(Error::Io(error)) if is_timeout(&error) && !is_pinged => {
                    self.peer.frames().ping()?;
                    is_pinged = true;
                    continue;
                }
                Err(_) => return Ok(Next::Drop),
            };
            is_pinged = false;
            if next != Next::Read {
                return Ok(next);
            }
        }
    }

    fn receive(&mut self, text: &str) -> io::Result<Next> {
        match (ClientMessage::parse(text), &self.guid) {
            (Err(why), _) => self.refuse(why),
            (Ok(ClientMessage::Auth { .. }), Some(_)) => self.refuse("already authenticated"),
            (Ok(ClientMessage::Ack { .. }), None) => self.refuse("not authenticated"),
            (Ok(ClientMessage::Ack { event_id, success }), Some(guid)) => {
                let hub = self.server.callbacks.hub();
                hub.acknowledge(guid, &event_id, success);
                Ok(Next::Read)
            }
            (
                Ok(ClientMessage::Auth {
                    app_key,
                    app_secret,
                    guid,
                }),
                None,
            ) => self.authenticate(&app_key, &app_secret, guid),
        }
    }

    fn refuse(&self, why: &str) -> io::Result<Next> {
        self.peer.frames().text(&message::error(why))?;
        Ok(Next::Read)
    }

    fn authenticate(&mut self, key: &str, secret: &Secret, guid: String) -> io::Result<Next> {
        let fault = self.fault.take();
        if let Some(fault) = fault.as_ref().filter(|fault| !fault.executes()) {
            return self.apply_fault(&fault.kind);
        }
        let gateway = self.server.gateway.as_ref();
        if !gateway.is_some_and(|gateway| gateway.accepts(key, secret)) {
            return self.fail(Refusal::Credentials.text());
        }
        if !self.server.change(|state| state.subscribe(&guid)) {
            return self.fail(&Failure::unknown_guid().message);
        }
        self.guid = Some(guid.clone());
        self.server.callbacks.hub().join(&guid, &self.peer)?;
        fault.map_or(Ok(Next::Read), |fault| self.apply_fault(&fault.kind))
    }

    fn fail(&self, reason: &str) -> io::Result<Next> {
        self.peer.frames().text(&message::auth_failed(reason))?;
        Ok(Next::Close)
    }

    /// Applies a fault, in place of the answer to the authentication or after it.
    fn apply_fault(&self, kind: &Kind) -> io::Result<Next> {
        let text = |text: &str| self.peer.frames().text(text).map(|()| Next::Read);
        match kind {
            Kind::Hang => {
                // Events are not sent any more either.
                self.leave();
                Ok(Next::Hang)
            }
            Kind::Reset => {
                writer::arm_reset(self.peer.stream());
                Ok(Next::Drop)
            }
            Kind::Empty => text(""),
            Kind::Null => text("null"),
            Kind::Object => text("{}"),
            Kind::Array => text("[]"),
            Kind::Garbled => self.peer.frames().invalid_frame().map(|()| Next::Read),
            Kind::Code(code) => self.fail(&Failure::known(*code).message),
            Kind::Busy => self.fail(&Failure::too_frequent().message),
            _ => Ok(Next::Drop),
        }
    }

    fn leave(&self) {
        if let Some(guid) = &self.guid {
            self.server.callbacks.hub().leave(guid, &self.peer);
        }
    }
}

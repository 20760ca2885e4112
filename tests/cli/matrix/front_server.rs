//! A faulty server in front of the sandbox.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use qiwei::sandbox::Sandbox;
use socket2::Socket;

use super::case::{Case, Mode};
use super::command::Step;
use super::raw::{Behaviour, ConnectFault, GoodAnswer, Held};
use super::route::Route;
use crate::support::client::Client;
use crate::support::raw::{ClientConnection, RawServer, closed_port, ok};
use crate::support::request::read_request;

/// The server in front of the sandbox.
pub struct FrontServer {
    pub url: String,
    fault_counter: Arc<FaultCounter>,
    /// Closes the port when dropped.
    _server: Option<RawServer>,
    /// Holds the port without serving it.
    _port: Option<Socket>,
    _held: Held,
    /// Supplies the answers if the sandbox must not execute the request.
    _separate_sandbox: Option<Sandbox>,
}

/// Counts the faults still to inject and the requests seen.
#[derive(Default)]
struct FaultCounter {
    /// Number of faults still to inject.
    left: AtomicUsize,
    /// Connections, or requests that were read.
    seen: AtomicUsize,
}

impl FrontServer {
    /// Number of requests of the step received, or of connections.
    pub fn seen(&self) -> usize {
        self.fault_counter.seen.load(Ordering::SeqCst)
    }

    /// Ends the fault.
    pub fn remove_fault(&self) {
        self.fault_counter.left.store(0, Ordering::SeqCst);
    }

    /// Applies a behaviour to the case's request, and forwards the others. The answers come from
    /// `separate_sandbox`, if there is one.
    pub fn with_behaviour(
        case: &Case,
        behaviour: Behaviour,
        sandbox: &Sandbox,
        separate_sandbox: Option<Sandbox>,
    ) -> Self {
        let left = if case.mode == Mode::Always {
            usize::MAX
        } else {
            1
        };
        let fault_counter = Arc::new(FaultCounter {
            left: left.into(),
            ..FaultCounter::default()
        });
        let handler = FrontHandler {
            route: case.route,
            step: case.step,
            behaviour,
            fault_counter: fault_counter.clone(),
            real: sandbox.base_url(),
            source: separate_sandbox.as_ref().unwrap_or(sandbox).base_url(),
        };
        let server = RawServer::unread(move |stream| {
            let handler = handler.clone();
            thread::spawn(move || handler.serve(stream));
        });
        Self {
            url: server.base_url(),
            fault_counter,
            _server: Some(server),
            _port: None,
            _held: Held::default(),
            _separate_sandbox: separate_sandbox,
        }
    }

    /// Applies a fault to every connection.
    pub fn with_connect_fault(connect_fault: ConnectFault) -> Self {
        let fault_counter = Arc::new(FaultCounter::default());
        let held = Held::default();
        let (address, server, port): (SocketAddr, _, _) = match connect_fault {
            ConnectFault::PortClosed => {
                let (port, address) = closed_port();
                (address, None, Some(port))
            }
            ConnectFault::BacklogFull => {
                let (port, address) = closed_port();
                fill(&port, address, &held);
                (address, None, Some(port))
            }
            _ => {
                let (fault_counter, held) = (fault_counter.clone(), held.clone());
                let server = RawServer::unread(move |stream| {
                    fault_counter.seen.fetch_add(1, Ordering::SeqCst);
                    connect_fault.apply(stream, &held);
                });
                (server.address(), Some(server), None)
            }
        };
        Self {
            url: format!("http://{address}"),
            fault_counter,
            _server: server,
            _port: port,
            _held: held,
            _separate_sandbox: None,
        }
    }
}

/// Fills a backlog: later connections are not even refused.
fn fill(port: &Socket, address: SocketAddr, held: &Held) {
    port.listen(0).unwrap();
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(100));
    while let Ok(stream) = connect() {
        held.lock().unwrap().push(stream);
    }
}

/// Serves the connections of the front server.
#[derive(Clone)]
struct FrontHandler {
    route: Route,
    step: &'static Step,
    behaviour: Behaviour,
    fault_counter: Arc<FaultCounter>,
    /// The server whose state is checked.
    real: String,
    /// The server whose answers are altered: the same one, or a separate one if it must not execute
    /// the request.
    source: String,
}

impl FrontHandler {
    fn serve(&self, mut stream: TcpStream) {
        loop {
            let request = read_request(&mut stream);
            let Some(path) = path_of(&request) else {
                return;
            };
            let mut connection = ClientConnection { stream, request };
            let is_step = self.is_step(&path, &connection.request);
            if is_step {
                self.fault_counter.seen.fetch_add(1, Ordering::SeqCst);
            }
            if !is_step || !self.fault_counter.apply_fault() {
                let body = forward(&self.real, &path, &connection.request);
                return connection.write(body.map_or(String::new(), |body| ok(&body)));
            }
            let Some(body) = forward(&self.source, &path, &connection.request) else {
                return;
            };
            let good = GoodAnswer::new(body, format!("{}{path}", self.real));
            (self.behaviour.0)(&mut connection, &good);
            if !good.keeps_connection() {
                return;
            }
            stream = connection.stream;
        }
    }

    fn is_step(&self, path: &str, request: &str) -> bool {
        let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        self.route.endpoint(path, body.as_bytes()) == self.step.path
            && body.contains(self.step.body)
    }
}

impl FaultCounter {
    fn apply_fault(&self) -> bool {
        let fewer = |left: usize| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer)
            .is_ok()
    }
}

/// The path of a whole request.
fn path_of(request: &str) -> Option<String> {
    request.contains("\r\n\r\n").then_some(())?;
    Some(request.split(' ').nth(1)?.to_owned())
}

/// The body of a server's answer; `None` if the server has stopped.
fn forward(server: &str, path: &str, request: &str) -> Option<String> {
    let mut client = Client::try_to(&format!("{server}{path}")).ok()?;
    client.send(request);
    Some(client.try_answer(false)?.body)
}

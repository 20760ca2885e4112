//! The server of a case: a sandbox behind an optional faulty front server.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use qiwei::sandbox::Sandbox;
use serde_json::Value;
use socket2::Socket;

use super::case::{Case, Mode};
use super::command::Step;
use super::faults::{Injection, Observation};
use super::raw::{Behaviour, ConnectFault, GoodAnswer, Held};
use crate::support::client::{Client, ask};
use crate::support::raw::{ClientConnection, RawServer, closed_port, ok};
use crate::support::request::read_request;
use crate::support::{sandbox_on_own_address_with, sandbox_with};

/// The servers that a case's command can reach.
pub struct FaultyServer {
    pub sandbox: Sandbox,
    front: Option<FrontServer>,
    /// Requests made before the command ran.
    earlier: usize,
    /// The sandbox's state before the command ran.
    pub before: Value,
}

/// The server in front of the sandbox.
struct FrontServer {
    url: String,
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

/// Posts to the sandbox as any other client would.
pub fn post(sandbox: &Sandbox, path: &str, body: &Value) {
    let url = format!("{}{path}", sandbox.base_url());
    let answer = Client::to(&url).post(&body.to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn start_sandbox(case: &Case, on_own_address: bool) -> Sandbox {
    let initial_state = &case.command.initial_state;
    let sandbox = match on_own_address {
        true => sandbox_on_own_address_with(|scenario| initial_state.set(scenario)),
        false => sandbox_with(|scenario| initial_state.set(scenario)),
    };
    initial_state.prepare(&sandbox);
    sandbox
}

impl FaultyServer {
    /// Starts the servers of a case with its fault active.
    pub fn start(case: &Case) -> Self {
        let closes = case.fault.observation == Observation::NoConnection && !case.fault.is_raw();
        let sandbox = start_sandbox(case, closes);
        let earlier = sandbox.exchanges().len();
        let before = state(&sandbox);
        let front = match &case.fault.injection {
            Injection::Sandbox(spec) => {
                sandbox.add_fault(fault_spec(spec, case).parse().unwrap());
                None
            }
            Injection::Raw(behaviour) => {
                Some(FrontServer::with_behaviour(case, *behaviour, &sandbox))
            }
            Injection::Connect(connect_fault) => {
                Some(FrontServer::with_connect_fault(*connect_fault))
            }
        };
        Self {
            sandbox,
            front,
            earlier,
            before,
        }
    }

    /// The URL given to the command.
    pub fn base_url(&self) -> String {
        match &self.front {
            Some(front) => front.url.clone(),
            None => self.sandbox.base_url(),
        }
    }

    /// Ends the fault.
    pub fn remove_faults(&self) {
        self.sandbox.clear_faults();
        if let Some(front) = &self.front {
            front.fault_counter.left.store(0, Ordering::SeqCst);
        }
    }

    /// Number of times the command's request was received, and executed.
    pub fn received_and_executed(&self, step: &Step) -> (usize, usize) {
        let exchanges = self.sandbox.exchanges();
        let delivered = self.sandbox.deliveries().len();
        let received = exchanges.iter().skip(self.earlier).filter(|e| {
            e.path == step.path && String::from_utf8_lossy(&e.body).contains(step.body)
        });
        let is_executed = |note: &str| note != "not executed" && !note.starts_with("refused ");
        let notes: Vec<&str> = received.map(|e| e.note.as_str()).collect();
        let executed = notes.iter().filter(|note| is_executed(note)).count();
        // The record of a message is "sent" even when the answer was `is_svr_fail`.
        let is_message = step.path.starts_with("/msg/");
        (notes.len(), if is_message { delivered } else { executed })
    }

    /// Whether no other API request was received. A callback does not count: it may be meant for a
    /// listener that had this port before.
    pub fn received_only(&self, step: &Step) -> bool {
        let is_of_the_api = |path: &str| {
            API_PATH_PREFIXES
                .iter()
                .any(|prefix| path.starts_with(&format!("/{prefix}/")))
        };
        let exchanges = self.sandbox.exchanges();
        exchanges
            .iter()
            .skip(self.earlier)
            .all(|e| e.path == step.path || !is_of_the_api(&e.path))
    }

    /// Number of times the front server received the step's request.
    pub fn seen_by_front(&self) -> Option<usize> {
        let seen = |front: &FrontServer| front.fault_counter.seen.load(Ordering::SeqCst);
        self.front.as_ref().map(seen)
    }

    /// The sandbox's state.
    pub fn state(&self) -> Value {
        state(&self.sandbox)
    }
}

/// First segments of the API's paths.
const API_PATH_PREFIXES: [&str; 6] = ["client", "global", "login", "msg", "session", "user"];

fn state(sandbox: &Sandbox) -> Value {
    ask("GET", &format!("{}/_sandbox/state", sandbox.base_url())).json()
}

/// The fault specification for the sandbox: at this request, once or always.
fn fault_spec(spec: &str, case: &Case) -> String {
    let times = if case.mode == Mode::Always { "" } else { "*1" };
    match case.fault.observation {
        Observation::NoConnection => spec.to_owned(),
        Observation::ClosedAtOnce => format!("{spec}{times}"),
        // These apply to fixed requests.
        Observation::ServerFail | Observation::Reconnecting => format!("{spec}{times}"),
        _ => format!("{spec}@{}{times}", case.step.path),
    }
}

impl FrontServer {
    /// Applies a behaviour to the case's request, and forwards the others.
    fn with_behaviour(case: &Case, behaviour: Behaviour, sandbox: &Sandbox) -> Self {
        let left = if case.mode == Mode::Always {
            usize::MAX
        } else {
            1
        };
        let fault_counter = Arc::new(FaultCounter {
            left: left.into(),
            ..FaultCounter::default()
        });
        let separate_sandbox = (!case.fault.is_executed).then(|| start_sandbox(case, false));
        let handler = FrontHandler {
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
    fn with_connect_fault(connect_fault: ConnectFault) -> Self {
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
            let is_step = path == self.step.path && connection.request.contains(self.step.body);
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

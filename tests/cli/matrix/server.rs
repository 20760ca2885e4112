//! The server of a cell: a sandbox, in front of it what misbehaves, and what can be seen of both.

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
use crate::support::{sandbox_apart_with, sandbox_with};

/// Everything a cell's command can reach.
pub struct FaultyServer {
    pub sandbox: Sandbox,
    front: Option<FrontServer>,
    /// Requests made before the command came.
    earlier: usize,
    /// What the sandbox knew before.
    pub before: Value,
}

/// What stands before the sandbox.
struct FrontServer {
    url: String,
    strikes: Arc<FaultCounter>,
    /// Closes the port when it goes.
    _server: Option<RawServer>,
    /// AcceptedShape the port without serving it.
    _port: Option<Socket>,
    _held: Held,
    /// Answers in place of the sandbox where it must not act.
    _twin: Option<Sandbox>,
}

/// When the front misbehaves, and how often it could have.
#[derive(Default)]
struct FaultCounter {
    /// Injection many more times.
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

fn prepared(case: &Case, apart: bool) -> Sandbox {
    let scene = &case.command.scene;
    let sandbox = match apart {
        true => sandbox_apart_with(|scenario| scene.set(scenario)),
        false => sandbox_with(|scenario| scene.set(scenario)),
    };
    scene.prepare(&sandbox);
    sandbox
}

impl FaultyServer {
    /// The world of a cell, its fault in force.
    pub fn of(case: &Case) -> Self {
        let closes = case.fault.observation == Observation::NoConnection && !case.fault.is_raw();
        let sandbox = prepared(case, closes);
        let earlier = sandbox.exchanges().len();
        let before = state(&sandbox);
        let front = match &case.fault.how {
            Injection::Sandbox(spec) => {
                sandbox.add_fault(placed(spec, case).parse().unwrap());
                None
            }
            Injection::Raw(behaviour) => Some(FrontServer::behaving(case, *behaviour, &sandbox)),
            Injection::Arriving(arrival) => Some(FrontServer::arriving(*arrival)),
        };
        Self {
            sandbox,
            front,
            earlier,
            before,
        }
    }

    /// Where the command finds its server.
    pub fn base_url(&self) -> String {
        match &self.front {
            Some(front) => front.url.clone(),
            None => self.sandbox.base_url(),
        }
    }

    /// The fault is over.
    pub fn remove_faults(&self) {
        self.sandbox.clear_faults();
        if let Some(front) = &self.front {
            front.strikes.left.store(0, Ordering::SeqCst);
        }
    }

    /// Injection often the sandbox was asked this since the command came, and how often it did it.
    pub fn asked_and_done(&self, step: &Step) -> (usize, usize) {
        let exchanges = self.sandbox.exchanges();
        let delivered = self.sandbox.deliveries().len();
        let asked = exchanges.iter().skip(self.earlier).filter(|e| {
            e.path == step.path && String::from_utf8_lossy(&e.body).contains(step.body)
        });
        let is_done = |note: &str| note != "not executed" && !note.starts_with("refused ");
        let notes: Vec<&str> = asked.map(|e| e.note.as_str()).collect();
        let done = notes.iter().filter(|note| is_done(note)).count();
        // Of a message the record says "sent" also where `is_svr_fail` said that it was not.
        let is_message = step.path.starts_with("/msg/");
        (notes.len(), if is_message { delivered } else { done })
    }

    /// Whether the sandbox was asked nothing but this. A callback may come astray, to a listener
    /// that had this port before.
    pub fn asked_only(&self, step: &Step) -> bool {
        let is_of_the_api = |path: &str| {
            FAMILIES
                .iter()
                .any(|family| path.starts_with(&format!("/{family}/")))
        };
        let exchanges = self.sandbox.exchanges();
        exchanges
            .iter()
            .skip(self.earlier)
            .all(|e| e.path == step.path || !is_of_the_api(&e.path))
    }

    /// Injection often the front met what it was there for.
    pub fn seen_by_front(&self) -> Option<usize> {
        let seen = |front: &FrontServer| front.strikes.seen.load(Ordering::SeqCst);
        self.front.as_ref().map(seen)
    }

    /// Everything the sandbox knows.
    pub fn state(&self) -> Value {
        state(&self.sandbox)
    }
}

/// What the paths of the API begin with.
const FAMILIES: [&str; 6] = ["client", "global", "login", "msg", "session", "user"];

fn state(sandbox: &Sandbox) -> Value {
    ask("GET", &format!("{}/_sandbox/state", sandbox.base_url())).json()
}

/// The fault as the sandbox is told of it: at this request, once or always.
fn placed(spec: &str, case: &Case) -> String {
    let times = if case.mode == Mode::Always { "" } else { "*1" };
    match case.fault.observation {
        Observation::NoConnection => spec.to_owned(),
        Observation::GoneAtOnce => format!("{spec}{times}"),
        // These know their requests by themselves.
        Observation::ServerFail | Observation::Reconnecting => format!("{spec}{times}"),
        _ => format!("{spec}@{}{times}", case.step.path),
    }
}

impl FrontServer {
    /// It does something to the cell's request, and hands the others on.
    fn behaving(case: &Case, behaviour: Behaviour, sandbox: &Sandbox) -> Self {
        let left = if case.mode == Mode::Always {
            usize::MAX
        } else {
            1
        };
        let strikes = Arc::new(FaultCounter {
            left: left.into(),
            ..FaultCounter::default()
        });
        let twin = (!case.fault.acts).then(|| prepared(case, false));
        let desk = FrontHandler {
            step: case.step,
            behaviour,
            strikes: strikes.clone(),
            real: sandbox.base_url(),
            source: twin.as_ref().unwrap_or(sandbox).base_url(),
        };
        let server = RawServer::unread(move |stream| {
            let desk = desk.clone();
            thread::spawn(move || desk.serve(stream));
        });
        Self {
            url: server.base_url(),
            strikes,
            _server: Some(server),
            _port: None,
            _held: Held::default(),
            _twin: twin,
        }
    }

    /// It does the same to whoever arrives.
    fn arriving(arrival: ConnectFault) -> Self {
        let strikes = Arc::new(FaultCounter::default());
        let held = Held::default();
        let (address, server, port): (SocketAddr, _, _) = match arrival {
            ConnectFault::Closed => {
                let (port, address) = closed_port();
                (address, None, Some(port))
            }
            ConnectFault::Full => {
                let (port, address) = closed_port();
                fill(&port, address, &held);
                (address, None, Some(port))
            }
            _ => {
                let (strikes, held) = (strikes.clone(), held.clone());
                let server = RawServer::unread(move |stream| {
                    strikes.seen.fetch_add(1, Ordering::SeqCst);
                    arrival.treat(stream, &held);
                });
                (server.address(), Some(server), None)
            }
        };
        Self {
            url: format!("http://{address}"),
            strikes,
            _server: server,
            _port: port,
            _held: held,
            _twin: None,
        }
    }
}

/// Fills a backlog: what comes after is not even refused.
fn fill(port: &Socket, address: SocketAddr, held: &Held) {
    port.listen(0).unwrap();
    let knock = || TcpStream::connect_timeout(&address, Duration::from_millis(100));
    while let Ok(stream) = knock() {
        held.lock().unwrap().push(stream);
    }
}

/// Serves the connections of a front.
#[derive(Clone)]
struct FrontHandler {
    step: &'static Step,
    behaviour: Behaviour,
    strikes: Arc<FaultCounter>,
    /// The server that counts.
    real: String,
    /// The one whose answers are spoilt: the same, or one of which nobody knows.
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
            let is_meant = path == self.step.path && connection.request.contains(self.step.body);
            if is_meant {
                self.strikes.seen.fetch_add(1, Ordering::SeqCst);
            }
            if !is_meant || !self.strikes.apply_fault() {
                let body = pass_on(&self.real, &path, &connection.request);
                return connection.write(body.map_or(String::new(), |body| ok(&body)));
            }
            let Some(body) = pass_on(&self.source, &path, &connection.request) else {
                return;
            };
            let good = GoodAnswer::new(body, format!("{}{path}", self.real));
            (self.behaviour.0)(&mut connection, &good);
            if !good.stays() {
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

/// The body of a server's answer; none when it has gone meanwhile.
fn pass_on(server: &str, path: &str, request: &str) -> Option<String> {
    let mut client = Client::try_to(&format!("{server}{path}")).ok()?;
    client.send(request);
    Some(client.try_answer(false)?.body)
}

//! Model of a command under test: its requests, the initial server state, and where it reports the outcome.

use qiwei::sandbox::{Quirk, Scenario};
use serde_json::json;

use super::route::RoutedSandbox;
use crate::support::login::CONFIGURED_URL;

/// A command line, and the server state it runs against.
#[derive(Debug)]
pub struct Command {
    pub name: &'static str,
    /// Split at spaces; `GUID` stands for the first instance.
    pub args: &'static str,
    pub stdin: &'static str,
    pub initial_state: InitialState,
    /// In the order in which they are made.
    pub steps: &'static [Step],
    pub report: Report,
    /// The server state by which the change is observed.
    pub evidence: Evidence,
    /// It pauses for a second.
    pub is_slow: bool,
    /// It receives callbacks with a listener.
    pub listens: bool,
}

/// One request of a command.
#[derive(Debug)]
pub struct Step {
    pub path: &'static str,
    /// Part of the body, if the path alone does not identify the request.
    pub body: &'static str,
    pub role: Role,
    pub coverage: Coverage,
    /// The account must be logged in.
    pub needs_login: bool,
    /// A failure is reported only at the deadline.
    pub fails_only_at_deadline: bool,
}

/// The role of a request in its command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// Makes the change.
    Change,
    /// Its answer is required before the change is tried.
    Prerequisite,
    /// Reads one of several states to choose an instance.
    InstanceChoice,
    /// Its answer is the command's result.
    Read,
    /// Repeated until it returns the awaited answer.
    Polled,
    /// Makes the server send the awaited callback.
    CallbackTrigger,
    /// The first of several diagnostic requests; only the connection matters.
    Diagnostic,
    /// The command continues if it fails.
    Optional,
}

/// The answers without an envelope that the request accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AcceptedShape {
    /// Only one with the right fields.
    Fields,
    /// A list, and null for an empty one.
    List,
    /// A list, or the right fields.
    Page,
    /// An object: success in dialect C is an empty one.
    Object,
    /// A list, or an object: an empty one has no rows, which are then looked up singly.
    Rows,
    /// Anything that came under HTTP 200; it is printed as it is.
    Anything,
}

/// Which faults the request meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coverage {
    /// All of them.
    Every,
    /// One of each kind, made by the sandbox.
    Typical,
    /// One of each kind, made by a raw socket: the sandbox cannot identify the request.
    TypicalRaw,
    /// Only those of the first connection.
    ConnectFault,
}

/// Where a command reports the outcome of the change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Report {
    /// In its exit code and error.
    Plain,
    /// In one line per item.
    Lines,
    /// In one entry per instance, and in its exit code and error.
    Removals,
    /// Its output is the server's, byte for byte.
    Raw,
}

/// The server state by which a change is observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Evidence {
    /// Only its record of requests.
    Recorded,
    /// One more message.
    Message,
    /// One instance more or less.
    Instances,
    /// The first instance is in this state.
    State(&'static str),
    /// The first instance has this bridge.
    Bridge(&'static str),
}

/// State of the server before the command runs.
#[derive(Clone, Copy, Debug)]
pub struct InitialState {
    pub online: usize,
    pub running: usize,
    pub stopped: usize,
    pub prepare: fn(&RoutedSandbox),
    pub scan: &'static str,
    pub has_callbacks: bool,
    pub quirk: Option<Quirk>,
    /// The configured `notify_url` that the command must restore.
    pub url: Option<NotifyUrlScope>,
}

/// The `notify_url` that a command changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NotifyUrlScope {
    Instance,
    Global,
}

impl InitialState {
    pub const fn of(online: usize, running: usize, stopped: usize) -> Self {
        Self {
            online,
            running,
            stopped,
            prepare: |_| {},
            scan: "after=20ms",
            has_callbacks: true,
            quirk: None,
            url: None,
        }
    }

    pub const fn redirecting(self, url: NotifyUrlScope) -> Self {
        Self {
            url: Some(url),
            ..self
        }
    }

    /// Writes the state into a scenario.
    pub fn set(&self, scenario: &mut Scenario) {
        scenario.online = self.online;
        scenario.running = self.running;
        scenario.stopped = self.stopped;
        scenario.scan = self.scan.parse().unwrap();
        scenario.callbacks = self.has_callbacks;
        scenario.quirks = self.quirk.into_iter().collect();
    }

    /// Prepares the sandbox before the command runs.
    pub fn prepare(&self, server: &RoutedSandbox) {
        let guid = &server.sandbox.guids()[0];
        let usual = json!({ "guid": guid, "notify_url": CONFIGURED_URL });
        match self.url {
            Some(NotifyUrlScope::Instance) => server.post("/client/set_notify_url", &usual),
            Some(NotifyUrlScope::Global) => server.post("/global/set_notify_url", &usual),
            None => {}
        }
        (self.prepare)(server);
    }
}

impl Step {
    pub const fn new(role: Role, path: &'static str) -> Self {
        Self {
            path,
            body: "",
            role,
            coverage: Coverage::Typical,
            needs_login: false,
            fails_only_at_deadline: false,
        }
    }

    /// Tests it with every fault.
    pub const fn all_faults(self) -> Self {
        let coverage = Coverage::Every;
        Self { coverage, ..self }
    }

    /// Identifies it by part of its body.
    pub const fn with(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    pub const fn raw_faults(self) -> Self {
        let coverage = Coverage::TypicalRaw;
        Self { coverage, ..self }
    }

    pub const fn connect_faults(self) -> Self {
        let coverage = Coverage::ConnectFault;
        Self { coverage, ..self }
    }

    pub const fn logged_in(self) -> Self {
        let needs_login = true;
        Self {
            needs_login,
            ..self
        }
    }

    pub const fn failing_only_at_deadline(self) -> Self {
        let fails_only_at_deadline = true;
        Self {
            fails_only_at_deadline,
            ..self
        }
    }

    pub fn accepted_shape(&self, report: Report) -> AcceptedShape {
        match self.path {
            _ if report == Report::Raw => AcceptedShape::Anything,
            "/client/all_clients" => AcceptedShape::List,
            "/client/create_client" => AcceptedShape::Fields,
            "/msg/send_text"
            | "/msg/send_room_at"
            | "/msg/send_link"
            | "/client/get_client_status" => AcceptedShape::Fields,
            "/login/get_login_qrcode" => AcceptedShape::Fields,
            "/session/get_session_list" | "/contact/sync_contact" | "/room/get_room_list" => {
                AcceptedShape::Page
            }
            "/room/batch_get_room_detail" => AcceptedShape::Rows,
            _ => AcceptedShape::Object,
        }
    }
}

impl Command {
    pub const fn new(
        name: &'static str,
        args: &'static str,
        initial_state: InitialState,
        steps: &'static [Step],
    ) -> Self {
        Self {
            name,
            args,
            stdin: "",
            initial_state,
            steps,
            report: Report::Plain,
            evidence: Evidence::Recorded,
            is_slow: false,
            listens: false,
        }
    }

    pub const fn shown_by(self, evidence: Evidence) -> Self {
        Self { evidence, ..self }
    }

    pub const fn reporting(self, report: Report) -> Self {
        Self { report, ..self }
    }

    pub const fn stdin(self, stdin: &'static str) -> Self {
        Self { stdin, ..self }
    }

    pub const fn slow(self) -> Self {
        let is_slow = true;
        Self { is_slow, ..self }
    }

    pub const fn listening(self) -> Self {
        let listens = true;
        Self { listens, ..self }
    }

    /// The request that makes the change, if any.
    pub fn change(&self) -> Option<&'static Step> {
        self.steps.iter().find(|step| step.role == Role::Change)
    }

    /// Whether executing it twice differs from executing it once.
    pub fn is_non_idempotent(&self) -> bool {
        matches!(self.evidence, Evidence::Message | Evidence::Instances)
    }

    /// Whether it keeps a record that a second run reads.
    pub fn keeps_record(&self) -> bool {
        self.args.contains("--key") || self.args.contains("--journal")
    }
}

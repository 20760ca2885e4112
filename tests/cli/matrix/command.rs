//! What a command of the matrix is: its requests, its world, and where it says what became of it.

use qiwei::sandbox::{Quirk, Sandbox, Scenario};
use serde_json::json;

use super::server::post;
use crate::support::login::CONFIGURED_URL;

/// A command line, and the world it is run in.
#[derive(Debug)]
pub struct Command {
    pub name: &'static str,
    /// Split at spaces; `GUID` stands for the first instance.
    pub args: &'static str,
    pub stdin: &'static str,
    pub scene: InitialState,
    /// In the order in which they are made.
    pub steps: &'static [Step],
    pub report: Report,
    /// What shows on the server that the change was made.
    pub effect: Effect,
    /// It rests for a second by itself.
    pub is_slow: bool,
}

/// One request of a command.
#[derive(Debug)]
pub struct Step {
    pub path: &'static str,
    /// Part of the body, where the path alone does not tell it from another request.
    pub body: &'static str,
    pub role: Role,
    pub depth: Coverage,
    /// The account must be logged in.
    pub needs_login: bool,
    /// A failure is not told before the deadline.
    pub is_patient: bool,
}

/// What hangs on a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// It is the change the command is for.
    Change,
    /// Without its answer the change is not tried.
    Before,
    /// It looks one of several states up, and the command needs all of them.
    Choosing,
    /// Its answer is what the command is for.
    Read,
    /// Asked again and again, until the answer is the one waited for.
    Awaited,
    /// It makes the server call back, which is what is waited for.
    Trigger,
    /// The first of several that are tried; only whether somebody is there matters.
    Survey,
    /// The command goes on without it.
    Aside,
}

/// Which answers the request takes that are no envelope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AcceptedShape {
    /// Only one with the right fields.
    Fields,
    /// A list, and null for an empty one.
    List,
    /// A list, or the right fields.
    Page,
    /// An object: dialect C says yes with an empty one.
    Object,
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
    /// One of each kind, made by a raw socket: the sandbox cannot tell it from another request.
    TypicalRaw,
    /// Only those that strike whoever connects first.
    ConnectFault,
}

/// Where a command says what became of the change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Report {
    /// In its exit code and error.
    Plain,
    /// In one line an item.
    Lines,
    /// In one entry an instance, and in its exit code and error.
    Removals,
    /// Its output is the server's, byte for byte.
    Raw,
}

/// What shows on the server that a change was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
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

/// What the server is like when the command comes.
#[derive(Clone, Copy, Debug)]
pub struct InitialState {
    pub online: usize,
    pub running: usize,
    pub stopped: usize,
    pub prepare: fn(&Sandbox),
    pub scan: &'static str,
    pub has_callbacks: bool,
    pub quirk: Option<Quirk>,
    /// The URL in force before must be restored notify_url afterwards.
    pub url: Option<Url>,
}

/// Whose callback URL a command turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Url {
    OfInstance,
    OfAll,
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

    pub const fn turning(self, url: Url) -> Self {
        Self {
            url: Some(url),
            ..self
        }
    }

    /// Puts the world into a scenario.
    pub fn set(&self, scenario: &mut Scenario) {
        scenario.online = self.online;
        scenario.running = self.running;
        scenario.stopped = self.stopped;
        scenario.scan = self.scan.parse().unwrap();
        scenario.callbacks = self.has_callbacks;
        scenario.quirks = self.quirk.into_iter().collect();
    }

    /// What happened before the command comes.
    pub fn prepare(&self, sandbox: &Sandbox) {
        let usual = json!({ "guid": sandbox.guids()[0], "notify_url": CONFIGURED_URL });
        match self.url {
            Some(Url::OfInstance) => post(sandbox, "/client/set_notify_url", &usual),
            Some(Url::OfAll) => post(sandbox, "/global/set_notify_url", &usual),
            None => {}
        }
        (self.prepare)(sandbox);
    }
}

impl Step {
    pub const fn new(role: Role, path: &'static str) -> Self {
        Self {
            path,
            body: "",
            role,
            depth: Coverage::Typical,
            needs_login: false,
            is_patient: false,
        }
    }

    /// It meets every fault.
    pub const fn every(self) -> Self {
        let depth = Coverage::Every;
        Self { depth, ..self }
    }

    /// It is the one of its path whose body holds this.
    pub const fn with(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    pub const fn raw(self) -> Self {
        let depth = Coverage::TypicalRaw;
        Self { depth, ..self }
    }

    pub const fn arrival(self) -> Self {
        let depth = Coverage::ConnectFault;
        Self { depth, ..self }
    }

    pub const fn logged_in(self) -> Self {
        let needs_login = true;
        Self {
            needs_login,
            ..self
        }
    }

    pub const fn patient(self) -> Self {
        let is_patient = true;
        Self { is_patient, ..self }
    }

    pub fn accepted_shape(&self, report: Report) -> AcceptedShape {
        match self.path {
            _ if report == Report::Raw => AcceptedShape::Anything,
            "/client/all_clients" => AcceptedShape::List,
            "/client/create_client" => AcceptedShape::Fields,
            "/msg/send_text" | "/msg/send_room_at" | "/client/get_client_status" => {
                AcceptedShape::Fields
            }
            "/login/get_login_qrcode" => AcceptedShape::Fields,
            "/session/get_session_list" => AcceptedShape::Page,
            _ => AcceptedShape::Object,
        }
    }
}

impl Command {
    pub const fn new(
        name: &'static str,
        args: &'static str,
        scene: InitialState,
        steps: &'static [Step],
    ) -> Self {
        Self {
            name,
            args,
            stdin: "",
            scene,
            steps,
            report: Report::Plain,
            effect: Effect::Recorded,
            is_slow: false,
        }
    }

    pub const fn shown_by(self, effect: Effect) -> Self {
        Self { effect, ..self }
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

    /// The change it is for, if it makes one.
    pub fn change(&self) -> Option<&'static Step> {
        self.steps.iter().find(|step| step.role == Role::Change)
    }

    /// Whether doing it twice is more than doing it once.
    pub fn adds_up(&self) -> bool {
        matches!(self.effect, Effect::Message | Effect::Instances)
    }

    /// Whether it keeps a record by which a second run knows of the first.
    pub fn remembers(&self) -> bool {
        self.args.contains("--key") || self.args.contains("--journal")
    }
}

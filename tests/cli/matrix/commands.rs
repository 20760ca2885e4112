//! Every command that speaks to the server: the requests it makes, and what hangs on each.

use qiwei::sandbox::{Quirk, Sandbox, ScanStep, Scenario};
use serde_json::json;

use super::world::post;
use crate::support::callbacks::USUAL;

/// A command line, and the world it is run in.
#[derive(Debug)]
pub struct Command {
    pub name: &'static str,
    /// Split at spaces; `GUID` stands for the first instance.
    pub args: &'static str,
    pub stdin: &'static str,
    pub scene: Scene,
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
    pub depth: Depth,
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
pub enum Takes {
    /// Only one with the right fields.
    Fields,
    /// A bare word is a guid.
    Word,
    /// A list, and null for an empty one.
    List,
    /// An object: dialect C says yes with an empty one.
    Object,
    /// Anything that came under HTTP 200; it is printed as it is.
    Anything,
}

/// Which faults the request meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Depth {
    /// All of them.
    Every,
    /// One of each kind, made by the sandbox.
    Typical,
    /// One of each kind, made by a raw socket: the sandbox cannot tell it from another request.
    TypicalRaw,
    /// Only those that strike whoever connects first.
    Arrival,
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
pub struct Scene {
    online: usize,
    running: usize,
    stopped: usize,
    prepare: fn(&Sandbox),
    scan: &'static str,
    has_callbacks: bool,
    quirk: Option<Quirk>,
    /// The URL in force before must be in force again afterwards.
    pub url: Option<Url>,
}

/// Whose callback URL a command turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Url {
    OfInstance,
    OfAll,
}

impl Scene {
    const fn of(online: usize, running: usize, stopped: usize) -> Self {
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

    const fn turning(self, url: Url) -> Self {
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
        let usual = json!({ "guid": sandbox.guids()[0], "notify_url": USUAL });
        match self.url {
            Some(Url::OfInstance) => post(sandbox, "/client/set_notify_url", &usual),
            Some(Url::OfAll) => post(sandbox, "/global/set_notify_url", &usual),
            None => {}
        }
        (self.prepare)(sandbox);
    }
}

const ONLINE: Scene = Scene::of(1, 0, 0);
const RUNNING: Scene = Scene::of(0, 1, 0);
const STOPPED: Scene = Scene::of(0, 0, 1);
const WAITS_FOR_CODE: Scene = Scene {
    prepare: |sandbox| {
        let guid = &sandbox.guids()[0];
        post(sandbox, "/login/get_login_qrcode", &json!({ "guid": guid }));
        assert!(sandbox.scan_step(guid, &ScanStep::RequireCode("246810".into())));
    },
    scan: "manual",
    ..RUNNING
};
const GET_ONLY: Scene = Scene {
    quirk: Some(Quirk::GetOnlyClients),
    ..ONLINE
};
const UNHEARD: Scene = Scene {
    has_callbacks: false,
    ..RUNNING
};

impl Step {
    const fn new(role: Role, path: &'static str) -> Self {
        Self {
            path,
            body: "",
            role,
            depth: Depth::Typical,
            needs_login: false,
            is_patient: false,
        }
    }

    /// It meets every fault.
    const fn every(self) -> Self {
        let depth = Depth::Every;
        Self { depth, ..self }
    }

    /// It is the one of its path whose body holds this.
    const fn with(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    const fn raw(self) -> Self {
        let depth = Depth::TypicalRaw;
        Self { depth, ..self }
    }

    const fn arrival(self) -> Self {
        let depth = Depth::Arrival;
        Self { depth, ..self }
    }

    const fn logged_in(self) -> Self {
        let needs_login = true;
        Self {
            needs_login,
            ..self
        }
    }

    const fn patient(self) -> Self {
        let is_patient = true;
        Self { is_patient, ..self }
    }

    pub fn takes(&self, report: Report) -> Takes {
        match self.path {
            _ if report == Report::Raw => Takes::Anything,
            "/client/all_clients" => Takes::List,
            "/client/create_client" => Takes::Word,
            "/msg/send_text" | "/msg/send_room_at" | "/client/get_client_status" => Takes::Fields,
            "/session/get_session_list" | "/login/get_login_qrcode" => Takes::Fields,
            _ => Takes::Object,
        }
    }
}

impl Command {
    const fn new(
        name: &'static str,
        args: &'static str,
        scene: Scene,
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

    const fn shown_by(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    const fn reporting(self, report: Report) -> Self {
        Self { report, ..self }
    }

    const fn stdin(self, stdin: &'static str) -> Self {
        Self { stdin, ..self }
    }

    const fn slow(self) -> Self {
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

const LIST: &str = "/client/all_clients";
const STATUS: &str = "/client/get_client_status";
const SEND: &str = "/msg/send_text";
const AT: &str = "/msg/send_room_at";
const CREATE: &str = "/client/create_client";
const REMOVE: &str = "/client/remove_client";
const START: &str = "/client/restore_client";
const STOP: &str = "/client/stop_client";
const BRIDGE: &str = "/client/set_bridge";
const LOGOUT: &str = "/user/logout";
const NOTIFY: &str = "/client/set_notify_url";
const NOTIFY_ALL: &str = "/global/set_notify_url";
const QRCODE: &str = "/login/get_login_qrcode";
const POLL: &str = "/login/check_login_qrcode";
const PROFILE: &str = "/user/get_profile";
const VERIFY: &str = "/login/verify_login_qrcode";
const SESSIONS: &str = "/session/get_session_list";

/// The line of a batch.
const LINE: &str = r#"{"to":"R:1012345678901","text":"x"}"#;

const MESSAGE: &[Step] = &[Step::new(Role::Change, SEND).every().logged_in()];
const TYPICAL_MESSAGE: &[Step] = &[Step::new(Role::Change, SEND).logged_in()];
const TURN: Step = Step::new(Role::Change, NOTIFY).with("/webhook").every();
const TURN_ALL: Step = Step::new(Role::Change, NOTIFY_ALL).with("/webhook").every();
const PUT_BACK: Step = Step::new(Role::Aside, NOTIFY).with("/usual").raw();
const PUT_ALL_BACK: Step = Step::new(Role::Aside, NOTIFY_ALL).with("/usual").raw();

/// Every command; each meets every fault at one of its requests, and each kind of fault at all.
pub static COMMANDS: &[Command] = &[
    Command::new(
        "send",
        "send R:1012345678901 x --guid GUID",
        ONLINE,
        MESSAGE,
    )
    .shown_by(Effect::Message),
    Command::new(
        "send, the instance not named",
        "send R:1012345678901 x",
        ONLINE,
        &[
            Step::new(Role::Before, LIST),
            Step::new(Role::Choosing, STATUS).logged_in(),
            Step::new(Role::Change, SEND).logged_in(),
        ],
    )
    .shown_by(Effect::Message),
    Command::new(
        "send --key",
        "send R:1012345678901 x --key k --guid GUID",
        ONLINE,
        MESSAGE,
    )
    .shown_by(Effect::Message),
    Command::new(
        "send --batch",
        "send --batch - --guid GUID",
        ONLINE,
        MESSAGE,
    )
    .stdin(LINE)
    .shown_by(Effect::Message)
    .reporting(Report::Lines),
    Command::new(
        "send --batch --journal",
        "send --batch - --journal JOURNAL --guid GUID",
        ONLINE,
        TYPICAL_MESSAGE,
    )
    .stdin(LINE)
    .shown_by(Effect::Message)
    .reporting(Report::Lines),
    Command::new(
        "at",
        "at R:1012345678901 x --all --guid GUID",
        ONLINE,
        &[Step::new(Role::Change, AT).every().logged_in()],
    )
    .shown_by(Effect::Message),
    Command::new(
        "instance create",
        "instance create",
        ONLINE,
        &[Step::new(Role::Change, CREATE).every()],
    )
    .shown_by(Effect::Instances),
    Command::new(
        "instance create --no-start",
        "instance create --no-start --no-use",
        ONLINE,
        &[Step::new(Role::Change, CREATE)],
    )
    .shown_by(Effect::Instances),
    Command::new(
        "instance rm",
        "instance rm GUID",
        STOPPED,
        &[Step::new(Role::Change, REMOVE).every()],
    )
    .shown_by(Effect::Instances)
    .reporting(Report::Removals),
    Command::new(
        "instance rm --stopped",
        "instance rm --stopped --yes --settle 1ms",
        STOPPED,
        &[
            Step::new(Role::Before, LIST),
            Step::new(Role::Choosing, STATUS),
            Step::new(Role::Change, REMOVE),
        ],
    )
    .shown_by(Effect::Instances)
    .reporting(Report::Removals),
    Command::new(
        "instance start",
        "instance start GUID",
        STOPPED,
        &[Step::new(Role::Change, START).every()],
    )
    .shown_by(Effect::State("running")),
    Command::new(
        "instance stop",
        "instance stop GUID",
        ONLINE,
        &[Step::new(Role::Change, STOP).every()],
    )
    .shown_by(Effect::State("stopped")),
    Command::new(
        "logout",
        "logout --guid GUID",
        ONLINE,
        &[Step::new(Role::Change, LOGOUT).every().logged_in()],
    )
    .shown_by(Effect::State("running")),
    Command::new(
        "login",
        "login",
        RUNNING.turning(Url::OfInstance),
        &[
            Step::new(Role::Before, LIST),
            Step::new(Role::Before, STATUS),
            TURN,
            Step::new(Role::Read, QRCODE).patient(),
            PUT_BACK,
        ],
    ),
    Command::new(
        "login without callbacks",
        "login --poll 10ms --guid GUID",
        UNHEARD,
        &[
            Step::new(Role::Before, STATUS).arrival(),
            Step::new(Role::Change, NOTIFY).with("/webhook").raw(),
            Step::new(Role::Aside, POLL).patient(),
            Step::new(Role::Aside, PROFILE),
        ],
    ),
    Command::new(
        "login --global-notify",
        "login --global-notify --poll 1s --guid GUID",
        RUNNING.turning(Url::OfAll),
        &[
            Step::new(Role::Before, STATUS).arrival(),
            TURN_ALL,
            PUT_ALL_BACK,
        ],
    ),
    Command::new(
        "login --new",
        "login --new --no-poll",
        RUNNING,
        &[
            Step::new(Role::Change, CREATE).every(),
            Step::new(Role::Read, STATUS),
        ],
    )
    .shown_by(Effect::Instances),
    Command::new(
        "login --bridge",
        "login --bridge 7 --no-poll --guid GUID",
        RUNNING,
        &[
            Step::new(Role::Before, STATUS).arrival(),
            Step::new(Role::Change, BRIDGE).every(),
        ],
    )
    .shown_by(Effect::Bridge("7")),
    Command::new(
        "login of a stopped instance",
        "login --no-wait --guid GUID",
        STOPPED,
        &[
            Step::new(Role::Before, STATUS).arrival(),
            Step::new(Role::Change, START).every(),
        ],
    )
    .slow(),
    Command::new(
        "login --no-wait",
        "login --no-wait --guid GUID",
        RUNNING,
        &[
            Step::new(Role::Before, STATUS).arrival(),
            Step::new(Role::Read, QRCODE).every().patient(),
        ],
    ),
    Command::new(
        "login --code",
        "login --code 246810 --guid GUID",
        WAITS_FOR_CODE,
        &[Step::new(Role::Change, VERIFY).every()],
    ),
    Command::new(
        "listen",
        "listen --for 20ms --guid GUID",
        ONLINE.turning(Url::OfInstance),
        &[TURN, PUT_BACK],
    ),
    Command::new(
        "listen --global-notify",
        "listen --global-notify --for 20ms --guid GUID",
        ONLINE.turning(Url::OfAll),
        &[
            Step::new(Role::Change, NOTIFY_ALL).with("/webhook").raw(),
            PUT_ALL_BACK,
        ],
    ),
    Command::new(
        "probe callback",
        "probe callback --guid GUID",
        RUNNING.turning(Url::OfInstance),
        &[
            TURN,
            Step::new(Role::Read, STATUS).patient(),
            Step::new(Role::Trigger, QRCODE).patient(),
            PUT_BACK,
        ],
    ),
    Command::new(
        "probe POST",
        "probe POST /client/stop_client --with-guid --guid GUID",
        ONLINE,
        &[Step::new(Role::Change, STOP).every()],
    )
    .shown_by(Effect::State("stopped"))
    .reporting(Report::Raw),
    Command::new(
        "probe GET",
        "probe GET /client/all_clients",
        GET_ONLY,
        &[Step::new(Role::Read, LIST).every()],
    )
    .reporting(Report::Raw),
    Command::new(
        "probe",
        "probe",
        ONLINE,
        &[Step::new(Role::Survey, LIST).every()],
    ),
    Command::new(
        "instance ls",
        "instance ls",
        ONLINE,
        &[
            Step::new(Role::Read, LIST).every(),
            Step::new(Role::Aside, STATUS),
        ],
    ),
    Command::new(
        "instance use",
        "instance use GUID",
        ONLINE,
        &[Step::new(Role::Read, LIST)],
    ),
    Command::new(
        "instance use --auto",
        "instance use --auto",
        ONLINE,
        &[
            Step::new(Role::Read, LIST),
            Step::new(Role::Choosing, STATUS).logged_in(),
        ],
    ),
    Command::new(
        "sessions",
        "sessions --guid GUID",
        ONLINE,
        &[Step::new(Role::Read, SESSIONS).every().logged_in()],
    ),
    Command::new(
        "sessions --all",
        "sessions --all --limit 4 --guid GUID",
        ONLINE,
        &[
            Step::new(Role::Read, SESSIONS).logged_in(),
            // The second page.
            Step::new(Role::Read, SESSIONS)
                .with(r#""begin_seq":"1"#)
                .raw()
                .logged_in(),
        ],
    ),
    Command::new(
        "status",
        "status --guid GUID",
        ONLINE,
        &[
            Step::new(Role::Read, STATUS).every().logged_in(),
            Step::new(Role::Read, LIST),
        ],
    ),
    Command::new(
        "status, the instance not named",
        "status",
        ONLINE,
        &[
            Step::new(Role::Read, LIST),
            Step::new(Role::Choosing, STATUS).logged_in(),
        ],
    ),
    Command::new(
        "status --wait online",
        "status --wait online --interval 200ms --guid GUID",
        ONLINE,
        &[Step::new(Role::Awaited, STATUS)
            .every()
            .logged_in()
            .patient()],
    ),
];

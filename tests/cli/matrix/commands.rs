//! Every command that calls the server: the requests it makes, and the role of each.

use qiwei::sandbox::{Quirk, ScanStep};
use serde_json::json;

use super::command::{Command, Evidence, InitialState, NotifyUrlScope, Report, Role, Step};

const ONLINE: InitialState = InitialState::of(1, 0, 0);
const RUNNING: InitialState = InitialState::of(0, 1, 0);
const STOPPED: InitialState = InitialState::of(0, 0, 1);
const WAITS_FOR_CODE: InitialState = InitialState {
    prepare: |server| {
        let guid = &server.sandbox.guids()[0];
        server.post("/login/get_login_qrcode", &json!({ "guid": guid }));
        let step = ScanStep::RequireCode("246810".into());
        assert!(server.sandbox.scan_step(guid, &step));
    },
    scan: "manual",
    ..RUNNING
};
const GET_ONLY: InitialState = InitialState {
    quirk: Some(Quirk::GetOnlyClients),
    ..ONLINE
};
/// Batches leave some out, who are then looked up singly.
const PARTIAL: InitialState = InitialState {
    quirk: Some(Quirk::PartialBatches),
    ..ONLINE
};
const WITHOUT_CALLBACKS: InitialState = InitialState {
    has_callbacks: false,
    ..RUNNING
};

const LIST: &str = "/client/all_clients";
const STATUS: &str = "/client/get_client_status";
const SEND: &str = "/msg/send_text";
const AT: &str = "/msg/send_room_at";
const LINK: &str = "/msg/send_link";
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
const ROOMS: &str = "/room/batch_get_room_detail";
const ROOM: &str = "/room/sync_room_info";
const OWNED_ROOMS: &str = "/room/get_room_list";
const MEMBERS: &str = "/room/batch_get_member_detail";
const PEOPLE: &str = "/contact/batch_get_userinfo";
const CONTACTS: &str = "/contact/sync_contact";

/// The line of a batch.
const LINE: &str = r#"{"to":"R:1012345678901","text":"x"}"#;

const MESSAGE: &[Step] = &[Step::new(Role::Change, SEND).all_faults().logged_in()];
const TYPICAL_MESSAGE: &[Step] = &[Step::new(Role::Change, SEND).logged_in()];
const REDIRECT_CALLBACKS: Step = Step::new(Role::Change, NOTIFY)
    .with("/webhook")
    .all_faults();
const REDIRECT_ALL_CALLBACKS: Step = Step::new(Role::Change, NOTIFY_ALL)
    .with("/webhook")
    .all_faults();
const RESTORE_CALLBACKS: Step = Step::new(Role::Optional, NOTIFY)
    .with("/configured")
    .raw_faults();
const RESTORE_ALL_CALLBACKS: Step = Step::new(Role::Optional, NOTIFY_ALL)
    .with("/configured")
    .raw_faults();

/// Every command; each meets every fault at one of its requests, and each kind of fault at all.
pub static COMMANDS: &[Command] = &[
    Command::new(
        "send",
        "send R:1012345678901 x --guid GUID",
        ONLINE,
        MESSAGE,
    )
    .shown_by(Evidence::Message),
    Command::new(
        "send without --guid",
        "send R:1012345678901 x",
        ONLINE,
        &[
            Step::new(Role::Prerequisite, LIST),
            Step::new(Role::InstanceChoice, STATUS).logged_in(),
            Step::new(Role::Change, SEND).logged_in(),
        ],
    )
    .shown_by(Evidence::Message),
    Command::new(
        "send --link",
        "send R:1012345678901 --link https://example.com/ --guid GUID",
        ONLINE,
        &[Step::new(Role::Change, LINK).all_faults().logged_in()],
    )
    .shown_by(Evidence::Message),
    Command::new(
        "send name:…",
        "send name:项目讨论群 x --guid GUID",
        ONLINE,
        &[
            Step::new(Role::Prerequisite, SESSIONS).logged_in(),
            Step::new(Role::Prerequisite, CONTACTS).logged_in(),
            Step::new(Role::Prerequisite, OWNED_ROOMS)
                .all_faults()
                .logged_in(),
            Step::new(Role::Change, SEND).logged_in(),
        ],
    )
    .shown_by(Evidence::Message),
    Command::new(
        "send --key",
        "send R:1012345678901 x --key k --guid GUID",
        ONLINE,
        MESSAGE,
    )
    .shown_by(Evidence::Message),
    Command::new(
        "send --batch",
        "send --batch - --guid GUID",
        ONLINE,
        MESSAGE,
    )
    .stdin(LINE)
    .shown_by(Evidence::Message)
    .reporting(Report::Lines),
    Command::new(
        "send --batch --journal",
        "send --batch - --journal JOURNAL --guid GUID",
        ONLINE,
        TYPICAL_MESSAGE,
    )
    .stdin(LINE)
    .shown_by(Evidence::Message)
    .reporting(Report::Lines),
    Command::new(
        "at",
        "at R:1012345678901 x --all --guid GUID",
        ONLINE,
        &[Step::new(Role::Change, AT).all_faults().logged_in()],
    )
    .shown_by(Evidence::Message),
    Command::new(
        "instance create",
        "instance create",
        ONLINE,
        &[Step::new(Role::Change, CREATE).all_faults()],
    )
    .shown_by(Evidence::Instances),
    Command::new(
        "instance create --no-start",
        "instance create --no-start --no-use",
        ONLINE,
        &[Step::new(Role::Change, CREATE)],
    )
    .shown_by(Evidence::Instances),
    Command::new(
        "instance rm",
        "instance rm GUID --yes",
        STOPPED,
        &[Step::new(Role::Change, REMOVE).all_faults()],
    )
    .shown_by(Evidence::Instances)
    .reporting(Report::Removals),
    Command::new(
        "instance rm --stopped",
        "instance rm --stopped --yes --settle 1ms",
        STOPPED,
        &[
            Step::new(Role::Prerequisite, LIST),
            Step::new(Role::InstanceChoice, STATUS),
            Step::new(Role::Change, REMOVE),
        ],
    )
    .shown_by(Evidence::Instances)
    .reporting(Report::Removals),
    Command::new(
        "instance start",
        "instance start GUID",
        STOPPED,
        &[Step::new(Role::Change, START).all_faults()],
    )
    .shown_by(Evidence::State("running")),
    Command::new(
        "instance stop",
        "instance stop GUID",
        ONLINE,
        &[Step::new(Role::Change, STOP).all_faults()],
    )
    .shown_by(Evidence::State("stopped")),
    Command::new(
        "logout",
        "logout --guid GUID",
        ONLINE,
        &[Step::new(Role::Change, LOGOUT).all_faults().logged_in()],
    )
    .shown_by(Evidence::State("running")),
    Command::new(
        "login",
        "login",
        RUNNING.redirecting(NotifyUrlScope::Instance),
        &[
            Step::new(Role::Prerequisite, LIST),
            Step::new(Role::Prerequisite, STATUS),
            REDIRECT_CALLBACKS,
            Step::new(Role::Read, QRCODE).failing_only_at_deadline(),
            RESTORE_CALLBACKS,
        ],
    )
    .listening(),
    Command::new(
        "login without callbacks",
        "login --poll 10ms --guid GUID",
        WITHOUT_CALLBACKS,
        &[
            Step::new(Role::Prerequisite, STATUS).connect_faults(),
            Step::new(Role::Change, NOTIFY)
                .with("/webhook")
                .raw_faults(),
            Step::new(Role::Optional, POLL),
            Step::new(Role::Optional, PROFILE),
        ],
    )
    .listening(),
    Command::new(
        "login --global-notify",
        "login --global-notify --poll 1s --guid GUID",
        RUNNING.redirecting(NotifyUrlScope::Global),
        &[
            Step::new(Role::Prerequisite, STATUS).connect_faults(),
            REDIRECT_ALL_CALLBACKS,
            RESTORE_ALL_CALLBACKS,
        ],
    )
    .listening(),
    Command::new(
        "login --new",
        "login --new --no-poll",
        RUNNING,
        &[
            Step::new(Role::Change, CREATE).all_faults(),
            Step::new(Role::Read, STATUS),
        ],
    )
    .listening()
    .shown_by(Evidence::Instances),
    Command::new(
        "login --bridge",
        "login --bridge 7 --no-poll --guid GUID",
        RUNNING,
        &[
            Step::new(Role::Prerequisite, STATUS).connect_faults(),
            Step::new(Role::Change, BRIDGE).all_faults(),
        ],
    )
    .listening()
    .shown_by(Evidence::Bridge("7")),
    Command::new(
        "login of a stopped instance",
        "login --no-wait --guid GUID",
        STOPPED,
        &[
            Step::new(Role::Prerequisite, STATUS).connect_faults(),
            Step::new(Role::Change, START).all_faults(),
        ],
    )
    .slow(),
    Command::new(
        "login --no-wait",
        "login --no-wait --guid GUID",
        RUNNING,
        &[
            Step::new(Role::Prerequisite, STATUS).connect_faults(),
            Step::new(Role::Read, QRCODE)
                .all_faults()
                .failing_only_at_deadline(),
        ],
    ),
    Command::new(
        "login --code",
        "login --code 246810 --guid GUID",
        WAITS_FOR_CODE,
        &[Step::new(Role::Change, VERIFY).all_faults()],
    ),
    Command::new(
        "listen",
        "listen --for 20ms --guid GUID",
        ONLINE.redirecting(NotifyUrlScope::Instance),
        &[REDIRECT_CALLBACKS, RESTORE_CALLBACKS],
    )
    .listening(),
    Command::new(
        "listen --global-notify",
        "listen --global-notify --for 20ms --guid GUID",
        ONLINE.redirecting(NotifyUrlScope::Global),
        &[
            Step::new(Role::Change, NOTIFY_ALL)
                .with("/webhook")
                .raw_faults(),
            RESTORE_ALL_CALLBACKS,
        ],
    )
    .listening(),
    Command::new(
        "probe callback",
        "probe callback --guid GUID",
        RUNNING.redirecting(NotifyUrlScope::Instance),
        &[
            REDIRECT_CALLBACKS,
            Step::new(Role::Read, STATUS).failing_only_at_deadline(),
            Step::new(Role::CallbackTrigger, QRCODE).failing_only_at_deadline(),
            RESTORE_CALLBACKS,
        ],
    )
    .listening(),
    Command::new(
        "probe POST",
        "probe POST /client/stop_client --with-guid --guid GUID",
        ONLINE,
        &[Step::new(Role::Change, STOP).all_faults()],
    )
    .shown_by(Evidence::State("stopped"))
    .reporting(Report::Raw),
    Command::new(
        "probe GET",
        "probe GET /client/all_clients",
        GET_ONLY,
        &[Step::new(Role::Read, LIST).all_faults()],
    )
    .reporting(Report::Raw),
    Command::new(
        "probe",
        "probe",
        ONLINE,
        &[Step::new(Role::Diagnostic, LIST).all_faults()],
    ),
    Command::new(
        "instance ls",
        "instance ls",
        ONLINE,
        &[
            Step::new(Role::Read, LIST).all_faults(),
            Step::new(Role::Optional, STATUS),
            Step::new(Role::Optional, PROFILE),
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
            Step::new(Role::InstanceChoice, STATUS).logged_in(),
        ],
    ),
    Command::new(
        "sessions",
        "sessions --guid GUID",
        ONLINE,
        &[
            Step::new(Role::Read, SESSIONS).all_faults().logged_in(),
            Step::new(Role::Optional, ROOMS).all_faults(),
            Step::new(Role::Optional, PEOPLE).all_faults(),
        ],
    ),
    Command::new(
        "sessions, some of a batch left out",
        "sessions --guid GUID",
        PARTIAL,
        &[
            Step::new(Role::Read, SESSIONS).logged_in(),
            Step::new(Role::Optional, ROOM).all_faults(),
        ],
    ),
    Command::new(
        "members",
        "members R:1012345678901 --guid GUID",
        ONLINE,
        &[
            Step::new(Role::Read, ROOMS).all_faults().logged_in(),
            Step::new(Role::Optional, MEMBERS).all_faults(),
        ],
    ),
    Command::new(
        "contacts",
        "contacts --guid GUID",
        ONLINE,
        &[Step::new(Role::Read, CONTACTS).all_faults().logged_in()],
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
                .raw_faults()
                .logged_in(),
        ],
    ),
    Command::new(
        "status",
        "status --guid GUID",
        ONLINE,
        &[
            Step::new(Role::Read, STATUS).all_faults().logged_in(),
            Step::new(Role::Optional, LIST),
        ],
    ),
    Command::new(
        "status without --guid",
        "status",
        ONLINE,
        &[
            Step::new(Role::Read, LIST),
            Step::new(Role::InstanceChoice, STATUS).logged_in(),
        ],
    ),
    Command::new(
        "status --wait online",
        "status --wait online --interval 200ms --guid GUID",
        ONLINE,
        &[Step::new(Role::Polled, STATUS)
            .all_faults()
            .logged_in()
            .failing_only_at_deadline()],
    ),
];

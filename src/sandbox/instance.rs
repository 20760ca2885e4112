//! An instance, which one account logs in to, and its status.

use super::conversation::Conversation;
use super::directory::Directory;
use super::initial_data::{self, Session};
use super::keyword;
use super::login::Login;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;

/// The status of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not started; reported as 0.
    Stopped,
    /// Started, not logged in; reported as 1.
    Running,
    /// Logged in; reported as 2.
    Online,
    /// Logged in and able to send, but reported as 0 while its persistent connection reconnects.
    Reconnecting,
}

const TABLE: &[(&str, Status)] = &[
    ("stopped", Status::Stopped),
    ("running", Status::Running),
    ("online", Status::Online),
    ("reconnecting", Status::Reconnecting),
    ("0", Status::Stopped),
    ("1", Status::Running),
    ("2", Status::Online),
];

impl Status {
    /// Every name [`FromStr`] takes, besides the numbers 0, 1 and 2.
    pub const NAMES: &[&str] = &["stopped", "running", "online", "reconnecting"];

    /// The reported number. A reconnecting instance looks stopped, as in the wire protocol.
    pub fn shown(self) -> u8 {
        match self {
            Status::Stopped | Status::Reconnecting => 0,
            Status::Running => 1,
            Status::Online => 2,
        }
    }

    /// Whether an account is logged in.
    pub fn is_logged_in(self) -> bool {
        matches!(self, Status::Online | Status::Reconnecting)
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        keyword::by_name("status", text, TABLE)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(keyword::name_of(*self, TABLE))
    }
}

/// An instance and the account that belongs to it.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) guid: String,
    pub(super) status: Status,
    pub(super) client_type: i64,
    pub(super) proxy: String,
    pub(super) bridge: String,
    pub(super) notify_url: String,
    /// Whether a client has connected by WebSocket for its events.
    pub(super) is_subscribed: bool,
    pub(super) user_id: u64,
    pub(super) user_name: String,
    pub(super) sessions: Vec<Session>,
    pub(super) directory: Directory,
    pub(super) login: Option<Login>,
    /// Whether a QR code of this instance has expired already.
    pub(super) has_seen_expiry: bool,
    /// The last call of `/sync/sync_msg`.
    pub(super) last_sync: Option<Timestamp>,
}

impl Instance {
    /// The `number`th instance of a sandbox.
    pub(super) fn new(number: u64, status: Status, client_type: i64, sessions: usize) -> Self {
        Instance {
            guid: initial_data::guid(number),
            status,
            client_type,
            proxy: String::new(),
            bridge: String::new(),
            notify_url: String::new(),
            is_subscribed: false,
            user_id: initial_data::user_id(number),
            user_name: initial_data::user_name(number),
            sessions: initial_data::sessions(sessions),
            directory: Directory::new(number, sessions),
            login: None,
            has_seen_expiry: false,
            last_sync: None,
        }
    }

    /// The version the server shows for the client type (the vendor's change log).
    pub(super) fn client_version(&self) -> String {
        let release = match self.client_type {
            241 | 242 | 244 => "4.1.2",
            243 => "4.1.10",
            245 | 246 => "4.1.16",
            247 | 248 => "4.1.22",
            249 | 250 => "4.1.26",
            251 | 252 => "4.1.27",
            253 | 254 => "4.1.28",
            255 | 256 => "4.1.30",
            257 | 258 => "4.1.31",
            259 | 260 => "4.1.32",
            _ => "4.1.36",
        };
        format!("{release}.150331")
    }

    /// Moves a conversation's last message to `at` (seconds), if the account has it in its list.
    pub(super) fn touch_session(&mut self, conversation_id: &str, at: i64) {
        let known = self
            .sessions
            .iter_mut()
            .find(|session| session.conversation_id == conversation_id);
        if let Some(session) = known {
            session.last_msg_time = at;
        }
    }

    /// Whether a conversation exists: in the list, or with a person or group of the directory.
    pub(super) fn knows(&self, conversation: &Conversation) -> bool {
        self.directory.knows(conversation) || self.session(&conversation.id()).is_some()
    }

    fn session(&self, conversation_id: &str) -> Option<&Session> {
        self.sessions
            .iter()
            .find(|session| session.conversation_id == conversation_id)
    }

    /// Adds a conversation that somebody else began.
    pub(super) fn begin_session(&mut self, conversation: &Conversation, name: &str, at: i64) {
        if self.knows(conversation) {
            return;
        }
        let last = self.sessions.iter().map(|session| session.seq).max();
        self.sessions.push(Session {
            seq: last.map_or(initial_data::FIRST_SESSION_SEQ, |seq| seq + 1),
            conversation_id: conversation.id(),
            name: name.into(),
            last_msg_time: at,
        });
    }

    /// What the admin path shows.
    pub(super) fn view(&self) -> Value {
        json!({
            "guid": self.guid,
            "status": self.status.shown(),
            "state": self.status.to_string(),
            "client_type": self.client_type,
            "client_version": self.client_version(),
            "proxy": self.proxy,
            "bridge": self.bridge,
            "notify_url": self.notify_url,
            "user_id": self.user_id.to_string(),
            "user_name": self.user_name,
            "sessions": self.sessions.len(),
            "login": self.login.as_ref().map(|login| json!({
                "status": login.status as u8,
                "qrcode_content": login.qrcode.content(),
            })),
        })
    }
}

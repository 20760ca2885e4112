//! The requests this program builds, one function per endpoint; those of people and groups are in
//! `directory.rs`.
//!
//! Requests are plain values, so that `--dry-run` prints exactly what would be sent.

use std::borrow::Cow;

use serde::Serialize;

use crate::conversation::ConversationId;
use crate::guid::Guid;
use crate::mention::Mentions;
use crate::secret::Secret;

/// What executing a request does, which decides whether it may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A read; may be repeated.
    Read,
    /// An idempotent change; may be repeated.
    IdempotentChange,
    /// A change that must not be repeated.
    Change,
}

/// One HTTP request to the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: Cow<'static, str>,
    /// The path below the base URL, with its leading slash.
    pub path: Cow<'static, str>,
    /// The JSON body, byte for byte.
    pub body: Option<Vec<u8>>,
    /// What executing it does.
    pub effect: Effect,
}

impl Request {
    pub(super) fn post(path: &'static str, effect: Effect, body: &impl Serialize) -> Self {
        Self {
            method: "POST".into(),
            path: path.into(),
            // A map with string keys and plain values always serialises.
            body: Some(serde_json::to_vec(body).unwrap_or_default()),
            effect,
        }
    }
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct GuidBody<'a> {
    guid: &'a Guid,
}

/// Options of `/client/create_client`.
#[derive(Clone, Debug, Serialize)]
pub struct NewClient {
    /// The client version.
    pub client_type: u32,
    /// An http, socks4 or socks5 URL, or empty.
    pub proxy: String,
    /// The bridge id, or empty.
    pub bridge: String,
    /// Whether it is started at once.
    pub auto_start: bool,
}

impl NewClient {
    /// The newest version in the vendor's changelog.
    pub const LATEST_TYPE: u32 = 262;
}

/// All instances, by POST as documented.
pub fn all_clients() -> Request {
    Request::post("/client/all_clients", Effect::Read, &Nothing {})
}

/// All instances, by GET, which some servers require.
pub fn all_clients_get() -> Request {
    Request {
        method: "GET".into(),
        body: None,
        ..all_clients()
    }
}

/// Creates an instance.
pub fn create_client(new: &NewClient) -> Request {
    Request::post("/client/create_client", Effect::Change, new)
}

/// The status of an instance.
pub fn client_status(guid: &Guid) -> Request {
    let body = GuidBody { guid };
    Request::post("/client/get_client_status", Effect::Read, &body)
}

/// Removes an instance. Irreversible.
pub fn remove_client(guid: &Guid) -> Request {
    let body = GuidBody { guid };
    Request::post("/client/remove_client", Effect::Change, &body)
}

/// Starts a stopped instance with the server's default settings.
pub fn restore_client(guid: &Guid) -> Request {
    let body = GuidBody { guid };
    Request::post("/client/restore_client", Effect::Change, &body)
}

/// Stops an instance, which also logs it out.
pub fn stop_client(guid: &Guid) -> Request {
    let body = GuidBody { guid };
    Request::post("/client/stop_client", Effect::Change, &body)
}

/// Sets the `notify_url` of an instance.
pub fn set_notify_url(guid: &Guid, notify_url: &str) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
        notify_url: &'a str,
    }
    let body = Body { guid, notify_url };
    Request::post("/client/set_notify_url", Effect::Change, &body)
}

/// Sets the `notify_url` of **every** instance.
pub fn set_global_notify_url(notify_url: &str) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        notify_url: &'a str,
    }
    Request::post(
        "/global/set_notify_url",
        Effect::Change,
        &Body { notify_url },
    )
}

/// Sets the bridge an instance connects through; empty for none.
pub fn set_bridge(guid: &Guid, bridge: &str) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
        bridge: &'a str,
    }
    Request::post("/client/set_bridge", Effect::Change, &Body { guid, bridge })
}

/// Requests a login QR code. Repeating it only creates another code.
pub fn login_qrcode(guid: &Guid) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
        verify_login: bool,
    }
    let body = Body {
        guid,
        verify_login: false,
    };
    Request::post("/login/get_login_qrcode", Effect::Read, &body)
}

/// Reads the status of the QR code.
pub fn check_login_qrcode(guid: &Guid) -> Request {
    Request::post(
        "/login/check_login_qrcode",
        Effect::Read,
        &GuidBody { guid },
    )
}

/// Submits the verification code of a first login on a new device.
pub fn verify_login_qrcode(guid: &Guid, code: &Secret) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
        code: &'a str,
    }
    let body = Body {
        guid,
        code: code.reveal(),
    };
    Request::post("/login/verify_login_qrcode", Effect::Change, &body)
}

/// Logs the account out.
pub fn logout(guid: &Guid) -> Request {
    Request::post("/user/logout", Effect::Change, &GuidBody { guid })
}

/// Reads the logged-in user.
pub fn profile(guid: &Guid) -> Request {
    Request::post("/user/get_profile", Effect::Read, &GuidBody { guid })
}

/// Reads one page of the session list from `begin_seq` on.
pub fn session_list(guid: &Guid, begin_seq: &str, limit: u32) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
        begin_seq: &'a str,
        limit: u32,
    }
    let body = Body {
        guid,
        begin_seq,
        limit,
    };
    Request::post("/session/get_session_list", Effect::Read, &body)
}

/// Sends a text to a person or a group.
pub fn send_text(guid: &Guid, to: &ConversationId, content: &str) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
        conversation_id: &'a ConversationId,
        content: &'a str,
    }
    let body = Body {
        guid,
        conversation_id: to,
        content,
    };
    Request::post("/msg/send_text", Effect::Change, &body)
}

/// Sends a text to a group with mentions.
pub fn send_room_at(
    guid: &Guid,
    room: &ConversationId,
    content: &str,
    mentions: &Mentions,
) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
        conversation_id: &'a ConversationId,
        content: &'a str,
        at_list: &'a Mentions,
    }
    let body = Body {
        guid,
        conversation_id: room,
        content,
        at_list: mentions,
    };
    Request::post("/msg/send_room_at", Effect::Change, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(request: &Request) -> &str {
        std::str::from_utf8(request.body.as_deref().unwrap()).unwrap()
    }

    #[test]
    fn builds_documented_bodies() {
        let guid: Guid = "g-1".parse().unwrap();
        let room: ConversationId = "R:10001".parse().unwrap();
        let users = Mentions::Users(vec!["1688".into(), "7881".into()]);
        let cases = [
            (all_clients(), "{}"),
            (client_status(&guid), r#"{"guid":"g-1"}"#),
            (
                session_list(&guid, "0", 100),
                r#"{"guid":"g-1","begin_seq":"0","limit":100}"#,
            ),
            (
                send_text(&guid, &room, "a\"\n备"),
                r#"{"guid":"g-1","conversation_id":"R:10001","content":"a\"\n备"}"#,
            ),
            (
                send_room_at(&guid, &room, "x", &users),
                r#"{"guid":"g-1","conversation_id":"R:10001","content":"x","at_list":["1688","7881"]}"#,
            ),
            (
                send_room_at(&guid, &room, "x", &Mentions::All),
                r#"{"guid":"g-1","conversation_id":"R:10001","content":"x","at_list":[0]}"#,
            ),
        ];
        for (request, expected) in cases {
            assert_eq!(body(&request), expected, "{}", request.path);
        }
        assert_eq!(all_clients_get().body, None);
    }
}

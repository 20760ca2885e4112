//! Decides how the listener answers a request. Pure.

use serde_json::{Value, json};

use super::address::Token;
use super::event::Event;
use crate::guid::Guid;
use crate::http::host::{is_public_name, without_port};

/// Largest accepted callback in bytes.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Which requests the listener accepts.
#[derive(Clone, Debug)]
pub struct CallbackPolicy {
    /// The instance whose callbacks are accepted.
    pub guid: Guid,
    /// The secret in the URL.
    pub token: Token,
    /// The host of a `--notify-url` that a proxy forwards here.
    pub host: Option<String>,
}

/// The relevant parts of a request.
#[derive(Clone, Copy, Debug)]
pub struct CallbackRequest<'a> {
    pub method: &'a str,
    pub target: &'a str,
    pub host: Option<&'a str>,
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

/// The decision about a request.
#[derive(Debug)]
pub enum Decision {
    /// A callback for this instance.
    Callback(Event),
    /// A check of the webhook (`GET /webhook`).
    Webhook,
    /// A health check (`GET /health`).
    Health,
    /// Refused with this status and reason.
    Refused(u16, &'static str),
}

impl CallbackPolicy {
    /// Decides how to answer a request.
    pub fn decide(&self, request: CallbackRequest<'_>) -> Decision {
        let path = request.target.split('?').next().unwrap_or_default();
        if path == "/health" {
            return match request.method {
                "GET" | "HEAD" if self.is_meant(request.host) => Decision::Health,
                "GET" | "HEAD" => Decision::Refused(403, "another host"),
                _ => Decision::Refused(405, "only GET"),
            };
        }
        // A proxy may add a prefix: only the last path segment counts.
        let (before, last) = path.rsplit_once('/').unwrap_or(("", path));
        if !self.token.is(last) {
            let near = before.ends_with("/webhook") || path.ends_with("/webhook");
            return match near {
                true => Decision::Refused(403, "wrong token"),
                false => Decision::Refused(404, "not here"),
            };
        }
        match request.method {
            "GET" | "HEAD" => Decision::Webhook,
            "POST" => self.callback(request),
            _ => Decision::Refused(405, "only GET and POST"),
        }
    }

    /// Whether `Host` may be ours: a web page whose name was rebound to this machine must not read the
    /// health status. The webhook does not check it: the token is enough, and proxies use any name.
    fn is_meant(&self, host: Option<&str>) -> bool {
        host.is_none_or(|host| {
            let told = self.host.as_deref();
            !is_public_name(host)
                || told.is_some_and(|told| told.eq_ignore_ascii_case(without_port(host)))
        })
    }

    fn callback(&self, request: CallbackRequest<'_>) -> Decision {
        let is_json = request
            .content_type
            .is_none_or(|kind| kind.to_ascii_lowercase().contains("json"));
        if !is_json {
            return Decision::Refused(415, "only application/json");
        }
        match Event::parse(request.body) {
            Err(_) => Decision::Refused(400, "not a callback"),
            Ok(event) if event.guid != self.guid.as_str() => {
                Decision::Refused(403, "another instance")
            }
            Ok(event) => Decision::Callback(event),
        }
    }

    /// The body for [`Decision::Webhook`].
    pub fn webhook(&self, now: &str) -> Value {
        json!({"status": "running", "guid": self.guid, "time": now})
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy() -> CallbackPolicy {
        CallbackPolicy {
            guid: "g-1".parse().unwrap(),
            token: Token::random().unwrap(),
            host: Some("Hook.example".into()),
        }
    }

    fn status(
        policy: &CallbackPolicy,
        method: &str,
        target: &str,
        content_type: Option<&str>,
        body: &str,
    ) -> u16 {
        let request = CallbackRequest {
            method,
            target,
            host: None,
            content_type,
            body: body.as_bytes(),
        };
        match policy.decide(request) {
            Decision::Refused(status, _) => status,
            _ => 200,
        }
    }

    #[test]
    fn accepts_and_refuses_requests() {
        let policy = policy();
        let good = format!("/webhook/{}", policy.token.reveal());
        let proxied = format!("/some/prefix/{}?x=1", policy.token.reveal());
        let event = r#"{"guid":"g-1","notify_type":11003,"data":{}}"#;
        let other = r#"{"guid":"g-2","notify_type":11003,"data":{}}"#;
        let json = Some("application/json; charset=utf-8");
        let cases = [
            ("POST", good.as_str(), json, event, 200),
            ("POST", proxied.as_str(), None, event, 200),
            ("GET", good.as_str(), None, "", 200),
            ("GET", "/health", None, "", 200),
            ("POST", "/health", json, event, 405),
            ("POST", "/webhook", json, event, 403),
            ("GET", "/webhook", None, "", 403),
            ("POST", "/webhook/AAAAAAAAAAAAAAAAAAAAAA", json, event, 403),
            ("POST", "/", json, event, 404),
            ("POST", "*", json, event, 404),
            ("DELETE", good.as_str(), json, event, 405),
            ("POST", good.as_str(), Some("text/plain"), event, 415),
            ("POST", good.as_str(), json, other, 403),
            ("POST", good.as_str(), json, "<html>", 400),
            ("POST", good.as_str(), json, "", 400),
        ];
        for (method, target, kind, body, expected) in cases {
            assert_eq!(
                status(&policy, method, target, kind, body),
                expected,
                "{method} {target} {body}"
            );
        }
    }

    #[test]
    fn health_refuses_public_host_names() {
        let policy = policy();
        for (host, fits) in [
            (None, true),
            (Some("127.0.0.1:5000"), true),
            (Some("localhost:5000"), true),
            (Some("qiwei:5000"), true),
            (Some("hook.example"), true),
            (Some("evil.example:5000"), false),
            (Some("hook.example.evil.example"), false),
        ] {
            let request = CallbackRequest {
                method: "GET",
                target: "/health",
                host,
                content_type: None,
                body: b"",
            };
            let is_told = matches!(policy.decide(request), Decision::Health);
            assert_eq!(is_told, fits, "{host:?}");
        }
    }

    proptest! {
        #[test]
        fn refuses_everything_without_token(target in "/?(webhook|health)?/?[\\PC]{0,30}", body in "\\PC{0,60}") {
            let request = CallbackRequest { method: "POST", target: &target, host: None, content_type: None, body: body.as_bytes() };
            prop_assert!(matches!(policy().decide(request), Decision::Refused(..)));
        }
    }
}

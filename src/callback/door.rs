//! What the listener says to a request. Pure: method, path, headers and body decide.

use serde_json::{Value, json};

use super::event::Event;
use super::token::Token;
use crate::guid::Guid;
use crate::http::host::{is_public_name, without_port};

/// Largest callback that is read.
pub const BODY_CAP: usize = 1024 * 1024;

/// What a listener lets in.
#[derive(Clone, Debug)]
pub struct Door {
    /// The instance it listens for.
    pub guid: Guid,
    /// The secret of its URL.
    pub token: Token,
    /// The host of a URL that somebody else leads here.
    pub host: Option<String>,
}

/// A request, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub struct Knock<'a> {
    pub method: &'a str,
    pub target: &'a str,
    pub host: Option<&'a str>,
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

/// What to do about a request.
#[derive(Debug)]
pub enum Verdict {
    /// A callback for us.
    Callback(Event),
    /// Somebody asks whether the webhook is there.
    Webhook,
    /// Somebody asks how we are.
    Health,
    /// No.
    Refused(u16, &'static str),
}

impl Door {
    /// Decides about a request.
    pub fn decide(&self, knock: Knock<'_>) -> Verdict {
        let path = knock.target.split('?').next().unwrap_or_default();
        if path == "/health" {
            return match knock.method {
                "GET" | "HEAD" if self.is_meant(knock.host) => Verdict::Health,
                "GET" | "HEAD" => Verdict::Refused(403, "another host"),
                _ => Verdict::Refused(405, "only GET"),
            };
        }
        // A proxy may put anything before it: only the last part of the path counts.
        let (before, last) = path.rsplit_once('/').unwrap_or(("", path));
        if !self.token.is(last) {
            let near = before.ends_with("/webhook") || path.ends_with("/webhook");
            return match near {
                true => Verdict::Refused(403, "wrong token"),
                false => Verdict::Refused(404, "not here"),
            };
        }
        match knock.method {
            "GET" | "HEAD" => Verdict::Webhook,
            "POST" => self.callback(knock),
            _ => Verdict::Refused(405, "only GET and POST"),
        }
    }

    /// Whether `Host` is a name we may have: a page whose own name has been rebound to this machine
    /// must not read how we are. The webhook does not ask: its token says enough, and proxies
    /// call us what they like.
    fn is_meant(&self, host: Option<&str>) -> bool {
        host.is_none_or(|host| {
            let told = self.host.as_deref();
            !is_public_name(host)
                || told.is_some_and(|told| told.eq_ignore_ascii_case(without_port(host)))
        })
    }

    fn callback(&self, knock: Knock<'_>) -> Verdict {
        let is_json = knock
            .content_type
            .is_none_or(|kind| kind.to_ascii_lowercase().contains("json"));
        if !is_json {
            return Verdict::Refused(415, "only application/json");
        }
        match Event::parse(knock.body) {
            Err(_) => Verdict::Refused(400, "not a callback"),
            Ok(event) if event.guid != self.guid.as_str() => {
                Verdict::Refused(403, "another instance")
            }
            Ok(event) => Verdict::Callback(event),
        }
    }

    /// The answer to [`Verdict::Webhook`].
    pub fn webhook(&self, now: &str) -> Value {
        json!({"status": "running", "guid": self.guid, "time": now})
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn door() -> Door {
        Door {
            guid: "g-1".parse().unwrap(),
            token: Token::random().unwrap(),
            host: Some("Hook.example".into()),
        }
    }

    fn status(
        door: &Door,
        method: &str,
        target: &str,
        content_type: Option<&str>,
        body: &str,
    ) -> u16 {
        let knock = Knock {
            method,
            target,
            host: None,
            content_type,
            body: body.as_bytes(),
        };
        match door.decide(knock) {
            Verdict::Refused(status, _) => status,
            _ => 200,
        }
    }

    #[test]
    fn who_is_let_in() {
        let door = door();
        let good = format!("/webhook/{}", door.token.reveal());
        let proxied = format!("/some/prefix/{}?x=1", door.token.reveal());
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
                status(&door, method, target, kind, body),
                expected,
                "{method} {target} {body}"
            );
        }
    }

    #[test]
    fn pages_with_a_name_of_their_own_do_not_see_how_we_are() {
        let door = door();
        for (host, fits) in [
            (None, true),
            (Some("127.0.0.1:5000"), true),
            (Some("localhost:5000"), true),
            (Some("qiwei:5000"), true),
            (Some("hook.example"), true),
            (Some("evil.example:5000"), false),
            (Some("hook.example.evil.example"), false),
        ] {
            let knock = Knock {
                method: "GET",
                target: "/health",
                host,
                content_type: None,
                body: b"",
            };
            let is_told = matches!(door.decide(knock), Verdict::Health);
            assert_eq!(is_told, fits, "{host:?}");
        }
    }

    proptest! {
        #[test]
        fn nobody_gets_in_without_the_token(target in "/?(webhook|health)?/?[\\PC]{0,30}", body in "\\PC{0,60}") {
            let knock = Knock { method: "POST", target: &target, host: None, content_type: None, body: body.as_bytes() };
            prop_assert!(matches!(door().decide(knock), Verdict::Refused(..)));
        }
    }
}

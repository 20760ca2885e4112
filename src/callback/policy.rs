//! Decides how the listener answers a request. Pure.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use serde_json::{Value, json};

use super::event::Event;
use crate::guid::Guid;
use crate::http::host::{is_public_name, without_port};
use crate::listener::Token;
use crate::text::{Text, text};

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
    pub content_encoding: Option<&'a str>,
    /// Browsers send it with every POST from another site; servers do not.
    pub origin: Option<&'a str>,
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
    /// A request with the token, refused: a callback of the server is lost, which its user should
    /// learn.
    RefusedCallback(RefusalReason),
}

/// Why a request with the token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalReason {
    /// Its method is neither POST nor GET.
    Method,
    /// A web page sent it.
    WebPage,
    /// It is no HTTP request with a readable body.
    Unreadable,
    /// It is larger than 1 MiB, before or after decompression.
    TooLarge,
    /// Its content encoding is not supported.
    Encoding,
    /// Its body cannot be decompressed.
    Compression,
    /// Its body is no callback.
    NotCallback,
    /// It is for another instance.
    OtherInstance,
}

impl RefusalReason {
    /// The HTTP status of the answer.
    pub fn status(self) -> u16 {
        match self {
            Self::Method => 405,
            Self::WebPage | Self::OtherInstance => 403,
            Self::Unreadable | Self::Compression | Self::NotCallback => 400,
            Self::TooLarge => 413,
            Self::Encoding => 415,
        }
    }

    /// The reason in the answer.
    pub fn name(self) -> &'static str {
        match self {
            Self::Method => "only GET and POST",
            Self::WebPage => "sent by a web page",
            Self::Unreadable => "not a request",
            Self::TooLarge => "larger than 1 MiB",
            Self::Encoding => "unknown content encoding",
            Self::Compression => "the body cannot be decompressed",
            Self::NotCallback => "not a callback",
            Self::OtherInstance => "another instance",
        }
    }

    /// The reason for people.
    pub fn describe(self) -> Text {
        match self {
            Self::Method => text!("its method is neither POST nor GET"),
            Self::WebPage => text!("a web page sent it"),
            Self::Unreadable => text!("it cannot be read"),
            Self::TooLarge => text!("it is larger than 1 MiB"),
            Self::Encoding => text!("its content encoding is unknown"),
            Self::Compression => text!("its body cannot be decompressed"),
            Self::NotCallback => text!("it is not a JSON callback"),
            Self::OtherInstance => text!("it is for another instance"),
        }
    }
}

impl CallbackPolicy {
    /// Decides how to answer a request.
    pub fn decide(&self, request: CallbackRequest<'_>) -> Decision {
        let path = request.target.split('?').next().unwrap_or_default();
        let path = path.trim_end_matches('/');
        if path == "/health" {
            return match request.method {
                "GET" | "HEAD" if self.is_allowed_host(request.host) => Decision::Health,
                "GET" | "HEAD" => Decision::Refused(403, "another host"),
                _ => Decision::Refused(405, "only GET"),
            };
        }
        // A proxy may add a prefix: only the last path segment counts.
        let (before, last) = path.rsplit_once('/').unwrap_or(("", path));
        if !self.token.is(last) {
            let is_webhook_path = before.ends_with("/webhook") || path.ends_with("/webhook");
            return match is_webhook_path {
                true => Decision::Refused(403, "wrong token"),
                false => Decision::Refused(404, "not here"),
            };
        }
        match request.method {
            "GET" | "HEAD" => Decision::Webhook,
            "POST" => self.callback(request),
            _ => Decision::RefusedCallback(RefusalReason::Method),
        }
    }

    /// Whether a request target contains the token.
    pub fn has_token(&self, target: &str) -> bool {
        let path = target.split('?').next().unwrap_or_default();
        let last = path.trim_end_matches('/').rsplit('/').next();
        last.is_some_and(|last| self.token.is(last))
    }

    /// Whether `Host` may name this listener: a web page whose name was rebound to this machine must not read
    /// the health status. The webhook does not check it: the token is enough, and proxies use any name.
    fn is_allowed_host(&self, host: Option<&str>) -> bool {
        host.is_none_or(|host| {
            let allowed = self.host.as_deref();
            !is_public_name(host)
                || allowed.is_some_and(|allowed| allowed.eq_ignore_ascii_case(without_port(host)))
        })
    }

    /// Any content type is accepted: the token, not the type, distinguishes the server from a web page.
    fn callback(&self, request: CallbackRequest<'_>) -> Decision {
        if request.origin.is_some() {
            return Decision::RefusedCallback(RefusalReason::WebPage);
        }
        let body = match decoded(request.content_encoding, request.body) {
            Ok(body) => body,
            Err(reason) => return Decision::RefusedCallback(reason),
        };
        match Event::parse(&body) {
            Err(_) => Decision::RefusedCallback(RefusalReason::NotCallback),
            Ok(event) if !event.guid.eq_ignore_ascii_case(self.guid.as_str()) => {
                Decision::RefusedCallback(RefusalReason::OtherInstance)
            }
            Ok(event) => Decision::Callback(Event {
                guid: self.guid.to_string(),
                ..event
            }),
        }
    }

    /// The body for [`Decision::Webhook`].
    pub fn webhook(&self, now: &str) -> Value {
        json!({"status": "running", "guid": self.guid, "time": now})
    }
}

/// Decompresses a body; the result is limited like any other body.
fn decoded<'b>(encoding: Option<&str>, body: &'b [u8]) -> Result<Cow<'b, [u8]>, RefusalReason> {
    let encoding = encoding.map(|encoding| encoding.trim().to_ascii_lowercase());
    let mut result = Vec::new();
    let limit = MAX_BODY_BYTES as u64 + 1;
    let read = match encoding.as_deref() {
        None | Some("" | "identity") => return Ok(Cow::Borrowed(body)),
        Some("gzip" | "x-gzip") => MultiGzDecoder::new(body)
            .take(limit)
            .read_to_end(&mut result),
        // Senders disagree on whether `deflate` has the zlib header that RFC 9110 requires.
        Some("deflate") => match ZlibDecoder::new(body).take(limit).read_to_end(&mut result) {
            Ok(length) => Ok(length),
            Err(_) => {
                result.clear();
                DeflateDecoder::new(body)
                    .take(limit)
                    .read_to_end(&mut result)
            }
        },
        Some(_) => return Err(RefusalReason::Encoding),
    };
    match read {
        Err(_) => Err(RefusalReason::Compression),
        Ok(_) if result.len() > MAX_BODY_BYTES => Err(RefusalReason::TooLarge),
        Ok(_) => Ok(Cow::Owned(result)),
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::read::{DeflateEncoder, GzEncoder, ZlibEncoder};
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
        content_encoding: Option<&str>,
        body: &[u8],
    ) -> u16 {
        let request = CallbackRequest {
            method,
            target,
            host: None,
            content_encoding,
            origin: None,
            body,
        };
        match policy.decide(request) {
            Decision::Refused(status, _) => status,
            Decision::RefusedCallback(reason) => reason.status(),
            _ => 200,
        }
    }

    #[test]
    fn accepts_and_refuses_requests() {
        let policy = policy();
        let good = format!("/webhook/{}", policy.token.reveal());
        let proxied = format!("/some/prefix/{}?x=1", policy.token.reveal());
        let slash = format!("{good}/");
        let event = &br#"{"guid":"g-1","notify_type":11003,"data":{}}"#[..];
        let other_case = &br#"{"guid":"G-1","notify_type":11003,"data":{}}"#[..];
        let other = &br#"{"guid":"g-2","notify_type":11003,"data":{}}"#[..];
        let marked = [b"\xef\xbb\xbf", event].concat();
        let gzip = compressed(GzEncoder::new(event, Compression::fast()));
        let zlib = compressed(ZlibEncoder::new(event, Compression::fast()));
        let deflate = compressed(DeflateEncoder::new(event, Compression::fast()));
        let bomb = vec![b' '; 4 * MAX_BODY_BYTES];
        let bomb = compressed(GzEncoder::new(bomb.as_slice(), Compression::fast()));
        let cases = [
            ("POST", good.as_str(), None, event, 200),
            ("POST", proxied.as_str(), None, event, 200),
            ("POST", slash.as_str(), None, event, 200),
            ("POST", good.as_str(), None, other_case, 200),
            ("POST", good.as_str(), None, &marked, 200),
            ("POST", good.as_str(), Some("gzip"), &gzip, 200),
            ("POST", good.as_str(), Some("GZIP"), &gzip, 200),
            ("POST", good.as_str(), Some("deflate"), &zlib, 200),
            ("POST", good.as_str(), Some("deflate"), &deflate, 200),
            ("POST", good.as_str(), Some("identity"), event, 200),
            ("POST", good.as_str(), Some("gzip"), &bomb, 413),
            ("POST", good.as_str(), Some("gzip"), event, 400),
            ("POST", good.as_str(), Some("br"), event, 415),
            ("GET", good.as_str(), None, b"", 200),
            ("GET", "/health", None, b"", 200),
            ("POST", "/health", None, event, 405),
            ("POST", "/webhook", None, event, 403),
            ("POST", "/webhook/", None, event, 403),
            ("GET", "/webhook", None, b"", 403),
            ("POST", "/webhook/AAAAAAAAAAAAAAAAAAAAAA", None, event, 403),
            ("POST", "/", None, event, 404),
            ("POST", "*", None, event, 404),
            ("DELETE", good.as_str(), None, event, 405),
            ("POST", good.as_str(), None, other, 403),
            ("POST", good.as_str(), None, b"<html>", 400),
            ("POST", good.as_str(), None, b"", 400),
        ];
        for (method, target, encoding, body, expected) in cases {
            assert_eq!(
                status(&policy, method, target, encoding, body),
                expected,
                "{method} {target} {encoding:?} {}",
                String::from_utf8_lossy(body)
            );
        }
    }

    fn compressed(mut encoder: impl Read) -> Vec<u8> {
        let mut bytes = Vec::new();
        encoder.read_to_end(&mut bytes).unwrap();
        bytes
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
                content_encoding: None,
                origin: None,
                body: b"",
            };
            let is_told = matches!(policy.decide(request), Decision::Health);
            assert_eq!(is_told, fits, "{host:?}");
        }
    }

    proptest! {
        #[test]
        fn refuses_everything_without_token(target in "/?(webhook|health)?/?[\\PC]{0,30}", body in "\\PC{0,60}") {
            let request = CallbackRequest { method: "POST", target: &target, host: None, content_encoding: None, origin: None, body: body.as_bytes() };
            prop_assert!(matches!(policy().decide(request), Decision::Refused(..)));
        }
    }
}

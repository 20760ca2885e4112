//! Interprets an HTTP response as a payload or an error. Pure.

use serde_json::Value;

use super::envelope::{self, Content, Dialect, Payload};
use super::error::{CallError, NoAnswer};
use super::refusal::Refusal;
use super::reported_failure::{detail_text, text_of};
use super::response::Response;
use crate::text::{Text, text};

/// Opens a reply. HTTP 200 is a success only if the body reports one.
///
/// # Errors
/// [`CallError::Refused`] for business codes and HTTP 4xx, [`CallError::NoAnswer`] for the rest.
pub fn interpret(response: &Response) -> Result<(Dialect, Payload), CallError> {
    match response.status {
        200..=299 => open(response),
        300..=399 => Err(redirected(response)),
        // A proxy before the server may answer these after the server has executed the call: 408 and 460 (client timed out),
        // 409 (conflict with a call in progress), 499 (client closed the request).
        408 | 409 | 460 | 499 => Err(no_answer(response)),
        400..=499 => Err(refused(response)),
        _ => Err(no_answer(response)),
    }
}

/// A status that leaves open whether the server has acted.
fn no_answer(response: &Response) -> CallError {
    CallError::NoAnswer(NoAnswer {
        why: with_server_message(
            text!(
                "the server answered HTTP {status}",
                status = response.status
            ),
            response,
        ),
        http_status: Some(response.status),
        hint: None,
    })
}

/// HTTP 4xx is a refusal, unless the body reports success. `{}` does not: proxies send it too.
fn refused(response: &Response) -> CallError {
    let (code, text) = match envelope::open(&response.body).map(|opened| opened.content) {
        Ok(Content::Payload(payload)) if payload.confirmed && !payload.other_fields.is_empty() => {
            return no_answer(response);
        }
        Ok(Content::Refused { code, text }) => (code, text),
        _ => (None, server_message(response).unwrap_or_default()),
    };
    CallError::Refused(Refusal {
        http_status: response.status,
        code,
        text,
        retry_after: response.retry_after,
        gateway: None,
    })
}

fn open(response: &Response) -> Result<(Dialect, Payload), CallError> {
    let opened = envelope::open(&response.body).map_err(|why| {
        CallError::NoAnswer(NoAnswer {
            why,
            http_status: Some(response.status),
            hint: None,
        })
    })?;
    match opened.content {
        Content::Payload(payload) => Ok((opened.dialect, payload)),
        Content::Refused { code, text } => Err(CallError::Refused(Refusal {
            http_status: response.status,
            code,
            text,
            retry_after: response.retry_after,
            gateway: None,
        })),
    }
}

/// A redirect of a POST is not followed: it would repeat the request.
fn redirected(response: &Response) -> CallError {
    let hint = match response.location.as_deref() {
        Some(target) => text!(
            "the redirect points to {target}; set the base URL to the server's actual address",
            target = without_credentials(target)
        ),
        None => text!(
            "the redirect has no Location header; set the base URL to the server's actual address"
        ),
    };
    CallError::NoAnswer(NoAnswer {
        why: text!(
            "the server answered HTTP {status} (redirect)",
            status = response.status
        ),
        http_status: Some(response.status),
        hint: Some(hint),
    })
}

/// A redirect target without credentials and query, which may hold a token.
fn without_credentials(target: &str) -> String {
    let target = match url::Url::parse(target) {
        Ok(url) if url.has_host() => crate::base_url::redacted(&url),
        _ => match target.rsplit_once('@') {
            Some((_, host)) => format!("***@{host}"),
            None => target.to_owned(),
        },
    };
    match target.split_once('?') {
        Some((place, _)) => format!("{place}?***"),
        None => target,
    }
}

fn with_server_message(what: Text, response: &Response) -> Text {
    match server_message(response) {
        Some(message) => text!("{what}: {message}", what, message),
        None => what,
    }
}

/// The server's text: FastAPI's `detail`, an error text, or a short plain body.
fn server_message(response: &Response) -> Option<String> {
    match serde_json::from_slice(&response.body) {
        Ok(Value::Object(object)) => match object.get("detail") {
            Some(detail) => Some(detail_text(detail)),
            None => text_of(&object),
        },
        _ => short_plain_text(&response.body),
    }
}

fn short_plain_text(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let plain = !text.is_empty() && !text.starts_with('<') && !text.contains('\n');
    (plain && text.len() <= 200).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn response(status: u16, body: &str) -> Response {
        Response {
            status,
            location: Some("https://u:secret@h/x".into()),
            retry_after: None,
            body: body.into(),
            latency: Duration::ZERO,
        }
    }

    #[test]
    fn classifies_http_statuses() {
        let ok = r#"{"error_code":0,"data":{}}"#;
        for status in [200, 201, 299] {
            assert!(interpret(&response(status, ok)).is_ok(), "{status}");
        }
        for status in [301, 302, 307, 308, 500, 502, 503, 100] {
            let error = interpret(&response(status, ok)).unwrap_err();
            assert!(matches!(error, CallError::NoAnswer(_)), "{status}");
        }
        for status in [400, 401, 404, 405, 422, 429] {
            let error = interpret(&response(status, r#"{"detail":"no"}"#)).unwrap_err();
            assert!(matches!(error, CallError::Refused(_)), "{status}");
            let error = interpret(&response(status, ok)).unwrap_err();
            assert!(
                matches!(error, CallError::NoAnswer(_)),
                "{status} beside a yes"
            );
        }
        for status in [408, 409, 460, 499] {
            let error = interpret(&response(status, r#"{"detail":"no"}"#)).unwrap_err();
            assert!(matches!(error, CallError::NoAnswer(_)), "{status}");
        }
    }

    #[test]
    fn extracts_refusal_text() {
        let cases = [
            (404, r#"{"detail":"Not Found"}"#, "HTTP 404: Not Found"),
            (
                422,
                r#"{"detail":[{"loc":["body","guid"],"msg":"field required","type":"x"},{"loc":["body","at_list",0],"msg":"bad"}]}"#,
                "HTTP 422: guid: field required; at_list.0: bad",
            ),
            (422, r#"{"detail":[{"loc":"?"}]}"#, "HTTP 422: invalid"),
            (
                400,
                r#"{"error_code":-7,"error_message":"no"}"#,
                "no (code -7)",
            ),
            (429, "slow down", "HTTP 429: slow down"),
            (401, "<html>…</html>", "HTTP 401"),
            (502, "<html>…</html>", "HTTP 502"),
            (
                500,
                "Internal Server Error",
                "HTTP 500: Internal Server Error",
            ),
        ];
        for (status, body, part) in cases {
            let summary = interpret(&response(status, body)).unwrap_err().summary();
            assert!(summary.english().ends_with(part), "{summary:?}");
        }
    }

    #[test]
    fn redirect_error_hides_credentials() {
        for (location, shown) in [
            ("https://u:secret@h/x", "https://***@h/x"),
            ("//u:secret@h/x", "***@h/x"),
            ("sso:u:secret@h", "***@h"),
            ("/login?state=secret", "/login?***"),
            ("https://h/x?token=secret#y", "https://h/x?***"),
        ] {
            let response = Response {
                location: Some(location.into()),
                ..response(302, "")
            };
            let CallError::NoAnswer(none) = interpret(&response).unwrap_err() else {
                panic!("not classified as unanswered");
            };
            let hint = none.hint.unwrap().english();
            assert!(hint.contains(&format!(" {shown};")), "{hint}");
            assert!(!hint.contains("secret"), "{hint}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_any_response(
            status in 100u16..600,
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let response = Response { status, location: None, retry_after: None, body, latency: Duration::ZERO };
            let _ = interpret(&response).map_err(|e| e.summary());
        }
    }
}

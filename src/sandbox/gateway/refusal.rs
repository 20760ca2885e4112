//! What the gateway itself refuses. Its codes and texts are not documented: these are made up, and
//! clients must go by words (wrong credentials, 频繁) rather than by the numbers.

use crate::sandbox::dialect::Dialect;
use crate::sandbox::endpoint_result::Failure;
use crate::sandbox::http_response::HttpResponse;
use crate::sandbox::quirk::{Quirk, Quirks};
use serde_json::json;

/// Why the gateway refuses a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Refusal {
    /// The body is not a call.
    Malformed(&'static str),
    /// Wrong or missing credentials.
    Credentials,
    /// The gateway does not offer the endpoint.
    NotOffered,
    /// The account made too many calls and is blocked.
    Blocked,
}

impl Refusal {
    fn code(self) -> i64 {
        match self {
            Refusal::Malformed(_) => 400,
            Refusal::Credentials => 401,
            Refusal::NotOffered => 403,
            Refusal::Blocked => 429,
        }
    }

    /// The text that the client sees.
    pub(in crate::sandbox) fn text(self) -> &'static str {
        match self {
            Refusal::Malformed(why) => why,
            Refusal::Credentials => "app_key or app_secret is invalid",
            Refusal::NotOffered => "this interface is not offered by the gateway",
            Refusal::Blocked => "请求过于频繁，已被限制",
        }
    }

    /// HTTP 200 with `{"code":…,"msg":…}`, or as the quirks say.
    pub(in crate::sandbox) fn response(self, quirks: &Quirks, dialect: Dialect) -> HttpResponse {
        let (code, text) = (self.code(), self.text());
        let body = if quirks.has(Quirk::GatewayEnvelope) {
            dialect.render(&Err(Failure::new(code, text)))
        } else if quirks.has(Quirk::GatewayMessageKey) {
            json!({ "code": code, "message": text }).to_string().into()
        } else {
            json!({ "code": code, "msg": text }).to_string().into()
        };
        HttpResponse::json(200, body, format!("refused by the gateway: {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_depends_on_quirks() {
        for (quirks, body) in [
            (vec![], r#"{"code":429,"msg":"请求过于频繁，已被限制"}"#),
            (
                vec![Quirk::GatewayMessageKey],
                r#"{"code":429,"message":"请求过于频繁，已被限制"}"#,
            ),
            (
                vec![Quirk::GatewayEnvelope],
                r#"{"err_code":429,"err_msg":"请求过于频繁，已被限制","data":null}"#,
            ),
        ] {
            let answer = Refusal::Blocked.response(&Quirks::new(quirks), Dialect::B);
            assert_eq!(answer.status, 200);
            assert_eq!(String::from_utf8(answer.body).unwrap(), body);
        }
    }
}

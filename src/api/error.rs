//! Errors of API calls, classified by whether the server may have acted on the request.

use super::refusal::Refusal;
use super::refusal::explain;
use super::request::Effect;
use crate::error::{Error, Kind, Outcome};
use crate::text::{Text, text};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq)]
pub enum CallError {
    /// No connection was made, so the request was certainly not executed.
    NotConnected {
        /// Address and reason.
        why: Text,
        /// A hint, if there is a more specific one than to check the server.
        hint: Option<Text>,
    },
    /// The server's certificate is not trusted; not executed, and not worth a retry.
    Untrusted {
        /// The reason.
        why: Text,
        /// What helps.
        hint: Text,
    },
    /// The server refused the request.
    Refused(Refusal),
    /// The request was written and no trustworthy answer arrived: it may have been executed.
    NoAnswer(NoAnswer),
    /// The request could not be built.
    Setup(Text),
    /// The pace allows no call in time, or cannot be enforced; not executed.
    RateLimited(Box<Error>),
    /// The instance is one of personal WeChat.
    PersonalWechat,
}

/// A missing or untrustworthy answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    /// What arrived instead.
    pub why: Text,
    /// The HTTP status, if one was read.
    pub http_status: Option<u16>,
    /// A hint, if there is one.
    pub hint: Option<Text>,
}

impl NoAnswer {
    pub(super) fn because(why: Text) -> CallError {
        CallError::NoAnswer(Self {
            why,
            http_status: None,
            hint: None,
        })
    }
}

/// The login device is not ready yet; documented as "try again shortly".
pub(super) const NOT_READY: i64 = 1014;

impl CallError {
    /// Whether a retry is harmless: the request was certainly not executed, or executing it again changes
    /// nothing.
    pub fn may_retry(&self, effect: Effect) -> bool {
        match self {
            Self::NotConnected { .. } => true,
            Self::Refused(_) => self.is_not_ready(),
            Self::NoAnswer(_) => effect != Effect::Change,
            Self::Setup(_)
            | Self::Untrusted { .. }
            | Self::RateLimited(_)
            | Self::PersonalWechat => false,
        }
    }

    /// Whether waiting cannot help: the request cannot be built, or the credentials are not accepted.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Setup(_) | Self::PersonalWechat => true,
            Self::Refused(refusal) => refusal.is_about_credentials(),
            Self::NotConnected { .. }
            | Self::Untrusted { .. }
            | Self::NoAnswer(_)
            | Self::RateLimited(_) => false,
        }
    }

    /// Whether certainly no server was reached: there was no connection, or no call was allowed.
    pub fn never_reached_server(&self) -> bool {
        matches!(
            self,
            Self::NotConnected { .. }
                | Self::Untrusted { .. }
                | Self::Setup(_)
                | Self::RateLimited(_)
        )
    }

    /// Whether the server answered "not ready yet".
    pub fn is_not_ready(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == Some(NOT_READY))
    }

    /// Whether the server reported that a QR code has expired, not a verification code or the login.
    pub fn is_qrcode_expired(&self) -> bool {
        let Self::Refused(refusal) = self else {
            return false;
        };
        let text = refusal.text.to_lowercase();
        ["过期", "失效", "expired"]
            .iter()
            .any(|word| text.contains(word))
            && !["验证码", "登录态", "verification"]
                .iter()
                .any(|word| text.contains(word))
    }

    /// The server's text of a refusal, if any.
    pub fn refusal_text(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => Some(refusal.text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// The message for logs and for one row of a list.
    pub fn summary(&self) -> Text {
        match self {
            Self::NotConnected { why, .. } => text!("cannot connect to {why}", why = why.clone()),
            Self::Untrusted { why, .. } => text!(
                "the server's certificate is not trusted: {why}",
                why = why.clone()
            ),
            Self::Refused(refusal) => explain(refusal).message,
            Self::NoAnswer(none) => none.why.clone(),
            Self::Setup(why) => why.clone(),
            Self::RateLimited(error) => error.message.clone(),
            Self::PersonalWechat => {
                text!("the instance is one of personal WeChat, which this program does not support")
            }
        }
    }

    /// The error for the user.
    pub fn into_error(self, effect: Effect) -> Error {
        let message = self.summary();
        let changes = effect != Effect::Read;
        match self {
            Self::NotConnected { hint, .. } => {
                let usual = || {
                    text!(
                        "check the base URL (`qiwei config explain`) and that the server is running"
                    )
                };
                not_connected(message, changes)
                    .hint(hint.unwrap_or_else(usual))
                    .retryable()
            }
            Self::Untrusted { hint, .. } => not_connected(message, changes).hint(hint),
            Self::Refused(refusal) => refused(&refusal, changes),
            Self::NoAnswer(none) if changes => {
                let error = Error::new(
                    Kind::Unknown,
                    text!(
                        "{message}; the request may or may not have been executed",
                        message
                    ),
                )
                .outcome(Outcome::Unknown);
                error.hint(none.hint.unwrap_or_else(|| {
                    text!("check the result before running this again; it is not repeated automatically")
                }))
            }
            Self::NoAnswer(none) => {
                let error = Error::new(Kind::Unreachable, message).retryable();
                match none.hint {
                    Some(hint) => error.hint(hint),
                    None => error,
                }
            }
            Self::Setup(_) => Error::config(message),
            Self::RateLimited(error) => *error,
            Self::PersonalWechat => {
                let error = Error::new(Kind::Config, message);
                error.hint(text!("set the guid of a WeCom instance"))
            }
        }
    }
}

fn not_connected(message: Text, changes: bool) -> Error {
    let error = Error::new(Kind::Unreachable, message);
    match changes {
        true => error.outcome(Outcome::NotSent),
        false => error,
    }
}

fn refused(refusal: &Refusal, changes: bool) -> Error {
    let explained = explain(refusal);
    let mut error = Error::new(explained.kind, explained.message).code(refusal.code);
    error.hint = explained.hint;
    error.retryable = explained.retryable;
    error = error.retry_after(refusal.wait());
    if changes {
        error.outcome = Some(explained.outcome);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_connected_error() -> CallError {
        CallError::NotConnected {
            why: "refused".into(),
            hint: None,
        }
    }

    fn untrusted() -> CallError {
        CallError::Untrusted {
            why: "unknown issuer".into(),
            hint: "use --cacert".into(),
        }
    }

    fn refusal(http_status: u16, code: Option<i64>, text: &str) -> CallError {
        CallError::Refused(Refusal {
            http_status,
            code,
            text: text.into(),
            retry_after: None,
            gateway: None,
        })
    }

    /// The delivery guarantee as a table.
    #[test]
    fn maps_call_errors_to_kinds_and_outcomes() {
        let none = || NoAnswer::because("the connection was closed".into());
        let cases = [
            (
                not_connected_error(),
                Effect::Change,
                (5, Some("not_sent"), true),
            ),
            (not_connected_error(), Effect::Read, (5, None, true)),
            (untrusted(), Effect::Change, (5, Some("not_sent"), false)),
            (none(), Effect::Change, (6, Some("unknown"), false)),
            (none(), Effect::Read, (5, None, true)),
            (
                refusal(200, Some(-1), "no"),
                Effect::Change,
                (1, Some("rejected"), false),
            ),
            (
                refusal(404, None, "Not Found"),
                Effect::Change,
                (1, Some("rejected"), false),
            ),
            (refusal(200, Some(-1), "no"), Effect::Read, (1, None, false)),
            (
                CallError::Setup("bad certificate".into()),
                Effect::Change,
                (3, Some("not_sent"), false),
            ),
        ];
        for (call, effect, (exit, outcome, retryable)) in cases {
            let error = call.clone().into_error(effect);
            assert_eq!(error.exit, exit, "{call:?}");
            assert_eq!(error.outcome.map(Outcome::name), outcome, "{call:?}");
            assert_eq!(error.retryable, retryable, "{call:?}");
        }
    }

    #[test]
    fn retries_only_harmless_errors() {
        let cases = [
            (not_connected_error(), true, true),
            (NoAnswer::because("timeout".into()), true, false),
            (refusal(200, Some(1014), ""), true, true),
            (refusal(200, Some(-1), ""), false, false),
            (refusal(429, None, ""), false, false),
            (untrusted(), false, false),
            (CallError::Setup("".into()), false, false),
        ];
        for (call, read, change) in cases {
            assert_eq!(call.may_retry(Effect::Read), read, "{call:?}");
            assert_eq!(call.may_retry(Effect::IdempotentChange), read, "{call:?}");
            assert_eq!(call.may_retry(Effect::Change), change, "{call:?}");
        }
    }
}

//! Causes of refusals, with hints.
//!
//! The reference documents no code of the private server for "not logged in", "unknown guid", "expired" or
//! "too frequent", so the text is checked too, and these causes never follow from a code alone.

use super::error::NOT_READY;
use super::gateway::RefusedCall;
use crate::error::{Kind, Outcome};
use crate::text::{Text, text};
use std::time::Duration;

/// The explanation of a refusal.
pub(super) struct ExplainedRefusal {
    pub(super) kind: Kind,
    /// The outcome of a change.
    pub(super) outcome: Outcome,
    pub(super) message: Text,
    pub(super) hint: Option<Text>,
    pub(super) retryable: bool,
}

/// Explains a refusal. Unknown codes are printed unchanged, with their text.
pub(super) fn explain(refusal: &Refusal) -> ExplainedRefusal {
    let cause = Cause::of(refusal);
    let (kind, outcome) = match cause {
        Some(Cause::NotLoggedIn) => (Kind::NotLoggedIn, Outcome::Rejected),
        // The gateway refuses these itself, before the instance sees the call.
        Some(Cause::GatewayCredentials) => (Kind::Config, Outcome::NotSent),
        Some(Cause::Blocked) => (Kind::Busy, Outcome::NotSent),
        Some(Cause::PersonalWechat) => (Kind::Config, Outcome::Rejected),
        // Without a list no instance can be detected: one has to be configured.
        Some(Cause::ConsoleOnly) if refusal.is_list() => (Kind::Config, Outcome::NotSent),
        _ => (Kind::Rejected, Outcome::Rejected),
    };
    ExplainedRefusal {
        kind,
        outcome,
        message: message(refusal),
        hint: cause.map(|cause| match refusal.gateway.is_some() {
            true => cause.gateway_hint(),
            false => cause.hint(),
        }),
        retryable: matches!(
            cause,
            Some(Cause::TooFrequent | Cause::Blocked | Cause::NotReady)
        ),
    }
}

impl Refusal {
    /// Whether the server has no such instance.
    pub fn is_bad_guid(&self) -> bool {
        Cause::of(self) == Some(Cause::BadGuid)
    }

    /// Whether the credentials are missing or not accepted.
    pub fn is_about_credentials(&self) -> bool {
        matches!(
            Cause::of(self),
            Some(Cause::Credentials | Cause::GatewayCredentials)
        )
    }

    /// Whether the server asks for fewer requests.
    pub fn is_too_frequent(&self) -> bool {
        matches!(Cause::of(self), Some(Cause::TooFrequent | Cause::Blocked))
    }

    /// Whether the gateway refuses to list or manage instances.
    pub fn is_console_only(&self) -> bool {
        Cause::of(self) == Some(Cause::ConsoleOnly)
    }

    fn is_list(&self) -> bool {
        self.gateway.as_ref().is_some_and(RefusedCall::is_list)
    }

    /// Whether the code leaves open if the account is offline or the guid is wrong.
    pub fn is_offline_or_bad_guid(&self) -> bool {
        Cause::of(self) == Some(Cause::OfflineOrBadGuid)
    }

    /// How long the account has to wait for its next call: what the server says, else the half hour for which
    /// the gateway blocks an account, else `None`.
    pub fn wait(&self) -> Option<Duration> {
        let wait = match Cause::of(self) {
            Some(Cause::Blocked) => Some(self.retry_after.unwrap_or(GATEWAY_BLOCK)),
            _ => self.retry_after,
        };
        wait.map(|wait| wait.min(LONGEST_WAIT))
    }

    /// Whether the server lacks the endpoint.
    pub fn is_missing_endpoint(&self) -> bool {
        let cause = Cause::of(self);
        matches!(cause, Some(Cause::NoEndpoint | Cause::Method))
    }

    /// Whether the refusal may concern this endpoint only: it says nothing about the instance, the account,
    /// the credentials or the rate of requests.
    pub fn may_be_about_endpoint(&self) -> bool {
        match Cause::of(self) {
            Some(cause) => matches!(cause, Cause::NoEndpoint | Cause::Method),
            None => self.code.is_some(),
        }
    }

    /// Whether looking up the instance's status may explain the refusal.
    pub fn may_be_about_login(&self) -> bool {
        (self.code.is_some() || self.is_success_status()) && !self.is_unrelated_to_login()
    }

    /// Whether the refusal came with an HTTP status of success, so that only its text is a refusal.
    fn is_success_status(&self) -> bool {
        (200..300).contains(&self.http_status)
    }

    /// Whether the server gave a clear reason that is unrelated to being logged in.
    fn is_unrelated_to_login(&self) -> bool {
        Cause::of(self).is_some_and(|cause| {
            !matches!(
                cause,
                Cause::NotReady
                    | Cause::OfflineOrBadGuid
                    | Cause::NotLoggedIn
                    | Cause::BadGuid
                    | Cause::NotStarted
                    | Cause::ConnectionLost
            )
        })
    }
}

fn message(refusal: &Refusal) -> Text {
    if refusal.is_list() && refusal.is_console_only() {
        return text!("the gateway does not list instances");
    }
    match (refusal.code, refusal.text.trim()) {
        // `is_svr_fail` beside code 0 comes without text.
        (Some(0), _) => text!("the server reports that delivery failed (is_svr_fail)"),
        (Some(code), "") => text!("the server refused with code {code} and no text", code),
        (Some(code), text) => text!("the server refused: {text} (code {code})", text, code),
        (None, "") if refusal.is_success_status() => {
            text!("the server refused without giving a reason")
        }
        (None, text) if refusal.is_success_status() => text!("the server refused: {text}", text),
        (None, "") => text!(
            "the server answered HTTP {status}",
            status = refusal.http_status
        ),
        (None, text) => text!(
            "the server answered HTTP {status}: {text}",
            status = refusal.http_status,
            text
        ),
    }
}

/// The known causes, each with a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    BadConversation,
    NoPermission,
    NotReady,
    OfflineOrBadGuid,
    SeatExpired,
    LimitReached,
    MiniProgramVersion,
    StaleCdnRules,
    ConnectionLost,
    NotLoggedIn,
    BadGuid,
    NotStarted,
    Expired,
    TooFrequent,
    Credentials,
    NoEndpoint,
    Method,
    Schema,
    TooLarge,
    /// The gateway does not accept `app_key` and `app_secret`.
    GatewayCredentials,
    /// The gateway has blocked the account for too many calls.
    Blocked,
    /// The gateway does not offer the endpoint; its web console does.
    ConsoleOnly,
    /// The instance is one of personal WeChat.
    PersonalWechat,
}

/// Longest wait accepted from a server.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);
/// How long the gateway blocks an account above 100 calls a minute (wire protocol).
const GATEWAY_BLOCK: Duration = Duration::from_secs(30 * 60);

/// Texts of the gateway itself; the first match counts. Its texts are not documented, so common wordings are
/// listed.
/// Only those about calls: a contact may be blocked too, and WeCom has limits of its own.
const GATEWAY_WORDS: [(&str, Cause); 23] = [
    ("请求过于频繁", Cause::Blocked),
    ("请求频繁", Cause::Blocked),
    ("调用过于频繁", Cause::Blocked),
    ("调用频繁", Cause::Blocked),
    ("访问频繁", Cause::Blocked),
    ("too many requests", Cause::Blocked),
    ("rate limit", Cause::Blocked),
    ("限流", Cause::Blocked),
    ("限频", Cause::Blocked),
    ("请求频率", Cause::Blocked),
    ("调用频率", Cause::Blocked),
    ("调用次数", Cause::Blocked),
    ("app_key", Cause::GatewayCredentials),
    ("app_secret", Cause::GatewayCredentials),
    ("appkey", Cause::GatewayCredentials),
    ("appsecret", Cause::GatewayCredentials),
    ("app key", Cause::GatewayCredentials),
    ("app secret", Cause::GatewayCredentials),
    ("密钥", Cause::GatewayCredentials),
    ("鉴权", Cause::GatewayCredentials),
    ("认证失败", Cause::GatewayCredentials),
    ("unauthorized", Cause::GatewayCredentials),
    ("应用不存在", Cause::GatewayCredentials),
];

/// Texts that identify a cause whatever the code; the first match counts.
const CAUSE_WORDS: [(&str, Cause); 13] = [
    ("上限", Cause::LimitReached),
    ("频繁", Cause::TooFrequent),
    ("too frequent", Cause::TooFrequent),
    ("未登录", Cause::NotLoggedIn),
    ("not logged in", Cause::NotLoggedIn),
    ("not login", Cause::NotLoggedIn),
    ("offline", Cause::NotLoggedIn),
    ("离线", Cause::NotLoggedIn),
    ("invalid guid", Cause::BadGuid),
    ("not started", Cause::NotStarted),
    ("未启动", Cause::NotStarted),
    ("坐席已过期", Cause::SeatExpired),
    ("过期", Cause::Expired),
];

impl Cause {
    fn of(refusal: &Refusal) -> Option<Self> {
        match &refusal.gateway {
            Some(call) => Self::at_gateway(refusal, call),
            None => Self::at_server(refusal),
        }
    }

    fn at_gateway(refusal: &Refusal, call: &RefusedCall) -> Option<Self> {
        if call.is_personal_wechat() {
            return Some(Self::PersonalWechat);
        }
        let text = refusal.text.to_lowercase();
        let own = GATEWAY_WORDS
            .iter()
            .find(|(word, _)| text.contains(word))
            .map(|(_, cause)| *cause);
        let by_status = match (refusal.http_status, refusal.code) {
            (429, _) | (_, Some(429)) => Some(Self::Blocked),
            (401 | 403, _) | (_, Some(401)) => Some(Self::GatewayCredentials),
            // The gateway's text says "offline" for a wrong guid too.
            (_, Some(1002)) => Some(Self::OfflineOrBadGuid),
            _ => None,
        };
        match own.or(by_status) {
            Some(cause) => Some(cause),
            None if call.is_console_only() => Some(Self::ConsoleOnly),
            None => Self::at_server(refusal),
        }
    }

    fn at_server(refusal: &Refusal) -> Option<Self> {
        match refusal.code {
            None if refusal.is_success_status() => Self::of_text(&refusal.text),
            None => Self::of_http(refusal.http_status),
            // Documented as "try again", whatever the text reads like.
            Some(NOT_READY) => Some(Self::NotReady),
            Some(code) => Self::of_text(&refusal.text).or_else(|| Self::of_code(code)),
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        CAUSE_WORDS
            .iter()
            .find(|(word, _)| text.contains(word))
            .map(|(_, cause)| *cause)
    }

    /// Codes with one documented meaning.
    fn of_code(code: i64) -> Option<Self> {
        match code {
            -2003 => Some(Self::BadConversation),
            -4017 => Some(Self::NoPermission),
            1014 => Some(Self::NotReady),
            1002 => Some(Self::OfflineOrBadGuid),
            9003 => Some(Self::SeatExpired),
            -4046 => Some(Self::MiniProgramVersion),
            -5_103_011 => Some(Self::StaleCdnRules),
            -15_001_500 => Some(Self::ConnectionLost),
            _ => None,
        }
    }

    fn of_http(status: u16) -> Option<Self> {
        match status {
            401 | 403 | 407 => Some(Self::Credentials),
            404 => Some(Self::NoEndpoint),
            405 => Some(Self::Method),
            413 => Some(Self::TooLarge),
            422 => Some(Self::Schema),
            429 => Some(Self::TooFrequent),
            _ => None,
        }
    }

    /// The hint with the hosted gateway, where instances are made in its console.
    fn gateway_hint(self) -> Text {
        match self {
            Self::BadGuid => text!(
                "the gateway has no such instance; copy its guid from the gateway's console: `qiwei config set guid GUID`"
            ),
            Self::NoEndpoint => text!(
                "the gateway does not offer this endpoint, or the base URL is not that of the gateway"
            ),
            Self::Credentials => Self::GatewayCredentials.hint(),
            other => other.hint(),
        }
    }

    fn hint(self) -> Text {
        match self {
            Self::GatewayCredentials => text!(
                "check app_key and app_secret; `qiwei config explain` shows where they come from"
            ),
            Self::Blocked => text!(
                "the gateway blocks an account for about 30 minutes above 100 calls a minute; keep the default pace"
            ),
            Self::ConsoleOnly => text!(
                "the gateway manages instances in its web console; copy the guid from there: `qiwei config set guid GUID`"
            ),
            Self::PersonalWechat => text!(
                "the instance is one of personal WeChat, which this program does not support; set the guid of a WeCom instance"
            ),
            Self::BadConversation => {
                text!(
                    "check the conversation id: S:<user id> or R:<group id>, as `qiwei sessions` lists them"
                )
            }
            Self::NoPermission => {
                text!(
                    "this account may not message that contact; check on the phone that the contact still exists"
                )
            }
            Self::NotReady => text!("the login device is not ready yet; try again shortly"),
            Self::OfflineOrBadGuid => {
                text!("the account is offline or the guid is wrong; `qiwei status` shows which")
            }
            Self::SeatExpired => {
                text!("the seat of this account has expired; renew it with the operator")
            }
            Self::LimitReached => {
                text!(
                    "the server's limit of instances is reached; `qiwei instance rm --stopped` removes the stopped ones"
                )
            }
            Self::MiniProgramVersion => {
                text!("this client version cannot send mini-programs; upgrade the instance")
            }
            Self::StaleCdnRules => {
                text!(
                    "the CDN rules are outdated; refresh them with `qiwei api POST /cloud/update_cdn_rule`"
                )
            }
            Self::ConnectionLost => {
                text!("the instance has lost its connection; check with `qiwei status`")
            }
            Self::NotLoggedIn => {
                text!("log in with `qiwei login`, then run this again")
            }
            Self::BadGuid => {
                text!("the server has no such instance; `qiwei instance ls` lists its instances")
            }
            Self::NotStarted => text!("`qiwei login` starts the instance and logs it in"),
            Self::Expired => text!("the server reports an expiry; see its text"),
            Self::TooFrequent => {
                text!("too many requests; wait and send more slowly")
            }
            Self::Credentials => {
                text!(
                    "put the credentials into the base URL (https://user:password@host) or into [headers] of the config"
                )
            }
            Self::NoEndpoint => {
                text!(
                    "the server has no such endpoint; check the path prefix of the base URL, and `qiwei probe`"
                )
            }
            Self::Method => {
                text!("the server requires another HTTP method here; `qiwei probe` shows which")
            }
            Self::Schema => text!("the server does not accept this field; see its text"),
            Self::TooLarge => {
                text!("the request is larger than the server or its proxy allows")
            }
        }
    }
}

/// A refusal as the server expressed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub http_status: u16,
    /// Business code, if there was one.
    pub code: Option<i64>,
    /// The server's text, possibly empty.
    pub text: String,
    /// Wait before the next request, if the server gave one.
    pub retry_after: Option<Duration>,
    /// The call that the hosted gateway refused; `None` for a private server.
    pub gateway: Option<RefusedCall>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(http_status: u16, code: Option<i64>, text: &str) -> ExplainedRefusal {
        explain(&Refusal {
            http_status,
            code,
            text: text.into(),
            retry_after: None,
            gateway: None,
        })
    }

    #[test]
    fn known_causes_have_hints() {
        let cases = [
            (Some(-1), "实例数量已达上限", "qiwei instance rm --stopped"),
            (Some(-4017), "head rsp code error", "contact"),
            (
                Some(-2003),
                "head rsp code error, error_msg: ",
                "S:<user id>",
            ),
            (Some(-1), "实例未登录", "qiwei login"),
            (Some(1002), "", "qiwei status"),
            (Some(1002), "client Offline", "qiwei login"),
            (Some(-1), "Invalid GUID", "qiwei instance ls"),
            (Some(9003), "坐席已过期", "renew"),
            (Some(-1), "操作频繁", "more slowly"),
            (Some(-5_103_011), "", "/cloud/update_cdn_rule"),
        ];
        for (code, text, part) in cases {
            let hint = explained(200, code, text).hint.unwrap();
            assert!(hint.contains(part), "{code:?} {text}: {hint:?}");
        }
        for (status, part) in [
            (401, "base URL"),
            (404, "prefix"),
            (422, "field"),
            (429, "slowly"),
        ] {
            assert!(explained(status, None, "").hint.unwrap().contains(part));
        }
    }

    #[test]
    fn explains_refusals_of_the_gateway() {
        let explained = |path: &str, http_status, code, text: &str, body: &str| {
            let explained = explain(&Refusal {
                http_status,
                code,
                text: text.into(),
                retry_after: None,
                gateway: Some(RefusedCall::new(path, body.as_bytes())),
            });
            let hint = explained.hint.map(|hint| hint.english().to_owned());
            (explained.kind, explained.outcome, hint.unwrap_or_default())
        };
        let send = "/msg/send_text";
        for (path, status, code, text, body, kind, outcome, part) in [
            (
                send,
                200,
                Some(401),
                "app_key 或 app_secret 错误",
                "{}",
                Kind::Config,
                Outcome::NotSent,
                "app_secret",
            ),
            (
                send,
                401,
                None,
                "Unauthorized",
                "{}",
                Kind::Config,
                Outcome::NotSent,
                "app_secret",
            ),
            (
                send,
                200,
                Some(-1),
                "请求过于频繁",
                "{}",
                Kind::Busy,
                Outcome::NotSent,
                "30 minutes",
            ),
            (
                send,
                200,
                Some(-3),
                "the recipient has blocked you",
                "{}",
                Kind::Rejected,
                Outcome::Rejected,
                "",
            ),
            (
                send,
                200,
                Some(-3),
                "对方账号已被封禁",
                "{}",
                Kind::Rejected,
                Outcome::Rejected,
                "",
            ),
            (
                send,
                403,
                Some(40001),
                "bad credentials",
                "{}",
                Kind::Config,
                Outcome::NotSent,
                "app_secret",
            ),
            (
                send,
                429,
                None,
                "",
                "",
                Kind::Busy,
                Outcome::NotSent,
                "30 minutes",
            ),
            (
                send,
                200,
                Some(9003),
                "坐席已过期",
                "{}",
                Kind::Rejected,
                Outcome::Rejected,
                "renew",
            ),
            (
                send,
                200,
                Some(1002),
                "账号未登录 offline",
                "{}",
                Kind::Rejected,
                Outcome::Rejected,
                "qiwei status",
            ),
            (
                send,
                200,
                Some(-1),
                "invalid guid",
                "{}",
                Kind::Rejected,
                Outcome::Rejected,
                "console",
            ),
            (
                send,
                200,
                Some(-3),
                "no",
                r#"{"baseResponse":{"ret":-3}}"#,
                Kind::Config,
                Outcome::Rejected,
                "personal WeChat",
            ),
            (
                "/client/create_client",
                200,
                Some(403),
                "not offered",
                "{}",
                Kind::Rejected,
                Outcome::Rejected,
                "console",
            ),
            (
                "/client/all_clients",
                404,
                None,
                "",
                "{}",
                Kind::Config,
                Outcome::NotSent,
                "console",
            ),
            (
                "/client/all_clients",
                200,
                Some(-1),
                "app_key invalid",
                "{}",
                Kind::Config,
                Outcome::NotSent,
                "app_key",
            ),
        ] {
            let (found_kind, found_outcome, hint) = explained(path, status, code, text, body);
            assert_eq!((found_kind, found_outcome), (kind, outcome), "{text}");
            assert!(hint.contains(part), "{text}: {hint}");
        }
    }

    #[test]
    fn prints_unknown_codes_unchanged() {
        let unknown = explained(200, Some(-987), "奇怪的错误");
        assert_eq!(
            unknown.message,
            "the server refused: 奇怪的错误 (code -987)"
        );
        assert_eq!(unknown.hint, None);
        assert_eq!(
            explained(200, Some(-987), " ").message,
            "the server refused with code -987 and no text"
        );
        assert_eq!(
            explained(418, None, "").message,
            "the server answered HTTP 418"
        );
    }

    #[test]
    fn separates_causes_unrelated_to_login() {
        let unrelated = |code, text: &str| {
            let refusal = Refusal {
                http_status: 200,
                code: Some(code),
                text: text.into(),
                retry_after: None,
                gateway: None,
            };
            refusal.is_unrelated_to_login()
        };
        for (code, text, expected) in [
            (-2003, "", true),
            (-4017, "x", true),
            (-1, "操作频繁", true),
            (-1, "未登录", false),
            (1002, "", false),
            (-1, "invalid guid", false),
            (-987, "奇怪的错误", false),
        ] {
            assert_eq!(unrelated(code, text), expected, "{code} {text}");
        }
    }

    #[test]
    fn only_text_means_not_logged_in() {
        assert_eq!(explained(200, Some(1002), "").kind, Kind::Rejected);
        assert_eq!(explained(200, Some(-1), "未登录").kind, Kind::NotLoggedIn);
        assert_eq!(explained(200, Some(-2003), "error").kind, Kind::Rejected);
    }
}

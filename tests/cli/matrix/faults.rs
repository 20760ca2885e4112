//! The tested faults of the sandbox and of raw sockets, and what the client can know of each.

use std::fmt;
use std::sync::LazyLock;

use qiwei::sandbox::{FAULT_KINDS, FaultSyntax};

use super::raw::{self, Behaviour, ConnectFault};

/// What a client can observe of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Observation {
    /// The answer, whole and in time.
    Answer,
    /// The answer, then a reset: a client that reads late sees only the reset.
    AnswerThenReset,
    /// The connection certainly failed.
    NoConnection,
    /// No connection before the deadline.
    ConnectTimeout,
    /// A connection that ends so early that it may look like a failed one.
    ClosedAtOnce,
    /// The connection ends during the exchange, or the bytes are not HTTP.
    Broken,
    /// A complete response that is neither an answer nor a refusal: 1xx, 3xx, 5xx.
    UnexpectedStatus,
    /// HTTP 200 without usable JSON.
    UnusableBody,
    /// HTTP 200 with JSON that is no envelope but may be an answer.
    BareJson(Shape),
    /// No answer, or an incomplete one, without an end.
    Silence,
    /// A refusal.
    Refusal,
    /// A refusal of the credentials: HTTP 401 or 403, or code 401.
    CredentialsRefused,
    /// A refusal because of too many calls: HTTP 429, or a text that says so.
    TooManyCalls,
    /// A refusal in the form of personal WeChat.
    PersonalWechat,
    /// A refusal that means "not ready yet".
    NotReady,
    /// HTTP 200 and code 0 with `is_svr_fail`: nothing was delivered.
    ServerFail,
    /// The account is logged out before the request is processed.
    LoggedOut,
    /// Status 0 from a healthy instance, as while it reconnects.
    Reconnecting,
}

/// JSON without an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    Null,
    EmptyList,
    EmptyObject,
    JsonString,
}

/// Where a fault occurs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    /// A request that has been read.
    Request,
    /// The first connection.
    Connection,
}

/// How a fault is injected.
#[derive(Clone, Debug)]
pub enum Injection {
    /// By the sandbox, with this fault specification.
    Sandbox(String),
    /// By a raw socket in front of the sandbox, after reading the request.
    Raw(Behaviour),
    /// By a raw socket, to every connection.
    Connect(ConnectFault),
}

/// A fault.
#[derive(Clone, Debug)]
pub struct Fault {
    pub name: String,
    pub injection: Injection,
    pub stage: Stage,
    pub observation: Observation,
    /// The server executes the request nevertheless.
    pub is_executed: bool,
    /// It represents its kind where not every fault is tested.
    pub is_typical: bool,
}

/// Names are unique.
impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Fault {
    /// Whether only the client's deadline ends it.
    pub fn is_endless(&self) -> bool {
        matches!(
            self.observation,
            Observation::Silence | Observation::ConnectTimeout
        )
    }

    /// Whether it differs from another fault only in that the request is executed, which matters
    /// only for changes.
    pub fn is_executed_variant(&self) -> bool {
        self.name.ends_with(EXECUTED_SUFFIX)
    }

    pub fn is_raw(&self) -> bool {
        !matches!(self.injection, Injection::Sandbox(_))
    }
}

/// End of the name of a fault whose request is executed.
pub const EXECUTED_SUFFIX: &str = ", executed";

/// Every fault.
pub fn all() -> &'static [Fault] {
    static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
        let sandbox = FAULT_KINDS.iter().flat_map(faults_of_syntax);
        sandbox.chain(raw::faults()).collect()
    });
    &ALL
}

/// Represents its kind.
const TYPICAL: bool = true;
/// Another fault of a kind.
const VARIANT: bool = false;

/// The tested values of a sandbox fault. A new fault of the sandbox must be added here.
fn faults_of_syntax(syntax: &'static FaultSyntax) -> Vec<Fault> {
    use Observation::{
        Answer, BareJson, Broken, ClosedAtOnce, CredentialsRefused, LoggedOut, NoConnection,
        NotReady, Reconnecting, Refusal, ServerFail, Silence, TooManyCalls, UnexpectedStatus,
        UnusableBody,
    };
    use Shape::{EmptyList, EmptyObject, Null};
    let specs: &[(&str, Observation, bool)] = match syntax.name {
        "latency" => &[("=50ms", Answer, TYPICAL), ("=1m", Silence, VARIANT)],
        "refuse" => &[("=1m", NoConnection, TYPICAL)],
        "reset-early" => &[("", ClosedAtOnce, VARIANT)],
        "reset" | "reset-after" => &[("", Broken, VARIANT)],
        "drop-before" | "drop-after" | "truncated" => &[("", Broken, TYPICAL)],
        "hang" | "hang-after" => &[("", Silence, TYPICAL)],
        "http" => &[
            ("=400", Refusal, VARIANT),
            ("=401", CredentialsRefused, TYPICAL),
            ("=403", CredentialsRefused, VARIANT),
            ("=404", Refusal, TYPICAL),
            ("=422", Refusal, VARIANT),
            ("=429", TooManyCalls, TYPICAL),
            ("=500", UnexpectedStatus, VARIANT),
            ("=503", UnexpectedStatus, TYPICAL),
        ],
        "http-after" => &[
            ("=502", UnexpectedStatus, TYPICAL),
            ("=504", UnexpectedStatus, VARIANT),
        ],
        "html" => &[("", UnusableBody, TYPICAL)],
        "html-after" | "empty" | "empty-after" => &[("", UnusableBody, VARIANT)],
        "garbled" | "garbled-after" => &[("", UnusableBody, VARIANT)],
        "null" => &[("", BareJson(Null), TYPICAL)],
        "null-after" => &[("", BareJson(Null), VARIANT)],
        "object" => &[("", BareJson(EmptyObject), TYPICAL)],
        "object-after" => &[("", BareJson(EmptyObject), VARIANT)],
        "array" => &[("", BareJson(EmptyList), TYPICAL)],
        "array-after" => &[("", BareJson(EmptyList), VARIANT)],
        "code" => &[("=-987", Refusal, TYPICAL), ("=1014", NotReady, TYPICAL)],
        "busy" => &[("", Refusal, VARIANT)],
        "svr-fail" => &[("", ServerFail, TYPICAL)],
        "logout" => &[("", LoggedOut, TYPICAL)],
        "reconnecting" => &[("", Reconnecting, TYPICAL)],
        "drip" => &[("=1ms", Answer, VARIANT), ("=1m", Silence, VARIANT)],
        "huge" => &[("", Broken, VARIANT)],
        // Only uploads have them: tests/cli/files.rs. The last one concerns only `revoke`.
        "no-fetch" | "half-fetch" | "half-file" | "fetch-twice" | "head-first" | "ranges"
        | "slow-fetch" | "no-aes-key" | "stale-cdn" | "too-late" => &[],
        new => panic!("add the sandbox's fault {new:?} to this table"),
    };
    let of_spec = |(value, observation, is_typical): &(&str, Observation, bool)| {
        let name = format!("{}{value}", syntax.name);
        let is_early = matches!(observation, NoConnection | ClosedAtOnce);
        Fault {
            injection: Injection::Sandbox(name.clone()),
            name,
            stage: if is_early {
                Stage::Connection
            } else {
                Stage::Request
            },
            observation: *observation,
            is_executed: syntax.executed,
            is_typical: *is_typical,
        }
    };
    specs.iter().map(of_spec).collect()
}

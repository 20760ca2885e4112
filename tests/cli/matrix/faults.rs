//! Everything that goes wrong: the sandbox's faults and the raw sockets', and of each what the
//! client can know.

use std::fmt;
use std::sync::LazyLock;

use qiwei::sandbox::{FORMS, FaultSyntax};

use super::raw::{self, Behaviour, ConnectFault};

/// What a client can know when this has come, or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Observation {
    /// The answer, whole and in time.
    Answer,
    /// The answer, and with it the end of the connection: whoever looks late sees only the end.
    AnswerThenReset,
    /// No connection, and the certainty of it.
    NoConnection,
    /// No connection, and no time for one: whoever has no time left does not know that either.
    NotInTime,
    /// A connection that ends before anybody can know that it was there.
    GoneAtOnce,
    /// An end in the middle of the exchange, or what is no HTTP.
    Broken,
    /// Whole HTTP of another kind than an answer or a refusal: 1xx, 3xx, 5xx.
    OddStatus,
    /// HTTP 200 and no JSON, or JSON that means nothing.
    Nonsense,
    /// HTTP 200 and JSON that is no envelope, but may be an answer.
    Bare(Shape),
    /// Nothing, or never all of it.
    Silence,
    /// A no.
    Refusal,
    /// A no that means "not yet".
    NotReady,
    /// HTTP 200 and code 0, and the word that nothing was delivered.
    ServerFail,
    /// The account is logged out before the request is looked at.
    LoggedOut,
    /// State 0 of an instance that is well.
    Reconnecting,
}

/// JSON without an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    Null,
    EmptyList,
    EmptyObject,
    Word,
}

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    /// A request that has been read.
    Request,
    /// Whoever connects first.
    Connection,
}

/// Injection it is made.
#[derive(Clone, Debug)]
pub enum Injection {
    /// The sandbox does it, told so in its own words.
    Sandbox(String),
    /// A raw socket before the sandbox does it, once it has read the request.
    Raw(Behaviour),
    /// A raw socket does it to whoever arrives.
    Arriving(ConnectFault),
}

/// One thing that goes wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    pub name: String,
    pub how: Injection,
    pub place: Stage,
    pub observation: Observation,
    /// The server carries the request out all the same.
    pub acts: bool,
    /// It stands for its kind where not everything is tried.
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
    /// It comes to an end only by the client's own deadline.
    pub fn is_endless(&self) -> bool {
        matches!(
            self.observation,
            Observation::Silence | Observation::NotInTime
        )
    }

    /// It differs from another only in that the request is carried out: where nothing is to be
    /// done, that is nobody's concern.
    pub fn is_about_doing(&self) -> bool {
        self.name.ends_with(DONE)
    }

    pub fn is_raw(&self) -> bool {
        !matches!(self.how, Injection::Sandbox(_))
    }
}

/// Injection the name of such a one ends.
pub const DONE: &str = ", carried out";

/// Every fault there is.
pub fn all() -> &'static [Fault] {
    static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
        let sandbox = FORMS.iter().flat_map(of_form);
        sandbox.chain(raw::faults()).collect()
    });
    &ALL
}

/// One that stands for its kind.
const TYPICAL: bool = true;
/// One of which there are others.
const MORE: bool = false;

/// What is tried of a fault of the sandbox. A kind that is new there must find its place here.
fn of_form(form: &'static FaultSyntax) -> Vec<Fault> {
    use Observation::{
        Answer, Bare, Broken, GoneAtOnce, LoggedOut, NoConnection, Nonsense, NotReady, OddStatus,
        Reconnecting, Refusal, ServerFail, Silence,
    };
    use Shape::{EmptyList, EmptyObject, Null};
    let specs: &[(&str, Observation, bool)] = match form.name {
        "latency" => &[("=50ms", Answer, TYPICAL), ("=1m", Silence, MORE)],
        "refuse" => &[("=1m", NoConnection, TYPICAL)],
        "reset-early" => &[("", GoneAtOnce, MORE)],
        "reset" | "reset-after" => &[("", Broken, MORE)],
        "drop-before" | "drop-after" | "truncated" => &[("", Broken, TYPICAL)],
        "hang" | "hang-after" => &[("", Silence, TYPICAL)],
        "http" => &[
            ("=400", Refusal, MORE),
            ("=401", Refusal, MORE),
            ("=403", Refusal, MORE),
            ("=404", Refusal, TYPICAL),
            ("=422", Refusal, MORE),
            ("=429", Refusal, MORE),
            ("=500", OddStatus, MORE),
            ("=503", OddStatus, TYPICAL),
        ],
        "http-after" => &[("=502", OddStatus, TYPICAL), ("=504", OddStatus, MORE)],
        "html" => &[("", Nonsense, TYPICAL)],
        "html-after" | "empty" | "empty-after" => &[("", Nonsense, MORE)],
        "garbled" | "garbled-after" => &[("", Nonsense, MORE)],
        "null" => &[("", Bare(Null), TYPICAL)],
        "null-after" => &[("", Bare(Null), MORE)],
        "object" => &[("", Bare(EmptyObject), TYPICAL)],
        "object-after" => &[("", Bare(EmptyObject), MORE)],
        "array" => &[("", Bare(EmptyList), TYPICAL)],
        "array-after" => &[("", Bare(EmptyList), MORE)],
        "code" => &[("=-987", Refusal, TYPICAL), ("=1014", NotReady, TYPICAL)],
        "busy" => &[("", Refusal, MORE)],
        "svr-fail" => &[("", ServerFail, TYPICAL)],
        "logout" => &[("", LoggedOut, TYPICAL)],
        "reconnecting" => &[("", Reconnecting, TYPICAL)],
        "drip" => &[("=1ms", Answer, MORE), ("=1m", Silence, MORE)],
        "huge" => &[("", Broken, MORE)],
        new => panic!("what does a command make of the sandbox's fault {new:?}?"),
    };
    let of_spec = |(value, observation, is_typical): &(&str, Observation, bool)| {
        let name = format!("{}{value}", form.name);
        let is_early = matches!(observation, NoConnection | GoneAtOnce);
        Fault {
            how: Injection::Sandbox(name.clone()),
            name,
            place: if is_early {
                Stage::Connection
            } else {
                Stage::Request
            },
            observation: *observation,
            acts: form.executed,
            is_typical: *is_typical,
        }
    };
    specs.iter().map(of_spec).collect()
}

//! How a command's requests reach the server: directly, or through the hosted gateway.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use qiwei::sandbox::{Gateway, Quirk, Sandbox};
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};

use super::command::{Command, InitialState};
use crate::support::client::Client;
use crate::support::{sandbox_on_own_address_with, sandbox_with};

/// How a command's requests reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// A private server: each endpoint has its path.
    Direct,
    /// The hosted gateway: every request is a POST to one path, with the endpoint's path in its body.
    Gateway,
}

/// The path of every call to the gateway.
const GATEWAY_PATH: &str = "/open/GuidRequest";

/// The commands that are not run through the gateway, with reasons.
pub const LEFT_OUT: &[(&str, &str)] = &[(
    "probe GET",
    "the gateway takes only POST, so the command ends with a usage error before any request",
)];

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "direct",
            Self::Gateway => "gateway",
        })
    }
}

impl Route {
    pub const ALL: [Self; 2] = [Self::Direct, Self::Gateway];

    /// Whether the command can be run by this route.
    pub fn takes(self, command: &Command) -> bool {
        self == Self::Direct || LEFT_OUT.iter().all(|(name, _)| *name != command.name)
    }

    /// The path of the endpoint that a request is for.
    pub fn endpoint(self, path: &str, body: &[u8]) -> String {
        match self {
            Self::Direct => path.to_owned(),
            // A request outside of the gateway's path is not for an endpoint.
            Self::Gateway if path != GATEWAY_PATH => path.to_owned(),
            Self::Gateway => {
                let body: Value = serde_json::from_slice(body).unwrap_or_default();
                body["path"].as_str().unwrap_or_default().to_owned()
            }
        }
    }

    /// What the sandbox noted about the handling of a request for `endpoint`.
    pub fn note<'a>(self, endpoint: &str, note: &'a str) -> &'a str {
        match self {
            Self::Direct => note,
            Self::Gateway => note
                .strip_prefix(endpoint)
                .map_or(note, |note| note.trim_start()),
        }
    }

    /// The credentials for a server reached by this route.
    pub fn gateway(self) -> Option<Gateway> {
        (self == Self::Gateway).then(|| Gateway {
            // Polls would exceed the limit of calls.
            block_after: 0,
            ..Gateway::with_random_credentials().unwrap()
        })
    }
}

/// A sandbox and the gateway in front of it, if there is one.
pub struct RoutedSandbox {
    pub sandbox: Sandbox,
    gateway: Option<Gateway>,
}

impl RoutedSandbox {
    /// Starts a sandbox in this state. On its own address no other test gets its port while it is closed.
    pub fn start(state: &InitialState, gateway: Option<&Gateway>, on_own_address: bool) -> Self {
        let change = |scenario: &mut qiwei::sandbox::Scenario| {
            state.set(scenario);
            scenario.gateway = gateway.cloned();
            if gateway.is_some() {
                // Without a list no instance can be detected.
                scenario.quirks.push(Quirk::GatewayListsClients);
            }
        };
        let routed = Self {
            sandbox: match on_own_address {
                true => sandbox_on_own_address_with(change),
                false => sandbox_with(change),
            },
            gateway: gateway.cloned(),
        };
        state.prepare(&routed);
        routed
    }

    /// Posts as any other client would.
    pub fn post(&self, path: &str, data: &Value) {
        let (path, body) = match &self.gateway {
            None => (path, data.clone()),
            Some(gateway) => (
                GATEWAY_PATH,
                json!({
                    "app_key": gateway.app_key,
                    "app_secret": gateway.app_secret.reveal(),
                    "path": path,
                    "data": data,
                }),
            ),
        };
        let url = format!("{}{path}", self.sandbox.base_url());
        let answer = Client::to(&url).post(&body.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
        let answered = answer.json();
        assert_eq!(answered["error_code"], 0, "{answered}");
    }
}

/// A free port for the command's own listener. The gateway needs a URL that is known beforehand.
pub struct ListenerPort {
    address: SocketAddr,
    /// Keeps the port from others: with `SO_REUSEADDR`, Linux lets another socket bind a port whose
    /// socket does not listen, but does not choose that port by itself.
    _reserved: Option<Socket>,
}

impl ListenerPort {
    pub fn reserve() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&anywhere.into()).unwrap();
        Self {
            address: socket.local_addr().unwrap().as_socket().unwrap(),
            _reserved: cfg!(target_os = "linux").then_some(socket),
        }
    }

    /// The arguments of a command that listens on this port.
    pub fn args(&self) -> [String; 2] {
        let address = self.address;
        [
            format!("--listen={address}"),
            format!("--notify-url=http://{address}/webhook"),
        ]
    }
}

//! The hosted gateway as the sandbox serves it.

use std::ffi::OsStr;

use qiwei::sandbox::{Gateway, Sandbox, Scenario};
use serde_json::Value;

use super::{Qiwei, sandbox_with};

/// A sandbox that is reached through the gateway only, and the gateway's credentials.
pub struct GatewaySandbox {
    pub sandbox: Sandbox,
    pub gateway: Gateway,
}

impl GatewaySandbox {
    pub fn start() -> Self {
        Self::with(|_, _| {})
    }

    /// A gateway whose scenario and limits `change` adjusts.
    pub fn with(change: impl FnOnce(&mut Scenario, &mut Gateway)) -> Self {
        let mut gateway = Gateway::with_random_credentials().unwrap();
        let sandbox = sandbox_with(|scenario| {
            change(scenario, &mut gateway);
            scenario.gateway = Some(gateway.clone());
        });
        Self { sandbox, gateway }
    }

    /// A run with the gateway's credentials and the first instance's guid.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Qiwei {
        Qiwei::on(&self.sandbox.base_url(), args)
            .env("QIWEI_APP_KEY", &self.gateway.app_key)
            .env("QIWEI_APP_SECRET", self.gateway.app_secret.reveal())
            .env("QIWEI_GUID", &self.sandbox.guids()[0])
    }

    /// The paths of the calls in order, without the WebSocket.
    pub fn calls(&self) -> Vec<String> {
        let path = |e: &qiwei::sandbox::Exchange| {
            let body: Value = serde_json::from_slice(&e.body).unwrap();
            assert_eq!(e.path, "/open/GuidRequest");
            body["path"].as_str().unwrap().to_owned()
        };
        let exchanges = self.sandbox.exchanges();
        let calls = exchanges.iter().filter(|e| e.path != "/ws/juwe");
        calls.map(path).collect()
    }
}

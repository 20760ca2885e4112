//! The hosted gateway: one URL for all endpoints, with credentials in the body, a limit of calls, and
//! refusals of its own.
//!
//! Known from public clients only. What is not documented, above all
//! the codes and texts of its refusals, is in `gateway/refusal.rs`.

mod limiter;
mod redaction;
mod refusal;
mod request;
mod server;

use limiter::CallLimiter;
pub(super) use redaction::Redaction;
pub(super) use refusal::Refusal;
use request::GatewayRequest;
pub(super) use server::GatewayServer;

use crate::secret::Secret;
use std::io;
use std::time::Duration;

/// The path of every call.
pub(super) const CALL_PATH: &str = "/open/GuidRequest";

/// Prefix of the operator's service that uploads files, which takes no credentials of the gateway.
pub(super) const CONVERSION_PATH: &str = "/conversion";

/// Endpoints that the gateway does not offer: instances are created in its console, and files are uploaded by
/// a service of the operator.
const NOT_OFFERED: &[&str] = &[
    "/cloud/c2c_upload",
    "/cdn/c2c_upload",
    "/client/create_client",
    "/client/remove_client",
    "/client/all_clients",
];

/// Calls of an account in a minute that the real gateway allows.
const BLOCK_AFTER: usize = 100;
/// How long the real gateway blocks an account, approximately.
const BLOCK_FOR: Duration = Duration::from_secs(30 * 60);

/// The credentials and limits of a gateway.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// The public part of the credentials.
    pub app_key: String,
    /// The secret part of the credentials.
    pub app_secret: Secret,
    /// Calls of an account in a minute; one more blocks it. 0: never.
    pub block_after: usize,
    /// How long an account is blocked.
    pub block_for: Duration,
}

impl Gateway {
    /// A gateway with new random credentials and the real gateway's limits.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn with_random_credentials() -> io::Result<Self> {
        Ok(Gateway {
            app_key: format!("app{}", random_hex(8)?),
            app_secret: Secret::new(random_hex(32)?),
            block_after: BLOCK_AFTER,
            block_for: BLOCK_FOR,
        })
    }

    /// Whether these are the gateway's credentials.
    pub(super) fn accepts(&self, app_key: &str, app_secret: &Secret) -> bool {
        self.app_key == app_key && self.app_secret == *app_secret
    }
}

/// Whether the gateway offers an endpoint.
pub(super) fn offers(path: &str) -> bool {
    !NOT_OFFERED.contains(&path)
}

fn random_hex(length: usize) -> io::Result<String> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_new_each_time_and_hidden() {
        let (one, two) = (
            Gateway::with_random_credentials().unwrap(),
            Gateway::with_random_credentials().unwrap(),
        );
        assert_ne!(one.app_key, two.app_key);
        assert_ne!(one.app_secret, two.app_secret);
        assert_eq!(one.app_secret.reveal().len(), 64);
        assert!(!format!("{one:?}").contains(one.app_secret.reveal()));
        assert!(one.accepts(&one.app_key, &one.app_secret));
        assert!(!one.accepts(&one.app_key, &two.app_secret));
        assert!(!one.accepts(&two.app_key, &one.app_secret));
    }
}

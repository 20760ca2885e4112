//! The gateway's part in handling a request: credentials, the limit of calls, opening the body.

use super::{CALL_PATH, CallLimiter, Gateway, GatewayRequest, Redaction, Refusal};
use crate::sandbox::http_response::HttpResponse;
use crate::sandbox::state::State;
use serde_json::{Value, json};
use std::time::Instant;

/// The gateway with its counts.
#[derive(Debug)]
pub(in crate::sandbox) struct GatewayServer {
    options: Gateway,
    limiter: CallLimiter,
}

/// The request inside a call.
#[derive(Debug)]
pub(in crate::sandbox) struct GatewayCall {
    pub(in crate::sandbox) path: String,
    pub(in crate::sandbox) body: Vec<u8>,
}

impl GatewayServer {
    pub(in crate::sandbox) fn new(options: &Gateway) -> Self {
        GatewayServer {
            options: options.clone(),
            limiter: CallLimiter::new(options.block_after, options.block_for),
        }
    }

    /// Opens a request; its response if it is refused. The secret is removed from the call.
    pub(in crate::sandbox) fn open(
        &mut self,
        method: &str,
        path: Option<&str>,
        body: &[u8],
        state: &mut State,
        redaction: &Redaction,
    ) -> Result<GatewayCall, HttpResponse> {
        if path != Some(CALL_PATH) {
            return Err(HttpResponse::error(404));
        }
        if method != "POST" {
            return Err(HttpResponse::method_not_allowed("POST"));
        }
        self.call(body, state, redaction)
            .map_err(|refusal| refusal.response(&state.quirks, state.dialect))
    }

    fn call(
        &mut self,
        body: &[u8],
        state: &mut State,
        redaction: &Redaction,
    ) -> Result<GatewayCall, Refusal> {
        let request = GatewayRequest::parse(body)?;
        if !self.options.accepts(&request.app_key, &request.app_secret) {
            return Err(Refusal::Credentials);
        }
        let account = request
            .guid()
            .filter(|guid| state.instance(guid).is_ok())
            .unwrap_or(request.app_key.clone());
        if !self.limiter.allows(&account, Instant::now()) {
            return Err(Refusal::Blocked);
        }
        let (path, data) = request.call()?;
        Ok(GatewayCall {
            path: redaction.text(path),
            body: redaction.data(data).into_owned(),
        })
    }

    /// What the admin interface shows.
    pub(in crate::sandbox) fn view(&self) -> Value {
        json!({
            "app_key": self.options.app_key,
            "blocked": self.limiter.blocked(Instant::now()),
        })
    }
}

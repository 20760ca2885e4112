//! The request that upgrades a connection to WebSocket.

use crate::sandbox::http_response::HttpResponse;
use crate::sandbox::simulator::ReceivedRequest;
use serde_json::json;
use tungstenite::handshake::server::create_response;
use tungstenite::http::Request;

/// The response that completes the handshake.
///
/// # Errors
/// The refusal of a request that is not a handshake.
pub(in crate::sandbox) fn accept(received: &ReceivedRequest) -> Result<HttpResponse, HttpResponse> {
    if received.method != "GET" {
        return Err(HttpResponse::method_not_allowed("GET"));
    }
    let accepted = accept_key(received).ok_or_else(|| {
        let reason = "not a WebSocket handshake";
        HttpResponse::detail(400, &json!(reason), reason)
    })?;
    Ok(HttpResponse::switching_protocols()
        .with_header("connection", "Upgrade")
        .with_header("upgrade", "websocket")
        .with_header("sec-websocket-accept", accepted))
}

fn accept_key(received: &ReceivedRequest) -> Option<String> {
    let mut request = Request::builder();
    for (name, value) in &received.headers {
        request = request.header(name, value);
    }
    let response = create_response(&request.body(()).ok()?).ok()?;
    let key = response.headers().get("sec-websocket-accept")?;
    key.to_str().ok().map(str::to_owned)
}

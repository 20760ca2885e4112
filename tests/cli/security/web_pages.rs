//! Requests from web pages. A page in a local browser can send requests with a text/plain body to
//! local listeners without a preflight, and can read the responses by DNS rebinding. It cannot set
//! `Origin`, and `Host` contains the name the page connected to.

use serde_json::Value;

use crate::support::client::{Answer, Client};
use crate::support::login::{callback, events, listen, listening, notify_urls};
use crate::support::{PERSON, requests, sandbox};

/// Sends a request to `url` as a browser would, with this `Host`.
fn browse(method: &str, url: &str, host: &str, headers: &str, body: &str) -> Answer {
    let mut client = Client::to(url);
    let request = client.request(method, headers, body);
    let (before, after) = request.split_once("Host: ").unwrap();
    let (_, after) = after.split_once("\r\n").unwrap();
    client.send(format!("{before}Host: {host}\r\n{after}"));
    client.answer()
}

const PAGE: &str = "Origin: http://evil.example\r\nContent-Type: text/plain\r\n";

#[test]
fn sandbox_refuses_requests_from_web_pages() {
    let server = sandbox();
    let (guid, url, port) = (&server.guids()[0], server.base_url(), server.addr().port());
    let here = format!("127.0.0.1:{port}");
    let rebound = format!("evil.example:{port}");
    let text = format!(r#"{{"guid":"{guid}","conversation_id":"{PERSON}","content":"x"}}"#);
    let notify = format!(r#"{{"guid":"{guid}","notify_url":"http://127.0.0.1:9/x"}}"#);
    let fault = r#"{"fault":"hang"}"#;
    let simple = "Content-Type: text/plain\r\n";
    for (method, path, host, headers, body) in [
        ("POST", "/msg/send_text", &here, PAGE, &*text),
        ("POST", "/msg/send_text", &here, "Origin: null\r\n", &*text),
        ("POST", "/msg/send_text", &rebound, simple, &*text),
        ("POST", "/client/set_notify_url", &here, PAGE, &*notify),
        ("POST", "/client/set_notify_url", &rebound, simple, &*notify),
        ("POST", "/client/all_clients", &rebound, simple, "{}"),
        ("POST", "/_sandbox/faults", &here, PAGE, fault),
        ("POST", "/_sandbox/faults", &rebound, simple, fault),
        ("GET", "/_sandbox/state", &rebound, "", ""),
        ("GET", "/_sandbox/requests", &rebound, "", ""),
    ] {
        let answer = browse(method, &format!("{url}{path}"), host, headers, body);
        assert_eq!(answer.status, 403, "{method} {path} {host} {headers}");
        assert!(!answer.body.contains(guid), "{answer:?}");
    }
    assert_eq!(server.deliveries().len(), 0);
    // The refusal is logged, and programs on this machine still work.
    let refused = server.exchanges();
    assert!(
        refused
            .iter()
            .all(|exchange| exchange.http_status == Some(403))
    );
    assert!(refused[0].note.contains("web pages"), "{refused:?}");
    for host in [&here, "localhost", "api.localhost:1", "[::1]:80"] {
        let answer = browse(
            "POST",
            &format!("{url}/client/all_clients"),
            host,
            simple,
            "{}",
        );
        assert_eq!(answer.status, 200, "{host}");
    }
    assert_eq!(requests(&server).len(), refused.len() + 4);
}

#[test]
fn listener_refuses_requests_from_web_pages() {
    let server = sandbox();
    let guid = &server.guids()[0];
    let (mut running, url) = listening(&server, listen(&server, "--count 1 --json"));
    let (base, token) = url.split_once("/webhook/").unwrap();
    let port = base.rsplit_once(':').unwrap().1;
    let rebound = format!("evil.example:{port}");
    let forged = callback(guid, 11010, r#"{"id":"666"}"#);
    let json = "Content-Type: application/json\r\n";
    for (method, path, host, headers, body) in [
        ("POST", "/webhook", "127.0.0.1", PAGE, &*forged),
        ("POST", "/webhook/", &rebound, json, &*forged),
        ("POST", "/", &rebound, json, &*forged),
        // A page that knows the token is refused too, and so is its preflight.
        (
            "POST",
            &*format!("/webhook/{token}"),
            "127.0.0.1",
            PAGE,
            &*forged,
        ),
        (
            "OPTIONS",
            &*format!("/webhook/{token}"),
            "127.0.0.1",
            PAGE,
            "",
        ),
        ("GET", "/health", &rebound, "", ""),
        ("GET", "/webhook", &rebound, "", ""),
    ] {
        let answer = browse(method, &format!("{base}{path}"), host, headers, body);
        assert!(
            (400..500).contains(&answer.status),
            "{method} {path} {host}"
        );
        assert!(
            !answer.body.contains(token) && !answer.body.contains(guid),
            "{answer:?}"
        );
        assert!(!answer.body.contains("received"), "{answer:?}");
    }
    assert_eq!(
        browse("GET", &format!("{base}/health"), "127.0.0.1", "", "").status,
        200
    );
    // The API server may call through a proxy with any host name.
    let real = callback(guid, 11010, r#"{"id":"1"}"#);
    assert_eq!(
        browse("POST", &url, "hooks.example.com", json, &real).status,
        200
    );
    let run = running.finish().ends_with(0);
    let ids: Vec<Value> = events(&run)
        .iter()
        .map(|e| e["data"]["id"].clone())
        .collect();
    assert_eq!(ids, ["1"]);
    assert_eq!(notify_urls(&server).len(), 1);
}

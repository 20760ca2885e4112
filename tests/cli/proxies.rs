//! Proxies from the environment.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::support::raw::{RawServer, closed_port, http, ok};
use crate::support::{GROUP, Qiwei};

const SENT: &str = r#"{"error_code":0,"data":{"msg_data":{"id":"1"}}}"#;

/// A message to a server that only a proxy can find.
fn send(url: &str) -> Qiwei {
    let args = [
        "send",
        GROUP,
        "x",
        "--guid",
        "g",
        "--json",
        "--retries",
        "0",
    ];
    Qiwei::on(url, args)
}

#[test]
fn proxy_refusal_names_proxy() {
    let proxy = RawServer::answering(http("407 Proxy Authentication Required", ""));
    let run = Qiwei::on(
        "http://api.example",
        ["send", GROUP, "x", "--guid", "g", "--json"],
    )
    .env("http_proxy", proxy.base_url())
    .run();
    let error = run.message_error(5, "not_sent");
    assert!(
        error["message"].as_str().unwrap().contains("407"),
        "{error}"
    );
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .contains(&proxy.address().to_string()),
        "{error}"
    );
}

#[test]
fn warns_of_invalid_proxy_variable_without_proxy_hint() {
    let run = Qiwei::on("http://no-such-host.invalid", ["send", GROUP, "x"])
        .args(["--guid", "g", "--retries", "0", "--json"])
        .env("http_proxy", ":::")
        .run()
        .assert_stderr_contains("http_proxy is not a proxy URL and is ignored");
    let error = run.message_error(5, "not_sent");
    assert!(
        !error["hint"].as_str().unwrap().contains("proxy"),
        "{error}"
    );
}

/// An empty upper-case variable, as container tools set it.
#[test]
fn empty_variable_does_not_hide_another() {
    for (empty, set) in [("HTTP_PROXY", "http_proxy"), ("http_proxy", "HTTP_PROXY")] {
        let proxy = RawServer::answering(ok(SENT));
        send("http://api.invalid")
            .env(empty, "")
            .env(set, proxy.base_url())
            .run()
            .ends_with(0);
        assert_eq!(proxy.requests().len(), 1, "{set}");
    }
}

#[test]
fn error_names_proxy_without_password() {
    let (_socket, closed) = closed_port();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_address = silent.local_addr().unwrap();
    let garbled = RawServer::answering("SSH-2.0-OpenSSH\r\n".to_owned());
    for (url, proxy, code) in [
        (
            "http://api.invalid",
            format!("http://user:sekret@{closed}"),
            5,
        ),
        (
            "https://api.invalid",
            format!("http://user:sekret@{closed}"),
            5,
        ),
        (
            "http://api.invalid",
            format!("socks5h://user:sekret@{closed}"),
            5,
        ),
        (
            "http://api.invalid",
            format!("http://user:sekret@{silent_address}"),
            6,
        ),
        (
            "https://api.invalid",
            format!("http://user:sekret@{silent_address}"),
            5,
        ),
        (
            "http://api.invalid",
            format!("socks://user:sekret@{silent_address}"),
            5,
        ),
        (
            "http://api.invalid",
            format!("http://user:sekret@{}", garbled.address()),
            6,
        ),
    ] {
        let run = send(url)
            .args(["--timeout", "400ms", "-vv"])
            .env("all_proxy", &proxy)
            .run()
            .ends_with(code);
        let message = run.error()["message"].as_str().unwrap().to_owned();
        let address = proxy.rsplit('@').next().unwrap();
        assert!(message.contains(address), "{proxy}: {message}");
        assert!(message.contains("all_proxy"), "{proxy}: {message}");
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert!(!shown.contains("sekret"), "{shown}");
    }
}

#[test]
fn unsupported_proxy_is_refused() {
    send("http://api.invalid")
        .env("ALL_PROXY", "ftp://user:sekret@h")
        .run()
        .ends_with(3)
        .assert_stderr_contains("ALL_PROXY: proxies with ftp:// are not supported");
}

/// Reads exactly so many bytes.
fn read<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// A SOCKS 5 proxy (RFC 1928) for one connection, which answers as the server itself. Returns the host
/// name it was asked for.
fn socks5(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let [5, methods] = read(&mut stream) else {
        panic!("not SOCKS 5");
    };
    stream.read_exact(&mut vec![0; methods.into()]).unwrap();
    stream.write_all(&[5, 0]).unwrap();
    // A connection to a name.
    assert_eq!(read(&mut stream), [5, 1, 0, 3]);
    let [length] = read(&mut stream);
    let mut host = vec![0; length.into()];
    stream.read_exact(&mut host).unwrap();
    read::<2>(&mut stream);
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
    let mut request = [0; 4096];
    assert!(stream.read(&mut request).unwrap() > 0);
    stream.write_all(ok(SENT).as_bytes()).unwrap();
    String::from_utf8(host).unwrap()
}

#[test]
fn socks_proxy_is_used_and_resolves_names() {
    for scheme in ["socks5h", "socks"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = format!("{scheme}://{}", listener.local_addr().unwrap());
        let asked = thread::spawn(move || socks5(&listener));
        send("http://api.invalid")
            .env("ALL_PROXY", proxy)
            .run()
            .ends_with(0);
        assert_eq!(asked.join().unwrap(), "api.invalid", "{scheme}");
    }
}

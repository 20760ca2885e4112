//! Who is spoken to over TLS: nobody whose certificate is not believed gets a byte of a request.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::raw::ok;
use crate::support::{PERSON, Qiwei};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cli/security/certificates")
        .join(name)
}

/// A server that speaks TLS with a certificate, and what it was sent inside.
struct TlsServer {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl TlsServer {
    fn start(certificate: &str) -> Self {
        let certificate = CertificateDer::from_pem_file(file(certificate)).unwrap();
        let key = PrivateKeyDer::from_pem_file(file("key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(config.clone()).unwrap();
                serve(StreamOwned::new(connection, stream.unwrap()), &seen);
            }
        });
        Self { port, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers what comes through with a success. A client that does not believe us sends nothing.
fn serve(mut stream: StreamOwned<ServerConnection, TcpStream>, seen: &Mutex<Vec<String>>) {
    let mut request = [0; 4096];
    let Ok(length) = stream.read(&mut request) else {
        return;
    };
    let text = String::from_utf8_lossy(&request[..length]).into_owned();
    seen.lock().unwrap().push(text);
    let body = r#"{"error_code":0,"data":{"msg_data":{"id":"1"}}}"#;
    let _ = stream.write_all(ok(body).as_bytes());
    let _ = stream.flush();
}

#[test]
fn a_certificate_that_is_not_believed_ends_it_before_anything_is_sent() {
    for (certificate, named, host, code) in [
        ("here.pem", None, "127.0.0.1", 5),
        ("here.pem", None, "localhost", 5),
        ("here.pem", Some("here.pem"), "127.0.0.1", 0),
        ("here.pem", Some("here.pem"), "localhost", 0),
        ("here.pem", Some("elsewhere.pem"), "127.0.0.1", 5),
        ("elsewhere.pem", Some("elsewhere.pem"), "127.0.0.1", 5),
        ("expired.pem", Some("expired.pem"), "127.0.0.1", 5),
    ] {
        let server = TlsServer::start(certificate);
        let url = format!("https://user:hunter2@{host}:{}", server.port);
        let mut run = Qiwei::on(
            &url,
            ["send", PERSON, "secret text", "--guid", "g", "--json"],
        );
        if let Some(named) = named {
            run = run.arg("--cacert").arg(file(named));
        }
        let run = run.run();
        assert_eq!(
            run.code, code,
            "{certificate} for {host}, {named:?} named: {run:?}"
        );
        let sent = server.requests();
        assert_eq!(sent.is_empty(), code != 0, "{sent:?}");
        if code != 0 {
            assert_eq!(run.error()["outcome"], "not_sent");
        }
    }
}

#[test]
fn only_insecure_believes_anybody_and_says_so() {
    let server = TlsServer::start("elsewhere.pem");
    let url = format!("https://127.0.0.1:{}", server.port);
    let args = ["send", PERSON, "x", "--guid", "g", "--insecure"];
    let run = Qiwei::on(&url, args).run().ends_with(0);
    assert!(
        run.stderr.contains("certificates are not checked"),
        "{run:?}"
    );
    assert_eq!(server.requests().len(), 1);
}

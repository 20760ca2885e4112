//! TLS servers with certificates generated at run time, so that no stored certificate expires.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use tempfile::TempDir;

use super::request::read_request;

/// A server certificate, and a PEM file for the client to trust.
pub struct Certificate {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    folder: TempDir,
}

impl Certificate {
    /// A certificate for `name`, signed by a new authority, whose certificate is in the file.
    pub fn for_name(name: &str) -> Self {
        Self::signed(name, |_| {})
    }

    /// As [`Certificate::for_name`], but expired.
    pub fn expired(name: &str) -> Self {
        Self::signed(name, |params| {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        })
    }

    /// A self-signed certificate, as `openssl req -x509` creates it.
    pub fn self_signed(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self::new(certificate.der().clone(), &key, &certificate.pem())
    }

    fn signed(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut authority = CertificateParams::new([]).unwrap();
        // With the same name as its authority, the certificate would look self-signed.
        authority
            .distinguished_name
            .push(DnType::CommonName, "authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &authority).unwrap();
        Self::new(certificate.der().clone(), &key, &authority.pem())
    }

    fn new(shown: CertificateDer<'static>, key: &KeyPair, trusted: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("trusted.pem"), trusted).unwrap();
        Self {
            chain: vec![shown],
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            folder,
        }
    }

    /// The configuration of a TLS server with this certificate.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .unwrap();
        Arc::new(config)
    }

    /// The certificate and its key as PEM.
    pub fn server_files(&self) -> (String, String) {
        let chain = self
            .chain
            .iter()
            .map(|certificate| pem("CERTIFICATE", certificate));
        (chain.collect(), pem("PRIVATE KEY", self.key.secret_der()))
    }

    /// The PEM file to trust.
    pub fn file(&self) -> PathBuf {
        Path::new(self.folder.path()).join("trusted.pem")
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// A server that speaks TLS and answers every request with the same bytes.
pub struct TlsServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl TlsServer {
    /// Listens on a port of its own, in a thread that ends with the process.
    pub fn start(certificate: &Certificate, answer: &str) -> Self {
        let config = certificate.server_config();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (requests.clone(), answer.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), config.clone(), &answer, &seen);
            }
        });
        Self { address, requests }
    }

    /// The base URL with this host name.
    pub fn base_url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.address.port())
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers one request. A client that does not trust the certificate ends the handshake instead.
fn serve(
    mut socket: TcpStream,
    config: Arc<ServerConfig>,
    answer: &str,
    seen: &Mutex<Vec<String>>,
) {
    let _ = socket.set_nodelay(true);
    let mut connection = ServerConnection::new(config).unwrap();
    let mut stream = Stream::new(&mut connection, &mut socket);
    let request = read_request(&mut stream);
    if !request.is_empty() {
        seen.lock().unwrap().push(request);
        let _ = stream.write_all(answer.as_bytes());
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
}

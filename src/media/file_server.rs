//! Serves files to the API server for as long as it fetches them: each at a path that cannot be guessed, and only
//! the bytes that were hashed.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use url::Url;

use super::LocalFile;
use super::range::{Part, part};
use crate::http::Head;
use crate::listener::address::bind_address;
use crate::listener::{Listener, RunningListener, Service, Token};
use crate::text::{Text, text};

/// Bytes read and written at once.
const PIECE: usize = 128 * 1024;

/// Where files are served.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The address to listen on; chosen by the route to `fetched_by` if none is given.
    pub listen: Option<SocketAddr>,
    /// The public URL of the listener, if it is behind a proxy or in a container.
    pub public_url: Option<Url>,
    /// The server that fetches.
    pub fetched_by: Url,
}

/// Serves files. The port is open only while there is a file to serve.
#[derive(Debug)]
pub struct FileServer {
    options: ServerOptions,
    running: Mutex<Weak<Running>>,
}

/// The open port.
#[derive(Debug)]
struct Running {
    address: SocketAddr,
    files: Arc<Files>,
    listener: RunningListener,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.listener.close();
    }
}

/// The files that are served.
#[derive(Debug, Default)]
struct Files(Mutex<Vec<Arc<Entry>>>);

#[derive(Debug)]
struct Entry {
    token: Token,
    file: Arc<LocalFile>,
    requests: AtomicU64,
    /// The end of the last byte written, over all requests.
    reached: AtomicU64,
    has_changed: AtomicBool,
    is_ended: AtomicBool,
}

/// A file that is served until this is dropped.
#[derive(Debug)]
pub struct ServedFile {
    /// The URL for the API server.
    pub url: String,
    /// The address of the port, for messages to people.
    pub address: String,
    entry: Arc<Entry>,
    running: Arc<Running>,
}

/// What has been fetched of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Number of requests for it.
    pub requests: u64,
    /// Bytes handed to the connection; up to a few MB of them may not have arrived.
    pub bytes: u64,
    /// Whether the file was found to be changed.
    pub has_changed: bool,
}

impl FileServer {
    /// A server that binds its port for the first file.
    pub fn new(options: ServerOptions) -> Self {
        Self {
            options,
            running: Mutex::default(),
        }
    }

    /// Serves a file under `name`. The port is bound when this returns.
    ///
    /// # Errors
    /// When no port can be bound, or the server could not reach it.
    pub fn serve(&self, file: Arc<LocalFile>, name: &str) -> Result<ServedFile, Text> {
        let running = self.running()?;
        let token = Token::random()?;
        let base = self.base_url(running.address)?;
        let entry = Arc::new(Entry {
            token,
            file,
            requests: AtomicU64::new(0),
            reached: AtomicU64::new(0),
            has_changed: AtomicBool::new(false),
            is_ended: AtomicBool::new(false),
        });
        running.files.lock().push(entry.clone());
        Ok(ServedFile {
            url: with_name(base, entry.token.reveal(), name),
            address: self.shown_address(running.address),
            entry,
            running,
        })
    }

    /// The URL for the API server as far as it is known before the port is bound.
    ///
    /// # Errors
    /// When the server could not reach it.
    pub fn planned_url(&self, name: &str) -> Result<String, Text> {
        let address = self.bind_address()?;
        let url = with_name(self.base_url(address)?, "TOKEN", name);
        Ok(match address.port() {
            0 => url.replacen(":0/", ":PORT/", 1),
            _ => url,
        })
    }

    fn bind_address(&self) -> Result<SocketAddr, Text> {
        bind_address(self.options.listen, &self.options.fetched_by)
    }

    fn running(&self) -> Result<Arc<Running>, Text> {
        let mut current = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = current.upgrade() {
            return Ok(running);
        }
        let address = self.bind_address()?;
        // Before anything is opened.
        self.base_url(address)?;
        let cannot = |error| text!("cannot listen on {address}: {error}", address, error);
        let listener = Listener::bind(address).map_err(cannot)?;
        let address = listener.address().map_err(cannot)?;
        let files = Arc::new(Files::default());
        let service = Arc::new(FileService(files.clone()));
        let running = Arc::new(Running {
            address,
            files,
            listener: listener.serve(service).map_err(cannot)?,
        });
        *current = Arc::downgrade(&running);
        Ok(running)
    }

    fn base_url(&self, address: SocketAddr) -> Result<Url, Text> {
        match &self.options.public_url {
            Some(url) => Ok(url.clone()),
            None if address.ip().is_unspecified() => Err(text!(
                "{address} listens on all interfaces, so the URL of the file must be given with --file-url URL",
                address = address.ip()
            )),
            None => Url::parse(&format!("http://{address}/"))
                .map_err(|e| text!("not a URL: {error}", error = e)),
        }
    }

    /// Without the token.
    fn shown_address(&self, address: SocketAddr) -> String {
        match &self.options.public_url {
            Some(url) => crate::base_url::redacted(url),
            None => format!("http://{address}"),
        }
    }
}

fn with_name(mut base: Url, token: &str, name: &str) -> String {
    if let Ok(mut path) = base.path_segments_mut() {
        path.pop_if_empty().push(token).push(name);
    }
    base.into()
}

impl ServedFile {
    /// What has been fetched so far.
    pub fn fetched(&self) -> Fetched {
        Fetched {
            requests: self.entry.requests.load(Ordering::SeqCst),
            bytes: self.entry.reached.load(Ordering::SeqCst),
            has_changed: self.entry.has_changed.load(Ordering::SeqCst),
        }
    }

    /// The unguessable part of the URL.
    pub fn token(&self) -> &str {
        self.entry.token.reveal()
    }
}

impl Drop for ServedFile {
    fn drop(&mut self) {
        self.entry.is_ended.store(true, Ordering::SeqCst);
        let mut files = self.running.files.lock();
        files.retain(|entry| !Arc::ptr_eq(entry, &self.entry));
    }
}

impl Files {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file whose token is the last part but one of the path. What is before it belongs to a proxy; a server
    /// may write the name after it in another way.
    fn find(&self, target: &str) -> Option<Arc<Entry>> {
        let path = target.split('?').next().unwrap_or_default();
        let token = path.rsplit('/').nth(1)?;
        let files = self.lock();
        // Compares with every token, so that the time says nothing about any.
        let found: Vec<_> = files.iter().filter(|entry| entry.token.is(token)).collect();
        found.first().map(|entry| Arc::clone(entry))
    }
}

#[derive(Debug)]
struct FileService(Arc<Files>);

impl Service for FileService {
    const MAX_BODY_BYTES: usize = 64 * 1024;
    const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

    fn early_refusal_status(&self, head: &Head) -> Option<u16> {
        match self.0.find(&head.target) {
            Some(_) => Some(413),
            None => Some(404),
        }
    }

    fn respond(&self, stream: &TcpStream, head: &Head, _body: &[u8]) -> io::Result<()> {
        let Some(entry) = self.0.find(&head.target) else {
            return write_head(stream, head, 404, 0, "");
        };
        if !matches!(head.method.as_str(), "GET" | "HEAD") {
            return write_head(stream, head, 405, 0, "Allow: GET, HEAD\r\n");
        }
        entry.requests.fetch_add(1, Ordering::SeqCst);
        if !entry.check_unchanged() {
            return write_head(stream, head, 410, 0, "");
        }
        entry.respond(stream, head)
    }

    fn refuse(&self, stream: &TcpStream, status: u16) {
        let head = Head::closing();
        let _ = write_head(stream, &head, status, 0, "");
    }
}

impl Entry {
    fn check_unchanged(&self) -> bool {
        let is_unchanged = self.file.is_unchanged();
        if !is_unchanged {
            self.has_changed.store(true, Ordering::SeqCst);
        }
        is_unchanged
    }

    fn respond(&self, stream: &TcpStream, head: &Head) -> io::Result<()> {
        let size = self.file.size();
        let etag = format!("\"{}\"", self.file.sha256);
        let common = format!(
            "Content-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\nETag: {etag}\r\n\
             Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        );
        // A range of another version must not be put together with this one.
        let is_this_version = head
            .header("if-range")
            .is_none_or(|version| version == etag);
        let range = head
            .header("range")
            .filter(|_| is_this_version && head.method == "GET");
        let (first, last) = match part(range, size) {
            Part::Unsatisfiable => {
                let headers = format!("{common}Content-Range: bytes */{size}\r\n");
                return write_head(stream, head, 416, 0, &headers);
            }
            Part::Whole => {
                write_head(stream, head, 200, size, &common)?;
                (0, size - 1)
            }
            Part::Range(first, last) => {
                let headers = format!("{common}Content-Range: bytes {first}-{last}/{size}\r\n");
                write_head(stream, head, 206, last - first + 1, &headers)?;
                (first, last)
            }
        };
        match head.method.as_str() {
            "HEAD" => Ok(()),
            _ => self.send(stream, first, last),
        }
    }

    /// Writes the bytes from `first` to `last` with a fixed buffer. A file that ends early or has changed ends
    /// the connection: the server must not take the beginning for the whole.
    fn send(&self, mut stream: &TcpStream, first: u64, last: u64) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let mut offset = first;
        while offset <= last {
            if self.is_ended.load(Ordering::SeqCst) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            let room = usize::try_from(last - offset + 1).map_or(PIECE, |left| left.min(PIECE));
            let buffer = piece.get_mut(..room).unwrap_or_default();
            let read = self.file.read_at(buffer, offset)?;
            // The last piece completes the file, so it is checked before that.
            let is_last = offset + read as u64 > last;
            if read == 0 || (is_last && !self.check_unchanged()) {
                self.has_changed.store(true, Ordering::SeqCst);
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            stream.write_all(buffer.get(..read).unwrap_or_default())?;
            offset += read as u64;
            self.reached.fetch_max(offset, Ordering::SeqCst);
        }
        Ok(())
    }
}

fn write_head(
    mut stream: &TcpStream,
    head: &Head,
    status: u16,
    length: u64,
    headers: &str,
) -> io::Result<()> {
    let version = u8::from(head.is_http_1_1);
    let connection = match head.keep_alive {
        true => "keep-alive",
        false => "close",
    };
    let reason = reason(status);
    let head = format!(
        "HTTP/1.{version} {status} {reason}\r\nConnection: {connection}\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes())
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        413 => "Content Too Large",
        416 => "Range Not Satisfiable",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        _ => "Bad Request",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::super::local_file;
    use super::*;

    /// A served file of ten bytes, and its folder.
    fn serve() -> (tempfile::TempDir, ServedFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("报告 1.bin");
        std::fs::write(&path, "0123456789").unwrap();
        let file = LocalFile::read(local_file::open(&path).unwrap()).unwrap();
        let server = FileServer::new(ServerOptions {
            listen: None,
            public_url: None,
            fetched_by: "http://127.0.0.1:1/".parse().unwrap(),
        });
        let served = server.serve(Arc::new(file), "报告 1.bin").unwrap();
        (folder, served)
    }

    fn exchange(served: &ServedFile, method: &str, path: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(served.running.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        // A reset is an answer too.
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    fn path(served: &ServedFile) -> String {
        Url::parse(&served.url).unwrap().path().to_owned()
    }

    #[test]
    fn serves_whole_file_head_and_ranges() {
        let (_folder, served) = serve();
        let path = path(&served);
        assert!(
            served.url.ends_with("/%E6%8A%A5%E5%91%8A%201.bin"),
            "{}",
            served.url
        );
        for (method, headers, status, body) in [
            ("GET", "", "200 OK", "0123456789"),
            ("HEAD", "", "200 OK", ""),
            ("GET", "Range: bytes=2-4\r\n", "206", "234"),
            ("GET", "Range: bytes=-2\r\n", "206", "89"),
            (
                "GET",
                "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n",
                "200",
                "0123456789",
            ),
            ("GET", "Range: bytes=10-\r\n", "416", ""),
            ("POST", "Content-Length: 0\r\n", "405", ""),
        ] {
            let answer = exchange(&served, method, &path, headers);
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{method} {headers}: {answer}"
            );
            assert_eq!(
                answer.split_once("\r\n\r\n").unwrap().1,
                body,
                "{method} {headers}"
            );
        }
        assert_eq!(
            served.fetched(),
            Fetched {
                requests: 6,
                bytes: 10,
                has_changed: false
            }
        );
        // Behind a proxy that adds to the path, and with another spelling of the name.
        let behind_proxy = format!("/proxy/{}/x", served.token());
        assert!(exchange(&served, "GET", &behind_proxy, "").ends_with("0123456789"));
    }

    #[test]
    fn nobody_without_the_path_gets_a_byte() {
        let (_folder, served) = serve();
        let token = served.token();
        for path in [
            "/".to_owned(),
            "/报告 1.bin".replace(' ', "%20"),
            format!("/{token}"),
            format!("/{}/a", &token[1..]),
            format!("/{token}x/a"),
            format!("/a/b/{token}"),
            format!("/a?{token}/b"),
        ] {
            let answer = exchange(&served, "GET", &path, "");
            assert!(
                answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400"),
                "{path}: {answer}"
            );
            assert!(answer.ends_with("\r\n\r\n"), "{path}: {answer}");
        }
        assert_eq!(served.fetched().requests, 0);
    }

    #[test]
    fn changed_file_is_refused() {
        let (folder, served) = serve();
        std::fs::write(folder.path().join("报告 1.bin"), "012345").unwrap();
        let answer = exchange(&served, "GET", &path(&served), "");
        assert!(answer.starts_with("HTTP/1.1 410"), "{answer}");
        assert!(served.fetched().has_changed);
    }

    #[test]
    fn port_is_closed_after_the_last_file() {
        let (_folder, served) = serve();
        let address = served.running.address;
        let idle = TcpStream::connect(address).unwrap();
        drop(served);
        let mut read = [0];
        assert!(matches!((&idle).read(&mut read), Ok(0) | Err(_)));
        // The accepting thread closes the port a moment later.
        let end = std::time::Instant::now() + Duration::from_secs(5);
        while TcpStream::connect(address).is_ok() {
            assert!(std::time::Instant::now() < end, "the port is still open");
        }
    }
}

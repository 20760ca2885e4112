//! A temporary PostgreSQL server in a temporary folder, reached through a Unix socket.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::tls::Certificate;

/// Longer than the server needs to start on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// The unprivileged user that runs the server, as it refuses to be run by root.
const NOBODY: u32 = 65_534;

/// A running server.
pub struct Server {
    folder: PathBuf,
    /// Stops the server and removes the folder when its stdin is closed, also when the tests are killed.
    supervisor: Child,
}

/// A database of its own on a server.
pub struct Database {
    socket: PathBuf,
    name: String,
}

/// The server that tests share which do not stop it.
pub fn shared_server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

/// A new database on the shared server.
pub fn database() -> Database {
    shared_server().database()
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(&[], |_| {})
    }

    /// Starts a server that accepts TCP connections only over TLS, at `address`, which must begin with 127. A role
    /// named `scram` needs its password.
    pub fn start_with_tls(certificate: &Certificate, address: &str) -> Self {
        let options = [
            format!("listen_addresses={address}"),
            "ssl=on".to_owned(),
            "ssl_cert_file=../server.pem".to_owned(),
            "ssl_key_file=../server.key".to_owned(),
        ];
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        Self::start_with(&options, |folder| {
            let (chain, key) = certificate.server_files();
            for (name, text) in [("server.pem", chain), ("server.key", key)] {
                let path = folder.join(name);
                private_file(&path, &text);
                if is_root() {
                    std::os::unix::fs::chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
                }
            }
            let rules = "local all all trust\nhostssl all scram 127.0.0.0/8 scram-sha-256\n\
                         hostssl all all 127.0.0.0/8 trust\n";
            std::fs::write(folder.join("data/pg_hba.conf"), rules).unwrap();
        })
    }

    /// Starts a server with these settings, after `prepare` has changed its folder.
    fn start_with(settings: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap().keep();
        if is_root() {
            std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let data = folder.join("data");
        let made = as_nobody("initdb")
            .args(["--no-sync", "-A", "trust", "-U", "postgres"])
            .args(["-E", "UTF8", "--no-locale", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        prepare(&folder);
        let supervisor = supervise(&folder, settings);
        let server = Self { folder, supervisor };
        server.wait_until_ready();
        server
    }

    /// A new database.
    pub fn database(&self) -> Database {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("d{}", NEXT.fetch_add(1, Ordering::SeqCst));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        Database {
            socket: self.folder.clone(),
            name,
        }
    }

    /// Runs SQL as the administrator, and returns all values.
    pub fn sql(&self, database: &str, sql: &str) -> Vec<String> {
        run_sql(&self.folder, database, sql).unwrap()
    }

    /// Makes a role prove who it is.
    pub fn require_password_of(&self, role: &str) {
        let path = self.folder.join("data/pg_hba.conf");
        let rules = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("local all {role} scram-sha-256\n{rules}")).unwrap();
        self.sql("postgres", "SELECT pg_reload_conf()");
        let is_known = "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'scram-sha-256'";
        wait(|| self.sql("postgres", is_known) == ["1"]);
    }

    /// Stops the server as a crash does.
    pub fn stop_immediately(&self) {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let pid: i32 = file.lines().next().unwrap().parse().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::QUIT).unwrap();
        wait(|| !self.folder.join("data/postmaster.pid").exists());
    }

    /// Starts it again after a stop.
    pub fn start_again(&mut self) {
        // The former supervisor removes the folder when its stdin is closed.
        self.supervisor.kill().unwrap();
        self.supervisor.wait().unwrap();
        self.supervisor = supervise(&self.folder, &[]);
        self.wait_until_ready();
    }

    fn wait_until_ready(&self) {
        wait(|| run_sql(&self.folder, "postgres", "SELECT 1").is_ok());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

impl Database {
    /// The value of `state` for the administrator.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The value of `state` for a role, which may be followed by `:PASSWORD`.
    pub fn url_of(&self, role: &str) -> String {
        let socket = self.socket.to_str().unwrap().replace('/', "%2F");
        format!("postgres://{role}@{socket}/{}", self.name)
    }

    /// The value of `state` through a TCP proxy.
    pub fn url_through(&self, port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/{}", self.name)
    }

    /// The value of `state` for a role at a TCP address.
    pub fn url_at(&self, role: &str, address: &str) -> String {
        format!("postgres://{role}@{address}/{}", self.name)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL as the administrator, and returns all values.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> Vec<String> {
        run_sql(&self.socket, &self.name, sql).unwrap()
    }

    /// The socket of the server.
    pub fn socket(&self) -> PathBuf {
        self.socket.join(".s.PGSQL.5432")
    }
}

/// A running PgBouncer.
pub struct Pooler {
    folder: PathBuf,
    database: String,
    process: Child,
}

impl Pooler {
    /// Starts a pooler with at most `size` sessions of the server.
    pub fn start(database: &Database, mode: &str, size: u32) -> Self {
        let folder = tempfile::tempdir().unwrap().keep();
        if is_root() {
            std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let config = folder.join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host={server} user=postgres\n[pgbouncer]\nauth_type = any\n\
             unix_socket_dir = {folder}\nlisten_port = 5432\npool_mode = {mode}\n\
             default_pool_size = {size}\nlogfile = {folder}/log\npidfile = {folder}/pid\n",
            server = database.socket.display(),
            folder = folder.display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = as_nobody_path(&pgbouncer());
        command.arg(&config).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let pooler = Self {
            folder,
            database: database.name.clone(),
            process,
        };
        wait(|| run_sql(&pooler.folder, &pooler.database, "SELECT 1").is_ok());
        pooler
    }

    /// The value of `state`.
    pub fn url(&self) -> String {
        let socket = self.folder.to_str().unwrap().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{}", self.database)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Debian keeps it out of the `PATH` of users.
fn pgbouncer() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let mut programs = folders.map(|folder| folder.join("pgbouncer"));
    programs.find(|program| program.exists()).unwrap()
}

fn run_sql(folder: &Path, database: &str, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::Config::new()
            .host_path(folder)
            .user("postgres")
            .dbname(database)
            .connect(NoTls)
            .await?;
        tokio::spawn(connection);
        values(&client, sql).await
    })
}

async fn values(client: &Client, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let messages = client.simple_query(sql).await?;
    let mut values = Vec::new();
    for message in &messages {
        if let SimpleQueryMessage::Row(row) = message {
            values.extend((0..row.len()).map(|at| row.get(at).unwrap_or("NULL").to_owned()));
        }
    }
    Ok(values)
}

/// Runs the server until stdin is closed, then removes the folder.
fn supervise(folder: &Path, settings: &[&str]) -> Child {
    let script = "folder=$1; shift\n\"$@\" >\"$folder/log\" 2>&1 &\nserver=$!\ncat >/dev/null\n\
                  kill -QUIT $server 2>/dev/null; wait $server; rm -rf \"$folder\"";
    let server = as_nobody("postgres");
    let mut supervisor = Command::new("sh");
    supervisor
        .args(["-c", script, "sh"])
        .arg(folder)
        .arg(server.get_program())
        .args(server.get_args())
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(["-c", "listen_addresses=", "-c", "max_connections=300"])
        .args(settings.iter().flat_map(|setting| ["-c", setting]))
        .current_dir("/")
        .stdin(Stdio::piped());
    supervisor.spawn().unwrap()
}

fn as_nobody(program: &str) -> Command {
    let folder = option_env!("QIWEI_POSTGRES_BIN").unwrap_or_default();
    as_nobody_path(&Path::new(folder).join(program))
}

fn as_nobody_path(path: &Path) -> Command {
    if !is_root() {
        let mut command = Command::new(path);
        command.current_dir("/");
        return command;
    }
    let mut command = Command::new("setpriv");
    let id = NOBODY.to_string();
    command
        .arg(format!("--reuid={id}"))
        .arg(format!("--regid={id}"))
        .args(["--clear-groups", "--"])
        .arg(path)
        .current_dir("/");
    command
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[track_caller]
fn wait(until: impl Fn() -> bool) {
    let start = Instant::now();
    while !until() {
        assert!(start.elapsed() < START_TIMEOUT);
        thread::sleep(Duration::from_millis(20));
    }
}

/// Writes a file that only its owner can read.
pub fn private_file(path: &Path, text: &str) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

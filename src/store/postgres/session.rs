//! One connection to the database.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::failure::{Failure, unreachable};
use super::{password, pooler, schema, tls};
use crate::error::Error;
use crate::state_url::StateUrl;
use crate::store::backend::Usage;
use crate::store::ledger::Entry;
use crate::store::location::SharedState;
use crate::text::text;
use crate::time::Deadline;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for the answer to a statement.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for the end of a connection.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// Settings that a server, a database or a role may have set otherwise. Without a path, no function of
/// another schema is called by mistake; waits are limited here and by `lock_timeout`; a connection that is
/// lost within a transaction does not keep its locks.
const SETTINGS: &str = "\
SET search_path = pg_catalog; SET statement_timeout = 0; SET lock_timeout = '8s';
SET idle_in_transaction_session_timeout = '15s'; SET default_transaction_isolation = 'read committed';
SET default_transaction_read_only = off;";

/// The identity of an attempt: the name of the batch, empty for the ledger, and the entry.
pub(super) type AttemptKey = (String, Entry);

/// An open connection. All functions wait for the database.
pub struct Session {
    /// None only while it is closed.
    runtime: Option<Runtime>,
    pub(super) client: Option<Client>,
    connection: Option<JoinHandle<()>>,
    url: StateUrl,
    /// One statement or transaction at a time.
    exclusive: Mutex<()>,
    deadline: Mutex<Option<Deadline>>,
    is_lost: AtomicBool,
    /// The process of the server that serves this connection.
    backend_pid: i32,
    /// What was read when the connection was opened, until it is used.
    usage: Mutex<Option<Usage>>,
    pub(super) attempts: Mutex<Attempts>,
}

/// The attempts of the entries that were last read or written; as many as one message has, and some more.
#[derive(Default)]
pub(super) struct Attempts(Vec<(AttemptKey, i64)>);

impl Attempts {
    const KEPT: usize = 8;

    /// Remembers the attempt of an entry, and returns the one before.
    pub(super) fn insert(&mut self, key: AttemptKey, attempt: i64) -> Option<i64> {
        let before = self.remove(&key);
        if self.0.len() >= Self::KEPT {
            self.0.remove(0);
        }
        self.0.push((key, attempt));
        before
    }

    /// Forgets the attempt of an entry, and returns it.
    pub(super) fn remove(&mut self, key: &AttemptKey) -> Option<i64> {
        let at = self.0.iter().position(|(known, _)| known == key)?;
        Some(self.0.remove(at).1)
    }
}

/// The server and schema of a new connection.
struct ServerInfo {
    backend_pid: i32,
    version: i64,
    is_standby: bool,
    is_unsafe: bool,
    usage: Usage,
}

impl Session {
    /// Connects, and creates or migrates the tables as needed.
    ///
    /// # Errors
    /// `busy` when the database cannot be reached now, a configuration error when it refuses.
    pub(in crate::store) fn open(state: &SharedState, deadline: Deadline) -> Result<Self, Error> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::io_before_change(text!("cannot open a connection"), &e))?;
        let result = runtime.block_on(connect(state, deadline));
        let (client, connection, info) = match result {
            Ok(opened) => opened,
            Err(error) => {
                // Does not wait for a look-up of the host name.
                runtime.shutdown_background();
                return Err(error);
            }
        };
        if info.is_unsafe {
            state.output.warn(&text!(
                "the database at {address} runs with fsync = off: after a crash of its machine, messages may be sent twice",
                address = state.url.address()
            ));
        }
        Ok(Self {
            runtime: Some(runtime),
            client: Some(client),
            connection: Some(connection),
            url: state.url.clone(),
            exclusive: Mutex::default(),
            deadline: Mutex::default(),
            is_lost: AtomicBool::new(false),
            backend_pid: info.backend_pid,
            usage: Mutex::new(Some(info.usage)),
            attempts: Mutex::default(),
        })
    }

    /// The name of the schema.
    pub(super) fn schema(&self) -> &str {
        &self.url.schema
    }

    /// The process of the server that serves this connection.
    pub(super) fn backend_pid(&self) -> i32 {
        self.backend_pid
    }

    /// What was read when the connection was opened; once.
    pub(super) fn take_usage(&self) -> Option<Usage> {
        lock(&self.usage).take()
    }

    /// Reads the time and the days of use.
    pub(super) fn read_usage(&self) -> Result<Usage, Error> {
        let schema = self.schema();
        let info = self.run(|client| read_server_info(client, schema))?;
        Ok(info.usage)
    }

    /// Whether the connection is lost.
    pub(in crate::store) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::SeqCst) || self.client.as_ref().is_none_or(Client::is_closed)
    }

    /// Limits the time of everything but [`Session::run_to_record`].
    pub(super) fn set_deadline(&self, deadline: Deadline) {
        *lock(&self.deadline) = Some(deadline);
    }

    /// Runs statements before the deadline.
    pub(super) fn run<'s, T, F: Future<Output = Result<T, Failure>> + 's>(
        &'s self,
        work: impl FnOnce(&'s Client) -> F,
    ) -> Result<T, Error> {
        let remaining = lock(&self.deadline).map(|deadline| deadline.remaining());
        let most = remaining.map_or(STATEMENT_TIMEOUT, |left| left.min(STATEMENT_TIMEOUT));
        self.run_within(most, work)
            .map_err(|failure| failure.into_error(&self.url))
    }

    /// Runs statements that record what has happened, whatever the deadline.
    pub(super) fn run_to_record<'s, T, F: Future<Output = Result<T, Failure>> + 's>(
        &'s self,
        work: impl FnOnce(&'s Client) -> F,
    ) -> Result<T, Error> {
        self.run_within(STATEMENT_TIMEOUT, work)
            .map_err(|failure| failure.into_error(&self.url))
    }

    /// Runs statements within `most`. A connection without an answer is not used again, because an answer
    /// that comes later would be taken for that to another statement.
    pub(super) fn run_within<'s, T, F: Future<Output = Result<T, Failure>> + 's>(
        &'s self,
        most: Duration,
        work: impl FnOnce(&'s Client) -> F,
    ) -> Result<T, Failure> {
        let _one_at_a_time = lock(&self.exclusive);
        let (Some(runtime), Some(client)) = (&self.runtime, &self.client) else {
            return Err(Failure::Lost);
        };
        if self.is_lost() {
            return Err(Failure::Lost);
        }
        let work = work(client);
        let result = runtime.block_on(async {
            match tokio::time::timeout(most, work).await {
                Ok(result) => result,
                Err(_) => Err(Failure::Timeout(most)),
            }
        });
        if let Err(failure) = &result
            && failure.ends_connection()
        {
            self.is_lost.store(true, Ordering::SeqCst);
        }
        result
    }

    /// The error for a failure.
    pub(super) fn error(&self, failure: Failure) -> Error {
        failure.into_error(&self.url)
    }

    /// The error when another process has changed an entry that this one wants to complete.
    pub(super) fn entry_changed(&self) -> Error {
        unreachable(text!(
            "another process has changed the entry in PostgreSQL at {address}",
            address = self.url.address()
        ))
    }

    /// The error when the lock of a key, or its entry, is no longer as this process left it.
    pub(super) fn lock_lost(&self) -> Error {
        unreachable(text!(
            "the lock in PostgreSQL at {address} was lost before the message was sent",
            address = self.url.address()
        ))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The server ends the session, and with it the locks, when it is told so or sees the socket closed.
        drop(self.client.take());
        if let (Some(runtime), Some(connection)) = (self.runtime.take(), self.connection.take()) {
            if !self.is_lost.load(Ordering::SeqCst) {
                let _ = runtime
                    .block_on(async { tokio::time::timeout(CLOSE_TIMEOUT, connection).await });
            }
            runtime.shutdown_background();
        }
    }
}

/// A session lock on a key. It ends with its connection at the latest.
pub struct AdvisoryLock {
    session: Arc<Session>,
    id: i64,
}

impl AdvisoryLock {
    /// Takes over the lock that the session holds.
    pub(super) fn held(session: Arc<Session>, id: i64) -> Self {
        Self { session, id }
    }
}

impl Drop for AdvisoryLock {
    fn drop(&mut self) {
        // With a lost connection the lock has ended, or ends when the server notices.
        let unlock = format!("SELECT pg_advisory_unlock({})", self.id);
        let _ = self
            .session
            .run_to_record(|client| async move { Ok(client.batch_execute(&unlock).await?) });
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Opened = (Client, JoinHandle<()>, ServerInfo);

async fn connect(state: &SharedState, deadline: Deadline) -> Result<Opened, Error> {
    let url = &state.url;
    let config = config_of(state);
    let most = CONNECT_TIMEOUT.min(deadline.remaining());
    let within =
        async |work: std::pin::Pin<Box<dyn Future<Output = Result<Opened, Error>> + '_>>| {
            match tokio::time::timeout(most, work).await {
                Ok(result) => result,
                Err(_) => Err(Failure::Timeout(most).into_error(url)),
            }
        };
    within(Box::pin(async {
        let (client, connection) = open_client(&config, url).await?;
        let info = read_server_info_or_migrate(&client, url).await?;
        check_server(&info, url)?;
        if pooler::has_other_pid(&client, info.backend_pid).await {
            pooler::check_keeps_session(&client, info.backend_pid, &config, url).await?;
        }
        Ok((client, connection, info))
    }))
    .await
}

/// Connects, and runs the connection in the background.
pub(super) async fn open_client(
    config: &Config,
    url: &StateUrl,
) -> Result<(Client, JoinHandle<()>), Error> {
    let fail = |e| Failure::Database(e).into_error(url);
    // An error of the connection is also that of the statement that waits for it.
    match tls::connector(url)? {
        Some(tls) => {
            let (client, connection) = config.connect(tls).await.map_err(fail)?;
            Ok((client, tokio::spawn(async { drop(connection.await) })))
        }
        None => {
            let (client, connection) = config.connect(NoTls).await.map_err(fail)?;
            Ok((client, tokio::spawn(async { drop(connection.await) })))
        }
    }
}

fn config_of(state: &SharedState) -> Config {
    let url = &state.url;
    let mut config = Config::new();
    config
        .user(&url.user)
        .dbname(&url.database)
        .host(&url.host)
        .port(url.port)
        .application_name(&url.application_name)
        .ssl_mode(tls::wire_mode(url))
        .channel_binding(tls::channel_binding(url))
        .connect_timeout(CONNECT_TIMEOUT)
        .keepalives_idle(Duration::from_secs(30));
    let password = url.password.clone().or_else(|| state.password.clone());
    let password = password.or_else(|| {
        let found = password::find(state.password_file.as_deref()?, url, &state.output)?;
        state.output.hide(found.reveal());
        Some(found)
    });
    if let Some(password) = password {
        config.password(password.reveal());
    }
    config
}

/// Prepares the connection, and reads all that is needed in one step; migrates the tables first if they are
/// missing or old.
async fn read_server_info_or_migrate(client: &Client, url: &StateUrl) -> Result<ServerInfo, Error> {
    let result = match read_server_info(client, &url.schema).await {
        Ok(info) if info.version >= schema::CURRENT => Ok(info),
        Err(failure) if !failure.is_missing_schema() => Err(failure),
        _ => match schema::migrate(client, &url.schema).await {
            Ok(()) => read_server_info(client, &url.schema).await,
            Err(failure) => Err(failure),
        },
    };
    result.map_err(|failure| failure.into_error(url))
}

async fn read_server_info(client: &Client, schema: &str) -> Result<ServerInfo, Failure> {
    let sql = format!(
        "{SETTINGS} SELECT
           pg_backend_pid() AS pid,
           pg_is_in_recovery() AS standby,
           current_setting('fsync') AS fsync,
           (SELECT max(version) FROM {schema}.version) AS version,
           floor(extract(epoch FROM clock_timestamp()))::bigint AS now,
           (SELECT string_agg(day::text, ' ' ORDER BY day) FROM {schema}.days) AS days,
           (SELECT floor(extract(epoch FROM min(changed_at)))::bigint FROM {schema}.sends) AS oldest,
           -- What is recorded must be on disk, whatever the server's default is.
           CASE current_setting('synchronous_commit') WHEN 'off'
             THEN set_config('synchronous_commit', 'on', false) END,
           -- A wait for the pace may be long.
           CASE WHEN current_setting('server_version_num')::int >= 140000
             THEN set_config('idle_session_timeout', '0', false) END"
    );
    let messages = client.simple_query(&sql).await?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let text = |name: &str| row.and_then(|row| row.get(name)).unwrap_or_default();
    Ok(ServerInfo {
        backend_pid: text("pid").parse().unwrap_or_default(),
        version: text("version").parse().unwrap_or_default(),
        is_standby: text("standby") == "t",
        is_unsafe: text("fsync") == "off",
        usage: Usage {
            now: text("now").parse().unwrap_or_default(),
            days: text("days")
                .split_whitespace()
                .filter_map(|day| day.parse().ok())
                .collect(),
            oldest: text("oldest").parse().ok(),
        },
    })
}

fn check_server(info: &ServerInfo, url: &StateUrl) -> Result<(), Error> {
    if info.is_standby {
        return Err(unreachable(text!(
            "the database at {address} is a standby, which cannot record anything",
            address = url.address()
        )));
    }
    if info.version > schema::CURRENT {
        return Err(Error::config(text!(
            "the schema {name} at {address} was made by a newer qiwei (schema {version}, this one knows {schema})",
            name = &url.schema,
            address = url.address(),
            version = info.version,
            schema = schema::CURRENT
        ))
        .hint(text!(
            "use the newer qiwei, or another schema with ?schema=NAME in `state`"
        )));
    }
    Ok(())
}

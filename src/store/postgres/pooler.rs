//! Detects a connection pooler that gives each transaction another session, such as PgBouncer in transaction
//! mode. Session locks do not hold there: a key would not be locked, and its lock would stay with a session
//! that somebody else uses.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{Client, Config, SimpleQueryMessage};

use super::session::{lock, open_client};
use crate::error::Error;
use crate::state_url::StateUrl;
use crate::text::text;

/// How long a statement may wait for a session while another connection holds one.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Whether the session has another process than the connection was told at its start: there is a pooler
/// between, in whatever mode.
pub(super) async fn has_other_pid(client: &Client, backend_pid: i32) -> bool {
    // The library tells the number only in a request to cancel a statement.
    let request = CancelRequest::default();
    let bytes = request.0.clone();
    let written = client
        .cancel_token()
        .cancel_query_raw(request, PassThrough)
        .await;
    let bytes = lock(&bytes).clone();
    // An SSL request may come before: length and code are 8 bytes, then follow the process and the key.
    let pid = bytes
        .len()
        .checked_sub(8)
        .and_then(|at| bytes.get(at..at + 4))
        .and_then(|pid| pid.try_into().ok())
        .map(i32::from_be_bytes);
    written.is_err() || pid != Some(backend_pid)
}

/// Checks that the connection keeps its session while another connection is in a transaction. In transaction
/// mode that other connection gets the free session, so that the next statement here is served by another.
///
/// # Errors
/// A configuration error when it does not.
pub(super) async fn check_keeps_session(
    client: &Client,
    backend_pid: i32,
    config: &Config,
    url: &StateUrl,
) -> Result<(), Error> {
    let (other, connection) = open_client(config, url).await?;
    let begun = tokio::time::timeout(PROBE_TIMEOUT, other.batch_execute("BEGIN; SELECT 1")).await;
    let pid = match begun {
        Ok(Ok(())) => tokio::time::timeout(PROBE_TIMEOUT, pid_of(client)).await,
        // All sessions are in use, so nothing can be learned; each statement that relies on the lock checks
        // the process again.
        _ => Ok(Some(backend_pid)),
    };
    drop(other);
    connection.abort();
    match pid {
        Ok(Some(pid)) if pid == backend_pid => Ok(()),
        _ => Err(Error::config(text!(
            "the connection pooler at {address} gives each transaction another session (PgBouncer: pool_mode = transaction), so that the lock of a key does not hold",
            address = url.address()
        ))
        .hint(text!(
            "nothing was sent; connect to PostgreSQL directly, or use a pool with pool_mode = session"
        ))),
    }
}

async fn pid_of(client: &Client) -> Option<i32> {
    let messages = client.simple_query("SELECT pg_backend_pid()").await.ok()?;
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    })
}

/// A stream that keeps what is written to it, and answers a request for encryption with yes.
#[derive(Default)]
struct CancelRequest(Arc<Mutex<Vec<u8>>>);

impl AsyncRead for CancelRequest {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        buffer.put_slice(b"S");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for CancelRequest {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        lock(&self.0).extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl TlsStream for CancelRequest {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

/// Encryption that changes nothing.
struct PassThrough;

impl TlsConnect<CancelRequest> for PassThrough {
    type Stream = CancelRequest;
    type Error = io::Error;
    type Future = Ready<Result<CancelRequest, io::Error>>;

    fn connect(self, stream: CancelRequest) -> Self::Future {
        ready(Ok(stream))
    }
}

//! Whether an HTTP client has ever made a connection: a request that timed out before that was
//! certainly not sent.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

const NONE: u8 = 0;
const CONNECTED: u8 = 1;
/// The request has been given up; a connection that is made now is not used.
const GIVEN_UP: u8 = 2;

/// The record of one client. A layer around its connector.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionRecord(Arc<AtomicU8>);

impl ConnectionRecord {
    /// Allows connections again after an earlier request was given up.
    pub fn reopen(&self) {
        self.replace(GIVEN_UP, NONE);
    }

    /// Gives up a request that timed out. Returns whether it was certainly not sent: there was no
    /// connection, and one that is made from now on is refused.
    pub fn give_up(&self) -> bool {
        self.replace(NONE, GIVEN_UP)
    }

    /// Records a connection; `false` when it must not be used.
    fn connected(&self) -> bool {
        self.replace(NONE, CONNECTED) || self.0.load(Ordering::SeqCst) == CONNECTED
    }

    fn replace(&self, from: u8, to: u8) -> bool {
        self.0
            .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }
}

impl<S> Layer<S> for ConnectionRecord {
    type Service = RecordedConnector<S>;

    fn layer(&self, connector: S) -> Self::Service {
        RecordedConnector {
            connector,
            record: self.clone(),
        }
    }
}

/// A connector that records its connections.
#[derive(Clone)]
pub(super) struct RecordedConnector<S> {
    connector: S,
    record: ConnectionRecord,
}

type BoxError = Box<dyn Error + Send + Sync>;

impl<S, R> Service<R> for RecordedConnector<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.connector.call(request);
        let record = self.record.clone();
        Box::pin(async move {
            let connection = connecting.await?;
            match record.connected() {
                true => Ok(connection),
                false => Err("the request was given up".into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_only_before_first_connection() {
        let record = ConnectionRecord::default();
        assert!(record.give_up());
        assert!(!record.connected(), "made too late");
        record.reopen();
        assert!(record.connected() && record.connected());
        assert!(!record.give_up());
        record.reopen();
        assert!(!record.give_up());
    }
}

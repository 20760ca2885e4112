//! Messages for the sandbox.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::http::Connection;
use crate::common::listen::LANE;
use crate::pace::{Pace, Span};

/// Entries kept of each kind. Three times as many are made first, for what is kept is no growth,
/// and by many connections, for each thread takes its memory from a different place.
const KEPT: u64 = 100_000;
pub const FILLERS: u64 = 8;
const EACH: u64 = 3 * KEPT / FILLERS;
const PER_CONNECTION: u64 = 500;

/// Tells the server where callbacks go.
pub fn set_notify_url(server: SocketAddr, guid: &str, receiver: SocketAddr) -> io::Result<()> {
    let body = format!(r#"{{"guid":"{guid}","notify_url":"http://{receiver}/"}}"#);
    let status = Connection::open(server)?.ask("POST", "/client/set_notify_url", &body)?;
    assert_eq!(status, 200);
    Ok(())
}

fn message(guid: &str, lane: u64, number: u64) -> String {
    let id = lane * LANE + number;
    format!(r#"{{"guid":"{guid}","conversation_id":"S:788123456789","content":"{id}"}}"#)
}

/// Sends a lane's share of that first load as fast as it goes, and says how many they were.
pub fn fill(server: SocketAddr, guid: &str, lane: u64) -> io::Result<u64> {
    let mut connection = Connection::open(server)?;
    for number in 0..EACH {
        if number % PER_CONNECTION == 0 {
            connection = Connection::open(server)?;
        }
        let status = connection.ask("POST", "/msg/send_text", &message(guid, lane, number))?;
        assert_eq!(status, 200);
    }
    Ok(EACH)
}

/// Sends a lane; a connection that ends is begun again, and a message without an answer counts as
/// lost, for sending it again would double it.
pub fn send(
    server: SocketAddr,
    guid: &str,
    lane: u64,
    rate: f64,
    span: &Span,
    again: &AtomicU64,
) -> u64 {
    let mut pace = Pace::new(rate);
    let mut kept = None;
    let mut number = 0;
    while pace.wait(span) {
        if kept.is_none() {
            kept = Connection::open(server).ok();
        }
        let Some(connection) = &mut kept else {
            again.fetch_add(1, Ordering::SeqCst);
            continue;
        };
        match connection.ask("POST", "/msg/send_text", &message(guid, lane, number)) {
            Ok(200) => {}
            answer => {
                println!("send: {answer:?}");
                again.fetch_add(1, Ordering::SeqCst);
                kept = None;
            }
        }
        number += 1;
    }
    number
}

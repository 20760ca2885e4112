//! A TCP proxy to a database that cuts the connection at a chosen moment.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::postgres::Database;

/// What happens to the message at which the connection is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// It does not reach the database.
    Before,
    /// It does, but the answer does not come back.
    After,
}

pub struct CuttingProxy {
    pub port: u16,
    messages: Arc<AtomicUsize>,
}

impl CuttingProxy {
    /// Cuts at the message of the client with the number `at`, and refuses connections afterwards.
    pub fn start(database: &Database, at: usize, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let messages = Arc::new(AtomicUsize::new(0));
        let counter = messages.clone();
        let socket = database.socket();
        thread::spawn(move || {
            for client in listener.incoming() {
                let server = UnixStream::connect(&socket).unwrap();
                let counter = counter.clone();
                thread::spawn(move || forward(client.unwrap(), server, &counter, at, cut));
            }
        });
        Self { port, messages }
    }

    /// How many messages the client has sent.
    pub fn messages(&self) -> usize {
        self.messages.load(Ordering::SeqCst)
    }
}

fn forward(client: TcpStream, server: UnixStream, messages: &AtomicUsize, at: usize, cut: Cut) {
    let (mut answers, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let (mut client, mut server) = (client, server);
    let mut buffer = [0; 65_536];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let number = messages.fetch_add(1, Ordering::SeqCst) + 1;
        if number >= at {
            // Closed first, so that no answer comes back.
            let _ = client.shutdown(Shutdown::Both);
        }
        if number > at || (number == at && cut == Cut::Before) {
            break;
        }
        if server.write_all(&buffer[..length]).is_err() {
            break;
        }
        if number == at {
            // The database reads to the end before it notices that the connection is closed.
            let _ = server.shutdown(Shutdown::Write);
            let _ = std::io::copy(&mut server, &mut std::io::sink());
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = client.shutdown(Shutdown::Both);
}

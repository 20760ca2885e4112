//! `--exec`: runs a command for every callback, one at a time per conversation.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::format::Line;
use super::pending::PendingCallbacks;
use crate::callback::acknowledgement::Acknowledgement;
use crate::callback::message;
use crate::callback::queue::ReceivedEvent;
use crate::login::verification_code::shell;
use crate::output::Output;
use crate::text::{Text, text};

/// Commands running at once, for different conversations.
const WORKERS: u64 = 8;
/// Callbacks waiting per worker; when full, senders wait.
const QUEUE_CAPACITY: usize = 64;

/// Runs the command. A conversation always uses the same worker, which keeps its order.
pub struct Runner {
    command: Option<String>,
    output: Output,
    pending: Arc<PendingCallbacks>,
    workers: Mutex<HashMap<u64, Worker>>,
}

struct Worker {
    queue: SyncSender<Job>,
    thread: JoinHandle<()>,
}

/// A callback for a command.
struct Job {
    /// Its number among the pending commands.
    number: u64,
    /// The JSON line for the command.
    line: String,
    /// To be completed when the command has ended.
    acknowledgement: Option<Acknowledgement>,
}

impl Runner {
    /// A runner; without a command it does nothing.
    pub fn new(command: Option<String>, output: Output, pending: Arc<PendingCallbacks>) -> Self {
        Self {
            command,
            output,
            pending,
            workers: Mutex::default(),
        }
    }

    /// Queues the command for a printed callback. The callback is acknowledged when the command has ended, or
    /// at once without a command.
    pub fn run(
        &self,
        received: &Arc<ReceivedEvent>,
        line: &Line<'_>,
        acknowledgement: Option<Acknowledgement>,
    ) {
        let Some(command) = &self.command else {
            return complete(acknowledgement);
        };
        let Ok(json) = serde_json::to_string(line) else {
            return;
        };
        let index = worker_index(received);
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let std::collections::hash_map::Entry::Vacant(entry) = workers.entry(index) {
            match start(command.clone(), self.output.clone(), self.pending.clone()) {
                Ok(worker) => {
                    entry.insert(worker);
                }
                Err(e) => {
                    return self
                        .output
                        .warn(&text!("--exec cannot be run: {error}", error = e));
                }
            }
        }
        if let Some(worker) = workers.get(&index) {
            // The worker ends only with its channel.
            let _ = worker.queue.send(Job {
                number: self.pending.add_command(received),
                line: json,
                acknowledgement,
            });
        }
    }

    /// Waits until all queued commands have ended.
    pub fn finish(self) {
        let workers = self
            .workers
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let threads: Vec<_> = workers.into_values().map(|worker| worker.thread).collect();
        for thread in threads {
            // A panic there has been reported by its own thread.
            let _ = thread.join();
        }
    }
}

fn worker_index(received: &ReceivedEvent) -> u64 {
    let conversation = message::entries(&received.event)
        .first()
        .and_then(|entry| message::message(entry).conversation_id);
    let mut hasher = DefaultHasher::new();
    conversation.hash(&mut hasher);
    hasher.finish() % WORKERS
}

fn start(command: String, output: Output, pending: Arc<PendingCallbacks>) -> io::Result<Worker> {
    let (queue, events) = sync_channel(QUEUE_CAPACITY);
    let thread = thread::Builder::new()
        .name("exec".into())
        .spawn(move || work(&command, &events, &output, &pending))?;
    Ok(Worker { queue, thread })
}

fn complete(acknowledgement: Option<Acknowledgement>) {
    if let Some(acknowledgement) = acknowledgement {
        acknowledgement.complete();
    }
}

fn work(command: &str, events: &Receiver<Job>, output: &Output, pending: &PendingCallbacks) {
    for job in events {
        match run(command, job.number, &job.line, pending) {
            Ok(HasRun::No) => continue,
            Ok(HasRun::Yes) => {}
            Err(why) => output.warn(&text!("--exec {why}", why)),
        }
        // A command that was ended early has not processed its callback.
        if !pending.is_abandoned() {
            complete(job.acknowledgement);
        }
        pending.end_command(job.number);
    }
}

/// Whether a command has run: after a signal no more are started.
enum HasRun {
    Yes,
    No,
}

fn run(
    command: &str,
    number: u64,
    event: &str,
    pending: &PendingCallbacks,
) -> Result<HasRun, Text> {
    let mut shell = shell(command);
    // Stdout carries the callbacks, one per line.
    shell.stdin(Stdio::piped()).stdout(io::stderr());
    let child = pending
        .start_command(number, &mut shell)
        .map_err(|e| text!("cannot be run: {error}", error = e))?;
    let Some(mut child) = child else {
        return Ok(HasRun::No);
    };
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its input is not an error.
        let _ = stdin.write_all(event.as_bytes());
        let _ = stdin.write_all(b"\n");
    }
    let status = child
        .wait()
        .map_err(|e| text!("cannot be waited for: {error}", error = e))?;
    match status.success() {
        true => Ok(HasRun::Yes),
        false => Err(text!("failed ({status})", status)),
    }
}

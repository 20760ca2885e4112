//! The printing thread, so that a stalled reader of stdout does not delay signals.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::exec::Runner;
use super::format;
use super::learner::Learner;
use super::pending::PendingCallbacks;
use crate::callback::queue::{EventQueue, ReceivedEvent};
use crate::error::Error;
use crate::output::Output;

/// Longest sleep between two checks.
const WAIT_TIMEOUT: Duration = Duration::from_secs(3600);

/// Prints the queue until it is closed and empty, and runs the command for each callback. Sends the
/// result over the channel.
///
/// # Errors
/// When no thread can be started.
pub fn start(
    queue: Arc<EventQueue>,
    output: Output,
    runner: Runner,
    pending: Arc<PendingCallbacks>,
    mut learner: Learner,
) -> io::Result<Receiver<Result<(), Error>>> {
    let (result_sender, result) = channel();
    thread::Builder::new()
        .name("printer".into())
        .spawn(move || {
            let result = work(&queue, &output, &runner, &pending, &mut learner);
            learner.save();
            if result.is_err() {
                // Nothing more can be printed; that must not wait for the commands.
                queue.close();
            }
            runner.finish();
            // Nobody receives it when a signal has ended the program.
            let _ = result_sender.send(result);
        })?;
    Ok(result)
}

fn work(
    queue: &EventQueue,
    output: &Output,
    runner: &Runner,
    pending: &PendingCallbacks,
    learner: &mut Learner,
) -> Result<(), Error> {
    loop {
        match queue.next(WAIT_TIMEOUT) {
            Some(mut received) => {
                let acknowledgement = received.acknowledgement.take();
                let received = Arc::new(received);
                // The gateway sends again what it got no acknowledgement for.
                if acknowledgement.is_none() {
                    pending.start_printing(&received);
                }
                print(output, &received)?;
                pending.end_printing();
                learner.learn(&received.event);
                runner.run(&received, &format::Line::of(&received), acknowledgement);
            }
            None if queue.is_done() => return Ok(()),
            None => {}
        }
    }
}

fn print(output: &Output, received: &ReceivedEvent) -> Result<(), Error> {
    if output.is_json() || !output.stdout_style().terminal {
        output.json(&format::Line::of(received))
    } else {
        output.page(format::format_event(received))
    }
}

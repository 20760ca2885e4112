//! Acknowledged callbacks that are not fully processed, so that an early end can name them and end
//! their commands.

use std::collections::BTreeMap;
use std::io;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::callback::message;
use crate::callback::queue::{EventQueue, ReceivedEvent};
use crate::output::Output;
use crate::text::{Text, text};
use crate::time::Deadline;

/// Time for commands to end after SIGTERM, before SIGKILL.
const TERMINATION_TIME: Duration = Duration::from_millis(500);
/// How often is checked whether they have.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Acknowledged callbacks that are being printed, or whose command has not ended.
#[derive(Default)]
pub struct PendingCallbacks(Mutex<State>);

#[derive(Default)]
struct State {
    printing: Option<Arc<ReceivedEvent>>,
    commands: BTreeMap<u64, PendingCommand>,
    added: u64,
    /// No more commands are started.
    is_closed: bool,
}

struct PendingCommand {
    callback: Arc<ReceivedEvent>,
    /// Its process group, once it runs.
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

impl PendingCallbacks {
    /// Records that this callback is being printed.
    pub fn start_printing(&self, callback: &Arc<ReceivedEvent>) {
        self.lock().printing = Some(callback.clone());
    }

    /// Records that the callback was printed.
    pub fn end_printing(&self) {
        self.lock().printing = None;
    }

    /// Records a callback whose command will run; returns the command's number.
    pub fn add_command(&self, callback: &Arc<ReceivedEvent>) -> u64 {
        let mut state = self.lock();
        state.added += 1;
        let number = state.added;
        let command = PendingCommand {
            callback: callback.clone(),
            #[cfg(unix)]
            group: None,
        };
        state.commands.insert(number, command);
        number
    }

    /// Starts a command in a process group of its own, so that it can be ended with its children;
    /// `None` when no more commands are started.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_command(&self, number: u64, command: &mut Command) -> io::Result<Option<Child>> {
        // Locked, so that a command is either recorded or not started when all are ended.
        let mut state = self.lock();
        if state.is_closed {
            return Ok(None);
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.spawn()?;
        #[cfg(unix)]
        if let Some(pending) = state.commands.get_mut(&number) {
            pending.group = Some(rustix::process::Pid::from_child(&child));
        }
        #[cfg(not(unix))]
        let _ = (number, &mut state);
        Ok(Some(child))
    }

    /// Records that the command has ended.
    pub fn end_command(&self, number: u64) {
        self.lock().commands.remove(&number);
    }

    /// Whether the commands are being ended early.
    pub fn is_abandoned(&self) -> bool {
        self.lock().is_closed
    }

    /// Says what is still waited for, and at most how long.
    pub fn announce_wait(&self, output: &Output, queue: &EventQueue, at_most: Text) {
        let state = self.lock();
        let unprinted = queue.len() + usize::from(state.printing.is_some());
        if unprinted > 0 {
            output.note(&text!(
                "waiting up to {at_most} for acknowledged callbacks to be printed ({count}); interrupt again to exit at once",
                at_most = at_most.clone(),
                count = unprinted
            ));
        }
        if !state.commands.is_empty() {
            output.note(&text!(
                "waiting up to {at_most} for --exec commands to end ({count}); interrupt again to exit at once",
                at_most,
                count = state.commands.len()
            ));
        }
    }

    /// Gives up: ends the running commands, starts no others, and names the callbacks that were not
    /// printed and those whose command did not end.
    pub fn abandon(&self, output: &Output, queue: &EventQueue) {
        let names: Vec<String> = {
            let mut state = self.lock();
            state.is_closed = true;
            let commands = state.commands.values();
            commands.map(|command| name(&command.callback)).collect()
        };
        self.end_commands();
        self.name_unprinted(output, queue);
        if !names.is_empty() {
            output.warn(&text!(
                "the --exec command was ended, or did not run, for these callbacks: {callbacks}",
                callbacks = names.join(", ")
            ));
        }
    }

    /// Names the acknowledged callbacks that were not printed.
    pub fn name_unprinted(&self, output: &Output, queue: &EventQueue) {
        let printing = self.lock().printing.clone();
        let names: Vec<String> = printing
            .iter()
            .map(|callback| name(callback))
            .chain(queue.take_acknowledged().iter().map(name))
            .collect();
        if !names.is_empty() {
            output.warn(&text!(
                "acknowledged callbacks could not be printed: {callbacks}",
                callbacks = names.join(", ")
            ));
        }
    }

    /// Sends SIGTERM to the commands and their children, and after a while SIGKILL.
    #[cfg(unix)]
    fn end_commands(&self) {
        use rustix::process::{Signal, kill_process_group};

        let signal_all = |signal| {
            let state = self.lock();
            for group in state.commands.values().filter_map(|command| command.group) {
                // It may have ended meanwhile.
                let _ = kill_process_group(group, signal);
            }
        };
        signal_all(Signal::TERM);
        let deadline = Deadline::after(TERMINATION_TIME);
        while !deadline.is_over() && self.lock().commands.values().any(|c| c.group.is_some()) {
            thread::sleep(POLL_INTERVAL);
        }
        signal_all(Signal::KILL);
    }

    #[cfg(not(unix))]
    fn end_commands(&self) {
        let _ = (TERMINATION_TIME, POLL_INTERVAL);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a callback in a list: its type and the ids of its messages, `new_message 1066173`.
fn name(callback: &ReceivedEvent) -> String {
    let event = &callback.event;
    let mut name = event
        .notify_type
        .name()
        .map_or_else(|| event.notify_type.0.to_string(), str::to_owned);
    for id in message::ids(event) {
        name.push(' ');
        name.push_str(&id);
    }
    name
}

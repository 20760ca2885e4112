//! The phase of a send, shared with the thread that handles signals.

use std::sync::atomic::{AtomicU8, Ordering};

/// The phase of the current message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Nothing was sent yet.
    Waiting,
    /// The request may have reached the server.
    InFlight,
    /// The server has accepted it; the result is about to be printed.
    Accepted,
    /// It certainly was not executed; the reason is about to be printed.
    NotExecuted,
    /// A signal came before it was sent, and it will not be.
    Interrupted,
}

/// The phase as both threads see it.
#[derive(Debug)]
pub struct SendPhase(AtomicU8);

impl Default for SendPhase {
    fn default() -> Self {
        Self(AtomicU8::new(Phase::Waiting as u8))
    }
}

impl SendPhase {
    /// Enters [`Phase::InFlight`]. Returns false when a signal came first: then nothing may be sent,
    /// because it is reported as not sent.
    pub fn begin(&self) -> bool {
        let begun = self.change(Phase::Waiting, Phase::InFlight);
        begun || self.get() != Phase::Interrupted
    }

    /// Records that the server has accepted the message.
    pub fn accepted(&self) {
        self.change(Phase::InFlight, Phase::Accepted);
    }

    /// Records that the message certainly was not executed.
    pub fn not_executed(&self) {
        self.change(Phase::InFlight, Phase::NotExecuted);
    }

    /// Prepares for the next message, after the result of this one was printed.
    pub fn reset(&self) {
        for from in [Phase::InFlight, Phase::Accepted, Phase::NotExecuted] {
            self.change(from, Phase::Waiting);
        }
    }

    /// The phase at which a signal interrupts. A message that is not sent yet will not be.
    pub fn interrupt(&self) -> Phase {
        self.change(Phase::Waiting, Phase::Interrupted);
        self.get()
    }

    fn change(&self, from: Phase, to: Phase) -> bool {
        self.0
            .compare_exchange(from as u8, to as u8, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    fn get(&self) -> Phase {
        let phase = self.0.load(Ordering::SeqCst);
        [
            Phase::Waiting,
            Phase::InFlight,
            Phase::Accepted,
            Phase::NotExecuted,
        ]
        .into_iter()
        .find(|known| *known as u8 == phase)
        .unwrap_or(Phase::Interrupted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interrupted_message_is_not_sent() {
        let phase = SendPhase::default();
        assert_eq!(phase.interrupt(), Phase::Interrupted);
        assert!(!phase.begin());
        phase.reset();
        assert!(!phase.begin(), "neither is the next one");
    }

    #[test]
    fn message_in_flight_stays_so_until_its_outcome_is_known() {
        let phase = SendPhase::default();
        assert!(phase.begin());
        assert_eq!(phase.interrupt(), Phase::InFlight);
        phase.accepted();
        assert_eq!(phase.interrupt(), Phase::Accepted);
        phase.reset();
        assert!(phase.begin());
        phase.not_executed();
        assert_eq!(phase.interrupt(), Phase::NotExecuted);
    }
}

//! What is in the memory of this process, passwords among it, stays out of files.

/// Asks the system not to write this process's memory to a core file when a signal ends it, and not
/// to let other processes of the same user look into it. Whatever it starts is not concerned: the
/// system forgets this when a program is started.
pub fn forbid() {
    // Where it cannot be had, the process ends as any other does.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    #[test]
    fn process_is_not_dumpable() {
        super::forbid();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}

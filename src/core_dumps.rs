//! Keeps the process's memory, which holds passwords, out of core files.

/// Makes the process not dumpable: no core file, and no access by other processes of the same user.
/// Child processes are not affected.
pub fn forbid() {
    // If it fails, the process continues without this protection.
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

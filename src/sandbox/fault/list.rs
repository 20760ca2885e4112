//! The active faults, in order.

use super::{Fault, Kind};

/// Active faults; the first match applies, and a counted one is used up.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct FaultList(Vec<Fault>);

impl FaultList {
    pub(in crate::sandbox) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(in crate::sandbox) fn clear(&mut self) {
        self.0.clear();
    }

    /// The specs of the active faults with their remaining uses.
    pub(in crate::sandbox) fn specs(&self) -> Vec<String> {
        self.0.iter().map(Fault::to_string).collect()
    }

    /// The fault for a request to `path`.
    pub(in crate::sandbox) fn trigger(&mut self, path: &str) -> Option<Fault> {
        self.next_matching(|fault| !fault.kind.is_pathless() && fault.matches(path))
    }

    /// Whether a new connection is reset at once.
    pub(in crate::sandbox) fn resets_early(&mut self) -> bool {
        self.next_matching(|fault| fault.kind == Kind::ResetEarly)
            .is_some()
    }

    fn next_matching(&mut self, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let index = self.0.iter().position(wanted)?;
        let fault = self.0.get_mut(index)?;
        let matched_fault = fault.clone();
        if let Some(left) = &mut fault.left {
            *left -= 1;
            if *left == 0 {
                self.0.remove(index);
            }
        }
        Some(matched_fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(specs: &[&str]) -> FaultList {
        FaultList(specs.iter().map(|spec| spec.parse().unwrap()).collect())
    }

    fn matched_fault(faults: &mut FaultList, path: &str) -> Option<String> {
        faults.trigger(path).map(|fault| fault.to_string())
    }

    #[test]
    fn first_match_wins_and_counts_down() {
        let mut faults = list(&["hang@/b*2", "empty*1", "html@/a*1"]);
        for (path, expected) in [
            ("/b", Some("hang@/b*2")),
            ("/a", Some("empty*1")),
            ("/b", Some("hang@/b*1")),
            ("/b", None),
            ("/a", Some("html@/a*1")),
            ("/a", None),
        ] {
            assert_eq!(
                matched_fault(&mut faults, path).as_deref(),
                expected,
                "{path}"
            );
        }
    }

    #[test]
    fn uncounted_faults_remain() {
        let mut faults = list(&["code=-1@/msg/*"]);
        assert!(matched_fault(&mut faults, "/client/all_clients").is_none());
        for _ in 0..3 {
            assert!(matched_fault(&mut faults, "/msg/send_text").is_some());
        }
        faults.clear();
        assert!(matched_fault(&mut faults, "/msg/send_text").is_none());
    }

    #[test]
    fn specific_faults_apply_only_to_their_endpoints() {
        let mut faults = list(&["svr-fail", "reconnecting", "reset-early*1"]);
        assert!(matched_fault(&mut faults, "/client/create_client").is_none());
        assert!(matched_fault(&mut faults, "/msg/send_text").is_some());
        assert!(matched_fault(&mut faults, "/client/get_client_status").is_some());
        assert!(faults.resets_early());
        assert!(!faults.resets_early());
    }
}

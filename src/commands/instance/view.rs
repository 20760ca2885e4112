//! How instances are shown.

use serde::Serialize;

use crate::guid::Guid;
use crate::instances::Instance;
use crate::output::table::{self, Cell, GREEN, Look, RED, YELLOW};

/// One instance in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct InstanceView {
    guid: Guid,
    status: &'static str,
    current: bool,
}

/// Views of `instances`, the `current` one marked.
pub fn views(instances: &[Instance], current: Option<&Guid>) -> Vec<InstanceView> {
    instances
        .iter()
        .map(|instance| InstanceView {
            guid: instance.guid.clone(),
            status: instance.status_name(),
            current: Some(&instance.guid) == current,
        })
        .collect()
}

/// A table of `views`.
pub fn table(views: &[InstanceView], look: Look) -> String {
    let rows: Vec<[Cell; 3]> = views
        .iter()
        .map(|view| {
            let style = match view.status {
                "online" => GREEN,
                "running" => YELLOW,
                _ => RED,
            };
            [
                view.guid.as_str().into(),
                Cell::styled(view.status, style),
                if view.current { "*" } else { "" }.into(),
            ]
        })
        .collect();
    table::render(["GUID", "STATUS", "CURRENT"], &rows, look)
}

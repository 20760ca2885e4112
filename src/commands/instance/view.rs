//! Output of instances.

use serde::Serialize;

use crate::guid::Guid;
use crate::instances::Instance;
use crate::output::table::{Cell, GREEN, RED, Table, YELLOW};
use crate::text::{Text, text};

/// An instance in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct InstanceView {
    guid: Guid,
    status: &'static str,
    #[serde(skip)]
    status_label: Text,
    current: bool,
}

/// Views of `instances`, with the `current` one marked.
pub fn views(instances: &[Instance], current: Option<&Guid>) -> Vec<InstanceView> {
    instances
        .iter()
        .map(|instance| InstanceView {
            guid: instance.guid.clone(),
            status: instance.status_name(),
            status_label: instance.status_label(),
            current: Some(&instance.guid) == current,
        })
        .collect()
}

/// The table of `views`.
pub fn table(views: &[InstanceView]) -> Table {
    let rows = views.iter().map(|view| -> [Cell; 3] {
        let style = match view.status {
            "online" => GREEN,
            "running" => YELLOW,
            _ => RED,
        };
        [
            view.guid.as_str().into(),
            Cell::styled(view.status_label.clone(), style),
            if view.current { "*" } else { "" }.into(),
        ]
    });
    Table::new([text!("GUID"), text!("STATUS"), text!("CURRENT")], rows)
}

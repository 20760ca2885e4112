//! Output of instances.

use std::collections::HashMap;

use serde::Serialize;

use crate::guid::Guid;
use crate::instances::Instance;
use crate::names::Account;
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
    /// Whose account is online, if it could be looked up.
    account: Option<Account>,
}

/// Views of `instances`, with the `current` one marked and the accounts that are known.
pub fn views(
    instances: &[Instance],
    current: Option<&Guid>,
    accounts: &HashMap<Guid, Account>,
) -> Vec<InstanceView> {
    instances
        .iter()
        .map(|instance| InstanceView {
            guid: instance.guid.clone(),
            status: instance.status_name(),
            status_label: instance.status_label(),
            current: Some(&instance.guid) == current,
            account: accounts.get(&instance.guid).cloned(),
        })
        .collect()
}

/// The table of `views`. The accounts have a column if one is known.
pub fn table(views: &[InstanceView]) -> Table {
    if views.iter().all(|view| view.account.is_none()) {
        let header = [text!("GUID"), text!("STATUS"), text!("CURRENT")];
        return Table::new(header, views.iter().map(cells));
    }
    let header = [
        text!("GUID"),
        text!("STATUS"),
        text!("CURRENT"),
        text!("ACCOUNT"),
    ];
    let rows = views.iter().map(|view| {
        let [guid, status, current] = cells(view);
        let account = view.account.as_ref().map(Account::words);
        [guid, status, current, account.unwrap_or_default().into()]
    });
    Table::new(header, rows).may_cut(3)
}

fn cells(view: &InstanceView) -> [Cell; 3] {
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
}

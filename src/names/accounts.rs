//! Whose account an instance is: cached, and looked up for online instances only, because other calls to a
//! stopped instance wake its login.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cache::NameCache;
use super::lookup::AT_ONCE;
use crate::api::Api;
use crate::api::login_payloads::Profile;
use crate::guid::Guid;
use crate::parallel;

/// Time for all look-ups; the names only add to a result.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The account of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Account {
    /// User id.
    pub user_id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Name of the company.
    pub corp_name: Option<String>,
}

impl Account {
    /// `name, company`, as far as they are known.
    pub fn words(&self) -> String {
        let name = self.name.as_deref().or(self.user_id.as_deref());
        match (name, &self.corp_name) {
            (Some(name), Some(company)) => format!("{name}, {company}"),
            (Some(name), None) => name.to_owned(),
            (None, company) => company.clone().unwrap_or_default(),
        }
    }
}

impl From<Profile> for Account {
    fn from(profile: Profile) -> Self {
        Self {
            user_id: profile.user_id,
            name: profile.name,
            corp_name: profile.corp_name,
        }
    }
}

/// The accounts of online instances, from the cache in `folder` or from the server. Those that cannot be
/// looked up are missing.
pub fn accounts(
    api: &Api,
    folder: Option<&Path>,
    server: &str,
    online: Vec<Guid>,
) -> HashMap<Guid, Account> {
    let api = api.at_most(TIMEOUT).without_retries();
    let look_up = |guid: Guid| {
        let (mut cache, _) = NameCache::open(folder, server, guid.as_str());
        if let Some(account) = cache.fresh_account() {
            return Some((guid, account.clone()));
        }
        let account = Account::from(api.profile(&guid).ok()?);
        if account == Account::default() {
            return None;
        }
        cache.set_account(account.clone());
        cache.save();
        Some((guid, account))
    };
    let found = parallel::map(online, AT_ONCE, look_up);
    found.into_iter().flatten().collect()
}

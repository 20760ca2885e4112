//! Names of conversations and accounts: looked up, cached, and resolved to ids.

mod accounts;
mod cache;
mod directory;
mod lookup;
mod members;
#[cfg(any(test, fuzzing))]
pub mod properties;
mod session_list;
mod spelling;

pub use accounts::{Account, accounts};
pub use cache::{NameCache, cached_names};
pub use directory::{Directory, Entry, contacts, owned_rooms};
pub use lookup::LookUp;
pub use members::{Member, Members, Role, members};
pub use session_list::{SessionList, USUAL_PAGE};
pub use spelling::{is_similar, normalise};

/// Prefix of a target that is given by its name.
pub const PREFIX: &str = "name:";

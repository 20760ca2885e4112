//! Where the state is.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::StateDatabase;
use super::postgres::{Postgres, Session};
use crate::error::Error;
use crate::output::Output;
use crate::secret::Secret;
use crate::state_url::StateUrl;
use crate::text::text;
use crate::time::Deadline;

/// File name of the state database in the state folder.
const STATE_FILE: &str = "state.sqlite3";

/// Where the ledger, the key locks and the pace are.
#[derive(Clone)]
pub enum StateLocation {
    /// In this folder; without a home folder there is none.
    Folder(Option<PathBuf>),
    /// In a database that several machines share.
    Shared(Arc<SharedState>),
}

impl StateLocation {
    /// Opens the state, creating or migrating it as needed, within `deadline`.
    ///
    /// # Errors
    /// A configuration error when there is no state folder, or the state cannot be used; `busy` when a
    /// database cannot be reached now. Nothing is sent that cannot be recorded.
    pub fn open(&self, deadline: Deadline) -> Result<StateDatabase, Error> {
        let opened = match self {
            Self::Folder(Some(folder)) => StateDatabase::open(&folder.join(STATE_FILE)),
            Self::Folder(None) => Err(no_state_folder()),
            Self::Shared(state) => state
                .session(deadline)
                .map(|session| StateDatabase::of(Postgres::ledger(session))),
        };
        opened.map_err(Error::about_state)
    }

    /// Opens the journal of the batch `run`.
    ///
    /// # Errors
    /// As [`StateLocation::open`], and a usage error for a local state.
    pub fn open_run(&self, run: &str, deadline: Deadline) -> Result<StateDatabase, Error> {
        match self {
            Self::Folder(_) => Err(Error::usage(text!(
                "--run needs a state that several machines share"
            ))
            .hint(text!(
                "set it with `qiwei config set state postgres://USER@HOST/DATABASE` or QIWEI_STATE, or use --journal FILE"
            ))),
            Self::Shared(state) => {
                let session = state.session(deadline).map_err(Error::about_state)?;
                Ok(StateDatabase::of(Postgres::journal(session, run)))
            }
        }
    }

    /// Opens the state for reading; `None` when nothing has been recorded yet.
    ///
    /// # Errors
    /// As [`StateLocation::open`].
    pub fn open_existing(&self, deadline: Deadline) -> Result<Option<StateDatabase>, Error> {
        match self {
            Self::Folder(folder) => {
                let path = folder
                    .as_ref()
                    .ok_or_else(no_state_folder)?
                    .join(STATE_FILE);
                match path.exists() {
                    true => StateDatabase::open(&path).map(Some),
                    false => Ok(None),
                }
            }
            Self::Shared(_) => self.open(deadline).map(Some),
        }
    }

    /// The same state with a connection of its own: the locks of one connection do not exclude each other.
    pub fn separate(&self) -> Self {
        match self {
            Self::Folder(folder) => Self::Folder(folder.clone()),
            Self::Shared(state) => Self::Shared(Arc::new(SharedState {
                url: state.url.clone(),
                password: state.password.clone(),
                password_file: state.password_file.clone(),
                output: state.output.clone(),
                session: Mutex::default(),
            })),
        }
    }
}

/// A state in PostgreSQL, and a connection of this process to it.
pub struct SharedState {
    /// The setting.
    pub url: StateUrl,
    /// The password from the environment, used when the URL has none.
    pub password: Option<Secret>,
    /// The file of passwords, used when neither has one.
    pub password_file: Option<PathBuf>,
    /// Receives warnings.
    pub output: Output,
    /// The open connection.
    pub session: Mutex<Weak<Session>>,
}

impl SharedState {
    /// The open connection, or a new one.
    fn session(&self, deadline: Deadline) -> Result<Arc<Session>, Error> {
        let mut slot = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = slot.upgrade()
            && !session.is_lost()
        {
            return Ok(session);
        }
        let session = Arc::new(Session::open(self, deadline)?);
        *slot = Arc::downgrade(&session);
        Ok(session)
    }
}

fn no_state_folder() -> Error {
    Error::config(text!("there is no home directory for the state database"))
        .hint(text!("set a directory with QIWEI_STATE_DIR"))
}

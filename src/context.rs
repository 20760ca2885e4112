//! The environment of a command: output, configuration, and the server.

use std::cell::{Cell, OnceCell, RefCell};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::api::request::Effect;
use crate::api::{Api, RateLimiter, Tracer, Transport};
use crate::base_url;
use crate::config::layers::{self, Flags};
use crate::config::permissions::{self, FileExposure};
use crate::config::{Key, Layers, Location, SettingName, Settings, Source, edit};
use crate::env::{self, Env};
use crate::error::Error;
use crate::guid::Guid;
use crate::input;
use crate::instances;
use crate::output::{HttpTrace, Output, StdinStream};
use crate::pace::Rate;
use crate::rate_limiter::AccountRateLimiter;
use crate::secret::Secret;
use crate::store::{SharedState, StateLocation};
use crate::text::{Text, text};
use crate::time::{DEFAULT_TIMEOUT, Deadline, parse_timeout};

/// What a command needs. Expensive parts are created on first use.
pub struct Context {
    /// Output of results, notes and errors.
    pub output: Output,
    started: Instant,
    has_double_dash: bool,
    stdin: RefCell<Option<StdinStream>>,
    stdin_is_terminal: bool,
    flags: Flags,
    env: Env,
    layers: Result<Layers, Error>,
    settings: OnceCell<Settings>,
    api: OnceCell<Api>,
    /// The value of a command's `--pace`.
    pace_flag: Cell<Option<Option<Rate>>>,
    state: OnceCell<StateLocation>,
    limiter: OnceCell<Option<Arc<dyn RateLimiter>>>,
    configured_guid: OnceCell<Option<(Guid, Source)>>,
    /// The instance that this command uses, once it is chosen.
    pub chosen_guid: OnceCell<Guid>,
}

impl Context {
    /// A context for one run. Configuration errors are reported only to commands that read settings.
    pub fn new(
        output: Output,
        stdin: StdinStream,
        flags: Flags,
        env: Env,
        layers: Result<Layers, Error>,
    ) -> Self {
        Self {
            output,
            started: Instant::now(),
            has_double_dash: false,
            stdin_is_terminal: stdin.terminal,
            stdin: RefCell::new(Some(stdin)),
            flags,
            env,
            layers,
            settings: OnceCell::new(),
            api: OnceCell::new(),
            pace_flag: Cell::new(None),
            state: OnceCell::new(),
            limiter: OnceCell::new(),
            configured_guid: OnceCell::new(),
            chosen_guid: OnceCell::new(),
        }
    }

    /// Sets whether the command line contains `--`.
    pub fn with_double_dash(mut self, has_double_dash: bool) -> Self {
        self.has_double_dash = has_double_dash;
        self
    }

    /// Whether the command line contains `--`, so that a text with a leading dash is not an option.
    pub fn has_double_dash(&self) -> bool {
        self.has_double_dash
    }

    /// The environment of the process.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// The sources of settings.
    ///
    /// # Errors
    /// A configuration error for a broken file or an unknown profile.
    pub fn layers(&self) -> Result<&Layers, Error> {
        self.layers.as_ref().map_err(Clone::clone)
    }

    /// The settings of this run.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub fn settings(&self) -> Result<&Settings, Error> {
        get_or_try(&self.settings, || {
            let settings = Settings::resolve(self.layers()?)?;
            for secret in settings.secrets() {
                self.output.hide(&secret);
            }
            self.warn_of_risks(&settings);
            Ok(settings)
        })
    }

    /// Warns of unsafe configurations.
    fn warn_of_risks(&self, settings: &Settings) {
        if let Some(problem) = self.env.proxy_problem(&settings.base_url) {
            self.output.warn(&problem);
        }
        if settings.connection.insecure && settings.base_url.is_https() {
            self.output.warn(&text!(
                "certificate verification is disabled, so the connection can be intercepted; use --cacert instead of --insecure"
            ));
        }
        if settings.has_unused_gateway {
            self.output.note(&text!(
                "app_key and app_secret are not used, because the base URL comes from a flag or a variable; write it with /open/GuidRequest at the end to reach a gateway there"
            ));
        }
        let is_plain_websocket = settings
            .websocket_url
            .as_ref()
            .is_some_and(|url| url.scheme() == "ws" && !base_url::is_loopback(url));
        if settings.gateway().is_some() && is_plain_websocket {
            self.output.warn(&text!(
                "app_secret is sent unencrypted to the WebSocket, because its address starts with ws://; use wss://"
            ));
        }
        if settings.gateway().is_some()
            && !settings.base_url.is_https()
            && !settings.base_url.is_loopback()
        {
            self.output.warn(&text!(
                "app_secret is sent unencrypted, because the base URL starts with http://; use https://"
            ));
        }
        let Ok(layers) = &self.layers else { return };
        if let Some(error) = layers.unread() {
            self.output.warn(&text!(
                "{message}; it is not used",
                message = error.message.clone()
            ));
        }
        let Some(Location { path, .. }) = layers.location() else {
            return;
        };
        match permissions::of(path, || layers.file_has_secrets()) {
            Some(FileExposure::Writable) => self.output.warn(&text!(
                "everyone on this machine can change the config {path}, and thereby redirect messages; run `chmod 600` on it",
                path = path.display()
            )),
            Some(FileExposure::Readable) => self.output.warn(&text!(
                "everyone on this machine can read the secrets in the config {path}; run `chmod 600` on it",
                path = path.display()
            )),
            None => {}
        }
    }

    /// Checks that a missing guid is not one that only could not be read.
    ///
    /// # Errors
    /// The error of the configuration file that was left out.
    pub fn check_unread_profile_has_no_guid(&self) -> Result<(), Error> {
        let unread = self.layers()?.unread();
        unread.map_or(Ok(()), |error| {
            Err(error.clone().hint(text!(
                "name the instance with --guid or QIWEI_GUID, or choose a file with --config or QIWEI_CONFIG"
            )))
        })
    }

    /// The deadline of this command.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub fn deadline(&self) -> Result<Deadline, Error> {
        self.deadline_or(DEFAULT_TIMEOUT)
    }

    /// The deadline of a command with its own default timeout.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub fn deadline_or(&self, default: Duration) -> Result<Deadline, Error> {
        let timeout = self.settings()?.timeout.unwrap_or(default);
        Ok(Deadline::from(self.started, timeout))
    }

    /// The deadline of a command that runs without limit unless `--timeout` is given.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub fn explicit_deadline(&self) -> Result<Option<Deadline>, Error> {
        let timeout = self.settings()?.timeout_flag();
        Ok(timeout.map(|timeout| Deadline::from(self.started, timeout)))
    }

    /// The API client, bounded by this command's deadline. Connects on the first call.
    ///
    /// # Errors
    /// A configuration error when a header or certificate cannot be used.
    pub fn api(&self) -> Result<&Api, Error> {
        get_or_try(&self.api, || {
            let settings = self.settings()?;
            let deadline = self.deadline()?;
            let transport = Transport::new(
                settings.base_url.clone(),
                &settings.connection,
                deadline.timeout(),
                self.tracer(),
            )
            .map_err(|e| e.into_error(Effect::Change))?;
            let api = Api::new(transport, settings.retries, deadline);
            // The gateway counts every call, not only messages.
            Ok(match (settings.gateway(), self.limiter()?) {
                (Some(_), Some(limiter)) => api.limited_by(limiter),
                _ => api,
            })
        })
    }

    /// Sets the pace from a command's flag; to be called before the first request.
    pub fn set_pace_flag(&self, pace: Option<Option<Rate>>) {
        self.pace_flag.set(pace);
    }

    /// The pace of an account: the flag, else the setting.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub fn pace(&self) -> Result<Option<Rate>, Error> {
        Ok(self.pace_flag.get().unwrap_or(self.settings()?.pace))
    }

    /// Keeps the pace of each account; `None` without a pace.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub fn limiter(&self) -> Result<Option<Arc<dyn RateLimiter>>, Error> {
        let limiter = get_or_try(&self.limiter, || {
            let settings = self.settings()?;
            let Some(rate) = self.pace()? else {
                return Ok(None);
            };
            let is_default = settings.has_default_pace && self.pace_flag.get().is_none();
            let limiter: Arc<dyn RateLimiter> = Arc::new(AccountRateLimiter::new(
                settings.server_identity(),
                settings
                    .guid
                    .as_ref()
                    .map_or_else(String::new, |(guid, _)| guid.to_string()),
                rate,
                is_default,
                self.state()?,
                self.output.clone(),
            ));
            Ok(Some(limiter))
        })?;
        Ok(limiter.clone())
    }

    /// The guid that is set, if one is. An abbreviation is completed by asking the server.
    ///
    /// # Errors
    /// As [`Settings::resolve`], and as [`instances::complete`].
    pub fn configured_guid(&self) -> Result<Option<&(Guid, Source)>, Error> {
        let named = get_or_try(&self.configured_guid, || match &self.settings()?.guid {
            Some((guid, source)) if guid.may_be_abbreviated() => {
                let guid = instances::complete(self.api()?, guid)?;
                Ok(Some((guid, source.clone())))
            }
            named => Ok(named.clone()),
        })?;
        Ok(named.as_ref())
    }

    /// The tracer for `-v`, if enabled.
    pub fn tracer(&self) -> Option<Arc<dyn Tracer>> {
        match self.output.verbosity() {
            0 => None,
            _ => Some(Arc::new(HttpTrace(self.output.clone()))),
        }
    }

    /// Whether a person can be prompted: stdin and stderr are terminals.
    pub fn can_ask(&self) -> bool {
        self.stdin_is_terminal && self.output.stderr_is_terminal()
    }

    /// Reads standard input to its end, once.
    ///
    /// # Errors
    /// As [`input::stdin_bytes`], and when it was read before.
    pub fn read_stdin(&self) -> Result<Vec<u8>, Error> {
        input::stdin_bytes(self.take_stdin()?, self.deadline()?)
    }

    /// [`Context::read_stdin`] for commands that work with an invalid configuration.
    ///
    /// # Errors
    /// As [`Context::read_stdin`].
    pub fn read_stdin_unconfigured(&self) -> Result<Vec<u8>, Error> {
        let stdin = self.take_stdin()?;
        let flag = self.flags.values.get(&Key::Timeout);
        let timeout = flag.and_then(|text| parse_timeout(text).ok());
        let deadline = Deadline::from(self.started, timeout.unwrap_or(DEFAULT_TIMEOUT));
        input::stdin_bytes(stdin, deadline)
    }

    /// Standard input, to be read in pieces.
    ///
    /// # Errors
    /// When it was taken before.
    pub fn take_stdin(&self) -> Result<StdinStream, Error> {
        let stdin = self.stdin.borrow_mut().take();
        stdin.ok_or_else(|| Error::usage(text!("standard input can be used only once")))
    }

    /// Asks a yes-or-no question on the terminal. Anything but `y` or `yes` means no.
    ///
    /// # Errors
    /// As [`input::stdin_line`].
    pub fn confirm(&self, question: &Text) -> Result<bool, Error> {
        self.output.prompt(&text!("{question} [y/N] ", question));
        let answer = input::stdin_line(self.take_stdin()?, self.deadline()?)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES"))
    }

    /// The configuration file.
    ///
    /// # Errors
    /// A configuration error where there is no home folder and no file was named.
    pub fn config_location(&self) -> Result<Location, Error> {
        layers::locate(&self.flags, &self.env).ok_or_else(|| {
            Error::config(text!("there is no home directory for a config file"))
                .hint(text!("choose a file with --config or QIWEI_CONFIG"))
        })
    }

    /// The folder for state and locks; `None` without a home folder.
    pub fn state_folder(&self) -> Option<PathBuf> {
        layers::state_folder(&self.env)
    }

    /// The folder of the cache of names; `None` without a home folder.
    pub fn cache_folder(&self) -> Option<PathBuf> {
        layers::cache_folder(&self.env)
    }

    /// Where the ledger, the key locks and the pace are.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub fn state(&self) -> Result<StateLocation, Error> {
        let location = get_or_try(&self.state, || {
            let Some(url) = self.settings()?.state.clone() else {
                return Ok(StateLocation::Folder(self.state_folder()));
            };
            let password = self.env.text(env::PGPASSWORD)?.map(Secret::new);
            if let Some(password) = &password {
                self.output.hide(password.reveal());
            }
            Ok(StateLocation::Shared(Arc::new(SharedState {
                url,
                password,
                password_file: self.env.postgres_password_file(),
                output: self.output.clone(),
                session: Mutex::default(),
            })))
        })?;
        Ok(location.clone())
    }

    /// The selected profile.
    ///
    /// # Errors
    /// When the variable is not UTF-8.
    pub fn profile(&self) -> Result<Option<String>, Error> {
        layers::selected_profile(&self.flags, &self.env)
    }

    /// Checks that a new instance can be saved as the current one: a script that fails after creating it
    /// would create another on every run.
    ///
    /// # Errors
    /// A configuration error when the file is invalid or cannot be written.
    pub fn check_can_save(&self) -> Result<(), Error> {
        let location = self.config_location()?;
        edit::check_writable(&location.path)
    }

    /// Makes `guid` the current instance.
    ///
    /// # Errors
    /// A configuration error when the file is invalid or cannot be written.
    pub fn save_guid(&self, guid: &Guid) -> Result<(), Error> {
        let location = self.config_location()?;
        edit::set(&location.path, &self.guid_setting()?, guid.as_str())?;
        self.note_overridden_guid(guid)
    }

    /// Removes `guid` from the configuration if it is the current instance.
    ///
    /// # Errors
    /// As [`Context::save_guid`].
    pub fn forget_guid(&self, guid: &Guid) -> Result<(), Error> {
        let Ok(location) = self.config_location() else {
            return Ok(());
        };
        if location.path.exists() {
            edit::unset(&location.path, &self.guid_setting()?, Some(guid.as_str()))?;
        }
        Ok(())
    }

    fn guid_setting(&self) -> Result<SettingName, Error> {
        Ok(SettingName::of(self.profile()?.as_deref(), Key::Guid))
    }

    /// Notes that a saved guid is overridden by the environment.
    fn note_overridden_guid(&self, saved: &Guid) -> Result<(), Error> {
        if let Some(other) = self.env.text(Key::Guid.env())?
            && other != saved.as_str()
        {
            self.output.warn(&text!(
                "{env} is set and overrides the saved instance",
                env = Key::Guid.env()
            ));
        }
        Ok(())
    }
}

fn get_or_try<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T, Error>) -> Result<&T, Error> {
    match cell.get() {
        Some(value) => Ok(value),
        None => {
            let value = make()?;
            Ok(cell.get_or_init(|| value))
        }
    }
}

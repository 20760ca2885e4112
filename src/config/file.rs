//! Reads and validates the configuration file; errors have line numbers.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{self, Key};
use crate::error::Error;
use crate::secret::Secret;
use crate::text::{Text, text};

/// Largest configuration read from a pipe or device in bytes; some never end.
const MAX_PIPE_BYTES: u64 = 1024 * 1024;

/// The top level of the file, or a profile.
#[derive(Clone, Debug, Default)]
pub struct Section {
    values: BTreeMap<Key, String>,
    /// Headers to add to every request.
    pub headers: BTreeMap<String, Secret>,
    /// Aliases of conversations; the ids of several are separated by commas.
    pub aliases: BTreeMap<String, String>,
    /// Unknown keys.
    pub unknown: Vec<String>,
}

impl Section {
    /// The text of a setting, if set.
    pub fn get(&self, key: Key) -> Option<&str> {
        self.values.get(&key).map(String::as_str)
    }
}

/// A validated configuration file.
#[derive(Clone, Debug, Default)]
pub struct ConfigFile {
    /// The settings outside any profile.
    pub top: Section,
    /// The profiles by name.
    pub profiles: BTreeMap<String, Section>,
}

impl ConfigFile {
    /// Parses and validates `text` from `path`.
    ///
    /// # Errors
    /// A configuration error with the file and, where possible, the line.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let parsed = ParsedText { path, text };
        let document = DeTable::parse(text).map_err(|e| {
            parsed.error(
                e.span().unwrap_or_default().start,
                Text::verbatim(e.message()),
            )
        })?;
        let mut file = Self {
            top: parsed.section(document.get_ref(), "")?,
            ..Self::default()
        };
        if let Some(profiles) = document.get_ref().get("profiles") {
            for (name, value) in parsed.table(profiles, "profiles")? {
                let prefix = format!("profiles.{}.", name.get_ref());
                let table = parsed.table(value, prefix.trim_end_matches('.'))?;
                let section = parsed.section(table, &prefix)?;
                file.profiles.insert(name.get_ref().to_string(), section);
            }
        }
        Ok(file)
    }
}

/// The error for a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::config(text!(
        "cannot read the config {path}: {error}",
        path = path.display(),
        error
    ))
}

/// The error for the text of a file at byte `offset`.
pub(super) fn wrong_at(path: &Path, text: &str, offset: usize, what: Text) -> Error {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    Error::config(text!(
        "{path}:{line}: {what}",
        path = path.display(),
        line,
        what
    ))
    .hint(text!("fix the line in an editor; the file was not changed"))
}

/// A file being validated, for error messages.
struct ParsedText<'a> {
    path: &'a Path,
    text: &'a str,
}

impl ParsedText<'_> {
    fn error(&self, offset: usize, what: Text) -> Error {
        wrong_at(self.path, self.text, offset, what)
    }

    fn section(&self, table: &DeTable<'_>, prefix: &str) -> Result<Section, Error> {
        let mut section = Section::default();
        for (name, value) in table {
            let name = name.get_ref().as_ref();
            let path = format!("{prefix}{name}");
            if let Some(key) = Key::named(name) {
                let text = self.scalar(value, &path)?;
                self.checked(value, &path, key.check(&text))?;
                section.values.insert(key, text);
            } else if name == "headers" {
                for (header, value) in self.table(value, &path)? {
                    let text = self.scalar(value, &format!("{path}.{}", header.get_ref()))?;
                    let header = header.get_ref().to_string();
                    section.headers.insert(header, Secret::new(text));
                }
            } else if name == "aliases" {
                section.aliases = self.aliases(value, &path)?;
            } else if !(prefix.is_empty() && name == "profiles") {
                section.unknown.push(path);
            }
        }
        Ok(section)
    }

    fn aliases(
        &self,
        value: &Spanned<DeValue<'_>>,
        path: &str,
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut aliases = BTreeMap::new();
        for (alias, value) in self.table(value, path)? {
            let alias = alias.get_ref().to_string();
            let path = format!("{path}.{alias}");
            let target = self.alias_targets(value, &path)?;
            self.checked(value, &path, key::check_alias_name(&alias))?;
            self.checked(value, &path, key::check_alias_target(&target))?;
            aliases.insert(alias, target);
        }
        Ok(aliases)
    }

    /// One id, or a list of ids.
    fn alias_targets(&self, value: &Spanned<DeValue<'_>>, path: &str) -> Result<String, Error> {
        let DeValue::Array(ids) = value.get_ref() else {
            return self.scalar(value, path);
        };
        if ids.is_empty() {
            return Err(self.error(
                value.span().start,
                text!("{path} has no conversation", path),
            ));
        }
        let ids = ids.iter().map(|id| self.scalar(id, path));
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        Ok(key::join_alias_targets(ids.iter().map(String::as_str)))
    }

    fn checked(
        &self,
        value: &Spanned<DeValue<'_>>,
        path: &str,
        result: Result<(), Text>,
    ) -> Result<(), Error> {
        result.map_err(|why| self.error(value.span().start, text!("{path}: {why}", path, why)))
    }

    fn table<'t, 'i>(
        &self,
        value: &'t Spanned<DeValue<'i>>,
        path: &str,
    ) -> Result<&'t DeTable<'i>, Error> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.error(
                value.span().start,
                text!("{path} must be a table, written [{path}]", path),
            )),
        }
    }

    fn scalar(&self, value: &Spanned<DeValue<'_>>, path: &str) -> Result<String, Error> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
            DeValue::Boolean(truth) => Ok(truth.to_string()),
            _ => Err(self.error(
                value.span().start,
                text!("{path} must be a string, a number, or true or false", path),
            )),
        }
    }
}

/// The path of the configuration, and whether it was given explicitly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The path.
    pub path: PathBuf,
    /// Given by a flag or a variable; then the file must exist.
    pub explicit: bool,
}

impl Location {
    /// Reads the file. A default file may be missing, also because the home folder does not exist: service
    /// accounts have `/dev/null` there. A pipe is waited for at most `timeout`.
    ///
    /// # Errors
    /// As [`ConfigFile::parse`], and when the file cannot be read.
    pub fn read(&self, timeout: Duration) -> Result<ConfigFile, Error> {
        match read_text(&self.path, timeout) {
            Ok(text) => ConfigFile::parse(&self.path, &text),
            Err(e)
                if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
                    && !self.explicit =>
            {
                Ok(ConfigFile::default())
            }
            Err(e) => Err(unreadable(&self.path, &e).hint(text!(
                "fix --config or QIWEI_CONFIG, or create the file with `qiwei config set`"
            ))),
        }
    }
}

impl Location {
    /// Whether this is a default file that this user may not read, such as that of another user whose
    /// `HOME` is set.
    pub fn is_forbidden_default(&self) -> bool {
        let is_forbidden = |path| {
            std::fs::File::open(path).is_err_and(|e| e.kind() == ErrorKind::PermissionDenied)
        };
        !self.explicit && is_forbidden(&self.path)
    }
}

/// Reads the text of a file, or of a pipe, which blocks until somebody writes to it.
fn read_text(path: &Path, timeout: Duration) -> io::Result<String> {
    if std::fs::metadata(path)?.is_file() {
        return std::fs::read_to_string(path);
    }
    let (sender, text) = mpsc::channel();
    let path = path.to_owned();
    thread::Builder::new()
        .name("config".into())
        .spawn(move || {
            let mut text = String::new();
            let read = std::fs::File::open(path)
                .and_then(|file| file.take(MAX_PIPE_BYTES).read_to_string(&mut text));
            let _ = sender.send(read.map(|_| text));
        })?;
    text.recv_timeout(timeout)
        .unwrap_or_else(|_| Err(io::Error::other("no data was written to it in time")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<ConfigFile, Error> {
        ConfigFile::parse(Path::new("c.toml"), text)
    }

    #[test]
    fn reads_known_settings_and_lists_unknown_ones() {
        let file = parse(
            r#"
            base_url = "http://h:1/p"  # the server
            timeout = 45
            insecure = true
            colour = "pink"
            [headers]
            X-Token = "t"
            [aliases]
            ops = "R:10001"
            [profiles.prod]
            guid = "g-1"
            aliases = { ops = "R:10002" }
            frob = 1
            "#,
        )
        .unwrap();
        assert_eq!(file.top.get(Key::BaseUrl), Some("http://h:1/p"));
        assert_eq!(file.top.get(Key::Timeout), Some("45"));
        assert_eq!(file.top.get(Key::Insecure), Some("true"));
        assert_eq!(file.top.headers["X-Token"].reveal(), "t");
        assert_eq!(file.top.aliases["ops"], "R:10001");
        assert_eq!(file.top.unknown, ["colour"]);
        let prod = &file.profiles["prod"];
        assert_eq!(prod.get(Key::Guid), Some("g-1"));
        assert_eq!(prod.aliases["ops"], "R:10002");
        assert_eq!(prod.unknown, ["profiles.prod.frob"]);
    }

    #[test]
    fn errors_name_file_line_and_key() {
        let cases = [
            ("a = 1\nguid = ", "c.toml:2: "),
            (
                "a = 1\n\ntimeout = \"soon\"",
                "c.toml:3: timeout: not a duration",
            ),
            ("base_url = [1]", "c.toml:1: base_url must be"),
            ("headers = 5", "c.toml:1: headers must be a table"),
            ("[aliases]\nops = \"10001\"", "c.toml:2: aliases.ops: "),
            ("[aliases]\n12 = \"R:10001\"", "c.toml:2: aliases.12: "),
            ("[profiles]\nx = 1", "c.toml:2: profiles.x must be a table"),
            (
                "[profiles.x]\nretries = 99",
                "c.toml:2: profiles.x.retries: ",
            ),
            ("guid = 'a'\nguid = 'b'", "c.toml:2: "),
        ];
        for (text, start) in cases {
            let error = parse(text).unwrap_err();
            assert!(
                error.message.english().starts_with(start),
                "{:?}",
                error.message
            );
            assert_eq!(error.exit, 3);
        }
    }

    #[test]
    fn rejects_invalid_url_without_printing_password() {
        let error = parse("base_url = 'ftp://u:hunter2@h'").unwrap_err();
        assert!(!error.message.contains("hunter2"), "{:?}", error.message);
    }

    proptest! {
        #[test]
        fn never_panics_on_any_text(text in "\\PC{0,80}") {
            let _ = parse(&text);
        }
        #[test]
        fn never_panics_on_any_lines(lines in proptest::collection::vec("(guid|timeout|\\[profiles|aliases\\]|headers)[ =.\\[\\]\"']{0,4}[a-z0-9:\"]{0,6}", 0..6)) {
            let _ = parse(&lines.join("\n"));
        }
    }
}

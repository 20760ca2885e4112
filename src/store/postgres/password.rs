//! The password file of `libpq`: `HOST:PORT:DATABASE:USER:PASSWORD` on each line, `*` for any.

use std::path::Path;

use crate::output::Output;
use crate::secret::Secret;
use crate::state_url::StateUrl;
use crate::text::text;

/// Finds the password of `url` in the file. A file that others can read is ignored with a warning, as `libpq`
/// does.
pub(super) fn find(path: &Path, url: &StateUrl, output: &Output) -> Option<Secret> {
    let content = std::fs::read_to_string(path).ok()?;
    if is_exposed(path) {
        output.warn(&text!(
            "the password file {path} is ignored, because others can read it; run `chmod 600` on it",
            path = path.display()
        ));
        return None;
    }
    find_in(&content, url)
}

/// The password of the first line that is about `url`.
pub(super) fn find_in(content: &str, url: &StateUrl) -> Option<Secret> {
    content.lines().find_map(|line| password_in(line, url))
}

#[cfg(unix)]
fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_path: &Path) -> bool {
    false
}

/// The password of a line, if the line is about `url`.
pub(super) fn password_in(line: &str, url: &StateUrl) -> Option<Secret> {
    if line.starts_with('#') {
        return None;
    }
    let host = match url.is_unix_socket() {
        true => "localhost",
        false => url.host.as_str(),
    };
    let port = url.port.to_string();
    let mut rest = line;
    for wanted in [host, &port, &url.database, &url.user] {
        let (field, after) = next_field(rest)?;
        if field != "*" && field != wanted {
            return None;
        }
        rest = after;
    }
    let password = unescaped(rest);
    (!password.is_empty()).then(|| Secret::new(password))
}

/// The text before the next colon that is not escaped, and the text after it.
fn next_field(text: &str) -> Option<(String, &str)> {
    let mut escaped = false;
    let end = text.char_indices().find_map(|(at, c)| {
        let is_end = c == ':' && !escaped;
        escaped = c == '\\' && !escaped;
        is_end.then_some(at)
    })?;
    let (field, rest) = text.split_at_checked(end)?;
    Some((unescaped(field), rest.strip_prefix(':')?))
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.extend(chars.next()),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(line: &str) -> Option<String> {
        let url = "postgres://ci@db:6000/runs".parse().unwrap();
        password_in(line, &url).map(|secret| secret.reveal().to_owned())
    }

    #[test]
    fn finds_password_of_matching_line() {
        let cases = [
            ("db:6000:runs:ci:hunter2", Some("hunter2")),
            ("*:*:*:*:hunter2", Some("hunter2")),
            (r"db:*:*:ci:a\:b\\c", Some(r"a:b\c")),
            ("other:6000:runs:ci:x", None),
            ("db:5432:runs:ci:x", None),
            ("#db:6000:runs:ci:x", None),
            ("db:6000:runs", None),
            ("db:6000:runs:ci:", None),
            ("", None),
        ];
        for (line, password) in cases {
            assert_eq!(found(line).as_deref(), password, "{line}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(line in "\\PC{0,40}") {
            let _ = found(&line);
        }
    }
}

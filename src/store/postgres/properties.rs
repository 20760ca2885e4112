//! Property checks of the address of a shared state and of its password, for fuzz targets and tests.

#![allow(clippy::expect_used, reason = "property checks fail by panicking")]

use super::password::{find_in, password_in};
use crate::secret::Secret;
use crate::state_url::StateUrl;

/// Checks an address, a password and the lines of a password file.
pub fn state_address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.splitn(3, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let (address, password, file) = (next(), next(), next());
    let Ok(url) = address.parse::<StateUrl>() else {
        return;
    };
    check_display(&url);
    if let Some(found) = find_in(file, &url) {
        assert!(!found.reveal().is_empty());
        assert!(
            file.lines()
                .any(|line| !line.starts_with('#') && line.contains(':'))
        );
    }
    check_password_file(&url, password);
}

/// What is printed does not depend on the password.
fn check_display(url: &StateUrl) {
    let mut other = url.clone();
    other.password = url
        .password
        .as_ref()
        .map(|_| Secret::new("another".to_owned()));
    assert_eq!(other.to_string(), url.to_string());
    assert_eq!(format!("{other:?}"), format!("{url:?}"));
}

/// A line written for this address is found, whatever characters it has.
fn check_password_file(url: &StateUrl, password: &str) {
    let host = match url.is_unix_socket() {
        true => "localhost",
        false => &url.host,
    };
    let fields = [
        host,
        &url.port.to_string(),
        &url.database,
        &url.user,
        password,
    ]
    .map(escaped);
    let line = fields.join(":");
    if password.is_empty() || line.starts_with('#') || line.contains(['\n', '\r']) {
        return;
    }
    let found = password_in(&line, url).expect("the line is about this address");
    assert_eq!(found.reveal(), password);
    // The first line that fits decides.
    let file = format!("# comment\nother:1:x:y:wrong\n{line}\n*:*:*:*:later\n");
    assert_eq!(
        find_in(&file, url)
            .map(|found| found.reveal().to_owned())
            .as_deref(),
        Some(password)
    );
}

fn escaped(field: &str) -> String {
    field.replace('\\', "\\\\").replace(':', "\\:")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn addresses_and_passwords_keep_their_properties(
            user in "[a-z%:\\\\*]{0,6}", host in "[a-z.0-9]{1,8}|%2Ftmp|\\[::1\\]", rest in "(:[0-9]{1,5})?(/[a-z%]{0,5})?(\\?sslmode=[a-z-]{0,8})?",
            password in "\\PC{0,12}", file in "([a-z*:#\\\\]{0,12}\n){0,3}",
        ) {
            state_address(format!("postgres://{user}@{host}{rest}\n{password}\n{file}").as_bytes());
        }
    }
}

//! Translations of common errors of the operating system and of libraries.

use super::{Text, text};

/// The template of errors with a system error number.
pub(super) const WITH_CODE: &str = "{what} (os error {code})";

/// A message of the system or of a library. Known ones are translatable; in English all are unchanged.
pub(super) fn translate_system_error(message: String) -> Text {
    known(&message).unwrap_or_else(|| Text::verbatim(message))
}

fn known(message: &str) -> Option<Text> {
    if let Some(rest) = message.strip_prefix("failed to lookup address information: ") {
        let why = match rest {
            "Name or service not known" => text!("Name or service not known"),
            "Temporary failure in name resolution" => text!("Temporary failure in name resolution"),
            other => Text::verbatim(other),
        };
        return Some(text!("failed to lookup address information: {why}", why));
    }
    if let Some(code) = message.strip_prefix("exit status: ") {
        return Some(text!("exit status: {code}", code));
    }
    let Some((what, code)) = message.split_once(" (os error ") else {
        return library_error(message);
    };
    let what = match what {
        "Connection refused" => text!("Connection refused"),
        "Connection reset by peer" => text!("Connection reset by peer"),
        "Network is unreachable" => text!("Network is unreachable"),
        "No route to host" => text!("No route to host"),
        "Address already in use" => text!("Address already in use"),
        "Cannot assign requested address" => text!("Cannot assign requested address"),
        "No such file or directory" => text!("No such file or directory"),
        "Permission denied" => text!("Permission denied"),
        "Is a directory" => text!("Is a directory"),
        "Not a directory" => text!("Not a directory"),
        "Read-only file system" => text!("Read-only file system"),
        "No space left on device" => text!("No space left on device"),
        "File too large" => text!("File too large"),
        "Too many open files" => text!("Too many open files"),
        "Too many open files in system" => text!("Too many open files in system"),
        _ => return None,
    };
    let code = code.strip_suffix(')')?;
    Some(text!("{what} (os error {code})", what, code))
}

/// Errors of the URL parser and of our own readers.
fn library_error(message: &str) -> Option<Text> {
    Some(match message {
        "longer than 16 MiB" => text!("longer than 16 MiB"),
        "a line is longer than 16 MiB" => text!("a line is longer than 16 MiB"),
        "its owner and group could not be kept" => text!("its owner and group could not be kept"),
        "too many symbolic links" => text!("too many symbolic links"),
        "no data was written to it in time" => text!("no data was written to it in time"),
        "not a regular file" => text!("not a regular file"),
        "the file belongs to another user" => text!("the file belongs to another user"),
        "empty host" => text!("empty host"),
        "invalid port number" => text!("invalid port number"),
        "invalid IPv4 address" => text!("invalid IPv4 address"),
        "invalid IPv6 address" => text!("invalid IPv6 address"),
        "invalid international domain name" => text!("invalid international domain name"),
        "relative URL without a base" => text!("relative URL without a base"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Lang;
    use super::*;

    #[test]
    fn translates_known_system_errors() {
        let cases = [
            ("Connection refused (os error 111)", "连接被拒绝"),
            (
                "failed to lookup address information: Name or service not known",
                "域名",
            ),
            ("Level 3 halted (os error 46)", "Level 3 halted"),
            ("anything", "anything"),
        ];
        for (english, part) in cases {
            let text = translate_system_error(english.to_owned());
            assert_eq!(text.english(), english);
            assert!(text.render(Lang::Zh).contains(part), "{text:?}");
        }
    }
}

//! Servers that send control characters and misleading lines in their text.

use crate::support::raw::{RawServer, ok};

/// Sequences that set the title, clear the screen, move the cursor, set the colour and reverse the
/// text direction, invisible characters, and lines that imitate a hint and a CI workflow command.
pub const HOSTILE_TEXT: &str = concat!(
    "evil\u{1b}]0;title\u{7}\u{1b}[2J\u{8}\u{9b}31m\u{202e}\u{200b}\u{e0041}\rover",
    "\nhint: run this\n::set-env name=PATH::/tmp"
);

/// Sequences that must not reach a terminal or a log.
const HOSTILE_SEQUENCES: [&str; 9] = [
    "\u{1b}]",
    "\u{1b}[2J",
    "\u{7}",
    "\u{8}",
    "\u{9b}",
    "\u{202e}",
    "\u{200b}",
    "\u{e0041}",
    "\rover",
];

/// Lines that the text must not add to the output.
const LINES: [&str; 2] = ["\nhint: run this", "\n::set-env"];

/// Checks that the output has the text without its control sequences and without its lines.
#[track_caller]
pub fn check_harmless(shown: &str) {
    assert!(shown.contains("evil"), "the words are not there: {shown:?}");
    for part in HOSTILE_SEQUENCES {
        assert!(!shown.contains(part), "{part:?} is in {shown:?}");
    }
    check_lines(shown);
}

/// Checks that the text adds no lines.
#[track_caller]
pub fn check_lines(shown: &str) {
    for line in LINES {
        assert!(!shown.contains(line), "{line:?} is in {shown:?}");
    }
}

/// A server that refuses every call with [`HOSTILE_TEXT`].
pub fn refusing() -> RawServer {
    let words = serde_json::to_string(HOSTILE_TEXT).unwrap();
    RawServer::answering(ok(&format!(
        r#"{{"error_code":-9,"error_message":{words},"data":null}}"#
    )))
}

/// A server that accepts every call, with [`HOSTILE_TEXT`] in its text fields.
pub fn accepting() -> RawServer {
    let words = serde_json::to_string(HOSTILE_TEXT).unwrap();
    RawServer::start(move |connection| {
        let path = connection.request.split(' ').nth(1).unwrap_or_default();
        let data = match path {
            "/client/all_clients" => r#"["g"]"#.to_owned(),
            "/client/get_client_status" => r#"{"status":1}"#.to_owned(),
            "/login/check_login_qrcode" => r#"{"status":0}"#.to_owned(),
            "/login/get_login_qrcode" => {
                format!(r#"{{"qrcode":"","key":{words},"qrcode_content":{words}}}"#)
            }
            "/session/get_session_list" => {
                format!(r#"{{"session_list":[{{"id":"S:1","name":{words}}}]}}"#)
            }
            _ => format!(r#"{{"msg_data":{{"id":{words},"seq":{words}}}}}"#),
        };
        connection.write(ok(&format!(
            r#"{{"error_code":0,"error_message":{words},"data":{data}}}"#
        )));
    })
}

/// A server that answers every call with [`HOSTILE_TEXT`] as HTML.
pub fn html() -> RawServer {
    RawServer::answering(ok(&format!("<html>{HOSTILE_TEXT}</html>")))
}

//! Terminal prompts: the verification code of a login and the confirmation of a removal.

use qiwei::sandbox::Sandbox;

use crate::support::login::{CONFIGURED_URL, bodies, login, notify_urls, waiting};
use crate::support::state::with_state;
use crate::support::terminal::Terminal;
use crate::support::{Home, sandbox_with};

const CODE: &str = "246810";
const WRONG_CODE: &str = "135790";
const PROMPT: &str = "verification code (attempt ";

/// A server that asks for [`CODE`].
fn server_that_requires_code() -> Sandbox {
    waiting(&format!("require-code={CODE},after=20ms"))
}

fn start(server: &Sandbox, more: &str) -> Terminal {
    Terminal::start(
        login(server, more).env("QIWEI_NOTIFY_URL", CONFIGURED_URL),
        80,
    )
}

/// The codes submitted to the server.
fn submitted_codes(server: &Sandbox) -> Vec<String> {
    let bodies = bodies(server, "/login/verify_login_qrcode");
    let code = |body: &serde_json::Value| body["code"].as_str().unwrap().to_owned();
    bodies.iter().map(code).collect()
}

#[test]
fn login_draws_qr_code_and_prompts_until_code_is_accepted() {
    let server = server_that_requires_code();
    let mut terminal = start(&server, "");
    terminal.shows("▀", 1);
    terminal.shows("new device: a verification code is needed", 1);
    terminal.shows("verification code (attempt 1 of 3): ", 1);
    terminal.types(&format!("{WRONG_CODE}\n"));
    terminal.shows("the verification code was rejected; 2 attempts left", 1);
    terminal.shows("verification code (attempt 2 of 3): ", 1);
    terminal.types(&format!("{CODE}\n"));
    let seen = terminal.end().ends_with(0);
    let seen = seen
        .assert_output_contains("the verification code was accepted")
        .assert_output_contains("logged in: ")
        .assert_output_contains("restored notify_url");
    assert_eq!(submitted_codes(&server), [WRONG_CODE, CODE]);
    assert_eq!(seen.text.matches(PROMPT).count(), 2, "{seen:?}");
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
}

/// An invalid code uses no attempt and is not sent to the server.
#[test]
fn prompts_again_after_invalid_code() {
    let server = server_that_requires_code();
    let mut terminal = start(&server, "--qr none");
    for (times, slip) in ["\n", "two words\n", "１２３\n"].iter().enumerate() {
        terminal.shows("verification code (attempt 1 of 3): ", times + 1);
        terminal.types(slip);
        terminal.shows(
            "a verification code must be 4 to 32 digits or letters on one line",
            times + 1,
        );
    }
    terminal.shows("verification code (attempt 1 of 3): ", 4);
    terminal.types(&format!("{CODE}\n"));
    terminal
        .end()
        .ends_with(0)
        .assert_output_contains("logged in: ");
    assert_eq!(submitted_codes(&server), [CODE]);
}

#[test]
fn ends_after_three_wrong_codes() {
    let server = server_that_requires_code();
    let mut terminal = start(&server, "--qr none");
    for attempt in 1..=3 {
        terminal.shows(&format!("verification code (attempt {attempt} of 3): "), 1);
        terminal.types(&format!("13579{attempt}\n"));
    }
    let seen = terminal.end().ends_with(1);
    seen.assert_output_contains("the verification code was wrong three times");
    assert_eq!(submitted_codes(&server).len(), 3);
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
}

#[test]
fn ctrl_c_at_prompt_cleans_up() {
    let server = server_that_requires_code();
    let mut terminal = start(&server, "--qr none");
    terminal.shows(PROMPT, 1);
    terminal.types("\x03");
    let seen = terminal.end().ends_with(130);
    // Later output starts on its own line.
    let after = seen.text.split(PROMPT).nth(1).unwrap();
    let (rest, _) = after.split_once('\n').unwrap();
    assert!(!rest.contains("notify_url"), "{seen:?}");
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
    assert!(submitted_codes(&server).is_empty());
}

#[test]
fn ctrl_c_before_scan_cleans_up() {
    let server = waiting("never");
    let mut terminal = start(&server, "");
    terminal.shows("▀", 1);
    terminal.types("\x03");
    terminal.end().ends_with(130);
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
}

/// The code can also be submitted from another shell.
#[test]
fn login_continues_after_terminal_eof() {
    let server = server_that_requires_code();
    let mut terminal = start(&server, "--qr none");
    terminal.shows(PROMPT, 1);
    terminal.types("\x04");
    terminal.shows("it can still be submitted with `qiwei login --code -`", 1);
    let other = login(&server, "--code -").stdin(CODE).run();
    other.ends_with(0);
    terminal
        .end()
        .ends_with(0)
        .assert_output_contains("logged in: ");
}

#[test]
fn removal_asks_for_confirmation() {
    for (answer, removed) in [
        ("y\n", true),
        ("yes\n", true),
        ("\n", false),
        ("n\n", false),
    ] {
        let server = sandbox_with(|scenario| scenario.stopped = 1);
        let args = ["instance", "rm", "--stopped", "--settle", "10ms"];
        let mut terminal = Terminal::start(with_state(&server, &Home::new(), &args), 80);
        terminal.shows("Permanently remove 1 stopped instance? [y/N] ", 1);
        terminal.types(answer);
        terminal.end().ends_with(0);
        assert_eq!(server.guids().len() == 1, removed, "{answer:?}");
    }
    // Ctrl-C removes nothing.
    let server = sandbox_with(|scenario| scenario.stopped = 1);
    let args = ["instance", "rm", "--stopped", "--settle", "10ms"];
    let mut terminal = Terminal::start(with_state(&server, &Home::new(), &args), 80);
    terminal.shows("[y/N] ", 1);
    terminal.types("\x03");
    let seen = terminal.end();
    assert_ne!(seen.code, Some(0), "{seen:?}");
    assert_eq!(server.guids().len(), 2);
}

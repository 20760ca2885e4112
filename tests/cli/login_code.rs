//! The verification code of a login on a new device: sources of the code, its events, and that it
//! is never printed.

use qiwei::sandbox::Sandbox;
use serde_json::json;

use crate::support::background::{BackgroundChild, end, eventually};
use crate::support::login::{bodies, events, login, names, waiting};
use crate::support::{Finished, Qiwei};

const CODE: &str = "246810";
const WRONG_CODE: &str = "135790";

/// A server that asks for [`CODE`].
fn server_that_requires_code() -> Sandbox {
    waiting(&format!("require-code={CODE},after=20ms"))
}

/// `qiwei login --json` without polling, with full verbosity.
fn verbose_login(server: &Sandbox, option: &str, value: &str) -> Qiwei {
    login(server, "--json --no-poll -vv --qr none")
        .arg(option)
        .arg(value)
}

/// The codes the server was given, in order.
fn submitted_codes(server: &Sandbox) -> Vec<String> {
    let bodies = bodies(server, "/login/verify_login_qrcode");
    let code = |body: &serde_json::Value| body["code"].as_str().unwrap().to_owned();
    bodies.iter().map(code).collect()
}

#[track_caller]
fn contains_no_code(run: &Finished) {
    // The request was printed, so an unmasked code would be in the output.
    assert!(run.stderr.contains("/login/verify_login_qrcode"), "{run:?}");
    for code in [CODE, WRONG_CODE] {
        assert!(
            !run.stdout.contains(code) && !run.stderr.contains(code),
            "{run:?}"
        );
    }
}

#[test]
fn code_command_receives_attempt_number() {
    let server = server_that_requires_code();
    let run = verbose_login(
        &server,
        "--code-cmd",
        "printf '24681%s\\n' $((QIWEI_CODE_ATTEMPT - 1))",
    );
    let run = end(run).ends_with(0);
    assert_eq!(
        names(&run),
        [
            "qrcode",
            "scanned",
            "code_required",
            "code_required",
            "code_accepted",
            "success",
            "logged_in"
        ]
    );
    let told = events(&run);
    assert_eq!(
        told[2],
        json!({"event": "qr_status", "status": 10, "name": "code_required"})
    );
    assert_eq!(
        told[3],
        json!({"event": "code_required", "attempts_left": 3})
    );
    assert_eq!(told[4], json!({"event": "code_accepted"}));
    assert_eq!(submitted_codes(&server), [CODE]);
    contains_no_code(&run);
}

#[test]
fn three_wrong_codes_end_login() {
    let server = server_that_requires_code();
    let run = verbose_login(&server, "--code-cmd", "echo 13579$QIWEI_CODE_ATTEMPT");
    let run = end(run).ends_with(1);
    assert_eq!(
        events(&run)[3..],
        [
            json!({"event": "code_required", "attempts_left": 3}),
            json!({"event": "code_rejected", "attempts_left": 2}),
            json!({"event": "code_rejected", "attempts_left": 1}),
            json!({"event": "code_rejected", "attempts_left": 0}),
        ]
    );
    assert_eq!(run.error()["kind"], "rejected");
    assert_eq!(submitted_codes(&server), ["135791", "135792", "135793"]);
}

#[test]
fn same_wrong_code_is_submitted_once() {
    let server = server_that_requires_code();
    let run = verbose_login(&server, "--code-cmd", &format!("echo {WRONG_CODE}"))
        .args(["--timeout", "5s"]);
    let run = end(run).ends_with(7).assert_stderr_contains(
        "the same verification code was just rejected; it is not submitted again",
    );
    assert_eq!(submitted_codes(&server), [WRONG_CODE]);
    contains_no_code(&run);
}

#[test]
fn invalid_code_uses_no_attempt() {
    for nonsense in ["true", "echo", "echo 12", "echo no code yet"] {
        let server = server_that_requires_code();
        let command = format!("test -e seen && echo {CODE} || {{ touch seen; {nonsense}; }}");
        let run = verbose_login(&server, "--code-cmd", &command);
        let folder = run.home().to_owned();
        let run = end(run.in_folder(&folder)).ends_with(0);
        assert_eq!(submitted_codes(&server), [CODE], "{nonsense}: {run:?}");
    }
}

#[test]
fn reads_code_file_in_utf16_and_with_mark() {
    let utf16: Vec<u8> = format!("\u{feff}{CODE}\r\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = format!("\u{feff}{CODE}\n").into_bytes();
    for bytes in [utf16, marked] {
        let server = server_that_requires_code();
        let run = login(&server, "--json --no-poll --qr none");
        let path = run.home().join("code.txt");
        std::fs::write(&path, bytes).unwrap();
        let run = run.arg("--code-file").arg(path.to_str().unwrap());
        end(run).ends_with(0);
        assert_eq!(submitted_codes(&server), [CODE]);
    }
}

#[test]
fn accepts_code_after_wrong_one() {
    let server = server_that_requires_code();
    let command = format!("test $QIWEI_CODE_ATTEMPT = 1 && echo {WRONG_CODE} || echo {CODE}");
    let run = end(verbose_login(&server, "--code-cmd", &command)).ends_with(0);
    assert_eq!(
        names(&run)[3..],
        [
            "code_required",
            "code_rejected",
            "code_accepted",
            "success",
            "logged_in"
        ]
    );
    assert_eq!(submitted_codes(&server), [WRONG_CODE, CODE]);
    contains_no_code(&run);
}

#[test]
fn waits_for_code_file() {
    let server = server_that_requires_code();
    let run = login(&server, "--json --no-poll -vv --qr none");
    let path = run.home().join("code.txt");
    let run = run.arg("--code-file").arg(path.to_str().unwrap());
    let mut running = BackgroundChild::start(run);
    running.event("code_required");
    running.err.wait_for("word of the file", |line| {
        line.contains("waiting for the verification code in") && line.contains("code.txt")
    });
    std::fs::write(&path, format!("{WRONG_CODE}\n")).unwrap();
    running.event("code_rejected");
    std::fs::write(&path, format!("{CODE}\n")).unwrap();
    let run = running.finish().ends_with(0);
    assert_eq!(submitted_codes(&server), [WRONG_CODE, CODE]);
    contains_no_code(&run);
}

#[test]
fn accepts_code_from_another_process() {
    for way in [CODE, "-"] {
        let server = server_that_requires_code();
        let mut running = BackgroundChild::start(login(&server, "--json --no-poll --qr none"));
        running.event("code_required");
        running
            .err
            .wait_for("what to do", |line| line.contains("`qiwei login --code -`"));
        let hand = login(&server, "--json --code")
            .arg(way)
            .stdin(format!("{CODE}\n"));
        let hand = end(hand).ends_with(0);
        assert_eq!(hand.stdout, "{\"event\":\"code_accepted\"}\n");
        let run = running.finish().ends_with(0);
        assert_eq!(names(&run)[4..], ["success", "logged_in"]);
        assert_eq!(submitted_codes(&server), [CODE]);
        assert!(!run.stderr.contains(CODE) && !hand.stderr.contains(CODE));
    }
}

#[test]
fn rejects_wrong_code_from_another_process() {
    let server = server_that_requires_code();
    let mut running = BackgroundChild::start(login(&server, "--json --no-poll --qr none"));
    running.event("code_required");
    let hand = end(login(&server, "--json -vv --code").arg(WRONG_CODE)).ends_with(1);
    assert!(
        hand.error()["hint"].as_str().unwrap().contains("wrong"),
        "{hand:?}"
    );
    assert!(!hand.stderr.contains(WRONG_CODE), "{hand:?}");
    end(login(&server, "--code").arg(CODE)).ends_with(0);
    running.finish().ends_with(0);
}

#[test]
fn code_without_waiting_login_is_an_error() {
    let running = waiting("never");
    let hand = end(login(&running, "--json --code").arg(CODE)).ends_with(1);
    assert!(hand.error()["hint"].is_string());
    let online = crate::support::sandbox();
    let hand = end(login(&online, "--json --code").arg(CODE)).ends_with(3);
    assert!(
        hand.error()["message"]
            .as_str()
            .unwrap()
            .contains("no instance is waiting")
    );
}

#[test]
fn invalid_code_is_not_submitted() {
    let server = server_that_requires_code();
    for text in [
        "",
        "two words",
        "12-34",
        "1234567890123456789012345678901234567890",
    ] {
        let run = end(login(&server, "--json --code").arg(text)).ends_with(2);
        assert_eq!(run.error()["outcome"], "not_sent");
        assert!(text.is_empty() || !run.stderr.contains(text), "{run:?}");
    }
    assert!(server.exchanges().is_empty());
}

#[test]
fn failed_code_command_keeps_login_open() {
    let server = server_that_requires_code();
    let mut running = BackgroundChild::start(
        login(&server, "--json --no-poll --qr none")
            .arg("--code-cmd")
            .arg("exit 3"),
    );
    running
        .err
        .wait_for("the failure", |line| line.contains("--code-cmd failed"));
    end(login(&server, "--code").arg(CODE)).ends_with(0);
    running.finish().ends_with(0);
}

#[test]
fn deadline_is_extended_while_asking_for_code() {
    let server = waiting("manual");
    let guid = server.guids()[0].clone();
    // Answers only when the first deadline has passed: asked late, and slow itself.
    let run = login(&server, "--json --no-poll --qr none --timeout 3s");
    let go = run.home().join("go");
    let command = format!(
        "while ! test -e {}; do sleep 0.02; done; echo {CODE}",
        go.display()
    );
    let begun = std::time::Instant::now();
    let mut running = BackgroundChild::start(run.arg("--code-cmd").arg(&command));
    running.event("qrcode");
    let passed = |secs| (begun.elapsed().as_secs_f64() > secs).then_some(());
    eventually("most of the first deadline", || passed(2.0));
    let step = format!("require-code={CODE}").parse().unwrap();
    assert!(server.scan_step(&guid, &step));
    running.event("code_required");
    eventually("the first deadline", || passed(3.2));
    std::fs::write(&go, "").unwrap();
    let run = running.finish().ends_with(0);
    assert_eq!(names(&run)[3..], ["code_accepted", "success", "logged_in"]);
}

#[test]
fn deadline_ends_login_without_code() {
    let server = server_that_requires_code();
    let run = login(&server, "--json --no-poll --qr none --timeout 1s");
    let error = end(run).ends_with(7).error();
    assert!(
        error["hint"].as_str().unwrap().contains("--code-file"),
        "{error}"
    );
}

//! What stops a batch, and what does not.

use std::io::{BufRead, BufReader, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use qiwei::sandbox::{Sandbox, Status};
use rustix::process::Signal;
use serde_json::json;

use crate::batch::{lines, partly_bad, piped};
use crate::support::raw::{RawServer, ok};
use crate::support::state::{field, results, results_in, sends, texts, wait_until, with_state};
use crate::support::{Finished, Home, Qiwei, check_all, sandbox, sandbox_with};

#[test]
fn rejected_line_does_not_stop_batch() {
    let server = sandbox();
    server.add_fault("code=-987@/msg/send_text*1".parse().unwrap());
    let run = piped(&server, &lines(3), &[]).ends_with(8);
    assert_eq!(
        field(&results(&run), "outcome"),
        ["rejected", "accepted", "accepted"]
    );
    assert_eq!(texts(&server), ["m2", "m3"]);
}

#[test]
fn fail_fast_stops_at_first_failure() {
    for (fault, outcome) in [("code=-987", "rejected"), ("drop-after", "unknown")] {
        let server = sandbox();
        let once = format!("{fault}@/msg/send_text*1");
        let run = piped(&server, &lines(1), &["--fail-fast"]).ends_with(0);
        assert_eq!(results(&run).len(), 1);
        server.add_fault(once.parse().unwrap());
        let run = piped(&server, &lines(5), &["--fail-fast"]).ends_with(8);
        assert_eq!(field(&results(&run), "outcome"), [outcome]);
        run.assert_stderr_contains("stopped at line 1 (--fail-fast)");
        assert_eq!(sends(&server), 2, "{fault}");
    }
    let server = sandbox();
    let run = piped(&server, &partly_bad(), &["--fail-fast"]).ends_with(8);
    assert_eq!(field(&results(&run), "line"), [1, 2]);
    assert_eq!(sends(&server), 1);
}

/// The configured time limit is that of each message; `--timeout` is that of the whole batch.
fn piped_with_item_timeout(server: &Sandbox, input: &str, timeout: &str) -> Finished {
    with_state(server, &Home::new(), &["send", "--batch", "-"])
        .args(["--retries", "5"])
        .env("QIWEI_TIMEOUT", timeout)
        .stdin(input)
        .run()
}

#[test]
fn unknown_line_is_not_repeated_and_does_not_stop_batch() {
    for fault in ["drop-after", "garbled", "hang", "http=503", "reset-after"] {
        let server = sandbox();
        server.add_fault(format!("{fault}@/msg/send_text*1").parse().unwrap());
        let input = lines(3);
        let run = piped_with_item_timeout(&server, &input, "2s").ends_with(8);
        assert_eq!(
            field(&results(&run), "outcome"),
            ["unknown", "accepted", "accepted"],
            "{fault}"
        );
        assert_eq!(results(&run)[0]["error"]["exit"], 6, "{fault}");
        assert_eq!(sends(&server), 3, "{fault}");
        run.assert_stderr_contains("before sending them again with --resend");
    }
}

#[test]
fn configured_timeout_applies_to_each_line() {
    let server = sandbox();
    server.add_fault("hang@/msg/send_text*2".parse().unwrap());
    let run = piped_with_item_timeout(&server, &lines(4), "1s").ends_with(8);
    assert_eq!(
        field(&results(&run), "outcome"),
        ["unknown", "unknown", "accepted", "accepted"]
    );
    assert!(run.took >= Duration::from_millis(1800), "{:?}", run.took);
}

#[test]
fn timeout_flag_applies_to_whole_batch() {
    let server = sandbox();
    server.add_fault("hang@/msg/send_text*1".parse().unwrap());
    let run = piped(&server, &lines(3), &["--timeout", "1s"]).ends_with(8);
    assert_eq!(
        field(&results(&run), "outcome"),
        ["unknown", "not_sent", "not_sent"]
    );
    assert_eq!(sends(&server), 1);
    assert_eq!(results(&run)[1]["error"]["exit"], 7);
}

#[test]
fn timeout_flag_ends_wait_for_input() {
    let server = sandbox();
    let (input, mut writer) = std::io::pipe().unwrap();
    writer.write_all(lines(1).as_bytes()).unwrap();
    let run = with_state(&server, &Home::new(), &["send", "--batch", "-"])
        .args(["--timeout", "1s"])
        .stdin_from(input)
        .run()
        .ends_with(8)
        .assert_stderr_contains("the batch reached its time limit of 1s");
    assert_eq!(field(&results(&run), "outcome"), ["accepted"]);
    drop(writer);
}

/// A server that answers the send `number` (from 1) with `throttled`, and accepts all others.
fn throttling_server(number: usize, throttled: impl Into<String>) -> RawServer {
    let (sent, throttled) = (AtomicUsize::new(0), throttled.into());
    RawServer::start(move |client| {
        let count = sent.fetch_add(1, Ordering::SeqCst) + 1;
        client.write(match count == number {
            true => throttled.clone(),
            false => ok(&format!(r#"{{"data":{{"msg_data":{{"id":"{count}"}}}}}}"#)),
        });
    })
}

fn batch_on(server: &RawServer, flags: &[&str]) -> Finished {
    Qiwei::on(
        &server.base_url(),
        ["send", "--batch", "-", "--guid", "g", "--json"],
    )
    .args(flags)
    .stdin(lines(4))
    .run()
}

#[test]
fn batch_waits_as_long_as_server_asks() {
    let busy = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
    let server = throttling_server(2, busy.to_owned());
    let run = batch_on(&server, &[])
        .ends_with(8)
        .assert_stderr_contains("the batch waits 1s");
    assert_eq!(
        field(&results(&run), "outcome"),
        ["accepted", "rejected", "accepted", "accepted"]
    );
    assert!(run.took >= Duration::from_millis(950), "{:?}", run.took);
}

#[test]
fn batch_ends_when_asked_to_wait_longer_than_allowed() {
    for pause in ["600", "Fri, 31 Dec 2100 23:59:59 GMT"] {
        let busy = format!(
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: {pause}\r\nContent-Length: 0\r\n\r\n"
        );
        for (number, code) in [(1, 9), (2, 8)] {
            let server = throttling_server(number, busy.clone());
            let run = batch_on(&server, &["--max-wait", "2s"]).ends_with(code);
            let rest = &results(&run)[number..];
            assert_eq!(rest.len(), 4 - number);
            for line in rest {
                assert_eq!(line["outcome"], "not_sent", "{run:?}");
                let pause = line["error"]["retry_after"].as_f64();
                assert!(pause > Some(500.0), "{run:?}");
            }
            assert_eq!(server.requests().len(), number);
        }
    }
}

#[test]
fn lost_login_stops_batch() {
    for jobs in ["1", "4"] {
        let server = sandbox();
        server.add_fault("logout@/msg/send_text*1".parse().unwrap());
        let run = piped(&server, &lines(40), &["--jobs", jobs]).ends_with(8);
        let results = results(&run);
        assert_eq!(results.len(), 40);
        assert_eq!(results[0]["outcome"], "rejected");
        assert_eq!(results[0]["error"]["kind"], "not_logged_in");
        for rest in &results[1..] {
            assert_eq!(rest["outcome"], "not_sent", "{rest}");
            let error = &rest["error"];
            assert_eq!(
                (&error["kind"], &error["outcome"]),
                (&json!("not_logged_in"), &json!("not_sent"))
            );
            assert!(
                error["message"].as_str().unwrap().contains("at line 1"),
                "{error}"
            );
        }
        assert_eq!(sends(&server), 1, "one target, so only one worker sends");
    }
    // The account was never logged in.
    let server = sandbox();
    server.set_status(&server.guids()[0], Status::Running);
    let run = piped(&server, &lines(10), &[]).ends_with(8);
    assert_eq!(
        field(&results(&run), "outcome")[1..],
        vec![json!("not_sent"); 9]
    );
    assert_eq!((sends(&server), server.deliveries().len()), (1, 0));
}

#[test]
fn closed_stdout_stops_batch() {
    for jobs in ["1", "3"] {
        let server = sandbox_with(|s| s.latency = Duration::from_millis(50));
        let (reader, writer) = std::io::pipe().unwrap();
        let run = with_state(
            &server,
            &Home::new(),
            &["send", "--batch", "-", "--jobs", jobs],
        )
        .stdin(lines(100))
        .stdout_to(writer)
        .start();
        let mut first = String::new();
        let mut reader = BufReader::new(reader);
        reader.read_line(&mut first).unwrap();
        drop(reader);
        let run = run.end().ends_with(8);
        let run = run.assert_stderr_contains("error: standard output was closed before the end");
        run.assert_stderr_contains("the remaining lines were not sent");
        // What was on its way, and at the most one more a worker before a write failed.
        assert!(sends(&server) < 100, "{}", sends(&server));
    }
}

#[test]
fn closed_stdout_stops_batch_after_first_message() {
    let server = sandbox();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    with_state(&server, &Home::new(), &["send", "--batch", "-"])
        .stdin(lines(20))
        .stdout_to(writer)
        .run()
        .ends_with(8)
        .assert_stderr_contains("1 line: 1 accepted; the remaining lines were not sent");
    assert_eq!(sends(&server), 1);
}

/// Stdout is closed before the last result is printed, but nothing is left to be sent.
#[test]
fn closed_stdout_after_last_line_is_success() {
    for jobs in ["1", "3"] {
        let server = sandbox();
        for (number, code) in [(1, 0), (2, 8)] {
            let home = Home::new();
            let file = home.file("batch", lines(number));
            for input in ["-", &file] {
                let (reader, writer) = std::io::pipe().unwrap();
                drop(reader);
                with_state(
                    &server,
                    &home,
                    &["send", "--batch", input, "--jobs", jobs, "--json"],
                )
                .stdin(lines(number))
                .stdout_to(writer)
                .run()
                .ends_with(code);
            }
            if jobs != "1" {
                // Both may be on their way when the first cannot be printed.
                break;
            }
        }
    }
}

#[test]
fn signal_waits_for_message_in_flight() {
    check_all(
        &[(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)],
        |&(signal, code)| {
            let server = sandbox();
            let (reader, writer) = std::io::pipe().unwrap();
            server.add_fault("latency=8s*1".parse().unwrap());
            let run = with_state(&server, &Home::new(), &["send", "--batch", "-"])
                .stdin(lines(50))
                .stdout_to(writer)
                .start();
            wait_until("the first is on its way", || sends(&server) == 1);
            run.signal(signal);
            let run = run.end();
            assert_eq!(run.code, code, "{run:?}");
            let results = results_in(&std::io::read_to_string(reader).unwrap());
            assert_eq!(field(&results, "outcome"), ["accepted"]);
            assert_eq!(sends(&server), 1);
            run.assert_stderr_contains("interrupted after 1 line: 1 accepted");
        },
    );
}

#[test]
fn signal_ends_wait_for_stdin() {
    let server = sandbox();
    for jobs in ["1", "4"] {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut run = with_state(
            &server,
            &Home::new(),
            &["send", "--batch", "-", "--jobs", jobs],
        )
        .stdin_from(reader)
        .start();
        writer.write_all(lines(1).as_bytes()).unwrap();
        run.stdout_line();
        run.signal(Signal::INT);
        let run = run.end().ends_with(130);
        assert!(run.took < Duration::from_secs(20), "{:?}", run.took);
        drop(writer);
    }
}

//! `qiwei listen` prints every callback once, on one line.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use qiwei::sandbox::{IncomingMessage, Quirk, Sandbox};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::background::{BackgroundChild, end, eventually, parse};
use crate::support::client::{Client, ask, post};
use crate::support::login::{
    CONFIGURED_URL, callback, events, listen, listening, notify_urls, posted,
};
use crate::support::{Finished, GROUP, PERSON, Qiwei, sandbox, sandbox_with};

/// Delivers a text message to the instance.
fn receive_message(server: &Sandbox, conversation: &str, content: &str) {
    let message = IncomingMessage {
        conversation_id: conversation.into(),
        content: content.into(),
        ..IncomingMessage::default()
    };
    assert_eq!(
        server.deliver_incoming(&server.guids()[0], &message),
        Ok(true)
    );
}

/// A message callback with `number` as its id.
fn numbered(guid: &str, number: usize) -> String {
    callback(
        guid,
        11010,
        &format!(r#"{{"id":"{number}","sender":"7881","msg_type":2}}"#),
    )
}

/// The numbers of [`numbered`] messages, in order.
fn numbers(run: &Finished) -> Vec<usize> {
    let number = |event: &Value| event["data"]["id"].as_str().unwrap().parse().unwrap();
    events(run).iter().map(number).collect()
}

fn health(url: &str) -> Value {
    let base = url.split_once("/webhook").unwrap().0;
    ask("GET", &format!("{base}/health")).json()
}

#[test]
fn prints_one_json_line_per_callback() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let (mut running, _) = listening(&server, listen(&server, "--count 4"));
    receive_message(&server, PERSON, "你好");
    server.post_callback(&guid, 11002, json!({"status": 1, "vid": 16888}));
    server.kick(&guid);
    server.post_callback(&guid, 4711, json!(null));
    let run = running.finish().ends_with(0);
    let lines = events(&run);
    let head: Vec<Value> = lines
        .iter()
        .map(|line| json!([line["guid"], line["notify_type"], line["name"]]))
        .collect();
    assert_eq!(
        head,
        [
            json!([guid, 11010, "new_message"]),
            json!([guid, 11002, "login_qrcode"]),
            json!([guid, 11011, "logged_in_elsewhere"]),
            json!([guid, 4711, null]),
        ]
    );
    assert_eq!(lines[0]["data"]["content"], "你好");
    assert_eq!(lines[1]["data"], json!({"status": 1, "vid": 16888}));
    for line in &lines {
        let at = line["received_at"].as_str().unwrap();
        assert!(at.parse::<jiff::Timestamp>().is_ok(), "{at}");
        assert_eq!(line.as_object().unwrap().len(), 5);
    }
}

#[test]
fn prints_data_byte_for_byte() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let (mut running, url) = listening(&server, listen(&server, "--json --count 1"));
    let data = r#"{ "id" : 10696049218574013123,"x":1.50, "id2":"\u4f60", "z":[ ],"a":1e400 }"#;
    assert_eq!(post(&url, &callback(&guid, 11010, data)).status, 200);
    let run = running.finish().ends_with(0);
    assert!(
        run.stdout.ends_with(&format!("\"data\":{data}}}\n")),
        "{run:?}"
    );
}

#[test]
fn shows_echo_of_own_message() {
    let server = sandbox();
    let (mut running, _) = listening(&server, listen(&server, "--count 1"));
    end(Qiwei::on(&server.base_url(), ["send", GROUP, "备份完成"])).ends_with(0);
    let run = running.finish().ends_with(0);
    let data = &events(&run)[0]["data"];
    assert_eq!(
        (&data["send_flag"], &data["content"]),
        (&json!(1), &json!("备份完成"))
    );
}

#[test]
fn suppresses_duplicates_unless_asked() {
    for (more, expected) in [("", 3), ("--keep-duplicates", 6)] {
        let server = sandbox_with(|scenario| scenario.quirks = vec![Quirk::DuplicateCallbacks]);
        let (mut running, _) = listening(&server, listen(&server, more));
        for text in ["a", "b", "c"] {
            receive_message(&server, PERSON, text);
        }
        assert_eq!(posted(&server, 6), [Some(200); 6]);
        running.signal(Signal::INT);
        let run = running.finish().ends_with(130);
        assert_eq!(events(&run).len(), expected, "{more}");
    }
}

#[test]
fn reads_bare_wrapped_and_old_batches() {
    for (quirks, path) in [
        (vec![Quirk::BatchCallbacks], "/data/0/content"),
        (
            vec![Quirk::BatchCallbacks, Quirk::WrappedBatch],
            "/data/list/0/content",
        ),
        (
            vec![Quirk::BatchCallbacks, Quirk::MsgTypeKey],
            "/data/0/content",
        ),
        (vec![Quirk::MsgTypeKey], "/data/content"),
    ] {
        let is_batch = quirks.contains(&Quirk::BatchCallbacks);
        let server = sandbox_with(|scenario| scenario.quirks.clone_from(&quirks));
        let (mut running, _) = listening(&server, listen(&server, "--count 1"));
        receive_message(&server, PERSON, "你好");
        let run = running.finish().ends_with(0);
        let line = &events(&run)[0];
        let name = if is_batch {
            "message_batch"
        } else {
            "new_message"
        };
        assert_eq!(
            (&line["name"], line.pointer(path)),
            (&json!(name), Some(&json!("你好")))
        );
        assert_eq!(line["notify_type"], if is_batch { 11013 } else { 11010 });
    }
}

#[test]
fn removes_duplicate_inside_batch() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let (mut running, url) = listening(&server, listen(&server, "--count 2"));
    post(&url, &callback(&guid, 11010, r#"{"id":"1"}"#));
    post(&url, &callback(&guid, 11013, r#"[{"id":1}]"#));
    post(&url, &callback(&guid, 11013, r#"[{"id":"1"},{"id":"2"}]"#));
    let run = running.finish().ends_with(0);
    assert_eq!(events(&run)[1]["data"], json!([{"id": "2"}]));
}

#[test]
fn new_message_filter_covers_batches() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    for name in ["new_message", "message_batch"] {
        let more = format!("--type {name} --count 2");
        let (mut running, url) = listening(&server, listen(&server, &more));
        post(&url, &callback(&guid, 11003, "{}"));
        post(&url, &callback(&guid, 11010, r#"{"id":"1"}"#));
        post(&url, &callback(&guid, 11013, r#"[{"id":"2"}]"#));
        let run = running.finish().ends_with(0);
        assert_eq!(events(&run).len(), 2);
    }
}

#[test]
fn filters_types_by_number_and_name() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let more = "--type logged_in --type 11013 --count 2";
    let (mut running, url) = listening(&server, listen(&server, more));
    for (notify_type, data) in [(11010, "{}"), (11003, "{}"), (11002, "{}"), (11013, "[]")] {
        let answer = post(&url, &callback(&guid, notify_type, data));
        // Filtered callbacks are acknowledged too, so that the server does not retry.
        assert_eq!(answer.status, 200);
    }
    let run = running.finish().ends_with(0);
    let shown: Vec<Value> = events(&run)
        .iter()
        .map(|e| e["notify_type"].clone())
        .collect();
    assert_eq!(shown, [11003, 11013]);
    let bad = end(listen(&server, "--json --type nonsense")).ends_with(2);
    assert!(
        bad.error()["message"].as_str().unwrap().contains("11010"),
        "{bad:?}"
    );
}

#[test]
fn for_exits_0_and_unmet_count_exits_7() {
    let server = sandbox();
    end(listen(&server, "--for 100ms")).ends_with(0);
    let run = end(listen(&server, "--json --for 100ms --count 5")).ends_with(7);
    assert!(
        run.error()["message"].as_str().unwrap().contains("0 of 5"),
        "{run:?}"
    );
    let (mut running, url) = listening(&server, listen(&server, "--for 10min --count 1"));
    assert_eq!(post(&url, &numbered(&server.guids()[0], 1)).status, 200);
    running.finish().ends_with(0);
}

#[test]
fn exec_runs_in_order_one_at_a_time_per_conversation() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let run = listen(&server, "--count 6");
    let log = run.home().join("log");
    let log_name = log.to_str().unwrap();
    let command = format!(
        "read -r line; echo \"start $line\" >> {log_name}; sleep 0.03; echo end >> {log_name}"
    );
    let (mut running, url) = listening(&server, run.arg("--exec").arg(&command));
    for number in 0..6 {
        assert_eq!(post(&url, &numbered(&guid, number)).status, 200);
    }
    let run = running.finish().ends_with(0);
    // The program waits for every command to end.
    let expected: Vec<String> = run
        .stdout
        .lines()
        .flat_map(|line| [format!("start {line}"), "end".to_owned()])
        .collect();
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log.lines().collect::<Vec<_>>(), expected);
    assert_eq!(numbers(&run), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn exec_of_slow_conversation_does_not_delay_others() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let run = listen(&server, "--count 9");
    let folder = run.home().to_owned();
    // The command of the first conversation waits until that of another has run.
    let command = format!(
        "cd {}; read -r line; case $line in *first*) while ! ls other.* >/dev/null 2>&1; \
         do sleep 0.02; done; touch first;; *) touch other.$$;; esac",
        folder.display()
    );
    let (mut running, url) = listening(&server, run.arg("--exec").arg(&command));
    for sender in ["first", "1", "2", "3", "4", "5", "6", "7", "8"] {
        let data = json!({"id": sender, "sender": sender, "content": sender, "msg_type": 2});
        post(&url, &callback(&guid, 11010, &data.to_string()));
    }
    running.finish().ends_with(0);
    assert!(folder.join("first").exists());
}

#[test]
fn reports_failed_exec_and_continues() {
    let server = sandbox();
    let (mut running, url) = listening(
        &server,
        listen(&server, "--count 2").arg("--exec").arg("exit 3"),
    );
    for number in 0..2 {
        post(&url, &numbered(&server.guids()[0], number));
    }
    let run = running.finish().ends_with(0);
    let failures = run
        .stderr
        .lines()
        .filter(|l| l.contains("warning: --exec failed"))
        .count();
    assert_eq!((failures, numbers(&run).len()), (2, 2), "{run:?}");
}

#[test]
fn closed_stdout_ends_listen_and_restores_notify_url() {
    let server = sandbox();
    let run = listen(&server, "").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let mut running = BackgroundChild::start_unread(run);
    running
        .err
        .wait_for("start", |line| line.starts_with("listening"));
    running.close_stdout();
    let url = notify_urls(&server).pop().unwrap();
    // The program notices the closed pipe when it prints a callback.
    eventually("its end", || {
        if let Ok(mut client) = Client::try_to(&url) {
            client.send(client.request("POST", "", &numbered(&server.guids()[0], 1)));
            client.try_answer(false);
        }
        running.has_ended().then_some(())
    });
    let run = running.finish().ends_with(8);
    assert!(
        run.stderr
            .contains("error: standard output was closed before the end"),
        "{run:?}"
    );
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
}

#[test]
fn notes_missing_notify_url_setting() {
    let server = sandbox();
    let run = end(listen(&server, "--for 50ms")).ends_with(0);
    assert!(run.stderr.contains("are now lost"), "{run:?}");
    assert_eq!(notify_urls(&server).len(), 1);
}

#[test]
fn signal_loses_no_acknowledged_callback() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let run = listen(&server, "").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let (mut running, url) = listening(&server, run);
    let sent = Arc::new(AtomicUsize::new(0));
    let progress = sent.clone();
    let sender = thread::spawn(move || {
        let mut client = Client::to(&url);
        let mut taken = BTreeSet::new();
        for number in 0.. {
            client.send(client.request("POST", "", &numbered(&guid, number)));
            match client.try_answer(false) {
                Some(answer) if answer.status == 200 => taken.insert(number),
                // Refused, or the connection was closed.
                _ => break,
            };
            progress.store(number, Ordering::SeqCst);
        }
        taken
    });
    eventually("some callbacks", || {
        (sent.load(Ordering::SeqCst) > 300).then_some(())
    });
    running.signal(Signal::TERM);
    let run = running.finish().ends_with(143);
    let taken = sender.join().unwrap();
    let printed: BTreeSet<usize> = numbers(&run).into_iter().collect();
    assert_eq!(numbers(&run).len(), printed.len(), "something was doubled");
    let lost: Vec<_> = taken.difference(&printed).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
}

#[test]
fn sighup_restores_notify_url() {
    let server = sandbox();
    let run = listen(&server, "").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let (mut running, _) = listening(&server, run);
    running.signal(Signal::HUP);
    running.finish().ends_with(129);
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
}

/// As `nohup` starts it.
#[test]
fn ignored_sighup_stays_ignored() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let run = listen(&server, "--count 1").after_shell("trap '' HUP");
    let (mut running, url) = listening(&server, run);
    running.signal(Signal::HUP);
    assert_eq!(post(&url, &numbered(&guid, 1)).status, 200);
    running.finish().ends_with(0);
}

#[test]
fn slow_reader_applies_backpressure_without_loss() {
    const ALL: usize = 5000;
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let run = listen(&server, &format!("--count {ALL}"));
    let mut running = BackgroundChild::start_unread(run);
    running
        .err
        .wait_for("start", |line| line.starts_with("listening"));
    let url = notify_urls(&server).pop().unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let senders: Vec<_> = (0..4)
        .map(|index| {
            let (url, guid, taken) = (url.clone(), guid.clone(), taken.clone());
            thread::spawn(move || {
                let mut client = Client::to(&url);
                for number in (index..ALL).step_by(4) {
                    assert_eq!(client.post(&numbered(&guid, number)).status, 200);
                    taken.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    // The queue is full, and health requests are still answered.
    eventually("a full queue", || {
        (health(&url)["received"].as_u64().unwrap() >= 1024).then_some(())
    });
    assert!(taken.load(Ordering::SeqCst) < ALL);
    running.read();
    let run = running.finish().ends_with(0);
    senders
        .into_iter()
        .for_each(|sender| sender.join().unwrap());
    let mut seen = numbers(&run);
    seen.sort_unstable();
    assert_eq!(seen, (0..ALL).collect::<Vec<_>>());
}

#[test]
fn receives_20000_callbacks_exactly_once() {
    const EACH: usize = 2500;
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let (mut running, url) = listening(&server, listen(&server, "--count 20000"));
    let senders: Vec<_> = (0..8)
        .map(|index| {
            let (url, guid) = (url.clone(), guid.clone());
            thread::spawn(move || {
                let mut client = Client::to(&url);
                for number in 0..EACH {
                    let answer = client.post(&numbered(&guid, index * EACH + number));
                    assert_eq!(answer.status, 200);
                }
            })
        })
        .collect();
    senders
        .into_iter()
        .for_each(|sender| sender.join().unwrap());
    let run = running.finish().ends_with(0);
    let seen = numbers(&run);
    for index in 0..8 {
        // The order of each connection is kept.
        let own: Vec<usize> = seen.iter().copied().filter(|n| n / EACH == index).collect();
        assert_eq!(own, (index * EACH..(index + 1) * EACH).collect::<Vec<_>>());
    }
}

#[test]
fn prints_lines_immediately_and_in_order() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let (running, url) = listening(&server, listen(&server, ""));
    for number in 0..20 {
        post(&url, &numbered(&guid, number));
        // No later line flushes this one.
        let lines = running.out.wait_for_count(number + 1);
        assert_eq!(parse(&lines[number])["data"]["id"], number.to_string());
    }
}

#[test]
fn second_signal_ends_listen_with_stalled_reader() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let run = listen(&server, "").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let mut running = BackgroundChild::start_unread(run);
    running
        .err
        .wait_for("start", |line| line.starts_with("listening"));
    let url = notify_urls(&server).pop().unwrap();
    // Far more than the capacity of a pipe.
    let long = "x".repeat(100_000);
    for number in 0..10 {
        let data = format!(r#"{{"id":"{number}","content":"{long}"}}"#);
        assert_eq!(post(&url, &callback(&guid, 11010, &data)).status, 200);
    }
    running.signal(Signal::TERM);
    running.signal(Signal::INT);
    running
        .err
        .wait_for("word of it", |line| line.contains("could not be printed"));
    running.close_stdout();
    let code = running.finish().code;
    assert!([130, 143].contains(&code), "{code}");
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
}

#[test]
fn exec_output_does_not_mix_with_lines() {
    let server = sandbox();
    let (mut running, _) = listening(
        &server,
        listen(&server, "--count 1 --exec").arg("echo noise"),
    );
    receive_message(&server, PERSON, "x");
    let run = running.finish().ends_with(0);
    assert_eq!(events(&run).len(), 1);
    assert!(run.stderr.contains("noise"), "{run:?}");
}

#[test]
fn timeout_ends_listen() {
    let server = sandbox();
    let run = end(listen(&server, "--timeout 1s")).ends_with(0);
    assert!(run.took < Duration::from_secs(20), "{run:?}");
    end(listen(&server, "--timeout 1s --count 1")).ends_with(7);
}

#[test]
fn read_reports_and_changes_are_events_of_their_own() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let (mut running, url) = listening(&server, listen(&server, "--count 5 --json"));
    let report = |sender: &str, id: &str, referid: &str| {
        let data = json!({"id": id, "sender": sender, "appinfo": "CIG-1", "referid": referid,
                          "msg_type": 1012, "receiver": "S:2"});
        callback(&guid, 11010, &data.to_string())
    };
    for body in [
        report("1", "10", "0"),
        report("2", "10", "0"),
        report("1", "11", "0"),
        report("1", "11", "10"),
        // A repeated report is a duplicate.
        report("1", "10", "0"),
        callback(&guid, 11010, r#"{"id":"99","appinfo":"CIG-9"}"#),
    ] {
        assert_eq!(post(&url, &body).status, 200);
    }
    let run = running.finish().ends_with(0);
    let ids: Vec<Value> = events(&run)
        .iter()
        .map(|event| event["data"]["id"].clone())
        .collect();
    assert_eq!(ids, ["10", "10", "11", "11", "99"]);
}

#[test]
fn refused_callbacks_are_reported_once_per_kind() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let (mut running, url) = listening(&server, listen(&server, "--count 1"));
    for _ in 0..3 {
        assert_eq!(post(&url, "<html>").status, 400);
        assert_eq!(post(&url, &callback("another", 11010, "{}")).status, 403);
    }
    assert_eq!(post(&url, &numbered(&guid, 1)).status, 200);
    let run = running.finish().ends_with(0);
    for status in ["(HTTP 400); further", "(HTTP 403); further"] {
        assert_eq!(run.stderr.matches(status).count(), 1, "{run:?}");
    }
}

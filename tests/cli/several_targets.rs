//! One text for several targets: `--to`, aliases that are lists, and what happens when one fails.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::state::{field, results, sends, texts, wait_until, with_state};
use crate::support::{GROUP, Home, PERSON, Qiwei, requests, sandbox, sandbox_with};

/// A contact that the sandbox refuses messages to.
const FORBIDDEN: &str = "S:7880000000004017";
const OTHER: &str = "R:1098765432109";

fn targets(server: &qiwei::sandbox::Sandbox) -> Vec<String> {
    let deliveries = server.deliveries();
    deliveries.into_iter().map(|d| d.conversation_id).collect()
}

#[test]
fn each_target_gets_the_text_and_a_result_line() {
    let (server, home) = (sandbox(), Home::new());
    let args = ["send", "--to", GROUP, "--to", PERSON, "备份好了"];
    let run = with_state(&server, &home, &args).arg("--json").run();
    let lines = results(&run.ends_with(0));
    assert_eq!(field(&lines, "to"), [GROUP, PERSON]);
    assert_eq!(field(&lines, "conversation_id"), [GROUP, PERSON]);
    assert_eq!(field(&lines, "outcome"), ["accepted", "accepted"]);
    for name in ["part", "parts", "key", "error", "deduplicated"] {
        assert_eq!(field(&lines, name), [Value::Null, Value::Null], "{name}");
    }
    assert_eq!(targets(&server), [GROUP, PERSON]);
    assert_eq!(texts(&server), ["备份好了", "备份好了"]);
    // The guid is known, so there is nothing but the two sends.
    assert_eq!(requests(&server).len(), 2);
}

#[test]
fn people_read_one_line_for_each() {
    let (server, home) = (sandbox(), Home::new());
    let args = ["send", "--to", GROUP, "--to", FORBIDDEN, "x"];
    let run = with_state(&server, &home, &args).run().ends_with(8);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(
        lines[0].starts_with(&format!("accepted {GROUP} message ")),
        "{run:?}"
    );
    assert!(
        lines[1].starts_with(&format!("rejected {FORBIDDEN}: ")),
        "{run:?}"
    );
    run.assert_stderr_contains("2 messages: 1 accepted, 1 rejected");
}

#[test]
fn one_target_stays_one_object() {
    let (server, home) = (sandbox(), Home::new());
    let run = |args: &[&str]| {
        let run = with_state(&server, &home, args).arg("--json").run();
        run.ends_with(0).json()
    };
    let plain = run(&["send", GROUP, "x"]);
    let flag = run(&["send", "--to", GROUP, "x"]);
    let names = |object: &Value| {
        let object = object.as_object().unwrap();
        object.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(&plain), names(&flag));
    // A failure keeps its own exit code.
    with_state(&server, &home, &["send", "--to", FORBIDDEN, "x", "--json"])
        .run()
        .message_error(1, "rejected");
}

#[test]
fn failed_target_does_not_stop_others() {
    let (server, home) = (sandbox(), Home::new());
    let args = [
        "send", "--to", GROUP, "--to", FORBIDDEN, "--to", OTHER, "x", "--json",
    ];
    let run = with_state(&server, &home, &args).run().ends_with(8);
    let lines = results(&run);
    assert_eq!(
        field(&lines, "outcome"),
        ["accepted", "rejected", "accepted"]
    );
    assert_eq!(lines[1]["error"]["code"], -4017);
    assert_eq!(targets(&server), [GROUP, OTHER]);
    let error = run.error();
    assert_eq!(error["kind"], "partial");
    assert_eq!(
        error["message"], "3 messages: 2 accepted, 1 rejected",
        "{error}"
    );
    assert!(error["hint"].is_string(), "{error}");
}

#[test]
fn unknown_outcome_is_told_and_others_go_on() {
    let (server, home) = (sandbox(), Home::new());
    server.add_fault("drop-after@/msg/**1".parse().unwrap());
    let args = ["send", "--to", GROUP, "--to", PERSON, "x", "--json"];
    let run = with_state(&server, &home, &args).run().ends_with(8);
    assert_eq!(field(&results(&run), "outcome"), ["unknown", "accepted"]);
    let error = run.error();
    assert!(error["hint"].as_str().unwrap().contains("--resend"));
    assert_eq!(error["retryable"], false);
    assert_eq!(sends(&server), 2, "an unknown one is never repeated");
}

#[test]
fn list_alias_has_a_key_for_each_target() {
    let (server, home) = (sandbox(), Home::new());
    home.write_config(&format!("[aliases]\noncall = ['{GROUP}', '{PERSON}']\n"));
    let run = || {
        let args = ["send", "oncall", "x", "--key", "alert-7", "--json"];
        results(&with_state(&server, &home, &args).run().ends_with(0))
    };
    let first = run();
    let keys = [format!("alert-7@{GROUP}"), format!("alert-7@{PERSON}")];
    assert_eq!(field(&first, "key"), keys);
    assert_eq!(field(&first, "to"), ["oncall", "oncall"]);
    assert_eq!(field(&first, "deduplicated"), [true, true]);
    let second = run();
    assert_eq!(field(&second, "outcome"), ["duplicate", "duplicate"]);
    assert_eq!(field(&second, "message_id"), field(&first, "message_id"));
    assert_eq!(sends(&server), 2);
    // The key of a target is the same, whether it is given alone or with others.
    let args = ["send", "--to", GROUP, "x", "--key", "alert-7", "--json"];
    let alone = with_state(&server, &home, &args).run().ends_with(0).json();
    assert_eq!(alone["outcome"], "duplicate");
}

#[test]
fn only_what_failed_is_sent_again() {
    let (server, home) = (sandbox(), Home::new());
    server.add_fault("http=422@/msg/**1".parse().unwrap());
    let run = || {
        let args = [
            "send", "--to", GROUP, "--to", PERSON, "x", "--key", "k", "--json",
        ];
        with_state(&server, &home, &args).run()
    };
    let first = run().ends_with(8);
    assert_eq!(field(&results(&first), "outcome"), ["rejected", "accepted"]);
    assert_eq!(first.error()["retryable"], true);
    let second = run().ends_with(0);
    assert_eq!(
        field(&results(&second), "outcome"),
        ["accepted", "duplicate"]
    );
    assert_eq!(targets(&server), [PERSON, GROUP]);
}

#[test]
fn mistakes_are_found_before_anything_is_sent() {
    let (server, home) = (sandbox(), Home::new());
    home.write_config(&format!("[aliases]\noncall = ['{GROUP}', '{PERSON}']\n"));
    for (args, part) in [
        (&["send", "--to", GROUP, "--to", "10001", "x"][..], "prefix"),
        (&["send", "--to", GROUP, "--to", PERSON, ""], "empty"),
        (&["send", "--to", GROUP, "--to", PERSON], "no text given"),
        (&["send", GROUP, "x", "--to", PERSON], "and with --to"),
        (&["at", "oncall", "x", "--all"], "is a person"),
        (&["members", "oncall"], "alias of 2 conversations"),
    ] {
        let run = with_state(&server, &home, args).run().ends_with(2);
        run.assert_stderr_contains(part);
    }
    assert!(requests(&server).is_empty(), "{:?}", requests(&server));
}

#[test]
fn target_given_twice_gets_one_message() {
    let (server, home) = (sandbox(), Home::new());
    home.write_config(&format!(
        "[aliases]\nops = '{GROUP}'\noncall = ['{GROUP}', '{PERSON}']\n"
    ));
    let args = ["send", "--to", "ops", "--to", "oncall", "x"];
    let run = with_state(&server, &home, &args).run().ends_with(0);
    run.assert_stderr_contains("more than once");
    assert_eq!(targets(&server), [GROUP, PERSON]);
}

#[test]
fn mentions_go_to_every_group_of_an_alias() {
    let (server, home) = (sandbox(), Home::new());
    home.write_config(&format!("[aliases]\nteams = ['{GROUP}', '{OTHER}']\n"));
    let args = ["at", "teams", "{at} 看一下", "--user", "1688", "--json"];
    let run = with_state(&server, &home, &args).run().ends_with(0);
    assert_eq!(field(&results(&run), "conversation_id"), [GROUP, OTHER]);
    assert_eq!(texts(&server), ["{$@} 看一下", "{$@} 看一下"]);
}

#[test]
fn dry_run_shows_every_request() {
    let (server, home) = (sandbox(), Home::new());
    let args = [
        "send",
        "--to",
        GROUP,
        "--to",
        PERSON,
        "x",
        "--dry-run",
        "--json",
    ];
    let run = with_state(&server, &home, &args).run().ends_with(0);
    let targets: Vec<Value> = results(&run)
        .iter()
        .map(|request| request["body"]["conversation_id"].clone())
        .collect();
    assert_eq!(targets, [GROUP, PERSON]);
    assert!(requests(&server).is_empty());
}

#[test]
fn signal_reports_sent_in_flight_and_unsent() {
    let (server, home) = (sandbox(), Home::new());
    let args = [
        "send", "--to", GROUP, "--to", PERSON, "--to", OTHER, "x", "--key", "k", "--json",
    ];
    server.add_fault("latency=1ms@/msg/**1".parse().unwrap());
    server.add_fault("hang-after@/msg/**1".parse().unwrap());
    let run = with_state(&server, &home, &args).start();
    wait_until("the second is on its way", || sends(&server) == 2);
    run.signal(Signal::TERM);
    let run = run.end().ends_with(143);
    let lines = results(&run);
    assert_eq!(
        field(&lines, "outcome"),
        ["accepted", "unknown", "not_sent"]
    );
    let error = run.error();
    assert_eq!(error["exit"], 143);
    assert_eq!(
        error["message"],
        "interrupted; 3 messages: 1 accepted, 1 not sent, 1 unknown"
    );
    // The next run repeats neither the accepted nor the unknown one.
    let again = with_state(&server, &home, &args).run().ends_with(8);
    assert_eq!(
        field(&results(&again), "outcome"),
        ["duplicate", "unknown", "accepted"]
    );
    assert_eq!(sends(&server), 3);
}

#[test]
fn pause_of_the_server_ends_what_cannot_wait() {
    let (server, home) = (sandbox(), Home::new());
    server.add_fault("busy@/msg/**1".parse().unwrap());
    let args = ["send", "--to", GROUP, "--to", PERSON, "x", "--json"];
    let run = with_state(&server, &home, &args).run().ends_with(8);
    let lines = results(&run);
    assert_eq!(field(&lines, "outcome"), ["rejected", "not_sent"]);
    assert_eq!(lines[1]["error"]["kind"], "busy");
    assert!(lines[1]["error"]["retry_after"].is_number(), "{lines:?}");
    assert_eq!(sends(&server), 1);
}

#[test]
fn pace_and_time_limit_are_shared() {
    let (server, home) = (sandbox(), Home::new());
    let args = [
        "send", "--to", GROUP, "--to", PERSON, "--to", OTHER, "x", "--json", "--pace", "1/h",
    ];
    let run = with_state(&server, &home, &args).run().ends_with(8);
    let lines = results(&run);
    assert_eq!(
        field(&lines, "outcome"),
        ["accepted", "not_sent", "not_sent"]
    );
    assert_eq!(lines[1]["error"]["kind"], "busy");
    assert_eq!(sends(&server), 1);
}

#[test]
fn offline_account_is_asked_once() {
    let server = sandbox_with(|s| (s.online, s.running) = (0, 1));
    let home = Home::new();
    let args = ["send", "--to", GROUP, "--to", PERSON, "x", "--json"];
    let run = with_state(&server, &home, &args).run().ends_with(8);
    let lines = results(&run);
    assert_eq!(lines[0]["error"]["kind"], "not_logged_in", "{lines:?}");
    assert_eq!(lines[1]["outcome"], "not_sent");
    assert_eq!(sends(&server), 1);
}

#[test]
fn closed_stdout_stops_before_the_next_send() {
    let (server, home) = (sandbox(), Home::new());
    let args = ["send", "--to", GROUP, "--to", PERSON, "x", "--json"];
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let run = with_state(&server, &home, &args).stdout_to(writer).run();
    assert_ne!(run.code, 0, "{run:?}");
    assert_eq!(sends(&server), 1, "{run:?}");
    run.assert_stderr_contains("the remaining messages were not sent");
}

#[test]
fn alias_commands_keep_lists() {
    let home = Home::new();
    let run = |args: &[&str]| {
        let run = Qiwei::new(args).with_home(&home).arg("--json");
        run.run().ends_with(0).json()
    };
    let added = run(&["alias", "add", "oncall", GROUP, PERSON]);
    let expected =
        json!({"alias": "oncall", "conversation_id": null, "conversation_ids": [GROUP, PERSON]});
    assert_eq!(added, expected);
    let text = std::fs::read_to_string(home.config_path()).unwrap();
    assert!(
        text.contains(&format!("oncall = [\"{GROUP}\", \"{PERSON}\"]")),
        "{text}"
    );
    run(&["alias", "add", "all", "oncall", OTHER]);
    let list = run(&["alias", "ls"]);
    assert_eq!(
        field(list.as_array().unwrap(), "conversation_ids"),
        [json!([GROUP, PERSON, OTHER]), json!([GROUP, PERSON])]
    );
    let swapped = format!("{PERSON},{GROUP}");
    let set = Qiwei::new(["config", "set", "aliases.oncall", &swapped]);
    set.with_home(&home).run().ends_with(0);
    let list = run(&["alias", "ls"]);
    assert_eq!(list[1]["conversation_ids"], json!([PERSON, GROUP]));
    run(&["alias", "rm", "oncall"]);
    assert_eq!(run(&["alias", "ls"]).as_array().unwrap().len(), 1);
}

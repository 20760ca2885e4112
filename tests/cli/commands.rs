//! Every command that calls a server: its output, exit code and requests.

use qiwei::sandbox::{Dialect, Quirk, Sandbox};
use serde_json::{Value, json};

use crate::support::{DIALECTS, Finished, GROUP, PERSON, Qiwei, requests, sandbox_with};

/// A server with one instance in each state and two conversations.
pub struct CommandFixture {
    pub server: Sandbox,
    pub online: String,
    pub running: String,
    pub stopped: String,
}

impl CommandFixture {
    pub fn new(dialect: Dialect) -> Self {
        let server = sandbox_with(|scenario| {
            scenario.dialect = dialect;
            scenario.running = 1;
            scenario.stopped = 1;
            scenario.sessions = 3;
            scenario.quirks = vec![Quirk::ObjectSessions];
        });
        let [online, running, stopped] = server.guids().try_into().unwrap();
        Self {
            server,
            online,
            running,
            stopped,
        }
    }

    pub fn run(&self, args: &[&str]) -> Finished {
        Qiwei::on(&self.server.base_url(), args).run()
    }

    /// Runs the command with `--json` and checks its output, exit code and requests. Look-ups that
    /// run at the same time may arrive in any order, so the requests are compared sorted.
    #[track_caller]
    pub fn check(&self, args: &[&str], code: i32, stdout: Value, notes: &str, asked: &[String]) {
        let run = Qiwei::on(&self.server.base_url(), args).arg("--json").run();
        let mut printed = run.json();
        forget_times(&mut printed);
        assert_eq!(printed, stdout, "{args:?}");
        assert_eq!((run.code, run.stderr.as_str()), (code, notes), "{args:?}");
        let (mut seen, mut asked) = (requests(&self.server), asked.to_vec());
        seen.sort();
        asked.sort();
        assert_eq!(seen, asked, "{args:?}");
    }
}

/// Runs `test` with a new fixture in every dialect.
pub fn in_every_dialect(test: impl Fn(&CommandFixture)) {
    for dialect in DIALECTS {
        test(&CommandFixture::new(dialect));
    }
}

/// Removes latencies, which differ in each run, after checking that they are numbers.
pub fn forget_times(value: &mut Value) {
    match value {
        Value::Array(entries) => entries.iter_mut().for_each(forget_times),
        Value::Object(fields) => {
            if let Some(latency) = fields.remove("latency_ms") {
                assert!(latency.is_f64(), "{latency}");
            }
        }
        _ => {}
    }
}

pub fn status_of(guid: &str) -> String {
    format!(r#"POST /client/get_client_status {{"guid":"{guid}"}}"#)
}

pub fn profile_of(guid: &str) -> String {
    format!(r#"POST /user/get_profile {{"guid":"{guid}"}}"#)
}

/// The account of the sandbox's first instance.
pub fn account() -> Value {
    json!({"user_id": "1688850000000001", "name": "小助手", "corp_name": "沙箱"})
}

pub fn all_clients() -> String {
    "POST /client/all_clients {}".into()
}

pub const COUNTS: &str = "3 instances: 1 online, 1 running, 1 stopped\n";

#[test]
fn instance_ls_prints_every_instance_with_status() {
    in_every_dialect(|fixture| {
        let list = json!([
            {"guid": fixture.online, "status": "online", "current": false, "account": account()},
            {"guid": fixture.running, "status": "running", "current": true, "account": null},
            {"guid": fixture.stopped, "status": "stopped", "current": false, "account": null},
        ]);
        let asked = [
            profile_of(&fixture.online),
            all_clients(),
            status_of(&fixture.online),
            status_of(&fixture.running),
            status_of(&fixture.stopped),
        ];
        let args = ["instance", "ls", "--guid", &fixture.running];
        fixture.check(&args, 0, list, COUNTS, &asked);
    });
}

#[test]
fn instance_ls_filters_by_status_and_counts_all() {
    let fixture = CommandFixture::new(Dialect::A);
    for (status, guid, account) in [
        ("online", &fixture.online, account()),
        ("running", &fixture.running, Value::Null),
        ("stopped", &fixture.stopped, Value::Null),
    ] {
        let run = fixture.run(&["instance", "ls", "--json", "--status", status]);
        let expected =
            json!([{"guid": guid, "status": status, "current": false, "account": account}]);
        assert_eq!(run.json(), expected);
        assert_eq!(run.stderr, COUNTS);
    }
    let run = fixture.run(&["instance", "ls", "--json", "--status", "unknown"]);
    assert_eq!(run.json(), json!([]));
}

#[test]
fn instance_create_prints_guid_and_makes_one_request() {
    in_every_dialect(|fixture| {
        let run = Qiwei::on(&fixture.server.base_url(), ["instance", "create", "--json"]).run();
        let made = &fixture.server.guids()[3];
        let expected = json!({"guid": made, "client_type": 262, "current": true});
        assert_eq!(run.json(), expected);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        let body = r#"{"client_type":262,"proxy":"","bridge":"","auto_start":true}"#;
        let asked = format!("POST /client/create_client {body}");
        assert_eq!(requests(&fixture.server), [asked]);
    });
}

#[test]
fn instance_rm_prints_guid_and_makes_one_request() {
    in_every_dialect(|fixture| {
        let guid = &fixture.online;
        let removed = json!([{"guid": guid, "removed": true, "error": null}]);
        let asked = format!(r#"POST /client/remove_client {{"guid":"{guid}"}}"#);
        fixture.check(&["instance", "rm", guid, "--yes"], 0, removed, "", &[asked]);
        assert!(!fixture.server.guids().contains(guid));
    });
}

#[test]
fn instance_rm_stopped_checks_twice() {
    in_every_dialect(|fixture| {
        let guid = &fixture.stopped;
        let args = ["instance", "rm", "--stopped", "--yes", "--settle", "10ms"];
        let removed = json!([{"guid": guid, "removed": true, "error": null}]);
        let asked = [
            all_clients(),
            status_of(&fixture.online),
            status_of(&fixture.running),
            status_of(guid),
            status_of(guid),
            format!(r#"POST /client/remove_client {{"guid":"{guid}"}}"#),
        ];
        let note = "1 stopped; checking again in 10ms\n";
        fixture.check(&args, 0, removed, note, &asked);
        assert_eq!(
            fixture.server.guids(),
            [fixture.online.clone(), fixture.running.clone()]
        );
    });
}

#[test]
fn instance_use_prints_guid_and_checks_list() {
    in_every_dialect(|fixture| {
        let current = json!({"guid": fixture.stopped, "current": true});
        let args = ["instance", "use", &fixture.stopped];
        fixture.check(&args, 0, current, "", &[all_clients()]);
    });
}

#[test]
fn instance_use_auto_selects_online_instance() {
    in_every_dialect(|fixture| {
        let current = json!({"guid": fixture.online, "current": true});
        let asked = [
            all_clients(),
            status_of(&fixture.online),
            status_of(&fixture.running),
            status_of(&fixture.stopped),
        ];
        fixture.check(&["instance", "use", "--auto"], 0, current, "", &asked);
    });
}

#[test]
fn instance_start_and_stop_make_one_request() {
    in_every_dialect(|fixture| {
        let guid = &fixture.stopped;
        let asked = format!(r#"POST /client/restore_client {{"guid":"{guid}"}}"#);
        let started = json!({"guid": guid, "started": true});
        fixture.check(&["instance", "start", guid], 0, started, "", &[asked]);
    });
    in_every_dialect(|fixture| {
        let guid = &fixture.online;
        let asked = format!(r#"POST /client/stop_client {{"guid":"{guid}"}}"#);
        let stopped = json!({"guid": guid, "stopped": true});
        fixture.check(&["instance", "stop", guid], 0, stopped, "", &[asked]);
    });
}

#[test]
fn logout_prints_result_and_makes_one_request() {
    in_every_dialect(|fixture| {
        let guid = &fixture.online;
        let asked = format!(r#"POST /user/logout {{"guid":"{guid}"}}"#);
        let gone = json!({"guid": guid, "logged_out": true});
        fixture.check(&["logout", "--guid", guid], 0, gone, "", &[asked]);
        let list = fixture.run(&["instance", "ls", "--status", "online", "--json"]);
        assert_eq!(list.json(), json!([]));
    });
}

#[test]
fn sessions_prints_list_and_makes_one_request() {
    in_every_dialect(|fixture| {
        let guid = &fixture.online;
        let list = json!([
            {"conversation_id": PERSON, "type": "private", "name": "张三",
             "last_message_at": "2025-01-29T08:30:00Z"},
            {"conversation_id": "S:168987654321", "type": "private", "name": "李四",
             "last_message_at": "2025-01-29T08:15:00Z"},
            {"conversation_id": GROUP, "type": "group", "name": "项目讨论群",
             "last_message_at": "2025-01-29T08:00:00Z"},
        ]);
        let body = format!(r#"{{"guid":"{guid}","begin_seq":"0","limit":100}}"#);
        let asked = format!("POST /session/get_session_list {body}");
        let note =
            "there may be more: use --all for all pages, or --begin-seq 1000126 for the next one\n";
        fixture.check(&["sessions", "--guid", guid], 0, list, note, &[asked]);
    });
}

#[test]
fn sessions_filters_by_type() {
    let fixture = CommandFixture::new(Dialect::A);
    for (kind, ids) in [
        ("private", vec![PERSON, "S:168987654321"]),
        ("group", vec![GROUP]),
    ] {
        let args = ["sessions", "--json", "--type", kind];
        let list = fixture.run(&args).json();
        let found: Vec<&str> = list
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["conversation_id"].as_str().unwrap())
            .collect();
        assert_eq!(found, ids);
    }
}

#[test]
fn sessions_all_follows_every_page() {
    let server = sandbox_with(|scenario| scenario.sessions = 5);
    let url = server.base_url();
    let guid = &server.guids()[0];
    let page = [
        "sessions",
        "--guid",
        guid,
        "--json",
        "--no-names",
        "--limit",
        "2",
    ];
    let one = Qiwei::on(&url, page).run();
    assert_eq!(one.json().as_array().unwrap().len(), 2);
    let hint =
        "there may be more: use --all for all pages, or --begin-seq 1000125 for the next one";
    assert_eq!(one.stderr.trim_end(), hint);
    let next = Qiwei::on(&url, page)
        .arg("--begin-seq")
        .arg("1000125")
        .run();
    let all = Qiwei::on(&url, page).arg("--all").run();
    assert_eq!(all.json().as_array().unwrap().len(), 5);
    assert_eq!(all.json()[2], next.json()[0]);
    assert_eq!(all.stderr, "");
    let cursors: Vec<String> = server.exchanges()[2..]
        .iter()
        .map(|e| serde_json::from_slice::<Value>(&e.body).unwrap())
        .map(|body| body["begin_seq"].as_str().unwrap().to_owned())
        .collect();
    // The last page is not recognised by its size but by the cursor that does not move on.
    assert_eq!(cursors, ["0", "1000125", "1000127", "1000128"]);
}

#[test]
fn send_prints_result_and_makes_one_request() {
    in_every_dialect(|fixture| {
        let guid = &fixture.online;
        let args = ["send", PERSON, "备份完成 ✅", "--guid", guid, "--json"];
        let run = fixture.run(&args);
        let message = fixture.server.deliveries().remove(0);
        let sent_at = message.at.to_string();
        let expected = json!({
            "outcome": "accepted",
            "message_id": message.id,
            "seq": message.seq,
            "conversation_id": PERSON,
            "guid": guid,
            "sent_at": run.json()["sent_at"],
            "deduplicated": null,
            "file": null,
            "error": null,
        });
        assert_eq!(run.json(), expected);
        // To the second: `2026-01-01T10:00:00Z` of `2026-01-01T10:00:00.123Z`.
        assert_eq!(run.json()["sent_at"].as_str().unwrap(), second(&sent_at));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert_eq!(message.content, "备份完成 ✅");
        let body =
            format!(r#"{{"guid":"{guid}","conversation_id":"{PERSON}","content":"备份完成 ✅"}}"#);
        assert_eq!(
            requests(&fixture.server),
            [format!("POST /msg/send_text {body}")]
        );
    });
}

fn second(rfc3339: &str) -> String {
    format!("{}Z", &rfc3339[..19])
}

#[test]
fn at_prints_result_and_makes_one_request() {
    let users = (r#"["1688","7881"]"#, vec!["--user", "1688", "7881"]);
    let everyone = ("[0]", vec!["--all"]);
    for (at_list, flags) in [users, everyone] {
        in_every_dialect(|fixture| {
            let guid = &fixture.online;
            let text = "{$@} hello";
            let mut args = vec!["at", GROUP, text, "--no-check", "--guid", guid, "--json"];
            args.extend(&flags);
            let run = fixture.run(&args);
            let message = fixture.server.deliveries().remove(0);
            let printed = run.json();
            assert_eq!(printed["outcome"], "accepted");
            assert_eq!(printed["message_id"], message.id);
            assert_eq!(printed["conversation_id"], GROUP);
            assert_eq!((run.code, run.stderr.as_str()), (0, ""));
            let body = format!(
                r#"{{"guid":"{guid}","conversation_id":"{GROUP}","content":"{text}","at_list":{at_list}}}"#
            );
            assert_eq!(
                requests(&fixture.server),
                [format!("POST /msg/send_room_at {body}")]
            );
        });
    }
}

#[test]
fn status_prints_instance_and_counts() {
    for (named, code, state) in [(0, 0, "online"), (1, 4, "running"), (2, 4, "stopped")] {
        in_every_dialect(|fixture| {
            let guids = fixture.server.guids();
            let guid = &guids[named];
            let args = ["status", "--json", "--guid", guid];
            let run = fixture.run(&args).ends_with(code);
            let mut printed = run.json();
            forget_times(&mut printed);
            let expected = json!({
                "base_url": fixture.server.base_url(),
                "guid": guid,
                "guid_source": "flag",
                "status": state,
                "logged_in": code == 0,
                "instances": [
                    {"guid": guids[0], "status": "online", "current": named == 0,
                     "account": account()},
                    {"guid": guids[1], "status": "running", "current": named == 1,
                     "account": null},
                    {"guid": guids[2], "status": "stopped", "current": named == 2,
                     "account": null},
                ],
                "account": if named == 0 { account() } else { Value::Null },
                "counts": {"total": 3, "online": 1, "running": 1, "stopped": 1, "unknown": 0},
            });
            assert_eq!(printed, expected);
            let mut seen = requests(&fixture.server);
            assert_eq!(seen.remove(0), status_of(guid), "the named one comes first");
            assert_eq!(seen.remove(0), all_clients());
            let mut others: Vec<String> = guids.iter().map(|guid| status_of(guid)).collect();
            others.remove(named);
            others.push(profile_of(&guids[0]));
            seen.sort();
            others.sort();
            assert_eq!(seen, others);
            if code == 0 {
                assert_eq!(run.stderr, "");
            } else {
                assert_eq!(run.error()["kind"], "not_logged_in");
            }
        });
    }
}

#[test]
fn status_detects_the_only_online_instance() {
    in_every_dialect(|fixture| {
        let printed = fixture.run(&["status", "--json"]).ends_with(0).json();
        assert_eq!(printed["guid"], fixture.online);
        assert_eq!(printed["guid_source"], "detected");
        assert_eq!(printed["logged_in"], true);
    });
}

#[test]
fn status_explains_missing_account() {
    let cases = [
        ((0, 0), 3, "config"),
        ((2, 0), 3, "config"),
        ((0, 2), 4, "not_logged_in"),
    ];
    for ((online, running), code, kind) in cases {
        let server = sandbox_with(|scenario| {
            scenario.online = online;
            scenario.running = running;
        });
        let run = Qiwei::on(&server.base_url(), ["status", "--json"]).run();
        let printed = run.json();
        assert_eq!(printed["guid"], Value::Null);
        assert_eq!(printed["guid_source"], Value::Null);
        assert_eq!(printed["status"], "unknown");
        assert_eq!(printed["counts"]["total"], online + running);
        assert_eq!(run.ends_with(code).error()["kind"], kind);
    }
    let run = Qiwei::new(["status", "--json", "--retries", "0"]).run();
    assert_eq!(run.stdout, "");
    assert_eq!(run.ends_with(5).error()["kind"], "unreachable");
}

#[test]
fn dry_run_prints_exact_request_and_sends_nothing() {
    let fixture = CommandFixture::new(Dialect::A);
    let guid = fixture.online.as_str();
    let named = format!(r#"{{"guid":"{guid}"}}"#);
    let text = format!(r#"{{"guid":"{guid}","conversation_id":"{GROUP}","content":"a\"b"}}"#);
    let mention = text.replace("\"}", "\",\"at_list\":[\"1688\"]}");
    let create = r#"{"client_type":247,"proxy":"","bridge":"b","auto_start":false}"#;
    let cases: [(&[&str], &str, &str); 8] = [
        (
            &["send", GROUP, "a\"b", "--guid", guid],
            "/msg/send_text",
            &text,
        ),
        (
            &["at", GROUP, "a\"b", "--user", "1688", "--guid", guid],
            "/msg/send_room_at",
            &mention,
        ),
        (
            &[
                "instance",
                "create",
                "--client-type",
                "247",
                "--bridge",
                "b",
                "--no-start",
            ],
            "/client/create_client",
            create,
        ),
        (&["instance", "rm", guid], "/client/remove_client", &named),
        (
            &["instance", "start", guid],
            "/client/restore_client",
            &named,
        ),
        (&["instance", "stop", guid], "/client/stop_client", &named),
        (&["logout", "--guid", guid], "/user/logout", &named),
        (
            &["probe", "POST", "/x/y", "-d", r#"{"a" : 1}"#],
            "/x/y",
            r#"{"a" : 1}"#,
        ),
    ];
    for (args, path, body) in cases {
        let url = format!("{}{path}", fixture.server.base_url());
        let human = format!("POST {url}\ncontent-type: application/json\n\n{body}\n");
        let run = Qiwei::on(&fixture.server.base_url(), args)
            .arg("--dry-run")
            .run();
        run.assert_output(0, &human, "dry run: nothing was sent\n");
        let run = Qiwei::on(&fixture.server.base_url(), args)
            .args(["--dry-run", "--json", "-q"])
            .run();
        let mut json = format!(
            r#"{{"method":"POST","url":"{url}","headers":[["content-type","application/json"]],"body":{body}}}"#
        );
        if args.contains(&"rm") {
            json = format!("[{json}]");
        }
        run.assert_output(0, &format!("{json}\n"), "");
    }
    assert_eq!(requests(&fixture.server), [""; 0]);
}

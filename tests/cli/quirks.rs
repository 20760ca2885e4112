//! Differences between real servers: the results are the same with each of them.

use qiwei::sandbox::{Dialect, Quirk};
use serde_json::{Value, json};

use crate::support::{DIALECTS, GROUP, Qiwei, requests, sandbox_with};

/// Commands whose result no quirk may change.
const COMMANDS: [&[&str]; 5] = [
    &["instance", "ls"],
    &["status"],
    &["sessions", "--all", "--limit", "2"],
    &["send", GROUP, "x"],
    &["instance", "use", "--auto"],
];

/// Quirks of answers that none of these commands reads, and of the gateway.
const TESTED_ELSEWHERE: [&str; 11] = [
    "link-in-qrcode",
    "batch-callbacks",
    "wrapped-batch",
    "msg-type-key",
    "late-callbacks",
    "duplicate-callbacks",
    "gateway-lists-clients",
    "gateway-message-key",
    "gateway-envelope",
    "personal-wechat",
    "event-as-string",
];

/// The JSON results of all commands on a server with these quirks.
fn results(dialect: Dialect, quirks: &[&str]) -> Vec<Value> {
    let server = sandbox_with(|scenario| {
        scenario.dialect = dialect;
        scenario.stopped = 1;
        scenario.quirks = quirks.iter().map(|name| name.parse().unwrap()).collect();
    });
    COMMANDS
        .iter()
        .map(|args| {
            let run = Qiwei::on(&server.base_url(), *args).arg("--json").run();
            let mut printed = run.ends_with(0).json();
            if let Some(fields) = printed.as_object_mut() {
                for varying in ["latency_ms", "sent_at", "base_url"] {
                    fields.remove(varying);
                }
            }
            printed
        })
        .collect()
}

/// Whether the session list has names and times with this quirk.
fn is_with_names(quirk: &str) -> bool {
    ["object-sessions", "alt-session-keys"].contains(&quirk)
}

#[test]
fn quirks_do_not_change_results() {
    let usual = results(Dialect::A, &[]);
    let detailed = results(Dialect::A, &["object-sessions"]);
    assert_eq!(detailed[2][0]["name"], "张三");
    for quirk in Quirk::NAMES {
        if TESTED_ELSEWHERE.contains(quirk) {
            continue;
        }
        for dialect in DIALECTS {
            let mut expected = usual.clone();
            if is_with_names(quirk) {
                expected[2] = detailed[2].clone();
            }
            assert_eq!(results(dialect, &[quirk]), expected, "{quirk} in {dialect}");
        }
    }
    let together = [
        "get-only-clients",
        "object-clients",
        "string-numbers",
        "number-ids",
    ];
    assert_eq!(results(Dialect::D, &together), usual);
}

#[test]
fn falls_back_to_get_after_405() {
    for dialect in DIALECTS {
        let server = sandbox_with(|scenario| {
            scenario.dialect = dialect;
            scenario.online = 0;
            scenario.quirks = vec![Quirk::GetOnlyClients];
        });
        let run = Qiwei::on(&server.base_url(), ["instance", "ls", "--json"]).run();
        run.assert_output(0, "[]\n", "0 instances\n");
        let asked = ["POST /client/all_clients {}", "GET /client/all_clients"];
        assert_eq!(requests(&server), asked);
    }
}

#[test]
fn null_list_is_empty() {
    for dialect in DIALECTS {
        let server = sandbox_with(|scenario| {
            scenario.dialect = dialect;
            scenario.sessions = 0;
            scenario.quirks = vec![Quirk::NullLists];
        });
        let guid = &server.guids()[0];
        let run = Qiwei::on(&server.base_url(), ["sessions", "--json", "--guid", guid]).run();
        run.assert_output(0, "[]\n", "");
        let removed = Qiwei::on(&server.base_url(), ["instance", "rm", guid, "--yes"]).run();
        removed.ends_with(0);
        let run = Qiwei::on(&server.base_url(), ["instance", "ls", "--json"]).run();
        run.assert_output(0, "[]\n", "0 instances\n");
        let run = Qiwei::on(&server.base_url(), ["instance", "ls"]).run();
        run.assert_output(0, "GUID  STATUS  CURRENT\n", "0 instances\n");
    }
}

#[test]
fn numeric_ids_beyond_53_bits_survive() {
    let server = sandbox_with(|scenario| scenario.quirks = vec![Quirk::NumberIds]);
    let run = Qiwei::on(&server.base_url(), ["sessions", "--json", "-q"]).run();
    assert_eq!(run.json()[5]["conversation_id"], "R:10696049218574013");
    let run = Qiwei::on(&server.base_url(), ["send", GROUP, "x", "--json"]).run();
    let message = &server.deliveries()[0];
    assert_eq!(run.json()["message_id"], json!(message.id));
    assert_eq!(run.json()["seq"], json!(message.seq));
}

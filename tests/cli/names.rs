//! Names: looked up for lists, resolved for targets, and cached.

use std::path::PathBuf;

use qiwei::sandbox::{IncomingMessage, Quirk, Sandbox};
use serde_json::{Value, json};

use crate::support::raw::{RawServer, ok};
use crate::support::state::{everything_in, field, results, sends, texts, with_state};
use crate::support::{
    DIALECTS, Finished, GROUP, Home, PERSON, Qiwei, requests, sandbox, sandbox_with,
};

/// Two groups of the sandbox with the same name.
const WEEKLY: &str = "项目周报群";

/// A run on the sandbox's first instance; runs in the same home share a cache.
fn run(server: &Sandbox, home: &Home, args: &[&str]) -> Finished {
    with_state(server, home, args).run()
}

fn names(run: &Finished) -> Vec<Value> {
    field(run.json().as_array().unwrap(), "name")
}

/// The paths that the server was asked for since the `start`th request.
fn paths(server: &Sandbox, start: usize) -> Vec<String> {
    let exchanges = server.exchanges();
    exchanges[start..].iter().map(|e| e.path.clone()).collect()
}

/// The cache files of a home.
fn cache_files(home: &Home) -> Vec<PathBuf> {
    let is_cache = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("names-") && name.ends_with(".json")
    };
    everything_in(home.path())
        .into_iter()
        .filter(is_cache)
        .collect()
}

#[test]
fn sessions_have_names_in_every_shape() {
    let usual = json!([
        "张三",
        "李四",
        "项目讨论群",
        "技术交流群",
        "王五",
        "运维值班群"
    ]);
    let quirks = [
        &[][..],
        &["number-ids", "string-numbers"],
        &["rows-as-data"],
        &["rows-in-list", "alt-row-keys"],
        &["rows-in-named-list", "bare-members"],
        &["rows-in-plural", "alt-row-keys"],
        &["rows-in-items"],
        &["rows-in-contacts"],
        &["partial-batches"],
        &["partial-batches", "rows-as-data", "null-lists"],
        &["object-sessions"],
        &["alt-session-keys"],
    ];
    for dialect in DIALECTS {
        for quirks in quirks {
            let server = sandbox_with(|scenario| {
                scenario.dialect = dialect;
                scenario.quirks = quirks.iter().map(|name| name.parse().unwrap()).collect();
            });
            let list = run(&server, &Home::new(), &["sessions", "--json", "--all"]).ends_with(0);
            assert_eq!(json!(names(&list)), usual, "{dialect} {quirks:?}");
            assert_eq!(list.stderr, "", "{dialect} {quirks:?}");
        }
    }
}

#[test]
fn cold_list_takes_few_requests_and_warm_list_none_for_names() {
    let (server, home) = (
        sandbox_with(|scenario| scenario.sessions = 500),
        Home::new(),
    );
    let list = ["sessions", "--all", "--json"];
    let cold = run(&server, &home, &list).ends_with(0);
    let count = server.exchanges().len();
    assert!(count <= 30, "{count} requests");
    assert_eq!(names(&cold).len(), 500);
    assert!(names(&cold).iter().all(Value::is_string), "{cold:?}");
    let bare = ["sessions", "--all", "--json", "--no-names"];
    run(&server, &Home::new(), &bare).ends_with(0);
    let pages = paths(&server, count);
    let warm = run(&server, &home, &list).ends_with(0);
    assert_eq!(paths(&server, count + pages.len()), pages);
    assert_eq!(warm.stdout, cold.stdout);
    let before = server.exchanges().len();
    server.rename(&server.guids()[0], PERSON, "张三三");
    assert_eq!(names(&run(&server, &home, &list))[0], "张三");
    let refreshed = run(
        &server,
        &home,
        &["sessions", "--json", "--refresh", "--limit", "3"],
    );
    assert_eq!(names(&refreshed)[0], "张三三");
    assert!(server.exchanges().len() > before);
}

#[test]
fn list_without_names_asks_for_none() {
    let server = sandbox();
    let list = run(&server, &Home::new(), &["sessions", "--json", "--no-names"]).ends_with(0);
    assert_eq!(server.exchanges().len(), 1);
    assert_eq!(names(&list), vec![Value::Null; 6]);
}

#[test]
fn failing_look_up_costs_names_and_not_the_list() {
    for fault in [
        "code=-1@/contact/batch_get_userinfo",
        "http=404@/contact/batch_get_userinfo",
        "http=503@/contact/batch_get_userinfo",
        "html@/contact/batch_get_userinfo",
        "drop-after@/contact/batch_get_userinfo",
    ] {
        let server = sandbox_with(|scenario| scenario.faults = vec![fault.parse().unwrap()]);
        let args = ["sessions", "--json", "--retries", "0"];
        let list = run(&server, &Home::new(), &args).ends_with(0);
        let expected = json!([null, null, "项目讨论群", "技术交流群", null, "运维值班群"]);
        assert_eq!(json!(names(&list)), expected, "{fault}");
        list.assert_stderr_contains("3 names could not be looked up");
    }
}

#[test]
fn broken_cache_is_note_and_made_anew() {
    let (server, home) = (sandbox(), Home::new());
    run(&server, &home, &["sessions"]).ends_with(0);
    let files = cache_files(&home);
    let [file] = files.as_slice() else {
        panic!("{files:?}");
    };
    for content in ["", "{\"format\":1}", "\u{0}"] {
        std::fs::write(file, content).unwrap();
        let list = run(&server, &home, &["sessions", "--json"]).ends_with(0);
        assert_eq!(names(&list)[0], "张三");
        list.assert_stderr_contains("is not used");
        let again = run(&server, &home, &["sessions", "--json"]).ends_with(0);
        assert!(!again.stderr.contains("is not used"), "{again:?}");
    }
}

#[test]
fn cache_of_one_server_does_not_answer_for_another() {
    let home = Home::new();
    let (one, two) = (sandbox(), sandbox());
    assert_eq!(one.guids(), two.guids());
    two.rename(&two.guids()[0], PERSON, "别人");
    assert_eq!(names(&run(&one, &home, &["sessions", "--json"]))[0], "张三");
    assert_eq!(names(&run(&two, &home, &["sessions", "--json"]))[0], "别人");
    assert_eq!(names(&run(&one, &home, &["sessions", "--json"]))[0], "张三");
    assert_eq!(cache_files(&home).len(), 2);
}

#[test]
fn list_is_put_together_where_server_refuses_it() {
    let server = sandbox_with(|scenario| {
        scenario.faults = vec!["code=-1@/session/get_session_list".parse().unwrap()];
    });
    let list = run(&server, &Home::new(), &["sessions", "--json", "--all"]).ends_with(0);
    let rows = list.json();
    let rows = rows.as_array().unwrap();
    // The contacts, and the groups that the account owns.
    assert_eq!(rows.len(), 16, "{list:?}");
    assert!(rows.iter().all(|row| row["name"].is_string()), "{list:?}");
    list.assert_stderr_contains("put together from contacts");
    let sent = run(&server, &Home::new(), &["send", "name:项目讨论群", "x"]).ends_with(0);
    assert!(sent.stdout.contains(GROUP), "{sent:?}");
    // A server that lacks everything, and an account that is offline, get no list.
    for faults in [
        &[
            "code=-1@/session/*",
            "code=-1@/contact/*",
            "code=-1@/room/*",
        ][..],
        &["code=1002@/session/*"],
    ] {
        let server = sandbox_with(|scenario| {
            scenario.faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        });
        let list = run(&server, &Home::new(), &["sessions", "--json"]);
        assert!(list.code != 0 && list.stdout.is_empty(), "{list:?}");
    }
}

#[test]
fn sends_to_the_only_conversation_with_name() {
    for (name, id) in [
        ("项目讨论群", GROUP),
        (" 项目讨论群\u{3000}", GROUP),
        ("李四", "S:168987654321"),
        ("采购小美", "S:788666777888"),
        ("小美🎉", "S:788666777888"),
        ("🚀 发布群", "R:10700000000000003"),
        // Composed here, with combining characters on the server.
        ("Zo\u{eb}", "S:788333444555"),
    ] {
        let (server, home) = (sandbox(), Home::new());
        let sent = run(
            &server,
            &home,
            &["send", &format!("name:{name}"), "x", "--json"],
        );
        let sent = sent.ends_with(0);
        assert_eq!(sent.json()["conversation_id"], id, "{name}");
        sent.assert_stderr_contains(&format!("is {id}"));
        assert_eq!(server.deliveries()[0].conversation_id, id);
    }
}

#[test]
fn name_that_is_not_unique_never_sends() {
    for (name, candidates) in [
        (WEEKLY, &["R:10700000000000001", "R:10700000000000002"][..]),
        ("张三", &["S:788123456789", "S:788222333444"]),
        // A person bears the name of a group.
        ("技术交流群", &["R:1098765432109", "S:788999000111"]),
        ("没有这个群", &[]),
        ("项目讨论", &[GROUP]),
        ("项目讨论\u{200b}群", &[GROUP]),
    ] {
        let (server, home) = (sandbox(), Home::new());
        let target = format!("name:{name}");
        let sent = run(&server, &home, &["send", &target, "x", "--json"]);
        let error = sent.message_error(3, "not_sent");
        let said = format!("{}{}", error["message"], error["hint"]);
        assert!(
            candidates.iter().all(|id| said.contains(id)),
            "{name}: {said}"
        );
        assert_eq!(sends(&server), 0, "{name}");
    }
    let empty = run(&sandbox(), &Home::new(), &["send", "name: ", "x"]);
    empty.ends_with(2).assert_stderr_contains("needs a name");
}

#[test]
fn cached_name_is_not_used_for_a_send() {
    let (server, home) = (sandbox(), Home::new());
    let guid = &server.guids()[0];
    let send = ["send", "name:项目讨论群", "x"];
    run(&server, &home, &send).ends_with(0);
    // Somebody takes the name.
    server.rename(guid, "S:788555666777", "项目讨论群");
    run(&server, &home, &send)
        .ends_with(3)
        .assert_stderr_contains("S:788555666777");
    // The group has another name now.
    server.rename(guid, "S:788555666777", "王五");
    server.rename(guid, GROUP, "新项目讨论群");
    run(&server, &home, &send)
        .ends_with(3)
        .assert_stderr_contains("no conversation is called");
    assert_eq!(sends(&server), 1);
}

#[test]
fn name_is_not_unique_as_long_as_names_are_unknown() {
    for fault in [
        "http=503@/room/batch_get_room_detail",
        "drop-after@/contact/sync_contact",
        "code=-1@/room/get_room_list",
    ] {
        let server = sandbox_with(|scenario| scenario.faults = vec![fault.parse().unwrap()]);
        let args = ["send", "name:李四", "x", "--json", "--retries", "0"];
        let sent = run(&server, &Home::new(), &args);
        assert!(sent.code != 0, "{fault}: {sent:?}");
        assert_eq!(sent.json()["outcome"], "not_sent", "{fault}");
        assert_eq!(sends(&server), 0, "{fault}");
    }
}

#[test]
fn conversation_that_server_does_not_know_is_no_obstacle() {
    let (server, home) = (sandbox(), Home::new());
    let incoming = |id: &str| IncomingMessage {
        conversation_id: id.into(),
        content: "x".into(),
        ..IncomingMessage::default()
    };
    // Listed, but without an entry in the directory.
    server
        .deliver_incoming(&server.guids()[0], &incoming("R:404"))
        .unwrap();
    server
        .deliver_incoming(&server.guids()[0], &incoming("S:788404"))
        .unwrap();
    run(&server, &home, &["send", "name:项目讨论群", "x"]).ends_with(0);
    let list = run(&server, &home, &["sessions", "--all", "--json"]).ends_with(0);
    assert_eq!(names(&list)[6..], [Value::Null, Value::Null]);
    assert_eq!(list.stderr, "");
}

#[test]
fn key_belongs_to_id_and_not_to_name() {
    let (server, home) = (sandbox(), Home::new());
    let send = |name: &str| {
        let args = ["send", name, "x", "--key", "k", "--json"];
        run(&server, &home, &args).ends_with(0).json()["outcome"].clone()
    };
    assert_eq!(send("name:项目讨论群"), "accepted");
    server.rename(&server.guids()[0], GROUP, "新名");
    assert_eq!(send("name:新名"), "duplicate");
    assert_eq!(send(GROUP), "duplicate");
    assert_eq!(sends(&server), 1);
}

#[test]
fn batch_resolves_all_names_first() {
    let (server, home) = (sandbox(), Home::new());
    let lines = format!(
        "{}\n{}\n{}\n",
        json!({"to": "name:项目讨论群", "text": "a"}),
        json!({"to": format!("name:{WEEKLY}"), "text": "b"}),
        json!({"to": "name:李四", "text": "c"}),
    );
    let file = home.file("in", &lines);
    let refused = run(&server, &home, &["send", "--batch", &file]).ends_with(3);
    assert_eq!(sends(&server), 0);
    refused.assert_stderr_contains("line 2: 2 conversations are called");
    let before = server.exchanges().len();
    let sent = run(&server, &home, &["send", "--batch", &file, "--skip-bad"]).ends_with(8);
    assert_eq!(texts(&server), ["a", "c"]);
    let outcomes = field(&results(&sent), "outcome");
    assert_eq!(outcomes, ["accepted", "not_sent", "accepted"]);
    let lists = paths(&server, before);
    let lists = lists
        .iter()
        .filter(|path| path.ends_with("get_session_list"));
    assert_eq!(lists.count(), 2, "one list in two pages for all names");
    // Other mistakes are still those of usage.
    let file = home.file("bad", format!("{lines}{{\"to\":\"x\",\"text\":\"d\"}}\n"));
    run(&server, &home, &["send", "--batch", &file]).ends_with(2);
    let piped = with_state(&server, &home, &["send", "--batch", "-"]).stdin(lines);
    piped.run().ends_with(8);
    assert_eq!(texts(&server), ["a", "c", "a", "c"]);
}

#[test]
fn batch_ends_when_names_cannot_be_looked_up() {
    let server = sandbox_with(|scenario| {
        scenario.faults = vec!["http=503@/session/get_session_list".parse().unwrap()];
    });
    let home = Home::new();
    let file = home.file("in", "{\"to\":\"name:李四\",\"text\":\"a\"}\n");
    for source in [file.as_str(), "-"] {
        let args = ["send", "--batch", source, "--retries", "0", "--json"];
        let batch =
            with_state(&server, &home, &args).stdin("{\"to\":\"name:李四\",\"text\":\"a\"}\n");
        let batch = batch.run().ends_with(5);
        assert_eq!(batch.error()["outcome"], "not_sent", "{batch:?}");
    }
    assert_eq!(sends(&server), 0);
}

#[test]
fn lists_members_with_roles_and_names() {
    for dialect in DIALECTS {
        let server = sandbox_with(|scenario| scenario.dialect = dialect);
        let home = Home::new();
        let list = run(&server, &home, &["members", GROUP, "--json"]).ends_with(0);
        let row = |user: &str, name: &str, room_name: Option<&str>, role: &str| json!({"user_id": user, "name": name, "room_name": room_name, "role": role});
        let expected = json!([
            row("1688850000000001", "小助手", None, "owner"),
            row("168987654321", "李四", Some("李四（项目经理）"), "admin"),
            row("788123456789", "张三", None, "member"),
            row("788222333444", "张三", None, "member"),
            row("788555666777", "王五", Some("老王"), "member"),
        ]);
        assert_eq!(list.json(), expected);
    }
    let server = sandbox_with(|scenario| scenario.quirks = vec![Quirk::BareMembers]);
    let large = run(
        &server,
        &Home::new(),
        &["members", "R:10700000000000200", "--json"],
    );
    let large = large.ends_with(0);
    assert_eq!(names(&large).len(), 200);
    assert!(names(&large).iter().all(Value::is_string), "{large:?}");
    // The group, and ten batches of members.
    assert_eq!(server.exchanges().len(), 11);
    let home = Home::new();
    run(&server, &home, &["members", PERSON])
        .ends_with(2)
        .assert_stderr_contains("only groups");
    run(&server, &home, &["members", "R:404"]).ends_with(1);
    let by_name = run(&server, &home, &["members", "name:项目讨论群", "--json"]).ends_with(0);
    assert_eq!(names(&by_name).len(), 5);
}

#[test]
fn members_come_without_details_too() {
    let server = sandbox_with(|scenario| {
        scenario.faults = vec!["http=404@/room/batch_get_member_detail".parse().unwrap()];
    });
    let list = run(&server, &Home::new(), &["members", GROUP, "--json"]).ends_with(0);
    assert_eq!(names(&list)[1], "李四");
    assert_eq!(list.json()[1]["room_name"], Value::Null);
}

#[test]
fn lists_and_searches_contacts() {
    let (server, home) = (
        sandbox_with(|scenario| scenario.sessions = 300),
        Home::new(),
    );
    let all = run(&server, &home, &["contacts", "--json"]).ends_with(0);
    assert_eq!(names(&all).len(), 11 + 147, "every page");
    let found = run(&server, &home, &["contacts", "--search", "小美", "--json"]).ends_with(0);
    let expected = json!([{"user_id": "788666777888", "conversation_id": "S:788666777888",
        "name": "小美🎉", "remark": "采购小美", "type": "wechat"}]);
    assert_eq!(found.json(), expected);
    let found = run(
        &server,
        &home,
        &["contacts", "--search", "ZO\u{cb}", "--json"],
    );
    assert_eq!(found.json()[0]["user_id"], "788333444555");
    let found = run(&server, &home, &["contacts", "--search", "李四", "--json"]);
    assert_eq!(found.json()[0]["type"], "wecom");
    run(
        &server,
        &home,
        &["contacts", "--search", "nobody", "--json"],
    )
    .assert_output(0, "[]\n", "");
}

#[test]
fn mentions_members_by_name() {
    let (server, home) = (sandbox(), Home::new());
    for (users, ids) in [
        (&["name:老王"][..], json!(["788555666777"])),
        (
            &["name:李四", "168987654322,7"],
            json!(["168987654321", "168987654322", "7"]),
        ),
        (&["name:李四（项目经理）"], json!(["168987654321"])),
    ] {
        let mut args = vec!["at", GROUP, "x", "--user"];
        args.extend(users);
        run(&server, &home, &args).ends_with(0);
        assert_eq!(json!(server.deliveries().pop().unwrap().at_list), ids);
    }
    let count = sends(&server);
    let text_last = run(&server, &home, &["at", GROUP, "--user", "name:老王", "x"]);
    text_last.ends_with(0);
    for (name, part) in [
        ("张三", "788222333444"),
        ("李", "168987654321"),
        ("客户", "no member"),
    ] {
        let args = [
            "at",
            GROUP,
            "x",
            "--json",
            "--user",
            &format!("name:{name}"),
        ];
        let error = run(&server, &home, &args).message_error(3, "not_sent");
        let said = format!("{}{}", error["message"], error["hint"]);
        assert!(said.contains(part), "{name}: {said}");
    }
    assert_eq!(sends(&server), count + 1);
}

#[test]
fn alias_keeps_id_of_name() {
    let (server, home) = (sandbox(), Home::new());
    run(&server, &home, &["alias", "add", "ops", "name:项目讨论群"]).ends_with(0);
    run(&server, &home, &["alias", "add", "night", "ops"]).ends_with(0);
    server.rename(&server.guids()[0], GROUP, "新名");
    let before = server.exchanges().len();
    run(&server, &home, &["send", "ops", "x"]).ends_with(0);
    assert_eq!(paths(&server, before), ["/msg/send_text"]);
    let list = run(&server, &home, &["alias", "ls", "--json"])
        .ends_with(0)
        .json();
    assert_eq!(
        list[1],
        json!({"alias": "ops", "conversation_id": GROUP, "conversation_ids": [GROUP],
        "name": "项目讨论群", "source": "config"})
    );
    run(&server, &home, &["alias", "rm", "night"]).ends_with(0);
    run(&server, &home, &["alias", "rm", "night"]).ends_with(3);
    run(&server, &home, &["alias", "add", "R:1", "ops"]).ends_with(2);
    run(&server, &home, &["alias", "add", "x", "name:张三"]).ends_with(3);
    let typo = run(&server, &home, &["send", "opps", "x"]).ends_with(2);
    for part in ["nearest alias is ops", "name:NAME", "`qiwei sessions`"] {
        assert!(typo.stderr.contains(part), "{typo:?}");
    }
    let none = run(&server, &Home::new(), &["send", "opps", "x"]).ends_with(2);
    assert!(none.stderr.contains("name:NAME") && none.stderr.contains("qiwei sessions"));
}

#[test]
fn plain_send_makes_one_request_and_touches_no_cache() {
    let (server, home) = (sandbox(), Home::new());
    run(&server, &home, &["send", GROUP, "x"]).ends_with(0);
    assert_eq!(requests(&server).len(), 1);
    assert_eq!(everything_in(home.path()), [] as [PathBuf; 0]);
}

#[test]
fn shows_accounts_of_online_instances_only() {
    let (server, home) = (
        sandbox_with(|scenario| {
            scenario.online = 2;
            scenario.running = 1;
            scenario.stopped = 1;
        }),
        Home::new(),
    );
    let at = |args: &[&str]| Qiwei::on(&server.base_url(), args).with_home(&home).run();
    let list = at(&["instance", "ls", "--json"]).ends_with(0).json();
    let account = json!({"user_id": "1688850000000001", "name": "小助手", "corp_name": "沙箱"});
    assert_eq!(list[0]["account"], account);
    assert_eq!(list[1]["account"]["name"], "小助手2");
    assert_eq!(list[2]["account"], Value::Null);
    let profiles = || {
        requests(&server)
            .iter()
            .filter(|r| r.contains("get_profile"))
            .count()
    };
    assert_eq!(profiles(), 2);
    let several = at(&["send", GROUP, "x"]).ends_with(3);
    several
        .assert_stderr_contains("小助手, 沙箱")
        .assert_stderr_contains("小助手2, 沙箱");
    assert_eq!(profiles(), 2, "cached");
    let guid = &server.guids()[1];
    let status = at(&["status", "--guid", guid, "--json"])
        .ends_with(0)
        .json();
    assert_eq!(status["account"]["name"], "小助手2");
    let table = at(&["instance", "ls"]).ends_with(0);
    assert!(table.stdout.contains("小助手2, 沙箱"), "{table:?}");
}

#[test]
fn takes_abbreviated_guids() {
    let (server, home) = (sandbox_with(|scenario| scenario.stopped = 1), Home::new());
    let [online, stopped] = server.guids().try_into().unwrap();
    let at = |args: &[&str]| Qiwei::on(&server.base_url(), args).with_home(&home).run();
    for short in [
        format!("{}…", &online[..8]),
        format!("{}...", &online[..8]),
        online[..4].to_owned(),
        online[..20].to_owned(),
    ] {
        let sent = at(&["send", GROUP, "x", "--guid", &short, "--json"]).ends_with(0);
        assert_eq!(sent.json()["guid"], online.as_str(), "{short}");
    }
    let used = at(&["instance", "use", &online[..8], "--json"]).ends_with(0);
    assert_eq!(used.json()["guid"], online.as_str());
    at(&["instance", "start", &format!("{}…", &stopped[..8])]).ends_with(0);
    at(&["status", "--guid", &online[..8]]).ends_with(0);
    let none = at(&["send", GROUP, "x", "--guid", "0000…", "--json"]);
    none.message_error(3, "not_sent");
    at(&["instance", "rm", &stopped[..6], "--yes"]).ends_with(0);
    assert_eq!(server.guids(), [online]);
}

#[test]
fn abbreviation_must_be_unique() {
    let guids =
        r#"["abcd0001-0000-4000-8000-000000000000","abcd0002-0000-4000-8000-000000000000"]"#;
    let server = RawServer::answering(ok(&format!("{{\"error_code\":0,\"data\":{guids}}}")));
    let args = ["send", GROUP, "x", "--guid", "abcd", "--json"];
    let sent = Qiwei::on(&server.base_url(), args).run();
    let error = sent.message_error(3, "not_sent");
    assert!(
        error["message"].as_str().unwrap().contains("abcd0002"),
        "{error}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn listen_caches_names() {
    let (server, home) = (sandbox(), Home::new());
    let guid = &server.guids()[0];
    let mut listening =
        with_state(&server, &home, &["listen", "--count", "2", "--for", "30s"]).start();
    listening.stderr_line();
    let message = |id: &str, sender: &str, name: &str| IncomingMessage {
        conversation_id: id.into(),
        content: "x".into(),
        sender: Some(sender.into()),
        sender_name: Some(name.into()),
        ..IncomingMessage::default()
    };
    server
        .deliver_incoming(guid, &message("S:788404", "788404", "路人"))
        .unwrap();
    server
        .deliver_incoming(
            guid,
            &message("R:10700000000000004", "168987654321", "李四"),
        )
        .unwrap();
    listening.end().ends_with(0);
    let before = server.exchanges().len();
    // The group is neither in the list nor the account's own; it is known from the callback.
    let sent = run(&server, &home, &["send", "name:Café 团队", "x"]).ends_with(0);
    assert!(sent.stdout.contains("R:10700000000000004"), "{sent:?}");
    let list = run(&server, &home, &["sessions", "--json"]).ends_with(0);
    assert!(server.exchanges().len() > before);
    assert!(names(&list).contains(&json!("张三")));
}

#[test]
fn another_account_gets_no_names_of_the_first() {
    let (server, home) = (sandbox(), Home::new());
    run(&server, &home, &["instance", "ls"]).ends_with(0);
    run(&server, &home, &["sessions"]).ends_with(0);
    let [file] = cache_files(&home).try_into().unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("张三"), "{text}");
    // As if another account had been logged in before.
    std::fs::write(&file, text.replace("1688850000000001", "1688850000000099")).unwrap();
    run(&server, &home, &["login", "--timeout", "5s"]).ends_with(0);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        !text.contains("张三") && text.contains("1688850000000001"),
        "{text}"
    );
}

#[test]
fn completes_names_from_cache_without_server() {
    let (server, home) = (sandbox(), Home::new());
    run(&server, &home, &["send", "name:项目讨论群", "x"]).ends_with(0);
    let base_url = server.base_url();
    drop(server);
    let complete = |words: &[&str]| {
        let run = Qiwei::new(["--"])
            .args(words)
            .with_home(&home)
            .env("QIWEI_BASE_URL", &base_url)
            .env("QIWEI_COMPLETE", "zsh")
            .env("_CLAP_IFS", "\n")
            .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
            .run();
        run.ends_with(0).stdout
    };
    assert_eq!(
        complete(&["qiwei", "send", "R:1012"]),
        "R\\:1012345678901:项目讨论群"
    );
    assert_eq!(
        complete(&["qiwei", "send", "name:项目讨"]),
        "name\\:项目讨论群:R:1012345678901"
    );
    assert_eq!(
        complete(&["qiwei", "send", "name:项目周"]),
        "",
        "two groups have this name"
    );
    let member = complete(&["qiwei", "at", GROUP, "--user", "168987"]);
    assert_eq!(member, "168987654321:李四");
    assert_eq!(complete(&["qiwei", "members", "S:"]), "");
}

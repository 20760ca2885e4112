//! What people read: tables and sentences.

use qiwei::sandbox::Dialect;
use serde_json::json;

use crate::commands::{COUNTS, CommandFixture};
use crate::support::{GROUP, Qiwei};

#[test]
fn prints_tables_and_sentences() {
    let fixture = CommandFixture::new(Dialect::A);
    let CommandFixture {
        server,
        online,
        running,
        stopped,
    } = &fixture;
    let table = |marks: [&str; 3]| {
        let rows = [
            (online, "online   ", "小助手, 沙箱"),
            (running, "running  ", ""),
            (stopped, "stopped  ", ""),
        ];
        let mut text = format!("{:<36}  STATUS   CURRENT  ACCOUNT\n", "GUID");
        for ((guid, status, account), mark) in rows.into_iter().zip(marks) {
            text += format!("{guid}  {status}{mark:<9}{account}").trim_end();
            text.push('\n');
        }
        text
    };
    let plain = table(["", "", ""]);
    fixture
        .run(&["instance", "ls"])
        .assert_output(0, &plain, COUNTS);
    let marked = table(["", "*", ""]);
    let args = ["instance", "ls", "--guid", running];
    fixture.run(&args).assert_output(0, &marked, COUNTS);

    let note = format!("using {}…, the only online instance\n", &online[..8]);
    let sessions = "\
CONVERSATION     TYPE     NAME        LAST MESSAGE
S:788123456789   private  张三        2025-01-29 08:30
S:168987654321   private  李四        2025-01-29 08:15
R:1012345678901  group    项目讨论群  2025-01-29 08:00
";
    let more =
        "there may be more: use --all for all pages, or --begin-seq 1000126 for the next one\n";
    fixture
        .run(&["sessions"])
        .assert_output(0, sessions, &format!("{note}{more}"));

    let sent = format!("accepted {GROUP} message 1066173\n");
    fixture
        .run(&["send", GROUP, "x"])
        .assert_output(0, &sent, &note);
    let sent = format!("accepted {GROUP} message 1066174\n");
    let args = ["at", GROUP, "x", "--all", "--guid", online];
    fixture.run(&args).assert_output(0, &sent, "");

    let started = format!("started {stopped}\n");
    fixture
        .run(&["instance", "start", stopped])
        .assert_output(0, &started, "");
    let halted = format!("stopped {stopped}\n");
    fixture
        .run(&["instance", "stop", stopped])
        .assert_output(0, &halted, "");
    let used = format!("{stopped}\n");
    fixture
        .run(&["instance", "use", stopped])
        .assert_output(0, &used, "");
    let removed = format!("removed {stopped}\n");
    fixture
        .run(&["instance", "rm", stopped])
        .assert_output(0, &removed, "");
    let created = fixture.run(&["instance", "create"]);
    created.assert_output(0, &format!("{}\n", server.guids()[2]), "");
}

#[test]
fn prints_status_as_text() {
    let fixture = CommandFixture::new(Dialect::A);
    let run = fixture.run(&["status", "--guid", &fixture.running]);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], format!("server    {}", fixture.server.base_url()));
    assert_eq!(lines[1], format!("instance  {} (flag)", fixture.running));
    assert_eq!(lines[2], "status    running");
    let latency = lines[3].strip_prefix("latency   ").unwrap();
    assert!(latency.ends_with(" ms"), "{latency}");
    assert_eq!(lines[4], format!("instances {}", COUNTS.trim_end()));
    assert_eq!(
        lines[5].split_whitespace().collect::<Vec<_>>(),
        ["GUID", "STATUS", "CURRENT", "ACCOUNT"]
    );
    assert_eq!(lines.len(), 9);
    let short = &fixture.running[..8];
    let error =
        format!("error: {short}… is running, not logged in\nhint: log in with `qiwei login`\n");
    assert_eq!((run.code, run.stderr.as_str()), (4, error.as_str()));
}

#[test]
fn prints_probe_as_text() {
    let fixture = CommandFixture::new(Dialect::B);
    let run = fixture.run(&["probe"]).ends_with(0);
    let words =
        |line: &str| -> Vec<String> { line.split_whitespace().map(str::to_owned).collect() };
    let lines: Vec<Vec<String>> = run.stdout.lines().map(words).collect();
    assert_eq!(lines.len(), 19);
    assert_eq!(
        lines[0],
        ["METHOD", "PATH", "RESULT", "HTTP", "DIALECT", "MS"]
    );
    assert_eq!(
        lines[1][..5],
        ["POST", "/client/all_clients", "ok", "200", "B"]
    );
    assert_eq!(
        lines[2][..5],
        ["GET", "/client/all_clients", "not_allowed", "405", "-"]
    );
}

#[test]
fn lists_client_types_without_server() {
    let run = Qiwei::new(["instance", "create", "--client-type", "list"]).run();
    assert!(
        run.stdout
            .starts_with("CLIENT TYPE  NAME\n241          Windows 4.1.2\n")
    );
    assert!(run.stdout.ends_with("262          Mac 4.1.36\n"), "{run:?}");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let run = Qiwei::new(["instance", "create", "--client-type", "list", "--json"]).run();
    assert_eq!(
        run.json()[0],
        json!({"client_type": 241, "name": "Windows 4.1.2"})
    );
}

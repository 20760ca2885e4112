//! Runs every example against the sandbox, so that none becomes outdated.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Finished;
use crate::support::script::{in_sandbox, is_installed};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// Runs a script in which `$EX` is the folder of the examples.
fn run(flags: &[&str], script: &str) -> Finished {
    let script = format!("EX='{}'\n{script}", folder().display());
    in_sandbox(flags, &script)
}

#[test]
fn nightly_report_is_sent_once() {
    let run = run(
        &[],
        "sh $EX/nightly-report.sh R:1012345678901; sh $EX/nightly-report.sh R:1012345678901",
    )
    .ends_with(0);
    assert!(
        run.stdout.starts_with("accepted R:1012345678901"),
        "{run:?}"
    );
    assert!(
        run.stdout.contains("\nduplicate R:1012345678901"),
        "{run:?}"
    );
    assert_eq!(run.stderr.matches("POST /msg/send_text").count(), 1);
}

#[test]
fn nightly_report_keeps_its_content() {
    let script = "df() { echo first; }; . $EX/nightly-report.sh R:1012345678901; true";
    let script = format!("(set -- R:1012345678901; {script})");
    let again = script.replace("first", "second");
    let run = run(&[], &format!("( {script} ) || true; ( {again} ) || true")).ends_with(0);
    assert!(run.stdout.contains("duplicate"), "{run:?}");
    assert!(!run.stderr.contains("used already"), "{run:?}");
}

#[test]
fn nightly_report_reports_unknown() {
    let flags = ["--fault", "drop-after@/msg/send_text*1"];
    let run = run(&flags, "sh $EX/nightly-report.sh R:1012345678901").ends_with(6);
    assert!(run.stderr.contains("run this with --resend"), "{run:?}");
}

#[test]
fn broken_build_mentions_on_call_person_once() {
    let script =
        "export ROOM=R:1012345678901 ONCALL=1688850000000001 BUILD=42 BUILD_URL=https://ci/42
                  sh $EX/ci/notify-failure.sh; sh $EX/ci/notify-failure.sh";
    let run = run(&[], script).ends_with(0);
    assert_eq!(run.stderr.matches("POST /msg/send_room_at").count(), 1);
    assert!(
        run.stderr.contains("the build 42 is broken: https:"),
        "{run:?}"
    );
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn machines_with_shared_state_send_once() {
    let program = Path::new(env!("CARGO_BIN_EXE_qiwei"));
    let path = std::env::var("PATH").unwrap();
    let run = Command::new("sh")
        .arg(folder().join("shared-state.sh"))
        .env(
            "PATH",
            format!("{}:{path}", program.parent().unwrap().display()),
        )
        .env_remove("QIWEI_STATE")
        .output()
        .unwrap();
    let stdout = String::from_utf8(run.stdout).unwrap();
    let stderr = String::from_utf8(run.stderr).unwrap();
    assert!(run.status.success(), "{stdout}{stderr}");
    for (machine, outcome) in [("one", "accepted"), ("two", "duplicate")] {
        let line = format!("machine {machine}:\n{outcome} R:1012345678901");
        assert!(stdout.contains(&line), "{stdout}{stderr}");
    }
    assert_eq!(stderr.matches("POST /msg/send_text").count(), 1, "{stderr}");
}

/// Two runners, each with an empty home folder.
#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn broken_build_is_told_once_by_several_runners() {
    let database = crate::support::postgres::database();
    let script = format!(
        "export ROOM=R:1012345678901 ONCALL=1688850000000001 BUILD=42 QIWEI_STATE={}
         unset QIWEI_STATE_DIR
         for runner in 1 2; do
             HOME=$(mktemp -d); export HOME; sh $EX/ci/notify-failure.sh; rm -r \"$HOME\"
         done",
        database.url()
    );
    let run = run(&[], &script).ends_with(0);
    assert_eq!(run.stderr.matches("POST /msg/send_room_at").count(), 1);
    assert!(run.stdout.contains("duplicate"), "{run:?}");
}

#[test]
fn pipelines_call_script_with_required_variables() {
    for name in ["ci/github-actions.yml", "ci/gitlab-ci.yml"] {
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        for part in [
            "sh examples/ci/notify-failure.sh",
            "ROOM",
            "ONCALL",
            "BUILD",
            "BUILD_URL",
            "QIWEI_STATE",
        ] {
            assert!(text.contains(part), "{name} lacks {part}");
        }
    }
}

#[test]
fn ci_login_leaves_qr_code_artifact() {
    let flags = [
        "--online",
        "0",
        "--running",
        "1",
        "--scan",
        "require-code=246810,after=50ms",
    ];
    let script = "(sleep 0.3; mkdir -p out; echo 246810 > out/code.txt) &
                  sh $EX/ci/login.sh out; head -c 4 out/login.png | tail -c 3";
    let run = run(&flags, script).ends_with(0);
    assert!(run.stdout.contains("\"event\":\"logged_in\""), "{run:?}");
    assert!(run.stdout.ends_with("PNG"), "{run:?}");
}

#[test]
fn watch_alerts_only_on_problems() {
    let script = "G=$(qiwei instance ls --json | cut -d'\"' -f4)
        qiwei config set profiles.alarm.guid $G 2>/dev/null
        code=0; sh $EX/systemd/qiwei-watch.sh R:1012345678901 || code=$?; echo \"exit $code\"";
    let quiet = run(&[], script).ends_with(0);
    assert_eq!(quiet.stdout, "exit 0\n");

    let flags = ["--online", "1", "--running", "1"];
    let script = "guid() { qiwei instance ls --json --status $1 | cut -d'\"' -f4; }
        qiwei config set guid $(guid running); qiwei config set profiles.alarm.guid $(guid online)
        for i in 1 2; do code=0; sh $EX/systemd/qiwei-watch.sh R:1012345678901 || code=$?; done
        echo \"exit $code\"";
    let alarm = run(&flags, script).ends_with(0);
    assert!(alarm.stdout.ends_with("exit 4\n"), "{alarm:?}");
    assert_eq!(
        alarm
            .stderr
            .matches("qiwei: the account is not online")
            .count(),
        1,
        "{alarm:?}"
    );
}

#[test]
fn systemd_units_name_existing_files() {
    let service = std::fs::read_to_string(folder().join("systemd/qiwei-watch.service")).unwrap();
    assert!(service.contains("qiwei-watch.sh"), "{service}");
    assert!(folder().join("systemd/qiwei-watch.sh").exists());
    assert!(folder().join("systemd/qiwei-watch.timer").exists());
}

#[test]
fn auto_reply_ignores_own_messages() {
    if !is_installed("jq") {
        return;
    }
    // The other event shows when the listener is there; it is not one that is listened for.
    let script = "qiwei listen --type new_message --count 2 --for 30s --exec \"sh $EX/auto-reply.sh\" >/dev/null &
        i=0; until qiwei probe callback --simulate logout >/dev/null 2>&1 || [ $i = 100 ]; do i=$((i+1)); sleep 0.1; done
        qiwei probe callback --simulate message >/dev/null
        wait $!";
    for flags in [&[][..], &["--quirk", "batch-callbacks"]] {
        let run = run(flags, script).ends_with(0);
        // The simulated message, the answer to it, and the echo of that, which is not answered.
        assert_eq!(
            run.stderr.matches("received: 这是一条测试消息").count(),
            1,
            "{run:?}"
        );
    }
}

#[test]
fn auto_reply_keeps_lines_and_leading_dashes() {
    if !is_installed("jq") {
        return;
    }
    let script = r#"printf '%s\n' '{"data":{"id":7,"sender":"788123456789","send_flag":0,"msg_type":2,"content":"a\nb\t\"c\" \\d"}}' |
        sh $EX/auto-reply.sh"#;
    let run = run(&[], script).ends_with(0);
    assert!(
        run.stderr.contains(r#"received: a\nb\t\"c\" \\d""#),
        "{run:?}"
    );
}

#[test]
fn broadcast_sends_once_per_contact() {
    if !is_installed("python3") {
        return;
    }
    let script = "printf 'conversation,name\\nS:788123456789,Ann\\nS:788555666777,Bob\\n' > c.csv
        for i in 1 2; do PACE=off sh $EX/broadcast.sh c.csv 'hello NAME'; done";
    let run = run(&[], script).ends_with(0);
    assert!(
        run.stderr.contains("\"hello Ann\"") && run.stderr.contains("\"hello Bob\""),
        "{run:?}"
    );
    assert_eq!(run.stderr.matches("POST /msg/send_text").count(), 2);
    assert_eq!(run.stdout.matches("\"outcome\":\"duplicate\"").count(), 2);
}

#[test]
fn broadcast_reads_spreadsheet_csv() {
    if !is_installed("python3") {
        return;
    }
    let script = r#"printf '\357\273\277conversation,name\r\nS:788123456789,"Smith, ""Ann"""\r\n' > c.csv
        PACE=off sh $EX/broadcast.sh c.csv 'hello NAME'"#;
    let run = run(&[], script).ends_with(0);
    assert!(run.stderr.contains(r#""hello Smith, \"Ann\"""#), "{run:?}");
}

#[test]
fn broadcast_stops_at_other_encodings() {
    if !is_installed("python3") {
        return;
    }
    let script = r#"printf 'conversation,name\nS:788123456789,Ann\nS:788555666777,\325\305\n' > c.csv
        PACE=off sh $EX/broadcast.sh c.csv 'hello NAME'"#;
    let run = run(&[], script)
        .ends_with(1)
        .assert_stderr_contains("is not UTF-8");
    assert!(!run.stderr.contains("POST /msg"), "{run:?}");
}

#[test]
fn jq_recipe_fails_unless_accepted() {
    if !is_installed("jq") {
        return;
    }
    let recipe = r#"qiwei send R:1012345678901 hi --json FLAG | jq -e '.outcome=="accepted"'"#;
    run(&[], &recipe.replace("FLAG", "")).ends_with(0);
    for (flags, flag) in [
        (&["--fault", "code=-1@/msg/send_text"][..], ""),
        (&["--fault", "drop-after@/msg/send_text"], ""),
        (&[], "--unknown-flag"),
        (&[], "--guid 'two words'"),
        (&[], "--config /nonexistent/x"),
        (&[], "--dry-run"),
    ] {
        let run = run(flags, &recipe.replace("FLAG", flag));
        assert_eq!(run.stdout, "false\n", "{flag}: {run:?}");
        run.ends_with(1);
    }
}

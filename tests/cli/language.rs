//! Chinese and English: how the language is chosen, what is translated, and what stays the same.

use qiwei::sandbox::{Quirk, Sandbox};
use serde_json::Value;

use crate::support::{Finished, GROUP, Home, PERSON, Qiwei, check_all, sandbox, sandbox_with};

fn zh<const N: usize>(server: &Sandbox, args: [&str; N]) -> Qiwei {
    Qiwei::on(&server.base_url(), args).env("QIWEI_LANG", "zh")
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// Flags, environment, config, and whether the output is Chinese.
type Choice<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str, bool);

#[test]
fn language_precedence_is_flag_env_config_locale() {
    let rows: [Choice<'_>; 14] = [
        (&[], &[], "", false),
        (&[], &[("LANG", "zh_CN.UTF-8")], "", true),
        (&[], &[("LANG", "C")], "", false),
        (&[], &[("LANG", "C.UTF-8")], "", false),
        (&[], &[("LC_MESSAGES", "zh_CN"), ("LANG", "C")], "", true),
        (&[], &[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")], "", false),
        (&[], &[("LC_ALL", ""), ("LANG", "zh_CN.UTF-8")], "", true),
        (&[], &[("LANG", "C")], "lang = 'zh'\n", true),
        (&[], &[("LANG", "zh_CN")], "lang = 'en'\n", false),
        (
            &[],
            &[("QIWEI_LANG", "en"), ("LANG", "zh")],
            "lang = 'zh'\n",
            false,
        ),
        (&[], &[("QIWEI_LANG", "zh"), ("LANG", "C")], "", true),
        (
            &["--lang", "zh"],
            &[("QIWEI_LANG", "en")],
            "lang = 'en'\n",
            true,
        ),
        (&["--lang=en"], &[("QIWEI_LANG", "zh")], "", false),
        (
            &["--profile", "p"],
            &[],
            "lang = 'en'\n[profiles.p]\nlang = 'zh'\n",
            true,
        ),
    ];
    check_all(&rows, |(flags, env, config, chinese)| {
        // A result, a usage error and help are printed by different code.
        for args in [&["config", "get", "guid"][..], &["frob"], &["--help"]] {
            let run = Qiwei::new(args).args(*flags).config(config);
            let run = env
                .iter()
                .fold(run, |run, (name, value)| run.env(name, value));
            let run = run.run();
            let told = format!("{}{}", run.stdout, run.stderr).replace("企业微信", "");
            let told = told.replace("简体中文", "");
            assert_eq!(
                is_chinese(&told),
                *chinese,
                "{flags:?} {env:?} {config:?} {run:?}"
            );
        }
    });
}

#[test]
fn rejects_unknown_language() {
    let run = Qiwei::new(["status", "--lang", "fr"]).run().ends_with(2);
    run.assert_stderr_contains("invalid value 'fr' for '--lang <LANG>'");
    let run = Qiwei::new(["status"]).env("QIWEI_LANG", "fr").run();
    run.ends_with(3)
        .assert_stderr_contains("error: QIWEI_LANG: must be zh or en");
    // The error is in the language of the locale.
    let run = Qiwei::new(["status"]).env("QIWEI_LANG", "fr");
    let run = run.env("LANG", "zh_CN.UTF-8").run();
    run.ends_with(3)
        .assert_stderr_contains("错误：QIWEI_LANG：应为 zh 或 en");
    let run = Qiwei::new(["status"]).config("\nlang = 'fr'\n").run();
    run.ends_with(3)
        .assert_stderr_contains("config.toml:2: lang: must be zh or en");
}

#[test]
fn language_is_a_setting() {
    let home = Home::new();
    let run = Qiwei::new(["config", "set", "lang", "zh"])
        .with_home(&home)
        .run();
    run.ends_with(0);
    assert_eq!(home.config(), "lang = \"zh\"\n");
    let explain = || Qiwei::new(["config", "explain", "--json"]).env("LC_ALL", "zh_CN.UTF-8");
    let lang = |run: Finished| -> Value {
        let rows = run.ends_with(0).json();
        let mut rows = rows.as_array().unwrap().iter();
        rows.find(|row| row["key"] == "lang").unwrap().clone()
    };
    let row = lang(explain().run());
    assert_eq!(
        (&row["value"], &row["source"]),
        (&"zh".into(), &"locale".into())
    );
    assert_eq!(row["from"], "LC_ALL");
    let row = lang(explain().with_home(&home).run());
    assert_eq!(row["source"], "config");
}

#[test]
fn chinese_help_includes_parser_texts() {
    let run = Qiwei::new(["send", "--help", "--lang", "zh"])
        .run()
        .ends_with(0);
    for part in [
        "向个人或群发送文本、图片、文件或链接\n",
        "用法: qiwei send [OPTIONS] [TO] [TEXT]\n",
        "参数:\n",
        "选项:\n",
        "消息内容；`-` 从标准输入读取",
        "发送选项:\n",
        "全局选项：见 `qiwei --help`",
        "显示帮助",
        "- refuse: 不发送",
        "[默认: refuse]",
    ] {
        assert!(run.stdout.contains(part), "no {part:?} in {}", run.stdout);
    }
    for english in ["Usage", "Options:", "Print", "default", "possible"] {
        assert!(!run.stdout.contains(english), "{english} in {}", run.stdout);
    }
    let short = Qiwei::new(["instance", "ls", "-h", "--lang", "zh"]).run();
    assert!(
        short
            .stdout
            .contains("[可选值: online, running, stopped, unknown]")
    );
    let help = Qiwei::new(["--help"]).env("LANG", "zh").run().ends_with(0);
    for part in [
        "消息:\n",
        "全局选项:\n",
        "- zh: 简体中文",
        "退出码：0 已受理",
    ] {
        assert!(help.stdout.contains(part), "no {part:?} in {}", help.stdout);
    }
}

#[test]
fn every_usage_error_is_translated() {
    let cases: [(&[&str], &str); 12] = [
        (&["frob"], "无法识别的子命令 'frob'"),
        (&["sned", "R:1", "x"], "提示：是不是想写 sandbox, send？"),
        (&["send", "R:1", "--txt"], "--txt 看起来是一个选项"),
        (&["send"], "缺少必需的参数：<TO>"),
        (&["send", "R:1", "--file"], "'--file <PATH>' 需要一个值"),
        (&["login", "--qr", "x"], "的值 'x' 无效 [可选值: half, full"),
        (&["sessions", "--limit", "0"], "0 不在 1..=1000 范围内"),
        (&["sessions", "--limit", "x"], "应为整数"),
        (&["listen", "--for", "soon"], "无效：不是时长；请写成 30s"),
        (&["instance", "use", "a b"], "不是 GUID：应由字母"),
        (
            &["status", "--watch", "--wait", "online"],
            "不能与 --wait <STATUS> 同时使用",
        ),
        (
            &["instance", "use", "--auto", "--auto"],
            "参数 '--auto' 不能重复使用",
        ),
    ];
    for (args, part) in cases {
        let run = Qiwei::new(args).env("QIWEI_LANG", "zh").run().ends_with(2);
        assert!(
            run.stderr.starts_with("错误：") && run.stderr.contains(part),
            "{args:?} {run:?}"
        );
    }
}

#[test]
fn prints_accepted_send_in_chinese() {
    let server = sandbox();
    let run = zh(&server, ["send", PERSON, "你好"]).run();
    let guid = server.guids()[0][..8].to_owned();
    run.assert_output(
        0,
        &format!("已发送 {PERSON}，消息 ID 1066173（服务器已受理）\n"),
        &format!("使用唯一在线的实例 {guid}…\n"),
    );
}

#[test]
fn prints_status_tables_in_chinese() {
    let server = sandbox_with(|scenario| {
        scenario.running = 1;
        scenario.stopped = 1;
        scenario.quirks = vec![Quirk::ObjectSessions];
    });
    let run = zh(&server, ["status"]).run().ends_with(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], format!("服务器 {}", server.base_url()));
    assert!(lines[1].starts_with("实例   ") && lines[1].ends_with("（自动检测）"));
    assert_eq!(lines[2], "状态   在线");
    assert_eq!(lines[3], "账号   小助手, 沙箱");
    let lines = &lines[1..];
    assert!(lines[3].starts_with("延迟   ") && lines[3].ends_with(" 毫秒"));
    assert_eq!(
        lines[4],
        "统计   3 个实例：在线 1、运行（未登录） 1、停止 1"
    );
    let words =
        |line: &str| -> Vec<String> { line.split_whitespace().map(str::to_owned).collect() };
    assert_eq!(words(lines[5]), ["GUID", "状态", "当前", "账号"]);
    assert_eq!(words(lines[6])[1..], ["在线", "*", "小助手,", "沙箱"]);
    assert_eq!(words(lines[7])[1..], ["运行（未登录）"]);
    assert_eq!(words(lines[8])[1..], ["停止"]);
    let sessions = zh(&server, ["sessions", "-q"]).run().ends_with(0).stdout;
    assert!(sessions.starts_with("会话ID"), "{sessions}");
    assert!(
        sessions.contains("私聊") && sessions.contains("2025-01-29 08:30"),
        "{sessions}"
    );
}

#[test]
fn prints_refusal_and_hint_in_chinese() {
    let server = sandbox_with(|scenario| scenario.limit = 1);
    let run = zh(&server, ["instance", "create"]).run().ends_with(1);
    run.assert_stderr_contains("错误：服务器拒绝了请求：")
        .assert_stderr_contains(
            "提示：实例数量已达上限；用 `qiwei instance rm --stopped` 删除停止的实例\n",
        );
    let nobody = Qiwei::new(["send", GROUP, "x"]).env("QIWEI_LANG", "zh");
    let run = nobody.run().ends_with(5);
    run.assert_stderr_contains("错误：无法连接 127.0.0.1:1：连接被拒绝（系统错误 ")
        .assert_stderr_contains("请检查该地址，并确认 API 服务已启动");
    let run = Qiwei::new(["sessions"])
        .arg("--lang=zh")
        .config("timeout = 'soon'\n");
    run.run()
        .ends_with(3)
        .assert_stderr_contains(":1：timeout：不是时长；");
}

#[test]
fn prints_login_in_chinese() {
    let server = sandbox_with(|scenario| {
        scenario.online = 0;
        scenario.running = 1;
        scenario.scan = "require-code=246810,after=100ms".parse().unwrap();
    });
    let args = [
        "login",
        "--qr",
        "ascii",
        "--code-cmd",
        "echo 246810",
        "--poll",
        "200ms",
    ];
    let run = zh(&server, args).run().ends_with(0);
    assert!(run.stdout.starts_with("登录成功："), "{run:?}");
    run.assert_stderr_contains("\n链接：http")
        .assert_stderr_contains("已扫码，请在手机上确认登录\n")
        .assert_stderr_contains("新设备登录需要验证码\n")
        .assert_stderr_contains("（第 1 次，共 3 次机会）\n")
        .assert_stderr_contains("验证码已通过，请等待登录确认\n");
}

/// Exit code, stdout and the JSON error are the same in both languages.
#[test]
fn json_is_independent_of_language() {
    let server = sandbox_with(|scenario| scenario.stopped = 1);
    let broken = "{\"to\":\"R:1\"}\n{\"to\":\"x\",\"text\":\"y\"}\n";
    let rows: [(&[&str], &str); 13] = [
        (&["instance", "ls"], ""),
        (&["sessions"], ""),
        (&["config", "explain"], ""),
        (&["config", "get", "guid"], ""),
        (&["send", "nobody", "x"], ""),
        (&["send", PERSON], ""),
        (&["send", PERSON, "x", "--dry-run"], ""),
        (&["send", "--batch", "-"], broken),
        (&["at", PERSON, "x", "--all"], ""),
        (&["probe", "callback", "http://127.0.0.1:1/webhook"], ""),
        (&["instance", "use", "nope"], ""),
        (&["frob"], ""),
        (&["login"], ""),
    ];
    for (args, stdin) in rows {
        let said = |lang: &str| {
            let run = Qiwei::on(&server.base_url(), args).args(["--json", "--lang", lang]);
            let run = run.stdin(stdin).run();
            let error = (run.code != 0).then(|| run.error());
            let stdout = run.stdout.replace("\"zh\"", "\"en\"");
            (run.code, stdout, error)
        };
        assert_eq!(said("zh"), said("en"), "{args:?}");
    }
}

/// The command run by `qiwei sandbox` uses the same language.
#[test]
fn sandbox_passes_language_to_command() {
    let run = Qiwei::new(["sandbox", "-q", "--", "qiwei", "send", PERSON, "x", "-q"]);
    let run = run.env("QIWEI_LANG", "zh").run().ends_with(0);
    assert!(run.stdout.starts_with("已发送 "), "{run:?}");
}

#[test]
fn colors_label_up_to_colon() {
    let run = Qiwei::new(["frob", "--lang", "zh"]).run();
    assert!(run.stderr.starts_with("错误："));
    let run = Qiwei::new(["send", "x", "y", "--lang", "zh", "--color", "always"]).run();
    assert!(run.stderr.starts_with("\x1b[31m错误：\x1b[0m"), "{run:?}");
}

//! The Chinese sections of qiwei(1) that are not generated from the command definitions.

use crate::manual_text;

/// The sections before and after that on JSON.
const BEFORE_JSON: &str = r#".SH 退出码
.TP
\fB0\fR
服务器已受理，或与之前受理的消息重复。
.TP
\fB1\fR rejected
服务器明确拒绝：业务码不为 0、is_svr_fail，或 HTTP 4xx。
.TP
\fB2\fR usage
参数或输入无效；什么都没有发送。
.TP
\fB3\fR config
没有实例、有多个候选实例，或配置不可用；什么都没有发送。
.TP
\fB4\fR not_logged_in
实例不在线。
.TP
\fB5\fR unreachable
没有建立连接，因此一定没有执行。只读命令：没有可信的应答。
.TP
\fB6\fR unknown
请求已写出，但没有可信的应答：可能已经执行。绝不自动重试。
.TP
\fB7\fR deadline
登录、等待或监听超时。
.TP
\fB8\fR partial
批量中的部分行、多条消息中的部分，或多次删除中的部分失败；或在批量、listen、login、status \-\-watch 结束之前标准输出被关闭。
.TP
\fB9\fR busy
未发送：在 \-\-max\-wait 之内速率不允许发送、另一个进程持有锁，或暂时连不上共享状态的数据库。
.TP
\fB70\fR internal
本程序的缺陷。
.TP
\fB74\fR io
工作已完成，但之后在本机的读写失败。
.TP
\fB129\fR, \fB130\fR, \fB143\fR
收到 SIGHUP（终端关闭；nohup 下忽略）、SIGINT 或 SIGTERM 后有序退出。
.PP
标准输出被关闭时，只有一个结果的命令以 0 安静结束。批量在发送下一条消息之前停止，若有未发送的行则以 8 结束；listen、login \-\-json 和 status \-\-watch 以 8 结束。
.SH 送达保证
每条发送命令恰好以一种结果结束：accepted、duplicate、rejected、not_sent 或 unknown。
会改变内容的请求只有在确定没有执行时才会重试（\-\-retries）：没有建立连接，或服务器应答“尚未就绪”。只读的请求没有应答时也会重试。
HTTP 200 只有在应答包含消息 ID 时才算成功。
"#;

const AFTER_JSON: &str = r#".SH 环境变量
.TP
QIWEI_BASE_URL, QIWEI_GUID, QIWEI_NOTIFY_URL, QIWEI_PACE, QIWEI_LEDGER_DAYS, QIWEI_TIMEOUT, QIWEI_RETRIES, QIWEI_CACERT, QIWEI_INSECURE, QIWEI_APP_KEY, QIWEI_APP_SECRET, QIWEI_WEBSOCKET_URL, QIWEI_STATE
与同名的设置项相同。命令行选项优先于它们，它们优先于配置文件。
.TP
QIWEI_PROFILE
使用配置文件中的哪个 profile。
.TP
QIWEI_CONFIG
配置文件。
.TP
QIWEI_STATE_DIR
发送记录和锁所在的文件夹。
.TP
QIWEI_CACHE_DIR
名称缓存所在的文件夹。
.TP
QIWEI_LANG, LC_ALL, LC_MESSAGES, LANG
消息和帮助的语言。QIWEI_LANG 为 zh 或 en。否则使用 LC_ALL、LC_MESSAGES、LANG 中第一个已设置的变量：zh* 选择中文，除非它指定了 UTF\-8 以外的编码。
优先级：\-\-lang、QIWEI_LANG、设置项 lang、系统语言。JSON 在各种语言下都相同。
.TP
NO_COLOR, CLICOLOR=0, TERM=dumb
不使用颜色。
.TP
HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY
代理。绝不通过代理访问本机上的服务器。
.SH 文件
.TP
$XDG_CONFIG_HOME/qiwei/config.toml
配置文件（其他平台上的位置：qiwei config path）。仅所有者可读。
.TP
$XDG_STATE_HOME/qiwei/state.sqlite3
带 \-\-key 的发送记录，以及每个账号的速率。
.TP
$XDG_CACHE_HOME/qiwei/names\-*.json
实例的会话名称。可以随时删除。
"#;

/// The phrases of the section on JSON, longer ones first.
const PHRASES: [(&str, &str); 19] = [
    (
        "With \\-\\-json standard output holds one document, or one object per line for streams, and nothing else. A failure ends with one line on standard error:",
        "带 \\-\\-json 时，标准输出只有一个 JSON 文档，或每行一个对象（持续输出时）。失败时标准错误的最后一行为：",
    ),
    (
        "A value that is not known is null, never missing. Ids are strings. Fields are only added within a major version.",
        "未知的值为 null，字段绝不缺失。ID 都是字符串。同一主版本内只增加字段。",
    ),
    (
        "; the file is {\"name\",\"size\",\"sha256\"} or null, the error is null unless the message was not accepted",
        "；file 为 {\"name\",\"size\",\"sha256\"} 或 null，消息已受理时 error 为 null",
    ),
    ("send, at with several messages", "send、at，多条消息时"),
    (
        "one line each: the same and \"to\" as it was written, \"part\",\"parts\" (null unless a target gets several messages), \"key\" of this message",
        "每条一行：同上，另有所写的 \"to\"、\"part\",\"parts\"（每个目标只有一条消息时为 null）、此消息的 \"key\"",
    ),
    ("one line each: the same and ", "每条一行：同上，另有 "),
    (
        "; the account is null unless the instance is online",
        "；实例不在线时 account 为 null",
    ),
    ("one line each: ", "每个一行："),
    (", the data as received", "，data 与收到的一致"),
    (
        "; the role is null if the server does not tell it",
        "；服务器不提供时 role 为 null",
    ),
    (
        "; conversation_id is null for a list",
        "；别名为多个会话时 conversation_id 为 null",
    ),
    (
        ", for a batch one line each; secrets redacted",
        "，批量时每条一行；机密已脱敏",
    ),
    ("send, at\n", "send、at\n"),
    ("alias ls, add, rm\n", "alias ls、add、rm\n"),
    (
        "status \\-\\-watch, \\-\\-wait",
        "status \\-\\-watch、\\-\\-wait",
    ),
    ("}, {\"alias", "}、{\"alias"),
    ("}, {\"event", "}、{\"event"),
    ("], {\"alias", "]、{\"alias"),
    (".SH JSON", ".SH JSON"),
];

/// As [`manual_text::SECTIONS`].
pub fn sections() -> String {
    format!("{BEFORE_JSON}{}{AFTER_JSON}", json())
}

/// The section on JSON, of which only the phrases differ.
fn json() -> String {
    let english = manual_text::SECTIONS;
    let start = english.find(".SH JSON").unwrap();
    let end = english.find(".SH ENVIRONMENT").unwrap();
    let json = english[start..end].to_owned();
    PHRASES.iter().fold(json, |json, (phrase, chinese)| {
        assert!(json.contains(phrase), "no longer there: {phrase}");
        json.replace(phrase, chinese)
    })
}

/// Both languages have the same entries.
#[test]
fn chinese_manual_has_the_entries_of_the_english_one() {
    let entries = |text: &str| text.lines().filter(|line| *line == ".TP").count();
    assert_eq!(entries(&sections()), entries(manual_text::SECTIONS));
    for line in json().lines().filter(|line| !line.starts_with('.')) {
        let words = line
            .split(' ')
            .filter(|word| word.len() > 2 && word.chars().all(|c| c.is_ascii_lowercase()));
        assert!(words.count() < 3, "not translated in PHRASES: {line}");
    }
}

//! Sending: one message, many, mentions, keys, pace.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "interrupted before the message left",
        "在消息发出之前被中断",
    ),
    (
        "interrupted while a message was on its way; it may have arrived",
        "被中断时有一条消息正在路上，可能已经送达",
    ),
    (
        "interrupted while the message was on its way; it may or may not have been carried out",
        "被中断时消息正在路上，是否已执行无法确定",
    ),
    ("not a JSON object", "不是 JSON 对象"),
    (
        "the batch had no lines, so nothing was sent",
        "批量里一行也没有，什么也没发送",
    ),
    (
        "to send it as it is, put `--` before it, or read it with `-`",
        "要原样发送，请在前面加 `--`，或用 `-` 从标准输入读取",
    ),
    (
        "waiting for the message that is on its way; interrupt again to leave at once",
        "正在等路上的那条消息；再按一次立即退出",
    ),
    (
        "{text} looks like an option, and there is none of that name",
        "{text} 像是一个选项，但没有这个选项",
    ),
    ("dry run: nothing was sent", "试运行：没有发送任何请求"),
    ("no text given", "没有给出消息内容"),
    (
        "give TEXT as an argument, `-` to read standard input, or --file PATH",
        "请把 TEXT 写成参数，或用 `-` 读标准输入，或用 --file PATH",
    ),
    (
        "the text is empty; an empty message is not sent",
        "消息内容为空；空消息不会发送",
    ),
    ("the text is empty", "消息内容为空"),
    ("{outcome} {to} message {id}", "{outcome} {to} 消息 {id}"),
    (
        "{message}; {counts}, and the lines after that were not sent",
        "{message}；{counts}，其后各行未发送",
    ),
    (
        "the results say how far it came; with --journal the same command sends only what is left",
        "结果各行说明进行到哪里；使用 --journal 时，再次运行同一命令只发送剩余的行",
    ),
    ("message {id} was accepted", "消息 {id} 已接受"),
    (
        "{to} is a person; only groups have mentions",
        "{to} 是私聊；只有群聊才能 @",
    ),
    (
        "to write to a person: `qiwei send {to} TEXT`",
        "私聊请用：`qiwei send {to} TEXT`",
    ),
    (
        "use as many as there are mentions, or none; --no-check sends it anyway",
        "占位符要与 @ 的人数相同，或者一个也不写；--no-check 照样发送",
    ),
    ("--user {why}", "--user {why}"),
    ("to mention everyone use --all", "@ 全部人请用 --all"),
    (
        "{id}: a user id is digits, such as 1688856814580613",
        "{id}：用户 ID 是一串数字，例如 1688856814580613",
    ),
    ("{id} is given twice", "{id} 重复了"),
    ("nobody is mentioned", "没有 @ 任何人"),
    (
        "the text has {places} {place} for 1 mention",
        "消息里有 {places} 个 {place}，但只 @ 了 1 人",
    ),
    (
        "the text has {places} {place} for {mentions} mentions",
        "消息里有 {places} 个 {place}，但 @ 了 {mentions} 人",
    ),
    ("key {key}", "键 {key}"),
    (
        "cannot use the lock {path}: {error}",
        "无法使用锁文件 {path}：{error}",
    ),
    (
        "name another folder with QIWEI_STATE_DIR",
        "请用 QIWEI_STATE_DIR 指定别的目录",
    ),
    (
        "another process is sending with key {key} right now",
        "另一个进程正在用键 {key} 发送",
    ),
    (
        "the pace ({rate}) leaves no turn within {most}; the next is in {wait}",
        "按限速（{rate}），{most} 内轮不到；下一次要等 {wait}",
    ),
    (
        "the outcome of {record} ({outcome}) could not be recorded: {message}",
        "未能记录 {record} 的结果（{outcome}）：{message}",
    ),
    (
        "the server wants a pause; this account waits {pause}",
        "服务器要求暂停；这个账号等待 {pause}",
    ),
    (
        "there is no home folder to keep the record of what was sent in",
        "没有可存放账本的主目录",
    ),
    (
        "name one with QIWEI_STATE_DIR",
        "请用 QIWEI_STATE_DIR 指定目录",
    ),
    (
        "try again later, or wait longer with --max-wait and --timeout",
        "请稍后再试，或用 --max-wait 和 --timeout 等久一些",
    ),
    ("an unknown time", "未知时间"),
    (
        "{name}: a message to {target} was sent at {when}, and whether it arrived is not known",
        "{name}：{when} 给 {target} 发过一条消息，是否送达不得而知",
    ),
    (
        "look into the conversation; --resend sends it again, `qiwei ledger forget KEY` frees the key",
        "请先查看会话；--resend 再发一次，`qiwei ledger forget KEY` 释放这个键",
    ),
    (
        "{name} was used already, for another message to {target}",
        "{name} 已用过，是发给 {target} 的另一条消息",
    ),
    (
        "a key stands for one message: take another key, or `qiwei ledger forget KEY`",
        "一个键只对应一条消息：请换一个键，或用 `qiwei ledger forget KEY`",
    ),
    (
        "the instance shows as online all the same; look again with `qiwei status`",
        "但实例显示为在线；请用 `qiwei status` 再看一次",
    ),
    (
        "the instance runs, but nobody is logged in: `qiwei login`, then run this again",
        "实例运行中但未登录：先 `qiwei login`，再运行一次",
    ),
    (
        "the instance is stopped or just reconnecting: `qiwei status`, then `qiwei instance start GUID` and `qiwei login` if it stays so",
        "实例已停止或正在重连：先看 `qiwei status`，仍是停止就用 `qiwei instance start GUID` 和 `qiwei login`",
    ),
    (
        "a key is one line of 1 to 200 characters, such as backup-2026-11-24",
        "键是一行 1 到 200 个字符，例如 backup-2026-11-24",
    ),
    ("line {line}: {why}", "第 {line} 行：{why}"),
    (
        "1 bad line; nothing was sent",
        "有 1 行有误；没有发送任何消息",
    ),
    (
        "{count} bad lines; nothing was sent",
        "有 {count} 行有误；没有发送任何消息",
    ),
    (
        "correct them, or send only the others with --skip-bad",
        "请改正，或用 --skip-bad 只发送其余的行",
    ),
    (
        "cannot read the batch {what}: {error}",
        "无法读取批量输入 {what}：{error}",
    ),
    (
        "not UTF-8 (at byte {at}); `iconv -f GB18030 -t UTF-8` may convert it",
        "不是 UTF-8（第 {at} 字节处）；可用 `iconv -f GB18030 -t UTF-8` 转换",
    ),
    (
        "\"at\" is a list of user ids or \"all\"",
        "\"at\" 应为用户 ID 列表或 \"all\"",
    ),
    ("neither TO nor --batch given", "既没有 TO 也没有 --batch"),
    ("{good} sent, {failed} failed", "已发 {good}，失败 {failed}"),
    ("{place} · {so_far}", "{place} · {so_far}"),
    (
        "{place} · {so_far} · {left} left",
        "{place} · {so_far} · 剩余 {left}",
    ),
    ("{done} lines · {so_far}", "{done} 行 · {so_far}"),
    ("no lines", "没有内容"),
    ("1 line: {outcomes}", "共 1 行：{outcomes}"),
    ("{total} lines: {outcomes}", "共 {total} 行：{outcomes}"),
    (
        "{counts}; stopped at line {line} (--fail-fast), the lines after it were not sent",
        "{counts}；在第 {line} 行停止（--fail-fast），其后的行没有发送",
    ),
    (
        "the result lines say why; with --journal the same command tries again what was not accepted",
        "原因见各行结果；加上 --journal，再运行同一命令会重试未被接受的行",
    ),
    (
        "look into the conversations of the unknown lines before sending them again with --resend",
        "先查看结果未知的会话，再决定是否用 --resend 重发",
    ),
    (
        "cannot use the journal {path}: {error}",
        "无法使用日志 {path}：{error}",
    ),
    (
        "name a journal in a folder that can be written to",
        "请把日志放在可写的目录里",
    ),
    (
        "another run is using the journal {path}",
        "另一次运行正在使用日志 {path}",
    ),
    ("cannot start a worker", "无法启动工作线程"),
    ("a worker panicked", "工作线程异常退出"),
    ("line {line} of the journal", "日志第 {line} 行"),
    (
        "not tried: the account was not logged in at line {line}",
        "未尝试：到第 {line} 行时账号未登录",
    ),
    (
        "interrupted after {counts}; the lines after that were not sent",
        "已中断（{counts}）；其后的行没有发送",
    ),
    (
        "the ledger has no key {key} for this server",
        "账本里没有这个服务器的键 {key}",
    ),
    (
        "`qiwei ledger ls` lists the keys",
        "用 `qiwei ledger ls` 查看所有键",
    ),
    ("forgot {key}", "已清除 {key}"),
    ("forgot {forgotten}", "已清除 {forgotten} 条"),
    (
        "{path} was made by a newer qiwei (schema {version}, this one knows {schema})",
        "{path} 由更新版本的 qiwei 创建（结构版本 {version}，当前支持 {schema}）",
    ),
    (
        "use the newer qiwei, or another folder with QIWEI_STATE_DIR",
        "请使用新版本的 qiwei，或用 QIWEI_STATE_DIR 指定别的目录",
    ),
    (
        "the record of what was sent cannot be kept in {path}: {error}",
        "无法在 {path} 中保存账本：{error}",
    ),
    (
        "nothing was sent; free some space or make the file writable, move it away if it is broken, or name another folder with QIWEI_STATE_DIR",
        "没有发送任何消息；请腾出空间或让文件可写，文件损坏就移走它，或用 QIWEI_STATE_DIR 指定别的目录",
    ),
    ("missing field `{field}`", "缺少字段 `{field}`"),
    (
        "unknown field `{field}`, expected one of {names}",
        "未知字段 `{field}`，可用的有 {names}",
    ),
    ("cannot read the batch", "无法读取批量输入"),
    ("stopped while waiting for its turn", "等待轮到发送时被停止"),
];

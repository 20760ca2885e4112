//! Sending: one message, many, mentions, keys, pace.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    ("1 message: {outcomes}", "1 条消息：{outcomes}"),
    ("{total} messages: {outcomes}", "{total} 条消息：{outcomes}"),
    ("no messages", "没有消息"),
    (
        "TO is given as an argument and with --to",
        "TO 既作为参数给出，又用 --to 给出",
    ),
    (
        "give every target with --to: `qiwei send --to A --to B TEXT`",
        "所有目标都用 --to 给出：`qiwei send --to A --to B TEXT`",
    ),
    ("allow more time with --timeout", "可用 --timeout 延长时间"),
    (
        "check the conversations of the unknown messages before sending them again with --resend",
        "结果未知的消息，请先查看会话，再用 --resend 重新发送",
    ),
    ("interrupted; {counts}", "被中断；{counts}"),
    (
        "not sent: an earlier message to {to} was not accepted",
        "未发送：发往 {to} 的前一条消息未被接受",
    ),
    (
        "not sent: the account is not logged in",
        "未发送：账号未登录",
    ),
    (
        "not sent: the command reached its time limit of {timeout}",
        "未发送：命令已达到时限 {timeout}",
    ),
    (
        "run it again later, or wait longer with --timeout",
        "稍后再运行，或用 --timeout 延长等待时间",
    ),
    ("see the result lines for the reasons", "原因见各条结果"),
    (
        "several messages have keys that are longer than --key by their target and number",
        "发送多条消息时，每条消息的键是 --key 再加上目标和序号",
    ),
    (
        "the server asked for a pause; waiting {pause}",
        "服务器要求暂停发送，等待 {pause}",
    ),
    (
        "{conversation} is given more than once, and gets the message once",
        "{conversation} 出现了多次，只发送一次",
    ),
    ("{key}: {why}", "{key}：{why}"),
    ("{message}; {counts}", "{message}；{counts}"),
    (
        "{message}; {counts}; the remaining messages were not sent",
        "{message}；{counts}；其余消息未发送",
    ),
    ("{outcome} {to}: {message}", "{outcome} {to}：{message}"),
    (
        "{to} is an alias of {count} conversations; only one is possible here",
        "{to} 是 {count} 个会话的别名，这里只能是一个会话",
    ),
    (
        "standard output was closed before the end",
        "标准输出在命令结束之前已被关闭",
    ),
    (
        "interrupted before the message was sent",
        "在发送消息之前被中断",
    ),
    (
        "interrupted while a message was in flight; it may have been delivered",
        "消息发送过程中被中断，可能已送达",
    ),
    (
        "interrupted while the message was in flight; it may or may not have been delivered",
        "消息发送过程中被中断，无法确定是否已送达",
    ),
    ("not a JSON object", "不是 JSON 对象"),
    (
        "the batch is empty; nothing was sent",
        "批量输入为空，未发送任何消息",
    ),
    (
        "to send it as text, put `--` before it, or read it with `-`",
        "要作为文本发送，请在前面加 `--`，或用 `-` 从标准输入读取",
    ),
    (
        "waiting for the server's answer to the message in flight; interrupt again to exit at once",
        "正在等待服务器应答；再按一次立即退出",
    ),
    (
        "{text} looks like an option, but there is no such option",
        "{text} 看起来是一个选项，但没有这个选项",
    ),
    ("dry run: nothing was sent", "试运行：未发送任何请求"),
    ("no text given", "缺少消息内容"),
    (
        "give TEXT as an argument, `-` to read standard input, or --file PATH",
        "请把 TEXT 写成参数，或用 `-` 读标准输入，或用 --file PATH",
    ),
    (
        "the text is empty; empty messages are not sent",
        "消息内容为空，不会发送",
    ),
    (
        "{outcome} {to} message {id}",
        "{outcome} {to}，消息 ID {id}（服务器已受理）",
    ),
    (
        "{message}; {counts}; the remaining lines were not sent",
        "{message}；{counts}；其余各行未发送",
    ),
    (
        "see the result lines; with --journal the same command sends only the rest",
        "进度见各行结果；使用 --journal 时，再次运行同一命令只发送剩余的行",
    ),
    ("message {id} was accepted", "消息 {id} 已被受理"),
    (
        "{to} is a person; only groups have mentions",
        "{to} 是私聊；只有群聊才能 @",
    ),
    (
        "use one per mention, or none; --no-check sends it anyway",
        "占位符应与 @ 的人数相同，或者都不写；--no-check 可跳过检查直接发送",
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
        "the text has {count} {placeholder} for 1 mention",
        "消息里有 {count} 个 {placeholder}，但只 @ 了 1 人",
    ),
    (
        "the text has {count} {placeholder} for {mentions} mentions",
        "消息里有 {count} 个 {placeholder}，但 @ 了 {mentions} 人",
    ),
    ("key {key}", "幂等键 {key}"),
    (
        "cannot use the lock {path}: {error}",
        "无法使用锁文件 {path}：{error}",
    ),
    (
        "set another directory with QIWEI_STATE_DIR",
        "请用 QIWEI_STATE_DIR 指定其他目录",
    ),
    (
        "another process is sending with key {key}",
        "另一个进程正在使用幂等键 {key} 发送",
    ),
    (
        "the outcome of {record} ({outcome}) could not be recorded: {message}",
        "未能记录 {record} 的结果（{outcome}）：{message}",
    ),
    (
        "the server asked for a pause; this account waits {pause}",
        "服务器要求暂停，该账号将等待 {pause}",
    ),
    (
        "there is no home directory for the state database",
        "没有主目录，无法确定状态数据库的位置",
    ),
    (
        "set a directory with QIWEI_STATE_DIR",
        "请用 QIWEI_STATE_DIR 指定目录",
    ),
    (
        "try again later, or wait longer with --max-wait and --timeout",
        "请稍后再试，或用 --max-wait 和 --timeout 等久一些",
    ),
    ("an unknown time", "未知时间"),
    (
        "{name}: a message to {target} was sent at {when}, and its outcome is unknown",
        "{name}：{when} 向 {target} 发送过一条消息，结果未知",
    ),
    (
        "{name} was already used for another message to {target}",
        "{name} 已用于发给 {target} 的另一条消息",
    ),
    (
        "but the instance is online; check again with `qiwei status`",
        "但实例显示为在线；请用 `qiwei status` 再次检查",
    ),
    (
        "the instance is running but not logged in: run `qiwei login`, then this again",
        "实例运行中但未登录：请先运行 `qiwei login`，再重试",
    ),
    (
        "a key must be one line of 1 to 200 characters, such as backup-2026-11-24",
        "幂等键应为一行 1 到 200 个字符，例如 backup-2026-11-24",
    ),
    ("line {line}: {why}", "第 {line} 行：{why}"),
    (
        "1 invalid line; nothing was sent",
        "有 1 行无效，未发送任何消息",
    ),
    (
        "{count} invalid lines; nothing was sent",
        "有 {count} 行无效，未发送任何消息",
    ),
    (
        "fix them, or send only the valid lines with --skip-bad",
        "请修正，或用 --skip-bad 只发送有效行",
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
        "\"at\" must be a list of user ids or \"all\"",
        "\"at\" 应为用户 ID 列表或 \"all\"",
    ),
    ("TO or --batch is required", "需要 TO 或 --batch"),
    (
        "{accepted} sent, {failed} failed",
        "已发 {accepted}，失败 {failed}",
    ),
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
        "{counts}; stopped at line {line} (--fail-fast); the remaining lines were not sent",
        "{counts}；在第 {line} 行停止（--fail-fast），其余各行未发送",
    ),
    (
        "see the result lines for the reasons; with --journal the same command retries what was not accepted",
        "原因见各行结果；使用 --journal 时，再次运行同一命令会重试未被受理的行",
    ),
    (
        "check the conversations of the unknown lines before sending them again with --resend",
        "用 --resend 重发之前，请先查看结果未知的会话",
    ),
    (
        "cannot use the journal {path}: {error}",
        "无法使用进度文件 {path}：{error}",
    ),
    (
        "choose a journal in a writable directory",
        "请把进度文件放在可写的目录中",
    ),
    (
        "another run is using the journal {path}",
        "另一个进程正在使用进度文件 {path}",
    ),
    ("cannot start a worker", "无法启动工作线程"),
    ("a worker panicked", "工作线程异常退出"),
    ("line {line} of the journal", "进度文件第 {line} 行"),
    (
        "not sent: the account was not logged in at line {line}",
        "未发送：到第 {line} 行时账号未登录",
    ),
    (
        "interrupted after {counts}; the remaining lines were not sent",
        "已中断（{counts}）；其余各行未发送",
    ),
    (
        "the ledger has no key {key} for this server",
        "发送记录中没有此服务器的幂等键 {key}",
    ),
    (
        "`qiwei ledger ls` lists the keys",
        "用 `qiwei ledger ls` 查看所有幂等键",
    ),
    ("removed {key}", "已删除 {key}"),
    ("removed {forgotten}", "已删除 {forgotten} 条"),
    (
        "{path} was made by a newer qiwei (schema {version}, this one knows {schema})",
        "{path} 由更新版本的 qiwei 创建（结构版本 {version}，当前支持 {schema}）",
    ),
    (
        "use the newer qiwei, or another directory with QIWEI_STATE_DIR",
        "请使用新版 qiwei，或用 QIWEI_STATE_DIR 指定其他目录",
    ),
    (
        "cannot use the database {path}: {error}",
        "无法使用数据库 {path}：{error}",
    ),
    (
        "nothing was sent; free some space, make the journal writable, or name another file with --journal",
        "未发送任何消息；请腾出空间、让该进度文件可写，或用 --journal 指定其他文件",
    ),
    (
        "nothing was sent; free some space, make the file writable, move it away if it is damaged, or set another directory with QIWEI_STATE_DIR",
        "未发送任何消息；请腾出空间、让文件可写、移走损坏的文件，或用 QIWEI_STATE_DIR 指定其他目录",
    ),
    ("missing field `{field}`", "缺少字段 `{field}`"),
    (
        "unknown field `{field}`, expected one of {names}",
        "未知字段 `{field}`，可用的有 {names}",
    ),
    ("cannot read the batch", "无法读取批量输入"),
    ("stopped while waiting for the pace", "在等待限速时停止"),
    (
        "not sent: the batch reached its time limit of {timeout}",
        "未发送：批量发送已到 {timeout} 的时限",
    ),
    (
        "not sent: the server asked for a pause of {pause}",
        "未发送：服务器要求暂停 {pause}",
    ),
    (
        "run the same command again later (with --journal only the rest is sent), or wait longer with --max-wait",
        "请稍后重新运行同一命令（加 --journal 时只发送剩余的消息），或用 --max-wait 延长等待",
    ),
    (
        "the server asked for a pause; the batch waits {pause}",
        "服务器要求暂停；批量发送等待 {pause}",
    ),
    (
        "the text contains a NUL character, which cannot be sent",
        "消息内容含有 NUL 字符，无法发送",
    ),
    (
        "the text contains {braces}, which is what a shell makes of {placeholder} in double quotes; use single quotes, or {safe}",
        "消息内容含有 {braces}：shell 会把双引号中的 {placeholder} 变成它；请改用单引号，或改写为 {safe}",
    ),
    (
        "the text has {count} bytes; WeCom may cut or refuse texts over {limit} bytes",
        "消息内容有 {count} 字节；超过 {limit} 字节时企业微信可能截断或拒收",
    ),
    (
        "line {line}: {warning}; other long texts are not reported",
        "第 {line} 行：{warning}；其他过长的消息不再提示",
    ),
    (
        "check the conversation; --resend sends it again, `qiwei ledger forget {key}` frees the key",
        "请查看会话；--resend 会再次发送，`qiwei ledger forget {key}` 可释放该键",
    ),
    (
        "check the conversation; --resend sends it again",
        "请查看会话；--resend 会再次发送",
    ),
    (
        "a key identifies one message: use another key, or `qiwei ledger forget {key}`",
        "一个键只对应一条消息：请换一个键，或运行 `qiwei ledger forget {key}`",
    ),
    (
        "a journal belongs to one input: use another one",
        "一个进度文件只对应一个输入：请换一个",
    ),
    (
        "to send to a person, use `qiwei send {to} {text}`",
        "发给个人请用 `qiwei send {to} {text}`",
    ),
    (
        "{text} names a file, which TEXT does not read",
        "{text} 是一个文件名，TEXT 不会读取文件",
    ),
    (
        "send its content with --file {file}, or put `--` before it to send it as text",
        "发送文件内容请用 --file {file}；要当作文字发送，请在前面加 `--`",
    ),
];

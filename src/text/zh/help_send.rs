//! Help of sending, sessions and status.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "Another way to give the target; repeated for several, each of which gets the message: `send --to A --to B TEXT`",
        "目标的另一种写法；可重复，每个目标各发一条：`send --to A --to B TEXT`",
    ),
    (
        "Idempotency key: a message with the same key is sent only once",
        "幂等键：相同键的消息只发送一次",
    ),
    (
        "Print the request instead of sending it",
        "只显示请求，不实际发送",
    ),
    ("Delivery options", "发送选项"),
    (
        "Send again although an earlier attempt may have been delivered",
        "之前可能已送达的消息也重新发送",
    ),
    ("Batch options", "批量选项"),
    (
        "Send every line of a file, or of standard input with `-`: {\"to\":…,\"text\":…,\"at\":…,\"key\":…,\"id\":…}",
        "发送文件的每一行，`-` 为标准输入：{\"to\":…,\"text\":…,\"at\":…,\"key\":…,\"id\":…}",
    ),
    (
        "Keep a journal, so that the same command can be resumed",
        "写进度文件，再次运行同一命令时可继续发送",
    ),
    (
        "Messages sent at once; the order per target is kept",
        "并发发送数；每个会话内保持顺序",
    ),
    (
        "Stop at the first message that is not accepted",
        "遇到第一条未被受理的消息即停止",
    ),
    (
        "Send the valid lines of a file that has invalid ones",
        "文件有无效行时只发送有效行",
    ),
    (
        "Mention everyone (the server allows this to owners and admins only)",
        "@ 所有人（仅群主和管理员可用）",
    ),
    ("Follow all pages", "读取所有页"),
    (
        "Cursor to start from, as printed by an earlier call",
        "起始游标（由之前的输出给出）",
    ),
    ("Show only this type", "只显示此类型"),
    ("Conversations with one person", "私聊"),
    ("Groups", "群聊"),
    (
        "Exit status: 0 online, 4 not online, 3 no instance to choose, 5 the server cannot be reached",
        "退出码：0 在线，4 不在线，3 没有可选的实例，5 连不上服务器",
    ),
    (
        "Stream the status, one line per --interval",
        "持续输出状态，每隔 --interval 一行",
    ),
    (
        "Wait for this status (at most --timeout, default 5min)",
        "等待账号变为此状态（最长 --timeout，默认 5min）",
    ),
    (
        "Time between two checks [default: 10s, with --wait 1s]",
        "检查间隔 [默认: 10s，--wait 时为 1s]",
    ),
    (
        "Send TEXT unchanged, even if the number of {$@} does not match the mentions",
        "原样发送 TEXT，即使 {$@} 的数量与 @ 的人数不符",
    ),
    (
        "Each {at} in TEXT is replaced by one mention, in the order of --user. Without any, the server places the mentions. {$@} means the same, but needs single quotes in a shell.",
        "TEXT 中的每个 {at} 依次替换为 --user 指定的一个 @；都不写时由服务器安排位置。{$@} 含义相同，但在 shell 中要用单引号。",
    ),
    (
        "Longest wait before a message is sent",
        "发送前的最长等待时间",
    ),
    (
        "Longest wait before a message is sent\n\nFor the pace, for another process, or for a pause that the server asks for [default: the rest of --timeout; for a pause in a batch 2min]",
        "发送前的最长等待时间\n\n包括等待速率、其他进程或服务器所要求的暂停 [默认: --timeout 的剩余时间；批量发送中的暂停为 2min]",
    ),
    (
        "Rate limit of the account, such as 20/min, or off",
        "账号的发送限速，如 20/min，或 off",
    ),
    (
        "Rate limit of the account, such as 20/min, or off\n\n20/min, 2/s, 100/h,burst=5 or off; shared by all processes [default: the setting `pace`; off, with the gateway 48/min,burst=10]",
        "账号的发送限速，如 20/min，或 off\n\n20/min、2/s、100/h,burst=5 或 off，所有进程共用 [默认: 设置项 `pace`；未设置时为 off，使用网关时为 48/min,burst=10]",
    ),
    (
        "What to do when the ledger or the pace cannot be used",
        "发送记录或限速不可用时怎么办",
    ),
    (
        "Read the text from a file, byte for byte",
        "从文件读取消息内容，逐字节保留",
    ),
    (
        "Text to send; `-` reads it from standard input",
        "消息内容；`-` 从标准输入读取",
    ),
    (
        "Text to send; `-` reads it from standard input\n\nAfter `--` nothing is taken for an option: `send TO -- \"$text\"`",
        "消息内容；`-` 从标准输入读取\n\n`--` 之后的内容不会被当成选项：`send TO -- \"$text\"`",
    ),
];

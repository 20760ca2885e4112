//! Help of sending, sessions and status.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "Conversation id (S:… for a person, R:… for a group) or an alias of the config",
        "会话 ID（私聊 S:…，群聊 R:…）或配置中的别名",
    ),
    (
        "Text to send; `-` reads it from standard input",
        "消息内容；`-` 从标准输入读取",
    ),
    (
        "Read the text from a file, byte for byte",
        "从文件读取消息内容，逐字节保留",
    ),
    (
        "Idempotency key: the same key again is not sent again",
        "幂等键：同一个键不会重复发送",
    ),
    ("Show the request and send nothing", "只显示请求，不发送"),
    ("Delivery options", "发送选项"),
    (
        "Send again what may have been delivered already",
        "重发可能已经送达的消息",
    ),
    (
        "How fast this account may send, over all processes: 20/min, 2/s, 100/h,burst=5 or off [default: off]",
        "账号的发送速率，所有进程合计：20/min、2/s、100/h,burst=5 或 off [默认: off]",
    ),
    (
        "Longest wait for a turn or for another process [default: what --timeout leaves]",
        "最长等待多久轮到发送或等别的进程 [默认: --timeout 的剩余时间]",
    ),
    ("Batch options", "批量选项"),
    (
        "Send every line of a file, or of standard input with `-`: {\"to\":…,\"text\":…,\"at\":…,\"key\":…,\"id\":…}",
        "发送文件的每一行，`-` 为标准输入：{\"to\":…,\"text\":…,\"at\":…,\"key\":…,\"id\":…}",
    ),
    (
        "Keep a journal, so that the same command again goes on where this one ended",
        "记录日志，再次运行同一命令时接着发送",
    ),
    (
        "Messages on their way at once; the order to each target is kept",
        "同时发送的消息数；每个会话内保持顺序",
    ),
    (
        "End at the first message that is not accepted",
        "遇到第一条未被接受的消息就停止",
    ),
    (
        "Send the good lines of a file that has bad ones",
        "文件有错误行时只发送正确的行",
    ),
    (
        "Group (R:…) or an alias of the config",
        "群聊（R:…）或配置中的别名",
    ),
    (
        "User ids to mention; may be repeated",
        "要 @ 的用户 ID；可重复",
    ),
    (
        "Mention everyone (the server allows it to the owner and admins)",
        "@ 全部人（需要群主或管理员权限）",
    ),
    (
        "Send even if the number of {$@} does not fit the mentions",
        "{$@} 的数量与 @ 的人数不符时也发送",
    ),
    (
        "Each {$@} in TEXT is the place of one mention, in the order of --user. Without any, the server puts the mentions itself.",
        "TEXT 中的每个 {$@} 依次是 --user 中一个人的 @ 位置；一个也不写时由服务器安排位置。",
    ),
    ("Follow the pages to the end", "取完所有页"),
    ("Sessions to ask for in one page", "每页请求的会话数"),
    (
        "Where to start, as an earlier answer said",
        "从哪里开始（取自之前的结果）",
    ),
    ("Show only one type", "只显示一种类型"),
    ("Conversations with one person", "私聊"),
    ("Groups", "群聊"),
    (
        "Exit status: 0 online, 4 not online, 3 no instance to choose, 5 the server cannot be reached",
        "退出码：0 在线，4 不在线，3 没有可选的实例，5 连不上服务器",
    ),
    (
        "Stream the state, one line each --interval",
        "持续显示状态，每隔 --interval 一行",
    ),
    (
        "Wait until the account is in this state (at most --timeout, default 5min)",
        "等到账号变为这个状态（最长 --timeout，默认 5min）",
    ),
    (
        "Time between two looks [default: 10s, with --wait 1s]",
        "两次查询的间隔 [默认: 10s，用 --wait 时 1s]",
    ),
];

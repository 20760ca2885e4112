//! Help of logins, callbacks, probes and the sandbox.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "Takes at most --timeout (default 5min, extended while waiting for a verification code). The configured notify_url is restored however it ends.",
        "最长 --timeout（默认 5min，等待验证码时延长）。无论如何结束，都会恢复配置的 notify_url。",
    ),
    (
        "Create a new instance for the login",
        "为这次登录创建新实例",
    ),
    (
        "Log in again even if the account is online",
        "账号已在线也重新登录",
    ),
    (
        "Id of the local proxy (bridge) to connect through",
        "连接所用的本地代理 ID（bridge）",
    ),
    (
        "Print the code and return; wait with `qiwei status --wait online`",
        "显示二维码后立即返回；用 `qiwei status --wait online` 等待登录",
    ),
    (
        "Command that prints the verification code",
        "输出验证码的命令",
    ),
    (
        "File the verification code will be written to",
        "验证码将写入的文件（会等待其出现）",
    ),
    (
        "How to draw the QR code [default: the best the terminal can show]",
        "二维码显示方式 [默认: 终端支持的最佳方式]",
    ),
    (
        "Half-height blocks (the default where the terminal can show them)",
        "半高字符块（终端支持时的默认方式）",
    ),
    ("Full blocks, twice as wide", "全高字符块，宽一倍"),
    ("ASCII characters", "ASCII 字符"),
    ("The link only", "只显示链接"),
    ("Nothing at all", "什么都不显示"),
    (
        "Write the QR code to a .png or .svg file as well",
        "同时把二维码写入 .png 或 .svg 文件",
    ),
    ("Interval between login status polls", "轮询登录状态的间隔"),
    ("Do not poll; rely on callbacks alone", "不轮询，只依靠回调"),
    ("Callback options", "回调选项"),
    (
        "Redirect the callbacks of EVERY instance of the server, not only of this one",
        "重定向服务器上所有实例的回调，而不只是此实例",
    ),
    (
        "In a pipe, or with --json, every callback is one JSON line; on a terminal it is printed as text. The configured notify_url is restored however it ends. With the hosted gateway callbacks come over its WebSocket, unless --listen or --notify-url is given.",
        "输出到管道或使用 --json 时，每个回调为一行 JSON；在终端上显示为文字。无论如何结束，都会恢复配置的 notify_url。使用托管网关时，回调通过网关的 WebSocket 接收，除非指定了 --listen 或 --notify-url。",
    ),
    ("End after this many callbacks", "收到这么多回调后结束"),
    ("End after this time", "经过这么长时间后结束"),
    (
        "Run a shell command for every callback, with the JSON object on its standard input",
        "为每个回调运行一条 shell 命令，JSON 从标准输入传入",
    ),
    ("Do not check the server", "不检查服务器"),
    ("Show duplicate messages too", "重复的消息也显示"),
    (
        "JSON body: itself, @FILE, or `-` for standard input [default for POST: {}]",
        "JSON 请求体：内容本身、@FILE，或 `-` 读标准输入 [POST 默认: {}]",
    ),
    (
        "Add the guid of the chosen instance to the body",
        "把所选实例的 GUID 加入请求体",
    ),
    (
        "Test whether callbacks arrive, or simulate some",
        "测试回调能否到达，或模拟回调",
    ),
    (
        "Without URL, checks a `qiwei listen` or `login` running for the instance; if none is running, starts a listener and waits for a callback of the server. With --simulate the events are posted there.",
        "不给 URL 时，检查此实例正在运行的 `qiwei listen` 或 `login`；都没有运行时启动一个监听器，并等待服务器的一个回调。带 --simulate 时把事件发到那里。",
    ),
    (
        "Webhook to check or to post to",
        "要检查或发送事件的回调地址",
    ),
    (
        "Post this event: not-scanned, scanned, success, failed, refused, wechat-…, code, login, logout, message, own-message, batch, or all; may be repeated",
        "模拟这个事件：not-scanned、scanned、success、failed、refused、wechat-…、code、login、logout、message、own-message、batch 或 all；可重复",
    ),
    (
        "The admin path /_sandbox/ of the running server shows its state, requests and deliveries, and takes faults (see the README).",
        "运行中的沙箱在 /_sandbox/ 提供管理接口，可查看状态、请求和消息，也可注入故障（见 README）。",
    ),
    (
        "Address to listen on [default: 127.0.0.1:8080, with CMD any free port]",
        "监听地址 [默认: 127.0.0.1:8080，带 CMD 时为任意空闲端口]",
    ),
    ("Number of online instances", "在线实例数"),
    (
        "Number of running instances that are not logged in",
        "运行中但未登录的实例数",
    ),
    ("Number of stopped instances", "停止的实例数"),
    ("Conversations per account", "每个账号的会话数"),
    ("Limit of instances", "实例数上限"),
    (
        "Envelope dialect: A, B, C or D",
        "应答的封装格式：A、B、C 或 D",
    ),
    ("Latency of every answer", "每个应答的延迟"),
    ("Path prefix of every endpoint", "所有接口的路径前缀"),
    (
        "Imitate the hosted gateway: one path for all calls, with credentials that are printed or given to CMD",
        "模拟托管网关：所有调用走同一路径，凭据在启动时打印，或传给 CMD",
    ),
    (
        "Calls of an account in a minute after which the gateway blocks it; 0: never",
        "账号每分钟调用超过此数即被网关限制；0 表示不限制",
    ),
    (
        "How long the gateway blocks an account",
        "网关限制账号的时长",
    ),
    (
        "Behavior of real servers to imitate; `list` shows all; may be repeated",
        "模拟真实服务器的差异行为；`list` 列出全部；可重复",
    ),
    (
        "Fault to inject, as KIND[=VALUE][@PATH][*TIMES]; `list` shows all kinds; may be repeated",
        "要注入的故障，写作 KIND[=VALUE][@PATH][*TIMES]；`list` 列出全部种类；可重复",
    ),
    (
        "Scripted scan of a login QR code: after=2s, require-code=246810, refuse, expire, never or manual; `,after=DUR` sets the delay",
        "登录二维码的扫码脚本：after=2s、require-code=246810、refuse、expire、never 或 manual；`,after=DUR` 设置延迟",
    ),
    (
        "Drop every callback, as if the server could not reach the listener",
        "丢弃所有回调，如同服务器访问不到监听器",
    ),
    (
        "Delay of callbacks with the quirk late-callbacks",
        "启用 late-callbacks 时回调的延迟",
    ),
    (
        "Accept any well-formed conversation id as a target, not only those that exist",
        "格式正确的会话 ID 都可作为目标，不要求存在",
    ),
    (
        "Write every request to a file, one JSON object per line",
        "把每个请求写入文件，每行一个 JSON",
    ),
    (
        "Command to run against the sandbox; its exit status is passed on",
        "在沙箱中运行的命令；沙箱随命令结束并返回其退出码",
    ),
    (
        "Address to listen on\n\n[default: loopback for a server on this machine, else the local address that routes to it; any free port]",
        "监听地址\n\n[默认: 服务器在本机时为回环地址，否则为通向它的本地地址；任意空闲端口]",
    ),
    ("URL the server posts to", "服务器推送到的 URL"),
    (
        "URL the server posts to\n\nFor a listener behind a proxy or in a container; the token is appended",
        "服务器推送到的 URL\n\n用于在代理之后或容器中监听；令牌会附加在末尾",
    ),
    ("Interval between checks of the server", "检查服务器的间隔"),
    (
        "Interval between checks of the server\n\nAfter a restart of the server the notify_url is set again",
        "检查服务器的间隔\n\n服务器重启后会重新设置 notify_url",
    ),
    (
        "End when two checks do not find the server or the instance",
        "两次检查都找不到服务器或实例时结束",
    ),
    (
        "Only callbacks of this type; may be repeated",
        "只接收此类型的回调；可多次使用",
    ),
    (
        "Only callbacks of this type; may be repeated\n\nA number or one of these names: ready, login_qrcode, logged_in, logged_out, init_finished, heartbeat_error, session_timeout, login_failed, contacts_synced, new_message (also covers lists of them), logged_in_elsewhere, safety_verification, message_batch, friend_change, friend_request, room_renamed, member_added, member_removed, room_dismissed, room_info, call, admin_task",
        "只接收此类型的回调；可多次使用\n\n编号或以下名称之一：ready、login_qrcode、logged_in、logged_out、init_finished、heartbeat_error、session_timeout、login_failed、contacts_synced、new_message（也包括消息列表）、logged_in_elsewhere、safety_verification、message_batch、friend_change、friend_request、room_renamed、member_added、member_removed、room_dismissed、room_info、call、admin_task",
    ),
    ("Address to listen on", "监听地址"),
    (
        "Submit the verification code of a waiting login; `-` and @FILE read it",
        "为等待中的登录提交验证码；`-` 和 @FILE 从标准输入或文件读取",
    ),
];

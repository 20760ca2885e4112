//! Help of logins, callbacks, probes and the sandbox.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "Show the request and log nobody out",
        "只显示请求，不退出登录",
    ),
    (
        "Takes at most --timeout (default 5min, more while a verification code is being asked for). Whatever ends it, the configured notify_url is put back.",
        "最长 --timeout（默认 5min，等待验证码时延长）。无论怎样结束，都会恢复配置的 notify_url。",
    ),
    ("Create an instance for it", "为这次登录创建新实例"),
    (
        "Go on even if the account is online already",
        "账号已在线也重新登录",
    ),
    (
        "Id of the local proxy (bridge) to connect through",
        "连接所用的本地代理 ID（bridge）",
    ),
    (
        "Print the code and return; `qiwei status --wait online` waits",
        "显示二维码后立即返回；用 `qiwei status --wait online` 等待",
    ),
    (
        "Hand in the verification code of a login that waits for it; `-` reads it from standard input",
        "为正在等待的登录提交验证码；`-` 从标准输入读取",
    ),
    (
        "Command that prints the verification code",
        "输出验证码的命令",
    ),
    (
        "File that will hold the verification code",
        "存放验证码的文件（会等待它出现）",
    ),
    (
        "How to draw the QR code [default: what the terminal can show]",
        "二维码的显示方式 [默认: 按终端的能力]",
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
    (
        "How often to ask the server how far the login is",
        "多久向服务器查询一次登录进度",
    ),
    ("Rely on callbacks alone", "只依靠回调"),
    ("Callback options", "回调选项"),
    (
        "Address to listen on [default: loopback for a server on this machine, else the local address that routes to it; any free port]",
        "监听地址 [默认: 服务器在本机时用回环地址，否则用通往服务器的本机地址；任意空闲端口]",
    ),
    (
        "URL the server is told, for a listener behind a proxy or in a container; the token is put at its end",
        "告诉服务器的回调地址，用于代理之后或容器中的监听器；令牌加在末尾",
    ),
    (
        "Turn the callbacks of EVERY instance of the server here, not only of this one",
        "把服务器上所有实例的回调都转到这里，而不只是这个实例",
    ),
    (
        "Into a pipe, or with --json, every callback is one JSON object a line; on a terminal it is told in words. Whatever ends it, the configured notify_url is put back.",
        "输出到管道或使用 --json 时，每个回调是一行 JSON；在终端上用文字显示。无论怎样结束，都会恢复配置的 notify_url。",
    ),
    (
        "Only callbacks of this type, by number or name (new_message also covers lists of them); may be repeated",
        "只接收这种类型的回调（编号或名称；new_message 也包括成批的消息）；可重复",
    ),
    ("End after this many callbacks", "收到这么多回调后结束"),
    ("End after this time", "经过这么长时间后结束"),
    (
        "Run a shell command for every callback, the JSON object on its standard input",
        "为每个回调运行一条 shell 命令，JSON 从标准输入传入",
    ),
    (
        "Show messages again that were seen before",
        "重复的消息也显示",
    ),
    (
        "Without arguments only endpoints that change nothing are asked. `qiwei probe POST /client/get_client_status -d '{\"guid\":\"…\"}'` makes one call and prints the answer as it came.",
        "不带参数时只探测不改变任何东西的接口。`qiwei probe POST /client/get_client_status -d '{\"guid\":\"…\"}'` 调用一次接口并原样输出应答。",
    ),
    ("HTTP method of a raw call", "直接调用的 HTTP 方法"),
    (
        "Path of a raw call, below the base URL",
        "直接调用的路径（在服务器地址之下）",
    ),
    (
        "JSON body: itself, @FILE, or `-` for standard input [default for POST: {}]",
        "JSON 请求体：内容本身、@FILE，或 `-` 读标准输入 [POST 默认: {}]",
    ),
    (
        "Put the guid of the chosen instance into the body",
        "把所选实例的 GUID 放进请求体",
    ),
    (
        "Find out whether callbacks get through, or simulate some",
        "检查回调是否畅通，或模拟回调",
    ),
    (
        "Without URL: a `qiwei listen` or `login` that runs for the instance is looked at; when none runs, a listener of its own is set up and a callback of the server awaited. With --simulate the events are posted there.",
        "不给 URL 时：检查这个实例正在运行的 `qiwei listen` 或 `login`；都没有运行就自己启动监听器，等待服务器的一个回调。用 --simulate 时把事件发到那里。",
    ),
    ("Webhook to look at or post to", "要检查或发送的回调地址"),
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
    ("Instances with an account logged in", "在线的实例数"),
    (
        "Instances that run with nobody logged in",
        "运行中但未登录的实例数",
    ),
    ("Instances that are stopped", "停止的实例数"),
    ("Sessions of each account", "每个账号的会话数"),
    ("Instances the server allows", "服务器允许的实例数"),
    (
        "How answers are wrapped: A, B, C or D",
        "应答的格式：A、B、C 或 D",
    ),
    ("Time every answer takes", "每个应答的延迟"),
    ("Path in front of every endpoint", "所有接口前的路径前缀"),
    (
        "Deviation of real servers to show; `list` shows them; may be repeated",
        "模拟真实服务器的差异；`list` 显示全部；可重复",
    ),
    (
        "Fault, as KIND[=VALUE][@PATH][*TIMES]; `list` shows the kinds; may be repeated",
        "故障，写作 KIND[=VALUE][@PATH][*TIMES]；`list` 显示种类；可重复",
    ),
    (
        "What the phone does with a login QR code: after=2s, require-code=246810, refuse, expire, never or manual; `,after=DUR` sets the time before",
        "手机如何处理登录二维码：after=2s、require-code=246810、refuse、expire、never 或 manual；`,after=DUR` 设定之前的等待",
    ),
    (
        "Lose every callback, as if the server could not reach the listener",
        "丢弃所有回调，如同服务器访问不到监听器",
    ),
    (
        "How late callbacks are with the quirk late-callbacks",
        "使用 late-callbacks 时回调延迟多久",
    ),
    (
        "Write every request to a file, one JSON object a line",
        "把每个请求写入文件，每行一个 JSON",
    ),
    (
        "Command to run against it; the sandbox ends with the command and its status",
        "对着沙箱运行的命令；沙箱随命令结束，并返回它的退出码",
    ),
];

//! Probing, the sandbox's command, completions.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    ("no answer", "没有应答"),
    (
        "no listener is running for this instance",
        "此实例没有正在运行的监听器",
    ),
    (
        "give a webhook: `qiwei probe callback URL --simulate …`, or start `qiwei listen`",
        "请指定回调地址：`qiwei probe callback URL --simulate …`，或先启动 `qiwei listen`",
    ),
    ("--simulate {name}: {why}", "--simulate {name}：{why}"),
    (
        "must be one of {names}, or all",
        "应为以下之一：{names}，或 all",
    ),
    ("set notify_url", "设置 notify_url"),
    (
        "requested a login QR code, which triggers a callback",
        "已请求登录二维码，它会触发回调",
    ),
    (
        "no callback can be triggered for an online account; send it a message now",
        "在线账号无法主动触发回调；请现在给它发一条消息",
    ),
    ("callback", "回调"),
    ("{notify_type} arrived", "收到 {notify_type}"),
    (
        "none arrived; the server may be unable to reach this address: see --listen and --notify-url",
        "没有收到；服务器可能访问不到此地址：见 --listen 和 --notify-url",
    ),
    ("webhook", "回调地址"),
    ("health", "健康检查"),
    ("this webhook has no /health", "这个回调地址没有 /health"),
    ("simulate {event}", "模拟 {event}"),
    ("{text} is not an HTTP method", "{text} 不是 HTTP 方法"),
    (
        "the method comes first: `qiwei api POST {text}`",
        "方法写在前面：`qiwei api POST {text}`",
    ),
    (
        "the protocol's endpoints use POST: `qiwei api POST PATH -d JSON`",
        "协议的接口都用 POST：`qiwei api POST PATH -d JSON`",
    ),
    ("must be a path, not a URL", "应为路径，而不是 URL"),
    (
        "give the server with --base-url and only the path here",
        "服务器用 --base-url 指定，这里只写路径",
    ),
    ("a path must not contain spaces", "路径不能包含空格"),
    ("-d is not UTF-8 text", "-d 不是 UTF-8 文本"),
    ("{what} is not JSON: {error}", "{what} 不是 JSON：{error}"),
    (
        "quote it for the shell: -d '{\"guid\":\"…\"}'",
        "请为 shell 加引号：-d '{\"guid\":\"…\"}'",
    ),
    (
        "--with-guid needs a body that is a JSON object",
        "--with-guid 要求请求体是 JSON 对象",
    ),
    (
        "set a directory for temporary files with TMPDIR",
        "请用 TMPDIR 指定临时文件目录",
    ),
    (
        "cannot create a directory for the sandbox's config",
        "无法为沙箱的配置创建目录",
    ),
    ("cannot create the sandbox's config", "无法创建沙箱的配置"),
    (
        "cannot run {program}: {error}",
        "无法运行 {program}：{error}",
    ),
    (
        "after `--` give a program and its arguments; for a script: -- sh -c '…'",
        "`--` 之后是程序及其参数；运行脚本：-- sh -c '…'",
    ),
    ("cannot wait for the command", "无法等待命令结束"),
    ("a child without a process id", "子进程没有进程号"),
    (
        "cannot write the record {path}: {error}",
        "无法写入记录 {path}：{error}",
    ),
    (
        "a request could not be written to the record: {error}",
        "有一个请求未能写入记录：{error}",
    ),
    (
        "must be an address such as 127.0.0.1:8080, or a port",
        "应为 127.0.0.1:8080 这样的地址，或一个端口",
    ),
    (
        "must be a number from 0 to 10000",
        "应为 0 到 10000 之间的数字",
    ),
    ("sandbox on {base_url}", "沙箱地址 {base_url}"),
    (
        "the sandbox has no authentication; anyone who can reach the address can use it",
        "沙箱没有身份验证；任何能访问此地址的人都能使用它",
    ),
    (
        "the sandbox's admin path has no authentication; anyone who can reach the address can use it",
        "沙箱的管理路径没有身份验证；任何能访问此地址的人都能使用它",
    ),
    (
        "choose another address, or any free port with --listen 127.0.0.1:0",
        "请换一个地址，或用 --listen 127.0.0.1:0 选任意空闲端口",
    ),
    (
        "more instances than --limit {limit} allows",
        "实例数超过了 --limit {limit}",
    ),
    (
        "the sandbox is listening; press Ctrl-C to stop",
        "沙箱正在监听，按 Ctrl-C 结束",
    ),
    (
        "no completion script for this shell",
        "没有此 shell 的补全脚本",
    ),
    (
        "The response is printed unchanged. Exit status: 0 if its business code is 0 or it has none, else 1.",
        "原样输出应答。退出码：业务码为 0 或没有业务码时为 0，否则为 1。",
    ),
    (
        "HTTP method; the protocol's endpoints use POST",
        "HTTP 方法；协议的接口都用 POST",
    ),
    (
        "Path of the endpoint, below the base URL",
        "接口路径，相对于服务器地址",
    ),
    ("no path given", "没有给出路径"),
    (
        "`qiwei api POST /client/all_clients`, for example",
        "例如 `qiwei api POST /client/all_clients`",
    ),
    (
        "Only endpoints that change nothing are called. `qiwei api` calls any.",
        "只调用不改变任何东西的接口。`qiwei api` 可调用任意接口。",
    ),
];

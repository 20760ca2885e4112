//! Help of the command line as a whole, of instances, the configuration and the ledger.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "Control WeCom (企业微信) accounts hosted by an API server, from scripts",
        "在脚本中操作由 API 服务托管的企业微信账号",
    ),
    (
        "Exit status: 0 accepted, 1 rejected, 2 usage, 3 config, 4 not logged in, 5 unreachable (not sent), 6 unknown (may have been sent), 7 deadline, 8 partial, 9 busy, 70 internal, 74 local I/O",
        "退出码：0 已受理，1 被拒绝，2 用法错误，3 配置问题，4 未登录，5 无法连接（未发送），6 结果未知（可能已发送），7 超时，8 部分失败，9 忙，70 内部错误，74 本机读写失败",
    ),
    ("Global options", "全局选项"),
    (
        "Base URL of the API server [default: http://localhost:8080; with app_key and app_secret that of the gateway]",
        "API 服务器地址 [默认: http://localhost:8080；设置了 app_key 和 app_secret 时为网关地址]",
    ),
    (
        "Guid of the instance to use [default: the current one, else the only one online]",
        "要使用的实例 GUID [默认: 当前实例，否则唯一在线的实例]",
    ),
    (
        "Profile of the config file to use",
        "使用配置文件中的哪个 profile",
    ),
    ("Config file to use", "使用的配置文件"),
    (
        "Retries of requests that are safe to repeat [default: 2]",
        "可以安全重复的请求的重试次数 [默认: 2]",
    ),
    (
        "PEM file of certificates to trust in addition to the system's",
        "除系统证书外额外信任的 PEM 证书文件",
    ),
    (
        "Disable certificate verification (dangerous)",
        "不校验证书（危险）",
    ),
    (
        "Language of messages and help [default: that of the locale]",
        "消息和帮助的语言 [默认: 系统语言]",
    ),
    (
        "Print results as JSON, and errors as one JSON line on stderr",
        "以 JSON 输出结果；错误以一行 JSON 输出到标准错误",
    ),
    (
        "Show requests; twice: also their redacted bodies",
        "显示请求；写两次则同时显示脱敏后的请求体",
    ),
    ("When to use color", "何时使用颜色"),
    ("On a terminal that can show it", "终端支持时"),
    ("Always, even in a pipe", "总是，包括输出到管道时"),
    ("Never", "从不"),
    ("Chinese (简体中文)", "简体中文"),
    ("English", "英语（English）"),
    (
        "List, create, select, start, stop and remove instances",
        "查看、创建、选择、启动、停止和删除实例",
    ),
    ("Log an account in by QR code", "用二维码登录账号"),
    ("Log the account out", "退出登录"),
    (
        "Receive callbacks and print one line for each",
        "接收回调，每个回调输出一行",
    ),
    (
        "List the conversations of the account",
        "查看账号的会话列表",
    ),
    (
        "Send a text to a group and mention members",
        "发送群 @ 消息",
    ),
    (
        "Show whether the account is online (exit code 0 or 4)",
        "查看账号是否在线（退出码 0 或 4）",
    ),
    (
        "List and remove idempotency keys of sent messages",
        "查看和清理发送记录（幂等键）",
    ),
    ("Read and change the config file", "查看和修改配置文件"),
    (
        "Run a simulated API server, to try commands without an account",
        "运行模拟的 API 服务器，无需账号即可试用",
    ),
    (
        "Print a completion script for a shell",
        "输出 shell 补全脚本",
    ),
    ("Shell to print the script for", "为哪个 shell 输出脚本"),
    (
        "List instances, their statuses, and which is current",
        "查看所有实例、状态和当前实例",
    ),
    (
        "Create an instance and make it the current one",
        "创建实例并设为当前实例",
    ),
    ("Remove instances (irreversible)", "删除实例（不可恢复）"),
    ("Make an instance the current one", "选择当前实例"),
    ("Start a stopped instance", "启动停止的实例"),
    (
        "Stop an instance, which logs it out",
        "停止实例（账号会退出登录）",
    ),
    ("Show only instances with this status", "只显示此状态的实例"),
    ("Logged in", "已登录并在线"),
    ("Running, not logged in", "运行中但未登录"),
    ("Stopped, or reconnecting", "已停止，或正在重连"),
    ("Stopped, in two checks", "两次检查均为停止"),
    ("The status look-up failed", "状态查询失败"),
    (
        "Client version; `list` shows the known ones",
        "客户端类型；`list` 列出已知类型",
    ),
    (
        "Proxy of the instance: an http, socks4 or socks5 URL",
        "实例使用的代理：http、socks4 或 socks5 URL",
    ),
    (
        "Id of the local proxy (bridge) of the instance",
        "实例使用的本地代理 ID（bridge）",
    ),
    ("Do not start it", "创建后不启动"),
    ("Do not make it the current instance", "不设为当前实例"),
    ("Instances to remove", "要删除的实例"),
    (
        "Remove every instance that two checks find stopped, with the pause of --settle between them",
        "删除两次检查（间隔由 --settle 指定）均为停止的所有实例",
    ),
    (
        "Pause between the two checks of --stopped; a reconnecting account also reports stopped",
        "两次检查的间隔：正在重连的账号也会显示为停止",
    ),
    ("Do not ask for confirmation", "不要求确认"),
    (
        "Print the requests instead of sending them",
        "只显示请求，不实际发送",
    ),
    ("Instance to make current", "要设为当前的实例"),
    ("Use the only online instance", "使用唯一在线的实例"),
    (
        "Save it without checking that it exists",
        "直接保存，不检查是否存在",
    ),
    ("Instance to start", "要启动的实例"),
    ("Instance to stop", "要停止的实例"),
    ("Print the path of the config file", "显示配置文件路径"),
    (
        "Print one effective value, secrets redacted",
        "显示一项生效的值（脱敏）",
    ),
    ("Change one setting in the file", "修改文件中的一项"),
    ("Remove one setting from the file", "从文件中删除一项"),
    (
        "Show every effective value and its source",
        "显示所有生效的值及其来源",
    ),
    (
        "Setting: base_url, guid, timeout, …, headers.NAME, aliases.NAME",
        "设置项：base_url、guid、timeout、…、headers.NAME、aliases.NAME",
    ),
    (
        "Setting: base_url, guid, timeout, …, headers.NAME, aliases.NAME, profiles.NAME.KEY",
        "设置项：base_url、guid、timeout、…、headers.NAME、aliases.NAME、profiles.NAME.KEY",
    ),
    (
        "List keys and the outcomes of their messages",
        "查看幂等键及对应消息的发送结果",
    ),
    (
        "Remove a key, so that it can be used again",
        "删除一个幂等键，使其可以再次使用",
    ),
    ("Remove old keys", "清理旧的发送记录"),
    (
        "Key to remove, on this server and instance (without --guid: on every instance)",
        "要删除的幂等键，限于此服务器和实例（不带 --guid 时为所有实例）",
    ),
    (
        "Remove keys older than this [default: ledger_days of the config, else 30]",
        "清理早于此时间的记录 [默认: 配置中的 ledger_days，否则 30 天]",
    ),
    (
        "Make it the current instance even if the current one is online",
        "即使当前实例在线，也设为当前实例",
    ),
    (
        "Time limit of the whole command [default: 30s; login and status --wait 5min; listen, status --watch and send --batch none]",
        "整个命令的时限 [默认: 30s；login 与 status --wait 为 5min；listen、status --watch 和 send --batch 不限]",
    ),
    ("Messages", "消息"),
    ("Account", "账号"),
    ("Server and setup", "服务器与设置"),
    ("Try it", "试用"),
    (
        "Global options: see `qiwei --help`",
        "全局选项：见 `qiwei --help`",
    ),
    (
        "`qiwei help COMMAND` shows the options of a command and examples.",
        "`qiwei help COMMAND` 显示命令的选项和示例。",
    ),
    ("Format of results", "结果的格式"),
    (
        "Like --json: one document, or one line for each event",
        "与 --json 相同：一个文档，或每个事件一行",
    ),
    (
        "The same, but one line for each element of a list",
        "同上，但列表的每个元素一行",
    ),
    (
        "Print nothing but errors, warnings, and the data that was asked for",
        "只输出错误、警告和所要的数据",
    ),
    (
        "bash:\n  qiwei completions bash > ~/.local/share/bash-completion/completions/qiwei\nzsh, with fpath+=~/.zfunc before compinit in ~/.zshrc:\n  mkdir -p ~/.zfunc && qiwei completions zsh > ~/.zfunc/_qiwei\nfish:\n  qiwei completions fish > ~/.config/fish/completions/qiwei.fish\npowershell:\n  qiwei completions powershell >> $PROFILE\nelvish:\n  qiwei completions elvish >> ~/.config/elvish/rc.elv",
        "bash:\n  qiwei completions bash > ~/.local/share/bash-completion/completions/qiwei\nzsh（在 ~/.zshrc 的 compinit 之前加上 fpath+=~/.zfunc）：\n  mkdir -p ~/.zfunc && qiwei completions zsh > ~/.zfunc/_qiwei\nfish:\n  qiwei completions fish > ~/.config/fish/completions/qiwei.fish\npowershell:\n  qiwei completions powershell >> $PROFILE\nelvish:\n  qiwei completions elvish >> ~/.config/elvish/rc.elv",
    ),
    (
        "Client version; `list` shows the known ones\n\n241 Windows 4.1.2, 242 iPad 4.1.2, 243 Windows 4.1.10, 244 Mac 4.1.2, 245 Mac 4.1.16, 246 iPad 4.1.16, 247 iPad 4.1.22, 248 Mac 4.1.22, 249 iPad 4.1.26, 250 Mac 4.1.26, 251 iPad 4.1.27, 252 Mac 4.1.27, 253 iPad 4.1.28, 254 Mac 4.1.28, 255 iPad 4.1.30, 256 Mac 4.1.30, 257 iPad 4.1.31, 258 Mac 4.1.31, 259 iPad 4.1.32, 260 Mac 4.1.32, 261 iPad 4.1.36, 262 Mac 4.1.36",
        "客户端类型；`list` 列出已知类型\n\n241 Windows 4.1.2、242 iPad 4.1.2、243 Windows 4.1.10、244 Mac 4.1.2、245 Mac 4.1.16、246 iPad 4.1.16、247 iPad 4.1.22、248 Mac 4.1.22、249 iPad 4.1.26、250 Mac 4.1.26、251 iPad 4.1.27、252 Mac 4.1.27、253 iPad 4.1.28、254 Mac 4.1.28、255 iPad 4.1.30、256 Mac 4.1.30、257 iPad 4.1.31、258 Mac 4.1.31、259 iPad 4.1.32、260 Mac 4.1.32、261 iPad 4.1.36、262 Mac 4.1.36",
    ),
    (
        "Check the server's endpoints, or the arrival of callbacks",
        "检查服务器有哪些接口、回调能否收到",
    ),
    (
        "Call any endpoint and print the response",
        "调用任意接口并输出应答",
    ),
    (
        "Value; `-` reads it from standard input, @FILE from a file, which keeps a secret out of `ps`",
        "值；`-` 从标准输入读取，@FILE 从文件读取，避免机密出现在 `ps` 中",
    ),
];

//! Help of the command line as a whole, of instances, the configuration and the ledger.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "Drive WeCom (企业微信) accounts hosted by an API server, from scripts",
        "在脚本中操作由 API 服务托管的企业微信账号",
    ),
    (
        "Exit status: 0 accepted, 1 rejected, 2 usage, 3 config, 4 not logged in, 5 unreachable (not sent), 6 unknown (may have been sent), 7 deadline, 8 partial, 9 busy, 70 internal, 74 local I/O",
        "退出码：0 已接受，1 被拒绝，2 用法错误，3 配置问题，4 未登录，5 连不上（未发送），6 结果未知（可能已发送），7 超时，8 部分失败，9 忙，70 内部错误，74 本机读写出错",
    ),
    ("Global options", "全局选项"),
    (
        "Address of the API server [default: http://localhost:8080]",
        "API 服务器地址 [默认: http://localhost:8080]",
    ),
    (
        "Instance to act on [default: the current one, else the only one online]",
        "要操作的实例 [默认: 当前实例，否则唯一在线的实例]",
    ),
    (
        "Profile of the config file to use",
        "使用配置文件中的哪个 profile",
    ),
    ("Config file to use", "使用的配置文件"),
    (
        "Time the whole command may take [default: 30s]",
        "整个命令的超时时间 [默认: 30s]",
    ),
    (
        "How often to retry what certainly was not executed [default: 2]",
        "确定未执行的请求重试几次 [默认: 2]",
    ),
    (
        "PEM file of certificates to trust beside the system's",
        "除系统证书外还信任的 PEM 证书文件",
    ),
    ("Accept any certificate (dangerous)", "接受任何证书（危险）"),
    (
        "Language of messages and help [default: that of the locale]",
        "消息和帮助的语言 [默认: 系统语言]",
    ),
    (
        "Print JSON for programs; errors as one JSON line on stderr",
        "输出 JSON 供程序使用；错误是标准错误上的一行 JSON",
    ),
    ("Print no notes", "不输出提示信息"),
    (
        "Show requests; twice: their bodies, redacted",
        "显示请求；写两次则显示脱敏后的内容",
    ),
    ("When to use colour", "何时使用颜色"),
    ("On a terminal that can show it", "终端支持时"),
    ("Always, also into a pipe", "总是，包括管道"),
    ("Never", "从不"),
    ("Chinese (简体中文)", "简体中文"),
    ("English", "英语（English）"),
    (
        "List, create, choose, start, stop and remove instances",
        "查看、创建、选择、启动、停止和删除实例",
    ),
    ("Log an account in by QR code", "用二维码登录账号"),
    ("Log the account out", "退出登录"),
    ("Receive callbacks, one line each", "接收回调，每个一行"),
    (
        "List the conversations of the account",
        "查看账号的会话列表",
    ),
    (
        "Send a text to a person or a group",
        "发送文本消息到私聊或群聊",
    ),
    (
        "Send a text to a group that mentions members of it",
        "发送群 @ 消息",
    ),
    (
        "Tell the account's health, also as the exit code",
        "检查账号状态，也体现在退出码中",
    ),
    (
        "Find out what the server can do, or call any endpoint",
        "探测服务器有哪些接口，或调用任意接口",
    ),
    (
        "List and tidy the keys of sends made with --key",
        "查看和清理账本（用 --key 发送的记录）",
    ),
    ("Read and change the config file", "查看和修改配置文件"),
    (
        "Run a stand-in for the API server, for trying things without an account",
        "运行模拟的 API 服务器，没有账号也能试用",
    ),
    (
        "Print a completion script for a shell",
        "输出 shell 补全脚本",
    ),
    ("Shell to print the script for", "为哪个 shell 输出脚本"),
    (
        "For bash: qiwei completions bash > ~/.local/share/bash-completion/completions/qiwei",
        "bash 用法：qiwei completions bash > ~/.local/share/bash-completion/completions/qiwei",
    ),
    (
        "List every instance, its state, and which is current",
        "查看实例列表、状态和当前实例",
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
    ("Show only instances in this state", "只显示这个状态的实例"),
    ("Logged in", "已登录并在线"),
    ("Running, nobody logged in", "运行中但未登录"),
    ("Stopped, or just reconnecting", "已停止，或正在重连"),
    ("Stopped, at two looks", "连续两次查询都是停止"),
    ("The look-up failed", "查询失败"),
    (
        "Client version it poses as; `list` shows the known ones",
        "客户端类型；`list` 显示已知的类型",
    ),
    (
        "Proxy it connects through: an http, socks4 or socks5 URL",
        "连接用的代理：http、socks4 或 socks5 URL",
    ),
    (
        "Id of the local proxy (bridge) it connects through",
        "连接用的本地代理 ID（bridge）",
    ),
    ("Leave it stopped", "创建后不启动"),
    ("Do not make it the current instance", "不设为当前实例"),
    ("Show the request and create nothing", "只显示请求，不创建"),
    ("Instances to remove", "要删除的实例"),
    (
        "Remove every instance that is stopped now and still is after --settle",
        "删除现在停止、经过 --settle 之后仍停止的所有实例",
    ),
    (
        "Time between the two looks: an account that reconnects shows as stopped too",
        "两次查询的间隔：正在重连的账号也会显示为停止",
    ),
    ("Do not ask", "不询问"),
    ("Show the requests and remove nothing", "只显示请求，不删除"),
    ("Instance to make current", "要设为当前的实例"),
    ("Take the only one online", "选择唯一在线的实例"),
    (
        "Save it without asking the server whether it has it",
        "直接保存，不向服务器核实",
    ),
    ("Instance to start", "要启动的实例"),
    ("Show the request and start nothing", "只显示请求，不启动"),
    ("Instance to stop", "要停止的实例"),
    ("Show the request and stop nothing", "只显示请求，不停止"),
    ("Print where the config file is", "显示配置文件的位置"),
    (
        "Print one effective value, secrets redacted",
        "显示一项生效的值（脱敏）",
    ),
    ("Change one setting in the file", "修改文件中的一项"),
    ("Remove one setting from the file", "从文件中删除一项"),
    (
        "Show every effective value and where it came from",
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
        "Value; `-` reads it from standard input, which keeps a secret out of `ps`",
        "值；`-` 从标准输入读取，避免机密出现在 `ps` 中",
    ),
    (
        "List the keys and what became of their messages",
        "查看所有键及其消息的结果",
    ),
    (
        "Forget a key, so that it can be used again",
        "清除一个键，使它可以再用",
    ),
    ("Forget what is old", "清除旧记录"),
    (
        "Key to forget, on this server and instance (without --guid: on every instance)",
        "要清除的键，限于这个服务器和实例（没有 --guid 时为所有实例）",
    ),
    (
        "Forget what is older than this [default: ledger_days of the config, else 30]",
        "清除多少天以前的记录 [默认: 配置中的 ledger_days，否则 30]",
    ),
];

//! The configuration, and the values that settings and arguments take.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "a base URL must not contain @ after /, ? or #; in a password write / as %2F, ? as %3F and # as %23",
        "服务器地址中 /、? 或 # 之后不能出现 @；密码中的 / 请写成 %2F，? 写成 %3F，# 写成 %23",
    ),
    (
        "{name} must not contain @ after /, ? or #; in a password write / as %2F, ? as %3F and # as %23",
        "{name} 中 /、? 或 # 之后不能出现 @；密码中的 / 请写成 %2F，? 写成 %3F，# 写成 %23",
    ),
    ("{message}; it is not used", "{message}；本次不使用该文件"),
    (
        "name the instance with --guid or QIWEI_GUID, or choose a file with --config or QIWEI_CONFIG",
        "请用 --guid 或 QIWEI_GUID 指定实例，或用 --config 或 QIWEI_CONFIG 另选配置文件",
    ),
    (
        "a base URL must start with http:// or https://, for example http://127.0.0.1:8080",
        "服务器地址必须以 http:// 或 https:// 开头，例如 http://127.0.0.1:8080",
    ),
    ("not a URL: {error}", "不是合法的 URL：{error}"),
    (
        "a base URL must start with http:// or https://, not {scheme}://",
        "服务器地址必须以 http:// 或 https:// 开头，而不是 {scheme}://",
    ),
    (
        "a base URL must not contain ? or #",
        "服务器地址不能包含 ? 或 #",
    ),
    (
        "must be an http:// or https:// URL",
        "应为 http:// 或 https:// 开头的 URL",
    ),
    (
        "the guid is empty; `qiwei instance ls` lists all guids",
        "GUID 为空；用 `qiwei instance ls` 查看所有 GUID",
    ),
    (
        "not a guid: it must consist of letters, digits and dashes, as printed by `qiwei instance ls`",
        "不是 GUID：应由字母、数字和连字符组成，见 `qiwei instance ls` 的输出",
    ),
    (
        "{name} is not a known setting; it has no effect",
        "{name} 不是已知的设置项，不起作用",
    ),
    (
        "profile {profile} in {file}",
        "{file} 中的 profile {profile}",
    ),
    (
        "`get` shows effective values, not those of one profile",
        "`get` 显示的是最终生效的值，而不是某个 profile 里的值",
    ),
    (
        "use `--profile {profile}` with the bare key",
        "请用 `--profile {profile}` 加不带前缀的键",
    ),
    ("{name} is not set", "{name} 未设置"),
    (
        "set it with `qiwei config set {name} VALUE`",
        "用 `qiwei config set {name} VALUE` 设置",
    ),
    ("{name} saved in {path}", "{name} 已保存到 {path}"),
    ("{name} removed from {path}", "已从 {path} 删除 {name}"),
    ("{name} was not in {path}", "{path} 中没有 {name}"),
    (
        "{part} is not a table in the config",
        "配置文件中的 {part} 不是表",
    ),
    (
        "another process has locked the config {path}",
        "另一个进程锁定了配置文件 {path}",
    ),
    (
        "cannot write the config {path}: {error}",
        "无法写入配置文件 {path}：{error}",
    ),
    (
        "choose another file with --config or QIWEI_CONFIG, or make this one writable",
        "请用 --config 或 QIWEI_CONFIG 指定其他文件，或让此文件可写",
    ),
    (
        "cannot read the config {path}: {error}",
        "无法读取配置文件 {path}：{error}",
    ),
    (
        "fix the line in an editor; the file was not changed",
        "请用编辑器修正这一行；文件未被改动",
    ),
    ("{path} has no conversation", "{path} 中没有会话"),
    (
        "{path} must be a table, written [{path}]",
        "{path} 必须是表，写作 [{path}]",
    ),
    (
        "{path} must be a string, a number, or true or false",
        "{path} 必须是字符串、数字或 true/false",
    ),
    (
        "fix --config or QIWEI_CONFIG, or create the file with `qiwei config set`",
        "请更正 --config 或 QIWEI_CONFIG，或用 `qiwei config set` 创建文件",
    ),
    (
        "must be a number of days from 1 to 3650",
        "应为 1 到 3650 之间的天数",
    ),
    ("must be a number from 0 to 20", "应为 0 到 20 之间的数字"),
    ("the path is empty", "路径为空"),
    ("must be true or false", "应为 true 或 false"),
    ("an alias needs a name", "别名不能为空"),
    (
        "{name} looks like a conversation id; an alias must be a word, such as ops",
        "{name} 像是会话 ID；别名应为一个词，例如 ops",
    ),
    ("an alias must not contain spaces", "别名不能包含空格"),
    (
        "the config has no profile {name}",
        "配置文件里没有 profile {name}",
    ),
    (
        "create one with `qiwei config set profiles.{name}.base_url URL`",
        "用 `qiwei config set profiles.{name}.base_url URL` 创建",
    ),
    ("it has: {names}", "现有：{names}"),
    (
        "a header value must be one line without control characters",
        "请求头的值必须为一行，且不含控制字符",
    ),
    (
        "a profile's setting is written profiles.NAME.KEY",
        "profile 里的设置写作 profiles.NAME.KEY",
    ),
    ("profiles cannot be nested", "profile 不能嵌套"),
    (
        "no setting {text}; did you mean {key}?",
        "没有 {text} 这一项；是不是想写 {key}？",
    ),
    (
        "no setting {text}; there are {names}, headers.NAME, aliases.NAME and profiles.NAME.…",
        "没有 {text} 这一项；可用的有 {names}、headers.NAME、aliases.NAME 和 profiles.NAME.…",
    ),
    ("{key} has no default", "{key} 没有默认值"),
    (
        "there is no home directory for a config file",
        "没有主目录，无法保存配置文件",
    ),
    (
        "choose a file with --config or QIWEI_CONFIG",
        "请用 --config 或 QIWEI_CONFIG 指定文件",
    ),
    (
        "{env} is set and overrides the saved instance",
        "环境变量 {env} 已设置，优先于刚保存的实例",
    ),
    (
        "the conversation id is empty; use S:<user id> or R:<group id>",
        "会话 ID 为空；请写成 S:<用户ID> 或 R:<群ID>",
    ),
    (
        "a conversation id needs its prefix; did you mean {prefix}:{text}?",
        "会话 ID 需要前缀；是不是想写 {prefix}:{text}？",
    ),
    (
        "a conversation id needs its prefix: S:{text} for a user, R:{text} for a group",
        "会话 ID 需要前缀：私聊写 S:{text}，群聊写 R:{text}",
    ),
    (
        "the prefix is a capital letter; did you mean {prefix}:{id}?",
        "前缀是大写字母；是不是想写 {prefix}:{id}？",
    ),
    (
        "{text} is not a conversation id: S:<digits> for a user, R:<digits> for a group",
        "{text} 不是会话 ID：私聊是 S:<数字>，群聊是 R:<数字>",
    ),
    ("{name} is not valid UTF-8", "{name} 不是合法的 UTF-8"),
    (
        "must be a pace such as 20/min, 2/s or 100/h, optionally with ,burst=5 to allow several at once",
        "应为 20/min、2/s 或 100/h 这样的限速，可加 ,burst=5 允许连发",
    ),
    ("one per {seconds}s", "每 {seconds} 秒一条"),
    (
        "one per {seconds}s, up to {burst} at once",
        "每 {seconds} 秒一条，最多连发 {burst} 条",
    ),
    (
        "certificate verification is disabled, so the connection can be intercepted; use --cacert instead of --insecure",
        "未校验证书，连接可能被拦截；请用 --cacert 代替 --insecure",
    ),
    (
        "everyone on this machine can change the config {path}, and thereby redirect messages; run `chmod 600` on it",
        "本机所有用户都能修改配置文件 {path}，从而改变消息的去向；请对它执行 `chmod 600`",
    ),
    (
        "everyone on this machine can read the secrets in the config {path}; run `chmod 600` on it",
        "本机所有用户都能读取配置文件 {path} 中的机密；请对它执行 `chmod 600`",
    ),
    (
        "{source} is empty; nothing was saved",
        "{source}为空，没有保存",
    ),
    (
        "read it from a file, `qiwei config set {name} @FILE`, or from standard input with `-`",
        "请从文件读取：`qiwei config set {name} @FILE`，或用 `-` 从标准输入读取",
    ),
];

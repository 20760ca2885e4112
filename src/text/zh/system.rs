//! The operating system's words.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "failed to lookup address information: {why}",
        "域名解析失败：{why}",
    ),
    ("Name or service not known", "找不到这个域名"),
    ("Temporary failure in name resolution", "域名解析暂时失败"),
    ("{what} (os error {code})", "{what}（系统错误 {code}）"),
    ("Connection refused", "连接被拒绝"),
    ("Connection reset by peer", "连接被对方重置"),
    ("Network is unreachable", "网络不可达"),
    ("No route to host", "没有到主机的路由"),
    ("Address already in use", "地址已被占用"),
    ("Cannot assign requested address", "本机没有这个地址"),
    ("No such file or directory", "文件或目录不存在"),
    ("Permission denied", "权限不足"),
    ("Is a directory", "是一个目录"),
    ("Not a directory", "不是目录"),
    ("Read-only file system", "文件系统只读"),
    ("No space left on device", "磁盘空间不足"),
    ("exit status: {code}", "退出码 {code}"),
    ("longer than 16 MiB", "超过 16 MiB"),
    ("a line is longer than 16 MiB", "有一行超过 16 MiB"),
    ("empty host", "主机名为空"),
    ("invalid port number", "端口号无效"),
    ("invalid IPv4 address", "IPv4 地址无效"),
    ("invalid IPv6 address", "IPv6 地址无效"),
    ("invalid international domain name", "国际化域名无效"),
    ("relative URL without a base", "缺少 http:// 或 https://"),
];

//! The callbacks of an instance.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    ("not a callback: {error}", "不是回调：{error}"),
    ("no notify_type", "缺少 notify_type"),
    ("no guid", "缺少 guid"),
    (
        "must be a number such as 11010, or one of {names}",
        "应为 11010 这样的数字，或以下之一：{names}",
    ),
    ("event {number}", "事件 {number}"),
    (
        "the server's address cannot be resolved: {error}",
        "无法解析服务器地址：{error}",
    ),
    ("the server has no address", "服务器没有地址"),
    (
        "no route to the server: {error}",
        "没有到服务器的路由：{error}",
    ),
    (
        "{address} listens on all interfaces, so the callback URL must be given with --notify-url URL",
        "{address} 监听所有网络接口，必须用 --notify-url URL 指定回调地址",
    ),
    (
        "the callback URL would have {count} bytes with its token; it must be shorter than {limit}: use a shorter --notify-url",
        "回调地址连同令牌有 {count} 字节，必须少于 {limit} 字节：请使用更短的 --notify-url",
    ),
    (
        "the URL must not contain ? or #, because the token is appended",
        "URL 不能包含 ? 或 #，因为令牌会追加在末尾",
    ),
    (
        "cannot create a random token: {error}",
        "无法生成随机令牌：{error}",
    ),
    (
        "choose an address with --listen ADDR:PORT",
        "请用 --listen ADDR:PORT 指定监听地址",
    ),
    (
        "cannot listen on {address}: {error}",
        "无法监听 {address}：{error}",
    ),
    (
        "choose another address with --listen ADDR:PORT",
        "用 --listen ADDR:PORT 换一个地址",
    ),
    ("the listener has no address", "监听器没有地址"),
    (
        "--global-notify redirects the callbacks of every instance of this server",
        "--global-notify 会重定向此服务器上所有实例的回调",
    ),
    ("cannot serve callbacks", "无法提供回调服务"),
    (
        "no notify_url is configured, so this instance's callbacks are now lost; set one with `qiwei config set notify_url URL` to have it restored",
        "未配置 notify_url，此实例的回调现在会丢失；用 `qiwei config set notify_url URL` 配置后会自动恢复",
    ),
    ("restored notify_url", "已恢复 notify_url"),
    (
        "could not restore notify_url: {message}",
        "未能恢复 notify_url：{message}",
    ),
    (
        "there is no home directory, so a second listener for this instance is not detected",
        "没有主目录，无法发现此实例的另一个监听器",
    ),
    (
        "another qiwei is already receiving the callbacks of {guid} (login, listen or probe callback)",
        "另一个 qiwei 正在接收 {guid} 的回调（login、listen 或 probe callback）",
    ),
    ("stop it first", "请先结束它"),
    (
        "the server is back; notify_url was set again",
        "服务器已恢复，已重新设置 notify_url",
    ),
    (
        "the server is back, but notify_url could not be set again: {error}",
        "服务器已恢复，但无法重新设置 notify_url：{error}",
    ),
    (
        "the server, or the instance on it, is lost: {error}",
        "服务器不可用，或服务器上已没有该实例：{error}",
    ),
    (
        "{why}; notify_url is set again when it is back",
        "{why}；恢复后会重新设置 notify_url",
    ),
    (
        "waiting up to {at_most} for acknowledged callbacks to be printed ({count}); interrupt again to exit at once",
        "最多等待 {at_most}，让 {count} 条已确认的回调输出完；再次中断则立即退出",
    ),
    (
        "waiting up to {at_most} for --exec commands to end ({count}); interrupt again to exit at once",
        "最多等待 {at_most}，让 {count} 个 --exec 命令结束；再次中断则立即退出",
    ),
    (
        "the --exec command was ended, or did not run, for these callbacks: {callbacks}",
        "以下回调的 --exec 命令被终止或没有运行：{callbacks}",
    ),
    ("--exec cannot be run: {error}", "无法运行 --exec：{error}"),
    ("--exec {why}", "--exec {why}"),
    ("cannot be run: {error}", "无法运行：{error}"),
    ("cannot be waited for: {error}", "无法等待结束：{error}"),
    ("failed ({status})", "失败（{status}）"),
    (
        "listening for callbacks of {guid}; press Ctrl-C to stop",
        "正在监听 {guid} 的回调，按 Ctrl-C 结束",
    ),
    (
        "{taken} of {count} callbacks arrived within {time}",
        "{time} 内只收到 {taken} 个回调（应为 {count} 个）",
    ),
    ("revoked", "已撤回"),
    ("empty text", "空文本"),
    ("image", "图片"),
    ("voice", "语音"),
    ("video", "视频"),
    ("file", "文件"),
    ("mini-program", "小程序"),
    ("system", "系统消息"),
    ("read", "已读"),
    ("message of type {other}", "类型为 {other} 的消息"),
    ("cannot print callbacks", "无法输出回调"),
    (
        "the printing thread has ended unexpectedly",
        "输出线程意外结束",
    ),
    (
        "acknowledged callbacks could not be printed: {callbacks}",
        "以下已确认的回调未能输出：{callbacks}",
    ),
    ("forwarded messages", "合并转发的消息"),
    ("it cannot be read", "无法读取"),
    ("it is for another instance", "属于其他实例"),
    ("it is larger than 1 MiB", "超过 1 MiB"),
    ("it is not a JSON callback", "不是 JSON 回调"),
    ("its content encoding is unknown", "未知的内容编码"),
    (
        "its method is neither POST nor GET",
        "请求方法既不是 POST 也不是 GET",
    ),
    ("link", "链接"),
    ("location", "位置"),
    ("mixed content", "图文混合消息"),
    ("sticker", "表情"),
    (
        "refused a callback of the server: {why} (HTTP {status}); further ones are only counted",
        "拒绝了服务器的一个回调：{why}（HTTP {status}）；后续同类回调只计数",
    ),
    (
        "{count} refused: {why} (HTTP {status})",
        "拒绝了 {count} 个：{why}（HTTP {status}）",
    ),
    ("a web page sent it", "由网页发出"),
    ("its body cannot be decompressed", "内容无法解压"),
];

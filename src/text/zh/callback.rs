//! The callbacks of an instance.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    ("not a callback: {error}", "不是回调：{error}"),
    ("no notify_type", "缺少 notify_type"),
    ("no guid", "缺少 guid"),
    (
        "a number such as 11010 is meant, or one of {names}",
        "应为 11010 这样的数字，或以下之一：{names}",
    ),
    ("event {number}", "事件 {number}"),
    (
        "the server's address is not known: {error}",
        "查不到服务器的地址：{error}",
    ),
    ("the server has no address", "服务器没有地址"),
    (
        "no way leads to the server: {error}",
        "没有通往服务器的路由：{error}",
    ),
    (
        "listening on {address} everywhere, so the server must be told where: --notify-url URL",
        "监听的是所有地址（{address}），必须告诉服务器回调到哪里：--notify-url URL",
    ),
    (
        "the callback URL would have {count} bytes with its token; servers keep fewer than {limit}, so give a shorter --notify-url",
        "回调地址连同令牌有 {count} 字节；服务器只保存不到 {limit} 字节，请给一个更短的 --notify-url",
    ),
    (
        "the URL has no ? or # part: the token is put at its end",
        "URL 不能带 ? 或 # 部分：令牌会加在末尾",
    ),
    (
        "no randomness for the token: {error}",
        "无法为令牌生成随机数：{error}",
    ),
    (
        "say where to listen with --listen ADDR:PORT",
        "用 --listen ADDR:PORT 指定监听地址",
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
        "--global-notify turns the callbacks of every instance of this server here",
        "--global-notify 会把这台服务器上所有实例的回调都转到这里",
    ),
    ("cannot serve callbacks", "无法提供回调服务"),
    (
        "no notify_url is configured, so this instance's callbacks now go nowhere; set one with `qiwei config set notify_url URL`, and it is put back from then on",
        "没有配置 notify_url，这个实例的回调现在无处可去；用 `qiwei config set notify_url URL` 设置后，以后会自动恢复",
    ),
    (
        "the configured notify_url is in force again",
        "已恢复配置的 notify_url",
    ),
    (
        "the configured notify_url could not be put back: {message}",
        "未能恢复配置的 notify_url：{message}",
    ),
    (
        "there is no home folder, so a second listener for this instance goes unnoticed",
        "没有主目录，无法发现这个实例的另一个监听器",
    ),
    (
        "another qiwei receives the callbacks of {guid} already (login, listen or probe callback)",
        "另一个 qiwei 正在接收 {guid} 的回调（login、listen 或 probe callback）",
    ),
    ("end that one first", "请先结束那一个"),
    (
        "name another folder for it with QIWEI_STATE_DIR",
        "请用 QIWEI_STATE_DIR 为它指定别的目录",
    ),
    ("--exec cannot be run: {error}", "无法运行 --exec：{error}"),
    ("--exec {why}", "--exec {why}"),
    ("cannot be run: {error}", "无法运行：{error}"),
    ("cannot be waited for: {error}", "无法等待结束：{error}"),
    ("failed ({status})", "失败（{status}）"),
    (
        "listening for the callbacks of {guid}; Ctrl-C ends it",
        "正在监听 {guid} 的回调，按 Ctrl-C 结束",
    ),
    (
        "{taken} of {count} callbacks came within {time}",
        "{time} 内只收到 {taken} 个回调（应有 {count} 个）",
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
    ("the printer has ended without a word", "输出线程意外结束"),
    (
        "callbacks that were taken could not be printed: nobody reads the output",
        "有回调已收下但未能输出：没有人读取输出",
    ),
];

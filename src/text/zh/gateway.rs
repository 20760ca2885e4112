//! Messages about the hosted gateway.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "a WebSocket cannot go through the proxy {proxy}; exclude the server with NO_PROXY, or receive callbacks with --notify-url",
        "WebSocket 无法经代理 {proxy} 连接；请用 NO_PROXY 排除该服务器，或用 --notify-url 接收回调",
    ),
    (
        "a WebSocket needs the hosted gateway",
        "WebSocket 仅可用于托管网关",
    ),
    (
        "app_key is set, but app_secret is not",
        "已设置 app_key，但未设置 app_secret",
    ),
    (
        "app_secret is sent unencrypted, because the base URL starts with http://; use https://",
        "base URL 使用 http://，app_secret 会以明文传输；请改用 https://",
    ),
    (
        "app_secret is set, but app_key is not",
        "已设置 app_secret，但未设置 app_key",
    ),
    (
        "cannot connect to the gateway's WebSocket: {why}",
        "无法连接网关的 WebSocket：{why}",
    ),
    (
        "check app_key and app_secret; `qiwei config explain` shows where they come from",
        "请检查 app_key 和 app_secret；`qiwei config explain` 会显示它们的来源",
    ),
    (
        "check app_key, app_secret and the guid; `qiwei config explain` shows where they come from",
        "请检查 app_key、app_secret 和 guid；`qiwei config explain` 会显示它们的来源",
    ),
    (
        "check the address (`qiwei config set websocket_url URL`), or receive callbacks at a public URL with --notify-url",
        "请检查地址（`qiwei config set websocket_url URL`），或用 --notify-url 通过公网 URL 接收回调",
    ),
    (
        "give the public URL with --notify-url; `listen` and `login` receive callbacks without one, over the gateway's WebSocket, when --listen is not given",
        "请用 --notify-url 指定公网 URL；`listen` 和 `login` 不带 --listen 时通过网关的 WebSocket 接收回调，无需公网 URL",
    ),
    (
        "must be a ws:// or wss:// URL",
        "必须是 ws:// 或 wss:// 开头的 URL",
    ),
    ("must be one word", "不能包含空白字符"),
    ("must have at least 6 characters", "至少需要 6 个字符"),
    (
        "no connection to the gateway's WebSocket: {why}; reconnecting in {pause}",
        "网关的 WebSocket 未连接：{why}；{pause} 后重新连接",
    ),
    (
        "set both with `qiwei config set app_key KEY` and `qiwei config set app_secret - < FILE`, or with QIWEI_APP_KEY and QIWEI_APP_SECRET",
        "请同时设置两者：`qiwei config set app_key KEY` 和 `qiwei config set app_secret - < FILE`，或使用环境变量 QIWEI_APP_KEY 和 QIWEI_APP_SECRET",
    ),
    (
        "set the guid of a WeCom instance",
        "请设置企业微信实例的 guid",
    ),
    (
        "reconnected to the WebSocket after {time}; the gateway resends unacknowledged callbacks",
        "WebSocket 在中断 {time} 后已重新连接；网关会重发未确认的回调",
    ),
    (
        "the base URL is that of the hosted gateway, which needs app_key and app_secret",
        "base URL 是托管网关的地址，需要 app_key 和 app_secret",
    ),
    (
        "the gateway blocks an account for about 30 minutes above 100 calls a minute; keep the default pace",
        "每分钟调用超过 100 次时，网关会限制该账号约 30 分钟；请保留默认的限速",
    ),
    ("the gateway closed it", "网关关闭了连接"),
    (
        "the gateway closed it: {reason}",
        "网关关闭了连接：{reason}",
    ),
    ("the gateway does not list instances", "网关不提供实例列表"),
    (
        "the gateway does not offer this endpoint, or the base URL is not that of the gateway",
        "网关没有该接口，或 base URL 不是网关的地址",
    ),
    (
        "the gateway has been silent for {seconds} seconds",
        "网关已 {seconds} 秒没有响应",
    ),
    (
        "the gateway has no such instance; copy its guid from the gateway's console: `qiwei config set guid GUID`",
        "网关上没有该实例；请从网关控制台复制 guid：`qiwei config set guid GUID`",
    ),
    (
        "the gateway has not answered the authentication of the WebSocket; waiting for callbacks all the same",
        "网关未应答 WebSocket 认证；继续等待回调",
    ),
    (
        "the gateway manages instances in its web console; copy the guid from there: `qiwei config set guid GUID`",
        "实例在网关的网页控制台中管理；请从那里复制 guid：`qiwei config set guid GUID`",
    ),
    (
        "the gateway refused the WebSocket: {reason}",
        "网关拒绝了 WebSocket：{reason}",
    ),
    ("the gateway says: {message}", "网关返回：{message}"),
    (
        "the gateway sends callbacks only to a public URL, so a listener here needs --notify-url",
        "网关只向公网 URL 发送回调，因此本机监听需要 --notify-url",
    ),
    (
        "the gateway takes only POST, not {method}",
        "网关只接受 POST，不接受 {method}",
    ),
    (
        "the gateway takes only a JSON body: {error}",
        "网关只接受 JSON 请求体：{error}",
    ),
    (
        "the instance is one of personal WeChat, which this program does not support",
        "该实例是个人微信实例，本程序不支持",
    ),
    (
        "the instance is one of personal WeChat, which this program does not support; set the guid of a WeCom instance",
        "该实例是个人微信实例，本程序不支持；请设置企业微信实例的 guid",
    ),
    (
        "the pace ({rate}) allows no request within {most}; the next one is possible in {wait}",
        "受限速（{rate}）限制，{most} 内无法发送请求；{wait} 后可再试",
    ),
    (
        "the rate limit cannot be enforced: {message}",
        "无法记录该账号的限速状态：{message}",
    ),
    (
        "the server answered HTTP {status} to the WebSocket",
        "服务器对 WebSocket 请求返回 HTTP {status}",
    ),
    (
        "the status of this guid cannot be read either, so it is probably wrong; `qiwei instance ls` lists the instances",
        "该 guid 的状态也无法读取，guid 很可能有误；`qiwei instance ls` 可列出实例",
    ),
    (
        "the status of this guid cannot be read either, so it is probably wrong; copy it from the gateway's console: `qiwei config set guid GUID`",
        "该 guid 的状态也无法读取，guid 很可能有误；请从网关控制台复制：`qiwei config set guid GUID`",
    ),
    (
        "waiting {wait} for the pace ({rate})",
        "受限速（{rate}）限制，等待 {wait}",
    ),
    (
        "{count} received callbacks were not processed and not acknowledged; the gateway sends them again to the next connection",
        "{count} 条已收到的回调未处理、未确认；下次连接时网关会重发",
    ),
    ("{host}:{port}: {error}", "{host}:{port}：{error}"),
    (
        "{message}; falling back to polling",
        "{message}；改用轮询跟踪登录",
    ),
    (
        "{name} must not be an argument, which other users of this machine can read; nothing was saved",
        "{name} 不能作为命令行参数，本机其他用户可以看到；未保存",
    ),
    (
        "app_key and app_secret are not used, because the base URL comes from a flag or a variable; write it with /open/GuidRequest at the end to reach a gateway there",
        "base URL 来自命令行选项或环境变量，因此不使用 app_key 和 app_secret；如该地址是网关，请在末尾加上 /open/GuidRequest",
    ),
    (
        "app_secret is sent unencrypted to the WebSocket, because its address starts with ws://; use wss://",
        "WebSocket 地址使用 ws://，app_secret 会以明文传输；请改用 wss://",
    ),
    (
        "the server's certificate is not trusted: {why}; if it is your own server, give its certificate with --cacert FILE",
        "服务器证书不受信任：{why}；如果是自己的服务器，请用 --cacert FILE 指定其证书",
    ),
];

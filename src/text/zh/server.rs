//! The server's answers and what they mean.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    ("it has expired", "证书已过期"),
    ("it is not valid yet", "证书尚未生效"),
    (
        "renew the certificate on the server, and check the clock of this machine",
        "请更新服务器上的证书，并检查本机时间",
    ),
    (
        "check the clock of this machine and of the server",
        "请检查本机和服务器的时间",
    ),
    (
        "use a host name in the base URL that the certificate was issued for",
        "请在服务器地址中使用证书所签发的主机名",
    ),
    ("the server needs another certificate", "请为服务器更换证书"),
    (
        "{count} entries without a conversation id were omitted",
        "已略过 {count} 个没有会话 ID 的条目",
    ),
    ("the answer contains no {wanted}", "应答中没有{wanted}"),
    (
        "the answer contains no {wanted}: {error}",
        "应答中没有{wanted}：{error}",
    ),
    ("confirmation", "确认"),
    ("guid", " GUID"),
    ("list of guids", " GUID 列表"),
    ("status {other} is not known", "未知的状态 {other}"),
    ("conversation", "会话"),
    ("conversation id", "会话 ID"),
    ("message", "消息"),
    ("message id", "消息 ID"),
    ("login QR code", "登录二维码"),
    ("link for a login QR code", "登录二维码的链接"),
    ("QR code status", "二维码状态"),
    (
        "the HTTP client cannot be set up: {error}",
        "无法初始化 HTTP 客户端：{error}",
    ),
    (
        "headers.{name}: not a valid header name",
        "headers.{name}：不是合法的请求头名称",
    ),
    (
        "headers.{name}: the value is not valid in a header",
        "headers.{name}：这个值不能用作请求头",
    ),
    ("the answer is empty", "应答为空"),
    ("{key} is not a number", "{key} 不是数字"),
    (
        "the answer contradicts itself ({failure})",
        "应答自相矛盾（{failure}）",
    ),
    (
        "the answer contains neither a code nor data, only the text: {words}",
        "应答既无错误码也无数据，只有文字：{words}",
    ),
    (
        "the server refused without giving a reason",
        "服务器拒绝了请求，未说明原因",
    ),
    ("the server refused: {text}", "服务器拒绝了请求：{text}"),
    (
        "it contains both code {first} and code {code}",
        "同时包含错误码 {first} 和 {code}",
    ),
    ("the answer is HTML, not JSON", "应答是 HTML，不是 JSON"),
    (
        "the answer is not JSON ({count} bytes)",
        "应答不是 JSON（{count} 字节）",
    ),
    (
        "the server's certificate is not trusted: {why}",
        "服务器的证书不受信任：{why}",
    ),
    (
        "check the base URL (`qiwei config explain`) and that the server is running",
        "请检查服务器地址（`qiwei config explain`），并确认 API 服务已启动、端口正确",
    ),
    (
        "if it is your own server, give its certificate with --cacert FILE or `qiwei config set cacert FILE`",
        "如果是自己的服务器，请用 --cacert FILE 或 `qiwei config set cacert FILE` 指定其证书",
    ),
    (
        "{message}; the request may or may not have been executed",
        "{message}；请求可能已执行，也可能未执行",
    ),
    (
        "check the result before running this again; it is not repeated automatically",
        "再次运行前请先确认结果；程序不会自动重试",
    ),
    (
        "the server reports that delivery failed (is_svr_fail)",
        "服务器报告投递失败（is_svr_fail）",
    ),
    (
        "the server refused with code {code} and no text",
        "服务器拒绝了请求，错误码 {code}，没有说明",
    ),
    (
        "the server refused: {text} (code {code})",
        "服务器拒绝了请求：{text}（错误码 {code}）",
    ),
    (
        "the server answered HTTP {status}",
        "服务器返回 HTTP {status}",
    ),
    (
        "the server answered HTTP {status}: {text}",
        "服务器返回 HTTP {status}：{text}",
    ),
    (
        "the server answered HTTP {status} (redirect)",
        "服务器返回 HTTP {status}（重定向）",
    ),
    (
        "the redirect has no Location header; set the base URL to the server's actual address",
        "重定向没有 Location 头；请把服务器地址改为实际地址",
    ),
    (
        "the redirect points to {target}; set the base URL to the server's actual address",
        "重定向指向 {target}；请把服务器地址改为实际地址",
    ),
    (
        "check the conversation id: S:<user id> or R:<group id>, as `qiwei sessions` lists them",
        "请检查会话 ID：S:<用户ID> 或 R:<群ID>，可用 `qiwei sessions` 查看",
    ),
    (
        "this account may not message that contact; check on the phone that the contact still exists",
        "此账号无权给对方发消息；请在手机上确认对方仍是好友",
    ),
    (
        "the login device is not ready yet; try again shortly",
        "登录设备尚未就绪，请稍后再试",
    ),
    (
        "the account is offline or the guid is wrong; `qiwei status` shows which",
        "账号已离线或 GUID 有误；用 `qiwei status` 查看是哪一种",
    ),
    (
        "the seat of this account has expired; renew it with the operator",
        "账号的坐席已过期，请联系服务商续费",
    ),
    (
        "the server's limit of instances is reached; `qiwei instance rm --stopped` removes the stopped ones",
        "实例数量已达上限；用 `qiwei instance rm --stopped` 删除停止的实例",
    ),
    (
        "this client version cannot send mini-programs; upgrade the instance",
        "这个客户端版本不能发送小程序，请升级实例",
    ),
    (
        "the CDN rules are outdated; refresh them with `qiwei api POST /cloud/update_cdn_rule`",
        "CDN 规则已过期；请用 `qiwei api POST /cloud/update_cdn_rule` 刷新",
    ),
    (
        "the instance has lost its connection; check with `qiwei status`",
        "实例已断开连接；请用 `qiwei status` 检查",
    ),
    (
        "log in with `qiwei login`, then run this again",
        "请先用 `qiwei login` 登录，再重试",
    ),
    (
        "the server has no such instance; `qiwei instance ls` lists its instances",
        "服务器上没有这个实例；用 `qiwei instance ls` 查看实例列表",
    ),
    (
        "the server reports an expiry; see its text",
        "账号有内容已过期，请看服务器的说明",
    ),
    (
        "too many requests; wait and send more slowly",
        "请求过于频繁；请稍等，并降低发送速度",
    ),
    (
        "put the credentials into the base URL (https://user:password@host) or into [headers] of the config",
        "请把凭据写进服务器地址（https://user:password@host）或配置文件的 [headers]",
    ),
    (
        "the server has no such endpoint; check the path prefix of the base URL, and `qiwei probe`",
        "服务器没有这个接口；请检查服务器地址里的路径前缀，或运行 `qiwei probe`",
    ),
    (
        "the server requires another HTTP method here; `qiwei probe` shows which",
        "服务器在此接口使用其他 HTTP 方法；用 `qiwei probe` 查看",
    ),
    (
        "the server does not accept this field; see its text",
        "服务器不接受这个字段，请看它的说明",
    ),
    (
        "the request is larger than the server or its proxy allows",
        "请求超过了服务器或其代理允许的大小",
    ),
    ("{method} is not an HTTP method", "{method} 不是 HTTP 方法"),
    ("no connection in time", "连接超时"),
    (
        "the answer is larger than 16 MiB and was not read",
        "应答超过 16 MiB，未读取",
    ),
    ("the answer was cut off ({error})", "应答不完整（{error}）"),
    ("no answer within {timeout}", "{timeout} 内没有应答"),
    (
        "the system's certificates cannot be loaded: {error}",
        "无法加载系统证书：{error}",
    ),
    (
        "cannot read the certificate file {path}: {error}",
        "无法读取证书文件 {path}：{error}",
    ),
    ("no PEM certificate in {path}", "{path} 里没有 PEM 证书"),
    (
        "> {method} {url} ({size} bytes)",
        "> {method} {url}（{size} 字节）",
    ),
    (
        "< HTTP {status} in {millis} ms ({size} bytes)",
        "< HTTP {status}，{millis} 毫秒（{size} 字节）",
    ),
    ("! after {millis} ms: {error}", "! {millis} 毫秒后：{error}"),
    ("~ trying again in {wait}", "~ {wait} 后重试"),
    (
        "it is not signed by a trusted authority",
        "不是由受信任的机构签发",
    ),
    ("it is self-signed", "是自签名证书"),
    (
        "allow more time with --timeout, or continue with --begin-seq {next}",
        "请用 --timeout 延长时间，或用 --begin-seq {next} 继续",
    ),
    ("cannot connect to {why}", "无法连接 {why}"),
    (
        "if the server uses TLS on this port, use an https:// base URL",
        "如果服务器在此端口使用 TLS，请使用 https:// 地址",
    ),
    (
        "put the credentials into the proxy URL, http://user:password@host: {proxy}",
        "请把凭据写进代理地址（http://user:password@host）：{proxy}",
    ),
    (
        "the base URL comes from {source}; check it, and that the server is running",
        "服务器地址来自 {source}；请检查该地址，并确认 API 服务已启动",
    ),
    (
        "the connection to {address} was lost before an answer came ({error})",
        "到 {address} 的连接在收到应答之前断开（{error}）",
    ),
    (
        "the proxy requires credentials (HTTP 407)",
        "代理要求身份验证（HTTP 407）",
    ),
    (
        "the request goes through the proxy {proxy}; check it, or exclude the server with NO_PROXY",
        "请求经过代理 {proxy}；请检查代理，或用 NO_PROXY 排除该服务器",
    ),
    (
        "the server does not speak TLS on this port",
        "服务器在此端口不使用 TLS",
    ),
    (
        "the server repeats its cursor {cursor}, so the list may be incomplete: it has {count} conversations",
        "服务器重复返回游标 {cursor}，列表可能不完整：已读取 {count} 个会话",
    ),
    (
        "the time limit of {timeout} was reached first",
        "已达到时间上限 {timeout}",
    ),
    (
        "timed out after {timeout}: {count} conversations were read, the list is incomplete",
        "已超时（{timeout}）：读取了 {count} 个会话，列表不完整",
    ),
    (
        "use an http:// base URL, or the port for https",
        "请使用 http:// 地址，或 https 对应的端口",
    ),
    ("{address}: {why}", "{address}：{why}"),
    (
        "{message}; {count} conversations were read, the list is incomplete",
        "{message}；读取了 {count} 个会话，列表不完整",
    ),
    (
        "{name} is not a proxy URL and is ignored",
        "{name} 不是合法的代理地址，已忽略",
    ),
    (
        "{name}: proxies with {scheme}:// are not supported",
        "{name}：不支持 {scheme}:// 代理",
    ),
    (
        "{what}, through the proxy {proxy}",
        "{what}，经过代理 {proxy}",
    ),
    ("{proxy} cannot be used as a proxy", "{proxy} 不能用作代理"),
];

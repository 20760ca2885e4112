//! Pictures, files, voice messages, videos and links, and taking messages back.

#[rustfmt::skip]
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "--duration and --name belong to a file; give one with --attach, --video or --voice",
        "--duration 和 --name 用于文件；请用 --attach、--video 或 --voice 指定文件",
    ),
    (
        "--on-server needs a private server: there are no files of yours behind the gateway",
        "--on-server 需要自有服务器：网关后面没有您的文件",
    ),
    ("1 byte", "1 字节"),
    (
        "Address on which a file is served until the API server has fetched it [default: loopback for a server on this machine, else the local address that routes to it; any free port]",
        "供 API 服务器取走文件的监听地址 [默认: 服务器在本机时为回环地址，否则为通往服务器的本机地址；端口任选]",
    ),
    (
        "Conversation of the message: id, alias, or name:NAME",
        "消息所在的会话：id、别名或 name:名称",
    ),
    (
        "Duration of a voice message or video in whole seconds",
        "语音或视频的时长（整秒）",
    ),
    ("Heading of the link [default: the URL]", "链接的标题 [默认: URL]"),
    ("Id of the message", "消息 id"),
    (
        "Name of the file for the receivers [default: its own]",
        "接收方看到的文件名 [默认: 原文件名]",
    ),
    ("Pictures, files and links", "图片、文件和链接"),
    (
        "Send a file as it is: without checks of its size, its content, and the server's copy",
        "不检查文件的大小、内容以及服务器保存的副本，直接发送",
    ),
    (
        "Send a file that is on the API server's own disk, see --as",
        "发送 API 服务器自己磁盘上的文件，参见 --as",
    ),
    ("Send a file, up to 100 MB", "发送文件，不超过 100 MB"),
    ("Send a link, see --title", "发送链接，参见 --title"),
    (
        "Send a picture: a file of this machine, or a URL that the API server fetches",
        "发送图片：本机文件，或由 API 服务器下载的 URL",
    ),
    (
        "Send a text, picture, file or link to a person or a group",
        "向个人或群发送文本、图片、文件或链接",
    ),
    ("Send a video", "发送视频"),
    (
        "Send a voice message: SILK or AMR, with --duration",
        "发送语音：SILK 或 AMR 格式，需同时给出 --duration",
    ),
    ("TO and MESSAGE_ID are required", "必须给出 TO 和 MESSAGE_ID"),
    ("Take a sent message back", "撤回已发送的消息"),
    (
        "Take back the message that was sent with this idempotency key",
        "撤回用这个幂等键发送的消息",
    ),
    ("Text below the heading of the link", "链接标题下方的描述"),
    ("URL of the link's picture", "链接配图的 URL"),
    (
        "URL under which the API server reaches that address, behind a proxy or in a container; token and name are appended",
        "API 服务器访问该地址所用的 URL（代理之后或容器中）；末尾会加上令牌和文件名",
    ),
    (
        "WeCom lets a message be taken back for a few minutes only, and only by the account that sent it",
        "企业微信只允许在发送后几分钟内撤回，且只能由发送的账号撤回",
    ),
    (
        "WeCom lets a message be taken back for a few minutes only. MESSAGE_ID is the message_id in the result of `qiwei send --json`.",
        "企业微信只允许在发送后几分钟内撤回。MESSAGE_ID 是 `qiwei send --json` 结果中的 message_id。",
    ),
    (
        "What the file of --on-server is sent as: image, attach, video or voice [default: attach]",
        "--on-server 的文件以何种类型发送：image、attach、video 或 voice [默认: attach]",
    ),
    ("a line has one file or link", "每行只能有一个文件或链接"),
    (
        "a line is one message; put the text and the file or link on two lines",
        "每行是一条消息；请把文本与文件或链接分成两行",
    ),
    (
        "a voice message has at most {limit} seconds; --attach sends it as a file",
        "语音最长 {limit} 秒；可用 --attach 作为文件发送",
    ),
    (
        "a voice message needs its duration in whole seconds: --duration S",
        "发送语音必须给出时长（整秒）：--duration S",
    ),
    (
        "files over {limit} cannot be sent through the gateway",
        "超过 {limit} 的文件无法通过网关发送",
    ),
    (
        "look for it in the conversation; `qiwei revoke TO MESSAGE_ID` takes it back by its id",
        "请到会话中查看；`qiwei revoke TO MESSAGE_ID` 按消息 id 撤回",
    ),
    (
        "must be a file name of at most 200 characters, without / and \\",
        "必须是不超过 200 个字符的文件名，且不含 / 和 \\",
    ),
    (
        "must be a message id, which consists of digits",
        "必须是消息 id（由数字组成）",
    ),
    (
        "must be image, attach, video or voice",
        "必须是 image、attach、video 或 voice",
    ),
    (
        "name an address that the API server reaches with --listen ADDR:PORT, or the public URL of this machine with --file-url URL",
        "请用 --listen ADDR:PORT 指定 API 服务器能访问的地址，或用 --file-url URL 指定本机的公网 URL",
    ),
    ("only a text has mentions", "只有文本消息可以 @ 成员"),
    (
        "run this again; if the server always reports this about a file it has fetched, --no-check sends its copy",
        "请重新运行；如果服务器取走文件后总是如此，可用 --no-check 直接发送服务器保存的副本",
    ),
    (
        "send a link to the file with --link",
        "请用 --link 发送文件的链接",
    ),
    (
        "serving {name} ({size}) at {address} until the API server has fetched it",
        "正在 {address} 提供 {name}（{size}），等待 API 服务器取走",
    ),
    (
        "set it with `qiwei config set cdn_url URL`, or give a URL that the gateway can fetch",
        "请用 `qiwei config set cdn_url URL` 设置，或改为给出网关能下载的 URL",
    ),
    (
        "standard input cannot be sent as a file; write it to a file first",
        "标准输入不能作为文件发送；请先写入文件",
    ),
    (
        "the API server fetches the URL itself: check that it can reach it",
        "URL 由 API 服务器自行下载：请确认它能访问该 URL",
    ),
    ("the file was not uploaded", "文件没有上传"),
    ("the file was not uploaded: {message}", "文件没有上传：{message}"),
    (
        "the file was not uploaded: {message}; {seen}",
        "文件没有上传：{message}；{seen}",
    ),
    (
        "the ledger has no message with the key {key} for this instance",
        "台账中没有该实例使用幂等键 {key} 的消息",
    ),
    (
        "the message with the key {key} has the outcome {outcome}, so there is no message id",
        "幂等键 {key} 的消息结果为 {outcome}，因此没有消息 id",
    ),
    (
        "the path is one on the API server's own disk, not on this machine",
        "该路径是 API 服务器自己磁盘上的路径，不是本机的",
    ),
    (
        "the server has fetched all {size} bytes",
        "服务器已取走全部 {size} 字节",
    ),
    (
        "the server has fetched at most {bytes} of its {size} bytes",
        "服务器最多取走了 {size} 字节中的 {bytes} 字节",
    ),
    (
        "the server has not fetched the file from {address}",
        "服务器没有从 {address} 取文件",
    ),
    (
        "the server has stored other bytes than those of the file: its MD5 differs",
        "服务器保存的内容与文件不同：MD5 不一致",
    ),
    (
        "the server has stored {stored} bytes, but the file has {size}",
        "服务器保存了 {stored} 字节，而文件有 {size} 字节",
    ),
    ("there is no file {path}", "文件 {path} 不存在"),
    (
        "through the gateway a file of this machine needs the operator's conversion service, which is not set",
        "通过网关发送本机文件需要运营方的转换服务，目前没有设置",
    ),
    (
        "took back message {id} of {to}",
        "已撤回 {to} 的消息 {id}",
    ),
    ("uploaded file", "已上传的文件"),
    (
        "{address} listens on all interfaces, so the URL of the file must be given with --file-url URL",
        "{address} 监听所有网卡，因此必须用 --file-url URL 给出文件的 URL",
    ),
    ("{count} KiB", "{count} KiB"),
    ("{count} MiB", "{count} MiB"),
    ("{count} bytes", "{count} 字节"),
    ("{field} belongs to a file", "{field} 用于文件"),
    ("{field} belongs to {owner}", "{field} 用于 {owner}"),
    (
        "{path} has {size}; files over {limit} are not sent (--no-check sends it anyway)",
        "{path} 大小为 {size}；超过 {limit} 的文件不会发送（--no-check 可强制发送）",
    ),
    (
        "{path} has {size}; over {limit} it can only be sent as a file: use --attach",
        "{path} 大小为 {size}；超过 {limit} 只能作为文件发送：请用 --attach",
    ),
    (
        "{path} is a directory; pack it into one file first, for example with zip",
        "{path} 是目录；请先打包成一个文件，例如用 zip",
    ),
    (
        "{path} is empty; empty files are not sent",
        "{path} 是空文件；空文件不会发送",
    ),
    (
        "{path} is neither SILK nor AMR, which voice messages need; convert it, or send it as a file with --attach",
        "{path} 不是语音所需的 SILK 或 AMR 格式；请先转换，或用 --attach 作为文件发送",
    ),
    (
        "{path} is not a regular file; write its content to a file first",
        "{path} 不是普通文件；请先把内容写入文件",
    ),
    (
        "{path} is not an image (PNG, JPEG, GIF, WebP or BMP); --attach sends it as a file",
        "{path} 不是图片（PNG、JPEG、GIF、WebP 或 BMP）；可用 --attach 作为文件发送",
    ),
    (
        "{path} was changed while it was sent; send it when it is complete",
        "{path} 在发送过程中被修改；请等它写完后再发送",
    ),
];

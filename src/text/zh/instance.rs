//! Instances, and which one a command acts on.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    ("0 instances", "0 个实例"),
    ("1 instance: {states}", "1 个实例：{states}"),
    ("{total} instances: {states}", "{total} 个实例：{states}"),
    (
        "using {guid}, the only online instance",
        "使用唯一在线的实例 {guid}",
    ),
    (
        "no instance was {wanted} within {timeout}: {why}",
        "{timeout} 内没有实例变为“{wanted}”：{why}",
    ),
    ("unknown ({why})", "未知（{why}）"),
    ("the server has no instance", "服务器上没有实例"),
    (
        "create one with `qiwei instance create`",
        "用 `qiwei instance create` 创建一个",
    ),
    (
        "{count} instances are online: {guids}",
        "有 {count} 个实例在线：{guids}",
    ),
    (
        "the status of {guids} cannot be read; not removed",
        "无法读取 {guids} 的状态，未删除",
    ),
    (
        "the status of {guids} cannot be read, so the instance cannot be detected",
        "无法读取 {guids} 的状态，因此无法确定使用哪个实例",
    ),
    ("no instance is online", "没有在线的实例"),
    (
        "must be a number; `--client-type list` shows the known ones",
        "应为数字；用 `--client-type list` 查看已知的客户端类型",
    ),
    ("{guid} was created", "{guid} 已创建"),
    ("removed {guids}", "已删除 {guids}"),
    (
        "{guid} was created, but not made current: {message}",
        "{guid} 已创建，但未能设为当前实例：{message}",
    ),
    ("started {guid}", "已启动 {guid}"),
    ("stopped {guid}", "已停止 {guid}"),
    (
        "the status of {guid} is unknown: {error}",
        "{guid} 的状态未知：{error}",
    ),
    ("nothing was removed", "没有删除任何实例"),
    (
        "--stopped removes instances permanently and needs a confirmation",
        "--stopped 会永久删除实例，需要确认",
    ),
    (
        "add --yes, or check first with --dry-run",
        "请加上 --yes，或先用 --dry-run 检查",
    ),
    (
        "--settle {pause} exceeds --timeout {timeout}",
        "--settle {pause} 超过了 --timeout {timeout}",
    ),
    ("increase --timeout", "请增大 --timeout"),
    ("no instance is stopped", "没有停止的实例"),
    (
        "{count} stopped; checking again in {pause}",
        "有 {count} 个停止；{pause} 后再次检查",
    ),
    (
        "{guid} is no longer stopped; not removed",
        "{guid} 已不再停止，未删除",
    ),
    (
        "Permanently remove 1 stopped instance?",
        "永久删除 1 个停止的实例？",
    ),
    (
        "Permanently remove {count} stopped instances?",
        "永久删除 {count} 个停止的实例？",
    ),
    ("{question} [y/N] ", "{question} [y/N] "),
    (
        "{guid} was removed, but is still the current instance: {message}",
        "{guid} 已删除，但仍是当前实例：{message}",
    ),
    ("removed {guid}", "已删除 {guid}"),
    ("failed  {guid} {message}", "失败    {guid} {message}"),
    (
        "{count} of {total} were not removed: {guids}",
        "{total} 个中有 {count} 个未能删除：{guids}",
    ),
    (
        "use --no-check to save it without asking the server",
        "要直接保存而不询问服务器，请用 --no-check",
    ),
    (
        "the server has no instance {guid}",
        "服务器上没有实例 {guid}",
    ),
    (
        "it has no instances; create one with `qiwei instance create`",
        "服务器上没有实例；用 `qiwei instance create` 创建",
    ),
    (
        "--interval requires --watch or --wait",
        "--interval 需要与 --watch 或 --wait 一起使用",
    ),
    (
        "the chosen instance was not looked up",
        "没有查询所选的实例",
    ),
    (
        "{guid} is running, not logged in",
        "{guid} 运行中，但未登录",
    ),
    ("log in with `qiwei login`", "请用 `qiwei login` 登录"),
    ("{guid} is stopped", "{guid} 已停止"),
    (
        "{guid} was not {wanted} within {timeout}; it is {state}",
        "{guid} 在 {timeout} 内没有变为{wanted}，当前为{state}",
    ),
    ("{guid} is {status}", "{guid} 的状态是{status}"),
    (
        "there may be more: use --all for all pages, or --begin-seq {next} for the next one",
        "可能还有更多：用 --all 读取所有页，或用 --begin-seq {next} 读取下一页",
    ),
    ("logged out {guid}", "已退出登录 {guid}"),
    (
        "--proxy {proxy}: must be an http://, socks4:// or socks5:// URL",
        "--proxy {proxy}：必须是 http://、socks4:// 或 socks5:// 开头的 URL",
    ),
    (
        "--proxy: must be an http://, socks4:// or socks5:// URL",
        "--proxy：必须是 http://、socks4:// 或 socks5:// 开头的 URL",
    ),
    (
        "Permanently remove {guids}, whose account is online?",
        "{guids} 的账号在线，确定永久删除？",
    ),
    (
        "{guids} is online, and removing it needs a confirmation",
        "{guids} 在线，删除前需要确认",
    ),
    (
        "the current instance is now {guid}; it was {previous}",
        "当前实例已由 {previous} 改为 {guid}",
    ),
    (
        "the current instance is still {previous}; select the new one with `qiwei instance use {guid}`",
        "当前实例仍是 {previous}；要使用新实例，请运行 `qiwei instance use {guid}`",
    ),
    (
        "the list of instances cannot be read: {error}",
        "无法读取实例列表：{error}",
    ),
    (
        "Permanently remove {guids}, whose account may be online?",
        "{guids} 的账号可能在线，确定永久删除？",
    ),
    (
        "{guids} may be online, and removing it needs a confirmation",
        "{guids} 可能在线，删除前需要确认",
    ),
    (
        "select one, such as --guid {guid}, or permanently with `qiwei instance use {guid}`",
        "请选择一个，例如 --guid {guid}；长期使用请运行 `qiwei instance use {guid}`",
    ),
    (
        "select one, such as --guid {guid}, or try again",
        "请选择一个，例如 --guid {guid}，或重试",
    ),
    (
        "start and log one in with `qiwei login --guid {guid}`",
        "启动并登录：`qiwei login --guid {guid}`",
    ),
    (
        "log in with `qiwei login --guid {guid}`",
        "请登录：`qiwei login --guid {guid}`",
    ),
    (
        "log in with `qiwei login --guid {guid}`; running: {running}",
        "请登录：`qiwei login --guid {guid}`；运行中的实例：{running}",
    ),
    (
        "the instance is stopped or reconnecting: check `qiwei status`; if it stays stopped, run `qiwei login --guid {guid}`",
        "实例已停止或正在重连：请查看 `qiwei status`；如果一直停止，运行 `qiwei login --guid {guid}`",
    ),
    (
        "it may be reconnecting: check again shortly, else run `qiwei login --guid {guid}`",
        "可能正在重连：请稍后再看，否则运行 `qiwei login --guid {guid}`",
    ),
    (
        "`qiwei login` starts the instance and logs it in",
        "`qiwei login` 会启动实例并登录",
    ),
    (
        "select one, such as --guid {guid}, or create one with --new",
        "请选择一个，例如 --guid {guid}，或用 --new 创建",
    ),
    (
        "select one, such as --guid {guid}",
        "请选择一个，例如 --guid {guid}",
    ),
];

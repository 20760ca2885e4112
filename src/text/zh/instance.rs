//! Instances, and which one a command acts on.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    ("0 instances", "0 个实例"),
    ("1 instance: {states}", "1 个实例：{states}"),
    ("{total} instances: {states}", "{total} 个实例：{states}"),
    (
        "using {guid}, the only instance online",
        "使用唯一在线的实例 {guid}",
    ),
    ("the server has no instance", "服务器上没有实例"),
    (
        "make one with `qiwei instance create`",
        "用 `qiwei instance create` 创建一个",
    ),
    (
        "{count} instances are online: {guids}",
        "有 {count} 个实例在线：{guids}",
    ),
    (
        "say which with --guid GUID, or for good with `qiwei instance use GUID`",
        "用 --guid GUID 指定，或用 `qiwei instance use GUID` 设为当前实例",
    ),
    (
        "the state of {guids} cannot be read; left alone",
        "{guids} 的状态无法读取；未做任何改动",
    ),
    (
        "the state of {guids} cannot be read, so it is not certain which instance is meant",
        "读不到 {guids} 的状态，无法确定要用哪个实例",
    ),
    (
        "say which with --guid GUID, or try again",
        "用 --guid GUID 指定，或稍后再试",
    ),
    ("no instance is online", "没有在线的实例"),
    (
        "start one with `qiwei instance start GUID`, then log it in with `qiwei login`",
        "用 `qiwei instance start GUID` 启动一个，再用 `qiwei login` 登录",
    ),
    (
        "log one in with `qiwei login --guid GUID`; running: {running}",
        "用 `qiwei login --guid GUID` 登录；运行中的实例：{running}",
    ),
    ("say which with --guid GUID", "用 --guid GUID 指定"),
    (
        "a number is meant; `--client-type list` shows the known ones",
        "应为数字；用 `--client-type list` 查看已知的客户端类型",
    ),
    (
        "an http://, socks4:// or socks5:// URL is meant",
        "应为 http://、socks4:// 或 socks5:// 开头的 URL",
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
        "the state of {guid} is unknown: {error}",
        "{guid} 的状态未知：{error}",
    ),
    ("nothing was removed", "没有删除任何实例"),
    (
        "--stopped removes for good and there is nobody to ask",
        "--stopped 会永久删除，而现在没有人可以确认",
    ),
    (
        "add --yes, or look first with --dry-run",
        "请加上 --yes，或先用 --dry-run 看看",
    ),
    (
        "--settle {settle} leaves no time within --timeout {timeout}",
        "--settle {settle} 在 --timeout {timeout} 之内没有留下时间",
    ),
    (
        "give the command more time with --timeout",
        "用 --timeout 给命令更多时间",
    ),
    ("no instance is stopped", "没有停止的实例"),
    (
        "{count} stopped; looking again in {settle}",
        "有 {count} 个停止；{settle} 后再看一次",
    ),
    (
        "{guid} is not stopped any more; left alone",
        "{guid} 已不再是停止状态，予以保留",
    ),
    (
        "Remove 1 stopped instance for good?",
        "永久删除 1 个停止的实例？",
    ),
    (
        "Remove {count} stopped instances for good?",
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
        "to save it without asking the server: --no-check",
        "不询问服务器直接保存：--no-check",
    ),
    (
        "the server has no instance {guid}",
        "服务器上没有实例 {guid}",
    ),
    (
        "it has none at all; make one with `qiwei instance create`",
        "服务器上一个实例也没有；用 `qiwei instance create` 创建",
    ),
    (
        "--interval goes with --watch or --wait",
        "--interval 要与 --watch 或 --wait 一起用",
    ),
    (
        "the chosen instance was not looked at",
        "没有查询所选的实例",
    ),
    ("{guid} is running, not logged in", "{guid} 运行中，未登录"),
    ("log it in with `qiwei login`", "用 `qiwei login` 登录"),
    ("{guid} is stopped", "{guid} 已停止"),
    (
        "it may only be reconnecting: look again in a moment, else `qiwei instance start GUID`",
        "它可能只是在重连：稍后再看；仍是停止就用 `qiwei instance start GUID`",
    ),
    (
        "{guid} was not {wanted} within {timeout}; it is {state}",
        "{guid} 在 {timeout} 内没有变为{wanted}，现在是{state}",
    ),
    ("{guid} is {status}", "{guid} 的状态是{status}"),
    (
        "there may be more: --all follows the pages, --begin-seq {next} shows the next one",
        "可能还有更多：--all 取完所有页，--begin-seq {next} 看下一页",
    ),
    ("logged out {guid}", "已退出登录 {guid}"),
];

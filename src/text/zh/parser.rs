//! The words of the command-line parser.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    ("{message}\n\n  tip: {tip}", "{message}\n\n  提示：{tip}"),
    ("{message}\n\nUsage: {usage}", "{message}\n\n用法: {usage}"),
    (
        "{message}\n\nFor more information, try '--help'.",
        "{message}\n\n更多信息请用 '--help' 查看。",
    ),
    (
        "unexpected argument '{arg}' found",
        "无法识别的参数 '{arg}'",
    ),
    (
        "unrecognized subcommand '{command}'",
        "无法识别的子命令 '{command}'",
    ),
    (
        "the following required arguments were not provided: {args}",
        "缺少必需的参数：{args}",
    ),
    (
        "a value is required for '{arg}' but none was supplied",
        "'{arg}' 需要一个值，但没有给出",
    ),
    (
        "invalid value '{value}' for '{arg}' [possible values: {values}]",
        "'{arg}' 的值 '{value}' 无效 [可选值: {values}]",
    ),
    (
        "invalid value '{value}' for '{arg}': {why}",
        "'{arg}' 的值 '{value}' 无效：{why}",
    ),
    (
        "unexpected value '{value}' for '{arg}' found; no more were expected",
        "'{arg}' 多了一个值 '{value}'",
    ),
    ("an argument is not valid UTF-8", "有参数不是合法的 UTF-8"),
    ("no command given", "没有给出命令"),
    ("see `qiwei --help`", "见 `qiwei --help`"),
    (
        "the argument '{arg}' cannot be used multiple times",
        "参数 '{arg}' 不能重复使用",
    ),
    (
        "the argument '{arg}' cannot be used with {others}",
        "参数 '{arg}' 不能与 {others} 同时使用",
    ),
    ("the value cannot be used", "这个值不能用"),
    ("{value} is not in {range}", "{value} 不在 {range} 范围内"),
    ("must be a whole number", "应为整数"),
    ("did you mean {near}?", "是不是想写 {near}？"),
    (
        "to pass '{arg}' as a value, use '-- {arg}'",
        "要把 '{arg}' 当作值，请写 '-- {arg}'",
    ),
    (
        "Print help (see more with '--help')",
        "显示帮助（更多内容见 '--help'）",
    ),
    (
        "Print help (see a summary with '-h')",
        "显示帮助（摘要见 '-h'）",
    ),
    ("Print help", "显示帮助"),
    ("Print version", "显示版本"),
    ("Possible values:", "可选值:"),
    ("[possible values: ", "[可选值: "),
    ("[default: ", "[默认: "),
    ("Usage:", "用法:"),
    ("Arguments:", "参数:"),
    ("Commands:", "命令:"),
    ("Options:", "选项:"),
    (
        "`qiwei sessions` lists conversations, `qiwei instance ls` instances",
        "`qiwei sessions` 列出会话，`qiwei instance ls` 列出实例",
    ),
    ("only one group is possible here", "这里只能写一个群"),
    (
        "run `qiwei at` once for each group, or use `qiwei send --batch`",
        "对每个群各运行一次 `qiwei at`，或使用 `qiwei send --batch`",
    ),
    ("TO is one conversation", "TO 只能是一个会话"),
    (
        "for several: `{line}`, or --batch FILE for several texts",
        "多个会话：`{line}`；内容不同则用 --batch FILE",
    ),
    (
        "unexpected argument '{unexpected}' behind TEXT",
        "TEXT 之后多了参数 '{unexpected}'",
    ),
    (
        "put the text in quotes: `{line}`",
        "给内容加上引号：`{line}`",
    ),
];

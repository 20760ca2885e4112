//! [`super::manual`] in Chinese.

/// In the mdoc-free roff that the generator writes.
pub const SECTIONS: &str = r#".SH 退出码
.TP
\fB0\fR
服务器已接受，或者是以前已被接受的消息的重复。
.TP
\fB1\fR rejected
服务器看懂了，拒绝了：业务码不为 0、is_svr_fail，或 HTTP 4xx。
.TP
\fB2\fR usage
参数或输入有误；什么也没有离开本机。
.TP
\fB3\fR config
没有实例、有多个候选，或配置不可用；什么也没有发送。
.TP
\fB4\fR not_logged_in
实例不在线。
.TP
\fB5\fR unreachable
连不上，所以肯定没有执行。对只查询的命令：没有可信的回答。
.TP
\fB6\fR unknown
请求已经写出，但没有可信的回答：可能已经执行。绝不自动重试。
.TP
\fB7\fR deadline
登录、等待或监听超时。
.TP
\fB8\fR partial
批量中有几行没有成功，或者删除多个实例时有几个失败。
.TP
\fB9\fR busy
没有发出：限速在 \-\-max\-wait 之内排不上，或者别的进程正占用着所需的东西。
.TP
\fB70\fR internal
本程序的缺陷。
.TP
\fB74\fR io
事情已经做完，但本机读写失败。
.TP
\fB130\fR, \fB143\fR
被 SIGINT 或 SIGTERM 结束。
.PP
标准输出被关闭时，程序安静地以 0 结束；批量在发下一条之前停下。
.SH 关于送达的承诺
发送命令只以一种结果结束：accepted、duplicate、rejected、not_sent 或 unknown。
只有肯定没有执行的请求才会自动重试（\-\-retries）：连不上，以及服务器的“尚未就绪”。
HTTP 200 不算成功，除非它的内容说出一条消息。
.SH JSON
加上 \-\-json，标准输出里只有一个 JSON 文档，流式命令则每行一个对象，别无其他。失败时标准错误以一行结尾：
.PP
.nf
{"error":{"kind","code","message","hint","outcome","retryable","retry_after","exit"}}
.fi
.PP
不知道的值是 null，不会缺字段。ID 都是字符串。同一个主版本里字段只增不减。JSON 在任何语言下都一样。
.TP
send, at
{"outcome","message_id","seq","conversation_id","guid","sent_at"}
.TP
send \-\-batch
每行一个：同上，另加 "line","id","to","error"
.TP
sessions
[{"conversation_id","type":"private|group","name","last_message_at"}]
.TP
instance ls
[{"guid","status":"online|running|stopped|unknown","current"}]
.TP
instance create
{"guid","client_type","current"}
.TP
instance rm
[{"guid","removed","error"}]
.TP
status
{"base_url","guid","guid_source":"flag|env|profile|config|detected","status","logged_in","latency_ms","instances","counts":{"total","online","running","stopped","unknown"}}
.TP
status \-\-watch, \-\-wait
每行一个：{"event":"status|changed|unreachable","at","guid","status"}
.TP
login
每行一个：{"event":"qrcode|refreshed","content","key"}、{"event":"qr_status","status","name"}、{"event":"code_required|code_rejected","attempts_left"}、{"event":"code_accepted"}、{"event":"logged_in","guid","user_id","name","corp_id","corp_name","via":"callback|poll|already_online"}
.TP
listen
每行一个：{"received_at","guid","notify_type","name","data"}，data 原样
.TP
probe
[{"method","path","result":"ok|not_allowed|not_found|refused|invalid|error","http_status","dialect","latency_ms"}]
.TP
probe callback
[{"check","ok","http_status","latency_ms","detail"}]
.TP
ledger ls
[{"key","to","outcome","message_id","at","guid","base_url"}]
.TP
\-\-dry\-run
[{"method","url","headers","body"}]，机密已隐去
.SH 环境变量
.TP
QIWEI_BASE_URL, QIWEI_GUID, QIWEI_NOTIFY_URL, QIWEI_PACE, QIWEI_LEDGER_DAYS, QIWEI_TIMEOUT, QIWEI_RETRIES, QIWEI_CACERT, QIWEI_INSECURE
同名设置。参数优先于它们，它们优先于配置文件。
.TP
QIWEI_LANG, LC_ALL, LC_MESSAGES, LANG
消息和帮助的语言：zh 或 en。
.TP
QIWEI_PROFILE
使用配置文件里的哪个 profile。
.TP
QIWEI_CONFIG
配置文件。
.TP
QIWEI_STATE_DIR
账本和锁所在的目录。
.TP
NO_COLOR, TERM=dumb
不用颜色。
.TP
HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY
代理。本机的服务器从不走代理。
.SH 文件
.TP
$XDG_CONFIG_HOME/qiwei/config.toml
配置（其他平台的位置：qiwei config path）。只有所有者能读。
.TP
$XDG_STATE_HOME/qiwei/state.sqlite3
用 \-\-key 发送的账本，以及每个账号的速率。
.SH 示例
不需要账号和网络，先试脚本：
.PP
.nf
qiwei sandbox \-\- sh \-c 'qiwei send S:788123456789 hello'
.fi
.PP
每晚告诉一个群一次，不管任务运行几次：
.PP
.nf
qiwei send ops "backup done" \-\-key "backup\-$(date +%F)"
.fi
.PP
@ 值班的人：
.PP
.nf
qiwei at ops "build broken {$@}" \-\-user 1688850000000001
.fi
.SH 参见
qiwei\-send(1), qiwei\-at(1), qiwei\-login(1), qiwei\-listen(1), qiwei\-status(1), qiwei\-instance(1), qiwei\-sessions(1), qiwei\-probe(1), qiwei\-ledger(1), qiwei\-config(1), qiwei\-sandbox(1)
"#;

/// The headings of the generator.
pub const HEADINGS: [(&str, &str); 6] = [
    (".SH NAME\n", ".SH 名称\n"),
    (".SH SYNOPSIS\n", ".SH 概要\n"),
    (".SH DESCRIPTION\n", ".SH 描述\n"),
    (".SH OPTIONS\n", ".SH 选项\n"),
    (".SH SUBCOMMANDS\n", ".SH 子命令\n"),
    (".SH EXTRA\n", ".SH 补充\n"),
];

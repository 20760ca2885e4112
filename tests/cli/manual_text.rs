//! The sections of qiwei(1) that are not generated from the command definitions.

/// When the manual last changed in substance.
pub const DATE: &str = "2026-11-24";

/// In the mdoc-free roff that the generator writes.
pub const SECTIONS: &str = r#".SH "EXIT STATUS"
.TP
\fB0\fR
Accepted by the server, or a duplicate of a message that was previously accepted.
.TP
\fB1\fR rejected
The server understood and refused: a business code other than 0, is_svr_fail, or HTTP 4xx.
.TP
\fB2\fR usage
Invalid arguments or input; nothing was sent.
.TP
\fB3\fR config
No instance, several candidates, or a configuration that cannot be used; nothing was sent.
.TP
\fB4\fR not_logged_in
The instance is not online.
.TP
\fB5\fR unreachable
No connection, so certainly not executed. For read\-only commands: no trustworthy answer.
.TP
\fB6\fR unknown
The request was written and no trustworthy answer came: it may have been executed. Never retried automatically.
.TP
\fB7\fR deadline
A login, wait or listen ran out of time.
.TP
\fB8\fR partial
Some lines of a batch, some of several messages, or some of several removals failed; or standard output was closed before a batch, listen, login or status \-\-watch had ended.
.TP
\fB9\fR busy
Not sent: the pace allows no send within \-\-max\-wait, another process holds the lock, or the database of the shared state cannot be reached now.
.TP
\fB70\fR internal
A bug in this program.
.TP
\fB74\fR io
Reading or writing on this machine failed, after the work itself was done.
.TP
\fB129\fR, \fB130\fR, \fB143\fR
Orderly exit after SIGHUP (a closed terminal; ignored under nohup), SIGINT or SIGTERM.
.PP
A closed standard output ends a command with a single result quietly with 0. A batch stops before its next message and ends with 8 if lines are unsent; listen, login \-\-json and status \-\-watch end with 8.
.SH "DELIVERY GUARANTEE"
A sending command ends in exactly one outcome: accepted, duplicate, rejected, not_sent or unknown.
A request that changes something is retried (\-\-retries) only if it certainly was not executed: there was no connection, or the server answered "not ready yet". A request that only reads is also retried without an answer.
HTTP 200 is a success only if the body contains a message id.
.SH JSON
With \-\-json standard output holds one document, or one object per line for streams, and nothing else. A failure ends with one line on standard error:
.PP
.nf
{"error":{"kind","code","message","hint","outcome","retryable","retry_after","exit"}}
.fi
.PP
A value that is not known is null, never missing. Ids are strings. Fields are only added within a major version.
.TP
send, at
{"outcome","message_id","seq","conversation_id","guid","sent_at","deduplicated","file","error"}; the file is {"name","size","sha256"} or null, the error is null unless the message was not accepted
.TP
send, at with several messages
one line each: the same and "to" as it was written, "part","parts" (null unless a target gets several messages), "key" of this message
.TP
send \-\-batch
one line each: the same and "line","id","to"
.TP
revoke
{"conversation_id","message_id","guid","revoked"}
.TP
sessions
[{"conversation_id","type":"private|group","name","last_message_at"}]
.TP
instance ls
[{"guid","status":"online|running|stopped|unknown","current","account":{"user_id","name","corp_name"}}]; the account is null unless the instance is online
.TP
instance create
{"guid","client_type","current"}
.TP
instance rm
[{"guid","removed","error"}]
.TP
status
{"base_url","guid","guid_source":"flag|env|profile|config|detected","status","logged_in","latency_ms","instances","counts":{"total","online","running","stopped","unknown"},"account"}
.TP
status \-\-watch, \-\-wait
one line each: {"event":"status|changed|unreachable","at","guid","status"}
.TP
login
one line each: {"event":"qrcode|refreshed","content","key"}, {"event":"qr_status","status","name"}, {"event":"code_required|code_rejected","attempts_left"}, {"event":"code_accepted"}, {"event":"logged_in","guid","user_id","name","corp_id","corp_name","via":"callback|poll|already_online"}
.TP
listen
one line each: {"received_at","guid","notify_type","name","data"}, the data as received
.TP
probe
[{"method","path","result":"ok|not_allowed|not_found|refused|invalid|error","http_status","dialect","latency_ms"}]
.TP
probe callback
[{"check","ok","http_status","latency_ms","detail"}]
.TP
members
[{"user_id","name","room_name","role":"owner|admin|member"}]; the role is null if the server does not tell it
.TP
contacts
[{"user_id","conversation_id","name","remark","type":"wechat|wecom"}]
.TP
alias ls, add, rm
[{"alias","conversation_id","conversation_ids","name","source"}], {"alias","conversation_id","conversation_ids"}, {"alias","removed"}; conversation_id is null for a list
.TP
ledger ls
[{"key","to","outcome","message_id","at","guid","base_url"}]
.TP
\-\-dry\-run
{"method","url","headers","body"}, for a batch one line each; secrets redacted
.SH ENVIRONMENT
.TP
QIWEI_BASE_URL, QIWEI_GUID, QIWEI_NOTIFY_URL, QIWEI_PACE, QIWEI_LEDGER_DAYS, QIWEI_TIMEOUT, QIWEI_RETRIES, QIWEI_CACERT, QIWEI_INSECURE, QIWEI_APP_KEY, QIWEI_APP_SECRET, QIWEI_WEBSOCKET_URL, QIWEI_STATE
As the settings of these names. A flag overrides them, and they override the config file.
.TP
QIWEI_PROFILE
The profile of the config file to use.
.TP
QIWEI_CONFIG
The config file.
.TP
QIWEI_STATE_DIR
The folder of the ledger and of locks.
.TP
QIWEI_CACHE_DIR
The folder of the cache of names.
.TP
QIWEI_LANG, LC_ALL, LC_MESSAGES, LANG
The language of messages and help. QIWEI_LANG is zh or en. Otherwise the first variable set of LC_ALL,
LC_MESSAGES and LANG is used: zh* selects Chinese, unless it names an encoding other than UTF\-8.
Precedence: \-\-lang, QIWEI_LANG, the setting lang, the locale. JSON is the same in every language.
.TP
NO_COLOR, CLICOLOR=0, TERM=dumb
No colour.
.TP
HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY
Proxies. A server on this machine is never reached through one.
.SH FILES
.TP
$XDG_CONFIG_HOME/qiwei/config.toml
The configuration (elsewhere on other platforms: qiwei config path). Readable by its owner only.
.TP
$XDG_STATE_HOME/qiwei/state.sqlite3
The ledger of sends made with \-\-key and the pace of each account.
.TP
$XDG_CACHE_HOME/qiwei/names\-*.json
Names of the conversations of an instance. They may be deleted at any time.
"#;

/// The pages that qiwei(1) refers to.
pub const SEE_ALSO: &str = r"qiwei\-send(1), qiwei\-at(1), qiwei\-login(1), qiwei\-listen(1), qiwei\-status(1), qiwei\-instance(1), qiwei\-sessions(1), qiwei\-probe(1), qiwei\-api(1), qiwei\-ledger(1), qiwei\-config(1), qiwei\-sandbox(1)
";

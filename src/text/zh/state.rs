//! The state in PostgreSQL.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    ("At most N entries, the latest", "最多列出最近的 N 条"),
    (
        "Only entries of the last DUR, such as 24h",
        "只列出最近一段时间内的记录，例如 24h",
    ),
    ("Only messages with this outcome", "只列出这种结果的消息"),
    (
        "Create the tables of a shared state, or print the SQL for an administrator",
        "创建共享状态的数据表，或输出供数据库管理员执行的 SQL",
    ),
    (
        "Print the SQL instead of running it, for an administrator",
        "只输出 SQL 而不执行，供数据库管理员使用",
    ),
    (
        "another process has changed the entry in PostgreSQL at {address}",
        "PostgreSQL（{address}）中的记录已被另一个进程修改",
    ),
    ("cannot open a connection", "无法建立连接"),
    (
        "cannot use the state in PostgreSQL at {address}: {reason}",
        "无法使用 PostgreSQL（{address}）中的状态：{reason}",
    ),
    (
        "channel_binding must be prefer or require",
        "channel_binding 只能是 prefer 或 require",
    ),
    (
        "has no parameter {name}; there are {names}",
        "没有参数 {name}；可用的有 {names}",
    ),
    (
        "must be local or postgres://USER@HOST/DATABASE",
        "应为 local 或 postgres://USER@HOST/DATABASE",
    ),
    (
        "must name the host: postgres://USER@HOST/DATABASE",
        "缺少主机：postgres://USER@HOST/DATABASE",
    ),
    (
        "must name the user: postgres://USER@HOST/DATABASE",
        "缺少用户名：postgres://USER@HOST/DATABASE",
    ),
    (
        "--run needs a state that several machines share",
        "--run 需要多台机器共享的状态",
    ),
    (
        "set it with `qiwei config set state postgres://USER@HOST/DATABASE` or QIWEI_STATE, or use --journal FILE",
        "请用 `qiwei config set state postgres://USER@HOST/DATABASE` 或 QIWEI_STATE 设置，或改用 --journal FILE",
    ),
    (
        "another process is working on the batch {name}",
        "另一个进程正在处理批次 {name}",
    ),
    (
        "{message}; the message is sent without it (--on-no-state send)",
        "{message}；消息将在没有发送记录的情况下发送（--on-no-state send）",
    ),
    (
        "Keep the journal in the shared state under this name, so that another machine can resume the batch",
        "以此名称把批次进度保存在共享状态中，以便在另一台机器上继续",
    ),
    ("Do not send it", "不发送"),
    (
        "Send it, although it may be sent twice or too fast",
        "照常发送，可能重复或过快",
    ),
    ("no answer in {time}", "{time} 内没有应答"),
    (
        "nothing was sent; an administrator can run the output of `qiwei ledger init --sql`, or name a schema that the role may use in `state` (?schema=NAME)",
        "没有发送任何消息；可由数据库管理员执行 `qiwei ledger init --sql` 的输出，或在 `state` 中指定该角色可用的 schema（?schema=NAME）",
    ),
    (
        "nothing was sent; check the address, sslmode and sslrootcert of `state`, and the password (also PGPASSWORD, PGPASSFILE)",
        "没有发送任何消息；请检查 `state` 的地址、sslmode 和 sslrootcert，以及密码（含 PGPASSWORD、PGPASSFILE）",
    ),
    (
        "nothing was sent; check the user of `state` and the server's pg_hba.conf; if the server requires encryption, add sslmode=verify-full to `state`",
        "没有发送任何消息；请检查 `state` 的用户名和服务器的 pg_hba.conf；如果服务器要求加密，请在 `state` 中加上 sslmode=verify-full",
    ),
    (
        "nothing was sent; check the user and the password of `state` (also PGPASSWORD, PGPASSFILE) and the server's pg_hba.conf",
        "没有发送任何消息；请检查 `state` 的用户名和密码（含 PGPASSWORD、PGPASSFILE）以及服务器的 pg_hba.conf",
    ),
    (
        "nothing was sent; connect to PostgreSQL directly, or use a pool with pool_mode = session",
        "没有发送任何消息；请直接连接 PostgreSQL，或使用 pool_mode = session 的连接池",
    ),
    (
        "nothing was sent; create the database, or name another in `state`",
        "没有发送任何消息；请先创建该数据库，或在 `state` 中换一个",
    ),
    (
        "nothing was sent; run the same command again later",
        "没有发送任何消息；请稍后重新运行同一命令",
    ),
    (
        "nothing was sent; see the server's log",
        "没有发送任何消息；请查看数据库服务器的日志",
    ),
    (
        "schema must be a name of lower case letters, digits and _",
        "schema 只能由小写字母、数字和 _ 组成",
    ),
    (
        "set the database with `qiwei config set state postgres://USER@HOST/DATABASE` or QIWEI_STATE",
        "请用 `qiwei config set state postgres://USER@HOST/DATABASE` 或 QIWEI_STATE 指定数据库",
    ),
    (
        "sslmode must be verify-full, require, prefer or disable",
        "sslmode 只能是 verify-full、require、prefer 或 disable",
    ),
    (
        "the connection pooler at {address} gives each transaction another session (PgBouncer: pool_mode = transaction), so that the lock of a key does not hold",
        "{address} 的连接池为每个事务分配不同的会话（PgBouncer：pool_mode = transaction），幂等键的锁因此无效",
    ),
    ("the connection was lost", "连接已断开"),
    (
        "the database at {address} is a standby, which cannot record anything",
        "{address} 的数据库是只读备库，无法写入记录",
    ),
    (
        "the database at {address} runs with fsync = off: after a crash of its machine, messages may be sent twice",
        "{address} 的数据库设置了 fsync = off：其主机崩溃后，消息可能重复发送",
    ),
    (
        "the lock in PostgreSQL at {address} was lost before the message was sent",
        "消息发送之前，PostgreSQL（{address}）中的锁已失效",
    ),
    (
        "the password file {path} is ignored, because others can read it; run `chmod 600` on it",
        "密码文件 {path} 可被其他用户读取，已忽略；请对它执行 `chmod 600`",
    ),
    (
        "the schema {name} at {address} was made by a newer qiwei (schema {version}, this one knows {schema})",
        "{address} 上的 schema {name} 由更新版本的 qiwei 创建（版本 {version}，当前程序只支持到 {schema}）",
    ),
    (
        "the state is in a local file, which needs no SQL",
        "状态保存在本地文件中，不需要 SQL",
    ),
    ("the state is ready: {state}", "状态已就绪：{state}"),
    (
        "use the newer qiwei, or another schema with ?schema=NAME in `state`",
        "请使用新版 qiwei，或在 `state` 中用 ?schema=NAME 换一个 schema",
    ),
];

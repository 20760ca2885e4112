//! The tables and their migrations.

use tokio_postgres::Client;

use super::failure::Failure;
use crate::state_url::StateUrl;

/// Each entry migrates from the version of its index to the next. Released entries never change. `{schema}`
/// is the name of the schema.
const MIGRATIONS: [&str; 1] = ["\
CREATE TABLE {schema}.sends (
    run        text NOT NULL,  -- name of a batch; empty in the ledger
    server     text NOT NULL,
    guid       text NOT NULL,
    key        text NOT NULL,
    target     text NOT NULL,
    digest     bytea NOT NULL,
    outcome    text NOT NULL
               CHECK (outcome IN ('in_flight', 'accepted', 'rejected', 'not_sent', 'unknown')),
    message_id text,
    seq        text,
    sent_at    text,
    attempt    bigint NOT NULL, -- a random number, new with each attempt
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (run, server, guid, key)
);
CREATE INDEX sends_by_age ON {schema}.sends (changed_at);
CREATE TABLE {schema}.pace (
    server       text NOT NULL,
    guid         text NOT NULL,
    next_at      bigint NOT NULL, -- microseconds since 1970 on the clock of the database
    paused_until bigint NOT NULL,
    updated_at   bigint NOT NULL,
    PRIMARY KEY (server, guid)
) WITH (fillfactor = 50);
CREATE TABLE {schema}.days (day bigint PRIMARY KEY); -- days of use since 1970
"];

/// The current schema version.
pub(super) const CURRENT: i64 = MIGRATIONS.len() as i64;

/// The statements that create the whole schema, for an administrator, and the rights that `user` needs.
pub fn setup_sql(url: &StateUrl) -> String {
    let schema = &url.schema;
    let user = format!("\"{}\"", url.user.replace('"', "\"\""));
    let steps: String = steps(schema, 0).collect();
    format!(
        "BEGIN;\nCREATE SCHEMA {schema};\nCREATE TABLE {schema}.version (version bigint NOT NULL);\n{steps}\
         INSERT INTO {schema}.version VALUES ({CURRENT});\n\
         GRANT USAGE ON SCHEMA {schema} TO {user};\n\
         GRANT SELECT ON {schema}.version TO {user};\n\
         GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.sends, {schema}.pace, {schema}.days TO {user};\n\
         COMMIT;\n"
    )
}

/// Creates or migrates the tables. Several processes may do so at once: the others wait, and find it done.
pub(super) async fn migrate(client: &Client, schema: &str) -> Result<(), Failure> {
    client.batch_execute("BEGIN").await?;
    let result = upgrade(client, schema).await;
    let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
    // A failed statement is the reason that counts.
    let ended = client.batch_execute(end).await;
    result?;
    ended.map_err(Failure::from)
}

async fn upgrade(client: &Client, schema: &str) -> Result<(), Failure> {
    let lock = format!("SELECT pg_advisory_xact_lock(hashtext('qiwei migration {schema}'))");
    client.batch_execute(&lock).await?;
    // Creating a schema needs a right on the database even if the schema exists, so it is looked up first.
    let exists = format!("SELECT to_regnamespace('{schema}') IS NOT NULL");
    if first_value(client, &exists).await?.as_deref() != Some("t") {
        let create = format!("CREATE SCHEMA {schema}");
        client.batch_execute(&create).await?;
    }
    let exists = format!("SELECT to_regclass('{schema}.version') IS NOT NULL");
    if first_value(client, &exists).await?.as_deref() != Some("t") {
        let create = format!("CREATE TABLE {schema}.version (version bigint NOT NULL)");
        client.batch_execute(&create).await?;
    }
    let version = format!("SELECT max(version) FROM {schema}.version");
    let version = first_value(client, &version).await?;
    let version: i64 = version.and_then(|text| text.parse().ok()).unwrap_or(0);
    if version >= CURRENT {
        return Ok(());
    }
    for step in steps(schema, version) {
        client.batch_execute(&step).await?;
    }
    let record =
        format!("DELETE FROM {schema}.version; INSERT INTO {schema}.version VALUES ({CURRENT})");
    client.batch_execute(&record).await.map_err(Failure::from)
}

fn steps(schema: &str, from: i64) -> impl Iterator<Item = String> {
    MIGRATIONS
        .into_iter()
        .skip(usize::try_from(from).unwrap_or_default())
        .map(move |step| step.replace("{schema}", schema))
}

/// The first column of the first row, as text.
async fn first_value(client: &Client, sql: &str) -> Result<Option<String>, Failure> {
    let messages = client.simple_query(sql).await?;
    Ok(messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}

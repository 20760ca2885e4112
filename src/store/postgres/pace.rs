//! The row of an account's pace.

use futures_util::future::{try_join, try_join3};
use tokio_postgres::Client;

use super::failure::Failure;
use super::statement::{int, text};
use crate::pace::{Micros, PaceState};

/// What changes the state of an account at a time.
pub(super) type Change<'c> = dyn FnMut(Option<PaceState>, Micros) -> Option<PaceState> + 'c;

/// The time on the clock of the database, in microseconds since 1970.
const CLOCK: &str = "floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// Changes the pace of an account while its row is locked.
pub(super) async fn change(
    client: &Client,
    schema: &str,
    account: (&str, &str),
    change: &mut Change<'_>,
) -> Result<(), Failure> {
    let result = change_locked(client, schema, account, change).await;
    if let Err(failure) = &result
        && failure.code().is_some()
    {
        // The connection would refuse further statements; if this fails, they say why.
        let _ = client.batch_execute("ROLLBACK").await;
    }
    result
}

/// Sends each statement without waiting for the answer to the one before, where it does not depend on it.
async fn change_locked(
    client: &Client,
    schema: &str,
    (server, guid): (&str, &str),
    change: &mut Change<'_>,
) -> Result<(), Failure> {
    let create = format!(
        "INSERT INTO {schema}.pace VALUES ($1, $2, {CLOCK}, {CLOCK}, {CLOCK}) ON CONFLICT DO NOTHING"
    );
    // The time is read after the lock was granted.
    let read = format!(
        "WITH locked AS MATERIALIZED (
           SELECT next_at, paused_until, updated_at FROM {schema}.pace
           WHERE server = $1 AND guid = $2 FOR UPDATE)
         SELECT next_at, paused_until, updated_at, {CLOCK} FROM locked"
    );
    let account = [text(&server), text(&guid)];
    let (_, _, rows) = try_join3(
        client.batch_execute("BEGIN"),
        client.execute_typed(&create, &account),
        client.query_typed(&read, &account),
    )
    .await?;
    let new = match rows.first() {
        Some(row) => {
            let state = PaceState {
                theoretical_send_at: row.try_get(0)?,
                paused_until: row.try_get(1)?,
                updated_at: row.try_get(2)?,
            };
            change(Some(state), row.try_get(3)?)
        }
        None => None,
    };
    let Some(new) = new else {
        return Ok(client.batch_execute("COMMIT").await?);
    };
    let write = format!(
        "UPDATE {schema}.pace SET next_at = $3, paused_until = $4, updated_at = $5
         WHERE server = $1 AND guid = $2"
    );
    let values = [
        text(&server),
        text(&guid),
        int(&new.theoretical_send_at),
        int(&new.paused_until),
        int(&new.updated_at),
    ];
    try_join(
        client.execute_typed(&write, &values),
        client.batch_execute("COMMIT"),
    )
    .await?;
    Ok(())
}

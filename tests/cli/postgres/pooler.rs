//! Connection poolers between this program and the database.

use crate::ledger::expect_failed_send;
use crate::support::postgres::{Pooler, database};
use crate::support::state::{sends, with_state};
use crate::support::{GROUP, Home, sandbox};

const SEND: [&str; 6] = ["send", GROUP, "x", "--key", "k", "--json"];

/// Whether the server's sessions exist before or not, and however few there are.
#[test]
#[cfg_attr(
    not(all(has_postgres, has_pgbouncer)),
    ignore = "PostgreSQL or PgBouncer is not installed"
)]
fn pooler_in_transaction_mode_is_refused() {
    let (server, database) = (sandbox(), database());
    for size in [1, 5] {
        let pooler = Pooler::start(&database, "transaction", size);
        for _ in 0..3 {
            let run = with_state(&server, &Home::new(), &SEND)
                .env("QIWEI_STATE", pooler.url())
                .run();
            let error = expect_failed_send(&run, 3, "not_sent");
            assert!(
                error["message"].as_str().unwrap().contains("pool_mode"),
                "{error}"
            );
        }
    }
    assert_eq!(sends(&server), 0);
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(database.sql(locks), ["0"]);
}

#[test]
#[cfg_attr(
    not(all(has_postgres, has_pgbouncer)),
    ignore = "PostgreSQL or PgBouncer is not installed"
)]
fn pooler_in_session_mode_works() {
    let (server, database) = (sandbox(), database());
    let pooler = Pooler::start(&database, "session", 5);
    for expected in ["accepted", "duplicate"] {
        let run = with_state(&server, &Home::new(), &SEND)
            .env("QIWEI_STATE", pooler.url())
            .run()
            .ends_with(0);
        assert_eq!(run.json()["outcome"], expected);
    }
    assert_eq!(sends(&server), 1);
}

//! Tables, roles, passwords, and servers that refuse.

use serde_json::json;

use crate::ledger::expect_failed_send;
use crate::support::postgres::{Database, database, private_file};
use crate::support::state::{sends, state_folder, with_database, with_state};
use crate::support::{Finished, GROUP, Home, Qiwei, sandbox};

const KEYED: [&str; 6] = ["send", GROUP, "x", "--key", "k", "--json"];

fn send_with(url: &str) -> (usize, Finished) {
    let server = sandbox();
    let run = with_state(&server, &Home::new(), &KEYED)
        .env("QIWEI_STATE", url)
        .run();
    (sends(&server), run)
}

/// A role that owns nothing.
fn role(database: &Database, rights: &str) -> String {
    let role = format!("ci_{}", database.name());
    database.sql(&format!("CREATE ROLE {role} LOGIN"));
    database.sql(&rights.replace("ROLE", &role));
    role
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn role_that_may_only_use_its_schema_creates_the_tables() {
    let database = database();
    let role = role(
        &database,
        "REVOKE ALL ON SCHEMA public FROM PUBLIC; CREATE SCHEMA ops AUTHORIZATION ROLE",
    );
    let url = format!("{}?schema=ops", database.url_of(&role));
    for _ in 0..2 {
        assert_eq!(send_with(&url).1.code, 0);
    }
    assert_eq!(database.sql("SELECT count(*) FROM ops.sends"), ["2"]);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn administrator_creates_the_tables_with_printed_sql() {
    let database = database();
    let role = role(&database, "SELECT 1");
    let url = database.url_of(&role);
    let (sent, run) = send_with(&url);
    let error = expect_failed_send(&run, 3, "not_sent");
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .contains("ledger init --sql"),
        "{error}"
    );
    let init = |args: &[&str]| Qiwei::new(args).env("QIWEI_STATE", &url).run();
    init(&["ledger", "init"])
        .ends_with(3)
        .assert_stderr_contains("permission denied");
    let sql = init(&["ledger", "init", "--sql"]).ends_with(0).stdout;
    database.sql(&sql);
    init(&["ledger", "init"]).ends_with(0);
    assert_eq!(send_with(&url).1.code, 0);
    assert_eq!(sent, 0);
    // The role may not change the tables, so that a newer version needs the administrator again.
    let run = init(&["ledger", "init", "--sql", "--json"]).ends_with(0);
    assert_eq!(run.json(), json!({"sql": sql}));
}

#[test]
fn local_state_needs_no_sql() {
    Qiwei::new(["ledger", "init", "--sql"])
        .run()
        .ends_with(2)
        .assert_stderr_contains("needs no SQL");
    Qiwei::new(["ledger", "init", "--json"])
        .run()
        .assert_output(0, "{\"state\":\"local\"}\n", "");
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn newer_schema_is_refused() {
    let database = database();
    assert_eq!(send_with(&database.url()).1.code, 0);
    database.sql("UPDATE qiwei.version SET version = 99");
    let (sent, run) = send_with(&database.url());
    let error = expect_failed_send(&run, 3, "not_sent");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("newer qiwei (schema 99")
    );
    assert_eq!(sent, 0);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn missing_role_and_database_are_configuration_errors() {
    let database = database();
    let no_role = database.url_of("nobody_here");
    let no_database = database.url().replace(database.name(), "no_such_database");
    for (url, part) in [(no_role, "nobody_here"), (no_database, "no_such_database")] {
        let (sent, run) = send_with(&url);
        let error = expect_failed_send(&run, 3, "not_sent");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
        assert_eq!((&error["retryable"], sent), (&json!(false), 0));
    }
}

#[test]
fn unreachable_database_sends_nothing_and_can_be_retried() {
    let server = sandbox();
    for args in [&KEYED[..], &["send", GROUP, "x", "--pace", "1/s", "--json"]] {
        let home = Home::new();
        let run = with_state(&server, &home, args)
            .env("QIWEI_STATE", "postgres://ci:hunter2pw@127.0.0.1:1/d")
            .run();
        let error = expect_failed_send(&run, 9, "not_sent");
        assert_eq!(
            (&error["kind"], &error["retryable"]),
            (&json!("busy"), &json!(true))
        );
        assert!(!run.stderr.contains("hunter2pw"));
        assert!(!state_folder(&home).exists());
    }
    assert_eq!(sends(&server), 0);
}

#[test]
fn invalid_address_is_refused_without_its_password() {
    for url in [
        "postgres://u:hunter2pw@h/d?sslmode=verify-ca",
        "mysql://u:hunter2pw@h/d",
    ] {
        let run = Qiwei::new(KEYED).env("QIWEI_STATE", url).run().ends_with(3);
        let run = run.assert_stderr_contains("QIWEI_STATE");
        assert!(
            !format!("{}{}", run.stdout, run.stderr).contains("hunter2pw"),
            "{run:?}"
        );
    }
    let run = Qiwei::new(["config", "explain", "--json"])
        .env("QIWEI_STATE", "postgres://u:hunter2pw@h/d")
        .run()
        .ends_with(0);
    assert!(
        run.stdout
            .contains("postgres://u:[redacted]@h:5432/d?sslmode=verify-full")
    );
}

/// The password may be in the URL, in PGPASSWORD, in PGPASSFILE, or in ~/.pgpass.
#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn finds_the_password_and_never_shows_it() {
    let server = crate::support::postgres::Server::start();
    let database = server.database();
    database.sql("CREATE ROLE ci LOGIN SUPERUSER PASSWORD 'hunter2pw'");
    server.require_password_of("ci");
    let plain = database.url_of("ci");
    let line = format!("localhost:5432:{}:ci:hunter2pw\n", database.name());
    let sandbox = sandbox();
    let send = |home: &Home, url: &str| with_state(&sandbox, home, &KEYED).env("QIWEI_STATE", url);
    let home = Home::new;
    send(&home(), &database.url_of("ci:hunter2pw"))
        .run()
        .ends_with(0);
    send(&home(), &plain)
        .env("PGPASSWORD", "hunter2pw")
        .run()
        .ends_with(0);
    let (named, default, exposed) = (home(), home(), home());
    let file = named.path().join("passwords");
    private_file(&file, &line);
    send(&named, &plain)
        .env("PGPASSFILE", &file)
        .run()
        .ends_with(0);
    private_file(&default.path().join(".pgpass"), &line);
    send(&default, &plain).run().ends_with(0);
    exposed.file(".pgpass", &line);
    send(&exposed, &plain)
        .run()
        .ends_with(3)
        .assert_stderr_contains("chmod 600");
    for url in [plain.clone(), database.url_of("ci:wrong-password")] {
        let run = send(&home(), &url).arg("-vv").run();
        expect_failed_send(&run, 3, "not_sent");
        assert!(!run.stderr.contains("wrong-password"), "{run:?}");
    }
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn commits_are_synchronous_whatever_the_role_has_set() {
    let (server, database) = (sandbox(), database());
    let send = |key: &str| {
        let args = ["send", GROUP, "x", "--key", key];
        with_database(&server, &database, &args).run().ends_with(0)
    };
    send("first");
    database.sql(&format!(
        "ALTER DATABASE {} SET synchronous_commit = off;
         CREATE TABLE seen (mode text);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           INSERT INTO public.seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
         CREATE TRIGGER note BEFORE INSERT OR UPDATE ON qiwei.sends
           FOR EACH ROW EXECUTE FUNCTION note()",
        database.name()
    ));
    send("second");
    assert_eq!(database.sql("SHOW synchronous_commit"), ["off"]);
    assert_eq!(database.sql("SELECT DISTINCT mode FROM seen"), ["on"]);
}

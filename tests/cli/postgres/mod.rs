//! State in PostgreSQL that several machines share. Each test has a database of its own on a temporary server.
//! "Machines" are separate home folders.

mod batches;
mod ledger;
mod outages;
mod pooler;
mod races;
mod setup;
mod tls;

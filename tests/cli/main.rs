//! The command-line program, tested from outside: arguments in; stdout, stderr, exit code and
//! the requests the server saw, out. One binary, one module a subject.

// Signals, file modes and where the configuration lies are those of Unix here.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod batch;
mod batch_end;
mod batch_input;
mod choice;
mod commands;
mod commands_probe;
mod completion;
mod config;
mod crash;
mod declared;
mod environment;
mod examples;
mod generated;
mod instance;
mod journal;
mod language;
mod ledger;
mod ledger_races;
mod ledger_storage;
mod listen;
mod listener_abuse;
mod login;
mod login_answers;
mod login_code;
mod login_instance;
mod login_put_back;
mod login_qr;
mod manual;
mod matrix;
mod mentions;
mod misbehaviour;
mod output;
mod pace;
mod people;
mod probe_callback;
mod quirks;
mod readme;
mod refusals;
mod requests;
mod retries;
mod sandbox;
mod security;
mod support;
mod text;
mod tls;
mod watch;

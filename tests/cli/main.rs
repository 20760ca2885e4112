//! Tests that run the program: its arguments, stdout, stderr, exit code, and the requests that the
//! server received. One binary, with one module per subject.

// The tests rely on Unix signals, file modes and config paths.
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
mod commands;
mod commands_probe;
mod completion;
mod config;
mod environment;
mod examples;
mod files;
mod gateway;
mod gateway_callbacks;
mod generated;
mod help;
mod hints;
mod instance;
mod instance_detection;
mod journal;
mod language;
mod ledger;
mod ledger_races;
mod ledger_storage;
mod listen;
mod listen_end;
mod listen_server;
mod listener_abuse;
mod lists;
mod login;
mod login_answers;
mod login_code;
mod login_instance;
mod login_qr;
mod login_restore;
mod manual_text;
mod manual_text_zh;
mod matrix;
mod mentions;
mod message_text;
mod names;
mod output;
mod pace;
mod postgres;
mod probe_callback;
mod proxies;
mod quirks;
mod readme;
mod refusals;
mod requests;
mod retries;
mod sandbox;
mod sandbox_gateway;
mod security;
mod server_faults;
mod several_targets;
mod sigkill;
mod support;
mod text_output;
mod tls;
mod undeclared_files;
mod watch;

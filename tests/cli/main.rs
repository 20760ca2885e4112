//! The command-line program, tested from outside: arguments in; stdout, stderr, exit code and
//! the requests the server saw, out. One binary, one module a subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod declared;
mod listen;
mod listener_abuse;
mod login;
mod login_answers;
mod login_code;
mod login_qr;
mod probe_callback;
mod send;
mod support;
mod watch;

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
mod login;
mod login_code;
mod send;
mod support;

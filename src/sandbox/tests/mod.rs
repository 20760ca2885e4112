//! Tests of the sandbox: the pure core by tables, the rest over real sockets.

mod admin;
mod clients;
mod faults;
mod http;
mod messages;
mod sessions;
mod shapes;
mod support;

//! Tests of the sandbox: the pure core by tables, the rest over real sockets.

mod admin;
mod callbacks;
mod clients;
mod directory;
mod faults;
mod gateway;
mod http;
mod login;
mod messages;
mod receiver;
mod sessions;
mod shapes;
mod support;
mod websocket;

//! The guards that SECURITY.md names: each is attacked here, in the way it is there for.

mod children;
mod document;
mod hostile;
mod http;
mod input;
mod logs;
mod permissions;
mod repeated_secrets;
mod shared_folders;
mod terminal;
mod web_pages;

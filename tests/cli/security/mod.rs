//! The guards that SECURITY.md names: each is attacked here, in the way it is there for.

mod children;
mod document;
mod exposure;
mod hostile;
mod input;
mod logs;
mod repeats;
mod shared_folders;
mod terminal;
mod web_pages;
mod wire;

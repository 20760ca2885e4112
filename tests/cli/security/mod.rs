//! The guards that SECURITY.md names: each is attacked here, in the way it is there for.

mod children;
mod hostile;
mod logs;
mod repeats;
mod shared_folders;
mod terminal;
mod web_pages;

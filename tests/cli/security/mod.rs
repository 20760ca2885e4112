//! The guards that SECURITY.md names: each is attacked here, in the way it is there for.

mod hostile;
mod logs;
mod repeats;
mod terminal;
mod web_pages;

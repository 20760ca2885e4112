//! Attacks on the guards that SECURITY.md names.

mod children;
mod hostile;
mod http;
mod input;
mod logs;
mod permissions;
mod repeated_secrets;
mod security_md;
mod shared_folders;
mod terminal;
mod web_pages;
mod written_files;

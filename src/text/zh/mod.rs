//! 简体中文: the English template of every message, and the Chinese one, by subject.

mod callback;
mod config;
mod files;
mod gateway;
mod help;
mod help_examples;
mod help_login;
mod help_send;
mod instance;
mod login;
mod names;
mod parser;
mod probe;
mod send;
mod server;
mod state;
mod system;
mod words;

/// English and Chinese, subject by subject.
const SUBJECTS: [&[(&str, &str)]; 18] = [
    callback::MESSAGES,
    config::MESSAGES,
    files::MESSAGES,
    gateway::MESSAGES,
    help::MESSAGES,
    help_examples::MESSAGES,
    help_login::MESSAGES,
    help_send::MESSAGES,
    instance::MESSAGES,
    login::MESSAGES,
    names::MESSAGES,
    parser::MESSAGES,
    probe::MESSAGES,
    send::MESSAGES,
    server::MESSAGES,
    state::MESSAGES,
    system::MESSAGES,
    words::MESSAGES,
];

/// The Chinese template of a message. A run looks up few messages, so a linear search is fast
/// enough.
pub(super) fn find(template: &str) -> Option<&'static str> {
    all()
        .find(|(english, _)| *english == template)
        .map(|(_, chinese)| *chinese)
}

/// Every message and its translation.
pub(super) fn all() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    SUBJECTS.into_iter().flatten()
}

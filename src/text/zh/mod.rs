//! 简体中文: the English template of every message, and the Chinese one.

/// The Chinese template of a message.
pub(super) fn find(_template: &str) -> Option<&'static str> {
    None
}

//! Reading one of a fixed set of names, with an error that lists them.

/// Finds `text` in `table`, ignoring case; the error names every valid form.
pub(super) fn by_name<T: Copy>(what: &str, text: &str, table: &[(&str, T)]) -> Result<T, String> {
    table
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text.trim()))
        .map(|(_, value)| *value)
        .ok_or_else(|| unknown(what, text, table.iter().map(|(name, _)| *name)))
}

/// The name a value goes by in `table`.
pub(super) fn name_of<T: Copy + PartialEq>(value: T, table: &[(&'static str, T)]) -> &'static str {
    table
        .iter()
        .find(|(_, candidate)| *candidate == value)
        .map_or("", |(name, _)| *name)
}

/// The message for a name that is not among `valid`.
pub(super) fn unknown<'a>(
    what: &str,
    text: &str,
    valid: impl IntoIterator<Item = &'a str>,
) -> String {
    let valid: Vec<&str> = valid.into_iter().collect();
    format!(
        "unknown {what} {text:?}; valid ones are {}",
        valid.join(", ")
    )
}

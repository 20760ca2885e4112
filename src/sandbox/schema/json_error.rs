//! JSON errors as Python's decoder reports them.

use super::ValidationError;
use serde_json::json;

/// The 422 entry for a JSON error: FastAPI puts the offset into `loc` and the details into `ctx`.
pub(super) fn validation_error(text: &str, error: &serde_json::Error) -> ValidationError {
    let offset = offset(text, error.line(), error.column());
    let (line, column) = line_and_column(text, offset);
    let phrase = phrase(error);
    ValidationError {
        loc: vec![json!("body"), json!(offset)],
        msg: format!("{phrase}: line {line} column {column} (char {offset})"),
        kind: "value_error.jsondecode",
        ctx: Some(json!({
            "msg": phrase, "doc": text, "pos": offset, "lineno": line, "colno": column,
        })),
    }
}

/// Python counts characters from 0 where serde counts bytes of a line from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(|line| line.chars().count())
        .sum();
    let rest = text.split_inclusive('\n').nth(line.saturating_sub(1));
    let within = rest.map_or(0, |rest| {
        rest.char_indices()
            .take_while(|(at, _)| *at < column.saturating_sub(1))
            .count()
    });
    before + within
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before: Vec<char> = text.chars().take(offset).collect();
    let line = before.iter().filter(|c| **c == '\n').count() + 1;
    let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
    (line, column)
}

fn phrase(error: &serde_json::Error) -> &'static str {
    let text = error.to_string();
    if text.starts_with("trailing characters") {
        "Extra data"
    } else if text.starts_with("expected `:`") {
        "Expecting ':' delimiter"
    } else if text.starts_with("expected `,`") {
        "Expecting ',' delimiter"
    } else if text.starts_with("key must be a string") || text.starts_with("trailing comma") {
        "Expecting property name enclosed in double quotes"
    } else {
        "Expecting value"
    }
}

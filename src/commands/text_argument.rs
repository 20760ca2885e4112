//! The text of a message: from an argument, standard input, or a file.

use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::error::Error;
use crate::input;
use crate::shell::quote;
use crate::text::{Text, text};

/// Arguments that provide the text.
#[derive(Debug, clap::Args)]
pub struct TextArgs {
    /// Text to send; `-` reads it from standard input
    ///
    /// After `--` nothing is taken for an option: `send TO -- "$text"`
    #[arg(
        value_name = "TEXT",
        conflicts_with = "file",
        allow_hyphen_values = true
    )]
    pub text: Option<String>,

    /// Read the text from a file, byte for byte
    #[arg(long, value_name = "PATH")]
    pub file: Option<PathBuf>,
}

impl TextArgs {
    /// Whether a text was given.
    pub fn is_given(&self) -> bool {
        self.text.is_some() || self.file.is_some()
    }

    fn is_stdin(&self) -> bool {
        self.text.as_deref() == Some("-") || self.file.as_deref() == Some(Path::new("-"))
    }

    /// Reads the text unchanged, except that one newline at the end of standard input is removed, which
    /// `echo` and similar commands add.
    ///
    /// # Errors
    /// A usage error when there is no text, it is empty or not UTF-8.
    pub fn read(&self, context: &Context) -> Result<String, Error> {
        let text = match (self.text.as_deref(), &self.file) {
            _ if self.is_stdin() => trim_one_newline(input::utf8(
                context.read_stdin()?,
                &text!("standard input"),
            )?),
            (Some(text), _) => {
                check_no_option(context, text)?;
                check_no_file(context, text)?;
                text.to_owned()
            }
            (None, Some(path)) => input::utf8(
                input::file_bytes(input::named_file(path))?,
                &Text::verbatim(path.display().to_string()),
            )?,
            (None, None) => {
                return Err(Error::usage(text!("no text given")).hint(text!(
                    "give TEXT as an argument, `-` to read standard input, or --file PATH"
                )));
            }
        };
        check_text(&text).map_err(Error::usage)?;
        if let Some(warning) = long_text_warning(&text) {
            context.output.warn(&warning);
        }
        Ok(text)
    }
}

/// The limit documented for the official bots; none is documented for this protocol.
const LONG_TEXT_BYTES: usize = 2048;

/// A warning for a text that may be too long.
pub fn long_text_warning(text: &str) -> Option<Text> {
    (text.len() > LONG_TEXT_BYTES).then(|| {
        text!(
            "the text has {count} bytes; WeCom may cut or refuse texts over {limit} bytes",
            count = text.len(),
            limit = LONG_TEXT_BYTES
        )
    })
}

/// Checks that a text can be a message.
///
/// # Errors
/// Explains why not.
pub fn check_text(text: &str) -> Result<(), Text> {
    if text.is_empty() {
        return Err(text!("the text is empty; empty messages are not sent"));
    }
    if text.contains('\0') {
        return Err(text!(
            "the text contains a NUL character, which cannot be sent"
        ));
    }
    Ok(())
}

/// Rejects an unknown option that would be sent as the text.
fn check_no_option(context: &Context, text: &str) -> Result<(), Error> {
    let looks_like_one = text.starts_with('-')
        && text
            .trim_start_matches('-')
            .starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.contains(char::is_whitespace);
    if !looks_like_one || context.has_double_dash() {
        return Ok(());
    }
    Err(Error::usage(text!(
        "{text} looks like an option, but there is no such option",
        text
    ))
    .hint(text!(
        "to send it as text, put `--` before it, or read it with `-`"
    )))
}

/// Rejects `@FILE`, which other programs read. Reading it would let whoever writes the text of a script's
/// message send any file of this machine.
fn check_no_file(context: &Context, text: &str) -> Result<(), Error> {
    let file = text.strip_prefix('@').filter(|file| {
        let is_one_word = !file.contains(char::is_whitespace);
        is_one_word && Path::new(file).is_file() && !context.has_double_dash()
    });
    let Some(file) = file else { return Ok(()) };
    Err(
        Error::usage(text!("{text} names a file, which TEXT does not read", text)).hint(text!(
            "send its content with --file {file}, or put `--` before it to send it as text",
            file = quote(file)
        )),
    )
}

fn trim_one_newline(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_exactly_one_newline() {
        for (text, trimmed) in [
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
            (" a ", " a "),
            ("a\r", "a\r"),
            ("\n", ""),
        ] {
            assert_eq!(trim_one_newline(text.into()), trimmed, "{text:?}");
        }
    }
}

//! Translatable messages for parser errors.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::text::{ParseError, Text, text};

/// The error, the likely intention, and the usage line.
pub(super) fn parse_error(error: &clap::Error) -> Text {
    let mut message = what(error);
    for tip in tips(error) {
        message = text!("{message}\n\n  tip: {tip}", message, tip);
    }
    let usage = error.get(ContextKind::Usage).map(ToString::to_string);
    let usage = usage.as_deref().and_then(|usage| usage.split_once(':'));
    if let Some((_, usage)) = usage {
        message = text!(
            "{message}\n\nUsage: {usage}",
            message,
            usage = Text::lines(usage.trim())
        );
    }
    text!("{message}\n\nFor more information, try '--help'.", message)
}

fn what(error: &clap::Error) -> Text {
    let of = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let arg = of(ContextKind::InvalidArg);
    let value = of(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => text!("unexpected argument '{arg}' found", arg),
        ErrorKind::InvalidSubcommand => {
            let command = of(ContextKind::InvalidSubcommand);
            text!("unrecognized subcommand '{command}'", command)
        }
        ErrorKind::MissingRequiredArgument => text!(
            "the following required arguments were not provided: {args}",
            args = each(error, ContextKind::InvalidArg)
        ),
        ErrorKind::ArgumentConflict => conflict(error, &arg),
        ErrorKind::InvalidValue if value.is_empty() => {
            text!("a value is required for '{arg}' but none was supplied", arg)
        }
        ErrorKind::InvalidValue => text!(
            "invalid value '{value}' for '{arg}' [possible values: {values}]",
            value,
            arg,
            values = each(error, ContextKind::ValidValue)
        ),
        ErrorKind::ValueValidation => text!(
            "invalid value '{value}' for '{arg}': {why}",
            value,
            arg,
            why = why(error)
        ),
        ErrorKind::TooManyValues => text!(
            "unexpected value '{value}' for '{arg}' found; no more were expected",
            value,
            arg
        ),
        ErrorKind::MissingSubcommand => text!("no command given"),
        _ => Text::verbatim(crate::usage::first_paragraph(&error.render().to_string())),
    }
}

fn conflict(error: &clap::Error, arg: &str) -> Text {
    let others = each(error, ContextKind::PriorArg);
    match others == arg {
        true => text!("the argument '{arg}' cannot be used multiple times", arg),
        false => text!(
            "the argument '{arg}' cannot be used with {others}",
            arg,
            others
        ),
    }
}

/// The detail of a refused value: a text from our own value parsers, or the parser's own message.
fn why(error: &clap::Error) -> Text {
    let Some(source) = std::error::Error::source(error) else {
        return text!("the value cannot be used");
    };
    if let Some(ParseError(text)) = source.downcast_ref() {
        return text.clone();
    }
    let words = source.to_string();
    match words.split_once(" is not in ") {
        Some((value, range)) => text!("{value} is not in {range}", value, range),
        None if words.contains("digit") => text!("must be a whole number"),
        None => Text::verbatim(words),
    }
}

fn tips(error: &clap::Error) -> Vec<Text> {
    let suggested = |kind, tip: fn(&str) -> Text| {
        let near = error.get(kind).map(|_| each(error, kind));
        near.map(|near| tip(&near))
    };
    let similar = |near: &str| text!("did you mean {near}?", near);
    let kinds = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    let mut tips: Vec<Text> = kinds
        .into_iter()
        .filter_map(|kind| suggested(kind, similar))
        .collect();
    if let Some(ContextValue::StyledStrs(_)) = error.get(ContextKind::Suggested)
        && error.kind() == ErrorKind::UnknownArgument
    {
        let arg = error
            .get(ContextKind::InvalidArg)
            .map(ToString::to_string)
            .unwrap_or_default();
        tips.push(text!("to pass '{arg}' as a value, use '-- {arg}'", arg));
    }
    tips
}

/// The values of an error context, separated by commas.
fn each(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::Strings(values)) => values.join(", "),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

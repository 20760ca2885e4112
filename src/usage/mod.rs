//! Help, version, and usage errors.

mod advice;
mod example_list;
pub mod help;
mod help_command;
mod layout;
mod parse_error;
mod wrapping;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::ErrorKind;

use crate::cli;
use crate::commands::COMMANDS;
use crate::commands::send::one::print_failure;
use crate::config::{Flags, Key, Layers};
use crate::env::Env;
use crate::error::{Error, Kind};
use crate::output::{ColorChoice, JsonFormat, Output, OutputOptions, Streams};
use crate::text::{Lang, Text, text, translated};
use layout::Scope;

/// The examples of a command, each with what it does.
pub fn examples(words: &str, lang: Lang) -> Vec<example_list::Example> {
    let examples = example_list::of(words).iter();
    let in_lang = |text| translated(text, lang).unwrap_or(text);
    examples
        .map(|(what, line)| (in_lang(what), *line))
        .collect()
}

/// Prints the parser's answer, translated and laid out for people.
pub fn run(error: clap::Error, args: &[OsString], env: Env, streams: Streams) -> ExitCode {
    let rewritten = help_command::as_flag(&error, args);
    let args = rewritten.as_deref().unwrap_or(args);
    let error = match cli::parse(args) {
        Err(other) if rewritten.is_some() => other,
        _ => error,
    };
    let json = JsonFormat::in_arguments(args);
    let no_color = OutputOptions::is_colorless(&env);
    let utf8 = env.is_utf8();
    let lang = language(args, env);
    let options = OutputOptions {
        json,
        color: ColorChoice::Auto,
        no_color,
        utf8,
        lang,
        ..OutputOptions::default()
    };
    let output = Output::new(options, streams.stdout, streams.stderr);
    let mistake = advice::known_mistake(&error, args);
    let parse_again = |error| help::parse_again(error, args, scope(args), lang);
    let answer = |error: clap::Error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            show(&output, &parse_again(error), lang).map(|()| ExitCode::SUCCESS)
        }
        ErrorKind::InvalidUtf8 => Err(not_utf8()),
        _ if json.is_some() => Err(for_programs(&error)),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            show(&output, &parse_again(error), lang).map(|()| Kind::Usage.exit_code().into())
        }
        _ => Err(for_people(&parse_again(error), lang)),
    };
    let finish = mistake.map_or_else(|| answer(error), Err);
    if let Err(error) = &finish
        && sends_one_message(args)
    {
        print_failure(&output, None, None, error);
    }
    crate::finish(&output, finish)
}

/// The help that these arguments ask for.
fn scope(args: &[OsString]) -> Scope {
    let is_command = |arg: &OsString| COMMANDS.iter().any(|command| arg == command.name);
    match before_dashes(args).any(is_command) {
        true => Scope::Command,
        false => Scope::Program,
    }
}

/// Whether the command is `send` without `--batch`, or `at`.
fn sends_one_message(args: &[OsString]) -> bool {
    let mut words = before_dashes(args).skip(1).filter_map(|arg| arg.to_str());
    let is_batch = before_dashes(args).any(|arg| arg == "--batch");
    !is_batch && words.any(|word| ["send", "at"].contains(&word))
}

/// Help and version are results on stdout.
fn show(output: &Output, error: &clap::Error, lang: Lang) -> Result<(), Error> {
    let columns = output.stdout_columns();
    let text = help::finished(error.render().ansi().to_string(), lang, columns);
    let text = match output.stdout_style().color {
        true => text,
        false => StyledStr::from(text).to_string(),
    };
    output.text(&text)
}

/// Any other parser error is a usage error.
fn for_people(error: &clap::Error, lang: Lang) -> Error {
    if lang == Lang::Zh {
        return Error::usage(parse_error::parse_error(error));
    }
    let text = help::finished(error.render().to_string(), lang, None);
    let text = text.trim();
    Error::usage(Text::lines(text.strip_prefix("error: ").unwrap_or(text)))
}

/// The parser does not name the argument, nor a fix.
fn not_utf8() -> Error {
    Error::usage(text!("an argument is not valid UTF-8")).hint(text!(
        "convert it first, for example with `iconv -f GB18030 -t UTF-8`"
    ))
}

fn for_programs(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let text = text.trim();
    let message = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            text!("no command given")
        }
        _ => Text::verbatim(first_paragraph(
            text.strip_prefix("error: ").unwrap_or(text),
        )),
    };
    Error::usage(message).hint(text!("see `qiwei --help`"))
}

/// The text up to the first empty line, on one line.
fn first_paragraph(text: &str) -> String {
    text.lines()
        .take_while(|line| !line.trim().is_empty())
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
}

/// After a parser error the relevant flags are searched for by hand.
fn language(args: &[OsString], env: Env) -> Lang {
    let lang = value_of(args, "--lang").map(|lang| (Key::Lang, lang));
    let flags = Flags {
        values: lang.into_iter().collect(),
        profile: value_of(args, "--profile"),
        config: value_of(args, "--config").map(Into::into),
    };
    Layers::as_far_as_possible(flags, env).lang()
}

fn before_dashes(args: &[OsString]) -> impl Iterator<Item = &OsString> {
    args.iter().take_while(|arg| *arg != "--")
}

/// The value of a flag, as `--flag value` or `--flag=value`.
fn value_of(args: &[OsString], flag: &str) -> Option<String> {
    let mut args = before_dashes(args).filter_map(|arg| arg.to_str());
    while let Some(arg) = args.next() {
        match arg.strip_prefix(flag) {
            Some("") => return args.next().map(str::to_owned),
            Some(rest) if rest.starts_with('=') => {
                return rest.strip_prefix('=').map(str::to_owned);
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_flags_before_double_dash() {
        let cases = [
            (&["--lang", "zh"][..], Some("zh")),
            (&["send", "--lang=en", "--frob"], Some("en")),
            (&["--language", "zh"], None),
            (&["sandbox", "--", "--lang", "zh"], None),
            (&["--lang"], None),
        ];
        for (args, value) in cases {
            let args: Vec<OsString> = args.iter().map(Into::into).collect();
            assert_eq!(value_of(&args, "--lang").as_deref(), value, "{args:?}");
        }
    }
}

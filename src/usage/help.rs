//! Help in a language: translates the definition's texts, and the parser's own labels in the rendered help.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command};

use super::layout::{self, Scope};
use super::wrapping;
use crate::cli;
use crate::text::{Lang, translated};

/// The parser's own labels, longer ones first.
const LABELS: [&str; 10] = [
    "Print help (see more with '--help')",
    "Print help (see a summary with '-h')",
    "Print help",
    "Print version",
    "Possible values:",
    "[possible values: ",
    "[default: ",
    "Usage:",
    "Arguments:",
    "Commands:",
];

/// `Options:` also ends our own headings, so it is matched with its context.
const OPTIONS: [&str; 2] = ["\nOptions:", "mOptions:"];

/// Widest line of help, as for the parser.
const WIDEST: usize = 100;

/// The parser's labels that are translated.
#[cfg(test)]
pub fn labels() -> impl Iterator<Item = &'static str> {
    LABELS
        .into_iter()
        .chain(["Options:"])
        .chain(layout::texts())
}

/// The parser's answer to `args` in a language, laid out for people.
pub fn parse_again(error: clap::Error, args: &[OsString], scope: Scope, lang: Lang) -> clap::Error {
    // Each text on one line, so that the parser does not break it.
    let space = wrapping::SPACE;
    let command = match lang {
        Lang::En => cli::command(),
        Lang::Zh => HelpTranslator { lang, space }.command(cli::command()),
    };
    layout::arrange(command, scope, lang)
        .try_get_matches_from(args)
        .err()
        .unwrap_or(error)
}

/// The command line with translated texts. For help, errors and completion only.
pub fn in_language(command: Command, lang: Lang) -> Command {
    let space = ' ';
    match lang {
        Lang::En => command,
        Lang::Zh => HelpTranslator { lang, space }.command(command),
    }
}

/// Translates texts.
#[derive(Clone, Copy)]
struct HelpTranslator {
    lang: Lang,
    /// The separator between two words.
    space: char,
}

impl HelpTranslator {
    fn command(self, command: Command) -> Command {
        let about = command.get_about().and_then(|text| self.look_up(text));
        let long = command.get_long_about().and_then(|text| self.look_up(text));
        let after = command.get_after_help().and_then(|text| self.look_up(text));
        let mut command = command
            .mut_args(|arg| self.argument(arg))
            .mut_subcommands(|inner| self.command(inner));
        if let Some(about) = about {
            command = command.about(about);
        }
        if let Some(long) = long {
            command = command.long_about(long);
        }
        match after {
            Some(after) => command.after_help(after),
            None => command,
        }
    }

    fn argument(self, arg: Arg) -> Arg {
        let help = arg.get_help().and_then(|text| self.look_up(text));
        let long = arg.get_long_help().and_then(|text| self.look_up(text));
        let heading = arg
            .get_help_heading()
            .and_then(|text| translated(text, self.lang));
        let values = arg.get_possible_values();
        let mut arg = match values.is_empty() {
            true => arg,
            false => arg.value_parser(PossibleValuesParser::new(values.into_iter().map(|value| {
                match value.get_help().and_then(|text| self.look_up(text)) {
                    Some(help) => value.help(help),
                    None => value,
                }
            }))),
        };
        if let Some(help) = help {
            arg = arg.help(help);
        }
        if let Some(long) = long {
            arg = arg.long_help(long);
        }
        match heading {
            Some(heading) => arg.help_heading(heading),
            None => arg,
        }
    }

    fn look_up(self, text: &impl ToString) -> Option<String> {
        let text = translated(&text.to_string(), self.lang)?;
        Some(text.replace(' ', self.space.encode_utf8(&mut [0; 4])))
    }
}

/// Finishes rendered help: translates the parser's own labels and wraps lines.
pub fn finished(text: String, lang: Lang, columns: Option<usize>) -> String {
    match lang {
        Lang::En => text.replace(wrapping::SPACE, " "),
        Lang::Zh => wrapping::wrap(&headings(text, lang), columns.unwrap_or(WIDEST).min(WIDEST)),
    }
}

fn headings(text: String, lang: Lang) -> String {
    let mut text = text;
    for label in LABELS {
        if let Some(other) = translated(label, lang) {
            text = text.replace(label, other);
        }
    }
    if let Some(options) = translated("Options:", lang) {
        for label in OPTIONS {
            let other = label.replace("Options:", options);
            text = text.replace(label, &other);
        }
    }
    text
}

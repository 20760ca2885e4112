//! Help texts in Chinese: the command line with every text of ours looked up, and the parser's own
//! words put into the rendered help.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command};

use super::wrapping;
use crate::cli;
use crate::text::{Lang, translated};

/// The parser's own words, the longer ones first.
const WORDS: [&str; 10] = [
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

/// `Options:` also ends the headings of ours, so it is looked for with what stands before it.
const OPTIONS: [&str; 2] = ["\nOptions:", "mOptions:"];

/// No line of help is wider, also where the terminal is; the same as for the parser.
const WIDEST: usize = 100;

/// Every word of the parser's own that is translated.
#[cfg(test)]
pub fn words() -> impl Iterator<Item = &'static str> {
    WORDS.into_iter().chain(["Options:"])
}

/// What the parser says to `args` in a language; `error` is what it says in English.
pub fn parse_again(error: clap::Error, args: &[OsString], lang: Lang) -> clap::Error {
    // Each text on one line: the parser cannot break it.
    let space = wrapping::SPACE;
    match lang {
        Lang::En => error,
        Lang::Zh => (Words { lang, space }.command(cli::command()))
            .try_get_matches_from(args)
            .err()
            .unwrap_or(error),
    }
}

/// The command line with its texts in a language. For help, errors and completion only: it does
/// not give back the values a command works with.
pub fn in_language(command: Command, lang: Lang) -> Command {
    let space = ' ';
    match lang {
        Lang::En => command,
        Lang::Zh => Words { lang, space }.command(command),
    }
}

/// Puts texts into a language.
#[derive(Clone, Copy)]
struct Words {
    lang: Lang,
    /// What stands between two words.
    space: char,
}

impl Words {
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

/// Rendered help with the parser's own words in a language, and lines that fit.
pub fn finished(text: String, lang: Lang, columns: Option<usize>) -> String {
    match lang {
        Lang::En => text,
        Lang::Zh => wrapping::wrap(&headings(text, lang), columns.unwrap_or(WIDEST).min(WIDEST)),
    }
}

fn headings(text: String, lang: Lang) -> String {
    let mut text = text;
    for word in WORDS {
        if let Some(other) = translated(word, lang) {
            text = text.replace(word, other);
        }
    }
    if let Some(options) = translated("Options:", lang) {
        for word in OPTIONS {
            let other = word.replace("Options:", options);
            text = text.replace(word, &other);
        }
    }
    text
}

//! The layout of help: commands by topic, examples, and global options in one place.

use std::fmt::Write;

use clap::Command;
use clap::builder::StyledStr;

use super::example_list;
use super::wrapping::SPACE;
use crate::commands::{COMMANDS, Topic};
use crate::text::{Lang, translated};

/// Topics and their headings, in order.
const TOPICS: [(Topic, &str); 4] = [
    (Topic::Messages, "Messages"),
    (Topic::Account, "Account"),
    (Topic::Setup, "Server and setup"),
    (Topic::Sandbox, "Try it"),
];

const EXAMPLES: &str = "Examples";
const GLOBAL_OPTIONS: &str = "Global options: see `qiwei --help`";
const MORE_HELP: &str = "`qiwei help COMMAND` shows the options of a command and examples.";

/// Which help is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// That of the program.
    Program,
    /// That of a command, without the global options.
    Command,
}

/// Texts of this module that are translated.
#[cfg(test)]
pub fn texts() -> impl Iterator<Item = &'static str> {
    let headings = TOPICS.into_iter().map(|(_, heading)| heading);
    let examples = example_list::EXAMPLES.iter().flat_map(|(_, list)| *list);
    headings
        .chain([EXAMPLES, GLOBAL_OPTIONS, MORE_HELP])
        .chain(examples.map(|(what, _)| *what))
}

/// The definition, whose texts are in `lang` already, laid out for help.
pub fn arrange(command: Command, scope: Scope, lang: Lang) -> Command {
    let is_program = scope == Scope::Program;
    let command = command.mut_args(|arg| match arg.is_global_set() {
        true if is_program => arg.hide_short_help(true),
        true => arg.hide(true),
        false => arg,
    });
    match scope {
        Scope::Program => by_topic(with_footer(command, "", scope, lang), lang),
        Scope::Command => command.mut_subcommands(|inner| arrange_command(inner, "", lang)),
    }
}

fn arrange_command(command: Command, outer: &str, lang: Lang) -> Command {
    let words = format!("{outer} {}", command.get_name());
    let words = words.trim_start();
    with_footer(command, words, Scope::Command, lang)
        .mut_subcommands(|inner| arrange_command(inner, words, lang))
}

/// Puts notes and examples below the long help, and where to find the rest below both.
fn with_footer(command: Command, words: &str, scope: Scope, lang: Lang) -> Command {
    let rest = match scope {
        Scope::Program => format!("{}\n{}", say(GLOBAL_OPTIONS, lang), say(MORE_HELP, lang)),
        Scope::Command => say(GLOBAL_OPTIONS, lang).to_owned(),
    };
    let notes = command
        .get_after_help()
        .map(|notes| notes.ansi().to_string());
    let examples = examples(&command, words, lang);
    let last = match scope {
        Scope::Program => say(MORE_HELP, lang),
        Scope::Command => say(GLOBAL_OPTIONS, lang),
    };
    let parts = notes.into_iter().chain(examples).chain([last.to_owned()]);
    let long = parts.collect::<Vec<_>>().join("\n\n");
    command.after_help(rest).after_long_help(long)
}

fn examples(command: &Command, words: &str, lang: Lang) -> Option<String> {
    let examples = example_list::of(words);
    if examples.is_empty() {
        return None;
    }
    let mut text = heading(command, say(EXAMPLES, lang));
    for (what, line) in examples {
        // Not broken by the parser: a line is to be pasted.
        let line = line.replace(' ', SPACE.encode_utf8(&mut [0; 4]));
        let _ = write!(text, "\n  # {}\n  {line}", say(what, lang));
    }
    Some(text)
}

/// Replaces the list of commands by one for each topic, which the parser cannot do.
fn by_topic(command: Command, lang: Lang) -> Command {
    let width = COMMANDS.iter().map(|command| command.name.len()).max();
    let width = width.unwrap_or_default();
    let mut template = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (topic, title) in TOPICS {
        let _ = write!(template, "\n{}\n", heading(&command, say(title, lang)));
        let names = COMMANDS.iter().filter(|command| command.topic == topic);
        for inner in names.filter_map(|listed| command.find_subcommand(listed.name)) {
            let about = inner.get_about().map(StyledStr::to_string);
            let name = command.get_styles().get_literal();
            let _ = writeln!(
                template,
                "  {name}{:width$}{name:#}  {}",
                inner.get_name(),
                about.unwrap_or_default()
            );
        }
    }
    template.push_str("\n{all-args}{after-help}");
    command
        .mut_subcommands(|inner| inner.hide(true))
        .override_usage("qiwei [OPTIONS] <COMMAND>")
        .help_template(template)
}

fn heading(command: &Command, title: &str) -> String {
    let style = command.get_styles().get_header();
    format!("{style}{title}:{style:#}")
}

fn say(text: &'static str, lang: Lang) -> &'static str {
    translated(text, lang).unwrap_or(text)
}

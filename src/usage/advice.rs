//! Errors for common mistakes, with a command line that can be pasted.

use std::ffi::OsString;

use clap::error::{ContextKind, ErrorKind};

use crate::cli;
use crate::error::Error;
use crate::names;
use crate::shell::quote;
use crate::text::text;

/// The error of a known mistake; `None` for any other.
pub fn known_mistake(error: &clap::Error, args: &[OsString]) -> Option<Error> {
    match error.kind() {
        ErrorKind::UnknownArgument => text_in_several_arguments(error, args),
        ErrorKind::InvalidSubcommand => list_of_what(error),
        _ => None,
    }
}

/// `qiwei ls` could mean two lists.
fn list_of_what(error: &clap::Error) -> Option<Error> {
    let command = error.get(ContextKind::InvalidSubcommand)?.to_string();
    ["ls", "list"].contains(&command.as_str()).then(|| {
        Error::usage(text!("unrecognized subcommand '{command}'", command)).hint(text!(
            "`qiwei sessions` lists conversations, `qiwei instance ls` instances"
        ))
    })
}

/// `qiwei send TO hello world`, or `qiwei send A B text`.
fn text_in_several_arguments(error: &clap::Error, args: &[OsString]) -> Option<Error> {
    let unexpected = error.get(ContextKind::InvalidArg)?.to_string();
    let args: Vec<&str> = args.iter().map(|arg| arg.to_str()).collect::<Option<_>>()?;
    let at = args.iter().position(|arg| ["send", "at"].contains(arg))?;
    let command = args.get(at).copied()?;
    let words = positionals(&args, at);
    if unexpected.starts_with('-') || words.len() < 3 {
        return None;
    }
    let word = |index: &usize| args.get(*index).copied().unwrap_or_default();
    let targets = words.iter().map(word).take_while(|word| is_target(word));
    Some(match targets.count().max(1) {
        1 => not_quoted(&args, &words, &unexpected),
        _ if command == "at" => Error::usage(text!("only one group is possible here")).hint(text!(
            "run `qiwei at` once for each group, or use `qiwei send --batch`"
        )),
        count => several_targets(&words.iter().map(word).collect::<Vec<_>>(), count),
    })
}

fn several_targets(words: &[&str], count: usize) -> Error {
    let (targets, text) = words.split_at_checked(count).unwrap_or((words, &[]));
    let targets: Vec<String> = targets
        .iter()
        .map(|to| format!("--to {}", quote(to)))
        .collect();
    let text = match text.join(" ") {
        text if text.is_empty() => "TEXT".into(),
        text => quote(&text).into_owned(),
    };
    let line = format!("qiwei send {} {text}", targets.join(" "));
    Error::usage(text!("TO is one conversation")).hint(text!(
        "for several: `{line}`, or --batch FILE for several texts",
        line
    ))
}

fn not_quoted(args: &[&str], words: &[usize], unexpected: &str) -> Error {
    let text: Vec<&str> = (words.iter().skip(1))
        .filter_map(|index| args.get(*index).copied())
        .collect();
    let text = text.join(" ");
    let line = args.iter().enumerate().filter_map(|(index, arg)| {
        match words.iter().position(|word| *word == index) {
            Some(1) => Some(quote(&text)),
            Some(0) | None => Some(quote(arg)),
            Some(_) => None,
        }
    });
    // The first argument is the program's path; a URL may contain a password.
    let line: Vec<_> = line.skip(1).collect();
    let has_secret = args.iter().any(|arg| arg.contains("://"));
    let line = match has_secret {
        true => quote(&text).into_owned(),
        false => format!("qiwei {}", line.join(" ")),
    };
    Error::usage(text!(
        "unexpected argument '{unexpected}' behind TEXT",
        unexpected
    ))
    .hint(text!("put the text in quotes: `{line}`", line))
}

/// The places of the arguments behind the command that are no options, nor values of options.
fn positionals(args: &[&str], command: usize) -> Vec<usize> {
    let mut definition = cli::command();
    definition.build();
    let name = args.get(command).copied().unwrap_or_default();
    let options = definition.find_subcommand(name);
    let takes_value = |arg: &str| {
        options.is_some_and(|definition| {
            definition.get_arguments().any(|option| {
                let long = option.get_long().map(|long| format!("--{long}"));
                let short = option.get_short().map(|short| format!("-{short}"));
                [long, short].into_iter().flatten().any(|name| name == arg)
                    && option.get_action().takes_values()
            })
        })
    };
    let mut places = Vec::new();
    let mut rest = args.iter().enumerate().skip(command + 1);
    while let Some((place, arg)) = rest.next() {
        match *arg {
            "--" => {
                places.extend(rest.map(|(place, _)| place));
                break;
            }
            option if takes_value(option) => {
                rest.next();
            }
            option if option.starts_with('-') && option.len() > 1 => {}
            _ => places.push(place),
        }
    }
    places
}

/// Whether a word can only be a target.
fn is_target(word: &str) -> bool {
    let is_id = |prefix: &str| {
        let id = word.strip_prefix(prefix);
        id.is_some_and(|id| id.starts_with(|c: char| c.is_ascii_digit()))
    };
    is_id("S:") || is_id("R:") || word.starts_with(names::PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    fn hint(line: &[&str]) -> Option<String> {
        let args: Vec<OsString> = line.iter().map(Into::into).collect();
        let error = cli::parse(&args).map(|_| ()).unwrap_err();
        let mistake = known_mistake(&error, &args)?;
        mistake.hint.as_ref().map(Text::english)
    }

    #[test]
    fn gives_a_line_to_paste() {
        let cases: [(&[&str], &str); 7] = [
            (
                &["qiwei", "send", "ops", "hello", "world"],
                "`qiwei send ops 'hello world'`",
            ),
            (
                &[
                    "qiwei", "-q", "send", "ops", "it's", "--key", "k 1", "done", "now",
                ],
                r"`qiwei -q send ops 'it'\''s done now' --key 'k 1'`",
            ),
            (
                &[
                    "qiwei",
                    "--base-url",
                    "http://u:p@h",
                    "send",
                    "ops",
                    "a",
                    "b",
                ],
                "put the text in quotes: `'a b'`",
            ),
            (
                &["qiwei", "send", "R:1", "S:2", "hello", "world"],
                "`qiwei send --to R:1 --to S:2 'hello world'`",
            ),
            (
                &["qiwei", "send", "name:a b", "R:2", "R:3"],
                "`qiwei send --to 'name:a b' --to R:2 --to R:3 TEXT`",
            ),
            (
                &["qiwei", "at", "ops", "disk", "full", "--all"],
                "`qiwei at ops 'disk full' --all`",
            ),
            (&["qiwei", "ls"], "`qiwei instance ls`"),
        ];
        for (line, part) in cases {
            let hint = hint(line).unwrap_or_default();
            assert!(hint.contains(part), "{line:?}: {hint}");
        }
    }

    #[test]
    fn leaves_other_errors_alone() {
        for line in [&["qiwei", "frob"][..], &["qiwei", "status", "--frob"]] {
            assert_eq!(hint(line), None, "{line:?}");
        }
    }
}

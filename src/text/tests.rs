//! Checks that messages and translations match.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Command;

use super::*;
use crate::cli;
use crate::usage::help;

/// English templates in the sources, and the help texts.
fn messages() -> BTreeSet<String> {
    let mut messages: BTreeSet<String> = help::labels().map(str::to_owned).collect();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let source = std::fs::read_to_string(&file).unwrap();
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
        messages.extend(templates(code));
    }
    helps(&cli::command(), &mut messages);
    messages
}

/// Source files with messages for people: not the sandbox, not tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_ours = !path.ends_with("src/sandbox") && !path.ends_with("tests.rs");
        if path.is_dir() && is_ours {
            files.extend(sources(&path));
        } else if is_ours && path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
    files
}

/// The literals after every `text!(`.
fn templates(code: &str) -> impl Iterator<Item = String> {
    code.split("text!(").skip(1).filter_map(|rest| {
        let literal = rest.trim_start().strip_prefix('"')?;
        Some(unescaped(literal))
    })
}

/// The value of a string literal.
fn unescaped(literal: &str) -> String {
    let mut text = String::new();
    let mut chars = literal.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('"', _) => break,
            ('\\', Some('\n')) => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            ('\\', Some('n')) => {
                chars.next();
                text.push('\n');
            }
            ('\\', _) => text.extend(chars.next()),
            _ => text.push(c),
        }
    }
    text
}

fn helps(command: &Command, to: &mut BTreeSet<String>) {
    let mut add = |text: Option<String>| to.extend(text);
    let text = |text: &clap::builder::StyledStr| text.to_string();
    add(command.get_about().map(text));
    add(command.get_long_about().map(text));
    add(command.get_after_help().map(text));
    for arg in command.get_arguments() {
        add(arg.get_help().map(text));
        add(arg.get_long_help().map(text));
        add(arg.get_help_heading().map(str::to_owned));
        for value in arg.get_possible_values() {
            add(value.get_help().map(text));
        }
    }
    for inner in command.get_subcommands() {
        helps(inner, to);
    }
}

#[test]
fn every_message_has_exactly_one_translation() {
    let messages = messages();
    let missing: Vec<_> = messages
        .iter()
        .filter(|message| zh::find(message).is_none())
        .collect();
    assert!(missing.is_empty(), "not in src/text/zh: {missing:#?}");
    let mut seen = BTreeSet::new();
    for (english, _) in zh::all() {
        assert!(
            messages.contains(*english),
            "no message any more: {english:?}"
        );
        assert!(seen.insert(english), "there twice: {english:?}");
    }
}

/// Text marked as untranslated must not be a sentence.
#[test]
fn verbatim_text_contains_no_english() {
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let source = std::fs::read_to_string(&file).unwrap();
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
        for way in ["verbatim(\"", "verbatim(format!(\""] {
            for literal in code.split(way).skip(1).map(unescaped) {
                let words = literal
                    .split(' ')
                    .filter(|word| word.len() > 1 && word.chars().all(char::is_alphabetic));
                assert!(words.count() < 2, "{}: {literal:?}", file.display());
            }
        }
    }
}

#[test]
fn translations_have_same_placeholders() {
    for (english, chinese) in zh::all() {
        let places = |template| {
            template::places(template)
                .into_iter()
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(places(english), places(chinese), "{english:?}");
        // Typed text must not touch the prompt.
        assert_eq!(
            english.ends_with(' '),
            chinese.ends_with(' '),
            "{english:?}"
        );
    }
}

#[test]
fn renders_texts_with_arguments() {
    let states = Text::list([
        text!("{count} {state}", count = 2, state = text!("online")),
        text!("{count} {state}", count = 1, state = text!("stopped")),
    ]);
    let all = text!("{total} instances: {states}", total = 3, states);
    assert_eq!(all.english(), "3 instances: 2 online, 1 stopped");
    assert_eq!(all.render(Lang::Zh), "3 个实例：在线 2、停止 1");
    let name = Text::verbatim("{name}");
    assert_eq!(
        text!("{name} is not set", name).render(Lang::Zh),
        "{name} 未设置"
    );
}

#[test]
fn json_is_english() {
    let json = serde_json::to_string(&text!("nobody is mentioned")).unwrap();
    assert_eq!(json, "\"nobody is mentioned\"");
}

#[test]
fn detects_language_of_locales() {
    let cases = [
        ("zh_CN.UTF-8", Lang::Zh),
        ("zh_CN.utf8", Lang::Zh),
        ("zh_CN.UTF-8@pinyin", Lang::Zh),
        ("zh_CN.GB18030", Lang::En),
        ("zh_CN.gbk", Lang::En),
        ("zh", Lang::Zh),
        ("zh_TW", Lang::Zh),
        ("ZH_cn", Lang::Zh),
        ("C", Lang::En),
        ("C.UTF-8", Lang::En),
        ("en_US.UTF-8", Lang::En),
        ("de_DE", Lang::En),
    ];
    for (locale, lang) in cases {
        assert_eq!(Lang::of_locale(locale), lang, "{locale}");
    }
}

//! Completion scripts and man pages are generated from the command definitions and committed.
//! To rewrite them: `UPDATE_GENERATED=1 cargo test generated`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;

use crate::support::Qiwei;
use crate::support::script::is_installed;
use crate::{manual_text, manual_text_zh};

const REWRITE: &str = "UPDATE_GENERATED=1 cargo test --test cli -- generated";

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Checks that a committed file has this content, or rewrites it with `UPDATE_GENERATED`.
pub fn check_or_rewrite(path: &Path, expected: &str) {
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, expected).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == expected,
        "{} is not current: run `{REWRITE}`",
        path.display()
    );
}

#[test]
fn completion_scripts_are_current() {
    for (shell, file) in [
        ("bash", "qiwei.bash"),
        ("zsh", "_qiwei"),
        ("fish", "qiwei.fish"),
        ("powershell", "qiwei.ps1"),
        ("elvish", "qiwei.elv"),
    ] {
        let run = Qiwei::new(["completions", shell]).run().ends_with(0);
        check_or_rewrite(&root().join("completions").join(file), &run.stdout);
    }
}

#[test]
fn man_pages_are_current() {
    check_pages(Language::English, &root().join("man"));
    check_pages(Language::Chinese, &root().join("man/zh_CN"));
}

#[derive(Clone, Copy, PartialEq)]
enum Language {
    English,
    Chinese,
}

/// What the generator writes in English, and its Chinese.
const LABELS: [(&str, &str); 14] = [
    (".SH NAME\n", ".SH 名称\n"),
    (".SH SYNOPSIS\n", ".SH 用法\n"),
    (".SH DESCRIPTION\n", ".SH 说明\n"),
    (".SH OPTIONS\n", ".SH 选项\n"),
    (".SH SUBCOMMANDS\n", ".SH 子命令\n"),
    (".SH NOTES\n", ".SH 备注\n"),
    (".SH EXAMPLES\n", ".SH 示例\n"),
    (".SH \"SEE ALSO\"\n", ".SH 参见\n"),
    (
        "Print help (see a summary with \\*(Aq\\-h\\*(Aq)",
        "显示帮助（简要帮助用 \\-h）",
    ),
    (
        "Print help (see more with \\*(Aq\\-\\-help\\*(Aq)",
        "显示帮助（详细帮助用 \\-\\-help）",
    ),
    ("Print version", "显示版本"),
    ("Print help", "显示帮助"),
    ("Possible values:", "可选值："),
    ("[possible values: ", "[可选值: "),
];

fn check_pages(language: Language, folder: &Path) {
    let mut written = Vec::new();
    let mut command = qiwei::command(language == Language::Chinese);
    command.build();
    pages(&command, "qiwei", language, &mut |name, text| {
        check_or_rewrite(&folder.join(format!("{name}.1")), &text);
        written.push(format!("{name}.1"));
    });
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(
            entry.path().is_dir() || written.contains(&name),
            "{name} belongs to no command: remove it"
        );
    }
}

/// A page for a command and for each below it.
fn pages(command: &Command, name: &str, language: Language, page: &mut impl FnMut(&str, String)) {
    page(name, render(command, name, language));
    for below in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        let name = format!("{name}-{}", below.get_name());
        pages(below, &name, language, page);
    }
}

fn render(command: &Command, name: &str, language: Language) -> String {
    // clap keeps names for as long as the program runs.
    let page: &'static str = name.to_owned().leak();
    let named = command.clone().name(page).bin_name(name.replace('-', " "));
    // The global options are in qiwei(1).
    let named = named.mut_args(|arg| match arg.is_global_set() && name != "qiwei" {
        true => arg.hide(true),
        false => arg,
    });
    let man = Man::new(named)
        .date(manual_text::DATE)
        .source(concat!("qiwei ", env!("CARGO_PKG_VERSION")))
        .manual("qiwei manual");
    let mut text = Vec::new();
    man.render_title(&mut text).unwrap();
    man.render_name_section(&mut text).unwrap();
    man.render_synopsis_section(&mut text).unwrap();
    man.render_description_section(&mut text).unwrap();
    man.render_options_section(&mut text).unwrap();
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text).unwrap();
    }
    if command.get_after_help().is_some() {
        man.render_extra_section(&mut text).unwrap();
    }
    let text = String::from_utf8(text).unwrap();
    // Two breaks with an empty line between them, which mandoc takes for three.
    let mut text = text.replace(".br\n\n.br\n", ".sp\n");
    text = text.replace(".SH EXTRA\n", ".SH NOTES\n");
    if name == "qiwei" {
        text.push_str(&match language {
            Language::English => manual_text::SECTIONS.to_owned(),
            Language::Chinese => manual_text_zh::sections(),
        });
    }
    text.push_str(&examples(name, language));
    text.push_str(".SH \"SEE ALSO\"\n");
    text.push_str(match name {
        "qiwei" => manual_text::SEE_ALSO,
        _ => "qiwei(1)\n",
    });
    match language {
        Language::English => text,
        Language::Chinese => breakable(&LABELS.iter().fold(text, |text, (english, chinese)| {
            text.replace(english, chinese)
        })),
    }
}

/// Adds points where a line may break. Without them groff 1.22 never ends: `man` loads zh.tmac for a page
/// below man/zh_CN, which allows no break around punctuation, and a word that is longer than the line is tried
/// again and again.
fn breakable(page: &str) -> String {
    const PUNCTUATION: &str = "，。：；、！？）…,";
    let mut text = String::with_capacity(page.len() + 1024);
    for line in page.split_inclusive('\n') {
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            text.push(c);
            let ends_here = PUNCTUATION.contains(c) && !line.starts_with('.');
            let follows = |next: char| !next.is_whitespace() && !PUNCTUATION.contains(next);
            if ends_here && chars.peek().copied().is_some_and(follows) {
                text.push_str("\\:");
            }
        }
    }
    text
}

/// As `man` does for a page below man/zh_CN. Without groff there is nothing to test.
#[test]
fn troff_ends_on_every_chinese_page() {
    if !is_installed("troff") || !is_installed("preconv") {
        return;
    }
    for entry in std::fs::read_dir(root().join("man/zh_CN")).unwrap() {
        let path = entry.unwrap().path();
        for columns in [40, 80, 120] {
            let script = format!(
                "{{ echo '.mso zh.tmac'; echo '.hla zh'; cat '{}'; }} | preconv -e UTF-8 |
                 timeout 10 troff -mtty-char -mandoc -Tutf8 -rLL={columns}n >/dev/null 2>&1",
                path.display()
            );
            let shell = std::process::Command::new("sh")
                .args(["-c", &script])
                .status();
            assert!(
                shell.unwrap().success(),
                "troff does not end on {} in {columns} columns",
                path.display()
            );
        }
    }
}

fn examples(name: &str, language: Language) -> String {
    let words = name.trim_start_matches("qiwei").replace('-', " ");
    let examples = qiwei::examples(words.trim(), language == Language::Chinese);
    assert!(
        (2..=4).contains(&examples.len()),
        "`{name}` needs two to four examples in src/usage/example_list.rs"
    );
    let mut text = String::from(".SH EXAMPLES\n");
    for (what, line) in examples {
        let line = line
            .replace('\\', "\\e")
            .replace('-', "\\-")
            .replace('\'', "\\(aq");
        writeln!(text, ".PP\n{what}:\n.PP\n.nf\n{line}\n.fi").unwrap();
    }
    text
}

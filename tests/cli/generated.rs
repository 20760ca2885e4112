//! Completion scripts and man pages are generated from the command definitions and committed.
//! To rewrite them: `UPDATE_GENERATED=1 cargo test generated`.

use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;

use crate::manual_text;
use crate::support::Qiwei;

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
    let folder = root().join("man");
    let mut written = Vec::new();
    let mut command = qiwei::command();
    command.build();
    pages(&command, "qiwei", &mut |name, text| {
        check_or_rewrite(&folder.join(format!("{name}.1")), &text);
        written.push(format!("{name}.1"));
    });
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            written.contains(&name),
            "{name} belongs to no command: remove it"
        );
    }
}

/// A page for a command and for each below it.
fn pages(command: &Command, name: &str, page: &mut impl FnMut(&str, String)) {
    page(name, render(command, name));
    for below in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        pages(below, &format!("{name}-{}", below.get_name()), page);
    }
}

fn render(command: &Command, name: &str) -> String {
    // clap keeps names for as long as the program runs.
    let page: &'static str = name.to_owned().leak();
    let named = command.clone().name(page).bin_name(name.replace('-', " "));
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
    if name == "qiwei" {
        text.push_str(manual_text::SECTIONS);
    } else {
        text.push_str(".SH \"SEE ALSO\"\nqiwei(1)\n");
    }
    text
}

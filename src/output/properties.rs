//! Property checks of all output with text from outside, for fuzz targets and tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "property checks fail by panicking"
)]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tabled::grid::util::string::get_string_width;

use super::sanitize::{for_terminal, json_for_terminal};
use super::table::{Cell, RED, Table, TableStyle};
use super::{ColorChoice, JsonFormat, Output, OutputOptions, OutputStream, Page};
use crate::error::Error;
use crate::text::{Lang, Text};

/// Checks any bytes in every kind of output.
pub fn terminal(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    check_sanitised(&text);
    check_table(&text);
    let english = Text::of_system(text.as_ref()).english();
    assert_eq!(english, text, "system messages are unchanged in English");
    for color in [ColorChoice::Never, ColorChoice::Always] {
        for json in [false, true] {
            check_terminal(data, &text, color, json);
        }
    }
    check_pipe(data, &text);
}

/// Control characters, and characters that hide or reorder text, by the Unicode tables.
fn is_harmful(c: char) -> bool {
    let code = u32::from(c);
    let is_control = code < 0x20 || (0x7f..0xa0).contains(&code);
    let is_bidi = [0x61c, 0x200e, 0x200f].contains(&code)
        || (0x202a..=0x202e).contains(&code)
        || (0x2066..=0x2069).contains(&code);
    let is_break = [0x2028, 0x2029].contains(&code);
    let is_hidden = [0x200b, 0x2060, 0xfeff].contains(&code) || (0xe0000..=0xe007f).contains(&code);
    is_control && c != '\n' || is_bidi || is_break || is_hidden
}

fn assert_harmless(text: &str) {
    assert!(!text.contains(is_harmful), "{text:?}");
}

fn check_sanitised(text: &str) {
    let safe = for_terminal(text);
    assert_harmless(&safe);
    assert_eq!(for_terminal(&safe), safe);
    assert_eq!(safe.matches('\n').count(), text.matches('\n').count());
    let json = serde_json::to_string(text).expect("a string");
    let safe = json_for_terminal(&json);
    assert_harmless(&safe);
    assert_eq!(serde_json::from_str::<String>(&safe).expect("JSON"), text);
}

fn check_table(text: &str) {
    let rows = || {
        [
            [text.into(), "b".into()],
            ["c".into(), Cell::styled(Text::verbatim(text), RED)],
        ]
    };
    let header = || [Text::verbatim("ID"), Text::verbatim("NAME")];
    for utf8 in [true, false] {
        let style = TableStyle {
            terminal: true,
            color: false,
            utf8,
            columns: None,
        };
        let shown = Table::new(header(), rows()).render(style, Lang::En);
        assert_harmless(&shown);
        // A frame of three lines, a header and the rows, all of the same width.
        let frame_lines = if utf8 { 3 } else { 4 };
        assert_eq!(shown.lines().count(), 3 + frame_lines, "{shown}");
        let widths: Vec<usize> = shown.lines().map(get_string_width).collect();
        assert!(
            widths.windows(2).all(|pair| pair.first() == pair.last()),
            "{shown}"
        );
    }
    let shown = Table::new(header(), rows()).render(TableStyle::PLAIN, Lang::En);
    if !text.contains(['\n', '\r', '\t']) {
        assert_eq!(shown.lines().count(), 3);
        assert!(shown.contains(text.trim_end()), "{shown:?}");
    }
}

/// The output on stdout and stderr of `print`.
fn printed(options: OutputOptions, terminal: bool, print: impl FnOnce(&Output)) -> [String; 2] {
    let streams = [(); 2].map(|()| SharedBuffer::default());
    let [stdout, stderr] = streams.clone().map(|buffer| OutputStream {
        writer: Box::new(buffer),
        terminal,
    });
    print(&Output::new(options, stdout, stderr));
    streams.map(|buffer| String::from_utf8(buffer.bytes()).expect("UTF-8"))
}

#[derive(Clone, Default)]
struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl SharedBuffer {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("not poisoned").clone()
    }
}

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn check_terminal(data: &[u8], text: &str, color: ColorChoice, json: bool) {
    let words = Text::verbatim(text);
    let options = OutputOptions {
        json: json.then_some(JsonFormat::Json),
        color,
        utf8: true,
        ..OutputOptions::default()
    };
    let shown = printed(options, true, |output| {
        let page = Page::new()
            .line(words.clone())
            .fields(vec![(Text::verbatim("name"), words.clone())])
            .table(Table::new([Text::verbatim("A")], [[words.clone().into()]]));
        output.page(page).expect("written");
        output.json(&text).expect("written");
        output.bytes(data).expect("written");
        output.note(&words);
        output.input_error(&words);
        output.warn(&words);
        output.prompt(&words);
        output.error(&Error::usage(words.clone()).hint(words.clone()));
    });
    for stream in shown {
        // Color codes are this program's own.
        let plain = ["\x1b[0m", "\x1b[31m", "\x1b[33m", "\x1b[36m"]
            .iter()
            .filter(|_| color == ColorChoice::Always)
            .fold(stream, |stream, color| stream.replace(color, ""));
        assert_harmless(&plain);
    }
}

/// In a pipe everything is unchanged, and JSON is valid.
fn check_pipe(data: &[u8], text: &str) {
    let options = OutputOptions {
        json: Some(JsonFormat::Json),
        ..OutputOptions::default()
    };
    let [stdout, stderr] = printed(options, false, |output| {
        output.json(&text).expect("written");
        output.error(&Error::usage(Text::verbatim(text)));
    });
    assert_eq!(stdout.lines().count(), 1);
    assert_eq!(serde_json::from_str::<String>(&stdout).expect("JSON"), text);
    let error: Value = serde_json::from_str(&stderr).expect("JSON");
    assert_eq!(error["error"]["message"], text);
    assert_eq!(stderr.lines().count(), 1);
    if let Ok(text) = std::str::from_utf8(data) {
        let [stdout, _] = printed(OutputOptions::default(), false, |output| {
            output.bytes(data).expect("written");
        });
        assert_eq!(stdout, text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token_sequences::token_sequences;

    const WORDS: &[&str] = &[
        "plain",
        "中文",
        "项目讨论群",
        "\n",
        "\r",
        "\t",
        "\x1b[2J",
        "\x1b]0;t\x07",
        "\u{9b}31m",
        "\u{202e}",
        "\u{2066}",
        "\u{200b}",
        "\u{2028}",
        "\u{e0041}",
        "👨\u{200d}👩",
        "e\u{301}",
        "{",
        "}",
        "{text}",
        "error: ",
        "：",
        " (os error 2)",
        "exit status: ",
        "No such file or directory",
        "\"",
        "\\",
    ];

    proptest! {
        #[test]
        fn output_is_sanitized(text in token_sequences(WORDS)) {
            terminal(&text);
        }
    }
}

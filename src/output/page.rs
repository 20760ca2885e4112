//! The text form of a result: lines, tables, and named values.

use tabled::grid::util::string::get_string_width;

use super::sanitize::for_terminal;
use super::table::{Table, TableStyle};
use crate::text::{Lang, Text};

/// The text form of a result.
#[derive(Clone, Debug, Default)]
pub struct Page(Vec<Block>);

#[derive(Clone, Debug)]
enum Block {
    Line(Text),
    Fields(Vec<(Text, Text)>),
    Table(Table),
}

impl Page {
    /// An empty page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line.
    pub fn line(mut self, text: Text) -> Self {
        self.0.push(Block::Line(text));
        self
    }

    /// Adds names and values, one pair per line, aligned.
    pub fn fields(mut self, fields: Vec<(Text, Text)>) -> Self {
        self.0.push(Block::Fields(fields));
        self
    }

    /// Adds a table.
    pub fn table(mut self, table: Table) -> Self {
        self.0.push(Block::Table(table));
        self
    }

    /// Renders the page; every line has a line break.
    pub(super) fn render(&self, style: TableStyle, lang: Lang) -> String {
        self.0
            .iter()
            .map(|block| match block {
                Block::Line(text) => line(&text.render(lang), style),
                Block::Fields(fields) => columns(fields, style, lang),
                Block::Table(table) => table.render(style, lang),
            })
            .collect()
    }
}

impl From<Text> for Page {
    fn from(text: Text) -> Self {
        Self::new().line(text)
    }
}

impl From<Table> for Page {
    fn from(table: Table) -> Self {
        Self::new().table(table)
    }
}

impl FromIterator<Text> for Page {
    fn from_iter<I: IntoIterator<Item = Text>>(lines: I) -> Self {
        lines.into_iter().fold(Self::new(), Self::line)
    }
}

fn line(text: &str, style: TableStyle) -> String {
    match style.terminal {
        true => format!("{}\n", for_terminal(text)),
        false => format!("{text}\n"),
    }
}

fn columns(fields: &[(Text, Text)], style: TableStyle, lang: Lang) -> String {
    let names: Vec<String> = fields.iter().map(|(name, _)| name.render(lang)).collect();
    let widest = names.iter().map(|name| get_string_width(name)).max();
    let width = widest.unwrap_or_default() + 1;
    names
        .iter()
        .zip(fields)
        .map(|(name, (_, value))| {
            // A Chinese character takes two columns.
            let gap = " ".repeat(width - get_string_width(name));
            line(&format!("{name}{gap}{}", value.render(lang)), style)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::text;

    #[test]
    fn aligns_field_values() {
        let fields = vec![
            (text!("server"), Text::verbatim("http://h")),
            (text!("instances"), Text::verbatim("none")),
        ];
        let page = Page::new().fields(fields);
        assert_eq!(
            page.render(TableStyle::PLAIN, Lang::En),
            "server    http://h\ninstances none\n"
        );
    }

    #[test]
    fn escapes_lines_on_terminal_only() {
        let page = Page::from(Text::verbatim("a\x1b[2J"));
        assert_eq!(page.render(TableStyle::PLAIN, Lang::En), "a\x1b[2J\n");
        let eyes = TableStyle {
            terminal: true,
            ..TableStyle::PLAIN
        };
        assert_eq!(page.render(eyes, Lang::En), "a\\u{1b}[2J\n");
    }
}

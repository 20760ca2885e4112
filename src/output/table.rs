//! Tables: drawn on a terminal, plain columns in a pipe.

use anstyle::{AnsiColor, Color, Style};
use tabled::builder::Builder;
use tabled::settings::object::Cell as At;
use tabled::settings::style::Style as Frame;
use tabled::settings::{Color as Paint, Modify, Padding};

use super::sanitize::for_terminal;
use crate::text::{Lang, Text};

/// One cell: its text and, on a terminal with colour, how it is painted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    text: Text,
    style: Style,
}

impl Cell {
    /// A cell in `style`.
    pub fn styled(text: Text, style: Style) -> Self {
        Self { text, style }
    }
}

impl From<Text> for Cell {
    fn from(text: Text) -> Self {
        Self::styled(text, Style::new())
    }
}

/// Names, ids and numbers.
impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Text::verbatim(text).into()
    }
}

/// Names, ids and numbers.
impl From<String> for Cell {
    fn from(text: String) -> Self {
        Text::verbatim(text).into()
    }
}

/// Good news.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// Neither here nor there.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// Bad news.
pub const RED: Style = AnsiColor::Red.on_default();

/// How a table is to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Frames and sanitising, for eyes; or plain columns, for programs.
    pub terminal: bool,
    /// Whether cells are painted.
    pub color: bool,
    /// Whether frames can be drawn with more than ASCII.
    pub utf8: bool,
}

/// A table before it is drawn.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<Text>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table of these columns.
    pub fn new<const N: usize>(
        header: [Text; N],
        rows: impl IntoIterator<Item = [Cell; N]>,
    ) -> Self {
        Self {
            header: header.into(),
            rows: rows.into_iter().map(Vec::from).collect(),
        }
    }

    /// The table, with its last line's end. Double-width characters count as two columns.
    pub(super) fn render(&self, look: Look, lang: Lang) -> String {
        let mut builder = Builder::with_capacity(self.rows.len() + 1, self.header.len());
        builder.push_record(self.header.iter().map(|text| text.render(lang)));
        for row in &self.rows {
            builder.push_record(row.iter().map(|cell| shown(&cell.text.render(lang), look)));
        }
        let mut table = builder.build();
        if look.terminal && look.utf8 {
            table.with(Frame::rounded());
        } else if look.terminal {
            table.with(Frame::ascii());
        } else {
            table.with(Frame::empty()).with(Padding::new(0, 2, 0, 0));
        }
        if look.color {
            self.paint(&mut table);
        }
        let mut text = String::new();
        for line in table.to_string().lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn paint(&self, table: &mut tabled::Table) {
        for (row, cells) in self.rows.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                if let Some(paint) = paint(cell.style) {
                    table.with(Modify::new(At::new(row + 1, column)).with(paint));
                }
            }
        }
    }
}

fn shown(text: &str, look: Look) -> String {
    match look.terminal {
        true => for_terminal(text).into_owned(),
        false => text.to_owned(),
    }
}

fn paint(style: Style) -> Option<Paint> {
    match style.get_fg_color()? {
        Color::Ansi(AnsiColor::Green) => Some(Paint::FG_GREEN),
        Color::Ansi(AnsiColor::Yellow) => Some(Paint::FG_YELLOW),
        Color::Ansi(AnsiColor::Red) => Some(Paint::FG_RED),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look {
        terminal: false,
        color: false,
        utf8: true,
    };

    fn render<const N: usize>(header: [&str; N], rows: &[[Cell; N]], look: Look) -> String {
        Table::new(header.map(Text::verbatim), rows.to_vec()).render(look, Lang::En)
    }

    fn rows() -> Vec<[Cell; 2]> {
        vec![
            ["S:788123456789".into(), "张三".into()],
            [
                "R:1".into(),
                Cell::styled(Text::verbatim("项目\x1b[1m\n讨论"), GREEN),
            ],
        ]
    }

    #[test]
    fn plain_columns_have_no_frame_and_change_no_byte() {
        let text = render(["ID", "NAME"], &rows()[..1], PLAIN);
        assert_eq!(text, "ID              NAME\nS:788123456789  张三\n");
        assert!(render(["ID", "NAME"], &rows(), PLAIN).contains("\x1b[1m"));
    }

    #[test]
    fn frames_line_up_under_double_width_text() {
        let look = Look {
            terminal: true,
            ..PLAIN
        };
        let text = render(["ID", "NAME"], &rows(), look);
        assert_eq!(
            text,
            "╭────────────────┬─────────────────────╮\n\
             │ ID             │ NAME                │\n\
             ├────────────────┼─────────────────────┤\n\
             │ S:788123456789 │ 张三                │\n\
             │ R:1            │ 项目\\u{1b}[1m\\n讨论 │\n\
             ╰────────────────┴─────────────────────╯\n"
        );
    }

    #[test]
    fn a_terminal_without_utf8_gets_frames_of_ascii() {
        let look = Look {
            terminal: true,
            utf8: false,
            ..PLAIN
        };
        let rows = [["x".into(), "y".into()]];
        assert!(render(["A", "B"], &rows, look).is_ascii());
    }

    #[test]
    fn colour_is_painted_around_the_text() {
        let look = Look {
            terminal: true,
            color: true,
            utf8: true,
        };
        let text = render(
            ["A"],
            &[[Cell::styled(Text::verbatim("online"), GREEN)]],
            look,
        );
        assert!(text.contains("\x1b[32m"), "{text:?}");
    }
}

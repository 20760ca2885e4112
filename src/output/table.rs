//! Tables: drawn on a terminal, plain columns in a pipe.

use anstyle::{AnsiColor, Color, Style};
use tabled::builder::Builder;
use tabled::settings::object::Cell as At;
use tabled::settings::style::Style as Frame;
use tabled::settings::{Color as Paint, Modify, Padding};

use super::sanitize::for_terminal;

/// One cell: its text and, on a terminal with colour, how it is painted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A cell in `style`.
    pub fn styled(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text, Style::new())
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
}

/// Renders a table, with its last line's end. Double-width characters count as two columns.
pub fn render<const N: usize>(header: [&str; N], rows: &[[Cell; N]], look: Look) -> String {
    let mut builder = Builder::with_capacity(rows.len() + 1, N);
    builder.push_record(header);
    for row in rows {
        builder.push_record(row.each_ref().map(|cell| shown(&cell.text, look)));
    }
    let mut table = builder.build();
    if look.terminal {
        table.with(Frame::rounded());
    } else {
        table.with(Frame::empty()).with(Padding::new(0, 2, 0, 0));
    }
    if look.color {
        for (row, cells) in rows.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                if let Some(paint) = paint(cell.style) {
                    table.with(Modify::new(At::new(row + 1, column)).with(paint));
                }
            }
        }
    }
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn shown(text: &str, look: Look) -> String {
    if look.terminal {
        // A line feed would break the frame.
        for_terminal(text).replace('\n', "\\n")
    } else {
        text.to_owned()
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
    };

    fn rows() -> Vec<[Cell; 2]> {
        vec![
            ["S:788123456789".into(), "张三".into()],
            ["R:1".into(), Cell::styled("项目\x1b[1m\n讨论", GREEN)],
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
    fn colour_is_painted_around_the_text() {
        let look = Look {
            terminal: true,
            color: true,
        };
        let text = render(["A"], &[[Cell::styled("online", GREEN)]], look);
        assert!(text.contains("\x1b[32m"), "{text:?}");
    }
}

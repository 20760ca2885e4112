//! Tables: with frames on a terminal, as plain columns in a pipe.

use anstyle::{AnsiColor, Color, Style};
use tabled::builder::Builder;
use tabled::grid::util::string::get_string_width;
use tabled::settings::object::Cell as At;
use tabled::settings::style::Style as Frame;
use tabled::settings::{Color as Paint, Modify, Padding};

use super::sanitize::for_terminal;
use super::table_layout::{self, Layout};
use crate::text::{Lang, Text};

/// A cell: text, and its style on a terminal with color.
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

/// For names, ids and numbers.
impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Text::verbatim(text).into()
    }
}

/// For names, ids and numbers.
impl From<String> for Cell {
    fn from(text: String) -> Self {
        Text::verbatim(text).into()
    }
}

/// Success.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// Neutral or pending.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// Failure.
pub const RED: Style = AnsiColor::Red.on_default();

/// How a table is drawn.
#[derive(Clone, Copy, Debug)]
pub struct TableStyle {
    /// Frames and sanitised text for a terminal, or plain columns for a pipe.
    pub terminal: bool,
    /// Whether cells are colored.
    pub color: bool,
    /// Whether frames may use non-ASCII characters.
    pub utf8: bool,
    /// Width of the terminal, if known.
    pub columns: Option<usize>,
}

#[cfg(any(test, fuzzing))]
impl TableStyle {
    /// For pipes.
    pub const PLAIN: Self = Self {
        terminal: false,
        color: false,
        utf8: true,
        columns: None,
    };
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<Text>,
    rows: Vec<Vec<Cell>>,
    cuttable: Vec<usize>,
    /// Least widths of the columns without a terminal; empty for none.
    min_widths: Vec<usize>,
    has_header: bool,
}

impl Table {
    /// A table with these columns.
    pub fn new<const N: usize>(
        header: [Text; N],
        rows: impl IntoIterator<Item = [Cell; N]>,
    ) -> Self {
        Self {
            header: header.into(),
            rows: rows.into_iter().map(Vec::from).collect(),
            cuttable: Vec::new(),
            min_widths: Vec::new(),
            has_header: true,
        }
    }

    /// Makes this the continuation of a table with columns of these widths, which has the header already.
    pub(super) fn continues(mut self, widths: Vec<usize>) -> Self {
        self.min_widths = widths;
        self.has_header = false;
        self
    }

    /// Allows shortening a column on a narrow terminal. Not for ids and guids, which are copied.
    pub fn may_cut(mut self, column: usize) -> Self {
        self.cuttable.push(column);
        self
    }

    /// The rendered table with a final line break. Double-width characters count as two columns.
    pub(super) fn render(&self, table_style: TableStyle, lang: Lang) -> String {
        let grid = self.grid(table_style, lang);
        let Some(columns) = table_style.columns.filter(|_| table_style.terminal) else {
            return self.draw(&grid, table_style, table_style.terminal);
        };
        match table_layout::layout(&widths(&grid), &self.cuttable, columns) {
            Layout::Framed => self.draw(&grid, table_style, true),
            Layout::Bare(widths) => {
                self.draw(&cut(&grid, &widths, table_style), table_style, false)
            }
            Layout::Records => self.records(&grid, table_style, columns),
        }
    }

    /// The texts of the cells, with the header if this table has it.
    fn grid(&self, table_style: TableStyle, lang: Lang) -> Vec<Vec<String>> {
        let header = || self.header.iter().map(|text| text.render(lang)).collect();
        let rows = self.rows.iter().map(|row| {
            let cells = row
                .iter()
                .map(|cell| shown(&cell.text.render(lang), table_style));
            cells.collect()
        });
        let mut grid: Vec<Vec<String>> = self
            .has_header
            .then(header)
            .into_iter()
            .chain(rows)
            .collect();
        for (text, width) in grid.iter_mut().take(1).flatten().zip(&self.min_widths) {
            let missing = width.saturating_sub(get_string_width(text));
            text.push_str(&" ".repeat(missing));
        }
        grid
    }

    /// The width of each column.
    pub(super) fn widths(&self, table_style: TableStyle, lang: Lang) -> Vec<usize> {
        widths(&self.grid(table_style, lang))
    }

    fn draw(&self, grid: &[Vec<String>], table_style: TableStyle, framed: bool) -> String {
        let mut builder = Builder::with_capacity(grid.len(), self.header.len());
        for row in grid {
            builder.push_record(row);
        }
        let mut table = builder.build();
        match (framed, table_style.utf8) {
            (true, true) => table.with(Frame::rounded()),
            (true, false) => table.with(Frame::ascii()),
            (false, _) => table
                .with(Frame::empty())
                .with(Padding::new(0, table_layout::GAP, 0, 0)),
        };
        if table_style.color {
            self.paint(&mut table);
        }
        let mut text = String::new();
        for line in table.to_string().lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// One field per line, with an empty line between rows.
    fn records(&self, grid: &[Vec<String>], table_style: TableStyle, columns: usize) -> String {
        let Some((names, rows)) = grid.split_first() else {
            return String::new();
        };
        let width = names.iter().map(|name| get_string_width(name)).max();
        let width = width.unwrap_or_default();
        let record = |(values, cells): (&Vec<String>, &Vec<Cell>)| -> String {
            let fields = names.iter().zip(values).zip(cells);
            fields
                .map(|((name, value), cell)| {
                    let style = cell.style;
                    let shown = match table_style.color {
                        true => format!("{style}{value}{style:#}"),
                        false => value.clone(),
                    };
                    table_layout::field(name, width, value, &shown, columns)
                })
                .collect()
        };
        let records: Vec<String> = rows.iter().zip(&self.rows).map(record).collect();
        records.join("\n")
    }

    fn paint(&self, table: &mut tabled::Table) {
        for (row, cells) in self.rows.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                if let Some(paint) = paint(cell.style) {
                    let row = row + usize::from(self.has_header);
                    table.with(Modify::new(At::new(row, column)).with(paint));
                }
            }
        }
    }
}

/// The width of each column.
fn widths(grid: &[Vec<String>]) -> Vec<usize> {
    let mut widths = Vec::new();
    for row in grid {
        widths.resize(row.len().max(widths.len()), 0);
        for (width, text) in widths.iter_mut().zip(row) {
            *width = get_string_width(text).max(*width);
        }
    }
    widths
}

fn cut(grid: &[Vec<String>], widths: &[usize], table_style: TableStyle) -> Vec<Vec<String>> {
    let cut = |row: &Vec<String>| {
        let cells = row.iter().zip(widths);
        cells
            .map(|(text, width)| table_layout::cut(text, *width, table_style.utf8))
            .collect()
    };
    grid.iter().map(cut).collect()
}

fn shown(text: &str, table_style: TableStyle) -> String {
    match table_style.terminal {
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

    fn render<const N: usize>(
        header: [&str; N],
        rows: &[[Cell; N]],
        table_style: TableStyle,
    ) -> String {
        Table::new(header.map(Text::verbatim), rows.to_vec()).render(table_style, Lang::En)
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
    fn plain_columns_have_no_frame_and_exact_bytes() {
        let text = render(["ID", "NAME"], &rows()[..1], TableStyle::PLAIN);
        assert_eq!(text, "ID              NAME\nS:788123456789  张三\n");
        assert!(render(["ID", "NAME"], &rows(), TableStyle::PLAIN).contains("\x1b[1m"));
    }

    #[test]
    fn frames_align_with_double_width_text() {
        let table_style = TableStyle {
            terminal: true,
            ..TableStyle::PLAIN
        };
        let text = render(["ID", "NAME"], &rows(), table_style);
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
    fn uses_ascii_frames_without_utf8() {
        let table_style = TableStyle {
            terminal: true,
            utf8: false,
            ..TableStyle::PLAIN
        };
        let rows = [["x".into(), "y".into()]];
        assert!(render(["A", "B"], &rows, table_style).is_ascii());
    }

    #[test]
    fn color_surrounds_text() {
        let table_style = TableStyle {
            terminal: true,
            color: true,
            ..TableStyle::PLAIN
        };
        let text = render(
            ["A"],
            &[[Cell::styled(Text::verbatim("online"), GREEN)]],
            table_style,
        );
        assert!(text.contains("\x1b[32m"), "{text:?}");
    }

    #[test]
    fn narrow_terminals_drop_frames_then_shorten_then_list() {
        let rows = [
            ["S:788123456789".into(), "项目讨论与技术交流".into()],
            ["R:1".into(), Cell::styled(Text::verbatim("张三"), GREEN)],
        ];
        let table = Table::new(["ID", "NAME"].map(Text::verbatim), rows).may_cut(1);
        let on = |columns, color| {
            let table_style = TableStyle {
                terminal: true,
                color,
                columns: Some(columns),
                ..TableStyle::PLAIN
            };
            table.render(table_style, Lang::En)
        };
        assert!(on(39, false).starts_with('╭'));
        assert_eq!(
            on(34, false),
            "ID              NAME\nS:788123456789  项目讨论与技术交流\nR:1             张三\n"
        );
        assert_eq!(
            on(28, false),
            "ID              NAME\nS:788123456789  项目讨论与…\nR:1             张三\n"
        );
        assert_eq!(
            on(20, false),
            "ID    S:788123456789\nNAME\n项目讨论与技术交流\n\nID    R:1\nNAME  张三\n"
        );
        assert!(on(20, true).ends_with("NAME  \u{1b}[32m张三\u{1b}[0m\n"));
        // A pipe has no width, whatever terminal is behind it.
        let pipe = TableStyle {
            columns: Some(20),
            ..TableStyle::PLAIN
        };
        assert!(table.render(pipe, Lang::En).contains("项目讨论与技术交流"));
    }
}

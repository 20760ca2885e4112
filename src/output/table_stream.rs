//! A table that is printed while its rows are read, for lists that may not fit into memory.

use super::Output;
use super::table::{Cell, Table};
use crate::error::Error;
use crate::text::Text;

/// Rows that are laid out together.
const CHUNK: usize = 1000;

/// A table in parts of 1,000 rows. On a terminal each part is a table with a header; in a pipe only the first has
/// the header, and columns never become narrower.
pub struct TableStream<'o, const N: usize> {
    output: &'o Output,
    header: [Text; N],
    rows: Vec<[Cell; N]>,
    /// The widths of the columns printed so far; `None` before the first part.
    widths: Option<Vec<usize>>,
}

impl<'o, const N: usize> TableStream<'o, N> {
    pub(super) fn new(output: &'o Output, header: [Text; N]) -> Self {
        Self {
            output,
            header,
            rows: Vec::new(),
            widths: None,
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn push(&mut self, row: [Cell; N]) -> Result<(), Error> {
        if self.rows.len() >= CHUNK {
            self.print()?;
        }
        self.rows.push(row);
        Ok(())
    }

    /// Prints the rest; a table without rows is its header.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn end(mut self) -> Result<(), Error> {
        self.print()
    }

    fn print(&mut self) -> Result<(), Error> {
        let (style, lang) = (self.output.stdout_style, self.output.options.lang);
        let mut table = Table::new(self.header.clone(), std::mem::take(&mut self.rows));
        if let Some(widths) = self.widths.take().filter(|_| !style.terminal) {
            table = table.continues(widths);
        }
        self.widths = Some(table.widths(style, lang));
        self.output.page(table)
    }
}

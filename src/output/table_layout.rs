//! Layout of tables on narrow terminals: without frames, then with shortened texts, then one field per
//! line.

use tabled::grid::util::string::get_string_width;

/// Least width of a shortened text: six Chinese characters.
const MIN_COLUMN_WIDTH: usize = 12;
/// Columns between two cells without frames.
pub const GAP: usize = 2;

/// The layout of a table.
#[derive(Debug, PartialEq, Eq)]
pub enum Layout {
    /// With frames.
    Framed,
    /// Without frames, with these maximum widths.
    Bare(Vec<usize>),
    /// One field per line.
    Records,
}

/// Chooses the layout for columns of these widths on a terminal of `columns` columns. Columns in
/// `cuttable` may be shortened, the first one first.
pub fn layout(widths: &[usize], cuttable: &[usize], columns: usize) -> Layout {
    let text: usize = widths.iter().sum();
    // One border per column and one at the end, and a space on each side of a text.
    if text + 3 * widths.len() < columns {
        return Layout::Framed;
    }
    let gaps = GAP * widths.len().saturating_sub(1);
    let mut excess = (text + gaps).saturating_sub(columns);
    let mut shortened = widths.to_vec();
    for column in cuttable {
        if let Some(width) = shortened.get_mut(*column) {
            let cut = excess.min(width.saturating_sub(MIN_COLUMN_WIDTH));
            *width -= cut;
            excess -= cut;
        }
    }
    match excess {
        0 => Layout::Bare(shortened),
        _ => Layout::Records,
    }
}

/// `text` in at most `width` columns, shortened with an ellipsis.
pub fn cut(text: &str, width: usize, utf8: bool) -> String {
    if get_string_width(text) <= width {
        return text.to_owned();
    }
    let ellipsis = if utf8 { "…" } else { "..." };
    let room = width.saturating_sub(get_string_width(ellipsis));
    let mut short = String::new();
    for c in text.chars() {
        short.push(c);
        // Measured as a whole, because combining characters have no width of their own.
        if get_string_width(&short) > room {
            short.pop();
            break;
        }
    }
    short + ellipsis
}

/// A name and its value on one line if they fit, else on two, so that an id stays on one line if
/// possible.
pub fn field(name: &str, name_width: usize, value: &str, shown: &str, columns: usize) -> String {
    if name_width + GAP + get_string_width(value) <= columns {
        let gap = " ".repeat((name_width + GAP).saturating_sub(get_string_width(name)));
        return format!("{name}{gap}{shown}\n");
    }
    format!("{name}\n{shown}\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn drops_frames_then_shortens_then_lists() {
        let widths = [14, 7, 30, 16];
        let cases = [
            (80, Layout::Framed),
            (79, Layout::Bare(vec![14, 7, 30, 16])),
            (73, Layout::Bare(vec![14, 7, 30, 16])),
            (72, Layout::Bare(vec![14, 7, 29, 16])),
            (55, Layout::Bare(vec![14, 7, 12, 16])),
            (54, Layout::Records),
            (0, Layout::Records),
        ];
        for (columns, expected) in cases {
            assert_eq!(layout(&widths, &[2], columns), expected, "{columns}");
        }
        assert_eq!(layout(&widths, &[], 72), Layout::Records);
        assert_eq!(layout(&[4, 5], &[1], 5), Layout::Records);
    }

    #[test]
    fn cuts_text_by_display_width() {
        let cases = [
            ("abcdef", 6, true, "abcdef"),
            ("abcdefg", 6, true, "abcde…"),
            ("abcdefg", 6, false, "abc..."),
            ("运维值班群", 10, true, "运维值班群"),
            ("运维值班群", 9, true, "运维值班…"),
            ("运维值班群", 8, true, "运维值…"),
            ("运维值班群", 8, false, "运维..."),
        ];
        for (text, width, utf8, expected) in cases {
            assert_eq!(cut(text, width, utf8), expected, "{text} {width}");
        }
    }

    proptest! {
        #[test]
        fn cut_text_fits(text in "\\PC{0,30}", width in 3_usize..40) {
            for utf8 in [true, false] {
                prop_assert!(get_string_width(&cut(&text, width, utf8)) <= width);
            }
        }
    }

    #[test]
    fn long_value_gets_own_line() {
        assert_eq!(field("名称", 4, "张三", "张三", 20), "名称  张三\n");
        let id = "R:10696049218574013";
        assert_eq!(field("TO", 4, id, id, 20), format!("TO\n{id}\n"));
    }
}

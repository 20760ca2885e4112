//! Wraps Chinese help: the parser breaks only at spaces, and counts one column for a character that
//! takes two.

use tabled::grid::util::string::get_string_width;

/// Stands for a space in a help text, so that the parser leaves the text on one line.
pub const SPACE: char = '\u{a0}';
/// Characters that must not begin a line.
const CLOSING: &str = "，。；：、！？）》」』】”’…";
/// Characters that must not end a line.
const OPENING: &str = "（《「『【“‘";

/// Text that must stay together: a Chinese character with its punctuation, or a word.
#[derive(Default)]
struct Piece {
    /// The text with color codes, which have no width.
    text: String,
    width: usize,
    /// The spaces before it, which are dropped at a line break.
    gap: usize,
}

/// `text` wrapped to `columns` where possible; continuation lines are indented to the description.
pub fn wrap(text: &str, columns: usize) -> String {
    let mut wrapped = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        wrapped.push_str(&wrap_line(line, columns));
        wrapped.push_str(end);
    }
    wrapped
}

fn wrap_line(line: &str, columns: usize) -> String {
    let pieces = pieces(line);
    let width: usize = pieces.iter().map(|piece| piece.gap + piece.width).sum();
    if width <= columns {
        return line.replace(SPACE, " ");
    }
    let indent = indent(&pieces, columns);
    let mut wrapped = String::new();
    let mut taken = 0;
    for piece in &pieces {
        let is_first = taken == 0 || taken == indent && wrapped.ends_with(' ');
        if !is_first && taken + piece.gap + piece.width > columns {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(indent));
            taken = indent;
        } else {
            wrapped.push_str(&" ".repeat(piece.gap));
            taken += piece.gap;
        }
        wrapped.push_str(&piece.text);
        taken += piece.width;
    }
    wrapped
}

/// The column of the description: after the first wide gap, else that of the line. One too far to the
/// right would leave no room.
fn indent(pieces: &[Piece], columns: usize) -> usize {
    let mut at = 0;
    for (number, piece) in pieces.iter().enumerate() {
        at += piece.gap;
        if number > 0 && piece.gap > 1 && at <= columns / 2 {
            return at;
        }
        at += piece.width;
    }
    let first = pieces.first().map_or(0, |piece| piece.gap);
    first.min(columns / 2)
}

fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut piece = Piece::default();
    let mut last = None;
    let mut is_colour = false;
    for c in line.chars() {
        if is_colour || c == '\x1b' {
            is_colour = c != 'm';
            piece.text.push(c);
            continue;
        }
        if c == ' ' || c == SPACE {
            if piece.width > 0 {
                pieces.push(std::mem::take(&mut piece));
            }
            piece.gap += 1;
            last = None;
            continue;
        }
        if last.is_some_and(|last| may_break(last, c)) {
            pieces.push(std::mem::take(&mut piece));
        }
        piece.text.push(c);
        piece.width += width(c);
        last = Some(c);
    }
    pieces.push(piece);
    pieces
}

fn may_break(before: char, after: char) -> bool {
    let is_chinese = width(before) == 2 || width(after) == 2;
    is_chinese && !OPENING.contains(before) && !CLOSING.contains(after)
}

fn width(c: char) -> usize {
    get_string_width(c.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wraps_chinese_text_below_description() {
        let cases = [
            (
                "      --qr <样式>  画在这里",
                100,
                "      --qr <样式>  画在这里",
            ),
            (
                "  --qr  二维码，画法由终端决定",
                20,
                "  --qr  二维码，画法\n        由终端决定",
            ),
            // No closing mark at the beginning of a line, no opening one at the end.
            ("一二三，四", 6, "一二\n三，四"),
            ("一二（三四）", 6, "一二\n（三\n四）"),
            ("见 README.md 的说明", 9, "见\nREADME.md\n的说明"),
            (
                "          缩进的说明文字",
                20,
                "          缩进的说明\n          文字",
            ),
            ("--a-very-long-option-name", 9, "--a-very-long-option-name"),
        ];
        for (line, columns, wrapped) in cases {
            assert_eq!(wrap(line, columns), wrapped, "{line}");
            let glued = line.replace(' ', "\u{a0}");
            assert_eq!(wrap(&glued, columns), wrapped, "{line}");
        }
    }

    #[test]
    fn color_codes_have_no_width() {
        let line = "  \x1b[1m--qr\x1b[0m  二维码";
        assert_eq!(wrap(line, 14), line);
        let broken = "  \x1b[1m--qr\x1b[0m  二维\n  码";
        assert_eq!(wrap(line, 13), broken);
    }

    proptest! {
        #[test]
        fn wrapping_removes_only_spaces(text in "[ a-z，（）中文]{0,60}", columns in 1_usize..30) {
            let bare = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(bare(&wrap(&text, columns)), bare(&text));
        }

        #[test]
        fn never_panics_on_any_text(text in "\\PC{0,60}", columns in 0_usize..30) {
            wrap(&text, columns);
        }
    }
}

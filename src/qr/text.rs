//! QR codes drawn with characters.
//!
//! With color, both colors are set explicitly, so that the code is dark on light on any terminal theme.

use std::fmt::Write;

use super::Matrix;

/// Black on white from the 256-color palette, which themes do not change.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const WHITE: &str = "\x1b[48;5;231m";
const BLACK: &str = "\x1b[48;5;16m";
const RESET: &str = "\x1b[0m";

/// The style of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// Two modules per character. Half the width and height of [`Drawing::Full`].
    Half {
        /// Whether colors are used; without, filled modules are the light ones.
        color: bool,
    },
    /// Two colored spaces per module; needs color but no Unicode.
    Full,
    /// `##` for a dark module, for logs and paper.
    Ascii,
}

impl Drawing {
    /// Width in columns of a code of `modules` modules.
    pub fn columns(self, modules: usize) -> usize {
        match self {
            Self::Half { .. } => modules,
            Self::Full | Self::Ascii => modules * 2,
        }
    }
}

/// Draws a code; every line has a line break.
pub fn draw(code: &Matrix, drawing: Drawing) -> String {
    match drawing {
        Drawing::Half { color } => half(code, color),
        Drawing::Full => full(code),
        Drawing::Ascii => ascii(code),
    }
}

fn half(code: &Matrix, color: bool) -> String {
    let mut text = String::new();
    for row in (0..code.width()).step_by(2) {
        if color {
            text.push_str(BLACK_ON_WHITE);
        }
        for column in 0..code.width() {
            let upper = code.is_dark(row, column);
            let lower = code.is_dark(row + 1, column);
            // Without color the filled glyph is light: most terminals and logs are dark.
            let (upper, lower) = if color {
                (upper, lower)
            } else {
                (!upper, !lower)
            };
            text.push(match (upper, lower) {
                (false, false) => ' ',
                (true, false) => '▀',
                (false, true) => '▄',
                (true, true) => '█',
            });
        }
        text.push_str(if color { "\x1b[0m\n" } else { "\n" });
    }
    text
}

fn full(code: &Matrix) -> String {
    let mut text = String::new();
    for row in code.rows() {
        let mut before = None;
        for dark in row {
            if before != Some(dark) {
                text.push_str(if *dark { BLACK } else { WHITE });
                before = Some(dark);
            }
            text.push_str("  ");
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{RESET}");
    }
    text
}

fn ascii(code: &Matrix) -> String {
    let mut text = String::new();
    for row in code.rows() {
        for dark in row {
            text.push_str(if *dark { "##" } else { "  " });
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str =
        "https://wx.work.weixin.qq.com/cgi-bin/crtx_auth?key=09E37EA5F762A7F966A9148FDFF8E73C&wx=1";

    /// The modules a camera sees on a terminal with these default colors.
    fn seen(text: &str, drawing: Drawing, dark_terminal: bool) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in text.lines() {
            let (mut upper, mut lower) = (Vec::new(), Vec::new());
            // Luminance of foreground and background: true is dark.
            let (mut ink, mut paper) = (!dark_terminal, dark_terminal);
            let mut rest = line;
            while let Some(c) = rest.chars().next() {
                if let Some(escape) = rest.strip_prefix('\x1b') {
                    let end = escape.find('m').unwrap();
                    match &escape[1..end] {
                        "38;5;16;48;5;231" => (ink, paper) = (true, false),
                        "48;5;231" => paper = false,
                        "48;5;16" => paper = true,
                        "0" => (ink, paper) = (!dark_terminal, dark_terminal),
                        other => panic!("{other}"),
                    }
                    rest = &escape[end + 1..];
                    continue;
                }
                let (top, bottom) = match c {
                    ' ' => (paper, paper),
                    '█' | '#' => (ink, ink),
                    '▀' => (ink, paper),
                    '▄' => (paper, ink),
                    other => panic!("{other}"),
                };
                upper.push(top);
                lower.push(bottom);
                rest = &rest[c.len_utf8()..];
            }
            rows.push(upper);
            if matches!(drawing, Drawing::Half { .. }) {
                rows.push(lower);
            }
        }
        match drawing {
            Drawing::Half { .. } => rows,
            Drawing::Full | Drawing::Ascii => rows
                .into_iter()
                .map(|row| row.chunks(2).map(|pair| pair[0]).collect())
                .collect(),
        }
    }

    fn modules(code: &Matrix) -> Vec<Vec<bool>> {
        code.rows().map(<[bool]>::to_vec).collect()
    }

    fn inverted(rows: &[Vec<bool>]) -> Vec<Vec<bool>> {
        rows.iter()
            .map(|row| row.iter().map(|dark| !dark).collect())
            .collect()
    }

    #[test]
    fn colored_codes_are_dark_on_light() {
        for content in [LINK, "x", &"长".repeat(300)] {
            let code = Matrix::of(content).unwrap();
            for drawing in [Drawing::Half { color: true }, Drawing::Full] {
                let text = draw(&code, drawing);
                for dark_terminal in [true, false] {
                    let mut rows = seen(&text, drawing, dark_terminal);
                    rows.truncate(code.width());
                    assert_eq!(rows, modules(&code), "{drawing:?}");
                }
            }
        }
    }

    #[test]
    fn uncolored_codes_show_every_module() {
        let code = Matrix::of(LINK).unwrap();
        let half = Drawing::Half { color: false };
        let mut rows = seen(&draw(&code, half), half, true);
        rows.truncate(code.width());
        assert_eq!(rows, modules(&code));
        let ascii = draw(&code, Drawing::Ascii);
        assert_eq!(seen(&ascii, Drawing::Ascii, false), modules(&code));
        assert_eq!(
            inverted(&seen(&ascii, Drawing::Ascii, true)),
            modules(&code)
        );
        assert!(!ascii.contains('\x1b') && !draw(&code, half).contains('\x1b'));
    }

    #[test]
    fn lines_have_declared_width() {
        let code = Matrix::of(LINK).unwrap();
        for drawing in [Drawing::Half { color: false }, Drawing::Ascii] {
            for line in draw(&code, drawing).lines() {
                assert_eq!(line.chars().count(), drawing.columns(code.width()));
            }
        }
    }

    #[test]
    fn has_quiet_zone() {
        let code = Matrix::of(LINK).unwrap();
        let last = code.width() - 1;
        for edge in 0..super::super::QUIET_ZONE {
            for place in 0..code.width() {
                let border = [
                    (edge, place),
                    (last - edge, place),
                    (place, edge),
                    (place, last - edge),
                ];
                assert!(
                    border
                        .iter()
                        .all(|(row, column)| !code.is_dark(*row, *column))
                );
            }
        }
        assert!(code.is_dark(4, 4));
    }

    #[test]
    fn too_long_content_is_an_error() {
        assert!(Matrix::of(&"x".repeat(5000)).is_err());
    }
}

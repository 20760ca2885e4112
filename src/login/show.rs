//! Showing a login QR code: how it is drawn where, and the words for how far the scan is.

use crate::api::login_answer::QrcodeStatus;
use crate::qr::Matrix;
use crate::qr::text::{Drawing, draw};
use crate::text::{Text, text};

/// How a person wants the code to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Style {
    /// Half-height blocks (the default where the terminal can show them)
    Half,
    /// Full blocks, twice as wide
    Full,
    /// ASCII characters
    Ascii,
    /// The link only
    Link,
    /// Nothing at all
    None,
}

/// What the place of the drawing can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// A terminal, and not a log.
    pub terminal: bool,
    /// Colours may be set.
    pub color: bool,
    /// The locale's characters are UTF-8.
    pub utf8: bool,
    /// Columns of the terminal.
    pub columns: Option<usize>,
}

/// The drawing that is wanted, or the best the canvas can show; `None` for the link alone.
fn choose(style: Option<Style>, canvas: Canvas, modules: usize) -> Option<Drawing> {
    let half = Drawing::Half {
        color: canvas.color,
    };
    let wanted = match style {
        Some(Style::Link | Style::None) => return None,
        // Who asks for one gets it, whatever we think of the width.
        Some(Style::Half) => return Some(half),
        Some(Style::Full | Style::Ascii) if canvas.color => return Some(Drawing::Full),
        Some(Style::Full | Style::Ascii) => return Some(Drawing::Ascii),
        None if canvas.terminal && canvas.utf8 => half,
        None if canvas.terminal && canvas.color => Drawing::Full,
        None => Drawing::Ascii,
    };
    // A code that wraps around cannot be scanned. A log does not wrap.
    let fits = canvas
        .columns
        .is_none_or(|columns| wanted.columns(modules) <= columns);
    fits.then_some(wanted)
}

/// The code as a drawing, and the link that is put below it.
pub fn render(content: &str, style: Option<Style>, canvas: Canvas) -> (String, Option<Text>) {
    if style == Some(Style::None) {
        return (String::new(), None);
    }
    let drawn = Matrix::of(content).ok().and_then(|code| {
        let drawing = choose(style, canvas, code.width())?;
        Some(draw(&code, drawing))
    });
    (
        drawn.unwrap_or_default(),
        Some(text!("link: {content}", content)),
    )
}

/// What a person is told.
pub fn words(status: QrcodeStatus) -> Text {
    match status {
        QrcodeStatus::NotScanned => text!("waiting for the code to be scanned"),
        QrcodeStatus::Scanned => text!("scanned; confirm the login on the phone"),
        QrcodeStatus::Success => text!("confirmed on the phone; the account is being logged in"),
        QrcodeStatus::Failed => text!("the login failed"),
        QrcodeStatus::Refused => text!("the login was refused on the phone"),
        QrcodeStatus::WechatScanning => text!("WeChat is scanning"),
        QrcodeStatus::WechatSuccess => text!("WeChat has confirmed"),
        QrcodeStatus::WechatFailed => text!("WeChat failed"),
        QrcodeStatus::WechatRefused => text!("refused in WeChat"),
        QrcodeStatus::WechatAuthorised => text!("authorised in WeChat"),
        QrcodeStatus::CodeRequired => text!("new device: a verification code is needed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Canvas = Canvas {
        terminal: true,
        color: true,
        utf8: true,
        columns: Some(120),
    };

    #[test]
    fn the_best_that_the_canvas_can_show() {
        let half = |color| Some(Drawing::Half { color });
        let cases = [
            (None, WIDE, half(true)),
            (
                None,
                Canvas {
                    color: false,
                    ..WIDE
                },
                half(false),
            ),
            (
                None,
                Canvas {
                    utf8: false,
                    ..WIDE
                },
                Some(Drawing::Full),
            ),
            (
                None,
                Canvas {
                    utf8: false,
                    color: false,
                    ..WIDE
                },
                Some(Drawing::Ascii),
            ),
            (
                None,
                Canvas {
                    columns: Some(40),
                    ..WIDE
                },
                None,
            ),
            (
                None,
                Canvas {
                    terminal: false,
                    color: false,
                    columns: None,
                    ..WIDE
                },
                Some(Drawing::Ascii),
            ),
            (
                Some(Style::Half),
                Canvas {
                    columns: Some(10),
                    ..WIDE
                },
                half(true),
            ),
            (
                Some(Style::Full),
                Canvas {
                    color: false,
                    ..WIDE
                },
                Some(Drawing::Ascii),
            ),
            (Some(Style::Ascii), WIDE, Some(Drawing::Full)),
            (
                Some(Style::Ascii),
                Canvas {
                    color: false,
                    ..WIDE
                },
                Some(Drawing::Ascii),
            ),
            (Some(Style::Link), WIDE, None),
        ];
        for (style, canvas, expected) in cases {
            assert_eq!(choose(style, canvas, 49), expected, "{style:?} {canvas:?}");
        }
    }

    #[test]
    fn the_link_is_always_there_unless_nothing_is_wanted() {
        for style in [None, Some(Style::Half), Some(Style::Link)] {
            let link = render("https://x", style, WIDE).1.unwrap();
            assert_eq!(link, "link: https://x");
        }
        assert_eq!(
            render("https://x", Some(Style::None), WIDE),
            (String::new(), None)
        );
        assert_eq!(render(&"x".repeat(9000), None, WIDE).0, "");
    }
}

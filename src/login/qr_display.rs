//! Displays a login QR code, and names its statuses.

use crate::api::login_payloads::QrcodeStatus;
use crate::qr::Matrix;
use crate::qr::text::{Drawing, draw};
use crate::text::{Text, text};

/// The requested drawing style.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum QrStyle {
    /// Half-height blocks (the default where the terminal can show them)
    Half,
    /// Full blocks, twice as wide
    Full,
    /// ASCII characters
    Ascii,
    /// The link only
    Link,
    /// Nothing at all
    #[value(name = "none")]
    Hidden,
}

/// What the output stream can display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QrTerminal {
    /// A terminal rather than a log.
    pub terminal: bool,
    /// Colors may be used.
    pub color: bool,
    /// The locale's encoding is UTF-8.
    pub utf8: bool,
    /// Width of the terminal in columns.
    pub columns: Option<usize>,
}

/// The requested drawing, or the best the terminal can display; `None` for the link alone.
fn choose(style: Option<QrStyle>, terminal: QrTerminal, modules: usize) -> Option<Drawing> {
    let half = Drawing::Half {
        color: terminal.color,
    };
    let wanted = match style {
        Some(QrStyle::Link | QrStyle::Hidden) => return None,
        // An explicit request is followed even when it may not fit.
        Some(QrStyle::Half) => return Some(half),
        Some(QrStyle::Full | QrStyle::Ascii) if terminal.color => return Some(Drawing::Full),
        Some(QrStyle::Full | QrStyle::Ascii) => return Some(Drawing::Ascii),
        None if terminal.utf8 => half,
        None if terminal.terminal && terminal.color => Drawing::Full,
        None => Drawing::Ascii,
    };
    // A wrapped code cannot be scanned. A log does not wrap.
    let fits = terminal
        .columns
        .is_none_or(|columns| wanted.columns(modules) <= columns);
    fits.then_some(wanted)
}

/// The drawing, and the link printed beside it.
pub fn render(
    content: &str,
    style: Option<QrStyle>,
    terminal: QrTerminal,
) -> (String, Option<Text>) {
    if style == Some(QrStyle::Hidden) {
        return (String::new(), None);
    }
    let drawn = Matrix::of(content).ok().and_then(|code| {
        let drawing = choose(style, terminal, code.width())?;
        Some(draw(&code, drawing))
    });
    (
        drawn.unwrap_or_default(),
        Some(text!("link: {content}", content)),
    )
}

/// The text for a status.
pub fn status_text(status: QrcodeStatus) -> Text {
    match status {
        QrcodeStatus::NotScanned => text!("waiting for the QR code to be scanned"),
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

    const WIDE: QrTerminal = QrTerminal {
        terminal: true,
        color: true,
        utf8: true,
        columns: Some(120),
    };

    #[test]
    fn chooses_best_drawing_for_terminal() {
        let half = |color| Some(Drawing::Half { color });
        let cases = [
            (None, WIDE, half(true)),
            (
                None,
                QrTerminal {
                    color: false,
                    ..WIDE
                },
                half(false),
            ),
            (
                None,
                QrTerminal {
                    utf8: false,
                    ..WIDE
                },
                Some(Drawing::Full),
            ),
            (
                None,
                QrTerminal {
                    utf8: false,
                    color: false,
                    ..WIDE
                },
                Some(Drawing::Ascii),
            ),
            (
                None,
                QrTerminal {
                    columns: Some(40),
                    ..WIDE
                },
                None,
            ),
            (
                None,
                QrTerminal {
                    terminal: false,
                    color: false,
                    columns: None,
                    ..WIDE
                },
                half(false),
            ),
            (
                None,
                QrTerminal {
                    terminal: false,
                    color: false,
                    utf8: false,
                    columns: None,
                },
                Some(Drawing::Ascii),
            ),
            (
                Some(QrStyle::Half),
                QrTerminal {
                    columns: Some(10),
                    ..WIDE
                },
                half(true),
            ),
            (
                Some(QrStyle::Full),
                QrTerminal {
                    color: false,
                    ..WIDE
                },
                Some(Drawing::Ascii),
            ),
            (Some(QrStyle::Ascii), WIDE, Some(Drawing::Full)),
            (
                Some(QrStyle::Ascii),
                QrTerminal {
                    color: false,
                    ..WIDE
                },
                Some(Drawing::Ascii),
            ),
            (Some(QrStyle::Link), WIDE, None),
        ];
        for (style, terminal, expected) in cases {
            assert_eq!(
                choose(style, terminal, 49),
                expected,
                "{style:?} {terminal:?}"
            );
        }
    }

    #[test]
    fn prints_link_unless_none() {
        for style in [None, Some(QrStyle::Half), Some(QrStyle::Link)] {
            let link = render("https://x", style, WIDE).1.unwrap();
            assert_eq!(link, "link: https://x");
        }
        assert_eq!(
            render("https://x", Some(QrStyle::Hidden), WIDE),
            (String::new(), None)
        );
        assert_eq!(render(&"x".repeat(9000), None, WIDE).0, "");
    }
}

//! QR code rendering. Pure.

pub mod image;
pub mod text;

use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};

use crate::text::{Text, text};

/// Light modules around the code; the standard requires four.
pub const QUIET_ZONE: usize = 4;

/// The modules of a code, including the quiet zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    width: usize,
    dark: Vec<bool>,
}

impl Matrix {
    /// The code for `content`.
    ///
    /// # Errors
    /// When the content is longer than a code can hold.
    pub fn of(content: &str) -> Result<Self, Text> {
        let code = encode(content)?;
        let inner = code.width();
        let width = inner + 2 * QUIET_ZONE;
        let mut dark = vec![false; width * width];
        for (place, color) in code.to_colors().iter().enumerate() {
            let row = place / inner + QUIET_ZONE;
            let column = place % inner + QUIET_ZONE;
            if let Some(module) = dark.get_mut(row * width + column) {
                *module = *color == Color::Dark;
            }
        }
        Ok(Self { width, dark })
    }

    /// Modules per row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether a module is dark; modules outside are light.
    pub fn is_dark(&self, row: usize, column: usize) -> bool {
        column < self.width && self.dark.get(row * self.width + column) == Some(&true)
    }

    /// The rows, from the top.
    pub fn rows(&self) -> impl Iterator<Item = &[bool]> {
        self.dark.chunks(self.width)
    }
}

/// Low error correction keeps the code small; a screen has no scratches.
fn encode(content: &str) -> Result<QrCode, Text> {
    QrCode::with_error_correction_level(content, EcLevel::L)
        .map_err(|e| text!("the link is too long for a QR code: {error}", error = e))
}

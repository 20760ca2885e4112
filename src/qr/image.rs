//! QR codes as PNG and SVG files.

use std::fmt::Write;

use png::{BitDepth, ColorType, Encoder};

use super::Matrix;

/// Pixels per module: enough for a phone at arm's length.
const SCALE: usize = 8;

/// A black and white PNG.
///
/// # Errors
/// Encoder errors, which do not occur for a valid matrix.
pub fn png(code: &Matrix) -> Result<Vec<u8>, String> {
    let side = u32::try_from(code.width() * SCALE).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    let mut pixels = Vec::with_capacity((side * side) as usize);
    for row in code.rows() {
        let line: Vec<u8> = row
            .iter()
            .flat_map(|dark| [if *dark { 0 } else { 255 }; SCALE])
            .collect();
        for _ in 0..SCALE {
            pixels.extend_from_slice(&line);
        }
    }
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&pixels))
        .map_err(|e| e.to_string())?;
    Ok(bytes)
}

/// A scalable SVG.
pub fn svg(code: &Matrix) -> String {
    let width = code.width();
    let side = width * SCALE;
    let mut path = String::new();
    for (row, modules) in code.rows().enumerate() {
        for (column, dark) in modules.iter().enumerate() {
            if *dark {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{column} {row}h1v1h-1z");
            }
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{side}\" height=\"{side}\" \
         viewBox=\"0 0 {width} {width}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{width}\" height=\"{width}\" fill=\"#fff\"/>\
         <path d=\"{path}\" fill=\"#000\"/></svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn png_shows_every_module() {
        let code = Matrix::of("https://example.com/?key=1").unwrap();
        let bytes = png(&code).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let side = info.width as usize;
        assert_eq!(side, code.width() * SCALE);
        for (row, modules) in code.rows().enumerate() {
            for (column, dark) in modules.iter().enumerate() {
                let pixel = pixels[(row * SCALE + 3) * side + column * SCALE + 3];
                assert_eq!(pixel == 0, *dark);
            }
        }
    }

    #[test]
    fn svg_has_one_square_per_dark_module() {
        let code = Matrix::of("x").unwrap();
        let dark = code.rows().flatten().filter(|dark| **dark).count();
        assert_eq!(svg(&code).matches("h1v1h-1z").count(), dark);
    }
}

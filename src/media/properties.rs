//! Property checks of files that are sent, for fuzz targets and tests.

#![allow(clippy::panic, reason = "property checks fail by panicking")]

use super::check::image_dimensions;
use super::range::{Part, part};

/// A range lies within the file.
pub fn range_header(header: &str, size: u64) {
    let size = size.max(1);
    match part(Some(header), size) {
        Part::Range(first, last) => {
            assert!(first <= last && last < size, "{first}-{last} of {size}")
        }
        Part::Whole | Part::Unsatisfiable => {}
    }
}

/// Reading the header of an image neither panics nor takes long.
pub fn image_header(bytes: &[u8]) {
    let _ = image_dimensions(bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_range() -> impl Strategy<Value = String> {
        "(bytes|BYTES|lines)? ?=? ?([0-9]{0,22}-[0-9]{0,22}|-|,|\\PC){0,3}"
    }

    fn any_image() -> impl Strategy<Value = Vec<u8>> {
        let beginnings: &[&[u8]] = &[
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff\xe0",
            b"\xff\xd8\xff\xe1",
            b"GIF89a",
            b"RIFF\0\0\0\0WEBPVP8X",
            b"RIFF\0\0\0\0WEBPVP8 ",
            b"RIFF\0\0\0\0WEBPVP8L",
            b"BM",
            b"",
        ];
        let beginning = proptest::sample::select(beginnings);
        let rest = proptest::collection::vec(any::<u8>(), 0..200);
        (beginning, rest).prop_map(|(beginning, rest)| [beginning, &rest].concat())
    }

    proptest! {
        #[test]
        fn ranges_lie_within_the_file(header in any_range(), size in 1..u64::MAX) {
            range_header(&header, size);
        }

        #[test]
        fn short_files_have_short_ranges(header in any_range(), size in 1..20_u64) {
            range_header(&header, size);
        }

        #[test]
        fn image_headers_never_panic(bytes in any_image()) {
            image_header(&bytes);
        }
    }
}

//! Checks of a file before it is sent.

use std::io::{BufReader, Cursor};

use super::local_file::OpenFile;
use super::{Media, MediaKind, SMALL_FILE_CAP};
use crate::text::{Text, text};

/// Largest file in bytes.
const CAP: u64 = 100 * 1024 * 1024;
/// Bytes of a header that are read.
const HEADER: usize = 64 * 1024;
/// Longest voice message in seconds.
const LONGEST_VOICE: u32 = 60;
/// How SILK and AMR files begin; some programs write a byte before SILK's.
const VOICE_BEGINNINGS: [&[u8]; 4] = [b"#!SILK", b"\x02#!SILK", b"#!AMR\n", b"#!AMR-WB\n"];

/// Checks size and content, and returns width and height of an image.
///
/// # Errors
/// What is wrong, and what helps.
pub(super) fn check(media: &Media, file: &OpenFile) -> Result<Option<(u32, u32)>, Text> {
    let header = header(file)?;
    let dimensions = match media.kind {
        MediaKind::Image => dimensions(file, &header),
        MediaKind::File | MediaKind::Voice | MediaKind::Video => None,
    };
    if !media.is_checked {
        return Ok(dimensions);
    }
    check_size(media, file)?;
    let path = file.path.display();
    match media.kind {
        MediaKind::Image if dimensions.is_none() => Err(text!(
            "{path} is not an image (PNG, JPEG, GIF, WebP or BMP); --attach sends it as a file",
            path
        )),
        MediaKind::Voice if !is_voice(&header) => Err(text!(
            "{path} is neither SILK nor AMR, which voice messages need; convert it, or send it as a file with --attach",
            path
        )),
        MediaKind::Voice if media.duration.is_some_and(|s| s > LONGEST_VOICE) => Err(text!(
            "a voice message has at most {limit} seconds; --attach sends it as a file",
            limit = LONGEST_VOICE
        )),
        _ => Ok(dimensions),
    }
}

fn check_size(media: &Media, file: &OpenFile) -> Result<(), Text> {
    let path = file.path.display();
    if file.size > CAP {
        return Err(text!(
            "{path} has {size}; files over {limit} are not sent (--no-check sends it anyway)",
            path,
            size = shown_size(file.size),
            limit = shown_size(CAP)
        ));
    }
    if file.size > SMALL_FILE_CAP && media.kind != MediaKind::File {
        return Err(text!(
            "{path} has {size}; over {limit} it can only be sent as a file: use --attach",
            path,
            size = shown_size(file.size),
            limit = shown_size(SMALL_FILE_CAP)
        ));
    }
    Ok(())
}

fn header(file: &OpenFile) -> Result<Vec<u8>, Text> {
    let mut header = vec![0; HEADER];
    let mut length = 0;
    while let Some(rest) = header.get_mut(length..).filter(|rest| !rest.is_empty()) {
        let read = file.read_at(rest, length as u64).map_err(|error| {
            text!(
                "cannot read {path}: {error}",
                path = file.path.display(),
                error
            )
        })?;
        if read == 0 {
            break;
        }
        length += read;
    }
    header.truncate(length);
    Ok(header)
}

/// Width and height; `None` for what is not an image. A JPEG may have them behind a long header.
fn dimensions(file: &OpenFile, header: &[u8]) -> Option<(u32, u32)> {
    let size = match imagesize::reader_size(Cursor::new(header)) {
        Ok(size) => size,
        Err(_) if imagesize::image_type(header).is_ok() => {
            let whole = BufReader::new(file.file.try_clone().ok()?);
            imagesize::reader_size(whole).ok()?
        }
        Err(_) => return None,
    };
    let dimensions = (
        u32::try_from(size.width).ok()?,
        u32::try_from(size.height).ok()?,
    );
    (dimensions.0 > 0 && dimensions.1 > 0).then_some(dimensions)
}

fn is_voice(header: &[u8]) -> bool {
    VOICE_BEGINNINGS
        .iter()
        .any(|beginning| header.starts_with(beginning))
}

/// A size for people: `12 bytes`, `3.4 MiB`.
pub fn shown_size(bytes: u64) -> Text {
    const MIB: u64 = 1024 * 1024;
    match bytes {
        1 => text!("1 byte"),
        0..1024 => text!("{count} bytes", count = bytes),
        1024..MIB => text!("{count} KiB", count = tenths(bytes, 1024)),
        _ => text!("{count} MiB", count = tenths(bytes, MIB)),
    }
}

fn tenths(bytes: u64, unit: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(unit);
    match tenths % 10 {
        0 => format!("{}", tenths / 10),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

/// Reads the dimensions of an image, for property checks.
#[cfg(any(test, fuzzing))]
pub(super) fn image_dimensions(header: &[u8]) -> Option<(u64, u64)> {
    let size = imagesize::reader_size(Cursor::new(header)).ok()?;
    Some((size.width as u64, size.height as u64))
}

#[cfg(test)]
mod tests {
    use super::super::{MediaSource, local_file};
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x04\x08\x02\0\0\0";

    fn checked(
        kind: MediaKind,
        content: &[u8],
        size: Option<u64>,
    ) -> Result<Option<(u32, u32)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, content).unwrap();
        if let Some(size) = size {
            let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(size).unwrap();
        }
        let media = Media {
            kind,
            source: MediaSource::Local(path.clone()),
            name: None,
            duration: Some(3),
            is_checked: true,
        };
        check(&media, &local_file::open(&path).unwrap()).map_err(|why| why.english())
    }

    #[test]
    fn reads_dimensions_of_images() {
        assert_eq!(checked(MediaKind::Image, PNG, None), Ok(Some((3, 4))));
        let why = checked(MediaKind::Image, b"%PDF-1.7 no image", None).unwrap_err();
        assert!(
            why.contains("not an image") && why.contains("--attach"),
            "{why}"
        );
        assert!(checked(MediaKind::Image, b"x", None).is_err());
    }

    #[test]
    fn voice_is_silk_or_amr() {
        for (content, fits) in [
            (b"#!SILK_V3abc".as_slice(), true),
            (b"\x02#!SILK_V3abc", true),
            (b"#!AMR\nabc", true),
            (b"ID3 an mp3", false),
        ] {
            assert_eq!(checked(MediaKind::Voice, content, None).is_ok(), fits);
        }
    }

    #[test]
    fn sizes_have_limits() {
        for (kind, size, fits) in [
            (MediaKind::File, SMALL_FILE_CAP + 1, true),
            (MediaKind::File, CAP, true),
            (MediaKind::File, CAP + 1, false),
            (MediaKind::Video, SMALL_FILE_CAP, true),
            (MediaKind::Video, SMALL_FILE_CAP + 1, false),
            (MediaKind::Image, SMALL_FILE_CAP + 1, false),
        ] {
            assert_eq!(
                checked(kind, PNG, Some(size)).is_ok(),
                fits,
                "{kind:?} {size}"
            );
        }
    }

    #[test]
    fn sizes_for_people_are_rounded_up() {
        for (bytes, shown) in [
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1 KiB"),
            (20 * 1024 * 1024 + 1, "20.1 MiB"),
            (100 * 1024 * 1024, "100 MiB"),
        ] {
            assert_eq!(shown_size(bytes).english(), shown);
        }
    }
}

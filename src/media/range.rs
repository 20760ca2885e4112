//! The `Range` header of a request (RFC 9110, section 14).

/// What part of a file a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The whole file: no range, or one that is not understood, which a server ignores.
    Whole,
    /// From the first to the last byte, both included.
    Range(u64, u64),
    /// A range beyond the end.
    Unsatisfiable,
}

/// Reads the header for a file of `size` bytes, which must not be empty. Several ranges at once are answered
/// with the whole file.
pub(super) fn part(header: Option<&str>, size: u64) -> Part {
    let Some(set) = header.and_then(byte_ranges) else {
        return Part::Whole;
    };
    let Some((first, last)) = set.trim().split_once('-') else {
        return Part::Whole;
    };
    match (number(first), number(last)) {
        (Some(first), _) if first >= size && (last.is_empty() || number(last).is_some()) => {
            Part::Unsatisfiable
        }
        (Some(first), Some(last)) if first <= last => Part::Range(first, last.min(size - 1)),
        (Some(first), None) if last.is_empty() => Part::Range(first, size - 1),
        (None, Some(0)) if first.is_empty() => Part::Unsatisfiable,
        (None, Some(count)) if first.is_empty() => Part::Range(size - count.min(size), size - 1),
        _ => Part::Whole,
    }
}

fn byte_ranges(header: &str) -> Option<&str> {
    let (unit, set) = header.split_once('=')?;
    unit.trim().eq_ignore_ascii_case("bytes").then_some(set)
}

/// Digits; a number too large counts as the largest.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_single_ranges() {
        for (header, expected) in [
            (None, Part::Whole),
            (Some("bytes=0-0"), Part::Range(0, 0)),
            (Some("bytes=2-5"), Part::Range(2, 5)),
            (Some("Bytes = 2-99"), Part::Range(2, 9)),
            (Some("bytes=2-"), Part::Range(2, 9)),
            (Some("bytes=-3"), Part::Range(7, 9)),
            (Some("bytes=-99"), Part::Range(0, 9)),
            (Some("bytes=-0"), Part::Unsatisfiable),
            (Some("bytes=10-"), Part::Unsatisfiable),
            (Some("bytes=10-12"), Part::Unsatisfiable),
            (Some("bytes=99999999999999999999999-"), Part::Unsatisfiable),
            (Some("bytes=5-2"), Part::Whole),
            (Some("bytes=0-1,3-4"), Part::Whole),
            (Some("bytes=a-b"), Part::Whole),
            (Some("bytes=-"), Part::Whole),
            (Some("bytes="), Part::Whole),
            (Some("lines=0-1"), Part::Whole),
            (Some(""), Part::Whole),
        ] {
            assert_eq!(part(header, 10), expected, "{header:?}");
        }
    }
}

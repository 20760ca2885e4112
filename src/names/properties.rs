//! Property checks of names and of the file that keeps them, for fuzz targets and tests.

#![allow(clippy::expect_used, reason = "property checks fail by panicking")]

use super::cache::{self, Content, MOST_ENTRIES};
use super::spelling::{is_similar, normalise};

/// Times in seconds since 1970 at which a file may be read, among them those of a clock that is not set.
const TIMES: [i64; 4] = [i64::MIN, 0, 1_795_788_358, i64::MAX];

/// Checks two names, one per line, and then the content of a file.
pub fn names(data: &[u8]) {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let mut next = || lines.next().unwrap_or_default();
    let (name, wanted, file) = (next(), next(), next());
    check_spelling(
        &String::from_utf8_lossy(name),
        &String::from_utf8_lossy(wanted),
    );
    if let Ok(content) = cache::parse(file) {
        check_content(&content);
    }
}

fn check_spelling(name: &str, wanted: &str) {
    let once = normalise(name);
    assert_eq!(normalise(&once), once);
    assert_eq!(once.trim(), once);
    // A name that may be sent to is also one that would be suggested, unless nothing of it is visible.
    if once == normalise(wanted) && is_similar(name, name) {
        assert!(is_similar(name, wanted), "{name:?} {wanted:?}");
    }
}

fn check_content(content: &Content) {
    let bytes = serde_json::to_vec(content).expect("a content can be written");
    let again = cache::parse(&bytes).expect("what was written can be read");
    assert_eq!(&again, content);
    for now in TIMES {
        let mut kept = content.clone();
        cache::prune(&mut kept.names, now);
        for (id, entry) in &kept.names {
            assert_eq!(content.names.get(id), Some(entry));
        }
        for entry in content.names.values() {
            // What is used without asking the server is not removed as old.
            let is_kept = kept.names.values().any(|kept| kept == entry);
            assert!(is_kept || !entry.is_fresh(now) || content.names.len() > MOST_ENTRIES);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token_sequences::token_sequences;

    const FILE: &[&str] = &[
        r#"{"format":1,"server":"http://h","guid":"g","account":null,"names":{"#,
        r#"{"format":2,"server":"","guid":"","names":{"#,
        r#""S:1":["张三",1795788358]"#,
        r#""R:1":[null,-9223372036854775808]"#,
        r#""R:2":["群",9223372036854775807]"#,
        ",",
        "}}",
    ];

    #[test]
    fn file_with_extreme_times_is_read() {
        let file = [FILE[0], FILE[2], ",", FILE[3], ",", FILE[4], "}}"].concat();
        assert!(cache::parse(file.as_bytes()).is_ok());
        names(format!("a\nb\n{file}").as_bytes());
    }

    proptest! {
        #[test]
        fn names_and_files_keep_their_properties(
            name in "\\PC{0,8}", wanted in "\\PC{0,8}", file in token_sequences(FILE),
        ) {
            names(&[name.as_bytes(), b"\n", wanted.as_bytes(), b"\n", &file].concat());
        }
    }
}

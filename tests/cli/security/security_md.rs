//! SECURITY.md names a test for each guard; each named test must exist.

use std::path::Path;

/// The file and name of every `tests/cli/x.rs::name` in backticks.
fn named(text: &str) -> Vec<(&str, &str)> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once("::"))
        .filter(|(file, _)| file.ends_with(".rs"))
        .collect()
}

/// The names of the test functions in a source file.
fn tests_in(source: &str) -> Vec<&str> {
    source
        .split("#[test]")
        .skip(1)
        .filter_map(|rest| {
            let (_, rest) = rest.split_once("fn ")?;
            rest.split('(').next()
        })
        .collect()
}

#[test]
fn every_guard_names_existing_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let named = named(&text);
    assert!(named.len() > 30, "only {} tests are named", named.len());
    for (file, test) in named {
        let source = std::fs::read_to_string(root.join(file))
            .unwrap_or_else(|e| panic!("SECURITY.md names {file}: {e}"));
        assert!(
            tests_in(&source).contains(&test),
            "SECURITY.md names {test}, which is not in {file}"
        );
    }
}

#[test]
fn every_guard_row_names_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let tables = text.split("| guard | test |\n|---|---|\n").skip(1);
    let rows: Vec<&str> = tables
        .flat_map(|table| table.lines().take_while(|line| line.starts_with('|')))
        .collect();
    assert!(rows.len() > 20, "only {} guards", rows.len());
    for row in rows {
        assert!(!named(row).is_empty(), "no test in: {row}");
    }
}

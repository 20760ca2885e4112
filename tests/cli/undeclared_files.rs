//! A test file that no module declares would never run.

use std::path::Path;

#[test]
fn every_test_file_is_declared() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    check(&folder, "main");
    check(&folder.join("security"), "mod");
    check(&folder.join("environment"), "mod");
    check(&folder.join("matrix"), "mod");
}

/// Every file beside `parent` is a module of it.
fn check(folder: &Path, parent: &str) {
    let text = std::fs::read_to_string(folder.join(parent).with_extension("rs")).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let declared = text.contains(&format!("mod {name};"));
        assert!(
            name == parent || declared,
            "{} is not declared in {parent}.rs",
            path.display()
        );
    }
}

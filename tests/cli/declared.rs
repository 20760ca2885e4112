//! A test file that no module declares would never run.

use std::path::Path;

#[test]
fn every_file_is_declared() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let declared = main.contains(&format!("mod {name};"));
        assert!(
            name == "main" || declared,
            "{} is not declared in main.rs",
            path.display()
        );
    }
}

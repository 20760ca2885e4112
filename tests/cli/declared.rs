//! A test file that no module declares would never run.

use std::path::Path;

#[test]
fn every_file_is_declared() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    check(&folder, "main");
    check(&folder.join("security"), "mod");
}

/// Whether the file called `root` declares all its neighbours.
fn check(folder: &Path, root: &str) {
    let declarations = std::fs::read_to_string(folder.join(root).with_extension("rs")).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap() == "certificates" {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let declared = declarations.contains(&format!("mod {name};"));
        assert!(
            name == root || declared,
            "{} is not declared in {root}.rs",
            path.display()
        );
    }
}

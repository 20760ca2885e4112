//! Hands the target's name to the program, for `--version`, and finds out whether the tests can start a
//! PostgreSQL server.

use std::path::{Path, PathBuf};

fn main() {
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo:rustc-env=QIWEI_TARGET={target}");
    println!("cargo:rustc-check-cfg=cfg(has_postgres, has_pgbouncer)");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=PATH");
    if let Some(folder) = folders().find(|folder| folder.join("initdb").exists()) {
        println!("cargo:rustc-cfg=has_postgres");
        println!("cargo:rustc-env=QIWEI_POSTGRES_BIN={}", folder.display());
    }
    if folders().any(|folder| folder.join("pgbouncer").exists()) {
        println!("cargo:rustc-cfg=has_pgbouncer");
    }
}

/// Where the programs may be: Debian keeps those of the server out of `PATH`.
fn folders() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let debian = debian.flatten().map(|version| version.path().join("bin"));
    let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let system = Path::new("/usr/sbin").to_owned();
    debian.chain(path).chain([system])
}

//! Hands the target's name to the program, for `--version`.

fn main() {
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo:rustc-env=QIWEI_TARGET={target}");
    println!("cargo:rerun-if-changed=build.rs");
}

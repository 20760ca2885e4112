//! The `qiwei` program; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    qiwei::install_panic_hook();
    qiwei::run(
        std::env::args_os(),
        qiwei::Env::of_process(),
        qiwei::Streams::of_process(),
    )
}

//! The `qiwei` program; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    qiwei::end_on_panic();
    qiwei::run(
        std::env::args_os(),
        qiwei::Env::of_process(),
        qiwei::Streams::of_process(),
    )
}

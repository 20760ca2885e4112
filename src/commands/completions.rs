//! `qiwei completions`: the script that makes a shell's Tab know this program.

use clap::ValueEnum;

use super::{Finish, Run, done};
use crate::completion;
use crate::context::Context;
use crate::error::Error;
use crate::text::text;

/// Arguments of `qiwei completions`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "For bash: qiwei completions bash > ~/.local/share/bash-completion/completions/qiwei"
)]
pub struct Args {
    /// Shell to print the script for
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Shell {
    fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Elvish => "elvish",
        }
    }
}

impl Run for Args {
    fn run(self, context: &Context) -> Finish {
        let script = completion::script(self.shell.name())
            .and_then(Result::ok)
            .ok_or_else(|| Error::internal(text!("no script for this shell")))?;
        context
            .output
            .text(&String::from_utf8_lossy(&script))
            .map(done)
    }
}

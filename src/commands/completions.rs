//! `qiwei completions`: prints the completion script of a shell.

use std::io;

use clap::ValueEnum;
use clap_complete::env::Shells;

use super::{CommandResult, Run, success};
use crate::context::Context;
use crate::env;
use crate::error::Error;
use crate::text::text;

/// Where each shell looks for the script.
const INSTALLATION: &str = "\
bash:
  qiwei completions bash > ~/.local/share/bash-completion/completions/qiwei
zsh, with fpath+=~/.zfunc before compinit in ~/.zshrc:
  mkdir -p ~/.zfunc && qiwei completions zsh > ~/.zfunc/_qiwei
fish:
  qiwei completions fish > ~/.config/fish/completions/qiwei.fish
powershell:
  qiwei completions powershell >> $PROFILE
elvish:
  qiwei completions elvish >> ~/.config/elvish/rc.elv";

/// Arguments of `qiwei completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = INSTALLATION)]
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
    fn run(self, context: &Context) -> CommandResult {
        let script = script(self.shell.name())
            .and_then(Result::ok)
            .ok_or_else(|| Error::internal(text!("no completion script for this shell")))?;
        context
            .output
            .text(&String::from_utf8_lossy(&script))
            .map(success)
    }
}

/// The completion script; `None` for an unknown shell.
fn script(shell: &str) -> Option<Result<Vec<u8>, io::Error>> {
    let completer = Shells::builtins();
    let completer = completer.completer(shell)?;
    let mut script = Vec::new();
    let written =
        completer.write_registration(env::COMPLETE, "qiwei", "qiwei", "qiwei", &mut script);
    if completer.name() == "zsh" {
        script.extend_from_slice(ZSH_FIRST_TAB);
    }
    Some(written.map(|()| script))
}

/// Changes the zsh script: zsh runs an autoloaded script at the first Tab, which must complete that Tab
/// and not only register for later ones.
const ZSH_FIRST_TAB: &[u8] = b"
if [[ $funcstack[1] = _qiwei ]]; then
    _clap_dynamic_completer_qiwei \"$@\"
fi
";

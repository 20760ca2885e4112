//! `qiwei help COMMAND`, the same as `qiwei COMMAND --help`.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

const NAME: &str = "help";

/// The arguments that ask for the same help with `--help`; `None` if the error is another one.
pub fn as_flag(error: &clap::Error, args: &[OsString]) -> Option<Vec<OsString>> {
    let unknown = error.get(ContextKind::InvalidSubcommand);
    let is_help = error.kind() == ErrorKind::InvalidSubcommand
        && unknown == Some(&ContextValue::String(NAME.to_owned()));
    let at = args
        .iter()
        .position(|arg| arg == NAME)
        .filter(|_| is_help)?;
    let mut args = args.to_vec();
    args.remove(at);
    args.push("--help".into());
    Some(args)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    #[test]
    fn help_command_becomes_flag() {
        let cases: [(&str, Option<&str>); 6] = [
            ("qiwei help", Some("qiwei --help")),
            ("qiwei help send", Some("qiwei send --help")),
            (
                "qiwei --lang zh help send",
                Some("qiwei --lang zh send --help"),
            ),
            ("qiwei instance help", Some("qiwei instance --help")),
            ("qiwei help instance rm", Some("qiwei instance rm --help")),
            ("qiwei frob help", None),
        ];
        let split = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        for (line, expected) in cases {
            let args = split(line);
            let error = cli::parse(&args).map(|_| ()).unwrap_err();
            assert_eq!(as_flag(&error, &args), expected.map(split), "{line}");
        }
    }
}

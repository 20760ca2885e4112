//! The format of results for programs.

use std::ffi::OsString;

use clap::ValueEnum;

/// How results are printed as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum JsonFormat {
    /// Like --json: one document, or one line for each event
    Json,
    /// The same, but one line for each element of a list
    Ndjson,
}

impl JsonFormat {
    /// Searches arguments that could not be parsed, up to `--`.
    pub fn in_arguments(args: &[OsString]) -> Option<Self> {
        let mut args = args.iter().take_while(|arg| *arg != "--");
        while let Some(arg) = args.next().map(|arg| arg.to_string_lossy()) {
            let value = match arg.strip_prefix("--output").or(arg.strip_prefix("-o")) {
                _ if arg == "--json" => return Some(Self::Json),
                None => continue,
                Some("") => args.next()?.to_string_lossy().into_owned(),
                Some(value) => value.trim_start_matches('=').to_owned(),
            };
            if let Ok(format) = Self::from_str(&value, false) {
                return Some(format);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_format_in_arguments() {
        let (json, ndjson) = (Some(JsonFormat::Json), Some(JsonFormat::Ndjson));
        let cases = [
            ("send --json", json),
            ("send -o json", json),
            ("send -ondjson", ndjson),
            ("send --output=ndjson", ndjson),
            ("send --output json", json),
            ("send -o yaml --json", json),
            ("send -o", None),
            ("sandbox -- qiwei --json", None),
            ("send -q", None),
        ];
        for (line, expected) in cases {
            let args: Vec<OsString> = line.split(' ').map(Into::into).collect();
            assert_eq!(JsonFormat::in_arguments(&args), expected, "{line}");
        }
    }
}

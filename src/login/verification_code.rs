//! Sources of the verification code for the first login on a new device.

use crate::output::StdinStream;
use crate::secret::Secret;
use crate::text::{Text, text};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// Poll interval of a code file.
const FILE_POLL: Duration = Duration::from_millis(200);

/// Where the code comes from.
pub enum CodeSource {
    /// Typed on this terminal.
    Terminal(StdinStream),
    /// Printed by a command.
    Command(String),
    /// Written to a file.
    File(PathBuf),
    /// Submitted from another shell: `qiwei login --code`.
    OtherProcess,
}

impl CodeSource {
    /// The request shown to a person.
    pub fn request(&self, attempt: u8) -> Text {
        match self {
            Self::Terminal(_) => text!("verification code (attempt {attempt} of 3): ", attempt),
            Self::Command(_) => {
                text!(
                    "getting the verification code from --code-cmd (attempt {attempt} of 3)",
                    attempt
                )
            }
            Self::File(path) => text!(
                "waiting for the verification code in {path} (attempt {attempt} of 3)",
                path = path.display(),
                attempt
            ),
            Self::OtherProcess => {
                text!("submit the verification code with `qiwei login --code -` from another shell")
            }
        }
    }

    /// Whether the answer is typed on the line of the request.
    pub fn is_typed(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }
}

/// Why a source gave no code.
#[derive(Debug)]
pub struct CodeSourceError {
    /// The reason.
    pub why: Text,
    /// The answer may be a typing mistake: ask again.
    pub ask_again: bool,
}

impl From<Text> for CodeSourceError {
    fn from(why: Text) -> Self {
        Self {
            why,
            ask_again: false,
        }
    }
}

impl CodeSourceError {
    /// An invalid code, after which the source is asked again.
    fn again(why: Text) -> Self {
        Self {
            why,
            ask_again: true,
        }
    }
}

/// Asks a source for codes on its own thread; every code, or the reason there is none, goes to
/// `answer`.
pub struct CodePrompt(Option<Sender<u8>>);

impl CodePrompt {
    /// Starts a thread for `source`, unless codes come from another shell.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        source: CodeSource,
        answer: impl Fn(Result<Secret, CodeSourceError>) + Send + 'static,
    ) -> io::Result<Self> {
        if matches!(source, CodeSource::OtherProcess) {
            return Ok(Self(None));
        }
        let (ask, asked) = channel();
        thread::Builder::new()
            .name("code".into())
            .spawn(move || serve(source, &asked, answer))?;
        Ok(Self(Some(ask)))
    }

    /// Asks for a code; `attempt` counts from 1.
    pub fn ask(&self, attempt: u8) {
        if let Some(ask) = &self.0 {
            // The thread reports its reason before it ends.
            let _ = ask.send(attempt);
        }
    }
}

fn serve(
    source: CodeSource,
    asked: &Receiver<u8>,
    answer: impl Fn(Result<Secret, CodeSourceError>),
) {
    match source {
        CodeSource::Terminal(stdin) => {
            let mut lines = BufReader::new(stdin.reader);
            for _ in asked {
                answer(typed(&mut lines));
            }
        }
        CodeSource::Command(command) => {
            for attempt in asked {
                answer(printed(&command, attempt));
            }
        }
        CodeSource::File(path) => {
            let mut last = String::new();
            for _ in asked {
                last = wait_for_change(&path, &last);
                answer(checked(&last).map_err(CodeSourceError::again));
            }
        }
        CodeSource::OtherProcess => {}
    }
}

fn typed(lines: &mut impl BufRead) -> Result<Secret, CodeSourceError> {
    let mut line = Vec::new();
    match lines.read_until(b'\n', &mut line) {
        Ok(0) => Err(text!("standard input has ended").into()),
        Ok(_) => checked(&String::from_utf8_lossy(&line)).map_err(CodeSourceError::again),
        Err(e) => Err(text!("the code cannot be read: {error}", error = e).into()),
    }
}

fn printed(command: &str, attempt: u8) -> Result<Secret, CodeSourceError> {
    let cannot_run = |e: io::Error| text!("--code-cmd cannot be run: {error}", error = e);
    let mut child = shell(command)
        .env(crate::env::CODE_ATTEMPT, attempt.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(cannot_run)?;
    // Closed after reading: that stops a command with endless output.
    let printed = child.stdout.take().map(read_bounded);
    let status = child.wait().map_err(cannot_run)?;
    match printed {
        // A command may print nothing until the code has arrived.
        Some(Ok(printed)) if status.success() => checked(&printed).map_err(CodeSourceError::again),
        Some(Err(e)) if status.success() => {
            Err(text!("the code cannot be read: {error}", error = e).into())
        }
        _ => Err(text!("--code-cmd failed ({status})", status).into()),
    }
}

/// A command line for the platform's shell.
pub fn shell(command: &str) -> Command {
    let mut shell;
    if cfg!(windows) {
        shell = Command::new("cmd");
        shell.arg("/C");
    } else {
        shell = Command::new("sh");
        shell.arg("-c");
    }
    shell.arg(command);
    shell
}

/// Waits until the file holds something other than `last`, the rejected code.
fn wait_for_change(path: &PathBuf, last: &str) -> String {
    loop {
        match File::open(path).and_then(read_bounded) {
            Ok(text) if !text.trim().is_empty() && text != last => return text,
            _ => thread::sleep(FILE_POLL),
        }
    }
}

/// Characters of a verification code. Servers send six digits; shorter text is a typing mistake.
const CODE_LENGTH: RangeInclusive<usize> = 4..=32;

/// Checks that the text is a short word; anything else is never sent, and uses up no attempt.
///
/// # Errors
/// Describes a valid code without repeating the text.
pub fn checked(text: &str) -> Result<Secret, Text> {
    let code = text.trim();
    let fits = CODE_LENGTH.contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits {
        Ok(Secret::new(code))
    } else {
        Err(text!(
            "a verification code must be 4 to 32 digits or letters on one line"
        ))
    }
}

/// Far more than a verification code with surrounding white space.
const MAX_TEXT_BYTES: u64 = 4096;

/// Reads text to its end: UTF-8, or UTF-16 with a byte order mark, which some editors and shells
/// write. Longer text is cut, and is then no valid code.
///
/// # Errors
/// I/O errors.
fn read_bounded(from: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(MAX_TEXT_BYTES).read_to_end(&mut bytes)?;
    let units = |decode: fn([u8; 2]) -> u16| -> Vec<u16> {
        let pairs = bytes.get(2..).unwrap_or_default().as_chunks().0.iter();
        pairs.map(|pair| decode(*pair)).collect()
    };
    Ok(match bytes.as_slice() {
        [0xff, 0xfe, ..] => String::from_utf16_lossy(&units(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => String::from_utf16_lossy(&units(u16::from_be_bytes)),
        [0xef, 0xbb, 0xbf, text @ ..] => String::from_utf8_lossy(text).into_owned(),
        text => String::from_utf8_lossy(text).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_encoding_of_a_code_file() {
        let utf16 = |decode: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}246810\r\n"
                .encode_utf16()
                .flat_map(decode)
                .collect()
        };
        for bytes in [
            b"246810\n".to_vec(),
            b"\xef\xbb\xbf246810".to_vec(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
        ] {
            let text = read_bounded(bytes.as_slice()).unwrap();
            assert_eq!(checked(&text).unwrap().reveal(), "246810", "{bytes:?}");
        }
    }

    #[test]
    fn validates_codes() {
        for (text, fits) in [
            ("246810", true),
            (" 246810\r\n", true),
            ("Ab12", true),
            ("", false),
            ("\n", false),
            ("two words", false),
            ("123456\n654321", false),
            ("１２３４", false),
            ("123", false),
        ] {
            assert_eq!(checked(text).is_ok(), fits, "{text:?}");
        }
        assert_eq!(checked(" 1234 ").unwrap().reveal(), "1234");
    }

    #[test]
    #[cfg(unix)]
    fn reads_code_from_command() {
        assert_eq!(
            printed("echo 123$QIWEI_CODE_ATTEMPT", 2).unwrap().reveal(),
            "1232"
        );
        assert!(printed("exit 3", 1).unwrap_err().why.contains("3"));
        assert!(printed("echo not a code", 1).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn rejects_endless_output() {
        assert!(printed("yes 123456", 1).is_err());
        assert!(printed("cat /dev/zero; exit 0", 1).is_err());
    }
}

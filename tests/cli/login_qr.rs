//! The QR code of `qiwei login` without a terminal: in a log, and in files.

use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};

use crate::support::Finished;
use crate::support::background::end;
use crate::support::login::{events, login, waiting};

/// Light modules around the code.
const QUIET: usize = 4;

/// `qiwei login --no-wait --json` with these arguments.
fn login_with_qr_code(more: &str) -> Finished {
    let server = waiting("never");
    end(login(&server, &format!("--no-wait --json {more}"))).ends_with(0)
}

/// The rows of the login's QR code, true for dark, quiet zone included.
fn expected(run: &Finished) -> Vec<Vec<bool>> {
    let told = events(run);
    let content = told[0]["content"].as_str().unwrap();
    let code = QrCode::with_error_correction_level(content, EcLevel::L).unwrap();
    let (inner, colors) = (code.width(), code.to_colors());
    let width = inner + 2 * QUIET;
    let inside = QUIET..QUIET + inner;
    let is_dark = |row: usize, column: usize| {
        inside.contains(&row)
            && inside.contains(&column)
            && colors[(row - QUIET) * inner + column - QUIET] == Color::Dark
    };
    (0..width)
        .map(|row| (0..width).map(|column| is_dark(row, column)).collect())
        .collect()
}

/// The lines of the drawing: all lines after the link.
fn drawing(run: &Finished) -> Vec<&str> {
    let lines = run.stderr.lines();
    lines
        .skip_while(|line| !line.starts_with("link: "))
        .skip(1)
        .collect()
}

#[track_caller]
fn has_link_and_no_escapes(run: &Finished) {
    let told = events(run);
    let content = told[0]["content"].as_str().unwrap();
    assert!(
        run.stderr.contains(&format!("link: {content}\n")),
        "{run:?}"
    );
    assert!(
        !run.stderr.contains('\x1b') && !run.stdout.contains('\x1b'),
        "{run:?}"
    );
}

#[test]
fn pipe_gets_decodable_ascii_code() {
    for more in ["", "--qr ascii", "--qr full"] {
        let run = login_with_qr_code(more);
        has_link_and_no_escapes(&run);
        let read: Vec<Vec<bool>> = drawing(&run)
            .iter()
            .map(|line| {
                let pairs = line.as_bytes().chunks(2);
                pairs.map(|pair| pair == b"##").collect()
            })
            .collect();
        assert_eq!(read, expected(&run), "{more}");
    }
}

#[test]
fn half_blocks_without_color_are_light_on_dark() {
    let run = login_with_qr_code("--qr half");
    has_link_and_no_escapes(&run);
    let mut read: Vec<Vec<bool>> = Vec::new();
    for line in drawing(&run) {
        let halves = |light: [char; 2]| line.chars().map(|c| !light.contains(&c)).collect();
        read.push(halves(['█', '▀']));
        read.push(halves(['█', '▄']));
    }
    let mut expected = expected(&run);
    if expected.len() % 2 == 1 {
        // The last line's lower half is beyond the code, and light.
        expected.push(vec![false; expected[0].len()]);
    }
    assert_eq!(read, expected);
}

/// What decoders read in a log, such as that of a container.
#[test]
fn pipe_gets_half_blocks_in_utf8_locale() {
    for (locale, is_half) in [("C.UTF-8", true), ("C", false)] {
        let server = waiting("never");
        let run = end(login(&server, "--no-wait --json").env("LC_ALL", locale)).ends_with(0);
        has_link_and_no_escapes(&run);
        assert_eq!(run.stderr.contains('▀'), is_half, "{locale}: {run:?}");
    }
}

#[test]
fn draws_color_only_when_asked() {
    let run = login_with_qr_code("--qr half --color always");
    // Both colours are set, so that the terminal's own do not matter.
    assert!(run.stderr.contains("\x1b[38;5;16;48;5;231m"), "{run:?}");
    assert!(run.stderr.contains("\x1b[0m\n"), "{run:?}");
}

#[test]
fn prints_link_only_or_nothing() {
    let run = login_with_qr_code("--qr link");
    has_link_and_no_escapes(&run);
    assert!(drawing(&run).is_empty(), "{run:?}");
    let run = login_with_qr_code("--qr none");
    assert!(!run.stderr.contains("link:"), "{run:?}");
    assert_eq!(events(&run)[0]["event"], "qrcode");
}

#[test]
fn quiet_still_draws_qr_code() {
    let run = login_with_qr_code("--quiet");
    has_link_and_no_escapes(&run);
    assert_eq!(drawing(&run).len(), expected(&run).len());
}

#[test]
fn png_holds_same_code() {
    let server = waiting("never");
    let run = login(&server, "--no-wait --json --qr none");
    let path = run.home().join("code.png");
    let mut running = crate::support::background::BackgroundChild::start(
        run.arg("--qr-file").arg(path.to_str().unwrap()),
    );
    let run = running.finish().ends_with(0);
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let (side, expected) = (info.width as usize, expected(&run));
    assert_eq!((info.width, side % expected.len()), (info.height, 0));
    let scale = side / expected.len();
    for (row, line) in expected.iter().enumerate() {
        for (column, dark) in line.iter().enumerate() {
            let middle = (row * scale + scale / 2) * side + column * scale + scale / 2;
            assert_eq!(
                pixels[middle],
                if *dark { 0 } else { 255 },
                "{row} {column}"
            );
        }
    }
}

#[test]
fn svg_is_written_atomically_with_mode_0600() {
    let server = waiting("never");
    let run = login(&server, "--no-wait --json --qr none");
    let path = run.home().join("code.svg");
    let mut running = crate::support::background::BackgroundChild::start(
        run.arg("--qr-file").arg(path.to_str().unwrap()),
    );
    running.finish().ends_with(0);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("<svg") && text.trim_end().ends_with("</svg>"),
        "{text}"
    );
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn rejects_other_file_types() {
    let server = waiting("never");
    for name in ["code.jpg", "code", "png", ".png"] {
        let run = end(login(&server, "--json --qr-file").arg(name)).ends_with(2);
        assert!(
            run.error()["message"].as_str().unwrap().contains(".svg"),
            "{run:?}"
        );
    }
    assert!(server.exchanges().is_empty());
}

#[test]
fn unwritable_qr_file_restores_notify_url() {
    let server = waiting("never");
    let run = login(
        &server,
        "--json --qr none --qr-file /nowhere/at/all/code.png",
    );
    let usual = crate::support::login::CONFIGURED_URL;
    let run = end(run.env("QIWEI_NOTIFY_URL", usual)).ends_with(74);
    assert!(
        run.error()["message"]
            .as_str()
            .unwrap()
            .contains("/nowhere/at/all/code.png")
    );
    let urls = crate::support::login::notify_urls(&server);
    assert_eq!(urls.last().unwrap(), usual);
}

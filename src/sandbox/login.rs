//! A login by QR code as a state machine: a script of timed steps, and the status they lead to.

use super::initial_data;
use super::scan_script::{ScanOutcome, ScanScript, ScanStep};
use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// Longest time between two steps that follow each other by themselves.
const LONGEST_GAP: Duration = Duration::from_millis(500);

/// The protocol's QrcodeStatus, as far as a WeCom login goes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QrStatus {
    NotScanned = 0,
    Scanned = 1,
    Success = 2,
    Failed = 3,
    Refused = 4,
    CodeRequired = 10,
}

/// What happens in a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The QR code changes its status, or is replaced.
    Scan(ScanStep),
    /// The account is logged in.
    LoggedIn,
}

/// A login under way, or its result.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) qrcode: QrCode,
    pub(super) status: QrStatus,
    /// The verification code that is waited for.
    expected_code: Option<String>,
    steps: VecDeque<(Timestamp, Step)>,
    gap: Duration,
}

/// Why a verification code was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeError {
    NotAsked,
    Wrong,
}

impl Login {
    /// A login that starts `now` with this code and follows `scan`.
    pub(super) fn new(qrcode: QrCode, scan: &ScanScript, now: Timestamp) -> Self {
        Login {
            qrcode,
            status: QrStatus::NotScanned,
            expected_code: None,
            steps: script(scan)
                .into_iter()
                .map(|(time, step)| (later(now, time), step))
                .collect(),
            gap: gap(scan),
        }
    }

    /// When the next step is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.steps.front().map(|(at, _)| *at)
    }

    /// Takes the next step if it is due.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Step> {
        if self.due()? > now {
            return None;
        }
        self.steps.pop_front().map(|(_, step)| step)
    }

    /// Updates the status. A new code is set separately, see [`Login::set_qrcode`].
    pub(super) fn apply(&mut self, step: &ScanStep) {
        self.status = match step {
            ScanStep::Scanned => QrStatus::Scanned,
            ScanStep::RequireCode(_) => QrStatus::CodeRequired,
            ScanStep::Confirm => QrStatus::Success,
            ScanStep::Refuse => QrStatus::Refused,
            ScanStep::Fail => QrStatus::Failed,
            ScanStep::Expire => QrStatus::NotScanned,
        };
        self.expected_code = match step {
            ScanStep::RequireCode(code) => Some(code.clone()),
            _ => None,
        };
    }

    /// Replaces the QR code.
    pub(super) fn set_qrcode(&mut self, qrcode: QrCode) {
        self.qrcode = qrcode;
    }

    /// Checks a verification code; the right one completes the login.
    pub(super) fn submit(&mut self, code: &str, now: Timestamp) -> Result<(), CodeError> {
        match &self.expected_code {
            None => Err(CodeError::NotAsked),
            Some(expected_code) if expected_code != code => Err(CodeError::Wrong),
            Some(_) => {
                self.expected_code = None;
                self.complete(now);
                Ok(())
            }
        }
    }

    /// Schedules the success of the QR code and, a little later, of the login.
    fn complete(&mut self, now: Timestamp) {
        let confirm = Step::Scan(ScanStep::Confirm);
        self.steps = [(now, confirm), (later(now, self.gap), Step::LoggedIn)].into();
    }
}

/// The steps of a scan and when they come, counted from the QR code.
fn script(scan: &ScanScript) -> Vec<(Duration, Step)> {
    let (after, gap) = (scan.after, gap(scan));
    let then = |step| (after + gap, Step::Scan(step));
    let scanned = |at| (at, Step::Scan(ScanStep::Scanned));
    let success = |at| {
        let confirm = Step::Scan(ScanStep::Confirm);
        vec![
            scanned(at),
            (at + gap, confirm),
            (at + 2 * gap, Step::LoggedIn),
        ]
    };
    match &scan.outcome {
        ScanOutcome::Success => success(after),
        ScanOutcome::RequireCode(code) => {
            vec![scanned(after), then(ScanStep::RequireCode(code.clone()))]
        }
        ScanOutcome::Refuse => vec![scanned(after), then(ScanStep::Refuse)],
        ScanOutcome::Expire => {
            let mut steps = vec![(after, Step::Scan(ScanStep::Expire))];
            steps.extend(success(2 * after));
            steps
        }
        ScanOutcome::Never | ScanOutcome::Manual => Vec::new(),
    }
}

fn gap(scan: &ScanScript) -> Duration {
    scan.after.min(LONGEST_GAP)
}

/// Times here are a day or two at most, so only a broken clock could overflow.
fn later(now: Timestamp, time: Duration) -> Timestamp {
    now.checked_add(time).unwrap_or(now)
}

/// One login QR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QrCode {
    /// 32 upper-case hexadecimal digits.
    pub(super) key: String,
}

impl QrCode {
    /// The `number`th code a sandbox gives out.
    pub(super) fn new(number: u64) -> Self {
        QrCode {
            key: initial_data::key(number),
        }
    }

    /// The link that the code draws.
    pub(super) fn content(&self) -> String {
        format!(
            "https://wx.work.weixin.qq.com/cgi-bin/crtx_auth?key={}&wx=1",
            self.key
        )
    }
}

/// A picture where the server sends one of about 20 kB: a small baseline JPEG, one grey dot.
/// Clients draw the link; the picture only has to be one.
pub(super) fn picture() -> String {
    BASE64_STANDARD.encode(DOT)
}

#[rustfmt::skip]
const DOT: &[u8] = &[
    0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46, 0x49, 0x46, 0x00, 0x01, 0x01, 0x00, 0x00, 0x01,
    0x00, 0x01, 0x00, 0x00, 0xff, 0xdb, 0x00, 0x43, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc0, 0x00, 0x0b, 0x08, 0x00, 0x01,
    0x00, 0x01, 0x01, 0x01, 0x11, 0x00, 0xff, 0xc4, 0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xc4, 0x00, 0x14,
    0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0xff, 0xda, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x3f, 0x00, 0x3f, 0xff, 0xd9,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        Timestamp::from_second(1_764_000_000).unwrap()
    }

    fn at(millis: u64) -> Timestamp {
        later(start(), Duration::from_millis(millis))
    }

    /// The statuses a login goes through, with the milliseconds at which they come.
    fn history(login: &mut Login) -> Vec<(i64, Option<QrStatus>)> {
        let mut history = Vec::new();
        while let Some(due) = login.due() {
            let since = due.as_millisecond() - start().as_millisecond();
            match login.next(due).unwrap() {
                Step::Scan(step) => {
                    login.apply(&step);
                    history.push((since, Some(login.status)));
                }
                Step::LoggedIn => history.push((since, None)),
            }
        }
        history
    }

    #[test]
    fn follows_scan_scripts() {
        use QrStatus::{CodeRequired, NotScanned, Refused, Scanned, Success};
        for (scan, expected) in [
            (
                "after=2s",
                vec![(2000, Some(Scanned)), (2500, Some(Success)), (3000, None)],
            ),
            (
                "after=100ms",
                vec![(100, Some(Scanned)), (200, Some(Success)), (300, None)],
            ),
            (
                "require-code=1",
                vec![(1000, Some(Scanned)), (1500, Some(CodeRequired))],
            ),
            ("refuse", vec![(1000, Some(Scanned)), (1500, Some(Refused))]),
            (
                "expire",
                vec![
                    (1000, Some(NotScanned)),
                    (2000, Some(Scanned)),
                    (2500, Some(Success)),
                    (3000, None),
                ],
            ),
            ("never", vec![]),
            ("manual", vec![]),
        ] {
            let mut login = Login::new(QrCode::new(0), &scan.parse().unwrap(), start());
            assert_eq!(history(&mut login), expected, "{scan}");
        }
    }

    #[test]
    fn steps_wait_for_their_time() {
        let mut login = Login::new(QrCode::new(0), &ScanScript::default(), start());
        assert_eq!(login.next(at(999)), None);
        assert_eq!(login.next(at(1000)), Some(Step::Scan(ScanStep::Scanned)));
        assert_eq!(login.next(at(1000)), None);
    }

    #[test]
    fn accepts_code_only_when_requested_and_correct() {
        let scan = "require-code=246810,after=100ms".parse().unwrap();
        let mut login = Login::new(QrCode::new(0), &scan, start());
        assert_eq!(login.submit("246810", start()), Err(CodeError::NotAsked));
        history(&mut login);
        for _ in 0..3 {
            assert_eq!(login.submit("111111", at(300)), Err(CodeError::Wrong));
            assert_eq!(login.status, QrStatus::CodeRequired);
        }
        assert_eq!(login.submit("246810", at(300)), Ok(()));
        assert_eq!(
            history(&mut login),
            [(300, Some(QrStatus::Success)), (400, None)]
        );
        assert_eq!(login.submit("246810", at(500)), Err(CodeError::NotAsked));
    }
}

//! The state of one login. Pure: events in, steps out; no clock, no sockets.

use crate::api::login_payloads::QrcodeStatus;
use crate::text::{Text, text};

/// Verification codes that may be tried.
pub const MAX_VERIFICATION_CODE_ATTEMPTS: u8 = 3;

/// The next step to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Report this status.
    ReportStatus(QrcodeStatus),
    /// Draw this new QR code.
    ShowQrcode(String),
    /// Ask for a verification code.
    AskVerificationCode {
        /// Remaining attempts, this one included.
        attempts_left: u8,
    },
    /// The verification code was accepted.
    VerificationCodeAccepted,
    /// The verification code was rejected.
    VerificationCodeRejected {
        /// Remaining attempts.
        attempts_left: u8,
    },
    /// End the login as failed.
    Fail(Text),
}

/// One login from its first QR code to its end.
#[derive(Clone, Debug)]
pub struct LoginStateMachine {
    qrcode_content: String,
    seen: Option<QrcodeStatus>,
    attempts_left: u8,
    verification: Verification,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verification {
    NotNeeded,
    Asked,
    Accepted,
}

impl LoginStateMachine {
    /// A login whose first QR code has this content.
    pub fn new(qrcode_content: String) -> Self {
        Self {
            qrcode_content,
            seen: None,
            attempts_left: MAX_VERIFICATION_CODE_ATTEMPTS,
            verification: Verification::NotNeeded,
        }
    }

    /// Handles a status; callbacks and polls report the same one, and each is reported once.
    pub fn on_status(&mut self, status: QrcodeStatus) -> Vec<Step> {
        if self.seen == Some(status) || self.is_stale(status) {
            return Vec::new();
        }
        self.seen = Some(status);
        let mut steps = vec![Step::ReportStatus(status)];
        if status == QrcodeStatus::CodeRequired && self.verification == Verification::NotNeeded {
            self.verification = Verification::Asked;
            steps.push(Step::AskVerificationCode {
                attempts_left: self.attempts_left,
            });
        } else if status.is_failure() {
            steps.push(Step::Fail(failure(status)));
        }
        steps
    }

    /// A poll may still return "not scanned" or "scanned" after a callback reported a later status.
    fn is_stale(&self, status: QrcodeStatus) -> bool {
        let rank = |status| match status {
            QrcodeStatus::NotScanned => 0,
            QrcodeStatus::Scanned | QrcodeStatus::WechatScanning => 1,
            _ => 2,
        };
        self.seen.is_some_and(|seen| rank(status) < rank(seen))
    }

    /// Handles the content of the current QR code; different content means a new QR code.
    pub fn on_qrcode_content(&mut self, content: &str) -> Vec<Step> {
        if content == self.qrcode_content {
            return Vec::new();
        }
        content.clone_into(&mut self.qrcode_content);
        self.seen = None;
        self.verification = Verification::NotNeeded;
        vec![Step::ShowQrcode(content.to_owned())]
    }

    /// Handles an accepted verification code.
    pub fn on_verification_code_accepted(&mut self) -> Vec<Step> {
        self.verification = Verification::Accepted;
        vec![Step::VerificationCodeAccepted]
    }

    /// Handles a rejected verification code.
    pub fn on_verification_code_rejected(&mut self) -> Vec<Step> {
        self.attempts_left = self.attempts_left.saturating_sub(1);
        let attempts_left = self.attempts_left;
        let next = match attempts_left {
            0 => Step::Fail(text!("the verification code was wrong three times")),
            _ => Step::AskVerificationCode { attempts_left },
        };
        vec![Step::VerificationCodeRejected { attempts_left }, next]
    }

    /// Remaining attempts for the verification code.
    pub fn attempts_left(&self) -> u8 {
        self.attempts_left
    }

    /// The status word in `GET /health`.
    pub fn health(&self) -> &'static str {
        match (self.verification, self.seen) {
            (Verification::Asked, _) => "code_required",
            (_, Some(status)) => status.number_and_name().1,
            (_, None) => "not_scanned",
        }
    }
}

fn failure(status: QrcodeStatus) -> Text {
    match status {
        QrcodeStatus::Refused | QrcodeStatus::WechatRefused => {
            text!("the login was refused on the phone")
        }
        _ => text!("the login failed"),
    }
}

#[cfg(test)]
mod tests {
    use QrcodeStatus as S;
    use Step::*;
    use proptest::prelude::*;

    use super::*;

    fn machine() -> LoginStateMachine {
        LoginStateMachine::new("one".into())
    }

    #[test]
    fn reports_each_status_once_in_order() {
        let mut login = machine();
        assert_eq!(
            login.on_status(S::NotScanned),
            [ReportStatus(S::NotScanned)]
        );
        assert_eq!(login.on_status(S::NotScanned), []);
        assert_eq!(login.on_status(S::Scanned), [ReportStatus(S::Scanned)]);
        assert_eq!(login.on_status(S::NotScanned), []);
        assert_eq!(login.on_status(S::Success), [ReportStatus(S::Success)]);
        assert_eq!(login.on_status(S::Scanned), []);
    }

    #[test]
    fn four_statuses_end_the_login() {
        for status in [S::Failed, S::Refused, S::WechatFailed, S::WechatRefused] {
            let steps = machine().on_status(status);
            assert!(
                matches!(steps[..], [ReportStatus(_), Fail(_)]),
                "{status:?}"
            );
        }
        for status in [S::WechatScanning, S::WechatSuccess, S::WechatAuthorised] {
            assert_eq!(machine().on_status(status), [ReportStatus(status)]);
        }
    }

    #[test]
    fn allows_three_code_attempts() {
        let mut login = machine();
        let ask = |attempts_left| AskVerificationCode { attempts_left };
        let rejected = |attempts_left| VerificationCodeRejected { attempts_left };
        assert_eq!(
            login.on_status(S::CodeRequired),
            [ReportStatus(S::CodeRequired), ask(3)]
        );
        assert_eq!(login.on_status(S::CodeRequired), []);
        assert_eq!(login.on_verification_code_rejected(), [rejected(2), ask(2)]);
        assert_eq!(login.on_verification_code_rejected(), [rejected(1), ask(1)]);
        let steps = login.on_verification_code_rejected();
        assert!(matches!(
            steps[..],
            [VerificationCodeRejected { attempts_left: 0 }, Fail(_)]
        ));
    }

    #[test]
    fn accepted_code_is_not_requested_again() {
        let mut login = machine();
        login.on_status(S::CodeRequired);
        assert_eq!(
            login.on_verification_code_accepted(),
            [VerificationCodeAccepted]
        );
        assert_eq!(login.on_status(S::CodeRequired), []);
        assert_eq!(login.on_status(S::Success), [ReportStatus(S::Success)]);
        assert_eq!(
            login.on_status(S::CodeRequired),
            [ReportStatus(S::CodeRequired)]
        );
    }

    #[test]
    fn new_qr_code_restarts_scan() {
        let mut login = machine();
        login.on_status(S::Scanned);
        assert_eq!(login.on_qrcode_content("one"), []);
        assert_eq!(login.on_qrcode_content("two"), [ShowQrcode("two".into())]);
        assert_eq!(
            login.on_status(S::NotScanned),
            [ReportStatus(S::NotScanned)]
        );
    }

    proptest! {
        #[test]
        fn requests_code_at_most_three_times(
            events in proptest::collection::vec((0i64..11, 0u8..4), 0..60)
        ) {
            let mut login = machine();
            let mut asked = 0;
            for (number, kind) in events {
                let steps = match kind {
                    0 | 1 => login.on_status(S::of(number).unwrap()),
                    2 => login.on_verification_code_rejected(),
                    _ => login.on_verification_code_accepted(),
                };
                asked += steps.iter().filter(|step| matches!(step, AskVerificationCode { .. })).count();
                if steps.iter().any(|step| matches!(step, Fail(_))) {
                    break;
                }
            }
            prop_assert!(asked <= usize::from(MAX_VERIFICATION_CODE_ATTEMPTS));
        }
    }
}

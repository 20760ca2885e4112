//! Logins: instances, QR codes, and their events.

use super::State;
use crate::sandbox::endpoint_result::Failure;
use crate::sandbox::event;
use crate::sandbox::instance::Status;
use crate::sandbox::login::QrCode;
use crate::sandbox::login::{CodeError, Login, QrStatus, Step};
use crate::sandbox::scan_script::{ScanOutcome, ScanStep};
use jiff::Timestamp;

/// Why a manual step was not performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum StepError {
    UnknownGuid,
    /// There is no login.
    NoLogin,
}

impl State {
    /// Starts a login, replacing one in progress, and returns its QR code.
    pub(in crate::sandbox) fn begin_login(
        &mut self,
        guid: &str,
        now: Timestamp,
    ) -> Result<QrCode, Failure> {
        let qrcode = self.next_qrcode();
        let mut scan = self.scan.clone();
        let instance = self.instance(guid)?;
        if instance.has_seen_expiry && scan.outcome == ScanOutcome::Expire {
            // A client may request a new code after each expiry; it must not expire forever.
            scan.outcome = ScanOutcome::Success;
        }
        instance.login = Some(Login::new(qrcode.clone(), &scan, now));
        self.rescheduled = true;
        Ok(qrcode)
    }

    /// Performs every due step.
    pub(in crate::sandbox) fn advance(&mut self, now: Timestamp) {
        while let Some((guid, step)) = self.due_step(now) {
            match step {
                Step::Scan(step) => self.scan_step(&guid, &step),
                Step::LoggedIn => self.log_in(&guid),
            }
        }
    }

    /// The time of the next step of any login.
    pub(in crate::sandbox) fn next_due(&self) -> Option<Timestamp> {
        self.instances
            .iter()
            .filter_map(|instance| instance.login.as_ref()?.due())
            .min()
    }

    /// Performs a manual step; confirming logs in at once.
    pub(in crate::sandbox) fn step_by_hand(
        &mut self,
        guid: &str,
        step: &ScanStep,
    ) -> Result<(), StepError> {
        let instance = self.instance(guid).map_err(|_| StepError::UnknownGuid)?;
        if instance.login.is_none() {
            return Err(StepError::NoLogin);
        }
        self.scan_step(guid, step);
        if *step == ScanStep::Confirm {
            self.log_in(guid);
        }
        Ok(())
    }

    /// Checks a verification code for a login.
    pub(in crate::sandbox) fn submit_code(
        &mut self,
        guid: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let login = self.instance(guid)?.login.as_mut();
        match login.map_or(Err(CodeError::NotAsked), |login| login.submit(code, now)) {
            Ok(()) => {
                self.rescheduled = true;
                Ok(())
            }
            Err(CodeError::Wrong) => Err(Failure::with_undocumented_code("验证码错误")),
            Err(CodeError::NotAsked) => Err(Failure::with_undocumented_code("当前无需验证码")),
        }
    }

    /// Logs an account out, if logged in, and posts the event.
    pub(in crate::sandbox) fn log_out(&mut self, guid: &str) {
        if self.end_login(guid) {
            self.emit(guid, event::LOGGED_OUT, event::logged_out());
        }
    }

    /// The account logs in on another device, which logs it out here.
    pub(in crate::sandbox) fn kick(&mut self, guid: &str) {
        if self.end_login(guid) {
            self.emit(guid, event::KICKED, event::kicked());
        }
    }

    /// Ends the account's login; returns whether it was logged in.
    fn end_login(&mut self, guid: &str) -> bool {
        match self.instance(guid) {
            Ok(instance) if instance.status.is_logged_in() => {
                instance.status = Status::Running;
                instance.login = None;
                true
            }
            _ => false,
        }
    }

    /// The earliest due step and its instance.
    fn due_step(&mut self, now: Timestamp) -> Option<(String, Step)> {
        let instance = self
            .instances
            .iter_mut()
            .filter(|instance| instance.login.as_ref().and_then(Login::due).is_some())
            .min_by_key(|instance| instance.login.as_ref().and_then(Login::due))?;
        let step = instance.login.as_mut()?.next(now)?;
        Some((instance.guid.clone(), step))
    }

    fn scan_step(&mut self, guid: &str, step: &ScanStep) {
        let new_qrcode = (*step == ScanStep::Expire).then(|| self.next_qrcode());
        let Ok(instance) = self.instance(guid) else {
            return;
        };
        let Some(login) = &mut instance.login else {
            return;
        };
        login.apply(step);
        if let Some(qrcode) = new_qrcode.clone() {
            login.set_qrcode(qrcode);
            instance.has_seen_expiry = true;
        }
        let data = event::qrcode_changed(instance, new_qrcode.as_ref());
        self.emit(guid, event::LOGIN_QRCODE, data);
    }

    fn log_in(&mut self, guid: &str) {
        let Ok(instance) = self.instance(guid) else {
            return;
        };
        instance.status = Status::Online;
        let data = event::logged_in(instance);
        self.emit(guid, event::LOGGED_IN, data);
    }

    fn next_qrcode(&mut self) -> QrCode {
        let number = self.qrcodes;
        self.qrcodes += 1;
        QrCode::new(number)
    }

    /// The status `/login/check_login_qrcode` shows.
    pub(in crate::sandbox) fn qr_status(&mut self, guid: &str) -> Result<QrStatus, Failure> {
        let instance = self.instance(guid)?;
        Ok(match &instance.login {
            Some(login) => login.status,
            None if instance.status.is_logged_in() => QrStatus::Success,
            None => QrStatus::NotScanned,
        })
    }
}

//! The operator's service that uploads files for accounts behind the hosted gateway.
//!
//! Source: the wire protocol.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::api::media::{ExpectedFile, UploadType, UploadedFile, conversion_upload};
use crate::api::{Api, CallError};
use crate::guid::Guid;

/// How long the parameters of the content network are kept: they may be for three hours.
const KEEP: Duration = Duration::from_secs(3600);

/// The service, and what it needs to know about the account.
pub struct ConversionService {
    api: Api,
    info: Mutex<Option<(Instant, Value)>>,
}

impl ConversionService {
    /// The service that `api` calls, without the gateway's body and credentials.
    pub fn new(api: Api) -> Self {
        Self {
            api,
            info: Mutex::default(),
        }
    }

    /// Uploads the file at `url`; `gateway` reads the parameters of the account.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub(super) fn upload(
        &self,
        gateway: &Api,
        guid: &Guid,
        upload_type: UploadType,
        url: &str,
        expected: Option<ExpectedFile<'_>>,
    ) -> Result<UploadedFile, CallError> {
        let info = self.info(gateway, guid)?;
        let request = conversion_upload(&info, upload_type, url);
        let api = self.api.until(gateway.deadline());
        let uploaded = api.upload(&request, upload_type, expected);
        if uploaded.is_err() {
            // They may be outdated.
            *self.lock() = None;
        }
        uploaded
    }

    fn info(&self, gateway: &Api, guid: &Guid) -> Result<Value, CallError> {
        let mut kept = self.lock();
        if let Some((at, info)) = &*kept
            && at.elapsed() < KEEP
        {
            return Ok(info.clone());
        }
        let info = gateway.cdn_info(guid)?;
        *kept = Some((Instant::now(), info.clone()));
        Ok(info)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Value)>> {
        self.info.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Payloads of the login endpoints.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::envelope::Payload;
use super::lenient;
use super::payloads::{PayloadError, missing, typed};
use crate::text::{Text, text};

/// A login QR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginQrcode {
    /// The link in the code.
    pub content: String,
    /// The server's key of the code, if given.
    pub key: Option<String>,
}

/// Status of a QR code (wire protocol).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QrcodeStatus {
    /// 0
    NotScanned,
    /// 1: scanned, waiting for confirmation on the phone.
    Scanned,
    /// 2: confirmed. The login is complete only with 11003.
    Success,
    /// 3
    Failed,
    /// 4
    Refused,
    /// 5
    WechatScanning,
    /// 6
    WechatSuccess,
    /// 7
    WechatFailed,
    /// 8
    WechatRefused,
    /// 9
    WechatAuthorised,
    /// 10: a verification code is needed for the new device.
    CodeRequired,
}

impl QrcodeStatus {
    const ALL: [(Self, &str); 11] = [
        (Self::NotScanned, "not_scanned"),
        (Self::Scanned, "scanned"),
        (Self::Success, "success"),
        (Self::Failed, "failed"),
        (Self::Refused, "refused"),
        (Self::WechatScanning, "wechat_scanning"),
        (Self::WechatSuccess, "wechat_success"),
        (Self::WechatFailed, "wechat_failed"),
        (Self::WechatRefused, "wechat_refused"),
        (Self::WechatAuthorised, "wechat_authorised"),
        (Self::CodeRequired, "code_required"),
    ];

    /// The status with this number.
    pub fn of(number: i64) -> Option<Self> {
        let place = usize::try_from(number).ok()?;
        Self::ALL.get(place).map(|(status, _)| *status)
    }

    /// The number and the name used in output.
    pub fn number_and_name(self) -> (usize, &'static str) {
        Self::ALL
            .iter()
            .enumerate()
            .find(|(_, (status, _))| *status == self)
            .map_or((0, "not_scanned"), |(number, (_, name))| (number, name))
    }

    /// Whether the login has failed.
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Refused | Self::WechatFailed | Self::WechatRefused
        )
    }
}

/// The logged-in user; from 11003 and from `/user/get_profile`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Profile {
    /// The user's id.
    #[serde(default, deserialize_with = "lenient::id")]
    pub user_id: Option<String>,
    /// The user's name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// The id of the company.
    #[serde(default, deserialize_with = "lenient::id")]
    pub corp_id: Option<String>,
    /// The company's name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub corp_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text", skip_serializing)]
    corp_short_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text", skip_serializing)]
    corp_full_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text", skip_serializing)]
    real_name: Option<String>,
}

impl Profile {
    /// Chooses one of the alternative names.
    pub fn with_preferred_names(mut self) -> Self {
        self.name = self.name.or(self.real_name.take());
        let names = [
            self.corp_short_name.take(),
            self.corp_name,
            self.corp_full_name.take(),
        ];
        self.corp_name = names.into_iter().flatten().next();
        self
    }
}

/// Decodes the QR code: `qrcode_content`, or a link in `qrcode`.
pub(super) fn qrcode(payload: Payload) -> Result<LoginQrcode, PayloadError> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default, deserialize_with = "lenient::text")]
        qrcode_content: Option<String>,
        #[serde(default, deserialize_with = "lenient::text")]
        qrcode: Option<String>,
        #[serde(default, deserialize_with = "lenient::text")]
        key: Option<String>,
    }
    let wire: Wire = typed(payload.value, text!("login QR code"))?;
    let link = wire.qrcode.filter(|text| text.starts_with("http"));
    Ok(LoginQrcode {
        content: wire
            .qrcode_content
            .or(link)
            .ok_or_else(|| missing(text!("link for a login QR code")))?,
        key: wire.key,
    })
}

/// Decodes `{"status":0…10}`; the number may be a string.
pub(super) fn qrcode_status(payload: Payload) -> Result<QrcodeStatus, PayloadError> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default, deserialize_with = "lenient::integer")]
        status: Option<i64>,
    }
    let wire: Wire = typed(payload.value, text!("QR code status"))?;
    wire.status
        .and_then(QrcodeStatus::of)
        .ok_or_else(|| missing(text!("QR code status")))
}

/// Decodes the logged-in user, whom the gateway puts in `persons` with the fields in `info`.
pub(super) fn profile(payload: Payload) -> Result<Profile, PayloadError> {
    let value = match payload.value.get("persons").and_then(|list| list.get(0)) {
        Some(person) => merged(person),
        None => payload.value,
    };
    typed(value, Text::verbatim("profile")).map(Profile::with_preferred_names)
}

/// The fields of a person and of its `info` in one object.
fn merged(person: &Value) -> Value {
    let fields = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
    let mut all = fields(Some(person)).unwrap_or_default();
    all.extend(fields(person.get("info")).unwrap_or_default());
    for name in ["vid", "uin"] {
        if let Some(id) = all.get(name).cloned() {
            all.entry("user_id").or_insert(id);
        }
    }
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payload(value: Value) -> Payload {
        Payload {
            value,
            confirmed: true,
            ..Payload::default()
        }
    }

    #[test]
    fn reads_qr_link_from_either_field() {
        let link = "https://wx.work.weixin.qq.com/x";
        for value in [
            json!({"qrcode":"/9j/4AAQ","key":"K","qrcode_content":link}),
            json!({"qrcode":link,"key":"K"}),
        ] {
            let code = qrcode(payload(value)).unwrap();
            assert_eq!(
                (code.content.as_str(), code.key.as_deref()),
                (link, Some("K"))
            );
        }
        for value in [json!({"qrcode":"/9j/4AAQ"}), json!({}), json!(null)] {
            assert!(qrcode(payload(value)).is_err());
        }
    }

    #[test]
    fn qr_statuses_have_numbers_and_names() {
        for number in 0..=10 {
            let status = qrcode_status(payload(json!({"status": number}))).unwrap();
            assert_eq!(status.number_and_name().0, number);
        }
        assert_eq!(QrcodeStatus::of(10), Some(QrcodeStatus::CodeRequired));
        assert_eq!(QrcodeStatus::of(1).unwrap().number_and_name().1, "scanned");
        for bad in [json!({"status":11}), json!({"status":-1}), json!({})] {
            assert!(qrcode_status(payload(bad)).is_err());
        }
    }

    #[test]
    fn reads_profiles_of_callback_and_endpoint() {
        let callback = json!({"user_id":"1688","name":"n","corp_id":"1970","corp_short_name":"c","corp_full_name":"cc"});
        let answer = json!({"user_id":1688,"real_name":"n","corp_id":1970,"corp_full_name":"c"});
        let listed = json!({"persons":[{"vid":"1688","info":{"name":"n","corp_id":"1970","corp_name":"c"}}]});
        for value in [callback, answer, listed] {
            let profile = profile(payload(value)).unwrap();
            let json = serde_json::to_value(&profile).unwrap();
            assert_eq!(
                json,
                json!({"user_id":"1688","name":"n","corp_id":"1970","corp_name":"c"})
            );
        }
    }
}

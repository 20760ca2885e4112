//! Simulated callbacks for testing a webhook without an account.

use std::str::FromStr;

use crate::text::{Text, text};
use serde_json::{Value, json};

/// Events that can be simulated, in the order of a login and the messages after it.
const EVENTS: [(&str, Simulated); 16] = [
    ("not-scanned", Simulated::Status(0)),
    ("scanned", Simulated::Status(1)),
    ("success", Simulated::Status(2)),
    ("failed", Simulated::Status(3)),
    ("refused", Simulated::Status(4)),
    ("wechat-scanning", Simulated::Status(5)),
    ("wechat-success", Simulated::Status(6)),
    ("wechat-failed", Simulated::Status(7)),
    ("wechat-refused", Simulated::Status(8)),
    ("wechat-authorised", Simulated::Status(9)),
    ("code", Simulated::Status(10)),
    ("login", Simulated::Login),
    ("logout", Simulated::Logout),
    ("message", Simulated::Message),
    ("own-message", Simulated::OwnMessage),
    ("batch", Simulated::Batch),
];

/// A simulated event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simulated {
    /// 11002 with this status.
    Status(u8),
    /// 11003
    Login,
    /// 11004
    Logout,
    /// 11010, received
    Message,
    /// 11010, sent by the account itself
    OwnMessage,
    /// 11013
    Batch,
}

impl Simulated {
    /// All events, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        EVENTS.iter().map(|(_, event)| *event)
    }

    /// The event's name.
    pub fn name(self) -> &'static str {
        EVENTS
            .iter()
            .find(|(_, event)| *event == self)
            .map_or("", |(name, _)| name)
    }

    /// The body for the instance `guid`. `number`, microseconds since 1970, makes message ids unique.
    pub fn body(self, guid: &str, number: i64) -> Value {
        let (notify_type, data) = match self {
            Self::Status(status) => (
                11002,
                json!({"status": status, "vid": 16888, "nickname": "测试用户", "avatar": "", "logo": "", "corp_id": 197_032}),
            ),
            Self::Login => (
                11003,
                json!({"user_id": "1688850000000001", "name": "测试用户", "real_name": "测试用户", "corp_id": "197032", "gender": 1, "party_id": "1", "avatar": "", "corp_short_name": "测试企业", "corp_full_name": "测试企业"}),
            ),
            Self::Logout => (
                11004,
                json!({"error_code": -1, "error_message": "用户主动注销"}),
            ),
            Self::Message => (11010, message(number, false)),
            Self::OwnMessage => (11010, message(number + 1, true)),
            Self::Batch => (
                11013,
                json!([message(number + 2, false), message(number + 3, false)]),
            ),
        };
        json!({"guid": guid, "notify_type": notify_type, "data": data})
    }
}

fn message(number: i64, own: bool) -> Value {
    let (account, contact) = ("1688850000000001", "788123456789");
    let (sender, receiver) = if own {
        (account, contact)
    } else {
        (contact, account)
    };
    json!({
        "seq": number.to_string(),
        "id": number.to_string(),
        "appinfo": format!("simulated-{number}"),
        "sender": sender,
        "receiver": receiver,
        "roomid": "0",
        "sendtime": number / 1_000_000,
        "sender_name": "测试用户",
        "content_type": 2,
        "referid": "0",
        "flag": 0,
        "content": "这是一条测试消息",
        "at_list": [],
        "quote_content": "",
        "quote_appinfo": "",
        "send_flag": u8::from(own),
        "msg_type": 2,
    })
}

impl FromStr for Simulated {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        EVENTS
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, event)| *event)
            .ok_or_else(|| {
                let names: Vec<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
                text!("must be one of {names}, or all", names = names.join(", "))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callback::{Event, message};

    #[test]
    fn simulated_events_parse() {
        let mut identities = Vec::new();
        for event in Simulated::all() {
            assert_eq!(event.name().parse(), Ok(event));
            let body = event.body("g-1", 1_711_649_467_000_000).to_string();
            let parsed = Event::parse(body.as_bytes()).unwrap();
            assert!(parsed.notify_type.name().is_some());
            for entry in message::entries(&parsed) {
                identities.push(message::identity("g-1", &entry).unwrap());
            }
        }
        identities.sort();
        identities.dedup();
        assert_eq!(identities.len(), 4);
        assert!("x".parse::<Simulated>().unwrap_err().contains("batch"));
    }
}

//! Callback types by number and name.

use std::str::FromStr;

use crate::text::{Text, text};

/// `notify_type` and its name in output and in `--type`. Source: the protocol's table of callbacks.
const NAMES: [(i64, &str); 22] = [
    (11001, "ready"),
    (11002, "login_qrcode"),
    (11003, "logged_in"),
    (11004, "logged_out"),
    (11005, "init_finished"),
    (11006, "heartbeat_error"),
    (11007, "session_timeout"),
    (11008, "login_failed"),
    (11009, "contacts_synced"),
    (11010, "new_message"),
    (11011, "logged_in_elsewhere"),
    (11012, "safety_verification"),
    (11013, "message_batch"),
    (2131, "friend_change"),
    (2132, "friend_request"),
    (1001, "room_renamed"),
    (1002, "member_added"),
    (1003, "member_removed"),
    (1023, "room_dismissed"),
    (2118, "room_info"),
    (2166, "call"),
    (573, "admin_task"),
];

/// A `notify_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NotifyType(pub i64);

impl NotifyType {
    /// 11002
    pub const LOGIN_QRCODE: Self = Self(11002);
    /// 11003
    pub const LOGGED_IN: Self = Self(11003);
    /// 11004
    pub const LOGGED_OUT: Self = Self(11004);
    /// 11008
    pub const LOGIN_FAILED: Self = Self(11008);
    /// 11010
    pub const NEW_MESSAGE: Self = Self(11010);
    /// 11012
    pub const SAFETY_VERIFICATION: Self = Self(11012);
    /// 11013
    pub const MESSAGE_BATCH: Self = Self(11013);

    /// Names of all documented types.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, name)| *name)
    }

    /// The name; `None` for an undocumented type.
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(number, _)| *number == self.0)
            .map(|(_, name)| *name)
    }
}

impl FromStr for NotifyType {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        if let Ok(number) = text.parse() {
            return Ok(Self(number));
        }
        NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(number, _)| Self(*number))
            .ok_or_else(|| {
                let names: Vec<&str> = Self::names().collect();
                text!(
                    "a number such as 11010 is meant, or one of {names}",
                    names = names.join(", ")
                )
            })
    }
}

impl NotifyType {
    /// The text shown to a person: the name, which is the same in every language.
    pub fn word(self) -> Text {
        match self.name() {
            Some(name) => Text::verbatim(name),
            None => text!("event {number}", number = self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_numbers_to_names() {
        assert_eq!(
            "11010".parse::<NotifyType>().unwrap(),
            NotifyType::NEW_MESSAGE
        );
        assert_eq!("new_message".parse::<NotifyType>().unwrap().0, 11010);
        assert_eq!("99".parse::<NotifyType>().unwrap().word(), "event 99");
        assert!(
            "message"
                .parse::<NotifyType>()
                .unwrap_err()
                .contains("new_message")
        );
    }

    #[test]
    fn names_are_unique() {
        for (place, (number, name)) in NAMES.iter().enumerate() {
            for (other_number, other_name) in &NAMES[..place] {
                assert!(number != other_number && name != other_name, "{name}");
            }
        }
    }
}

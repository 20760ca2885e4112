//! Conversation ids: `S:` and a user id, or `R:` and a group id.

/// The peer of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    User,
    Room,
}

/// A well-formed conversation id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conversation {
    pub(super) peer: Peer,
    digits: String,
}

impl Conversation {
    /// Reads an id; the prefix is upper case and what follows is digits only.
    pub(super) fn parse(id: &str) -> Option<Self> {
        let (peer, digits) = if let Some(digits) = id.strip_prefix("S:") {
            (Peer::User, digits)
        } else {
            (Peer::Room, id.strip_prefix("R:")?)
        };
        let well_formed = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        well_formed.then(|| Conversation {
            peer,
            digits: digits.into(),
        })
    }

    pub(super) fn id(&self) -> String {
        match self.peer {
            Peer::User => format!("S:{}", self.digits),
            Peer::Room => format!("R:{}", self.digits),
        }
    }

    /// The user id of the receiver; `0` for a group.
    pub(super) fn receiver(&self) -> &str {
        match self.peer {
            Peer::User => &self.digits,
            Peer::Room => "0",
        }
    }

    /// The group id; `0` for a private chat.
    pub(super) fn room_id(&self) -> &str {
        match self.peer {
            Peer::User => "0",
            Peer::Room => &self.digits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_prefix_and_digits() {
        for (id, valid) in [
            ("S:788123456789", true),
            ("R:10696049218574013", true),
            ("788123456789", false),
            ("S:", false),
            ("s:788", false),
            ("R:10a", false),
            ("R: 10", false),
            ("X:10", false),
            ("", false),
            ("S:１２", false),
        ] {
            let parsed = Conversation::parse(id);
            assert_eq!(parsed.is_some(), valid, "{id}");
            if let Some(conversation) = parsed {
                assert_eq!(conversation.id(), id);
            }
        }
    }
}

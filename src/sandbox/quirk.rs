//! Behaviors of real servers that clients must tolerate, enabled by name.

use super::keyword;
use serde_json::{Number, Value};
use std::fmt;
use std::str::FromStr;

/// A behavior; all are off by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// `/client/all_clients` answers GET and refuses POST with 405.
    GetOnlyClients,
    /// `/client/all_clients` lists objects with a `guid` instead of bare guids.
    ObjectClients,
    /// `/client/all_clients` succeeds with `{"data":[…]}` and no code.
    NoEnvelopeClients,
    /// An empty list is `null`.
    NullLists,
    /// Sessions are objects with names and times instead of bare conversation ids.
    ObjectSessions,
    /// Sessions are objects that say `session_id` and `nick_name` instead of `conversation_id` and `name`.
    AltSessionKeys,
    /// The last page of sessions answers the cursor `0` instead of an unchanged one.
    ZeroCursor,
    /// Numbers in `data` are strings: `"status":"2"`.
    StringNumbers,
    /// Ids in `data` are numbers: `"id":1066173`.
    NumberIds,
    /// `qrcode` holds the link itself instead of a picture.
    LinkInQrcode,
    /// Messages are called back as a list (11013) instead of singly (11010).
    BatchCallbacks,
    /// The list of 11013 is wrapped as `{"list":[…]}`; has no effect without `batch-callbacks`.
    WrappedBatch,
    /// Callbacks carry their type in `msg_type` instead of `notify_type`.
    MsgTypeKey,
    /// Every callback waits for the scenario's `callback_delay` before it is posted.
    LateCallbacks,
    /// Every callback is posted twice.
    DuplicateCallbacks,
    /// The gateway offers creating, removing and listing instances.
    GatewayListsClients,
    /// Refusals of the gateway say `message` instead of `msg`.
    GatewayMessageKey,
    /// Refusals of the gateway use the envelope of the server's dialect.
    GatewayEnvelope,
    /// The instances are of personal WeChat, which answers `baseResponse` and other statuses.
    PersonalWechat,
    /// Callbacks over WebSocket carry the event as a string that holds JSON.
    EventAsString,
    /// People and groups are rows, and the list of rows is `data` itself.
    RowsAsData,
    /// Rows of people and groups are in `list`.
    RowsInList,
    /// Rows are in `user_list` and `room_list`.
    RowsInNamedList,
    /// Rows are in `users` and `rooms`.
    RowsInPlural,
    /// Rows of people are in `items`, of groups in `list`.
    RowsInItems,
    /// Rows of people are in `contacts`, of groups in `list`.
    RowsInContacts,
    /// Rows say `acctid`, `real_name`, and for groups `name`; has no effect without a `rows-…` quirk.
    AltRowKeys,
    /// Members of a group are bare user ids instead of objects.
    BareMembers,
    /// A look-up of several people or groups leaves out every third.
    PartialBatches,
    /// `/user/get_profile` answers `{"persons":[…]}`.
    ProfilePersons,
}

const TABLE: &[(&str, Quirk)] = &[
    ("get-only-clients", Quirk::GetOnlyClients),
    ("object-clients", Quirk::ObjectClients),
    ("no-envelope-clients", Quirk::NoEnvelopeClients),
    ("null-lists", Quirk::NullLists),
    ("object-sessions", Quirk::ObjectSessions),
    ("alt-session-keys", Quirk::AltSessionKeys),
    ("zero-cursor", Quirk::ZeroCursor),
    ("string-numbers", Quirk::StringNumbers),
    ("number-ids", Quirk::NumberIds),
    ("link-in-qrcode", Quirk::LinkInQrcode),
    ("batch-callbacks", Quirk::BatchCallbacks),
    ("wrapped-batch", Quirk::WrappedBatch),
    ("msg-type-key", Quirk::MsgTypeKey),
    ("late-callbacks", Quirk::LateCallbacks),
    ("duplicate-callbacks", Quirk::DuplicateCallbacks),
    ("gateway-lists-clients", Quirk::GatewayListsClients),
    ("gateway-message-key", Quirk::GatewayMessageKey),
    ("gateway-envelope", Quirk::GatewayEnvelope),
    ("personal-wechat", Quirk::PersonalWechat),
    ("event-as-string", Quirk::EventAsString),
    ("rows-as-data", Quirk::RowsAsData),
    ("rows-in-list", Quirk::RowsInList),
    ("rows-in-named-list", Quirk::RowsInNamedList),
    ("rows-in-plural", Quirk::RowsInPlural),
    ("rows-in-items", Quirk::RowsInItems),
    ("rows-in-contacts", Quirk::RowsInContacts),
    ("alt-row-keys", Quirk::AltRowKeys),
    ("bare-members", Quirk::BareMembers),
    ("partial-batches", Quirk::PartialBatches),
    ("profile-persons", Quirk::ProfilePersons),
];

/// Fields that hold ids, which `number-ids` turns into numbers.
const ID_FIELDS: &[&str] = &[
    "id",
    "seq",
    "sender",
    "receiver",
    "roomid",
    "user_id",
    "corp_id",
    "begin_seq",
    "vid",
    "room_id",
    "uin",
    "owner_vid",
    "acctid",
    "last_seq",
];

impl Quirk {
    /// Every name [`FromStr`] takes.
    pub const NAMES: &[&str] = &[
        "get-only-clients",
        "object-clients",
        "no-envelope-clients",
        "null-lists",
        "object-sessions",
        "alt-session-keys",
        "zero-cursor",
        "string-numbers",
        "number-ids",
        "link-in-qrcode",
        "batch-callbacks",
        "wrapped-batch",
        "msg-type-key",
        "late-callbacks",
        "duplicate-callbacks",
        "gateway-lists-clients",
        "gateway-message-key",
        "gateway-envelope",
        "personal-wechat",
        "event-as-string",
        "rows-as-data",
        "rows-in-list",
        "rows-in-named-list",
        "rows-in-plural",
        "rows-in-items",
        "rows-in-contacts",
        "alt-row-keys",
        "bare-members",
        "partial-batches",
        "profile-persons",
    ];
}

impl FromStr for Quirk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        keyword::by_name("quirk", text, TABLE)
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(keyword::name_of(*self, TABLE))
    }
}

/// The enabled quirks.
#[derive(Clone, Debug, Default)]
pub(super) struct Quirks(Vec<Quirk>);

impl Quirks {
    pub(super) fn new(quirks: Vec<Quirk>) -> Self {
        Quirks(quirks)
    }

    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.0.contains(&quirk)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(Quirk::to_string).collect()
    }

    /// A list in the shape of this server.
    pub(super) fn list(&self, items: Vec<Value>) -> Value {
        if items.is_empty() && self.has(Quirk::NullLists) {
            Value::Null
        } else {
            Value::Array(items)
        }
    }

    /// Converts numbers and ids of a payload. Ids come last, so that they stay numbers when both quirks are
    /// on.
    pub(super) fn apply(&self, data: &mut Value) {
        if self.has(Quirk::StringNumbers) {
            stringify_numbers(data);
        }
        if self.has(Quirk::NumberIds) {
            numerify_ids(data);
        }
    }
}

fn stringify_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Array(items) => items.iter_mut().for_each(stringify_numbers),
        Value::Object(fields) => fields.values_mut().for_each(stringify_numbers),
        _ => {}
    }
}

fn numerify_ids(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(numerify_ids),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match field.as_str().and_then(|text| text.parse::<u64>().ok()) {
                    Some(id) if ID_FIELDS.contains(&name.as_str()) => {
                        *field = Value::Number(Number::from(id));
                    }
                    _ => numerify_ids(field),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn name_list_matches_table() {
        let table: Vec<&str> = TABLE.iter().map(|(name, _)| *name).collect();
        assert_eq!(table, Quirk::NAMES);
        for name in Quirk::NAMES {
            assert_eq!(name.parse::<Quirk>().unwrap().to_string(), *name);
        }
        assert!("nope".parse::<Quirk>().unwrap_err().contains("null-lists"));
    }

    #[test]
    fn changes_numbers_and_ids_at_any_depth() {
        let data =
            json!({"status": 2, "msg_data": {"id": "10696049218574013", "flag": 0, "name": "12"}});
        for (quirks, expected) in [
            (vec![], data.clone()),
            (
                vec![Quirk::StringNumbers],
                json!({"status": "2", "msg_data": {"id": "10696049218574013", "flag": "0", "name": "12"}}),
            ),
            (
                vec![Quirk::NumberIds],
                json!({"status": 2, "msg_data": {"id": 10_696_049_218_574_013_u64, "flag": 0, "name": "12"}}),
            ),
            (
                vec![Quirk::NumberIds, Quirk::StringNumbers],
                json!({"status": "2", "msg_data": {"id": 10_696_049_218_574_013_u64, "flag": "0", "name": "12"}}),
            ),
        ] {
            let mut bent = data.clone();
            Quirks::new(quirks).apply(&mut bent);
            assert_eq!(bent, expected);
        }
    }
}

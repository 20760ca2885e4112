//! Formats a callback as a JSON line or as text.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::callback::message::{self, Message};
use crate::callback::queue::ReceivedEvent;
use crate::output::Page;
use crate::text::{Text, text};
use crate::time::local_second;

/// A callback in JSON, with its data byte for byte as received.
#[derive(Serialize)]
pub struct Line<'a> {
    received_at: String,
    guid: &'a str,
    notify_type: i64,
    name: Option<&'static str>,
    data: &'a RawValue,
}

impl<'a> Line<'a> {
    /// The JSON line of a callback.
    pub fn of(received: &'a ReceivedEvent) -> Self {
        let event = &received.event;
        Self {
            received_at: format!("{:.3}", received.at),
            guid: &event.guid,
            notify_type: event.notify_type.0,
            name: event.notify_type.name(),
            data: &event.data,
        }
    }
}

/// A callback as text, one line per message.
pub fn format_event(received: &ReceivedEvent) -> Page {
    lines(received).into_iter().collect()
}

fn lines(received: &ReceivedEvent) -> Vec<Text> {
    let time = local_second(&received.at.to_string());
    let line = |what: Text| text!("{time}  {what}", time, what);
    let entries = message::entries(&received.event);
    if entries.is_empty() {
        return vec![line(received.event.notify_type.label())];
    }
    entries
        .iter()
        .map(|entry| line(format_message(&message::message(entry), entry)))
        .collect()
}

/// Formats a message: `→` sent by this account, `←` received.
fn format_message(message: &Message, entry: &Value) -> Text {
    let arrow = if message.is_own { "→" } else { "←" };
    let conversation = message.conversation_id.as_deref().unwrap_or("?");
    let sender = message.sender.as_deref().unwrap_or("?");
    let text = match (&message.text, message.msg_type) {
        (Some(text), None | Some(2)) => Text::verbatim(text.replace('\n', "⏎")),
        (_, Some(kind)) => text!("[{kind}]", kind = kind_name(kind)),
        (None, None) => Text::verbatim(entry.to_string()),
    };
    text!(
        "{arrow} {conversation}  {sender}: {text}",
        arrow,
        conversation,
        sender,
        text
    )
}

/// The text for a `msg_type`.
fn kind_name(kind: i64) -> Text {
    match kind {
        1 => text!("revoked"),
        2 => text!("empty text"),
        3 => text!("location"),
        4 => text!("link"),
        5 => text!("image"),
        6 => text!("voice"),
        7 => text!("video"),
        8 => text!("file"),
        10 => text!("sticker"),
        12 => text!("mini-program"),
        13 => text!("mixed content"),
        16 => text!("forwarded messages"),
        1011 => text!("system"),
        1012 => text!("read"),
        other => text!("message of type {other}", other),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::callback::Event;

    fn received(notify_type: i64, data: &str) -> ReceivedEvent {
        let body = format!(r#"{{"guid":"g","notify_type":{notify_type},"data":{data}}}"#);
        ReceivedEvent {
            at: Timestamp::from_second(1_711_649_467).unwrap(),
            event: Event::parse(body.as_bytes()).unwrap(),
            acknowledgement: None,
        }
    }

    #[test]
    fn json_line_keeps_data_unchanged() {
        let received = received(11010, r#"{ "id":10696049218574013, "x": 1.50 }"#);
        assert_eq!(
            serde_json::to_string(&Line::of(&received)).unwrap(),
            r#"{"received_at":"2024-03-28T18:11:07.000Z","guid":"g","notify_type":11010,"name":"new_message","data":{ "id":10696049218574013, "x": 1.50 }}"#
        );
    }

    #[test]
    fn text_line_has_direction_conversation_sender_and_text() {
        let cases = [
            (
                11010,
                r#"{"sender":"7881","sender_name":"张三","roomid":"0","content":"a\nb","msg_type":2}"#,
                "← S:7881  张三: a⏎b",
            ),
            (
                11010,
                r#"{"sender":"1688","receiver":"7881","send_flag":1,"msg_type":1012}"#,
                "→ S:7881  1688: [read]",
            ),
            (
                11010,
                r#"{"sender":"7881","roomid":"10","msg_type":99}"#,
                "← R:10  7881: [message of type 99]",
            ),
            (11003, "{}", "logged_in"),
            (4711, "null", "event 4711"),
        ];
        for (notify_type, data, end) in cases {
            let lines = lines(&received(notify_type, data));
            let line = lines[0].english();
            assert!(line.ends_with(end), "{line}");
        }
        let batch = lines(&received(11013, r#"[{"content":"a"},{"content":"b"}]"#));
        assert_eq!(batch.len(), 2);
    }
}

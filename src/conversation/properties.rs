//! Property checks of conversation ids, guids, base URLs and mentions, for fuzz targets and tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "property checks fail by panicking"
)]

use serde_json::{Value, json};

use super::{ConversationId, ConversationType, is_id};
use crate::api::request;
use crate::base_url::BaseUrl;
use crate::guid::{Guid, shorten};
use crate::mention::Mentions;
use crate::text::Lang;

/// Checks a text as each of them.
pub fn address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    check_conversation(text);
    check_guid(text);
    check_base_url(text);
}

fn check_conversation(text: &str) {
    let is_number = |digits: &str| {
        (1..=20).contains(&digits.chars().count()) && digits.chars().all(|c| c.is_ascii_digit())
    };
    let fits = if let Some(user) = text.strip_prefix("S:") {
        user.split(';').count() <= 2 && user.split(';').all(is_number)
    } else {
        text.strip_prefix("R:").is_some_and(is_number)
    };
    match text.parse::<ConversationId>() {
        Ok(id) => {
            assert!(fits, "{text:?}");
            assert_eq!(id.to_string(), text);
            assert_eq!(serde_json::to_value(&id).expect("plain"), text);
            assert_eq!(id.is_group(), text.starts_with('R'));
            let expected = if id.is_group() {
                ConversationType::Group
            } else {
                ConversationType::Private
            };
            assert_eq!(ConversationType::of(text), Some(expected));
        }
        Err(why) => {
            assert!(!fits, "{text:?}");
            for lang in [Lang::En, Lang::Zh] {
                let why = why.render(lang);
                assert!(
                    !why.is_empty() && !why.contains(char::is_control),
                    "{why:?}"
                );
            }
        }
    }
}

fn check_guid(text: &str) {
    assert!(shorten(text).chars().count() <= 9);
    if let Ok(guid) = text.parse::<Guid>() {
        let text = text.trim();
        assert_eq!(guid.to_string(), text);
        assert!(text.is_ascii() && !text.contains([' ', '/', '"', '\\', '\n']));
        assert!(guid.short() == text || guid.short().chars().count() == 9);
    }
}

fn check_base_url(text: &str) {
    let Ok(base) = text.parse::<BaseUrl>() else {
        return;
    };
    let identity: BaseUrl = base.identity().parse().expect("the identity is a base URL");
    assert_eq!(identity.identity(), base.identity());
    assert_eq!(
        (identity.is_https(), identity.is_loopback()),
        (base.is_https(), base.is_loopback())
    );
    let endpoint = base.endpoint("/msg/send_text");
    let prefix = base.identity();
    let bare = identity.endpoint("msg/send_text");
    assert_eq!(bare.as_str(), format!("{prefix}/msg/send_text"));
    assert_eq!(
        (endpoint.host(), endpoint.port(), endpoint.path()),
        (bare.host(), bare.port(), bare.path())
    );
    assert_eq!(base.endpoint("/a?b=1#c").host(), endpoint.host());
    if let Some(password) = endpoint.password().filter(|password| password.len() >= 6) {
        let shown = format!("{base} {base:?}");
        assert!(
            prefix.contains(password) || !shown.contains(password),
            "{shown}"
        );
    }
    let again: BaseUrl = endpoint
        .as_str()
        .parse()
        .expect("an endpoint is a base URL");
    assert_eq!(
        again.endpoint("").path().trim_end_matches('/'),
        endpoint.path()
    );
}

/// Checks user ids separated by commas, a line feed, and the text of the message.
pub fn mention(data: &[u8]) {
    let Ok(data) = std::str::from_utf8(data) else {
        return;
    };
    let (ids, text) = data.split_once('\n').unwrap_or(("", data));
    let ids: Vec<&str> = ids.split(',').collect();
    let is_twice = |(place, id): (usize, &&str)| ids.iter().take(place).any(|other| other == id);
    let fits =
        ids.iter().all(|id| is_id(id) && *id != "0") && !ids.iter().enumerate().any(is_twice);
    let users = Mentions::of_ids(ids.iter().copied());
    assert_eq!(users.is_ok(), fits, "{ids:?}");
    check_mentions(&Mentions::All, 1, &json!([0]), text);
    if let Ok(users) = users {
        check_mentions(&users, ids.len(), &json!(ids), text);
    }
}

fn check_mentions(mentions: &Mentions, count: usize, wire: &Value, text: &str) {
    let places = text
        .char_indices()
        .filter_map(|(at, _)| text.get(at..))
        .filter(|rest| rest.starts_with("{$@}") || rest.starts_with("{at}"))
        .count();
    // What a shell leaves of `{$@}` in double quotes.
    let has_lost_one = places == 0 && text.contains("{}");
    let fits = !has_lost_one && (places == 0 || places == count);
    match mentions.check_placeholder_count(text) {
        Ok(()) => assert!(fits, "{places} places for {count}"),
        Err(why) => {
            assert!(!fits, "{why:?}");
            for lang in [Lang::En, Lang::Zh] {
                let why = why.render(lang);
                let names_fault = match has_lost_one {
                    true => why.contains("{at}"),
                    false => why.contains(&places.to_string()),
                };
                assert!(why.contains("{$@}") && names_fault, "{why}");
            }
        }
    }
    let (guid, to) = (
        "g-1".parse().expect("a guid"),
        "R:1".parse().expect("an id"),
    );
    let request = request::send_room_at(&guid, &to, text, mentions);
    let body: Value = serde_json::from_slice(&request.body.expect("a body")).expect("JSON");
    let expected =
        json!({"guid": "g-1", "conversation_id": "R:1", "content": text, "at_list": wire});
    assert_eq!(body, expected);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token_sequences::token_sequences;

    const WORDS: &[&str] = &[
        "{at}",
        "S:",
        "R:",
        "r:",
        "788123456789",
        "1",
        "0",
        "１",
        "-",
        "555d07bf-ebd4-378a",
        "{}",
        ".",
        "http",
        "s",
        "://",
        "u:hunter2-hunter2@",
        "localhost",
        ".localhost",
        "127.0.0.1",
        "[::1]",
        "h.example",
        ":8080",
        "/",
        "//",
        "prefix",
        "..",
        "%2e",
        "?",
        "#",
        "\\",
        "\n",
        "\t",
    ];
    const MENTIONS: &[&str] = &[
        "1",
        "2",
        "0",
        "1688850000000001",
        ",",
        ",",
        "\n",
        "{$@}",
        "{$@",
        "{",
        "$@}",
        "x",
        "１",
    ];

    proptest! {
        #[test]
        fn accepts_exactly_valid_ids_and_urls(text in token_sequences(WORDS)) {
            address(&text);
        }
        #[test]
        fn accepts_exactly_valid_id_like_texts(text in "[SRsr]?:?[0-9]{0,22}") {
            address(text.as_bytes());
        }
        #[test]
        fn mentions_match_placeholders(text in token_sequences(MENTIONS)) {
            mention(&text);
        }
        #[test]
        fn placeholder_count_matches_mentions(count in 1usize..5, places in 0usize..6) {
            let ids: Vec<String> = (1..=count).map(|id| id.to_string()).collect();
            mention(format!("{}\n{}", ids.join(","), "a {$@".repeat(places) + "}").as_bytes());
            mention(format!("{}\n{}", ids.join(","), "{$@}".repeat(places)).as_bytes());
        }
    }
}

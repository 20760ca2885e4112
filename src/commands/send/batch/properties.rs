//! Property checks of batch lines, for fuzz targets and tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "property checks fail by panicking"
)]

use std::sync::LazyLock;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::line::{BadLine, Item, parse};
use crate::config::{Flags, Layers, Settings};
use crate::guid::Guid;

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "[aliases]\nops = 'R:10001'\n").expect("written");
    let env = [("QIWEI_CONFIG", file.path().as_os_str())]
        .into_iter()
        .collect();
    let layers = Layers::load(Flags::default(), env).expect("layers");
    Settings::resolve(&layers).expect("settings")
});

static GUID: LazyLock<Guid> = LazyLock::new(|| "g-1".parse().expect("a guid"));

/// Checks one line, without its line break.
pub fn batch_line(data: &[u8]) {
    let marked = [&b"\xef\xbb\xbf"[..], data].concat();
    match (parse(7, data, &*SETTINGS), parse(7, &marked, &*SETTINGS)) {
        (Ok(item), Ok(same)) => {
            assert_eq!(item.outgoing.digest(None), same.outgoing.digest(None));
            check_item(data, &item);
        }
        (Err(bad), Err(same)) => {
            // A byte order mark does not change the error of the first line.
            let what = |bad: &BadLine| {
                (
                    bad.to.clone(),
                    bad.id.as_ref().map(|id| id.get().to_owned()),
                )
            };
            assert_eq!(what(&bad), what(&same));
            check_bad(data, &bad);
        }
        other => panic!("a mark makes a difference: {other:?}"),
    }
}

fn check_item(data: &[u8], item: &Item) {
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    // An id is returned unchanged, even a number outside any range.
    let Ok(line) = serde_json::from_slice::<Value>(data) else {
        assert!(item.id.is_some(), "{item:?}");
        return;
    };
    let outgoing = &item.outgoing;
    if outgoing.content.as_text().is_none() {
        return;
    }
    assert_eq!(line["text"].as_str(), outgoing.content.as_text());
    assert_eq!(line["to"], item.to.as_str());
    let to = if item.to == "ops" {
        "R:10001"
    } else {
        &item.to
    };
    assert_eq!(outgoing.to.to_string(), to);
    assert_eq!(line["key"].as_str(), outgoing.key.as_deref());
    let id = item
        .id
        .as_ref()
        .map(|id| serde_json::from_str(id.get()).expect("JSON"));
    assert_eq!(id.unwrap_or(Value::Null), line["id"]);
    check_request(&line, item);
    let plain =
        json!({"to": line["to"], "text": line["text"], "at": line["at"], "key": line["key"]});
    let again = parse(8, plain.to_string().as_bytes(), &*SETTINGS).expect("the same line");
    assert_eq!(again.outgoing.digest(None), outgoing.digest(None));
}

/// The request contains exactly what the line says.
fn check_request(line: &Value, item: &Item) {
    let requests = item
        .outgoing
        .planned_requests(&GUID, None)
        .expect("requests");
    let request = &requests[0];
    let body: Value =
        serde_json::from_slice(request.body.as_deref().expect("a body")).expect("JSON");
    assert_eq!(body["guid"], "g-1");
    assert_eq!(body["content"], line["text"]);
    assert_eq!(body["conversation_id"], item.outgoing.to.to_string());
    let (path, mentioned) = match &line["at"] {
        Value::Null => ("/msg/send_text", Value::Null),
        Value::String(_) => ("/msg/send_room_at", json!([0])),
        list => ("/msg/send_room_at", as_texts(list)),
    };
    assert_eq!(
        (request.path.as_ref(), &body["at_list"]),
        (path, &mentioned)
    );
}

fn as_texts(list: &Value) -> Value {
    let ids = list.as_array().into_iter().flatten();
    ids.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
        .collect()
}

fn check_bad(data: &[u8], bad: &BadLine) {
    assert!(!bad.why.english().is_empty());
    if let Some(id) = &bad.id {
        serde_json::from_str::<&RawValue>(id.get()).expect("the id is JSON");
    }
    // Serialised again it names no field twice, and `to` can always be read.
    if let Ok(line @ Value::Object(_)) = serde_json::from_slice(data) {
        check_names(&line.to_string());
    }
    if serde_json::from_slice::<Value>(data).is_ok_and(|line| !line.is_object()) {
        assert!(bad.to.is_none() && bad.id.is_none(), "{bad:?}");
    }
}

fn check_names(text: &str) {
    if let Err(bad) = parse(7, text.as_bytes(), &*SETTINGS) {
        let line: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(bad.to.as_deref(), line["to"].as_str());
        let id = bad.id.as_ref();
        let id = id.map(|id| serde_json::from_str(id.get()).expect("JSON"));
        assert_eq!(id.unwrap_or(Value::Null), line["id"]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token_sequences::token_sequences;

    const WORDS: &[&str] = &[
        r#"{"to":"S:788","text":"hello \n"}"#,
        r#"{"to":"ops","text":" {$@}","at":["2"],"id":7}"#,
        r#"{"to":"ops","text":"{$@} {$@}","at":["1",2]"#,
        r#"{"to":"R:1","text":"x","at":"all","#,
        r#"{"to":"R:1","#,
        r#""to":"nobody","#,
        r#""text":"","#,
        r#""text":"x""#,
        r#""at":[]"#,
        r#""at":[0]"#,
        r#""attach":"https://h/a","#,
        r#""link":"https://h/a","title":"t","#,
        r#""key":"k","#,
        r#""key":"","#,
        r#""id": 1.50"#,
        r#""id":{"a":[null]},"#,
        r#"["S:1",5]"#,
        "\u{feff}",
        "{",
        "}",
        ",",
        " ",
    ];

    proptest! {
        #[test]
        fn valid_lines_give_exact_requests(
            to in "S:1|R:1|ops|nobody",
            text in "(\\PC|[ \n]|\\{\\$@\\}){1,6}",
            at in prop::sample::select(&["null", "\"all\"", "[1,\"2\"]", "[3]", "[]", "[0]"][..]),
            key in "(\\PC|\n){0,4}",
            id in any::<Option<i64>>(),
        ) {
            let at: Value = serde_json::from_str(at).expect("JSON");
            let key = (!key.is_empty()).then_some(key);
            batch_line(json!({"to": to, "text": text, "at": at, "key": key, "id": id}).to_string().as_bytes());
        }
        #[test]
        fn lines_give_exact_requests_or_errors(line in token_sequences(WORDS)) {
            batch_line(&line);
        }
    }
}

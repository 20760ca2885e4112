//! Parses and validates one line of a batch.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::commands::targets::ResolveTarget;
use crate::commands::text_argument::check_text;
use crate::conversation::ConversationId;
use crate::delivery::{Content, OutgoingMessage, check_key};
use crate::error::Kind;
use crate::mention::{Mentions, to_wire_placeholders};
use crate::output::Output;
use crate::text::{Text, text};

/// A valid line.
#[derive(Clone, Debug)]
pub struct Item {
    /// Line number, from 1.
    pub line: u64,
    /// The `id` of the line, returned unchanged.
    pub id: Option<Box<RawValue>>,
    /// The `to` of the line, id or alias.
    pub to: String,
    /// The message.
    pub outgoing: OutgoingMessage,
}

/// An invalid line.
#[derive(Clone, Debug)]
pub struct BadLine {
    /// Line number, from 1.
    pub line: u64,
    /// The `id`, if it could be read.
    pub id: Option<Box<RawValue>>,
    /// The `to`, if it could be read.
    pub to: Option<String>,
    /// The reason.
    pub why: Text,
    /// Whether the line is valid but for the name of its target.
    pub is_name: bool,
}

impl BadLine {
    /// Prints the reason.
    pub fn report(&self, output: &Output) {
        output.input_error(&text!(
            "line {line}: {why}",
            line = self.line,
            why = self.why
        ));
    }
}

/// Unknown fields are errors: with `txet` or `At` the wrong message would be sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    to: String,
    text: String,
    at: Option<At>,
    key: Option<String>,
    id: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "\"at\" must be a list of user ids or \"all\"")]
enum At {
    Word(String),
    Ids(Vec<Id>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(u64),
}

/// The parts of an invalid line that can be read.
#[derive(Default, Deserialize)]
struct ReadableParts {
    to: Option<Value>,
    id: Option<Box<RawValue>>,
}

/// Parses a line.
///
/// # Errors
/// The reason, and the parts of the line that can be read.
pub fn parse(number: u64, bytes: &[u8], targets: &dyn ResolveTarget) -> Result<Item, BadLine> {
    let bytes = without_mark(bytes);
    let is_object = bytes.starts_with(b"{");
    let bad = |why: Text| {
        // serde would read an array as the fields in order.
        let parts = is_object.then(|| serde_json::from_slice::<ReadableParts>(bytes));
        let parts = parts.and_then(Result::ok).unwrap_or_default();
        BadLine {
            line: number,
            id: parts.id,
            to: parts.to.and_then(|to| to.as_str().map(str::to_owned)),
            why,
            is_name: false,
        }
    };
    let text = std::str::from_utf8(bytes).map_err(|e| {
        bad(text!(
            "not UTF-8 (at byte {at}); `iconv -f GB18030 -t UTF-8` may convert it",
            at = e.valid_up_to()
        ))
    })?;
    if !is_object {
        return Err(bad(text!("not a JSON object")));
    }
    let wire: Wire = serde_json::from_str(text).map_err(|e| bad(json_error(&e)))?;
    let (to, id) = (wire.to.clone(), wire.id.clone());
    let target = targets.conversation(&wire.to).map_err(|error| BadLine {
        is_name: error.kind == Kind::Config,
        ..bad(error.message)
    })?;
    let outgoing = outgoing(wire, target).map_err(bad)?;
    Ok(Item {
        line: number,
        id,
        to,
        outgoing,
    })
}

/// Removes a byte order mark, which some editors write.
fn without_mark(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_prefix("\u{feff}".as_bytes()) {
        bytes = rest;
    }
    bytes
}

/// serde's message without its position: the line number is known.
fn json_error(error: &serde_json::Error) -> Text {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or(&words);
    let mut parts = words.splitn(3, '`');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("missing field "), Some(field), _) => text!("missing field `{field}`", field),
        (Some("unknown field "), Some(field), Some(rest)) => {
            let names = rest.strip_prefix(", expected one of ").unwrap_or(rest);
            text!(
                "unknown field `{field}`, expected one of {names}",
                field,
                names
            )
        }
        _ => Text::verbatim(words),
    }
}

fn outgoing(wire: Wire, to: ConversationId) -> Result<OutgoingMessage, Text> {
    check_text(&wire.text)?;
    let mentions = wire.at.map(mentions).transpose()?;
    if let Some(mentions) = &mentions {
        if !to.is_group() {
            return Err(text!("{to} is a person; only groups have mentions", to));
        }
        mentions.check_placeholder_count(&wire.text)?;
    }
    let text = match mentions {
        Some(_) => to_wire_placeholders(&wire.text),
        None => wire.text,
    };
    Ok(OutgoingMessage {
        to,
        content: Content::Text { text, mentions },
        key: wire.key.as_deref().map(check_key).transpose()?,
    })
}

fn mentions(at: At) -> Result<Mentions, Text> {
    match at {
        At::Word(word) if word == "all" => Ok(Mentions::All),
        At::Word(_) => Err(text!("\"at\" must be a list of user ids or \"all\"")),
        At::Ids(ids) => {
            let ids: Vec<String> = ids
                .into_iter()
                .map(|id| match id {
                    Id::Text(text) => text,
                    Id::Number(number) => number.to_string(),
                })
                .collect();
            Mentions::of_ids(ids.iter().map(String::as_str))
                .map_err(|why| text!("{field}: {why}", field = "\"at\"", why))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::{Flags, Layers, Settings};
    use crate::env::Env;

    fn settings() -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "[aliases]\nops = 'R:10001'\n").unwrap();
        let env: Env = [("QIWEI_CONFIG", path.as_os_str())].into_iter().collect();
        Settings::resolve(&Layers::load(Flags::default(), env).unwrap()).unwrap()
    }

    fn mentions(item: &Item) -> Option<&Mentions> {
        match &item.outgoing.content {
            Content::Text { mentions, .. } => mentions.as_ref(),
        }
    }

    #[test]
    fn parses_valid_lines() {
        let settings = settings();
        let parse = |text: &str| parse(7, text.as_bytes(), &settings).unwrap();
        let plain = parse(r#"{"to":"S:1","text":"a\nb"}"#);
        assert_eq!(
            (plain.line, plain.outgoing.content.as_text().unwrap()),
            (7, "a\nb")
        );
        assert!(mentions(&plain).is_none());
        let alias = parse(r#"{"to":"ops","text":"x","at":"all","key":"k","id":{"row": 1.50}}"#);
        assert_eq!(alias.outgoing.to.to_string(), "R:10001");
        assert_eq!(mentions(&alias), Some(&Mentions::All));
        assert_eq!(alias.outgoing.key.as_deref(), Some("k"));
        assert_eq!(alias.id.unwrap().get(), r#"{"row": 1.50}"#);
        let users = parse(r#"{"to":"R:1","text":"{$@} {$@}","at":["168",788]}"#);
        let expected = Mentions::of_ids(["168", "788"]).unwrap();
        assert_eq!(mentions(&users), Some(&expected));
    }

    #[test]
    fn explains_invalid_lines() {
        let settings = settings();
        let cases = [
            ("", "not a JSON object"),
            ("[]", "not a JSON object"),
            (r#"{"to""#, "EOF"),
            (r#"{"to":"S:1"}"#, "missing field `text`"),
            (r#"{"to":"S:1","text":""}"#, "empty"),
            (r#"{"to":"S:1","txet":"x"}"#, "unknown field `txet`"),
            (r#"{"to":"S:1","text":5}"#, "invalid type"),
            (r#"{"to":"788","text":"x"}"#, "prefix"),
            (r#"{"to":"nobody","text":"x"}"#, "not a conversation id"),
            (r#"{"to":"S:1","text":"x","at":"all"}"#, "only groups"),
            (r#"{"to":"R:1","text":"x","at":"none"}"#, "or \"all\""),
            (r#"{"to":"R:1","text":"x","at":[]}"#, "nobody"),
            (r#"{"to":"R:1","text":"{$@}","at":["1","2"]}"#, "2 mentions"),
            (r#"{"to":"S:1","text":"x","key":""}"#, "key"),
        ];
        for (text, part) in cases {
            let bad = parse(1, text.as_bytes(), &settings).unwrap_err();
            assert!(bad.why.contains(part), "{text}: {:?}", bad.why);
            assert!(!bad.why.contains("line 1"), "{:?}", bad.why);
        }
        for text in [
            r#"{"id":5,"to":"S:1"}"#,
            "\u{feff}{\"id\":5,\"to\":\"S:1\"}",
        ] {
            let bad = parse(1, text.as_bytes(), &settings).unwrap_err();
            assert_eq!(bad.to.as_deref(), Some("S:1"), "{text}");
            assert_eq!(bad.id.unwrap().get(), "5", "{text}");
        }
        let bad = parse(1, br#"["S:1",5]"#, &settings).unwrap_err();
        assert!(bad.to.is_none() && bad.id.is_none());
        assert!(
            parse(1, b"\xff", &settings)
                .unwrap_err()
                .why
                .contains("UTF-8")
        );
    }

    proptest! {
        #[test]
        fn never_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = parse(1, &bytes, &settings());
        }
    }
}

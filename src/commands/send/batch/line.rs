//! Parses and validates one line of a batch.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::api::media::Link;
use crate::commands::send::media_args::{parse_kind, parse_link};
use crate::commands::targets::ResolveTarget;
use crate::commands::text_argument::check_text;
use crate::conversation::ConversationId;
use crate::delivery::{Content, OutgoingMessage, check_key};
use crate::error::Kind;
use crate::media::{Media, MediaKind, MediaSource, check_name};
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

impl Item {
    /// Sends the file as it is.
    pub fn skip_file_checks(&mut self) {
        if let Content::Media(media) = &mut self.outgoing.content {
            Arc::make_mut(media).is_checked = false;
        }
    }

    /// Checks the file of the line, if it has one.
    ///
    /// # Errors
    /// The line, with the reason.
    pub fn check_file(&self) -> Result<(), BadLine> {
        let media = self.outgoing.content.media();
        media
            .map_or(Ok(()), |media| media.check())
            .map_err(|why| BadLine {
                line: self.line,
                id: self.id.clone(),
                to: Some(self.to.clone()),
                why,
                is_name: false,
            })
    }
}

/// Unknown fields are errors: with `txet` or `At` the wrong message would be sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    to: String,
    text: Option<String>,
    at: Option<At>,
    key: Option<String>,
    id: Option<Box<RawValue>>,
    image: Option<String>,
    attach: Option<String>,
    video: Option<String>,
    voice: Option<String>,
    on_server: Option<String>,
    #[serde(rename = "as")]
    kind: Option<String>,
    duration: Option<u32>,
    name: Option<String>,
    link: Option<String>,
    title: Option<String>,
    description: Option<String>,
    thumbnail: Option<String>,
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
    let key = wire.key.as_deref().map(check_key).transpose()?;
    let content = match (media(&wire)?, wire.text) {
        (None, Some(text)) => text_content(text, wire.at, &to)?,
        (Some(content), None) if wire.at.is_none() => content,
        (Some(_), None) => return Err(text!("only a text has mentions")),
        (Some(_), Some(_)) => {
            return Err(text!(
                "a line is one message; put the text and the file or link on two lines"
            ));
        }
        (None, None) => return Err(text!("missing field `{field}`", field = "text")),
    };
    Ok(OutgoingMessage { to, content, key })
}

fn text_content(text: String, at: Option<At>, to: &ConversationId) -> Result<Content, Text> {
    check_text(&text)?;
    let mentions = at.map(mentions).transpose()?;
    if let Some(mentions) = &mentions {
        if !to.is_group() {
            return Err(text!("{to} is a person; only groups have mentions", to));
        }
        mentions.check_placeholder_count(&text)?;
    }
    let text = match mentions {
        Some(_) => to_wire_placeholders(&text),
        None => text,
    };
    Ok(Content::Text { text, mentions })
}

/// The file or link of a line, if it has one.
fn media(wire: &Wire) -> Result<Option<Content>, Text> {
    let files = [
        (MediaKind::Image, &wire.image),
        (MediaKind::File, &wire.attach),
        (MediaKind::Video, &wire.video),
        (MediaKind::Voice, &wire.voice),
    ];
    let mut sources = Vec::new();
    for (kind, source) in files {
        if let Some(source) = source {
            sources.push((kind, MediaSource::parse(source)?));
        }
    }
    if let Some(path) = &wire.on_server {
        let kind = wire
            .kind
            .as_deref()
            .map_or(Ok(MediaKind::File), parse_kind)?;
        sources.push((kind, MediaSource::OnServer(path.clone())));
    } else if wire.kind.is_some() {
        return Err(text!(
            "{field} belongs to {owner}",
            field = "\"as\"",
            owner = "\"on_server\""
        ));
    }
    let count = sources.len() + usize::from(wire.link.is_some());
    let source = match (sources.pop(), count) {
        (_, 2..) => return Err(text!("a line has one file or link")),
        (Some(source), _) => source,
        (None, _) => return link(wire),
    };
    for (field, is_given) in [
        ("\"title\"", wire.title.is_some()),
        ("\"description\"", wire.description.is_some()),
        ("\"thumbnail\"", wire.thumbnail.is_some()),
    ] {
        if is_given {
            return Err(text!(
                "{field} belongs to {owner}",
                field,
                owner = "\"link\""
            ));
        }
    }
    Ok(Some(Content::Media(Arc::new(Media {
        kind: source.0,
        source: source.1,
        name: wire.name.as_deref().map(check_name).transpose()?,
        duration: wire.duration.filter(|seconds| *seconds > 0),
        is_checked: true,
    }))))
}

fn link(wire: &Wire) -> Result<Option<Content>, Text> {
    for (field, is_given) in [
        ("\"duration\"", wire.duration.is_some()),
        ("\"name\"", wire.name.is_some()),
    ] {
        if is_given {
            return Err(text!("{field} belongs to a file", field));
        }
    }
    let Some(url) = &wire.link else {
        let is_stray =
            wire.title.is_some() || wire.description.is_some() || wire.thumbnail.is_some();
        return match is_stray {
            true => Err(text!(
                "{field} belongs to {owner}",
                field = "\"title\"",
                owner = "\"link\""
            )),
            false => Ok(None),
        };
    };
    let url = parse_link(url)?.to_string();
    let thumbnail = wire.thumbnail.as_deref().map(parse_link).transpose()?;
    let title = wire.title.clone().filter(|title| !title.trim().is_empty());
    Ok(Some(Content::Link(Link {
        title: title.unwrap_or_else(|| url.clone()),
        description: wire.description.clone().unwrap_or_default(),
        thumbnail: thumbnail.map_or_else(String::new, String::from),
        url,
    })))
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
            Content::Media(_) | Content::Link(_) => None,
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
    fn parses_files_and_links() {
        let settings = settings();
        let parse = |text: &str| {
            parse(1, text.as_bytes(), &settings)
                .unwrap()
                .outgoing
                .content
        };
        let voice = parse(r#"{"to":"S:1","voice":"https://h/a.silk","duration":3}"#);
        let voice = voice.media().unwrap();
        assert_eq!((voice.kind, voice.duration), (MediaKind::Voice, Some(3)));
        let stored = parse(r#"{"to":"S:1","on_server":"/a/b.png","as":"image"}"#);
        let stored = stored.media().unwrap();
        assert_eq!(stored.source, MediaSource::OnServer("/a/b.png".into()));
        assert_eq!(stored.kind, MediaKind::Image);
        let Content::Link(link) = parse(r#"{"to":"S:1","link":"https://h/x","description":"d"}"#)
        else {
            panic!("no link");
        };
        assert_eq!(
            (link.title.as_str(), link.description.as_str()),
            ("https://h/x", "d")
        );
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
            (r#"{"to":"S:1","text":"x","attach":"a"}"#, "two lines"),
            (r#"{"to":"R:1","attach":"a","at":"all"}"#, "only a text"),
            (
                r#"{"to":"S:1","attach":"a","image":"b"}"#,
                "one file or link",
            ),
            (
                r#"{"to":"S:1","attach":"a","link":"http://h"}"#,
                "one file or link",
            ),
            (r#"{"to":"S:1","attach":""}"#, "path is empty"),
            (r#"{"to":"S:1","attach":"a","title":"t"}"#, "belongs to"),
            (r#"{"to":"S:1","attach":"a","as":"image"}"#, "belongs to"),
            (r#"{"to":"S:1","on_server":"a","as":"x"}"#, "must be image"),
            (r#"{"to":"S:1","link":"ftp://h"}"#, "http"),
            (r#"{"to":"S:1","text":"x","title":"t"}"#, "belongs to"),
            (r#"{"to":"S:1","link":"http://h","name":"t"}"#, "belongs to"),
            (r#"{"to":"S:1","attach":"a","name":"a/b"}"#, "file name"),
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

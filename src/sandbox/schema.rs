//! Request bodies as FastAPI (pydantic v1) validates them: lenient conversions and 422 errors.

mod convert;
mod json_error;

use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The type of a body field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Integer,
    Boolean,
    /// A list whose items are strings or integers.
    Ids,
    Object,
}

/// The value of an absent field.
#[derive(Clone, Copy, Debug)]
enum DefaultValue {
    Required,
    Text(&'static str),
    Integer(i64),
    Boolean(bool),
    NoIds,
}

/// One field of a request body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    name: &'static str,
    kind: Kind,
    absent: DefaultValue,
}

impl Field {
    pub(super) const fn required(name: &'static str) -> Self {
        Field {
            name,
            kind: Kind::Text,
            absent: DefaultValue::Required,
        }
    }

    pub(super) const fn required_object(name: &'static str) -> Self {
        Field {
            name,
            kind: Kind::Object,
            absent: DefaultValue::Required,
        }
    }

    pub(super) const fn text(name: &'static str, default: &'static str) -> Self {
        Field {
            name,
            kind: Kind::Text,
            absent: DefaultValue::Text(default),
        }
    }

    pub(super) const fn integer(name: &'static str, default: i64) -> Self {
        Field {
            name,
            kind: Kind::Integer,
            absent: DefaultValue::Integer(default),
        }
    }

    pub(super) const fn boolean(name: &'static str, default: bool) -> Self {
        Field {
            name,
            kind: Kind::Boolean,
            absent: DefaultValue::Boolean(default),
        }
    }

    pub(super) const fn ids(name: &'static str) -> Self {
        Field {
            name,
            kind: Kind::Ids,
            absent: DefaultValue::NoIds,
        }
    }

    fn fallback(&self) -> Result<Value, ValidationError> {
        match self.absent {
            DefaultValue::Required => Err(ValidationError::missing(vec![
                json!("body"),
                json!(self.name),
            ])),
            DefaultValue::Text(text) => Ok(json!(text)),
            DefaultValue::Integer(number) => Ok(json!(number)),
            DefaultValue::Boolean(flag) => Ok(json!(flag)),
            DefaultValue::NoIds => Ok(json!([])),
        }
    }
}

/// The validated fields of a body, with defaults.
#[derive(Debug, Default)]
pub(super) struct Params(BTreeMap<&'static str, Value>);

impl Params {
    /// A text field; empty when the endpoint has no such field.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn integer(&self, name: &str) -> i64 {
        self.0.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    pub(super) fn boolean(&self, name: &str) -> bool {
        self.0
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or_default()
    }

    pub(super) fn ids(&self, name: &str) -> &[Value] {
        self.0
            .get(name)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }
}

/// One entry of a 422's `detail`.
#[derive(Debug, Serialize, PartialEq)]
pub(super) struct ValidationError {
    loc: Vec<Value>,
    msg: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ctx: Option<Value>,
}

impl ValidationError {
    fn new(loc: Vec<Value>, msg: &str, kind: &'static str) -> Self {
        ValidationError {
            loc,
            msg: msg.into(),
            kind,
            ctx: None,
        }
    }

    fn missing(loc: Vec<Value>) -> Self {
        ValidationError::new(loc, "field required", "value_error.missing")
    }

    /// The log note: `body.guid: field required`.
    pub(super) fn summary(&self) -> String {
        let place: Vec<String> = self
            .loc
            .iter()
            .map(|part| part.as_str().map_or_else(|| part.to_string(), String::from))
            .collect();
        format!("{}: {}", place.join("."), self.msg)
    }
}

/// Why a body was rejected.
#[derive(Debug, PartialEq)]
pub(super) enum Rejection {
    /// 422 with these entries.
    Invalid(Vec<ValidationError>),
    /// 400: the bytes are not text.
    Undecodable,
}

/// Validates a body.
pub(super) fn read(body: &[u8], fields: &[Field]) -> Result<Params, Rejection> {
    if fields.is_empty() {
        // FastAPI does not read the body of a handler without parameters.
        return Ok(Params::default());
    }
    let object = read_object(body)?;
    let mut params = Params::default();
    let mut errors = Vec::new();
    for field in fields {
        match read_field(&object, field) {
            Ok(value) => drop(params.0.insert(field.name, value)),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() {
        Ok(params)
    } else {
        Err(Rejection::Invalid(errors))
    }
}

fn read_object(body: &[u8]) -> Result<Map<String, Value>, Rejection> {
    let here = || vec![json!("body")];
    let invalid = |error| Rejection::Invalid(vec![error]);
    let text = std::str::from_utf8(body).map_err(|_| Rejection::Undecodable)?;
    if text.is_empty() {
        return Err(invalid(ValidationError::missing(here())));
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(Value::Null) => Err(invalid(ValidationError::missing(here()))),
        Ok(_) => Err(invalid(ValidationError::new(
            here(),
            "value is not a valid dict",
            "type_error.dict",
        ))),
        Err(error) => Err(invalid(json_error::validation_error(text, &error))),
    }
}

fn read_field(object: &Map<String, Value>, field: &Field) -> Result<Value, Vec<ValidationError>> {
    let loc = vec![json!("body"), json!(field.name)];
    match object.get(field.name) {
        None => field.fallback().map_err(|error| vec![error]),
        Some(Value::Null) => Err(vec![ValidationError::new(
            loc,
            "none is not an allowed value",
            "type_error.none.not_allowed",
        )]),
        Some(value) => convert::convert(field.kind, value, loc),
    }
}

#[cfg(test)]
mod tests;

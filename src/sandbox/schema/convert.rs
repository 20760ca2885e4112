//! Conversions of pydantic v1.

use super::{Kind, ValidationError};
use serde_json::{Value, json};

/// Converts a value, or explains in pydantic's words why not.
pub(super) fn convert(
    kind: Kind,
    value: &Value,
    loc: Vec<Value>,
) -> Result<Value, Vec<ValidationError>> {
    let one = |mistake| vec![mistake];
    match kind {
        Kind::Text => text(value).ok_or_else(|| one(not_text(loc))),
        Kind::Integer => integer(value).ok_or_else(|| one(not_integer(loc))),
        Kind::Boolean => boolean(value).ok_or_else(|| {
            one(ValidationError::new(
                loc,
                "value could not be parsed to a boolean",
                "type_error.bool",
            ))
        }),
        Kind::Ids => ids(value, &loc),
        Kind::Object if value.is_object() => Ok(value.clone()),
        Kind::Object => Err(one(ValidationError::new(
            loc,
            "value is not a valid dict",
            "type_error.dict",
        ))),
    }
}

fn not_text(loc: Vec<Value>) -> ValidationError {
    ValidationError::new(loc, "str type expected", "type_error.str")
}

fn not_integer(loc: Vec<Value>) -> ValidationError {
    ValidationError::new(loc, "value is not a valid integer", "type_error.integer")
}

/// Numbers become text; booleans become `True` and `False`, as in Python.
fn text(value: &Value) -> Option<Value> {
    match value {
        Value::String(_) => Some(value.clone()),
        Value::Number(number) => Some(json!(number.to_string())),
        Value::Bool(true) => Some(json!("True")),
        Value::Bool(false) => Some(json!("False")),
        _ => None,
    }
}

fn integer(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) if number.is_f64() => {
            // A float is truncated, as by Python's int(); out of range it saturates.
            number.as_f64().map(|float| json!(float as i64))
        }
        Value::Number(_) => Some(value.clone()),
        Value::Bool(flag) => Some(json!(i64::from(*flag))),
        Value::String(text) => text.trim().parse::<i64>().ok().map(|number| json!(number)),
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<Value> {
    let word = match value {
        Value::Bool(_) => return Some(value.clone()),
        Value::Number(number) => match number.as_f64() {
            Some(1.0) => "1".to_string(),
            Some(0.0) => "0".to_string(),
            _ => return None,
        },
        Value::String(text) => text.to_lowercase(),
        _ => return None,
    };
    match word.as_str() {
        "1" | "on" | "t" | "true" | "y" | "yes" => Some(json!(true)),
        "0" | "off" | "f" | "false" | "n" | "no" => Some(json!(false)),
        _ => None,
    }
}

/// Items keep their type: only the integer 0 means everyone.
fn ids(value: &Value, loc: &[Value]) -> Result<Value, Vec<ValidationError>> {
    let Value::Array(items) = value else {
        return Err(vec![ValidationError::new(
            loc.to_vec(),
            "value is not a valid list",
            "type_error.list",
        )]);
    };
    let errors: Vec<ValidationError> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| !matches!(item, Value::String(_) | Value::Number(_)))
        .flat_map(|(index, item)| item_errors(index, item, loc))
        .collect();
    if errors.is_empty() {
        Ok(value.clone())
    } else {
        Err(errors)
    }
}

/// A union of two types reports both failures.
fn item_errors(index: usize, item: &Value, loc: &[Value]) -> Vec<ValidationError> {
    let mut place = loc.to_vec();
    place.push(json!(index));
    if item.is_null() {
        return vec![ValidationError::new(
            place,
            "none is not an allowed value",
            "type_error.none.not_allowed",
        )];
    }
    vec![not_text(place.clone()), not_integer(place)]
}

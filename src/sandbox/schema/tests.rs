use super::*;

const FIELDS: &[Field] = &[
    Field::required("guid"),
    Field::text("proxy", "none"),
    Field::integer("limit", 100),
    Field::boolean("auto_start", false),
    Field::ids("at_list"),
];

fn mistakes(body: &str) -> Value {
    match read(body.as_bytes(), FIELDS) {
        Err(Rejection::Invalid(mistakes)) => json!(mistakes),
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn fills_in_defaults() {
    let params = read(br#"{"guid":"g","unknown":1}"#, FIELDS).unwrap();
    assert_eq!(params.text("guid"), "g");
    assert_eq!(params.text("proxy"), "none");
    assert_eq!(params.integer("limit"), 100);
    assert!(!params.boolean("auto_start"));
    assert!(params.ids("at_list").is_empty());
}

#[test]
fn converts_as_pydantic_does() {
    for (body, field, expected) in [
        (
            r#"{"guid":7881303217905494123}"#,
            "guid",
            json!("7881303217905494123"),
        ),
        (r#"{"guid":1.5}"#, "guid", json!("1.5")),
        (r#"{"guid":true}"#, "guid", json!("True")),
        (r#"{"guid":"g","limit":" 7 "}"#, "limit", json!(7)),
        (r#"{"guid":"g","limit":7.9}"#, "limit", json!(7)),
        (r#"{"guid":"g","limit":true}"#, "limit", json!(1)),
        (
            r#"{"guid":"g","auto_start":"Yes"}"#,
            "auto_start",
            json!(true),
        ),
        (r#"{"guid":"g","auto_start":0}"#, "auto_start", json!(false)),
        (
            r#"{"guid":"g","at_list":[0,"168"]}"#,
            "at_list",
            json!([0, "168"]),
        ),
    ] {
        let params = read(body.as_bytes(), FIELDS).unwrap();
        assert_eq!(params.0.get(field), Some(&expected), "{body}");
    }
}

#[test]
fn reports_errors_like_fastapi() {
    for (body, expected) in [
        (
            "",
            json!([{"loc":["body"],"msg":"field required","type":"value_error.missing"}]),
        ),
        (
            "null",
            json!([{"loc":["body"],"msg":"field required","type":"value_error.missing"}]),
        ),
        (
            "[1]",
            json!([{"loc":["body"],"msg":"value is not a valid dict","type":"type_error.dict"}]),
        ),
        (
            "{}",
            json!([{"loc":["body","guid"],"msg":"field required","type":"value_error.missing"}]),
        ),
        (
            r#"{"guid":["x"]}"#,
            json!([{"loc":["body","guid"],"msg":"str type expected","type":"type_error.str"}]),
        ),
        (
            r#"{"guid":null}"#,
            json!([{"loc":["body","guid"],"msg":"none is not an allowed value","type":"type_error.none.not_allowed"}]),
        ),
        (
            r#"{"guid":"g","limit":"x"}"#,
            json!([{"loc":["body","limit"],"msg":"value is not a valid integer","type":"type_error.integer"}]),
        ),
        (
            r#"{"guid":"g","auto_start":"maybe"}"#,
            json!([{"loc":["body","auto_start"],"msg":"value could not be parsed to a boolean","type":"type_error.bool"}]),
        ),
        (
            r#"{"guid":"g","at_list":"x"}"#,
            json!([{"loc":["body","at_list"],"msg":"value is not a valid list","type":"type_error.list"}]),
        ),
        (
            r#"{"guid":"g","at_list":["a",{}]}"#,
            json!([
            {"loc":["body","at_list",1],"msg":"str type expected","type":"type_error.str"},
            {"loc":["body","at_list",1],"msg":"value is not a valid integer","type":"type_error.integer"}]),
        ),
        (
            r#"{"limit":"x"}"#,
            json!([
            {"loc":["body","guid"],"msg":"field required","type":"value_error.missing"},
            {"loc":["body","limit"],"msg":"value is not a valid integer","type":"type_error.integer"}]),
        ),
    ] {
        assert_eq!(mistakes(body), expected, "{body}");
    }
}

#[test]
fn locates_json_errors_like_python() {
    for (body, position, phrase) in [
        ("hello", 0, "Expecting value"),
        ("{\"a\":1}x", 7, "Extra data"),
        ("{\"群\" 1}", 5, "Expecting ':' delimiter"),
    ] {
        let found = mistakes(body);
        let entry = &found[0];
        assert_eq!(entry["type"], "value_error.jsondecode", "{body}");
        assert_eq!(entry["loc"], json!(["body", position]), "{body}");
        assert_eq!(entry["ctx"]["msg"], phrase, "{body}");
    }
}

#[test]
fn rejects_non_utf8_bodies() {
    assert_eq!(
        read(b"\xff\xfe", FIELDS).unwrap_err(),
        Rejection::Undecodable
    );
}

#[test]
fn endpoint_without_fields_ignores_body() {
    assert!(read(b"\xff", &[]).is_ok());
}

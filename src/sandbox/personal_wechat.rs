//! Answers of an instance of personal WeChat, which the gateway serves under the same paths
//! (wire protocol): `{"baseResponse":{"ret":0},"list":[{"ret":0}]}`, and status 1 for online.

use super::endpoint_result::{EndpointResult, Failure};
use serde_json::{Map, Value, json};

/// The body of an answer.
pub(super) fn render(reply: &EndpointResult) -> Vec<u8> {
    let body = match reply {
        Ok(success) => rendered(&success.data),
        Err(Failure { code, message }) => json!({
            "baseResponse": { "ret": code, "errMsg": message },
            "list": [{ "ret": code }],
        }),
    };
    body.to_string().into_bytes()
}

fn rendered(data: &Value) -> Value {
    if data.get("msg_data").is_some() {
        let failed = data.get("is_svr_fail") == Some(&Value::Bool(true));
        let ret = if failed { -1 } else { 0 };
        return json!({ "baseResponse": { "ret": 0 }, "list": [{ "ret": ret }] });
    }
    let mut fields = match data {
        Value::Object(fields) => fields.clone(),
        Value::Null => Map::new(),
        other => Map::from_iter([("list".to_owned(), other.clone())]),
    };
    if let Some(status) = fields.get_mut("status") {
        *status = json!(u8::from(*status == json!(2)));
    }
    fields.insert("baseResponse".into(), json!({ "ret": 0 }));
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::super::endpoint_result::Success;
    use super::*;

    fn body(reply: &EndpointResult) -> Value {
        serde_json::from_slice(&render(reply)).unwrap()
    }

    #[test]
    fn renders_sends_statuses_and_refusals() {
        for (reply, expected) in [
            (
                Ok(Success::new(json!({"msg_data": {}, "is_svr_fail": false}))),
                json!({"baseResponse": {"ret": 0}, "list": [{"ret": 0}]}),
            ),
            (
                Ok(Success::new(json!({"msg_data": {}, "is_svr_fail": true}))),
                json!({"baseResponse": {"ret": 0}, "list": [{"ret": -1}]}),
            ),
            (
                Ok(Success::new(json!({"status": 2}))),
                json!({"baseResponse": {"ret": 0}, "status": 1}),
            ),
            (
                Ok(Success::new(json!({"status": 1}))),
                json!({"baseResponse": {"ret": 0}, "status": 0}),
            ),
            (
                Ok(Success::new(json!(["g"]))),
                json!({"baseResponse": {"ret": 0}, "list": ["g"]}),
            ),
            (
                Err(Failure::new(1002, "no")),
                json!({"baseResponse": {"ret": 1002, "errMsg": "no"}, "list": [{"ret": 1002}]}),
            ),
        ] {
            assert_eq!(body(&reply), expected);
        }
    }
}

//! What an answer says of success or failure in other fields than its business code.

use serde_json::{Map, Value};

/// Fields that hold the server's message, in order of precedence.
pub(super) const MESSAGE_FIELDS: [&str; 5] =
    ["error_message", "err_msg", "errmsg", "message", "msg"];

/// Fields that report success or failure, besides codes and messages.
pub(super) const RESULT_FIELDS: [&str; 7] = [
    "success", "ok", "error", "errors", "detail", "result", "status",
];

/// Words of a refusal, lower case. Collected from the servers and public clients that the wire
/// protocol names, and from the frameworks and proxies before them.
const REFUSAL: &[&str] = &[
    "失败",
    "未成功",
    "不成功",
    "没有成功",
    "unsuccess",
    "错误",
    "异常",
    "无效",
    "失效",
    "过期",
    "不存在",
    "未找到",
    "找不到",
    "未登录",
    "登录失效",
    "离线",
    "未启动",
    "未授权",
    "无权",
    "没有权限",
    "权限不足",
    "拒绝",
    "禁止",
    "不允许",
    "不支持",
    "频繁",
    "上限",
    "风险",
    "封禁",
    "超时",
    "不合法",
    "fail",
    "error",
    "denied",
    "invalid",
    "unauthorized",
    "unauthenticated",
    "forbidden",
    "not found",
    "not exist",
    "refused",
    "rejected",
    "expired",
    "offline",
    "not logged in",
    "not login",
    "not started",
    "not allowed",
    "not supported",
    "too frequent",
    "too many",
    "timeout",
];

/// Texts of success, lower case.
const SUCCESS: [&str; 12] = [
    "",
    "ok",
    "success",
    "succeed",
    "succeeded",
    "successful",
    "done",
    "none",
    "null",
    "no error",
    "无错误",
    "成功",
];

/// Whether a text is a refusal.
pub(super) fn is_refusal_wording(text: &str) -> bool {
    let text = text.to_lowercase().replace("no error", "");
    let text = text.replace("无错误", "");
    REFUSAL.iter().any(|word| text.contains(word))
}

/// Whether a text is a success message or empty.
pub(super) fn is_success_wording(text: &str) -> bool {
    let text = text
        .trim()
        .trim_end_matches(['.', '!', '。', '！'])
        .to_lowercase();
    SUCCESS.contains(&text.as_str()) || (text.ends_with("成功") && !is_refusal_wording(&text))
}

/// The message of a failure that an object reports beside its business code, possibly empty; `None`
/// when it reports none.
pub(super) fn reported_failure(object: &Map<String, Value>) -> Option<String> {
    let message = || text_of(object).unwrap_or_default();
    let is_failure = ["success", "ok"]
        .iter()
        .any(|key| object.get(*key).is_some_and(is_false));
    if is_failure {
        return Some(message());
    }
    for key in ["error", "errors", "detail"] {
        if let Some(message) = object.get(key).and_then(failure_message) {
            return Some(message);
        }
    }
    for key in ["result", "status"] {
        match object.get(key) {
            Some(Value::Bool(false)) => return Some(message()),
            Some(Value::String(word)) if is_false_word(word) => return Some(message()),
            Some(Value::String(word)) if is_refusal_wording(word) => {
                return Some(text_of(object).unwrap_or_else(|| word.clone()));
            }
            _ => {}
        }
    }
    text_of(object).filter(|text| is_refusal_wording(text))
}

/// Whether the value of `success` or `ok` says that it is not so.
fn is_false(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => {
            is_false_word(text) || ["0", "no", "n"].contains(&text.to_lowercase().as_str())
        }
        _ => false,
    }
}

/// Whether a text is the word `false`.
pub(super) fn is_false_word(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("false")
}

/// The message of an `error` or `detail` field that is not empty.
fn failure_message(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Number(number) if number.as_i64() == Some(0) => None,
        Value::String(text) if text.trim().is_empty() || is_success_wording(text) => None,
        Value::Array(list) if list.is_empty() => None,
        Value::Object(object) if object.is_empty() => None,
        Value::Object(object) => Some(text_of(object).unwrap_or_else(|| value.to_string())),
        other => Some(detail_text(other)),
    }
}

/// The server's message, in any field that a dialect uses.
pub fn text_of(object: &Map<String, Value>) -> Option<String> {
    MESSAGE_FIELDS
        .iter()
        .filter_map(|key| object.get(*key)?.as_str())
        .find(|text| !text.is_empty())
        .map(str::to_owned)
}

/// FastAPI's `detail`: `"Not Found"`, or the array of a 422 as `guid: field required; limit: …`.
pub(super) fn detail_text(detail: &Value) -> String {
    match detail {
        Value::String(text) => text.clone(),
        Value::Array(entries) => entries
            .iter()
            .map(field_error)
            .collect::<Vec<_>>()
            .join("; "),
        other => other.to_string(),
    }
}

fn field_error(entry: &Value) -> String {
    let message = entry
        .get("msg")
        .and_then(Value::as_str)
        .unwrap_or("invalid");
    let path: Vec<String> = entry
        .get("loc")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|part| match part {
            Value::String(name) if name == "body" => None,
            Value::String(name) => Some(name.clone()),
            other => Some(other.to_string()),
        })
        .collect();
    if path.is_empty() {
        message.to_owned()
    } else {
        format!("{}: {message}", path.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_refusals_from_confirmations() {
        for text in [
            "失败",
            "发送失败",
            "实例未登录",
            "token无效",
            "操作未成功",
            "Unsuccessful",
            "Not Found",
            "Access Denied",
            "系统异常，请稍后再试",
            "invalid guid",
        ] {
            assert!(is_refusal_wording(text), "{text}");
            assert!(!is_success_wording(text), "{text}");
        }
        for text in ["", "ok", "OK.", "Success", "发送成功", "no error", "无错误"] {
            assert!(!is_refusal_wording(text), "{text}");
            assert!(is_success_wording(text), "{text}");
        }
        for text in ["系统繁忙", "hello", "处理中"] {
            assert!(!is_refusal_wording(text), "{text}");
            assert!(!is_success_wording(text), "{text}");
        }
    }
}

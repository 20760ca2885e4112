//! Words that identify a refusal or a success in answers without a code.

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

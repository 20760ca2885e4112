//! Logging in.

/// English and Chinese.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "cannot write the QR code to {path}: {error}",
        "无法把二维码写入 {path}：{error}",
    ),
    ("the account is logged in", "账号已登录"),
    (
        "the account is logged in, but its instance could not be made the current one: {message}",
        "账号已登录，但没能把它的实例设为当前实例：{message}",
    ),
    ("link: {content}", "链接：{content}"),
    (
        "waiting for the QR code to be scanned",
        "未扫码，请用手机扫描二维码",
    ),
    (
        "scanned; confirm the login on the phone",
        "已扫码，请在手机上确认登录",
    ),
    (
        "confirmed on the phone; the account is being logged in",
        "手机上已确认，正在登录",
    ),
    ("the login failed", "登录失败"),
    ("the login was refused on the phone", "登录被拒绝"),
    ("WeChat is scanning", "微信正在扫码"),
    ("WeChat has confirmed", "微信已确认"),
    ("WeChat failed", "微信登录失败"),
    ("refused in WeChat", "微信中拒绝了登录"),
    ("authorised in WeChat", "微信已授权"),
    (
        "new device: a verification code is needed",
        "新设备登录需要验证码",
    ),
    (
        "verification code (attempt {attempt} of 3): ",
        "请输入验证码（第 {attempt} 次，共 3 次机会）: ",
    ),
    (
        "getting the verification code from --code-cmd (attempt {attempt} of 3)",
        "正在从 --code-cmd 获取验证码（第 {attempt} 次，共 3 次机会）",
    ),
    (
        "waiting for the verification code in {path} (attempt {attempt} of 3)",
        "正在等待 {path} 中的验证码（第 {attempt} 次，共 3 次机会）",
    ),
    (
        "submit the verification code with `qiwei login --code -` from another shell",
        "请在另一个终端用 `qiwei login --code -` 提交验证码",
    ),
    ("standard input has ended", "标准输入已结束"),
    (
        "the code cannot be read: {error}",
        "无法读取验证码：{error}",
    ),
    (
        "--code-cmd cannot be run: {error}",
        "无法运行 --code-cmd：{error}",
    ),
    (
        "--code-cmd failed ({status})",
        "--code-cmd 运行失败（{status}）",
    ),
    (
        "the verification code was wrong three times",
        "验证码三次都不正确",
    ),
    (
        "the code may be wrong, or no login of this instance waits for one",
        "验证码可能不正确，或这个实例没有等待验证码的登录",
    ),
    ("the verification code was accepted", "验证码已通过"),
    ("no instance is waiting for a login", "没有等待登录的实例"),
    (
        "{count} instances may be waiting: {guids}",
        "有 {count} 个实例可能在等待登录：{guids}",
    ),
    ("created instance {guid}", "已创建实例 {guid}"),
    ("using {guid}, the only instance", "使用唯一的实例 {guid}"),
    ("create one with --new", "用 --new 创建一个"),
    (
        "there are {count} instances: {instances}",
        "有 {count} 个实例：{instances}",
    ),
    ("{guid} is stopped; starting it", "{guid} 已停止，正在启动"),
    ("cannot poll the server", "无法轮询服务器"),
    (
        "cannot start asking for the verification code",
        "无法请求输入验证码",
    ),
    ("all event sources have ended", "所有事件来源都已结束"),
    (
        "no verification code: {why}; it can still be submitted with `qiwei login --code -`",
        "未获得验证码：{why}；仍可用 `qiwei login --code -` 提交",
    ),
    ("the server ended the login", "服务器终止了这次登录"),
    (
        "the account needs a safety verification; see the phone",
        "账号需要安全验证，请查看手机",
    ),
    (
        "it is not known whether the verification code was accepted: {error}",
        "不确定验证码是否通过：{error}",
    ),
    (
        "the login was not completed within {timeout}",
        "{timeout} 内没有完成登录",
    ),
    (
        "the login was waiting for a verification code: use --code-cmd, --code-file, or `qiwei login --code -`",
        "登录正在等待验证码：可用 --code-cmd、--code-file 或 `qiwei login --code -`",
    ),
    (
        "the QR code was not scanned; allow more time with --timeout 10min",
        "二维码未被扫描；可用 --timeout 10min 延长等待",
    ),
    (
        "the scan was not confirmed, or the server did not complete it; try again",
        "扫码后没有确认，或服务器没有完成登录；请重试",
    ),
    (
        "run `qiwei login` again for a new QR code",
        "请再次运行 `qiwei login` 获取新的二维码",
    ),
    (
        "the file name must end in .png or .svg",
        "文件名必须以 .png 或 .svg 结尾",
    ),
    (
        "the QR code has expired; scan this one",
        "二维码已过期，请扫描新的二维码",
    ),
    (
        "the verification code was rejected; 1 attempt left",
        "验证码不正确，还剩 1 次机会",
    ),
    (
        "the verification code was rejected; {left} attempts left",
        "验证码不正确，还剩 {left} 次机会",
    ),
    (
        "the verification code was accepted; the account is being logged in",
        "验证码已通过，请等待登录确认",
    ),
    (
        "already online; --force logs in again",
        "账号已在线，无需重新登录；--force 强制重新登录",
    ),
    ("unknown user", "未知用户"),
    ("id unknown", "ID 未知"),
    (
        "logged in: {name} ({user}) of {corp}, instance {guid}",
        "登录成功：{name}（{user}），{corp}，实例 {guid}",
    ),
    (
        "logged in: {name} ({user}), instance {guid}",
        "登录成功：{name}（{user}），实例 {guid}",
    ),
    (
        "cannot write the QR code to {path}",
        "无法把二维码写入 {path}",
    ),
    (
        "the link is too long for a QR code: {error}",
        "链接太长，无法生成二维码：{error}",
    ),
    ("cannot request the QR code", "无法请求二维码"),
    (
        "continue with the created instance: `qiwei login --guid {guid}`",
        "请用已创建的实例继续：`qiwei login --guid {guid}`",
    ),
    ("{hint}; {on}", "{hint}；{on}"),
    (
        "a verification code must be 4 to 32 digits or letters on one line",
        "验证码应为一行内的 4 到 32 个数字或字母",
    ),
    (
        "ignored a callback that reports a login, because the account is not online",
        "已忽略一个报告登录成功的回调：账号并不在线",
    ),
    (
        "ignored a callback that reports the end of the login, because the QR code is still valid",
        "已忽略一个报告登录结束的回调：二维码仍然有效",
    ),
    (
        "the same verification code was just rejected; it is not submitted again",
        "这个验证码刚刚被拒绝，不再重复提交",
    ),
    (
        "the server did not confirm the end of the login: {error}",
        "服务器未能确认登录已结束：{error}",
    ),
    ("the server says: {text}", "服务器提示：{text}"),
    (
        "Log out {guid}, the only online instance?",
        "{guid} 是唯一在线的实例，确定退出登录？",
    ),
    (
        "add --yes, or name the instance: --guid {guid}",
        "请加 --yes，或指明实例：--guid {guid}",
    ),
    (
        "logging out a detected instance needs a confirmation",
        "退出自动找到的实例前需要确认",
    ),
    ("no account was logged out", "没有账号被退出"),
];

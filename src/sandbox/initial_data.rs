//! The initial state of a sandbox. The same scenario always gives the same guids and ids, so that
//! documentation can show them.

/// A contact that may not be messaged: sending to it fails with -4017.
pub const FORBIDDEN_CONTACT: &str = "S:7880000000004017";

/// The corporation every sandbox account belongs to.
pub(super) const CORP_ID: u64 = 1_970_324_989_107_254;
pub(super) const CORP_SHORT_NAME: &str = "沙箱";
pub(super) const CORP_FULL_NAME: &str = "沙箱科技有限公司";

/// Ids of messages and their sequence numbers count up from here.
pub(super) const FIRST_MESSAGE_ID: u64 = 1_066_173;
pub(super) const FIRST_MESSAGE_SEQ: u64 = 7_272_188;

/// Far from the numbers that guids are made of.
const FIRST_KEY: u64 = 1 << 32;
const FIRST_USER_ID: u64 = 1_688_850_000_000_001;
pub(super) const FIRST_SESSION_SEQ: u64 = 1_000_124;

/// 2025-01-29 16:30 in Beijing, the time in the session list of the interactive demo.
const LATEST_SESSION_TIME: i64 = 1_738_139_400;

/// The demo's list, and a group whose id needs more than 53 bits.
const SESSIONS: &[(&str, &str)] = &[
    ("S:788123456789", "张三"),
    ("S:168987654321", "李四"),
    ("R:1012345678901", "项目讨论群"),
    ("R:1098765432109", "技术交流群"),
    ("S:788555666777", "王五"),
    ("R:10696049218574013", "运维值班群"),
];

/// One conversation of an account.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) seq: u64,
    pub(super) conversation_id: String,
    pub(super) name: String,
    /// Seconds since 1970.
    pub(super) last_msg_time: i64,
}

/// The first `count` sessions: those of the interactive demo by name, then numbered ones.
pub(super) fn sessions(count: usize) -> Vec<Session> {
    let known = SESSIONS
        .iter()
        .map(|(id, name)| ((*id).to_string(), (*name).to_string()));
    let numbered = (SESSIONS.len() + 1..).map(|number| {
        if number % 2 == 0 {
            (
                format!("R:{}", 10_600_000_000_000_000_u64 + number as u64),
                format!("群聊{number}"),
            )
        } else {
            (
                format!("S:{}", 7_881_300_000_000_000_u64 + number as u64),
                format!("客户{number}"),
            )
        }
    });
    known
        .chain(numbered)
        .take(count)
        .zip(0_u32..)
        .map(|((conversation_id, name), index)| Session {
            seq: FIRST_SESSION_SEQ + u64::from(index),
            conversation_id,
            name,
            last_msg_time: LATEST_SESSION_TIME - 900 * i64::from(index),
        })
        .collect()
}

/// The guid of the `number`th instance made, in the form of a version 4 UUID.
pub(super) fn guid(number: u64) -> String {
    let high = scramble(2 * number);
    let low = scramble(2 * number + 1);
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

/// The key of the `number`th login QR code; never that of a guid.
pub(super) fn key(number: u64) -> String {
    let number = FIRST_KEY + 2 * number;
    format!("{:016X}{:016X}", scramble(number), scramble(number + 1))
}

/// The user id of the account that logs in on the `number`th instance.
pub(super) fn user_id(number: u64) -> u64 {
    FIRST_USER_ID + number
}

/// The name of that account.
pub(super) fn user_name(number: u64) -> String {
    match number {
        0 => "小助手".into(),
        _ => format!("小助手{}", number + 1),
    }
}

/// SplitMix64: written out because the guids shown in documentation must never change, which no
/// random number crate guarantees across versions.
fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_deterministic() {
        assert_eq!(guid(0), "e220a839-7b1d-4daf-ae78-9e6aa1b965f4");
        assert_ne!(guid(1), guid(2));
        assert_eq!(guid(1).len(), 36);
    }

    #[test]
    fn includes_group_id_beyond_53_bits() {
        let sessions = sessions(8);
        assert_eq!(sessions.len(), 8);
        let group: u64 = sessions[5].conversation_id[2..].parse().unwrap();
        assert!(group > 1 << 53);
        assert!(sessions[7].conversation_id.starts_with("R:"));
    }
}

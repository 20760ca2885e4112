//! The two small protobuf messages found inside a send's answer, by example.

const VARINT: u64 = 0;
const BYTES: u64 = 2;

/// `content` of a text message: field 1 holds a zero and, in field 2, the text.
pub(super) fn text_content(text: &str) -> Vec<u8> {
    let mut part = Vec::new();
    put_bytes(&mut part, 1, text.as_bytes());
    let mut body = Vec::new();
    put_number(&mut body, 1, 0);
    put_bytes(&mut body, 2, &part);
    let mut content = Vec::new();
    put_bytes(&mut content, 1, &body);
    content
}

/// `appinfo`: a constant, the time in seconds, the sender, and a number that makes it unique.
pub(super) fn appinfo(sent_at: u64, sender: u64, unique: u64) -> Vec<u8> {
    let mut appinfo = Vec::new();
    put_number(&mut appinfo, 1, 5);
    put_number(&mut appinfo, 2, sent_at);
    put_number(&mut appinfo, 3, sender);
    put_number(&mut appinfo, 4, unique);
    appinfo
}

fn put_number(out: &mut Vec<u8>, field: u64, number: u64) {
    put_varint(out, field << 3 | VARINT);
    put_varint(out, number);
}

fn put_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    put_varint(out, field << 3 | BYTES);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::{BASE64_STANDARD, Engine};

    #[test]
    fn encodes_documented_example() {
        let encoded = BASE64_STANDARD.encode(text_content("test"));
        assert_eq!(encoded, "CgoIABIGCgR0ZXN0");
    }

    #[test]
    fn encodes_multi_byte_lengths() {
        assert_eq!(text_content(&"x".repeat(300)).len(), 300 + 3 + 2 + 3 + 3);
    }
}

//! Answers of faults that replace the real one.

use super::{Fault, Kind};
use crate::sandbox::dialect::Dialect;
use crate::sandbox::endpoint_result::Failure;
use crate::sandbox::http_response::{HttpResponse, reason};

/// Bytes that are neither JSON nor UTF-8.
const GARBLED: &[u8] = b"\x00\xff\xfe{\"error_code\":\xc3\x28\x80garbled";

const HTML: &str = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\
                    <body><h1>It works!</h1></body></html>\n";

impl Fault {
    /// The replacement answer, for faults that have one.
    pub(in crate::sandbox) fn answer(&self, dialect: Dialect) -> Option<HttpResponse> {
        let ok = |content_type, body: &[u8]| Some(HttpResponse::raw(200, content_type, body));
        let refused = |failure| {
            Some(HttpResponse::json(
                200,
                dialect.render(&Err(failure)),
                String::new(),
            ))
        };
        match &self.kind {
            Kind::Http(status) => Some(http(*status)),
            Kind::Html => ok("text/html; charset=utf-8", HTML.as_bytes()),
            Kind::Empty => ok("application/json", b""),
            Kind::Garbled => ok("application/json", GARBLED),
            Kind::Null => ok("application/json", b"null"),
            Kind::Object => ok("application/json", b"{}"),
            Kind::Array => ok("application/json", b"[]"),
            Kind::Huge => ok("application/json", b""),
            Kind::Code(code) => refused(Failure::known(*code)),
            Kind::Busy => refused(Failure::too_frequent()),
            _ => None,
        }
    }
}

/// 4xx come from the API server itself, others as plain text from a proxy before it.
fn http(status: u16) -> HttpResponse {
    match status {
        429 => HttpResponse::error(status).with_header("retry-after", "1"),
        400..=499 => HttpResponse::error(status),
        _ => HttpResponse::raw(status, "text/plain; charset=utf-8", reason(status)),
    }
}

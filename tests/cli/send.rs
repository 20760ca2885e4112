//! `qiwei send`: what is sent, how it is reported.

use serde_json::json;

use crate::support::raw::{RawServer, ok};
use crate::support::{GROUP, PERSON, Qiwei, sandbox};

#[test]
fn a_known_guid_needs_exactly_one_request() {
    let server = sandbox();
    let guid = &server.guids()[0];
    let run = Qiwei::on(
        &server.base_url(),
        ["send", PERSON, "备份完成", "--guid", guid, "--json"],
    )
    .run();
    let sent = run.json();
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let exchanges = server.exchanges();
    assert_eq!(exchanges.len(), 1);
    assert_eq!(exchanges[0].path, "/msg/send_text");
    assert_eq!(server.deliveries()[0].content, "备份完成");
    assert_eq!(sent["message_id"], server.deliveries()[0].id.as_str());
}

#[test]
fn a_200_that_names_no_message_is_unknown() {
    for body in ["", "{}", "null", "[]", r#"{"error_code":0,"data":{}}"#] {
        let server = RawServer::answering(ok(body));
        let run = Qiwei::on(
            &server.base_url(),
            ["send", GROUP, "x", "--guid", "g", "--json"],
        )
        .run();
        let error = run.ends_with(6).error();
        assert_eq!(error["outcome"], json!("unknown"), "{body}");
        assert_eq!(server.requests().len(), 1, "{body}");
    }
}

//! The session list and its pages.

use super::support::{first_guid, post};
use crate::sandbox::Scenario;
use crate::sandbox::state::State;
use serde_json::{Value, json};

fn page(state: &mut State, begin_seq: &Value, limit: i64) -> (Vec<String>, Value) {
    let body = json!({ "guid": first_guid(), "begin_seq": begin_seq, "limit": limit });
    let data = post(state, "/session/get_session_list", &body)["data"].clone();
    let ids = data["session_list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session.as_str().unwrap().to_string())
        .collect();
    (ids, data["begin_seq"].clone())
}

#[test]
fn default_sessions_match_documentation() {
    let mut state = State::new(&Scenario::default());
    let (ids, cursor) = page(&mut state, &json!("0"), 100);
    assert_eq!(
        ids,
        [
            "S:788123456789",
            "S:168987654321",
            "R:1012345678901",
            "R:1098765432109",
            "S:788555666777",
            "R:10696049218574013",
        ]
    );
    assert_eq!(cursor, "1000129");
}

#[test]
fn pages_cover_all_sessions_once() {
    for limit in [1, 3, 7, 10, 100] {
        let mut state = State::new(&Scenario {
            sessions: 10,
            ..Scenario::default()
        });
        let (mut all, mut cursor) = (Vec::new(), json!("0"));
        loop {
            let (ids, next) = page(&mut state, &cursor, limit);
            if ids.is_empty() {
                assert_eq!(next, cursor, "the cursor stays where the list ends");
                break;
            }
            all.extend(ids);
            cursor = next;
        }
        assert_eq!(all.len(), 10, "limit {limit}");
        all.dedup();
        assert_eq!(all.len(), 10, "limit {limit}");
    }
}

#[test]
fn accepts_unusual_cursors_and_limits() {
    let mut state = State::new(&Scenario::default());
    for (begin_seq, limit, length) in [
        (json!(0), 100, 6),
        (json!("junk"), 100, 6),
        (json!("1000128"), 100, 1),
        (json!("9999999999999999999999"), 100, 6),
        (json!("0"), 0, 0),
        (json!("0"), -5, 0),
    ] {
        assert_eq!(
            page(&mut state, &begin_seq, limit).0.len(),
            length,
            "{begin_seq} {limit}"
        );
    }
}

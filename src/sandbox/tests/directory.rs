//! People, groups and contacts.

use super::support::{ask_at, first_guid, post};
use crate::sandbox::state::State;
use crate::sandbox::{Quirk, Scenario};
use serde_json::{Value, json};

fn data(state: &mut State, path: &str, fields: Value) -> Value {
    let mut body = json!({ "guid": first_guid() });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    post(state, path, &body)["data"].clone()
}

fn with(quirks: &[&str]) -> State {
    State::new(&Scenario {
        quirks: quirks.iter().map(|quirk| quirk.parse().unwrap()).collect(),
        ..Scenario::default()
    })
}

#[test]
fn answers_groups_in_preferred_shape() {
    let mut state = with(&[]);
    let fields = json!({ "room_list": ["1012345678901", "404", 1_098_765_432_109_u64] });
    let rooms = data(&mut state, "/room/batch_get_room_detail", fields);
    let rooms = rooms["roominfos"].as_array().unwrap();
    assert_eq!(rooms.len(), 2, "unknown groups are left out");
    assert_eq!(rooms[0]["info"]["roomname"], "项目讨论群");
    assert_eq!(rooms[0]["info"]["owner_vid"], "1688850000000001");
    assert_eq!(rooms[0]["members"].as_array().unwrap().len(), 5);
    assert_eq!(
        rooms[0]["members"][1],
        json!({"uin": "168987654321", "nickname": "李四"})
    );
    let one = data(
        &mut state,
        "/room/sync_room_info",
        json!({ "room_id": "1012345678901" }),
    );
    assert_eq!(one["roominfos"][0], rooms[0]);
}

#[test]
fn answers_rows_where_quirk_puts_them() {
    for (quirk, rooms, people) in [
        ("rows-as-data", "", ""),
        ("rows-in-list", "/list", "/list"),
        ("rows-in-named-list", "/room_list", "/user_list"),
        ("rows-in-plural", "/rooms", "/users"),
        ("rows-in-items", "/list", "/items"),
        ("rows-in-contacts", "/list", "/contacts"),
    ] {
        let mut state = with(&[quirk, "alt-row-keys", "bare-members"]);
        let fields = json!({ "room_list": ["10700000000000003"] });
        let answer = data(&mut state, "/room/batch_get_room_detail", fields);
        let row = &answer.pointer(rooms).unwrap()[0];
        assert_eq!(row["name"], "🚀 发布群", "{quirk}: {answer}");
        assert_eq!(row["members"], json!(["1688850000000001", "168912345678"]));
        let fields = json!({ "user_list": ["788666777888"] });
        let answer = data(&mut state, "/contact/batch_get_userinfo", fields);
        let row = &answer.pointer(people).unwrap()[0];
        let expected =
            json!({"acctid": "788666777888", "real_name": "小美🎉", "remark": "采购小美"});
        assert_eq!(*row, expected, "{quirk}: {answer}");
    }
}

#[test]
fn batches_have_limit_and_may_be_partial() {
    let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    for (path, field) in [
        ("/room/batch_get_room_detail", "room_list"),
        ("/contact/batch_get_userinfo", "user_list"),
    ] {
        let body = json!({ "guid": first_guid(), field: many });
        assert_eq!(
            post(&mut with(&[]), path, &body)["error_code"],
            -1,
            "{path}"
        );
    }
    let people = json!({ "user_list": ["788123456789", "168987654321", "788555666777"] });
    let mut state = with(&["partial-batches"]);
    let answer = data(&mut state, "/contact/batch_get_userinfo", people);
    assert_eq!(answer["persons"].as_array().unwrap().len(), 2);
    let one = json!({ "user_list": ["788555666777"] });
    let answer = data(&mut state, "/contact/batch_get_userinfo", one);
    assert_eq!(answer["persons"][0]["info"]["name"], "王五");
}

#[test]
fn members_have_names_in_group() {
    let mut state = with(&[]);
    let fields =
        json!({ "room_id": "1012345678901", "user_list": ["168987654321", "168912345678"] });
    let answer = data(&mut state, "/room/batch_get_member_detail", fields);
    let people = answer["persons"].as_array().unwrap();
    assert_eq!(people.len(), 1, "who is no member is left out");
    assert_eq!(people[0]["room_nickname"], "李四（项目经理）");
    let empty = json!({ "guid": first_guid(), "room_id": "1012345678901" });
    let answer = post(&mut state, "/room/batch_get_member_detail", &empty);
    assert_eq!(answer["error_code"], -1);
}

#[test]
fn contact_and_room_lists_have_pages() {
    let mut state = with(&[]);
    let (mut seq, mut names) = (String::new(), Vec::new());
    loop {
        let page = data(
            &mut state,
            "/contact/sync_contact",
            json!({ "seq": seq, "limit": 4 }),
        );
        let list = page["contact_list"].as_array().unwrap();
        if list.is_empty() {
            assert_eq!(page["last_seq"], seq.as_str());
            break;
        }
        names.extend(list.iter().map(|contact| contact["name"].clone()));
        seq = page["last_seq"].as_str().unwrap().to_owned();
    }
    assert_eq!(names.len(), 11);
    let (mut start, mut rooms) = (json!(0), Vec::new());
    while start != json!(-1) {
        let page = data(
            &mut state,
            "/room/get_room_list",
            json!({ "start_index": start, "limit": 3 }),
        );
        rooms.extend(page["roomdata"]["datas"].as_array().unwrap().clone());
        assert_eq!(page["total"], 5);
        start = page["next_start"].clone();
    }
    assert_eq!(rooms.len(), 5, "only the groups that the account owns");
}

#[test]
fn gateway_profile_is_list_of_persons() {
    let answer = data(
        &mut with(&["profile-persons"]),
        "/user/get_profile",
        json!({}),
    );
    assert_eq!(answer["persons"][0]["vid"], "1688850000000001");
    assert!("profile-persons".parse::<Quirk>().is_ok());
}

#[test]
fn messages_are_synced_once_a_minute_and_not_from_0() {
    let mut state = with(&[]);
    let send =
        json!({ "guid": first_guid(), "conversation_id": "R:1012345678901", "content": "x" });
    post(&mut state, "/msg/send_text", &send);
    let mut sync = |millis, key: &str| {
        let body = json!({ "guid": first_guid(), "sync_key": key }).to_string();
        ask_at(&mut state, millis, "POST", "/sync/sync_msg", &body).1
    };
    assert_eq!(sync(0, "0")["error_code"], -1);
    assert_eq!(sync(0, "")["error_code"], -1);
    let answer = sync(0, "7272187");
    assert_eq!(answer["data"]["msg_list"][0]["roomid"], "1012345678901");
    assert_eq!(answer["data"]["max_sync_key"], "7272188");
    assert!(
        sync(59_000, "7272187")["error_message"]
            .as_str()
            .unwrap()
            .contains("频繁")
    );
    assert_eq!(sync(60_000, "7272188")["data"]["msg_list"], json!([]));
}

#[test]
fn refuses_unknown_conversations() {
    for (any_target, id, code) in [
        (false, "R:1012345678901", 0),
        (false, "R:10700000000000003", 0),
        (false, "S:7881234567890", 0),
        (false, "S:7881234567890;1970", 0),
        (false, "R:1012345678902", -2003),
        (false, "S:1012345678901", -2003),
        (true, "R:1012345678902", 0),
        (true, "R:x", -2003),
    ] {
        let mut state = State::new(&Scenario {
            any_target,
            ..Scenario::default()
        });
        let body = json!({ "guid": first_guid(), "conversation_id": id, "content": "x" });
        let answer = post(&mut state, "/msg/send_text", &body);
        assert_eq!(answer["error_code"], code, "{any_target} {id}");
    }
}

#[test]
fn directory_entries_can_be_renamed() {
    let mut state = with(&[]);
    let directory = &mut state.instance(&first_guid()).unwrap().directory;
    assert!(directory.rename("R:1012345678901", "新名"));
    assert!(directory.rename("S:788123456789", "新名"));
    assert!(!directory.rename("R:404", "x") && !directory.rename("788123456789", "x"));
    assert_eq!(directory.room("1012345678901").unwrap().name, "新名");
    assert_eq!(directory.person("788123456789").unwrap().name, "新名");
}

#[test]
fn message_of_stranger_begins_conversation() {
    let mut state = with(&[]);
    let body = json!({ "guid": first_guid(), "conversation_id": "S:788777", "content": "x" });
    assert_eq!(
        post(&mut state, "/msg/send_text", &body)["error_code"],
        -2003
    );
    let incoming = serde_json::from_value(json!({ "conversation_id": "S:788777" })).unwrap();
    let kind = crate::sandbox::message::IncomingKind::Text;
    let now = super::support::at(0);
    state
        .deliver_incoming(&first_guid(), &incoming, kind, now)
        .unwrap();
    assert_eq!(post(&mut state, "/msg/send_text", &body)["error_code"], 0);
}

//! `qiwei login` against a server that answers anything at all: no panic, no hang.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Mutex;
use std::thread;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::Qiwei;
use crate::support::background::end;
use crate::support::raw::RawServer;

/// Runs of the program, and how many of them at once.
const RUNS: usize = 36;
const AT_ONCE: usize = 3;

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..12).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[0-9]{1,20}".prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "https://x/y",
            "二维码已过期",
            "未登录",
            "ok",
            "[]",
            "{}",
            "\"2\""
        ])
        .prop_map(Value::from),
        Just(Value::from("x".repeat(5000))),
    ]
}

/// Objects whose fields are those that the client looks for.
fn answer() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "data",
        "status",
        "error_code",
        "err_code",
        "error_message",
        "message",
        "detail",
        "guid",
        "qrcode",
        "qrcode_content",
        "key",
        "user_id",
        "name",
        "corp_id",
        "other",
    ]);
    leaf().prop_recursive(4, 24, 5, move |inner| {
        let field = (names.clone(), inner.clone());
        prop_oneof![
            1 => proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            4 => proptest::collection::vec(field, 0..5).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
            }),
        ]
    })
}

/// Answers of use, so that a run gets beyond its first request.
fn useful() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({"error_code": 0, "data": {}}),
        json!({"error_code": 0, "data": {"status": 1}}),
        json!({"error_code": 1014, "error_message": "not ready"}),
        json!({"data": {"qrcode_content": "https://x/y", "key": "K", "status": 1}}),
        json!({"data": {"qrcode_content": "https://x/z", "status": 10}}),
        json!({"data": {"qrcode_content": "https://x/z", "status": 2}}),
        json!(["g-1"]),
    ])
}

/// A whole HTTP response.
fn response() -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![
        3 => answer().prop_map(|value| value.to_string().into_bytes()),
        6 => useful().prop_map(|value| value.to_string().into_bytes()),
        1 => answer().prop_map(|value| Value::from(value.to_string()).to_string().into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..60),
        1 => Just("[".repeat(3000).into_bytes()),
    ];
    let status = prop::sample::select(vec![
        200, 200, 200, 200, 200, 200, 204, 301, 404, 405, 422, 502,
    ]);
    let lie = prop::sample::select(vec![0, 0, 0, 0, 0, 0, 7]);
    let whole = (status, body, lie).prop_map(|(status, body, lie)| {
        let length = body.len() + lie;
        let head =
            format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        [head.into_bytes(), body].concat()
    });
    prop_oneof![
        12 => whole,
        1 => proptest::collection::vec(any::<u8>(), 0..60),
    ]
}

#[test]
fn random_answers_neither_panic_nor_exceed_deadline() {
    let mut runner = TestRunner::deterministic();
    let strategy = proptest::collection::vec(response(), 1..12);
    let mut draw = || strategy.new_tree(&mut runner).unwrap().current();
    let runs: Mutex<Vec<_>> = Mutex::new((0..RUNS).map(|_| draw()).collect());
    let ends = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(answers) = next(&runs) {
                    let code = one_run(answers);
                    ends.lock().unwrap().insert(code);
                }
            });
        }
    });
    // Fewer exit codes mean that the answers all lead to the same path and the test checks little.
    let ends = ends.into_inner().unwrap();
    assert!(ends.len() >= 3, "always the same end: {ends:?}");
}

fn next<T>(list: &Mutex<Vec<T>>) -> Option<T> {
    list.lock().unwrap().pop()
}

/// One login against a server that gives these answers in turn, over and over; its exit code.
fn one_run(answers: Vec<Vec<u8>>) -> i32 {
    let shown: Vec<String> = answers
        .iter()
        .map(|answer| String::from_utf8_lossy(&answer[..answer.len().min(300)]).into_owned())
        .collect();
    let turn = Mutex::new(0);
    let server = RawServer::start(move |connection| {
        let mut turn = turn.lock().unwrap();
        // The client may have left.
        let _ = connection.stream.write_all(&answers[*turn % answers.len()]);
        *turn += 1;
    });
    let args = [
        "login",
        "--json",
        "--timeout",
        "500ms",
        "--poll",
        "20ms",
        "--guid",
        "g-1",
        "--force",
        "--code-cmd",
        "echo 123456",
    ];
    let run = end(Qiwei::on(&server.base_url(), args));
    let expected = [0, 1, 3, 4, 5, 6, 7];
    assert!(expected.contains(&run.code), "{run:?} {shown:#?}");
    assert!(!run.stderr.contains("panicked"), "{run:?} {shown:#?}");
    for line in run.stdout.lines() {
        assert!(
            serde_json::from_str::<Value>(line).is_ok_and(|l| l["event"].is_string()),
            "{run:?}"
        );
    }
    if run.code != 0 {
        run.error();
    }
    run.code
}

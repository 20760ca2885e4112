//! External text is shown on a terminal without its control sequences.

use super::hostile::{self, HOSTILE_TEXT, check_harmless};
use crate::support::client::post;
use crate::support::login::{callback, first_url, listen};
use crate::support::terminal::{Terminal, on_terminal};
use crate::support::{PERSON, Qiwei, check_all, sandbox};

fn shown(qiwei: Qiwei) -> String {
    on_terminal(qiwei, 200).text
}

#[test]
fn server_text_is_escaped_on_terminal() {
    let servers = [hostile::refusing(), hostile::accepting(), hostile::html()];
    let [refusing, accepting, html] = servers.each_ref().map(|server| server.base_url());
    let rows: [(&str, &[&str]); 12] = [
        (&refusing, &["send", PERSON, "x"]),
        (&refusing, &["send", PERSON, "x", "--json"]),
        (&refusing, &["send", PERSON, "x", "-vv"]),
        (&refusing, &["instance", "rm", "g", "h", "--yes"]),
        (&refusing, &["sessions", "--lang", "zh"]),
        (&accepting, &["send", PERSON, "x"]),
        (&accepting, &["send", PERSON, "x", "--json"]),
        (&accepting, &["sessions"]),
        (&accepting, &["sessions", "--json"]),
        (&accepting, &["login", "--qr", "link", "--no-wait"]),
        (&accepting, &["login", "--json", "--no-wait"]),
        (&html, &["send", PERSON, "x", "-vv"]),
    ];
    check_all(&rows, |(url, args)| {
        check_harmless(&shown(Qiwei::on(url, *args).args(["--guid", "g"])));
    });
}

#[test]
fn batch_results_are_escaped_on_terminal() {
    let server = hostile::refusing();
    let batch = Qiwei::on(&server.base_url(), ["send", "--guid", "g", "--batch"]);
    let path = batch.home().join("batch");
    std::fs::write(&path, format!(r#"{{"to":"{PERSON}","text":"x"}}"#)).unwrap();
    check_harmless(&shown(batch.arg(path)));
}

#[test]
fn callbacks_are_escaped_on_terminal() {
    let words = serde_json::to_string(HOSTILE_TEXT).unwrap();
    for data in [
        format!(r#"{{"id":"1","sender_name":{words},"sender":"7","content":"x","msg_type":2}}"#),
        format!(r#"{{"id":"2","sender":{words},"roomid":{words},"content":"x","msg_type":2}}"#),
        format!(r#"{{"id":"3","sender":"7","content":{words},"msg_type":2}}"#),
        format!(r#"{{"id":"4",{words}:{words}}}"#),
    ] {
        for flags in ["--count 1", "--count 1 --json"] {
            let server = sandbox();
            let run = Terminal::start(listen(&server, flags), 200);
            let body = callback(&server.guids()[0], 11010, &data);
            assert_eq!(post(&first_url(&server), &body).status, 200);
            check_harmless(&run.end().text);
        }
    }
}

#[test]
fn file_names_are_escaped_on_terminal() {
    let name = format!("/nowhere/{HOSTILE_TEXT}");
    for args in [
        &["send", PERSON, "--file", &name][..],
        &["send", "--batch", &name],
        &["--config", &name, "status"],
        &[
            "--cacert",
            &name,
            "--base-url",
            "https://127.0.0.1:1",
            "status",
        ],
    ] {
        check_harmless(&shown(Qiwei::new(args).args(["--guid", "g"])));
    }
}

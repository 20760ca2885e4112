//! Requests besides their body: the address, credentials, headers, certificates.

use crate::support::{GROUP, Home, Qiwei, requests, sandbox, sandbox_with};

const SEND: [&str; 4] = ["send", GROUP, "x", "-q"];

#[test]
fn keeps_path_prefix_of_base_url() {
    let server = sandbox_with(|scenario| scenario.prefix = "/we/com".into());
    let url = server.base_url();
    for base in [url.clone(), format!("{url}/")] {
        Qiwei::on(&base, SEND).run().ends_with(0);
        let run = Qiwei::on(&base, ["probe", "POST", "client/all_clients?a=b"]).run();
        run.ends_with(0);
    }
    let paths: Vec<String> = server.exchanges().into_iter().map(|e| e.path).collect();
    let once = [
        "/we/com/client/all_clients",
        "/we/com/client/get_client_status",
        "/we/com/msg/send_text",
        "/we/com/client/all_clients?a=b",
    ];
    assert_eq!(paths, [once, once].concat());
    let elsewhere = url.replace("/we/com", "/other");
    let run = Qiwei::on(&elsewhere, SEND).arg("--guid").arg("g").run();
    run.ends_with(1)
        .assert_stderr_contains("check the path prefix of the base URL");
}

#[test]
fn sends_base_url_credentials_as_basic_auth() {
    let server = sandbox();
    for (credentials, header) in [
        ("user:hunter2", "Basic dXNlcjpodW50ZXIy"),
        ("user:p%40ss", "Basic dXNlcjpwQHNz"),
        ("user", "Basic dXNlcjo="),
    ] {
        let url = format!("http://{credentials}@{}", server.addr());
        Qiwei::on(&url, SEND).run().ends_with(0);
        let last = server.exchanges().pop().unwrap();
        assert_eq!(last.header("authorization"), Some(header));
    }
    Qiwei::on(&server.base_url(), SEND).run().ends_with(0);
    assert_eq!(
        server.exchanges().pop().unwrap().header("authorization"),
        None
    );
}

#[test]
fn sends_configured_headers() {
    let server = sandbox();
    let config = "[headers]\nX-Token = 't'\nAuthorization = 'Bearer b'\nUser-Agent = 'mine'\n\
                  [profiles.p]\nheaders = { X-Token = 'of p', X-More = 'm' }\n";
    Qiwei::on(&server.base_url(), SEND)
        .config(config)
        .run()
        .ends_with(0);
    for exchange in server.exchanges() {
        assert_eq!(exchange.header("x-token"), Some("t"));
        assert_eq!(exchange.header("authorization"), Some("Bearer b"));
        assert_eq!(exchange.header("user-agent"), Some("mine"));
        assert_eq!(exchange.header("x-more"), None);
    }
    let run = Qiwei::on(&server.base_url(), SEND).config(config);
    run.args(["--profile", "p"]).run().ends_with(0);
    let last = server.exchanges().pop().unwrap();
    assert_eq!(
        (last.header("x-token"), last.header("x-more")),
        (Some("of p"), Some("m"))
    );
}

#[test]
fn names_invalid_header_without_value() {
    for (name, value) in [("X Y", "s3cret"), ("X-A", "s3cret\\u0001"), ("", "s3cret")] {
        let config = format!("[headers]\n\"{name}\" = \"{value}\"\n");
        let run = Qiwei::new(SEND).config(&config).run();
        let run = run
            .ends_with(3)
            .assert_stderr_contains(&format!("headers.{name}"));
        assert!(!run.stderr.contains("s3cret"), "{run:?}");
    }
}

#[test]
fn sends_user_agent_and_content_type() {
    let server = sandbox();
    Qiwei::on(&server.base_url(), ["probe"]).run().ends_with(0);
    Qiwei::on(&server.base_url(), SEND).run().ends_with(0);
    for exchange in server.exchanges() {
        let is_post = exchange.method == "POST";
        let json = is_post.then_some("application/json");
        assert_eq!(
            exchange.header("content-type"),
            json,
            "{} {}",
            exchange.method,
            exchange.path
        );
        assert_eq!(exchange.header("accept"), Some("*/*"));
        let agent = concat!("qiwei/", env!("CARGO_PKG_VERSION"));
        assert_eq!(exchange.header("user-agent"), Some(agent));
        assert_eq!(
            exchange.header("host"),
            Some(server.addr().to_string().as_str())
        );
        let length = exchange.body.len().to_string();
        assert_eq!(
            exchange.header("content-length"),
            is_post.then_some(length.as_str())
        );
        assert_eq!(exchange.header("transfer-encoding"), None);
    }
}

#[test]
fn names_unreadable_certificate_file() {
    let home = Home::new();
    let garbage = home.file("garbage.pem", "no certificate");
    let broken = home.file(
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n",
    );
    for (path, part) in [
        (
            "/nonexistent.pem",
            "cannot read the certificate file /nonexistent.pem: ",
        ),
        (garbage.as_str(), "no PEM certificate in "),
        (broken.as_str(), ""),
    ] {
        let args = [
            "send",
            GROUP,
            "x",
            "--guid",
            "g",
            "--json",
            "--retries",
            "0",
        ];
        let run = Qiwei::on("https://127.0.0.1:1", args)
            .args(["--cacert", path])
            .run();
        let run = run.ends_with(3).assert_stderr_contains(part);
        assert_eq!(run.error()["outcome"], "not_sent", "{path}");
    }
}

#[test]
fn http_reads_no_certificates() {
    let server = sandbox();
    let run = Qiwei::on(&server.base_url(), SEND)
        .args(["--cacert", "/nonexistent.pem"])
        .run();
    run.ends_with(0);
    assert_eq!(requests(&server).len(), 3);
}

#[test]
fn base_url_precedence_is_flag_env_config() {
    let server = sandbox();
    let url = server.base_url();
    let config = format!("base_url = '{url}'\n");
    Qiwei::new(SEND)
        .args(["--base-url", &url])
        .run()
        .ends_with(0);
    Qiwei::on(&url, SEND)
        .config("base_url = 'http://127.0.0.1:1'\n")
        .run()
        .ends_with(0);
    Qiwei::new(SEND)
        .without_env("QIWEI_BASE_URL")
        .config(&config)
        .run()
        .ends_with(0);
    assert_eq!(server.deliveries().len(), 3);
}

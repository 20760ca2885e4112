//! Every command of the README runs: its `sh` blocks are scripts for the sandbox.

use std::path::Path;

use crate::support::script::{in_sandbox, is_installed};

/// The blocks that start with this fence.
fn blocks<'t>(text: &'t str, fence: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
}

fn readme(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn shell_blocks_run() {
    let text = readme("README.md");
    let mut ran = 0;
    for block in blocks(&text, "```sh\n") {
        if block.contains("jq") && !is_installed("jq") {
            continue;
        }
        // A listener needs an incoming message.
        let script = match block.contains("qiwei listen") {
            true => format!(
                "(while :; do sleep 0.1; qiwei send -q S:788123456789 ping >/dev/null 2>&1; done) & \
                 {block} kill $!"
            ),
            false => block.to_owned(),
        };
        // The gateway's credentials and the guid are those of the sandbox.
        let is_gateway = block.contains("app_key");
        let script = match is_gateway {
            true => {
                let block = script
                    .replace("YOUR_APP_KEY", "$KEY")
                    .replace("YOUR_INSTANCE_GUID", "$GUID");
                format!(
                    "cd \"$(mktemp -d)\" && echo \"$QIWEI_APP_SECRET\" >secret.txt\n\
                     KEY=$QIWEI_APP_KEY GUID=$QIWEI_GUID URL=$QIWEI_BASE_URL\n\
                     unset QIWEI_APP_KEY QIWEI_APP_SECRET QIWEI_GUID QIWEI_BASE_URL\n\
                     qiwei config set base_url \"$URL\"\n{block}"
                )
            }
            false => script,
        };
        let files = match block.contains("--attach report.pdf") {
            true => {
                "cd \"$(mktemp -d)\"; echo report >report.pdf; printf '#!SILK_V3' >note.silk\n\
                 printf 'GIF89a\\050\\0\\036\\0\\0\\0\\0' >chart.png\n"
            }
            false => "",
        };
        let alias = "qiwei config set aliases.ops R:1012345678901 >/dev/null 2>&1\n";
        let mut flags = vec!["-q", "--scan", "after=50ms"];
        flags.extend(is_gateway.then_some("--gateway"));
        let run = in_sandbox(&flags, &format!("{alias}{files}{script}"));
        assert_eq!(run.code, 0, "{block}\n{run:?}");
        ran += 1;
    }
    assert!(ran >= 9, "only {ran} blocks ran");
}

/// The two commands of the first section.
#[test]
fn quick_start_commands_run() {
    let text = readme("README.md");
    let commands: Vec<&str> = blocks(&text, "```bash\n").map(str::trim).collect();
    let inner = commands[0]
        .strip_prefix("cargo run --release --quiet -- sandbox -- sh -c '")
        .and_then(|rest| rest.strip_suffix('\''))
        .expect("the first command runs a script in the sandbox");
    assert_eq!(commands[1], "cargo test");
    let run = in_sandbox(&[], inner).ends_with(0);
    assert!(run.stdout.contains("张三"), "{run:?}");
    assert_eq!(run.stdout.matches("accepted").count(), 2, "{run:?}");
    let received = run.stderr;
    assert!(received.contains("POST /msg/send_text 200"), "{received}");
    assert!(received.contains("\"disk full {$@}\""), "{received}");
}

/// Both languages tell the same: their code blocks differ in comments at most.
#[test]
fn both_readmes_have_same_commands() {
    let commands = |name: &str| -> Vec<String> {
        let text = readme(name);
        let mut blocks = text.split("```").skip(1).step_by(2).collect::<Vec<_>>();
        let lines = blocks.drain(..).flat_map(str::lines);
        lines
            .map(|line| line.split(" #").next().unwrap().trim_end().to_owned())
            .collect()
    };
    assert_eq!(commands("README.md"), commands("README.zh-CN.md"));
}

/// And the same sections.
#[test]
fn both_readmes_have_same_sections() {
    let headings = |name: &str| -> Vec<usize> {
        let text = readme(name);
        let outside = text.split("```").step_by(2);
        outside
            .flat_map(str::lines)
            .filter(|line| line.starts_with('#'))
            .map(|line| line.chars().take_while(|c| *c == '#').count())
            .collect()
    };
    assert_eq!(headings("README.md"), headings("README.zh-CN.md"));
}

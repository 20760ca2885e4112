//! Examples of each command. A test runs them against the sandbox, whose ids they use.

/// What a command line does, and the line.
pub type Example = (&'static str, &'static str);

/// The words of a command, and its examples.
pub const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            (
                "Try it without an account or a network",
                "qiwei sandbox -- qiwei send S:788123456789 \"hello\"",
            ),
            (
                "Set the address of the API server",
                "qiwei config set base_url http://localhost:8080",
            ),
        ],
    ),
    (
        "send",
        &[
            (
                "Send to a person or a group",
                "qiwei send S:788123456789 \"hello\"",
            ),
            (
                "Send what a command prints, with its line breaks",
                "df -h | qiwei send R:1012345678901 -",
            ),
            (
                "Send a text and a file after it",
                "echo report >report.txt && qiwei send R:1012345678901 \"nightly report\" --attach report.txt",
            ),
            (
                "Send once a night, however often the job runs",
                "qiwei send R:1012345678901 \"backup done\" --key \"backup-$(date +%F)\"",
            ),
        ],
    ),
    (
        "revoke",
        &[
            (
                "Take the message of a key back",
                "qiwei send R:1012345678901 \"wrong group\" --key oops && qiwei revoke --key oops",
            ),
            (
                "Take a message back by its id",
                "qiwei revoke R:1012345678901 \"$(qiwei send R:1012345678901 hello --json | jq -r .message_id)\"",
            ),
        ],
    ),
    (
        "at",
        &[
            (
                "Mention a member",
                "qiwei at R:1012345678901 \"please look {at}\" --user 1688850000000001",
            ),
            (
                "By names, which are looked up",
                "qiwei at name:项目讨论群 \"please look {at}\" --user name:老王",
            ),
            (
                "Mention everyone",
                "qiwei at R:1012345678901 \"maintenance at 22:00\" --all",
            ),
        ],
    ),
    (
        "sessions",
        &[
            ("The latest conversations", "qiwei sessions"),
            ("All groups", "qiwei sessions --all --type group"),
            (
                "The ids alone",
                "qiwei sessions --json | jq -r '.[].conversation_id'",
            ),
        ],
    ),
    (
        "members",
        &[
            ("By id", "qiwei members R:1012345678901"),
            ("By name", "qiwei members name:项目讨论群"),
        ],
    ),
    (
        "contacts",
        &[
            ("All contacts", "qiwei contacts"),
            ("By a part of the name", "qiwei contacts --search 张"),
        ],
    ),
    (
        "listen",
        &[
            ("Until Ctrl-C", "qiwei listen"),
            (
                "Wait at most a minute for one message",
                "qiwei listen --type new_message --count 1 --for 1min --json",
            ),
            (
                "Run a command for each, with the callback on its standard input",
                "qiwei listen --type new_message --exec 'jq -r .data.content'",
            ),
        ],
    ),
    (
        "alias",
        &[
            (
                "Give a group a short name",
                "qiwei alias add ops R:1012345678901",
            ),
            ("Send to it", "qiwei send ops \"backup done\""),
        ],
    ),
    (
        "alias ls",
        &[
            ("As a table", "qiwei alias ls"),
            (
                "The id of one alias",
                "qiwei alias ls --json | jq -r '.[] | select(.alias == \"ops\") | .conversation_id'",
            ),
        ],
    ),
    (
        "alias add",
        &[
            ("By id", "qiwei alias add ops R:1012345678901"),
            (
                "By name, which is looked up now",
                "qiwei alias add night name:运维值班群",
            ),
        ],
    ),
    (
        "alias rm",
        &[
            ("Remove one", "qiwei alias rm ops"),
            (
                "In one profile of the config file",
                "qiwei --profile staging alias rm ops",
            ),
        ],
    ),
    (
        "ledger",
        &[
            ("Messages of the last day", "qiwei ledger ls --since 24h"),
            (
                "Those that may have been sent",
                "qiwei ledger ls --outcome unknown",
            ),
        ],
    ),
    (
        "ledger ls",
        &[
            ("Messages of the last day", "qiwei ledger ls --since 24h"),
            (
                "Those that may have been sent",
                "qiwei ledger ls --outcome unknown",
            ),
            (
                "The last ten, for a program",
                "qiwei ledger ls --limit 10 --json",
            ),
        ],
    ),
    (
        "ledger forget",
        &[
            ("Allow a key again", "qiwei ledger forget backup-2026-11-24"),
            (
                "On one instance only",
                "qiwei ledger forget backup-2026-11-24 --guid e220a839-7b1d-4daf-ae78-9e6aa1b965f4",
            ),
        ],
    ),
    (
        "ledger prune",
        &[
            ("Keep the configured time", "qiwei ledger prune"),
            ("Keep a week", "qiwei ledger prune --days 7"),
        ],
    ),
    (
        "ledger init",
        &[
            (
                "Create the tables in the configured database",
                "QIWEI_STATE=postgres://qiwei@localhost/qiwei qiwei ledger init",
            ),
            (
                "Print the statements",
                "QIWEI_STATE=postgres://qiwei@localhost/qiwei qiwei ledger init --sql",
            ),
        ],
    ),
    (
        "login",
        &[
            ("With a QR code on the terminal", "qiwei login"),
            (
                "Without a terminal",
                "qiwei login --qr-file code.png --code-file code.txt --timeout 10min",
            ),
            (
                "Submit the verification code from another shell",
                "echo 123456 | qiwei login --code -",
            ),
        ],
    ),
    (
        "logout",
        &[
            ("The current instance", "qiwei logout"),
            (
                "In a script",
                "qiwei logout --guid e220a839-7b1d-4daf-ae78-9e6aa1b965f4 --yes",
            ),
        ],
    ),
    (
        "status",
        &[
            (
                "As a condition",
                "qiwei status --quiet && qiwei send S:788123456789 \"hello\"",
            ),
            (
                "Wait for the account to be online",
                "qiwei status --wait online --timeout 10min",
            ),
            ("Every change, for a program", "qiwei status --watch --json"),
        ],
    ),
    (
        "instance",
        &[
            ("All instances and their statuses", "qiwei instance ls"),
            (
                "Create one, which becomes the current one",
                "qiwei instance create",
            ),
        ],
    ),
    (
        "instance ls",
        &[
            ("All instances", "qiwei instance ls"),
            (
                "The guids of those online",
                "qiwei instance ls --status online --json | jq -r '.[].guid'",
            ),
        ],
    ),
    (
        "instance create",
        &[
            ("Create and start one", "qiwei instance create"),
            (
                "Behind a proxy",
                "qiwei instance create --proxy socks5://127.0.0.1:1080",
            ),
            (
                "The known client types",
                "qiwei instance create --client-type list",
            ),
        ],
    ),
    (
        "instance rm",
        &[
            (
                "Remove every stopped instance",
                "qiwei instance rm --stopped --yes",
            ),
            (
                "Look first",
                "qiwei instance rm --stopped --settle 1s --dry-run",
            ),
        ],
    ),
    (
        "instance use",
        &[
            (
                "A unique beginning of the guid is enough",
                "qiwei instance use e220a839",
            ),
            ("The only one online", "qiwei instance use --auto"),
        ],
    ),
    (
        "instance start",
        &[
            ("Start it", "qiwei instance start e220a839"),
            (
                "Show the request",
                "qiwei instance start e220a839 --dry-run",
            ),
        ],
    ),
    (
        "instance stop",
        &[
            ("Stop it", "qiwei instance stop e220a839"),
            ("Show the request", "qiwei instance stop e220a839 --dry-run"),
        ],
    ),
    (
        "probe",
        &[
            ("Which endpoints the server has", "qiwei probe"),
            (
                "Whether callbacks arrive",
                "qiwei probe callback --listen 0.0.0.0:9000 --notify-url http://localhost:9000",
            ),
        ],
    ),
    (
        "probe callback",
        &[
            ("Whether the server can reach us", "qiwei probe callback"),
            (
                "Post an event to a running `qiwei listen`",
                "qiwei probe callback --simulate message",
            ),
        ],
    ),
    (
        "api",
        &[
            (
                "With the guid of the chosen instance in the body",
                "qiwei api POST /client/get_client_status --with-guid",
            ),
            (
                "With a body; @FILE and - read it",
                "qiwei api POST /room/get_room_list -d '{\"guid\":\"e220a839-7b1d-4daf-ae78-9e6aa1b965f4\"}'",
            ),
        ],
    ),
    (
        "config",
        &[
            (
                "Every effective value and its source",
                "qiwei config explain",
            ),
            (
                "Set the address of the API server",
                "qiwei config set base_url http://localhost:8080",
            ),
        ],
    ),
    (
        "config path",
        &[
            ("Where the file is", "qiwei config path"),
            ("Edit it", "${EDITOR:-vi} \"$(qiwei config path)\""),
        ],
    ),
    (
        "config get",
        &[
            ("The address of the API server", "qiwei config get base_url"),
            ("The id of an alias", "qiwei config get aliases.ops"),
        ],
    ),
    (
        "config set",
        &[
            (
                "Set the address of the API server",
                "qiwei config set base_url http://localhost:8080",
            ),
            (
                "A secret, which does not appear in the list of processes",
                "qiwei config set headers.X-Api-Key - < secret.txt",
            ),
            (
                "In a profile",
                "qiwei config set profiles.staging.base_url http://127.0.0.1:8080",
            ),
        ],
    ),
    (
        "config unset",
        &[
            ("Remove one setting", "qiwei config unset pace"),
            ("Remove an alias", "qiwei config unset aliases.ops"),
        ],
    ),
    (
        "config explain",
        &[
            ("As a table", "qiwei config explain"),
            (
                "With the values of a profile",
                "qiwei --profile staging config explain",
            ),
        ],
    ),
    (
        "completions",
        &[
            ("For this bash only", "source <(qiwei completions bash)"),
            (
                "For every fish",
                "qiwei completions fish > ~/.config/fish/completions/qiwei.fish",
            ),
        ],
    ),
    (
        "sandbox",
        &[
            (
                "Run a command against it",
                "qiwei sandbox -- qiwei send S:788123456789 \"hello\"",
            ),
            (
                "A message whose answer is lost: exit code 6",
                "qiwei sandbox --fault drop-after@/msg/send_text -- qiwei send S:788123456789 hi",
            ),
            (
                "A server for other programs",
                "qiwei sandbox --listen 127.0.0.1:9090",
            ),
        ],
    ),
];

/// The examples of a command; `words` are those behind the program's name.
pub fn of(words: &str) -> &'static [Example] {
    let found = EXAMPLES.iter().find(|(command, _)| *command == words);
    found.map_or(&[], |(_, examples)| examples)
}

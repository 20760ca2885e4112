#!/bin/sh
# Answers every text that somebody else sends to this account:
#
#   qiwei listen --type new_message --exec examples/auto-reply.sh
#
# The callback is one JSON object on standard input; its data is one message, or a list of them on
# servers that batch. Our own messages come back as callbacks too: answering those would never end.
# Needs jq.
set -eu
jq -c '.data | (.list? // .messages? // .msgs? // .items? // .) | if type == "array" then .[] else . end
    | select((.send_flag | tostring) != "1" and (.msg_type | tostring) == "2")
    | {
        to: (if (.roomid // "0" | tostring) == "0" then "S:\(.sender)" else "R:\(.roomid)" end),
        text: "received: \(.content)",
        # Callbacks may come twice; the key makes sure that the answer does not.
        key: "reply-\(.id)"
      }' |
while IFS= read -r answer; do
    # As a line of a batch, any text arrives as it is: several lines, quotes, a leading dash.
    printf '%s\n' "$answer" | qiwei send --batch -
done

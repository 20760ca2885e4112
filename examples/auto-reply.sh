#!/bin/sh
# Answers every text that somebody else sends to this account:
#
#   qiwei listen --type new_message --exec examples/auto-reply.sh
#
# The callback is one JSON object on standard input; its data is one message, or a list of them on
# servers that batch. Our own messages come back as callbacks too: answering those would never end.
# Needs jq.
set -eu
jq -r '.data | (.list? // .messages? // .msgs? // .items? // .) | if type == "array" then .[] else . end
    | select((.send_flag | tostring) != "1" and (.msg_type | tostring) == "2")
    | [if (.roomid // "0" | tostring) == "0" then "S:\(.sender)" else "R:\(.roomid)" end, "\(.id)", .content]
    | @tsv' |
while IFS="$(printf '\t')" read -r to id content; do
    # Callbacks may come twice; the key makes sure that the answer does not.
    qiwei send "$to" "received: $content" --key "reply-$id"
done

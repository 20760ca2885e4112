#!/bin/sh
# Answers every text that somebody else sends to this account:
#
#   qiwei listen --type new_message --exec examples/auto-reply.sh
#
# The callback is one JSON object on standard input. Needs jq.
set -eu
event=$(cat)
field() { printf '%s' "$event" | jq -r ".data.$1 // empty"; }

# Our own messages come back as callbacks too: answering those would never end.
[ "$(field send_flag)" = 1 ] && exit 0
[ "$(field msg_type)" = 2 ] || exit 0

if [ "$(field roomid)" = 0 ]; then to="S:$(field sender)"; else to="R:$(field roomid)"; fi
# Callbacks may come twice; the key makes sure that the answer does not.
qiwei send "$to" "received: $(field content)" --key "reply-$(field id)"

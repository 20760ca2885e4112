#!/bin/sh
# Looks at the account once and tells a group when it is no longer online. Run it from the timer.
# The alarm goes out over another account (--profile alarm): the one that is offline cannot.
set -u
room=${1:?usage: qiwei-watch.sh CONVERSATION}

qiwei status --quiet > /dev/null
code=$?
[ "$code" = 0 ] && exit 0

case $code in
    4) what="the account is not online" ;;
    5) what="the API server cannot be reached" ;;
    *) what="the account's state is not known (exit $code)" ;;
esac
# Once an hour, not once a minute.
qiwei --profile alarm send "$room" --key "watch-$code-$(date +%F-%H)" -- "qiwei: $what"
exit "$code"

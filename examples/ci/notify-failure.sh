#!/bin/sh
# Mentions the on-call person when a build broke, once for each build. What was sent is recorded in the
# state folder (QIWEI_STATE_DIR): keep that folder between runs, or a re-run mentions again.
#
# ROOM      the group, R:… or an alias
# ONCALL    the user id to mention
# BUILD     what names this build; the key of the message
# BUILD_URL link to the build
set -eu
qiwei at "${ROOM:?}" --user "${ONCALL:?}" --key "broken-${BUILD:?}" \
    -- "{at} the build $BUILD is broken: ${BUILD_URL:-no link}"

#!/bin/sh
# Mentions the on-call person when a build broke, once for each build, also if the job runs again on another
# machine: what was sent is recorded in the database QIWEI_STATE, which all machines share. With a database that
# cannot be reached, nobody is mentioned and the exit code is 9; add --on-no-state send to prefer two
# mentions to none.
#
# QIWEI_STATE  postgres://USER:PASSWORD@HOST/DATABASE
# ROOM      the group, R:… or an alias
# ONCALL    the user id to mention
# BUILD     what names this build; the key of the message
# BUILD_URL link to the build
set -eu
qiwei at "${ROOM:?}" --user "${ONCALL:?}" --key "broken-${BUILD:?}" \
    -- "{at} the build $BUILD is broken: ${BUILD_URL:-no link}"

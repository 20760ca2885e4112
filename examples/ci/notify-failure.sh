#!/bin/sh
# Tells the on-call person that a build broke, by name, once for each build.
#
# ROOM      the group, R:… or an alias
# ONCALL    the user id to mention
# BUILD     what names this build; a re-run of the step does not tell twice
# BUILD_URL where to look
set -eu
qiwei at "${ROOM:?}" "{\$@} the build ${BUILD:?} is broken: ${BUILD_URL:-no link}" \
    --user "${ONCALL:?}" --key "broken-$BUILD"

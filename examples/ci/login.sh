#!/bin/sh
# Logs an account in from a CI job: the QR code becomes an artefact that somebody opens and scans,
# and the verification code of a new device is read from a file that somebody else's job writes.
set -eu
out=${1:?usage: login.sh FOLDER}
mkdir -p "$out"

qiwei login --json --qr none --timeout 10min \
    --qr-file "$out/login.png" --code-file "$out/code.txt" > "$out/login.ndjson"

tail -n 1 "$out/login.ndjson"

#!/bin/sh
# Shows that two machines which share a PostgreSQL database send a message once. Starts a temporary server in a
# temporary folder and the sandbox; needs PostgreSQL's initdb and postgres (Debian: apt install postgresql),
# no account and no network, and leaves nothing behind. Run it as a user other than root, or as root with nobody
# as that user.
set -eu
for bin in /usr/lib/postgresql/*/bin; do PATH=$PATH:$bin; done
folder=$(mktemp -d)
as=
if [ "$(id -u)" = 0 ]; then
    chown nobody "$folder"
    as="setpriv --reuid=nobody --clear-groups --"
fi
cd "$folder"
$as initdb --no-sync -A trust -U qiwei -D "$folder/data" >/dev/null
$as postgres -D "$folder/data" -k "$folder" -c listen_addresses= >"$folder/log" 2>&1 &
server=$!
trap 'kill -INT $server; wait $server || true; rm -rf "$folder"' EXIT
until [ -S "$folder/.s.PGSQL.5432" ]; do sleep 0.1; done

QIWEI_STATE="postgres:///postgres?user=qiwei&host=$folder"
export QIWEI_STATE
qiwei sandbox -- sh -c '
    for machine in one two; do
        HOME=$(mktemp -d) && export HOME
        echo "machine $machine:"
        qiwei send R:1012345678901 "backup done" --key backup-7
        rm -r "$HOME"
    done
    qiwei ledger ls'

#!/bin/sh
# Sends a text to everybody in a CSV file with a header line and the columns conversation,name:
#
#   examples/broadcast.sh customers.csv 'hello NAME, the shop is closed tomorrow'
#
# Run it again after a crash: nobody gets the text twice. Needs jq.
set -eu
csv=${1:?usage: broadcast.sh FILE TEXT}
text=${2:?usage: broadcast.sh FILE TEXT}

tail -n +2 "$csv" |
    jq -R -c --arg text "$text" 'split(",") as [$to, $name] | select($name != null)
        | {to: $to, id: $name, text: ($text | split("NAME") | join($name))}' > "$csv.ndjson"

qiwei send --batch "$csv.ndjson" --journal "$csv.journal" --pace "${PACE:-20/min}"

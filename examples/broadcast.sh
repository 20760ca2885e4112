#!/bin/sh
# Sends a text to everybody in a CSV file with a header line and the columns conversation,name:
#
#   examples/broadcast.sh customers.csv 'hello NAME, the shop is closed tomorrow'
#
# Run it again after a crash: on the same machine nobody gets the text twice. Reads CSV as spreadsheet
# programs write it: quoted fields, CRLF, a byte order mark. Needs python3.
set -eu
csv=${1:?usage: broadcast.sh FILE TEXT}
text=${2:?usage: broadcast.sh FILE TEXT}

# Nothing is sent unless the whole file could be read.
python3 - "$csv" "$text" > "$csv.ndjson" <<'PYTHON'
import csv, json, sys

path, text = sys.argv[1:]
try:
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, strict=True))
except UnicodeDecodeError:
    sys.exit(f"{path} is not UTF-8; convert it first: iconv -f GB18030 -t UTF-8")
except (OSError, csv.Error) as error:
    sys.exit(f"{path}: {error}")
for number, row in enumerate(rows[1:], 2):
    if not row:
        continue
    if len(row) < 2:
        sys.exit(f"{path}, row {number}: two columns are needed: conversation,name")
    to, name = row[0].strip(), row[1].strip()
    print(json.dumps({"to": to, "id": name, "text": text.replace("NAME", name)}))
PYTHON

qiwei send --batch "$csv.ndjson" --journal "$csv.journal" --pace "${PACE:-20/min}"

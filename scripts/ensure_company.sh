#!/bin/sh
# See that the company folder is there: a real one must be, the demo is made once.
# Usage: ensure_company.sh FOLDER
set -eu

folder=$1
# truth.json is the last file that the demo writes: a demo cut short is written again, file by file.
if [ "$folder" = demo ] && [ ! -f demo/truth/truth.json ]; then
    .venv/bin/gapwise demo demo
fi
if [ ! -f "$folder/company.yml" ]; then
    echo "$folder/company.yml does not exist. Make a company folder with: .venv/bin/gapwise init $folder" >&2
    exit 2
fi

#!/bin/sh
# See that the company folder is there: a real one must be, the demo is made once.
# Usage: ensure_company.sh FOLDER
set -eu

folder=$1
if [ "$folder" = demo ] && [ ! -e demo ]; then
    # Made aside and moved, so that a demo cut short is never taken for a whole one.
    rm -rf build/demo
    mkdir -p build
    echo "Writing an invented company to demo/ (once)."
    .venv/bin/gapwise demo build/demo >build/demo.log || {
        cat build/demo.log >&2
        exit 1
    }
    mv build/demo demo
fi
if [ ! -f "$folder/company.yml" ]; then
    echo "$folder/company.yml does not exist." >&2
    echo "Make a company folder with: .venv/bin/gapwise init $folder" >&2
    exit 2
fi

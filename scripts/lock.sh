#!/bin/sh
# Write requirements.txt, requirements-dev.txt, requirements-deploy.txt and requirements-spark.txt from pyproject.toml:
# every version with its hashes, for Python 3.11 and later on every system, and no address in any line.
# Usage: lock.sh [--upgrade]
set -eu

venv=build/lock-venv
if [ ! -x "$venv/bin/uv" ]; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/python" -m pip --disable-pip-version-check install --quiet uv
fi

# What builds gapwise itself is locked with the rest, so that setting up needs no second source.
build_requirements=build/build-requirements.in
"$venv/bin/python" - >"$build_requirements" <<'PYTHON'
import pathlib
import tomllib

project = tomllib.loads(pathlib.Path("pyproject.toml").read_text(encoding="utf-8"))
print(*project["build-system"]["requires"], sep="\n")
PYTHON

# Extras stay written out (`name[extra]==1.0`): with hashes, pip takes a bare pin for another package
# than the one with its extra, and stops.
compile_lock() {
    "$venv/bin/uv" pip compile pyproject.toml "$build_requirements" --quiet --universal \
        --python-version 3.11 --generate-hashes --no-strip-extras \
        --no-header --no-emit-index-url "$@" >/dev/null
}
compile_lock "$@" --output-file requirements.txt
# The runtime lock binds the other one: tests run against what a night runs with.
compile_lock "$@" --extra dev --constraint requirements.txt --output-file requirements-dev.txt
# What an image of deploy/Dockerfile holds: the night, every driver, Dagster's records in PostgreSQL.
compile_lock "$@" --extra postgres --extra mysql --extra fast --extra deploy --constraint requirements.txt \
    --output-file requirements-deploy.txt
# What `make test-deep spark` runs with, in an environment apart: the tests, and Spark beside them.
compile_lock "$@" --extra dev --extra spark --constraint requirements-dev.txt --output-file requirements-spark.txt

locks="requirements.txt requirements-dev.txt requirements-deploy.txt requirements-spark.txt"
# shellcheck disable=SC2086  # the names are words
if grep -nE '://|[[:space:]]/' $locks; then
    echo "An address or a path came into the lock (the lines above); it must hold names, versions and hashes only." >&2
    exit 1
fi
# shellcheck disable=SC2086
grep -c '==' $locks
